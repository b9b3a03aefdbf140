"""Checks the schemas as an editor uses them. Each must be valid draft-07, its references must resolve,
and its examples and defaults must match it. The schemas in `schemas/files/` must be self-contained,
accept the documents of the tests and examples, and mark mistakes in the right place. The argument is a
file with the mistakes of `tests/mistakes/`, which that test writes: an editor must mark exactly what is an
error or a problem. Needs `jsonschema` and `pyyaml`."""

import json
import re
import sys
from pathlib import Path

import yaml
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "schemas"

# The comment that names a document's schema, for editors and for this check.
MODELINE = re.compile(r"^# yaml-language-server: \$schema=(\S+)$", re.MULTILINE)
# The only documents with unknown keys, which the client sends and an editor marks.
UNKNOWN = {
    "tests/documents/release.yaml": ["$.body.config.steps.later.type"],
    "tests/documents/deployment-metadata.yaml": ["$.body", "$.body.tags[0]"],
}
RELEASE = "{body: {release: {version: 1.0.0}, config: %s}}"
# Accepted, although the official client's files never have it: the request at the top level, next to
# `$schema` and `x-…`.
ALSO_GOOD = [
    ("create_deployment", "{metadata: {}, spec: {id: a}, $schema: b, x-c: 1}"),
    ("create_deployment_revision", "{release: {version: 1.0.0}}"),
    ("update_deployment_metadata", "{title: a}"),
    ("update_spec_metadata", "{body: {featured: true}, $schema: a, x-b: 1}"),
    ("patch_parameters", "{horizon: 14, x-ratio: 0.1}"),
    # Unquoted text, and empty values.
    ("create_spec_release", RELEASE % "{images: {p: {buildArguments: {A: 1}}}, steps: {s: {command: a, imageRef: p, parents: , stepTimeout: , parameters: {env: {PORT: 8080, DEBUG: true, EMPTY: }}}}}"),
    ("create_spec_release", "{body: {release: {version: 1.0.0, notes: }, config: {steps: , triggers: }}}"),
]
# Minimal valid files, in which mistakes are made.
SPEC = "{body: {version: 1, kind: %s, metadata: {name: a, summary: b}, release: {version: 1.0.0}, config: %s}}"
WORKFLOW = SPEC % ("workflow", "%s")
SERVICE = SPEC % ("service", "{serviceType: api, image: {}, %s}")
STEP = WORKFLOW % "{steps: {s: %s}}"
HTTP = STEP % "{type: http, method: %s, url: a, %s}"
PARAMETER = "{body: {release: {version: 1.0.0}, config: {}}, parameters: {run: [{name: a, required: true, %s}]}}"
# What editors must mark: the kind of file, the file, and the paths of all marks. A missing or unexpected
# key is marked on its object.
MARKED = [
    ("create_spec", "{}", ["$"]),
    ("create_spec", WORKFLOW % "{step: {}}", ["$.body.config"]),
    ("create_spec", SPEC % ("job", "{}"), ["$.body.kind"]),
    ("create_spec", SPEC % ("service", "{serviceType: web-app, imag: {}}"), ["$.body.config"] * 2),
    ("create_spec", SPEC % ("workflow", "{serviceType: web-app, image: {}}"), ["$.body.config"]),
    ("create_spec", SERVICE % "minInstances: 3", ["$.body.config.minInstances"]),
    ("create_spec", SERVICE % "scaleToZero: true", ["$.body.config"]),
    ("create_spec", SERVICE % "imageDetails: {id: 1}", ["$.body.config"]),
    ("create_spec", STEP % "{comand: a, image: {}}", ["$.body.config.steps.s"] * 2),
    ("create_spec", STEP % "{command: a, image: {}, stepTimeot: 1}", ["$.body.config.steps.s"]),
    ("create_spec", STEP % "{command: a, image: {}, stepTimeout: soon}", ["$.body.config.steps.s.stepTimeout"]),
    ("create_spec", STEP % "{command: a, image: {}, imageRef: b}", ["$.body.config.steps.s"]),
    ("create_spec", STEP % "{type: htp, url: a}", ["$.body.config.steps.s.type"]),
    ("create_spec", STEP % "{command: a}", ["$.body.config.steps.s"]),
    ("create_spec", STEP % "{type: sql}", ["$.body.config.steps.s"]),
    ("create_spec", STEP % "{type: sql, repository: {branch: a, url: b}}", ["$.body.config.steps.s.repository"]),
    (
        "create_spec",
        STEP % "{command: a, image: {}, runConfiguration: {retryOptions: {duration: 121, numberOfRetries: 6}}}",
        [f"$.body.config.steps.s.runConfiguration.retryOptions.{key}" for key in ("duration", "numberOfRetries")],
    ),
    ("create_spec", HTTP % ("fetch", ""), ["$.body.config.steps.s.method"]),
    ("create_spec", HTTP % ("post", "auth: {type: oauth, clientId: a, authUrl: b}"), ["$.body.config.steps.s.auth"]),
    ("create_spec", WORKFLOW % "{triggers: [{}]}", ["$.body.config.triggers[0]"]),
    ("create_spec", WORKFLOW % "{triggers: [{cron: 0 0 * * *, webhook: true}]}", ["$.body.config.triggers[0]"]),
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
# Rules that compare two places, which schemas cannot express.
BEYOND_A_SCHEMA = {"image-reference", "parameter-reference", "step-cycle", "step-reference"}
# Mistakes in `tests/mistakes/` against other rules that editors do not mark, for the same reason or because
# the schema would be unreadable.
UNMARKED = {
    "autoRunOnDeploy: false\nauto_run_on_deploy: true",
    "{ title: Large, value: large }",
    "    - { name: runtime, type: number, required: false }\n    - { name: runtime, type: number, required: true }",
    "dependsOn: instanse",
    "- cron: 0 25 * * 1",
    "- id: 0bddb4c6-40c5-45c3-b477-fceb2c051609",
    "dependsOn: horizn",
}
# References to parameters where a value has a limit or a condition.
REFERENCES = [
    SERVICE % "minInstances: '@param:a'",
    SPEC % ("service", "{serviceType: '@param:a', image: {}, scaleToZero: '@param:b'}"),
    STEP % "{command: a, image: {}, runConfiguration: {retryOptions: {duration: '@param:a', exitCodes: ['@param:b']}}}",
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


def documents():
    """The documents of the tests and examples that name their schema: kind, text and marks."""
    for path in sorted([*ROOT.glob("tests/documents/*.yaml"), *ROOT.glob("examples/**/*.yaml")]):
        text = path.read_text()
        if schema := MODELINE.search(text):
            schema = (path.parent / schema[1]).resolve()
            assert schema.parent == SCHEMAS / "files", f"{path}: {schema}"
            yield schema.stem, text, UNKNOWN.get(str(path.relative_to(ROOT)), [])


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
    cases = list(documents())
    kinds = {kind for kind, _, _ in cases}
    assert editors.keys() == kinds, f"kinds of files without a document: {editors.keys() ^ kinds}"
    cases += [(kind, text, []) for kind, text in ALSO_GOOD]
    cases += [("create_spec", text, []) for text in REFERENCES]
    for kind, text, places in cases + MARKED:
        errors = list(editors[kind].iter_errors(yaml.safe_load(text)))
        found = sorted(error.json_path for error in errors)
        assert found == sorted(places), f"{kind}: {text}\n{[error.message for error in errors]} at {found}"
        checked += 1
    for mistake in json.loads(Path(sys.argv[1]).read_text()):
        document = (ROOT / "tests/documents" / mistake["file"]).read_text()
        editor = editors[Path(MODELINE.search(document)[1]).stem]
        is_marked = not editor.is_valid(yaml.safe_load(mistake["text"]))
        is_unmarked = mistake["rule"] in BEYOND_A_SCHEMA or mistake["to"] in UNMARKED
        assert is_marked != is_unmarked, f"{mistake} is {'' if is_marked else 'not '}marked"
        checked += 1
    print(f"{len(files)} schemas, {checked} documents and samples: no mistakes")


sys.exit(main())
