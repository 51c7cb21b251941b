"""The preview: both requests of every job as YAML that reads back as what will be sent."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from compiled_jobs import compiled
from hypothesis import example, given
from hypothesis import strategies as st
from places import ROOT
from ruamel.yaml import YAML

from ecsplan.compile import compile_manifest
from ecsplan.plan.plan import Plan
from ecsplan.plan.planned_spec import linked_of
from ecsplan.plan.preview import preview
from ecsplan.terms.safe_text import is_hidden
from ecsplan.terms.secrecy import mask_document

MANIFESTS = sorted((ROOT / "manifests").glob("*.yaml"))


def read_back(text: str) -> list[Any]:
    return list(YAML(typ="safe", pure=True).load_all(StringIO(text)))


def requests(plan: Plan) -> list[object]:
    """Return the requests of each job as a preview shows them."""
    bodies = (each for job in plan.jobs for each in (job.definition.request, job.run_request))
    return [mask_document(each) for each in bodies]


def shown(manifest: dict[str, object]) -> str:
    plan = compiled({"name": "etl", **manifest}).plan
    assert plan is not None
    return preview(plan)


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"env": {"A": "1"}, "command": ["x"], "cpu": 512, "labels": {"a": "b"}}, id="overrides"),
        pytest.param({"launch_type": "EC2", "container_name": "app"}, id="on instances"),
    ],
)
def test_a_pure_link_is_shown_as_a_link(keys: dict[str, object]) -> None:
    text = shown({"task_definition_arn": "web:7", **keys})
    definition, run = read_back(text)

    assert definition == {"taskDefinition": "web:7"}
    assert run["taskDefinition"] == "web:7"
    assert "RegisterTaskDefinition" not in text


@pytest.mark.parametrize(
    ("keys", "known"),
    [
        pytest.param({"secrets": {"A": "a"}}, None, id="secrets"),
        pytest.param(
            {"image": "app:2"},
            {
                "family": "web",
                "containerDefinitions": [{"name": "<container of web:7>", "image": "app:2"}],
            },
            id="image",
        ),
        pytest.param(
            {"task_definition_customizations": [{"op": "remove", "path": "/volumes/0"}]},
            {"family": "web"},
            id="a patch",
        ),
    ],
)
def test_a_link_that_a_key_changes_shows_what_is_known(keys: dict[str, object], known: object) -> None:
    text = shown({"task_definition_arn": "web:7", **keys})

    assert "what is known of the revision that is made of web:7 (RegisterTaskDefinition)" in text
    assert read_back(text)[0] == (known or read_back(text)[0])


def test_operations_that_are_left_open_stand_in_comments() -> None:
    path = "/networkConfiguration/awsvpcConfiguration/subnets/2"
    patch = [{"op": "add", "path": "/group", "value": "g"}, {"op": "remove", "path": path}]
    text = shown({"image": "alpine:3", "task_customizations": patch})

    assert f"# <task_customizations/1 at apply>: remove {path}\n" in text
    assert read_back(text)[1]["group"] == "g"


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

    links = [linked_of(each) for each in plan.jobs]
    if any(links):
        assert [each["taskDefinition"] for each in read_back(preview(plan))] == [*links, *links]
        return
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
@example("a\n::error::b")
@example("::error::b")
@example("##[error]b \u202e")
@example(5000 * "a ::")
def test_any_text_reads_back(text: str) -> None:
    labels = {"note": "x", "A": "b"}
    result = compiled(
        {"name": "etl", "image": "alpine:3", "env": {"A": text}, "command": ["x", text], "labels": labels}
    )

    if result.plan is not None:
        shown = preview(result.plan)
        assert read_back(shown) == requests(result.plan)
        assert not any(map(is_hidden, shown.replace("\n", "")))
        assert not any(line.lstrip().startswith("::") for line in shown.split("\n"))
        assert "##[" not in shown


def test_names_that_could_be_commands() -> None:
    name = "\u202e##[error]x"
    result = compiled({"name": name, "image": "a", "family": "f", "env": {"::error::x": "y"}})
    assert result.plan is not None

    shown = preview(result.plan)

    assert "# \\u202e\\x23#[error]x: run request" in shown
    assert read_back(shown) == requests(result.plan)


def test_credentials_are_masked_as_in_a_diff() -> None:
    containers = [{"name": "main", "environment": [{"name": "DB_PASSWORD", "value": "hunter2hunter2"}]}]
    manifest = {
        "image": "a",
        "command": ["login", "--password", "s3cretOne"],
        "env": {"API_TOKEN": "s3cretTwo"},
        "task_definition": {"containerDefinitions": containers},
    }
    plan = compiled(manifest).plan
    assert plan is not None

    shown = preview(plan)

    assert "s3cret" not in shown
    assert "hunter2" not in shown
    assert shown.count("'***'") == 3


def test_what_a_plan_says_beside_the_requests_stands_in_comments() -> None:
    text = (
        "jobs:\n  a: {image: alpine:3}\n"
        "  b: {image: alpine:3, after: [a], array: 3, retry: {attempts: 2}, matrix: {token: ['::x']}}\n"
    )
    plan = compile_manifest(text, file="job.yaml").plan
    assert plan is not None

    lines = preview(plan).splitlines()

    start = next(number for number, each in enumerate(lines) if "b[" in each and "RunTask" in each)
    assert lines[start + 1 : start + 4] == [
        '# after: ["a"]',
        "# array: 3",
        '# retry: {"attempts": 2, "on": ["start", "interruption"]}',
    ]
    assert not any(each.startswith("::") for each in lines)
    assert read_back(preview(plan)) == requests(plan)
