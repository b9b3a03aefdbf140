//! The README and the pages next to it: every line of the table of calls compiles, every method of the
//! clients is in the tables, every row of the reliability table names existing tests, and the
//! dependency lines name this version.

use std::collections::BTreeSet;

use peak_press::blocks::{Client, PublishOptions, Wait};
use peak_press::types::*;
use peak_press::{Artifact, Result, apps, deployments, specs};

/// Every line of the table, as it stands there. It is compiled but not run.
#[rustfmt::skip]
#[allow(dead_code, clippy::too_many_arguments)]
fn every_line_compiles(
    client: &Client,
    apps: &apps::Client,
    specs: &specs::Client,
    deployments: &deployments::Client,
    spec_id: &str,
    deployment_id: &str,
    spec_body: SpecBody,
    release_body: ReleaseBody,
    metadata: DeploymentMetadata,
) -> Result<()> {
    let _ = client.list_specs(&ListSpecs::new().status([SpecStatus::Available]));
    let _ = client.list_specs_page(&ListSpecs::new(), 2)?;
    let _ = client.find_spec(BlockKind::Workflow, "forecast")?;
    let _ = client.create_spec(&CreateSpec::new(spec_body).artifact(Artifact::dir("app")))?;
    let _ = client.validate_spec(&CreateSpec::from_yaml_file("block.yaml")?)?;
    let _ = client.describe_spec(spec_id)?;
    client.update_spec_metadata(spec_id, &UpdateSpecMetadata::new().featured(true))?;
    client.delete_spec(spec_id)?;
    let _ = client.create_spec_release(spec_id, &CreateSpecRelease::new(release_body))?;
    let _ = client.validate_spec_release(spec_id, &CreateSpecRelease::from_yaml_file("release.yaml")?)?;
    let _ = client.list_spec_releases(spec_id, &ListSpecReleases::new());
    let _ = client.list_spec_releases_page(spec_id, &ListSpecReleases::new(), 2)?;
    let _ = client.describe_spec_release(spec_id, "1.0.0")?;
    let _ = client.create_deployment(&CreateDeployment::new(metadata, SpecReference::new(spec_id)))?;
    let _ = client.list_deployments(&ListDeployments::new().status([DeploymentStatus::Failed]));
    let _ = client.list_deployments_page(&ListDeployments::new(), 2)?;
    let _ = client.find_deployment("forecast-north")?;
    let _ = client.describe_deployment(deployment_id)?;
    client.update_deployment_metadata(deployment_id, &UpdateDeploymentMetadata::new().title("North"))?;
    client.delete_deployment(deployment_id)?;
    let _ = client.create_deployment_revision(deployment_id, &CreateDeploymentRevision::new().release("1.1.0"))?;
    let _ = client.list_deployment_revisions(deployment_id, &ListDeploymentRevisions::new());
    let _ = client.list_deployment_revisions_page(deployment_id, &ListDeploymentRevisions::new(), 2)?;
    let _ = client.describe_deployment_revision(deployment_id, 2)?;
    let _ = client.redeploy(deployment_id)?;
    let _ = client.get_parameters(&GetParameters::new().deployment_id(deployment_id).fallback_params_file("params.yaml"))?;
    let _ = client.patch_parameters(deployment_id, &Parameters::new().set("horizon", 14))?;
    let _ = client.get_related_block_details(&GetRelatedBlockDetails::new().deployment_id(deployment_id))?;
    let _ = client.wait_for_deployment(deployment_id, &Wait::new())?;
    let _ = client.publish(&CreateSpec::from_yaml_file("block.yaml")?)?;
    let _ = client.publish_with(&CreateSpec::from_yaml_file("block.yaml")?, &PublishOptions::new().update_metadata(true))?;
    let _ = client.deploy(&CreateDeployment::from_yaml_file("deployment.yaml")?)?;
    let _ = client.session().request("GET", "/v1/new/{}").segment(spec_id).query("a", 1).send::<serde_json::Value>()?;
    let _ = apps.list_specs(&ListSpecs::new().status([SpecStatus::Available]));
    let _ = apps.list_specs_page(&ListSpecs::new(), 2)?;
    let _ = apps.create_spec(&CreateAppSpec::from_yaml_file("app.yaml")?)?;
    let _ = apps.describe_spec(spec_id)?;
    apps.update_spec_metadata(spec_id, &UpdateSpecMetadata::new().featured(true))?;
    apps.delete_spec(spec_id)?;
    let _ = apps.create_spec_release(spec_id, &CreateAppSpecRelease::from_yaml_file("release.yaml")?)?;
    let _ = apps.list_spec_releases(spec_id, &ListSpecReleases::new());
    let _ = apps.list_spec_releases_page(spec_id, &ListSpecReleases::new(), 2)?;
    let _ = apps.describe_spec_release(spec_id, "1.0.0")?;
    let _ = apps.create_deployment(&CreateAppDeployment::from_yaml_file("deployment.yaml")?)?;
    let _ = apps.list_deployments(&ListAppDeployments::new().status([DeploymentStatus::Failed]));
    let _ = apps.list_deployments_page(&ListAppDeployments::new(), 2)?;
    let _ = apps.describe_deployment(deployment_id)?;
    apps.update_deployment_metadata(deployment_id, &UpdateDeploymentMetadata::new().title("North"))?;
    apps.delete_deployment(deployment_id)?;
    let _ = apps.create_deployment_revision(deployment_id, &CreateAppDeploymentRevision::new().release("1.1.0"))?;
    let _ = apps.list_deployment_revisions(deployment_id, &ListDeploymentRevisions::new());
    let _ = apps.list_deployment_revisions_page(deployment_id, &ListDeploymentRevisions::new(), 2)?;
    let _ = apps.describe_deployment_revision(deployment_id, 2)?;
    let _ = apps.redeploy(deployment_id)?;
    let _ = apps.wait_for_deployment(deployment_id, &Wait::new())?;
    let _ = apps.publish(&CreateAppSpec::from_yaml_file("app.yaml")?)?;
    let _ = apps.publish_with(&CreateAppSpec::from_yaml_file("app.yaml")?, &PublishOptions::new().update_metadata(true))?;
    let _ = apps.deploy(&CreateAppDeployment::from_yaml_file("deployment.yaml")?)?;
    let _ = specs.list_specs(&ListAllSpecs::new().kind(SpecKind::App));
    let _ = specs.list_specs_page(&ListAllSpecs::new(), 2)?;
    let _ = specs.list_spec_release_deployments(spec_id, &ListSpecReleaseDeployments::new().version("1.0.0"));
    let _ = specs.list_spec_release_deployments_page(spec_id, &ListSpecReleaseDeployments::new(), 2)?;
    let _ = deployments.list_deployments(&ListAllDeployments::new().kind(SpecKind::App));
    let _ = deployments.list_deployments_page(&ListAllDeployments::new(), 2)?;
    let _ = deployments.execute_resources(deployment_id)?;
    let _ = deployments.patch_parameters(deployment_id, &Parameters::new().set("horizon", 14))?;
    let _ = deployments.patch_parameters_v2(deployment_id, &PatchParameters::new().app_parameters([("region", "north")]))?;
    Ok(())
}

