"""Checks the schemas as an editor would use them: each is valid draft-07 alone, its references
resolve, and its examples and defaults fit it; those of `schemas/files/` need no other file, the
documents of the tests and examples pass, and broken ones are marked where they are broken. It
needs `jsonschema` and `pyyaml`."""

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
# Files with what is not known yet, which is for the client to pass on and for an editor to mark:
# there, and nowhere else.
UNKNOWN = {
    "tests/documents/release.yaml": ["$.body.config.steps.later.type"],
    "tests/documents/deployment-metadata.yaml": ["$.body", "$.body.tags[0]"],
}
# What is read though the official client's files never have it: the request at the top, and what
# is for editors and aliases beside it.
ALSO_GOOD = [
    ("create_deployment", "{metadata: {}, spec: {id: a}, $schema: b, x-c: 1}"),
    ("create_deployment_revision", "{release: {version: 1.0.0}}"),
    ("update_deployment_metadata", "{title: a}"),
    ("update_spec_metadata", "{body: {featured: true}, $schema: a, x-b: 1}"),
    ("patch_parameters", "{horizon: 14, x-ratio: 0.1}"),
]
# The least good file of each kind into which broken parts are put.
SPEC = "{body: {version: 1, kind: %s, metadata: {name: a, summary: b}, release: {version: 1.0.0}, config: %s}}"
WORKFLOW = SPEC % ("workflow", "%s")
SERVICE = SPEC % ("service", "{serviceType: api, image: {}, %s}")
STEP = WORKFLOW % "{steps: {s: %s}}"
HTTP = STEP % "{type: http, method: %s, url: a, %s}"
PARAMETER = "{body: {release: {version: 1.0.0}, config: {}}, parameters: {run: [{name: a, required: true, %s}]}}"
# What editors have to mark: the kind of file, the file, and the places of all marks. That of a key that
# is missing or should not be there is its object.
MARKED = [
    ("create_spec", "{}", ["$"]),
    ("create_spec", WORKFLOW % "{step: {}}", ["$.body.config"]),
    ("create_spec", SPEC % ("job", "{}"), ["$.body.kind"]),
    ("create_spec", SPEC % ("service", "{serviceType: web-app, imag: {}}"), ["$.body.config"] * 2),
    ("create_spec", SPEC % ("workflow", "{serviceType: web-app, image: {}}"), ["$.body.config"]),
    ("create_spec", SERVICE % "minInstances: 3", ["$.body.config.minInstances"]),
    ("create_spec", SERVICE % "scaleToZero: true", ["$.body.config"]),
    ("create_spec", SERVICE % "imageDetails: {id: 1}", ["$.body.config"]),
    ("create_spec", STEP % "{comand: a}", ["$.body.config.steps.s"] * 2),
    ("create_spec", STEP % "{command: a, stepTimeot: 1}", ["$.body.config.steps.s"]),
    ("create_spec", STEP % "{command: a, stepTimeout: soon}", ["$.body.config.steps.s.stepTimeout"]),
    ("create_spec", STEP % "{command: a, image: {}, imageRef: b}", ["$.body.config.steps.s"]),
    ("create_spec", STEP % "{type: htp, url: a}", ["$.body.config.steps.s.type"]),
    ("create_spec", STEP % "{type: sql}", ["$.body.config.steps.s"]),
    ("create_spec", STEP % "{type: sql, repository: {branch: a, url: b}}", ["$.body.config.steps.s.repository"]),
    (
        "create_spec",
        STEP % "{command: a, runConfiguration: {retryOptions: {duration: 121, numberOfRetries: 6}}}",
        [f"$.body.config.steps.s.runConfiguration.retryOptions.{key}" for key in ("duration", "numberOfRetries")],
    ),
    ("create_spec", HTTP % ("fetch", ""), ["$.body.config.steps.s.method"]),
    ("create_spec", HTTP % ("get", "payload: b"), ["$.body.config.steps.s"]),
    ("create_spec", HTTP % ("post", "auth: {type: oauth, clientId: a, authUrl: b}"), ["$.body.config.steps.s.auth"]),
    ("create_spec", WORKFLOW % "{triggers: [{}]}", ["$.body.config.triggers[0]"]),
    ("create_spec", WORKFLOW % "{triggers: [{cron: a, webhook: true}]}", ["$.body.config.triggers[0]"]),
    ("create_spec", WORKFLOW % "{watchers: [{events: {}}]}", ["$.body.config.watchers[0]"]),
    ("create_spec", WORKFLOW % "{images: {a: {version: '1.0'}}}", ["$.body.config.images.a.version"]),
    ("create_spec_release", PARAMETER % "type: text", ["$.parameters.run[0].type"]),
    ("create_spec_release", PARAMETER % "type: number, defaultValue: '1'", ["$.parameters.run[0].defaultValue"]),
    ("create_spec_release", "{body: {release: {version: '1'}, config: {}}}", ["$.body.release.version"]),
    ("create_deployment", "{body: {metadata: {}, spec: {}}}", ["$.body.spec"]),
    ("create_deployment", "{body: {metadata: {}, spec: {id: a}}, parameters: {}}", ["$"]),
    ("create_deployment", "{metadata: {}, spec: {id: a}, paramters: {}}", ["$"]),
    ("update_spec_metadata", "{body: {metadata: {status: gone}}}", ["$.body.metadata.status"]),
    ("patch_parameters", "{body: {a: 1}, b: 1}", ["$"]),
]
# References to parameters, where a limit or a condition is on the value.
REFERENCES = [
    SERVICE % "minInstances: '@param:a'",
    SPEC % ("service", "{serviceType: '@param:a', image: {}, scaleToZero: '@param:b'}"),
    STEP % "{command: a, runConfiguration: {retryOptions: {duration: '@param:a', exitCodes: ['@param:b']}}}",
    HTTP % ("'@param:a'", "auth: {type: '@param:b'}, outputParameters: {a: '@param:c'}"),
    WORKFLOW % "{images: {a: {version: '@param:a'}}}",
]


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

    editors = {path.stem: Draft7Validator(schemas[path]) for path in files if path.parent.name == "files"}
    assert editors.keys() == DOCUMENTS.keys(), editors.keys() ^ DOCUMENTS.keys()
    cases = [(kind, (ROOT / name).read_text(), UNKNOWN.get(name, []))
             for kind, names in DOCUMENTS.items() for name in names]
    cases += [(kind, text, []) for kind, text in ALSO_GOOD]
    cases += [("create_spec", text, []) for text in REFERENCES]
    for kind, text, places in cases + MARKED:
        errors = list(editors[kind].iter_errors(yaml.safe_load(text)))
        found = sorted(error.json_path for error in errors)
        assert found == sorted(places), f"{kind}: {text}\n{[error.message for error in errors]} at {found}"
        checked += 1
    print(f"{len(files)} schemas, {checked} documents and samples: as they should be")


sys.exit(main())
