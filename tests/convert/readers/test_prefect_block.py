"""Blocks of Prefect become manifests that compile to the requests that ECSTask makes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import ROOT

from ecsplan.compile import compile_manifest
from ecsplan_convert.init import converted, found_in
from ecsplan_convert.prefect.fields import DEFAULT_IMAGE, FLOW_RUN_NOTE
from ecsplan_convert.readers.prefect_block import TABLE, job_of, read
from ecsplan_convert.source import ConversionError, Job, Source

DATA = ROOT / "tests" / "convert" / "data"
BLOCKS: dict[str, dict[str, Any]] = json.loads((DATA / "ecs-tasks.json").read_text("utf-8"))
RECORDED = json.loads((DATA / "ecs-tasks.recorded.json").read_text("utf-8"))
REGION = "eu-west-1"


def compiled(job: Job) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the requests of the manifest that a job becomes, which has no problem of any severity."""
    made = compile_manifest(json.dumps({**job.keys}), file="job.yaml", region=REGION)
    assert made.diagnostics == ()
    assert made.plan is not None
    (planned,) = made.plan.jobs
    return dict(planned.definition.request), dict(planned.run_request)


def by_name(value: Any) -> Any:
    """Return a request with lists whose order has no meaning in one order, and without what is open."""
    if isinstance(value, dict):
        kept = {
            name: by_name(each) for name, each in value.items() if name not in {"taskDefinition", "subnets"}
        }
        for name, key in ("tags", "key"), ("environment", "name"):
            if name in kept:
                kept[name].sort(key=lambda each: each[key])
        return kept
    return [by_name(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_gives_the_requests_of_ecstask(name: str) -> None:
    definition, request = compiled(job_of(BLOCKS[name]))

    assert by_name(definition) == by_name(RECORDED["blocks"][name]["definition"])
    assert by_name(request) == by_name(RECORDED["blocks"][name]["request"])


@pytest.mark.parametrize("name", BLOCKS)
def test_the_manifest_of_a_block_checks_clean(name: str) -> None:
    text = json.dumps({**BLOCKS[name], "type": "ecs-task"})

    manifest = converted(found_in(Source("block.json", text)), title="block.json", name="block").text
    made = compile_manifest(manifest, file="block.yaml", region=REGION)

    assert made.diagnostics == ()
    assert made.plan is not None
    (job,) = made.plan.jobs
    assert by_name(dict(job.definition.request)) == by_name(RECORDED["blocks"][name]["definition"])
    assert by_name(dict(job.run_request)) == by_name(RECORDED["blocks"][name]["request"])


def found(**arguments: Any) -> Job:
    """Return the job of a block with an image and a setting for the revision, and these fields."""
    return job_of({"image": "a", "auto_deregister_task_definition": False, **arguments})


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        pytest.param({}, {}, id="what is not given"),
        pytest.param({"cpu": "256", "memory": 512.9}, {"cpu": 256, "memory": 512}, id="coerced numbers"),
        pytest.param(
            {"cpu": 0, "memory": None, "cluster": "", "vpc_id": None}, {}, id="values that count as absent"
        ),
        pytest.param({"launch_type": "FARGATE", "task_start_timeout_seconds": 120}, {}, id="defaults"),
        pytest.param({"launch_type": None}, {"launch_type": None}, id="no launch type"),
        pytest.param(
            {"auto_deregister_task_definition": True}, {"auto_deregister_task_definition": True}, id="true"
        ),
        pytest.param(
            {"env": {"A": None, "B": 1, "C": True}}, {"env": {"A": None, "B": "1", "C": "True"}}, id="env"
        ),
        pytest.param({"labels": {"a b": "ü&ö"}}, {"labels": {"a b": "ü&ö"}}, id="spaces and other scripts"),
        pytest.param({"name": "etl", "stream_output": False}, {}, id="no output"),
        pytest.param(
            {
                "aws_credentials": {
                    "region_name": "us-east-1",
                    "profile_name": "p",
                    "aws_client_parameters": None,
                }
            },
            {"aws": {"region": "us-east-1", "profile": "p"}},
            id="region and profile",
        ),
        pytest.param(
            {"aws_credentials": {"aws_client_parameters": {"endpoint_url": "http://localhost:1"}}},
            {"aws": {"endpoint_url": "http://localhost:1"}},
            id="endpoint",
        ),
    ],
)
def test_a_field_becomes_a_key(arguments: dict[str, Any], keys: dict[str, Any]) -> None:
    job = found(**arguments)

    assert job.keys == {"container_name": "prefect", "family": "prefect", "image": "a", **keys}
    assert job.notes == (FLOW_RUN_NOTE,)
    assert job.suggestions == ()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param({"cpu": "much"}, "`cpu` is not a whole number; it is left out", id="a size in words"),
        pytest.param({"memory": -1}, "`memory` is negative; it is left out", id="a negative size"),
        pytest.param({"launch_type": "SPOT"}, "`launch_type` is not one of FARGATE", id="a launch type"),
        pytest.param({"command": "a 'b"}, "`command` has a quote that is not closed", id="an open quote"),
        pytest.param({"command": 3}, "`command` is not a list of strings", id="a command"),
        pytest.param({"env": ["a"]}, "`env` is not a mapping", id="a list of variables"),
        pytest.param(
            {"env": {"A": "{{ x.y }}"}}, "`env.A` is filled in by Prefect", id="a placeholder in env"
        ),
        pytest.param({"labels": {"a": None}}, "`labels.a` has no value", id="a label without a value"),
        pytest.param(
            {"cluster": "{{ x }}"}, "`cluster` is filled in by Prefect (`{{ x }}`)", id="a placeholder"
        ),
        pytest.param({"stream_output": "maybe"}, "`stream_output` is neither true nor false", id="a flag"),
        pytest.param(
            {"stream_output": True, "configure_cloudwatch_logs": False}, "does not log", id="no log"
        ),
        pytest.param(
            {"cloudwatch_logs_options": {"mode": "x"}}, "has no effect without logging", id="log options"
        ),
        pytest.param(
            {"launch_type": "EC2", "vpc_id": "vpc-1"}, "only network mode `awsvpc`", id="a VPC on EC2"
        ),
        pytest.param(
            {"task_customizations": "{"}, "`task_customizations` is not a JSON Patch", id="half a patch"
        ),
        pytest.param(
            {"task_customizations": "{}"}, "`task_customizations` is not a JSON Patch", id="no list"
        ),
        pytest.param(
            {"task_customizations": [{"op": "add"}]}, "is not a JSON Patch, at /0", id="an operation"
        ),
        pytest.param(
            {"task_customizations": [{"op": "add", "path": "/taskDefinition", "value": "x"}]},
            "a patch of `/taskDefinition` is left out",
            id="another definition by a patch",
        ),
        pytest.param({"task_start_timeout_seconds": 0}, "is not a number above 0", id="a timeout of 0"),
        pytest.param({"task_watch_poll_interval": -1}, "is not a number above 0", id="a negative interval"),
        pytest.param({"queue": "x"}, "`queue` is not a field of ECSTask", id="an unknown field"),
        pytest.param(
            {"aws_credentials": {"$ref": {"block_document_id": "1"}}}, "names a block", id="a reference"
        ),
        pytest.param(
            {"aws_credentials": "{{ prefect.blocks.a }}"}, "names a block", id="credentials in a text"
        ),
        pytest.param({"family": "***"}, "makes no family of `family`", id="no family"),
    ],
)
def test_what_is_left_out_is_noted(arguments: dict[str, Any], words: str) -> None:
    job = found(**arguments)

    assert [note for note in job.notes if words in note]
    compiled(job)


