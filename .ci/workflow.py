"""Checks `.github/workflows/ci.yml`: its jobs run existing, executable parts of `.ci/`, and together
all parts of the gate, including the oldest supported Rust."""

import itertools
import os
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
MATRIX = re.compile(r"\$\{\{ *matrix\.([\w-]+) *\}\}")


def commands(job):
    """The `run` lines of a job, once for each combination of its matrix."""
    matrix = job.get("strategy", {}).get("matrix", {})
    for values in itertools.product(*matrix.values()):
        entry = dict(zip(matrix, values))
        for step in job["steps"]:
            if "run" in step:
                yield MATRIX.sub(lambda name: str(entry[name.group(1)]), step["run"])
            else:
                assert "uses" in step, step


def main():
    for path in [*ROOT.glob(".github/**/*.yml"), *ROOT.glob(".github/**/*.yaml")]:
        yaml.safe_load(path.read_text())

    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    jobs = workflow["jobs"]
    for name, job in jobs.items():
        assert {"runs-on", "steps"} <= job.keys(), name
    run = [command for job in jobs.values() for command in commands(job)]
    parts = {part for command in run for part in re.findall(r"\.ci/([\w.-]+)", command)}
    for part in sorted(parts):
        assert os.access(ROOT / ".ci" / part, os.X_OK), f".ci/{part} is missing or not executable"

    gate = re.search(r"^parts=\(([^)]*)\)", (ROOT / ".ci/run").read_text(), re.M).group(1).split()
    missing = set(gate) - parts
    assert not missing, f"the workflow does not run {sorted(missing)}"

    oldest = re.search(r'^rust-version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.M).group(1)
    assert any(oldest in command for command in run), f"the workflow does not use Rust {oldest}"
    print(f"{len(jobs)} jobs run {len(parts)} parts")


if __name__ == "__main__":
    main()
