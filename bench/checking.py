"""Check manifests, compared with a plain schema checker and the checker of CloudFormation templates."""

import json
from functools import partial
from pathlib import Path
from typing import Any

from results import LINT, NOT_MEASURED, OWN, SCHEMA, Findings, Table
from timing import interleave, run
from venvs import BENCH, ROOT, Missing, clean_environment, ecsplan, environment

from ecsplan import compile_manifest, write_plan

_FILES, _QUICK_FILES = 100, 10
_ROUNDS = 3


def measure(home: Path, *, quick: bool) -> Findings:
    """Return the time to check one manifest, and many, with ecsplan and with the other checkers."""
    env, peers = clean_environment(home), environment("checkers")
    findings, count = Findings(), _QUICK_FILES if quick else _FILES
    manifests, templates = write_documents(home / "documents", count)
    commands = {}
    for number in (1, count):
        commands["ecsplan check", number] = [*ecsplan(), "check", *manifests[:number]]
        if not isinstance(peers, Missing):
            schema = ROOT / "schemas" / "manifest.schema.json"
            # The schemas refer to themselves and each other by file name only.
            base = ["--base-uri", schema.as_uri(), "--schemafile", str(schema)]
            check = [peers.program("check-jsonschema"), *base]
            commands["check-jsonschema", number] = [*check, *manifests[:number]]
            # W: style warnings; the templates are equivalent to the manifests, not idiomatic.
            lint = [peers.program("cfn-lint"), "--ignore-checks", "W", "--"]
            commands["cfn-lint", number] = [*lint, *templates[:number]]

    def wall_s(command: list[str]) -> float:
        return run(command, env=env).wall_s

    took = interleave(
        {f"{name} {number}": partial(wall_s, each) for (name, number), each in commands.items()},
        1 if quick else _ROUNDS,
    )
    for number, words in ((1, "one manifest"), (count, f"{count} manifests")):
        own = f"{took[f'ecsplan check {number}']:.2f}"
        others = {
            each: f"{took[f'{each} {number}']:.2f}" if f"{each} {number}" in took else NOT_MEASURED
            for each in (SCHEMA, LINT)
        }
        findings.side_by_side(f"checking {words}, s", {OWN: own, **others})
    rows = []
    for name in dict.fromkeys(name for name, _ in commands):
        one, many = took[f"{name} 1"], took[f"{name} {count}"]
        times = many.median / took[f"ecsplan check {count}"].median
        rows.append((name, f"{one:.2f}", f"{many:.2f}", f"{times:.1f}"))
    note = (
        "Equal documents: the manifest for ecsplan and for check-jsonschema (schema only), and for cfn-lint\n"
        "the task definition that it compiles to, as a CloudFormation template."
    )
    if isinstance(peers, Missing):
        note = f"{note} check-jsonschema and cfn-lint were not measured: {peers.reason}."
    head = ("command", "1 document, s", f"{count} documents, s", f"x ecsplan, {count} documents")
    findings.tables.append(Table("Checking manifests", head, rows, note))
    return findings


def write_documents(folder: Path, count: int) -> tuple[list[str], list[str]]:
    """Write manifests, and templates with the task definitions that they compile to; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    text = (BENCH / "nightly.yaml").read_text(encoding="utf-8")
    plan = compile_manifest(text, file="nightly.yaml").plan
    if plan is None:
        raise ValueError("the manifest of the benchmark is wrong")
    request = json.loads(write_plan(plan))["jobs"][0]["task_definition"]["request"]
    manifests, templates = [], []
    for number in range(count):
        name = f"nightly-export-{number:03}"
        manifest, template = folder / f"{name}.yaml", folder / f"{name}.template.json"
        manifest.write_text(text.replace("nightly-export", name), encoding="utf-8")
        properties = as_template({**request, "family": name})
        resource = {"Type": "AWS::ECS::TaskDefinition", "Properties": properties}
        document = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Job": resource}}
        template.write_text(json.dumps(document, indent=2), encoding="utf-8")
        manifests.append(str(manifest))
        templates.append(str(template))
    return manifests, templates


_NAMES_OF_USERS = frozenset({"options", "dockerLabels"})
"""Members whose keys are chosen by users, not by AWS."""


def as_template(value: Any) -> Any:
    """Return a RegisterTaskDefinition request in CloudFormation's spelling: members in upper camel case."""
    if isinstance(value, list):
        return [as_template(each) for each in value]
    if isinstance(value, dict):
        return {
            key[0].upper() + key[1:]: each if key in _NAMES_OF_USERS else as_template(each)
            for key, each in value.items()
        }
    return value
