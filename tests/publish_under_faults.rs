//! Publishing and deploying under random faults never creates two, and reports every unknown outcome.

use std::collections::BTreeMap;

use peak_press::blocks::{DeployChange, Deployed, PublishChange, Published};
use peak_press::emulator::{Emulator, Fault};
use peak_press::types::*;
use peak_press::{Result, RetryPolicy, Session, apps, blocks};
use proptest::prelude::*;

/// The versions of each spec, by id.
type Specs = BTreeMap<String, Vec<String>>;
/// The number of revisions of each deployment, by id.
type Deployments = BTreeMap<String, usize>;

/// The operations that blocks and apps share.
trait Jobs {
    fn publish(&self, name: &str, version: &str) -> Result<Published>;
    /// Deploys a spec with this value of its parameter `horizon`.
    fn deploy(&self, spec_id: &str, horizon: usize) -> Result<Deployed>;
    /// All specs and deployments.
    fn inventory(&self) -> (Specs, Deployments);
}

fn metadata(name: &str) -> SpecMetadata {
    SpecMetadata::new(name, "Forecasts")
}

fn parameters() -> SpecParameters {
    let horizon = ParameterDefinition::new("horizon", ParameterType::Number, false);
    SpecParameters::new().run([horizon.default_value(7)])
}

fn north() -> DeploymentMetadata {
    DeploymentMetadata::new().name("north").summary("North")
}

fn horizon(value: usize) -> DeploymentParameters {
    DeploymentParameters::new().run([("horizon", value)])
}

impl Jobs for blocks::Client {
    fn publish(&self, name: &str, version: &str) -> Result<Published> {
        let body = SpecBody::workflow(metadata(name), version, WorkflowConfig::new());
        self.publish(&CreateSpec::new(body).parameters(parameters()))
    }

    fn deploy(&self, spec_id: &str, value: usize) -> Result<Deployed> {
        let request = CreateDeployment::new(north(), SpecReference::new(spec_id));
        self.deploy(&request.parameters(horizon(value)))
    }

    fn inventory(&self) -> (Specs, Deployments) {
        let specs = self.list_specs(&ListSpecs::new()).map(|spec| {
            let id = spec.unwrap().id;
            let releases = self.list_spec_releases(&id, &ListSpecReleases::new());
            let versions = releases.map(|release| release.unwrap().version.unwrap());
            let versions = versions.collect();
            (id, versions)
        });
        let deployments = self.list_deployments(&ListDeployments::new());
        let deployments = deployments.map(|deployment| {
            let id = deployment.unwrap().id;
            let revisions = self.list_deployment_revisions(&id, &ListDeploymentRevisions::new());
            let count = revisions.count();
            (id, count)
        });
        (specs.collect(), deployments.collect())
    }
}

/// Apps of one block.
struct Apps {
    client: apps::Client,
    block: String,
}

impl Jobs for Apps {
    fn publish(&self, name: &str, version: &str) -> Result<Published> {
        let blocks = [AppBlock::new(&*self.block, "1.0.0")];
        let body = AppSpecBody::new(metadata(name), version, blocks);
        self.client
            .publish(&CreateAppSpec::new(body).parameters(parameters()))
    }

    fn deploy(&self, spec_id: &str, value: usize) -> Result<Deployed> {
        let request = CreateAppDeployment::new(north(), AppSpecReference::new(spec_id));
        self.client.deploy(&request.app_parameters(horizon(value)))
    }

    fn inventory(&self) -> (Specs, Deployments) {
        let specs = self.client.list_specs(&ListSpecs::new()).map(|spec| {
            let id = spec.unwrap().id;
            let releases = self
                .client
                .list_spec_releases(&id, &ListSpecReleases::new());
            let versions = releases.map(|release| release.unwrap().version.unwrap());
            let versions = versions.collect();
            (id, versions)
        });
        let deployments = self.client.list_deployments(&ListAppDeployments::new());
        let deployments = deployments.map(|deployment| {
            let id = deployment.unwrap().id;
            let query = ListDeploymentRevisions::new();
            let count = self.client.list_deployment_revisions(&id, &query).count();
            (id, count)
        });
        (specs.collect(), deployments.collect())
    }
}