def test_keys_of_an_account_are_never_copied() -> None:
    secret = {
        "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key": "hidden",
        "aws_session_token": "x1",
    }

    job = found(aws_credentials={**secret, "region_name": "eu-west-1"})

    assert job.keys["aws"] == {"region": "eu-west-1"}
    assert (
        "`aws_access_key_id`, `aws_secret_access_key`, `aws_session_token`, which the manifest never has"
        in job.notes[0]
    )
    assert not [value for value in secret.values() if value in repr(job)]


def test_logging_without_a_role_is_a_suggestion() -> None:
    job = found(stream_output=True, name="etl")

    (suggestion,) = job.suggestions
    assert {*suggestion.keys} == {"execution_role_arn", "stream_output", "cloudwatch_logs_options"}
    assert not {*suggestion.keys} & {*job.keys}
    compiled(job)


def test_an_image_stands_in_for_that_of_the_installed_prefect() -> None:
    job = job_of({"command": ["echo"]})

    assert job.keys["image"] == DEFAULT_IMAGE
    assert [note for note in job.notes if "`image` is not set" in note]


@pytest.mark.parametrize(
    ("arguments", "keys", "words"),
    [
        pytest.param({}, {}, "", id="alone"),
        pytest.param({"family": "other"}, {"family": "other"}, "", id="another family"),
        pytest.param(
            {"task_definition": {"family": "x"}}, {}, "ECSTask ignores it", id="a definition as well"
        ),
    ],
)
def test_a_linked_definition(arguments: dict[str, Any], keys: dict[str, Any], words: str) -> None:
    job = job_of({"task_definition_arn": "etl:3", **arguments})

    assert job.keys == {"container_name": "prefect", "task_definition_arn": "etl:3", **keys}
    assert any(words in note for note in job.notes)


