#!/usr/bin/env python3
"""Makes every Press call of the official Python client, peak-sdk 1.29.0, against an emulator.

Usage: official_client.py BASE_URL

The client is unmodified except for its base URL. Its start-up request and telemetry, which are not calls
of Press, are not sent.
"""

import io
import pathlib
import sys
import tempfile
import types

import loopback_sdk

sessions = loopback_sdk.session(sys.argv[1])

import yaml  # noqa: E402
from peak import exceptions  # noqa: E402
from peak.press import apps, blocks, deployments, specs  # noqa: E402

sessions.Session._set_spoke_domain = lambda _: None
session = sessions.Session(auth_token="emulator-token", stage="prod")
block = blocks.get_client(session)
app = apps.get_client(session)
all_specs = specs.get_client(session)
all_deployments = deployments.get_client(session)


def raises(expected, call, *arguments):
    try:
        call(*arguments)
    except expected as error:
        return str(error)
    raise AssertionError(f"{call.__name__} did not raise {expected.__name__}")


def names(items):
    return [item["metadata"]["name"] for item in items]


def statuses(client, deployment_id):
    return [client.describe_deployment(deployment_id)["metadata"]["status"] for _ in range(2)]


def block_body(name, version="1.0.0"):
    step = {"type": "standard", "command": "python train.py", "imageRef": "python"}
    return {
        "version": 1,
        "kind": "workflow",
        "metadata": {"name": name, "summary": "Forecasts demand"},
        "release": {"version": version, "notes": "The first"},
        "config": {"images": {"python": {}}, "steps": {"train": step}},
    }


REGION = {"name": "region", "type": "string", "required": True, "defaultValue": "north"}
KEY = {"name": "key", "type": "string", "required": False, "hideValue": True}


def check_blocks():
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "train.py").write_text("print('hello')\n")
        artifact = {"path": folder}
        spec = block.create_spec(
            block_body("train"), artifact, featured=True, scope="shared", tenants=["a"],
            parameters={"run": [REGION, KEY]},
        )["id"]
        raises(exceptions.ConflictException, block.create_spec, block_body("train"))
        release = {key: block_body("train", "1.1.0")[key] for key in ("release", "config")}
        created = block.create_spec_release(spec, release, artifact, {"run": [REGION, KEY]})
    assert created == {"id": spec, "release": {"version": "1.1.0"}}, created
    assert names(block.list_specs(featured=True, scope=["shared"], name="tr")) == ["train"]
    assert names(block.list_specs(featured=False)) == []
    assert block.describe_spec(spec)["latestRelease"]["version"] == "1.1.0"
    versions = [it["version"] for it in block.list_spec_releases(spec, sort=["createdAt:asc"], page_size=1)]
    assert versions == ["1.0.0", "1.1.0"], versions
    assert block.describe_spec_release(spec, "1.0.0")["artifact"]["version"] == 1
    update = {"metadata": {"title": "Train"}, "featured": False}
    block.update_spec_metadata(spec, update)
    message = raises(exceptions.BadRequestException, block.update_spec_metadata, spec, update)
    assert "No changes detected" in message, message

    deployment = block.create_deployment(
        {
            "metadata": {"name": "train-north", "summary": "The north"},
            "spec": {"id": spec, "release": {"version": "1.0.0"}},
            "revision": {"notes": "Go"},
            "parameters": {"run": {"key": "secret"}},
        }
    )["id"]
    assert statuses(block, deployment) == ["deploying", "deployed"]
    assert names(block.list_deployments(status=["deployed"], name="train")) == ["train-north"]
    block.update_deployment_metadata(deployment, {"title": "North"})
    assert block.create_deployment_revision(deployment, {"release": {"version": "1.1.0"}})["revision"] == 2
    assert block.describe_deployment_revision(deployment, "2")["parameters"]["run"]["key"] == "********"
    page = block.list_deployment_revisions(deployment, return_iterator=False)
    assert page["revisionCount"] == 2, page
    assert block.redeploy(deployment)["revision"] == 2
    assert block.get_parameters(deployment) == {"region": "north", "key": "secret"}
    assert block.patch_parameters(deployment, {"region": "south"})["region"] == "south"
    assert block.get_related_block_details(deployment) == []
    block.delete_deployment(deployment)
    raises(exceptions.NotFoundException, block.describe_deployment, deployment)
    return spec


def app_spec(train, load):
    return {
        "version": 1,
        "kind": "app",
        "metadata": {"name": "demand", "summary": "Demand, end to end"},
        "release": {"version": "1.0.0", "notes": "The first"},
        "config": [
            {"id": train, "release": {"version": "1.1.0"}, "autoRunOnDeploy": True},
            {"id": load, "release": {"version": "1.0.0"}},
        ],
    }