/// A fault of one request.
fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        3 => Just(Fault::delay(std::time::Duration::ZERO)),
        1 => Just(Fault::cut()),
        1 => Just(Fault::cut().after_carrying_out()),
        1 => proptest::sample::select(vec![400, 409, 429, 500, 502, 503, 504]).prop_map(Fault::status),
        1 => proptest::sample::select(vec![500, 502, 503, 504])
            .prop_map(|status| Fault::status(status).after_carrying_out()),
        1 => Just(Fault::status(503).retry_after(0)),
    ]
}

/// The faults of each run.
fn faults() -> impl Strategy<Value = Vec<Vec<Fault>>> {
    proptest::collection::vec(proptest::collection::vec(fault(), 0..12), 1..5)
}

/// A session that retries without pauses, or never.
fn session(emulator: &Emulator, retries: bool) -> Session {
    let builder = Session::builder()
        .auth_token(emulator.token())
        .base_url(emulator.base_url())
        .retry(RetryPolicy::never());
    if retries {
        emulator.session()
    } else {
        builder.build().unwrap()
    }
}

/// Publishes and deploys through `faulty` while faults occur, and checks the result through `clean`.
fn check(
    emulator: &Emulator,
    clean: &impl Jobs,
    faulty: &impl Jobs,
    faults: Vec<Vec<Fault>>,
) -> std::result::Result<(), TestCaseError> {
    let base = clean.publish("base", "1.0.0").unwrap().spec_id;
    let (specs_before, _) = clean.inventory();
    for (run, faults) in faults.into_iter().enumerate() {
        let before = clean.inventory();
        faults.into_iter().for_each(|fault| emulator.inject(fault));
        let published = faulty.publish("forecast", &format!("1.{run}.0"));
        let deployed = faulty.deploy(&base, run);
        emulator.clear_faults();
        let after = clean.inventory();

        match published {
            Ok(published) => {
                let versions = &after.0[&published.spec_id];
                let same = versions.iter().filter(|v| **v == published.version);
                prop_assert_eq!(same.count(), 1);
            }
            Err(error) if error.outcome_unknown() => {}
            Err(error) => prop_assert_eq!(&before.0, &after.0, "{}", error),
        }
        let revisions = |deployments: &Deployments| deployments.values().sum::<usize>();
        let new = revisions(&after.1) - revisions(&before.1);
        match deployed {
            Ok(deployed) if deployed.change == DeployChange::Unchanged => prop_assert_eq!(new, 0),
            Ok(_) => prop_assert_eq!(new, 1),
            Err(error) if error.outcome_unknown() => prop_assert!(new <= 1),
            Err(error) => prop_assert_eq!(new, 0, "{}", error),
        }
        let new_specs = after.0.len() - specs_before.len();
        prop_assert!(new_specs <= 1 && after.1.len() <= 1, "{:?}", after);
    }
    clean.publish("forecast", "2.0.0").unwrap();
    let again = clean.publish("forecast", "2.0.0").unwrap();
    prop_assert_eq!(again.change, PublishChange::Unchanged);
    clean.deploy(&base, 99).unwrap();
    prop_assert_eq!(
        clean.deploy(&base, 99).unwrap().change,
        DeployChange::Unchanged
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn blocks_are_published_and_deployed_once(faults in faults(), retries in any::<bool>()) {
        let emulator = Emulator::start().unwrap();
        let clean = blocks::Client::new(emulator.session());
        let faulty = blocks::Client::new(session(&emulator, retries));
        check(&emulator, &clean, &faulty, faults)?;
    }

    #[test]
    fn apps_are_published_and_deployed_once(faults in faults(), retries in any::<bool>()) {
        let emulator = Emulator::start().unwrap();
        let block = blocks::Client::new(emulator.session());
        let block = Jobs::publish(&block, "block", "1.0.0").unwrap().spec_id;
        let [clean, faulty] = [emulator.session(), session(&emulator, retries)].map(|session| Apps {
            client: apps::Client::new(session),
            block: block.clone(),
        });
        check(&emulator, &clean, &faulty, faults)?;
    }
}
