//! The rules for the config of a workflow.

use std::collections::{BTreeMap, BTreeSet};

use super::super::problem::Problems;
use super::super::rule::*;
use super::super::unknown::join;
use super::exactly_one;
use super::formats::{WHOLE, image_version, in_range, is_cron, is_storage, unique, whole};
use super::parameters::blank_names;
use crate::types::*;

type Steps = BTreeMap<String, Step>;

pub(super) fn check(config: &WorkflowConfig, at: &str, found: &mut Problems) {
    let (no_images, no_steps) = (BTreeMap::new(), Steps::new());
    let images = config.images.as_ref().unwrap_or(&no_images);
    let steps = config.steps.as_ref().unwrap_or(&no_steps);

    let images_at = join(at, "images");
    blank_names(images.keys().map(String::as_str), &images_at, found);
    for (name, image) in images {
        image_version(image, &join(&images_at, name), found);
    }
    let steps_at = join(at, "steps");
    blank_names(steps.keys().map(String::as_str), &steps_at, found);
    for (name, step) in steps {
        let at = join(&steps_at, name);
        match step {
            Step::Standard(step) => {
                standard(step, images, &at, found);
                no_inherit(step.parameters.as_deref(), &at, found);
            }
            Step::Export(step) => no_inherit(step.parameters.as_deref(), &at, found),
            Step::Http(step) => http(step, &at, found),
            Step::Sql(step) => sql(step, &at, found),
            _ => {}
        }
        every_step(&Common::of(step), name, steps, &at, found);
    }
    cycle(steps, &steps_at, found);
    for (index, trigger) in config.triggers.iter().flatten().enumerate() {
        check_trigger(trigger, &format!("{at}.triggers[{index}]"), found);
    }
    for (index, watcher) in config.watchers.iter().flatten().enumerate() {
        let given = [
            watcher.user.is_some(),
            watcher.webhook.is_some(),
            watcher.email.is_some(),
        ];
        let message = "a watcher has one of `user`, `webhook` and `email`";
        let at = format!("{at}.watchers[{index}]");
        exactly_one(ONE_WATCHER, &given, &at, message, found);
    }
}

/// The fields that steps of every type have.
#[derive(Default)]
struct Common<'a> {
    parents: &'a [String],
    execution: Option<&'a ExecutionParameters>,
    run: Option<&'a RunConfiguration>,
}

impl<'a> Common<'a> {
    fn of(step: &'a Step) -> Self {
        let (parents, execution, run) = match step {
            Step::Standard(step) => (
                &step.parents,
                &step.execution_parameters,
                &step.run_configuration,
            ),
            Step::Http(step) => (
                &step.parents,
                &step.execution_parameters,
                &step.run_configuration,
            ),
            Step::Export(step) => (
                &step.parents,
                &step.execution_parameters,
                &step.run_configuration,
            ),
            Step::Sql(step) => (
                &step.parents,
                &step.execution_parameters,
                &step.run_configuration,
            ),
            _ => return Self::default(),
        };
        Self {
            parents: parents.as_deref().unwrap_or(&[]),
            execution: execution.as_deref(),
            run: run.as_deref(),
        }
    }
}

fn every_step(step: &Common<'_>, name: &str, steps: &Steps, at: &str, found: &mut Problems) {
    let parents = join(at, "parents");
    references(step.parents, steps, &parents, found);
    unique(step.parents.iter().map(String::as_str), &parents, "", found);
    if let Some(index) = step.parents.iter().position(|parent| parent == name) {
        let message = "a step cannot be its own parent";
        found.add(STEP_REFERENCE, format!("{parents}[{index}]"), message);
    }
    let execution = join(at, "executionParameters");
    let conditional = step.execution.and_then(|all| all.conditional.as_ref());
    for (index, condition) in conditional.into_iter().flatten().enumerate() {
        if let OrParam::Value(name) = &condition.step_name {
            let at = format!("{execution}.conditional[{index}].stepName");
            reference(name, steps, &at, found);
        }
    }
    let status = step.execution.and_then(|all| all.parent_status.as_ref());
    for (index, status) in status.into_iter().flatten().enumerate() {
        let at = format!("{execution}.parentStatus[{index}].parents");
        references(&status.parents, steps, &at, found);
    }
    if let Some(retry) = step.run.and_then(|run| run.retry_options.as_ref()) {
        let at = join(at, "runConfiguration.retryOptions");
        let duration = retry.duration.as_ref();
        in_range(duration, 0..=120, !WHOLE, &join(&at, "duration"), found);
        for (index, code) in retry.exit_codes.iter().flatten().enumerate() {
            whole(code, &format!("{at}.exitCodes[{index}]"), found);
        }
        let retries = retry.number_of_retries.as_ref();
        in_range(retries, 0..=5, WHOLE, &join(&at, "numberOfRetries"), found);
    }
}

fn references(names: &[String], steps: &Steps, at: &str, found: &mut Problems) {
    for (index, name) in names.iter().enumerate() {
        reference(name, steps, &format!("{at}[{index}]"), found);
    }
}

fn reference(name: &str, steps: &Steps, at: &str, found: &mut Problems) {
    if !steps.contains_key(name) && !name.starts_with("@param:") {
        let message = format!("no step is named {name:?}");
        let known = steps.keys().map(String::as_str);
        found.unknown(STEP_REFERENCE, at, message, name, known);
    }
}

