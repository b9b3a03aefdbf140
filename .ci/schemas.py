"""Checks the schemas as an editor would use them: each is valid draft-07 alone, its references
resolve, its examples and defaults fit it, the documents of the tests and examples pass, and broken
ones do not. It needs `jsonschema` and `pyyaml`."""

import copy
import json
import sys
from pathlib import Path

import yaml
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "schemas"

# Each kind of file, the documents of that kind, and changes that break them.
DOCUMENTS = {
    "create_spec": [
        "tests/documents/workflow.yaml",
        "tests/documents/web-app.yaml",
        "tests/documents/api.yaml",
        "examples/quickstart/block.yaml",
    ],
    "create_spec_release": ["tests/documents/release.yaml"],
    "update_spec_metadata": ["tests/documents/spec-metadata.yaml"],
    "create_deployment": ["tests/documents/deployment.yaml", "examples/deployment.yaml"],
    "update_deployment_metadata": ["tests/documents/deployment-metadata.yaml"],
    "create_deployment_revision": ["tests/documents/revision.yaml"],
    "patch_parameters": ["tests/documents/parameters.yaml"],
}
# A step of a kind that is not known yet is for the client to pass on, and for an editor to mark.
FUTURE = {"tests/documents/release.yaml": ["body", "config", "steps", "later"]}


def without(document, path):
    *way, last = path
    for key in way:
        document = document[key]
    del document[last]


def subschemas(schema):
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from subschemas(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from subschemas(value)


def main():
    files = sorted(SCHEMAS.rglob("*.json"))
    schemas = {path: json.loads(path.read_text()) for path in files}
    resources = [(path.as_uri(), Resource(schema, DRAFT7)) for path, schema in schemas.items()]
    registry = Registry().with_resources(resources)

    def validator(path, schema):
        schema = {"$id": path.as_uri(), **schema}
        return Draft7Validator(schema, registry=registry)

    checked = 0
    for path, schema in schemas.items():
        Draft7Validator.check_schema(schema)
        for part in subschemas(schema):
            examples = part.get("examples", [])
            samples = examples if isinstance(examples, list) else []
            samples = samples + ([part["default"]] if "default" in part else [])
            if not any(key in part for key in ("type", "allOf", "anyOf", "oneOf", "$ref")):
                continue
            for sample in samples:
                validator(path, {**part, "definitions": schema.get("definitions", {})}).validate(sample)
                checked += 1

    kinds = {path.stem for path in (SCHEMAS / "files").glob("*.json")}
    assert kinds == DOCUMENTS.keys(), kinds ^ DOCUMENTS.keys()
    for kind, documents in DOCUMENTS.items():
        path = SCHEMAS / "files" / f"{kind}.json"
        check = validator(path, schemas[path])
        for name in documents:
            document = yaml.safe_load((ROOT / name).read_text())
            if name in FUTURE:
                assert not check.is_valid(document), f"{name} has a step of an unknown kind"
                without(document, FUTURE[name])
            errors = [f"{error.json_path}: {error.message}" for error in check.iter_errors(document)]
            assert not errors, f"{name}: {errors}"
            broken = copy.deepcopy(document)
            del broken["body"]
            assert not check.is_valid(broken), f"{name} passes without a body"
            checked += 1
    workflow = yaml.safe_load((ROOT / "tests/documents/workflow.yaml").read_text())
    path = SCHEMAS / "files" / "create_spec.json"
    for way, value in [
        (["body", "config", "steps", "load", "stepTimeout"], "soon"),
        (["body", "config", "steps", "notify", "method"], ["post"]),
        (["body", "kind"], "job"),
        (["body", "metadata", "tags"], "forecast"),
        (["parameters", "run", 0, "type"], "text"),
    ]:
        broken = copy.deepcopy(workflow)
        place = broken
        for key in way[:-1]:
            place = place[key]
        place[way[-1]] = value
        assert not validator(path, schemas[path]).is_valid(broken), way
        checked += 1
    print(f"{len(files)} schemas, {checked} documents and samples: as they should be")


sys.exit(main())