def check_apps(train):
    load = block.create_spec(block_body("load"))["id"]
    extra = block.create_spec(block_body("extra"))["id"]
    body = app_spec(train, load)
    spec = app.create_spec(body, featured=True, scope="shared", tenants=["a"], parameters={"run": [REGION]})["id"]
    release = {"release": {"version": "1.1.0", "notes": "The second"}, "config": body["config"]}
    created = app.create_spec_release(spec, release, {"run": [REGION]})
    assert created == {"id": spec, "release": {"version": "1.1.0"}}, created
    assert names(app.list_specs(featured=True, status=["available"], title=None)) == ["demand"]
    assert app.describe_spec(spec)["latestRelease"]["config"] == body["config"]
    assert len(list(app.list_spec_releases(spec))) == 2
    assert app.describe_spec_release(spec, "1.0.0")["notes"] == "The first"
    app.update_spec_metadata(spec, {"metadata": {"title": "Demand"}})

    deployment = app.create_deployment(
        {
            "metadata": {"name": "demand-north", "summary": "The north"},
            "spec": {"id": spec, "includes": [{"id": extra, "releaseVersion": "1.0.0"}], "excludes": [{"id": load}]},
            "revision": {"notes": "Go"},
            "appParameters": {"run": {"region": "west"}},
            "parameters": {"train": {"run": {"key": "secret"}}},
        }
    )["id"]
    assert statuses(app, deployment) == ["deploying", "deployed"]
    blocks_of_app = app.describe_deployment(deployment)["latestRevision"]["blocks"]
    assert [it["name"] for it in blocks_of_app] == ["train", "extra"], blocks_of_app
    child = blocks_of_app[0]["deploymentId"]
    assert block.get_parameters(child) == {"region": "west", "key": "secret"}
    assert [it["name"] for it in block.get_related_block_details(child)] == ["train", "extra"]
    assert names(app.list_deployments(status=["deployed"], name="demand")) == ["demand-north"]
    app.update_deployment_metadata(deployment, {"title": "North"})
    revision = {"release": {"version": "1.1.0"}, "blocksConfig": {"excludes": [{"id": load}]}}
    assert app.create_deployment_revision(deployment, revision)["revision"] == 2
    assert app.describe_deployment_revision(deployment, "2")["spec"]["release"]["version"] == "1.1.0"
    assert app.list_deployment_revisions(deployment, return_iterator=False)["revisionCount"] == 2
    assert statuses(app, deployment)[-1] == "deployed"
    raises(exceptions.ConflictException, app.redeploy, deployment)
    return load, spec, deployment, child


def check_specs_and_deployments(spec, deployment, child):
    assert names(all_specs.list_specs(kind="app", term="end to end", featured=True)) == ["demand"]
    found = all_specs.list_spec_release_deployments(spec, "1.1.0", status=["deployed"])
    assert names(found) == ["demand-north"]
    assert names(all_deployments.list_deployments(kind="app", term="north")) == ["demand-north"]
    executed = all_deployments.execute_resources(deployment)["executeResponse"]
    assert [it["status"] for it in executed] == ["executed"], executed
    assert all_deployments.patch_parameters(child, {"region": "east"})["region"] == "east"
    patched = all_deployments.patch_parameters_v2(
        deployment, {"appParameters": {"region": "south"}, "parameters": {"train": {"key": "other"}}}
    )
    assert patched["appParameters"] == {"region": "south"}, patched
    assert patched["parameters"]["train"] == {"region": "east", "key": "other"}, patched


def check_deletion(train, load, spec, deployment):
    raises(exceptions.ConflictException, app.delete_spec, spec)
    app.delete_deployment(deployment)
    assert list(all_deployments.list_deployments()) == []
    raises(exceptions.ConflictException, block.delete_spec, load)
    app.delete_spec(spec)
    block.delete_spec(load)
    block.delete_spec(train)
    assert names(all_specs.list_specs()) == ["extra"]


def check_cookbook():
    """Runs the script of the cookbook's recipe on migrating from Python."""
    page = pathlib.Path(__file__).parents[1].joinpath("docs/cookbook.md").read_text(encoding="utf-8")
    script = page.split("\n```python\n")[1].split("\n```")[0]
    horizon = {"name": "horizon", "type": "number", "required": False, "defaultValue": 14}
    spec = block.create_spec(block_body("cookbook"), parameters={"run": [horizon]})["id"]
    metadata = {"name": "cookbook-north", "summary": "The north"}
    file = yaml.safe_dump({"body": {"metadata": metadata, "spec": {"id": spec}}})
    variables = {
        "blocks": types.SimpleNamespace(get_client=lambda: block),
        "open": lambda _: io.StringIO(file),
        "time": types.SimpleNamespace(sleep=lambda _: None),
        "yaml": yaml,
    }
    exec(script, variables)
    deployment = variables["deployment_id"]
    assert block.get_parameters(deployment) == {"horizon": 28}
    # As the recipe says, a second run fails because the name is taken.
    raises(exceptions.ConflictException, exec, script, variables)
    block.delete_deployment(deployment)
    block.delete_spec(spec)


check_cookbook()
train = check_blocks()
load, spec, deployment, child = check_apps(train)
check_specs_and_deployments(spec, deployment, child)
check_deletion(train, load, spec, deployment)
print("The official client's calls all work on the emulator.")
