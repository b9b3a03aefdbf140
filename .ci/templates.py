"""Compares the official client's renderer with the expected texts of tests/templates.

`cargo test` checks that this crate renders the same texts. Needs `peak-sdk==1.29.0`.
"""

import json
import os
import pathlib
import sys

import yaml
from peak.helpers import remove_none_values
from peak.template import _parse_jinja_template

ROOT = pathlib.Path("tests/templates")


def official(case: dict) -> str:
    """What the official client renders, as its command line calls it."""
    folder = ROOT / case["name"]
    os.environ.update(case.get("env", {}))
    values = {}
    if "vars" in case:
        values = yaml.safe_load((folder / case["vars"]).read_text(encoding="utf-8"))
    values = remove_none_values({**values, **case.get("set", {})})
    return _parse_jinja_template(folder / case["template"], values)


def main() -> int:
    cases = json.loads((ROOT / "cases.json").read_text(encoding="utf-8"))
    wrong = 0
    for case in cases:
        folder = ROOT / case["name"]
        rendered = official(case)
        expected = (folder / "expected.yaml").read_bytes().decode()
        if rendered != expected:
            print(f"{case['name']}: the official client renders:\n{rendered}")
            wrong += 1
        if "differs" in case and rendered == (folder / "expected-here.yaml").read_bytes().decode():
            print(f"{case['name']}: does not differ: {case['differs']}")
            wrong += 1
    names = {case["name"] for case in cases}
    for folder in sorted(ROOT.iterdir()):
        if folder.is_dir() and folder.name not in names:
            print(f"{folder}: no case of this name")
            wrong += 1
    print(f"{len(cases)} templates, {wrong} wrong")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