def test_a_linked_family_in_upper_case_is_run_itself() -> None:
    job = job_of({"task_definition_arn": "arn:aws:ecs:eu-west-1:111122223333:task-definition/MyJob:3"})

    assert "family" not in job.keys
    assert [note for note in job.notes if "copies the linked definition into the family `myjob`" in note]


DOCUMENT = {
    "image": "a",
    "name": None,
    "cpu": 256,
    "auto_deregister_task_definition": True,
    "type": "ecs-task",
}


@pytest.mark.parametrize(
    ("document", "name"),
    [
        pytest.param({**DOCUMENT, "name": "etl"}, "etl", id="its fields"),
        pytest.param(
            {**DOCUMENT, "_block_document_name": "prod", "_is_anonymous": False}, "prod", id="a saved block"
        ),
        pytest.param({"data": DOCUMENT, "block_type_slug": "ecs-task"}, "", id="a document without a name"),
        pytest.param(
            {"id": "1", "name": "prod", "data": DOCUMENT, "block_type": {"slug": "ecs-task"}},
            "prod",
            id="an answer",
        ),
        pytest.param({"name": "prod", "data": {**DOCUMENT, "name": "etl"}}, "etl", id="two names"),
    ],
)
def test_shapes_of_a_block(document: dict[str, Any], name: str) -> None:
    (job,) = read(Source("block.json", "", document)).jobs

    assert job.name == name
    assert job.keys == {
        "container_name": "prefect",
        "family": "prefect",
        "image": "a",
        "cpu": 256,
        "auto_deregister_task_definition": True,
    }


def test_a_reference_beside_the_data_is_noted() -> None:
    document = {
        "data": DOCUMENT,
        "block_document_references": {"aws_credentials": {"block_document": {"id": "1"}}},
    }

    (job,) = read(Source("block.json", "", document)).jobs

    assert [note for note in job.notes if "names a block" in note]


@pytest.mark.parametrize("document", [None, [], "x", {"block_type_slug": "aws-credentials", "data": {}}])
def test_what_is_no_block_is_refused(document: Any) -> None:
    with pytest.raises(ConversionError):
        read(Source("x", "", document))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([row.theirs for row in TABLE]), VALUES))
def test_values_of_any_type_become_keys_or_notes(arguments: dict[str, Any]) -> None:
    job = job_of(arguments)

    assert job.keys["container_name"] == "prefect"


@given(VALUES)
def test_a_definition_of_any_shape_becomes_keys_or_notes(inner: Any) -> None:
    for launch_type in ("FARGATE", "EC2"):
        for definition in ({"containerDefinitions": [{"name": "prefect", "x": inner}], "cpu": inner}, inner):
            job_of({"task_definition": definition, "launch_type": launch_type, "cpu": 3})
            job_of({"task_definition": {"containerDefinitions": definition, "family": inner}})
