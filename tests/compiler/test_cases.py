"""Whole compilations: each folder of tests/cases holds a manifest and the plan or the diagnostics it gives.

`observed.json`, where there is one, is what AWS said: `latest`, `recent` and `linked` by name,
`subnets` by VPC, `lookups` by reference, `services` and `images` by name.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from places import TESTS

from ecsplan.compile import Jobs, compile_jobs, open_questions, read_jobs, together
from ecsplan.plan.plan import read_plan, write_plan
from ecsplan.terms.observed import (
    Answer,
    AskAccount,
    AskExport,
    AskImage,
    AskLatest,
    AskLinked,
    AskParameter,
    AskRecent,
    AskRegion,
    AskSecurityGroup,
    AskService,
    AskStackOutput,
    AskSubnets,
    AskVpc,
    AskVpcOfSubnets,
    Body,
    NotThere,
    Observed,
    Question,
    Revision,
    Service,
    Subnet,
    Value,
)
from ecsplan_cli.render.diagnostics import render_text

CASES = TESTS / "cases"
VERSION = "0.1.0"
"""The version that the plans of the cases state: a release changes none of them."""


def answer(question: Question, said: Body) -> Answer:
    """Return what the case's observed.json says to a question."""
    match question:
        case AskRegion():
            return str(said["region"])
        case AskAccount():
            return str(said["account"])
        case AskLatest(family=family):
            found = said.get("latest", {}).get(family)
        case AskRecent(family=family):
            return tuple(revision(each) for each in said.get("recent", {}).get(family, ()))
        case AskLinked(reference=reference):
            found = said["linked"][reference]
        case AskSubnets(vpc_id=vpc_id):
            return tuple(Subnet(*each) for each in said["subnets"][vpc_id or "default"])
        case AskParameter(name=name):
            return looked_up(said["lookups"][f"ssm:{name}"])
        case AskStackOutput(stack=stack, output=output):
            return looked_up(said["lookups"][f"cfn:{stack}.{output}"])
        case AskExport(name=name):
            return looked_up(said["lookups"][f"cfn-export:{name}"])
        case AskService(name=name):
            return service(said["services"][name])
        case AskImage(image=image):
            return image_of(said["images"][image])
        case AskVpc() | AskVpcOfSubnets() | AskSecurityGroup():
            raise NotImplementedError(question)
    return None if found is None else revision(found)


def looked_up(found: str | list[str]) -> Value:
    return Value(found if isinstance(found, str) else tuple(found))


def service(found: Body) -> Service | NotThere:
    return NotThere(**found) if "rule" in found else Service(found)


def image_of(found: str | Body) -> str | NotThere:
    return found if isinstance(found, str) else NotThere(**found)


def revision(found: Body) -> Revision:
    return Revision(found["taskDefinition"], tuple(found.get("tags", ())))


def observe(case: Path, read: Jobs) -> Observed | None:
    """Return what the case says that AWS said, asked as the observer asks."""
    if not (case / "observed.json").exists():
        return None
    said = json.loads((case / "observed.json").read_text("utf-8"))
    observed = Observed()
    while questions := open_questions(read.jobs, observed):
        observed = observed.with_answers({each: answer(each, said) for each in questions})
    return observed


def compiled(case: Path) -> dict[str, str]:
    """Return the files that compiling the case gives, by name."""
    text = (case / "manifest.yaml").read_bytes()
    read = together((read_jobs(text, file="manifest.yaml"),))
    result = compile_jobs(read, observe(case, read))
    files = {}
    if result.plan is not None:
        files["plan.json"] = write_plan(replace(result.plan, compiler_version=VERSION))
        assert write_plan(read_plan(files["plan.json"])) == files["plan.json"]
    if result.diagnostics:
        files["diagnostics.txt"] = render_text(result.diagnostics)
    return files


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_case(case: Path, pytestconfig: pytest.Config) -> None:
    found = compiled(case)

    if pytestconfig.getoption("--rewrite-cases"):
        for name in ("plan.json", "diagnostics.txt"):
            (case / name).unlink(missing_ok=True)
        for name, text in found.items():
            (case / name).write_text(text, encoding="utf-8", newline="")

    expected = {
        path.name: path.read_bytes().decode()
        for path in case.iterdir()
        if path.name in {"plan.json", "diagnostics.txt"}
    }
    assert found == expected