fn standard(step: &StandardStep, images: &BTreeMap<String, Image>, at: &str, found: &mut Problems) {
    let given = [
        step.image.is_some(),
        step.image_ref.is_some(),
        step.image_details.is_some(),
        step.image_id.is_some(),
    ];
    let message = "a standard step has one of `image`, `imageRef` and `imageDetails`";
    exactly_one(ONE_IMAGE, &given, at, message, found);
    if let Some(image) = &step.image {
        image_version(image, &join(at, "image"), found);
    }
    if let Some(OrParam::Value(name)) = &step.image_ref
        && !images.contains_key(name)
    {
        let message = format!("no image is named {name:?}");
        let known = images.keys().map(String::as_str);
        found.unknown(IMAGE_REFERENCE, join(at, "imageRef"), message, name, known);
    }
    let storage = step
        .resources
        .as_ref()
        .and_then(|resources| resources.storage.as_ref());
    if let Some(storage) = storage
        .and_then(OrParam::value)
        .filter(|text| !is_storage(text))
    {
        let message = format!("{storage:?} is not an amount of storage such as 10GB");
        found.add(STORAGE, join(at, "resources.storage"), message);
    }
}

fn no_inherit(parameters: Option<&StepParameters>, at: &str, found: &mut Problems) {
    if parameters.is_some_and(|parameters| parameters.inherit.is_some()) {
        let message = "only HTTP and SQL steps inherit parameters";
        found.add(INHERIT, join(at, "parameters.inherit"), message);
    }
}

fn http(step: &HttpStep, at: &str, found: &mut Problems) {
    let Some(auth) = &step.auth else {
        return;
    };
    let Some(kind) = auth.type_.value() else {
        return;
    };
    let needed: &[(&str, bool)] = match kind {
        AuthType::Oauth => &[
            ("clientId", auth.client_id.is_some()),
            ("clientSecret", auth.client_secret.is_some()),
            ("authUrl", auth.auth_url.is_some()),
        ],
        AuthType::Basic => &[
            ("username", auth.username.is_some()),
            ("password", auth.password.is_some()),
        ],
        AuthType::ApiKey => &[("apiKey", auth.api_key.is_some())],
        AuthType::BearerToken => &[("bearerToken", auth.bearer_token.is_some())],
        _ => &[],
    };
    for (key, _) in needed.iter().filter(|(_, is_given)| !is_given) {
        let message = format!("auth of type `{kind}` needs `{key}`");
        found.add(AUTH, join(at, "auth"), message);
    }
}

fn sql(step: &SqlStep, at: &str, found: &mut Problems) {
    let given = [step.sql_query_path.is_some(), step.repository.is_some()];
    let message = "an SQL step has one of `sqlQueryPath` and `repository`";
    exactly_one(ONE_QUERY, &given, at, message, found);
    if step
        .repository
        .as_ref()
        .is_some_and(|repository| repository.file_path.is_none())
    {
        let message = "the repository of an SQL step needs `filePath`";
        found.add(ONE_QUERY, join(at, "repository"), message);
    }
}

fn check_trigger(trigger: &Trigger, at: &str, found: &mut Problems) {
    let given = [
        trigger.cron.is_some(),
        trigger.webhook.is_some(),
        trigger.webhook_id.is_some(),
        trigger.webhook_policy.is_some(),
    ];
    let message = "a trigger has one of `cron`, `webhook`, `webhookId` and `webhookPolicy`";
    exactly_one(ONE_TRIGGER, &given, at, message, found);
    let cron = trigger.cron.as_ref().and_then(OrParam::value);
    if let Some(cron) = cron.filter(|text| !is_cron(text)) {
        let message = format!("{cron:?} is not a cron expression of five fields");
        found.add(CRON, join(at, "cron"), message);
    }
}

/// Reports the first cycle of steps through `parents`.
fn cycle(steps: &Steps, at: &str, found: &mut Problems) {
    let parents: BTreeMap<&str, Vec<&str>> = steps
        .iter()
        .map(|(name, step)| {
            let parents = Common::of(step).parents.iter().map(String::as_str);
            let others = parents.filter(|parent| *parent != name && steps.contains_key(*parent));
            (name.as_str(), others.collect())
        })
        .collect();
    let mut open: BTreeMap<&str, usize> = parents
        .iter()
        .map(|(name, all)| (*name, all.len()))
        .collect();
    let mut children: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, all) in &parents {
        for parent in all {
            children.entry(*parent).or_default().push(name);
        }
    }
    // Removes steps whose parents are all removed, until only cycles and their descendants are left.
    let mut ready: Vec<_> = open
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(n, _)| *n)
        .collect();
    while let Some(name) = ready.pop() {
        open.remove(name);
        for child in children.get(name).into_iter().flatten() {
            if let Some(count) = open.get_mut(child) {
                *count -= 1;
                if *count == 0 {
                    ready.push(child);
                }
            }
        }
    }
    let Some(mut name) = open.keys().next().copied() else {
        return;
    };
    let (mut way, mut seen) = (Vec::new(), BTreeSet::new());
    while seen.insert(name) {
        way.push(name);
        let next = parents[name]
            .iter()
            .find(|parent| open.contains_key(*parent));
        name = next.copied().unwrap_or(name);
    }
    let start = way.iter().position(|step| *step == name).unwrap_or(0);
    let cycle = &way[start..];
    let path = join(&join(at, cycle[0]), "parents");
    let shown = cycle.iter().take(10).chain([&cycle[0]]);
    let shown = shown
        .map(|step| format!("`{step}`"))
        .collect::<Vec<_>>()
        .join(" waits for ");
    found.add(
        STEP_CYCLE,
        path,
        format!("these steps wait for each other: {shown}"),
    );
}