/// The lines of the table of calls, without backticks.
fn table() -> Vec<&'static str> {
    let readme = include_str!("../README.md");
    let section = readme
        .split("## Every call")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    let rows = section.lines().filter(|line| line.ends_with("` |"));
    let cell = |row: &'static str| row.rsplit('|').nth(1).unwrap().trim().trim_matches('`');
    rows.map(cell).collect()
}

#[test]
fn every_line_of_the_table_is_compiled_above() {
    let source = include_str!("readme.rs");
    let table = table();
    assert!(table.len() > 25);
    for line in table {
        let compiled = [format!("    let _ = {line};\n"), format!("    {line};\n")];
        assert!(compiled.iter().any(|text| source.contains(text)), "{line}");
    }
}

/// A client's source files, and its name in the table.
struct Source {
    variable: &'static str,
    module: &'static str,
    files: &'static [&'static str],
}

const CLIENTS: [Source; 4] = [
    Source {
        variable: "client",
        module: "blocks",
        files: &[
            include_str!("../src/blocks/create.rs"),
            include_str!("../src/blocks/deployments.rs"),
            include_str!("../src/blocks/jobs.rs"),
            include_str!("../src/blocks/parameters.rs"),
            include_str!("../src/blocks/releases.rs"),
            include_str!("../src/blocks/specs.rs"),
        ],
    },
    Source {
        variable: "apps",
        module: "apps",
        files: &[
            include_str!("../src/apps.rs"),
            include_str!("../src/apps/jobs.rs"),
        ],
    },
    Source {
        variable: "specs",
        module: "specs",
        files: &[include_str!("../src/specs.rs")],
    },
    Source {
        variable: "deployments",
        module: "deployments",
        files: &[include_str!("../src/deployments.rs")],
    },
];

impl Source {
    /// The names of the client's methods, except its constructors.
    fn methods(&self) -> BTreeSet<&'static str> {
        let names = self.files.iter().flat_map(|source| {
            let client = source.split("\nimpl Client {").nth(1).unwrap();
            let client = client.split("\n}").next().unwrap();
            let methods = client.split("    pub fn ").skip(1);
            methods.map(|text| text.split('(').next().unwrap())
        });
        let constructors = ["new", "from_env"];
        names.filter(|name| !constructors.contains(name)).collect()
    }
}

#[test]
fn every_method_of_every_client_is_in_the_table() {
    for client in &CLIENTS {
        let prefix = format!("{}.", client.variable);
        let lines = table();
        let calls = lines.iter().filter_map(|line| line.strip_prefix(&*prefix));
        let mut named: BTreeSet<_> = calls.map(|call| call.split('(').next().unwrap()).collect();
        // One row covers `session` for all clients.
        named.insert("session");
        assert_eq!(client.methods(), named);
    }
}

#[test]
fn every_method_of_every_client_is_in_the_page_for_python() {
    let page = include_str!("../src/from_python.md");
    for client in &CLIENTS {
        for method in client
            .methods()
            .into_iter()
            .filter(|name| *name != "session")
        {
            let target = format!("crate::{}::Client::{method}\n", client.module);
            assert!(page.contains(&target), "{target}");
        }
    }
}

/// The text of every `.rs` file in a folder, at any depth.
fn sources(folder: &std::path::Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &sources(&path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text += &std::fs::read_to_string(path).unwrap();
        }
    }
    text
}

/// `tests/…` is a file; anything else is the name of a test function.
fn test_exists(test: &str, sources: &str) -> bool {
    if test.starts_with("tests/") {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        return root.join(test).is_file();
    }
    ["", "    "].iter().any(|indent| {
        let function = format!("#[test]\n{indent}fn {test}(");
        sources.contains(&function)
    })
}

#[test]
fn every_row_of_the_reliability_table_names_tests_that_exist() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = sources(&root.join("src")) + &sources(&root.join("tests"));
    let page = include_str!("../docs/reliability.md");
    let rows: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with('|'))
        .skip(2)
        .collect();
    assert!(rows.len() > 30);
    for row in rows {
        let cell = row.trim_end_matches('|').rsplit('|').next().unwrap();
        let tests: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "no test: {row}");
        for test in tests {
            assert!(test_exists(test, &sources), "{test}: {row}");
        }
    }
}

#[test]
fn dependency_lines_name_this_version() {
    let version = concat!(
        env!("CARGO_PKG_VERSION_MAJOR"),
        ".",
        env!("CARGO_PKG_VERSION_MINOR")
    );
    let dependency = format!("peak-press = \"{version}\"");
    let readme = include_str!("../README.md");
    assert!(readme.contains(&dependency), "README.md: {dependency}");
    let front_page = include_str!("../src/lib.rs");
    assert!(front_page.contains(&dependency), "src/lib.rs: {dependency}");
    let with_features = format!("peak-press = {{ version = \"{version}\"");
    let emulator = include_str!("../src/emulator.rs");
    assert!(
        emulator.contains(&with_features),
        "src/emulator.rs: {with_features}"
    );
    let newest = include_str!("../CHANGELOG.md")
        .lines()
        .find_map(|line| line.strip_prefix("## "))
        .unwrap();
    let release = env!("CARGO_PKG_VERSION");
    assert!(
        newest == "Unreleased" || newest.split(' ').next() == Some(release),
        "CHANGELOG.md: {newest:?} is not {release}"
    );
}
