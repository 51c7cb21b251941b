"""The preview: both requests of every job as YAML that reads back as what will be sent."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from compiled_jobs import compiled
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from ecsplan.compile import compile_manifest
from ecsplan.plan import Plan
from ecsplan.preview import preview

ROOT = Path(__file__).parent.parent.parent
MANIFESTS = sorted((ROOT / "manifests").glob("*.yaml"))


def read_back(text: str) -> list[Any]:
    return list(YAML(typ="safe", pure=True).load_all(StringIO(text)))


def requests(plan: Plan) -> list[Any]:
    return [each for job in plan.jobs for each in (job.definition.request, job.run_request)]


def test_the_smallest_job() -> None:
    plan = compile_manifest("image: alpine:3\ncommand: [echo, 'true', '1.10']\n", file="hello.yaml").plan
    assert plan is not None

    assert (
        preview(plan)
        == """\
---
# hello: task definition (RegisterTaskDefinition)
family: hello
containerDefinitions:
- name: main
  image: alpine:3
networkMode: awsvpc
requiresCompatibilities:
- FARGATE
cpu: '1024'
memory: '2048'
---
# hello: run request (RunTask)
taskDefinition: <registered at apply>
launchType: FARGATE
networkConfiguration:
  awsvpcConfiguration:
    assignPublicIp: ENABLED
    securityGroups: []
    subnets:
    - <subnets of the default VPC>
overrides:
  containerOverrides:
  - name: main
    command:
    - echo
    - 'true'
    - '1.10'
    environment: []
tags: []
"""
    )


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_it_reads_back_as_the_requests(path: Path) -> None:
    plan = compile_manifest(path.read_text("utf-8"), file=path.name).plan
    assert plan is not None

    assert read_back(preview(plan)) == requests(plan)


TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30
) | st.sampled_from(
    [
        "no",
        "null",
        "~",
        "1e3",
        "0o7",
        "012",
        "2026-11-22",
        "12:30",
        "- a",
        "# b",
        "a: b",
        "--- c",
        "é\n",
        "\t",
        " ",
    ]
)


@given(TEXTS)
@example("\x85")
@example("a\u2028b")
@example("\u2029")
@example("\ufeff")
def test_any_text_reads_back(text: str) -> None:
    result = compiled({"name": "etl", "image": "alpine:3", "env": {"A": text}, "command": ["x", text]})

    if result.plan is not None:
        assert read_back(preview(result.plan)) == requests(result.plan)
