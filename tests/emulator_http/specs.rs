//! Specs and releases.

use peak_press::ArtifactFormat;
use serde_json::{Value, json};

use crate::press::{Part, Press, archive, each, parameters, release_body, spec_body, text};

const SPECS: &str = "/v1/blocks/specs/";

/// A spec with every part of the form.
fn complete_form() -> Vec<Part> {
    vec![
        Part::json("spec", &spec_body("forecast")),
        Part::text("featured", "true"),
        Part::text("scope", "shared"),
        Part::text("tenants", r#"["a", "b"]"#),
        Part::json("parameters", &parameters()),
        Part::text("autoRunOnDeploy", "null"),
        Part::zip(archive(ArtifactFormat::Zip)),
    ]
}

fn entries(press: &Press, spec_id: &str, version: &str) -> Option<Vec<(String, u64)>> {
    let entries = press.artifact_entries(spec_id, version)?;
    let entries = entries.into_iter().map(|entry| (entry.path, entry.size));
    Some(entries.collect())
}

#[test]
fn describes_a_spec_as_in_the_reference() {
    let press = Press::start();
    let created = press.submit(SPECS, &complete_form()).ok();
    assert_eq!(created.as_object().unwrap().len(), 1);
    let id = text(&created["id"]);

    let described = press.get(&format!("{SPECS}{id}")).ok();
    let latest = &described["latestRelease"];
    assert!(latest["id"].is_string() && latest["artifact"]["id"].is_string());
    assert_eq!(
        described,
        json!({
            "id": id,
            "kind": "workflow",
            "featured": true,
            "scope": "shared",
            "tenants": ["a", "b"],
            "latestRelease": {
                "id": latest["id"],
                "version": "1.0.0",
                "notes": "The first",
                "createdAt": "2020-01-01T00:00:00.005Z",
                "createdBy": "someone@example.com",
                "config": spec_body("forecast")["config"],
                "artifact": { "id": latest["artifact"]["id"], "version": 1 },
            },
            "metadata": {
                "name": "forecast",
                "summary": "Forecasts demand",
                "tags": [{ "name": "sales" }],
                "status": "available",
                "createdAt": "2020-01-01T00:00:00.002Z",
                "createdBy": "someone@example.com",
            },
            "parameters": parameters(),
        })
    );
}

#[test]
fn lists_specs_without_config_and_artifact() {
    let press = Press::start();
    let id = text(&press.submit(SPECS, &complete_form()).ok()["id"]);
    let mut listed = press.get(&format!("{SPECS}{id}")).ok();
    let release = listed["latestRelease"].as_object_mut().unwrap();
    release.retain(|key, _| key != "config" && key != "artifact");
    let page = json!({
        "pageCount": 1, "pageNumber": 1, "pageSize": 25, "specCount": 1, "specs": [listed],
    });
    assert_eq!(press.get(SPECS).ok(), page);
}

#[test]
fn unpacks_artifacts() {
    let press = Press::start();
    let id = text(&press.submit(SPECS, &complete_form()).ok()["id"]);
    let expected = [("Dockerfile", 12), ("src/", 0), ("src/train.py", 750)];
    let expected = expected
        .map(|(path, size)| (path.to_owned(), size))
        .to_vec();
    assert_eq!(entries(&press, &id, "1.0.0"), Some(expected));

    let parts = [
        Part::json("spec", &release_body("1.1.0")),
        Part::tar_gz(archive(ArtifactFormat::TarGz)),
    ];
    press.submit(&format!("{SPECS}{id}/releases"), &parts).ok();
    let unpacked = entries(&press, &id, "1.1.0").unwrap();
    assert!(unpacked.contains(&("src/train.py".into(), 750)));
    assert_eq!(entries(&press, &id, "9.0.0"), None);
    assert_eq!(entries(&press, &press.seed_specs(1)[0], "1.0.0"), None);
}

#[test]
fn creates_describes_and_lists_releases() {
    let press = Press::start();
    let id = press.create_spec();
    let releases = format!("{SPECS}{id}/releases");
    let body = json!({
        "release": { "version": "1.1.0+linux-x.1" },
        "config": { "triggers": [{ "cron": "0 0 * * *" }] },
    });
    let parts = [
        Part::json("spec", &body),
        Part::text("autoRunOnDeploy", "true"),
        Part::tar_gz(archive(ArtifactFormat::TarGz)),
    ];
    let created = press.submit(&releases, &parts).ok();
    let version = json!({ "version": "1.1.0+linux-x.1" });
    assert_eq!(created, json!({ "id": id, "release": version }));

    let release = press.get(&format!("{releases}/1.1.0+linux-x.1")).ok();
    assert_eq!(
        release,
        json!({
            "id": release["id"],
            "version": "1.1.0+linux-x.1",
            "createdAt": release["createdAt"],
            "createdBy": "someone@example.com",
            "artifact": { "id": release["artifact"]["id"], "version": 1 },
            "config": body["config"],
            "parameters": {},
            "autoRunOnDeploy": true,
        })
    );
    let page = press.get(&format!("{releases}?sort=createdAt:desc&pageSize=1"));
    let page = page.ok();
    assert_eq!(page["releases"], json!([release]));
    assert_eq!([&page["releaseCount"], &page["pageCount"]], [2, 2]);
    let spec = press.get(&format!("{SPECS}{id}")).ok();
    assert_eq!(spec["latestRelease"]["version"], "1.1.0+linux-x.1");
}

#[test]
fn validation_stores_nothing() {
    let press = Press::start();
    let id = press.create_spec();
    let parts = [Part::json("spec", &spec_body("another"))];
    let response = press.submit("/v1/blocks/specs/?validate=true", &parts).ok();
    assert_eq!(response["success"], true);
    assert!(response["message"].is_string());

    let parts = [Part::json("spec", &release_body("2.0.0"))];
    let releases = format!("{SPECS}{id}/releases");
    let response = press.submit(&format!("{releases}?validate=true"), &parts);
    assert_eq!(response.ok()["success"], true);
    assert_eq!(press.get(SPECS).ok()["specCount"], 1);
    assert_eq!(press.get(&releases).ok()["releaseCount"], 1);

    let invalid = press.submit(&format!("{releases}?validate=1"), &parts);
    invalid.assert_error(400, "validate");
    let created = press.submit(&format!("{releases}?validate=false"), &parts);
    created.ok();
}

#[test]
fn updates_a_spec() {
    let press = Press::start();
    let spec = format!("{SPECS}{}", press.create_spec());
    let update = json!({
        "metadata": { "title": "Demand", "status": "archived" }, "featured": true, "scope": "public",
        "tenants": [],
    });
    assert_eq!(press.send("PATCH", &spec, update.clone()).ok(), json!({}));
    let described = press.get(&spec).ok();
    assert_eq!(described["metadata"]["title"], "Demand");
    assert_eq!(described["metadata"]["status"], "archived");
    assert_eq!(described["metadata"]["summary"], "Forecasts demand");
    assert_eq!(described["featured"], true);
    assert_eq!(described["scope"], "public");

    for unchanged in [update, json!({})] {
        let response = press.send("PATCH", &spec, unchanged);
        assert_eq!(response.status, 400);
        assert_eq!(response.body, json!({ "detail": "No changes detected" }));
    }
}

#[test]
fn deletes_a_spec_with_its_releases_unless_it_is_deployed() {
    let press = Press::start();
    let deployed = press.deploy();
    assert_eq!(press.delete(&deployed.spec).status, 409);
    press.delete(&deployed.deployment).ok();
    assert_eq!(press.delete(&deployed.spec).ok(), json!({}));
    let releases = press.get(&format!("{}/releases", deployed.spec));
    assert_eq!(releases.status, 404);
    // The names are free again.
    press.deploy();
}

#[test]
fn spec_names_are_unique_per_kind() {
    let press = Press::start();
    press.create_spec();
    let mut service = spec_body("forecast");
    service["kind"] = json!("service");
    service["config"] = json!({ "serviceType": "api", "image": {} });
    press.submit(SPECS, &[Part::json("spec", &service)]).ok();

    let seeded = format!("{SPECS}{}", press.seed_specs(1)[0]);
    let rename = |name: &str| json!({ "metadata": { "name": name } });
    let taken = press.send("PATCH", &seeded, rename("forecast"));
    taken.assert_error(409, "\"forecast\" is taken");
    let own = press.send("PATCH", &seeded, rename("seeded-1"));
    own.assert_error(400, "No changes detected");
}

#[test]
fn seeding_skips_names_that_are_taken() {
    let press = Press::start();
    let first = press.seed_specs(1);
    let rename = json!({ "metadata": { "name": "seeded-2" } });
    press
        .send("PATCH", &format!("{SPECS}{}", first[0]), rename)
        .ok();
    press.seed_specs(2);
    let names = each(&press.get(SPECS).ok()["specs"], "/metadata/name");
    assert_eq!(names, ["seeded-2", "seeded-3", "seeded-4"].map(Value::from));
}
