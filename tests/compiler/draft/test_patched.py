"""What patches make of the two requests that AWS would not take, and where that is reported."""

import json
from typing import Any

import pytest
from compiled_jobs import compiled, said

from ecsplan.compile import compile_manifest
from ecsplan.draft.patched import MAX_REPORTED

JOB = {"name": "etl", "image": "alpine:3"}
TASK = "/task_customizations"
DEFINITION = "/task_definition_customizations"


def reported(
    run: list[dict[str, Any]] | None = None, definition: list[dict[str, Any]] | None = None, **keys: Any
) -> list[tuple[str, str, str]]:
    """Return what is said of a job with these patches."""
    patches = {TASK[1:]: run, DEFINITION[1:]: definition}
    return said(compiled({**JOB, **keys, **{key: patch for key, patch in patches.items() if patch}}))


def add(path: str, value: object) -> dict[str, object]:
    return {"op": "add", "path": path, "value": value}


def remove(path: str) -> dict[str, object]:
    return {"op": "remove", "path": path}


TAG = {"key": "k", "value": "v"}


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        pytest.param([add("/group", 1)], [("wrong-type", "/0/value")], id="a value of the wrong type"),
        pytest.param([add("/tags", {})], [("wrong-type", "/0/value")], id="an object for a list"),
        pytest.param([add("/tags/-", "k")], [("wrong-type", "/0/value")], id="a text for an object"),
        pytest.param(
            [add("/tags/-", TAG), add("/tags/0/kye", "k")],
            [("newer-member", "/1/value")],
            id="an unknown member",
        ),
        pytest.param([add("/overrides", "x")], [("wrong-type", "/0/value")], id="a text for the overrides"),
        pytest.param(
            [add("/overrides/containerOverrides", {"name": "main"})],
            [("wrong-type", "/0/value")],
            id="an object for the container overrides",
        ),
        pytest.param([add("/startedBy", "me")], [("unknown-key", "/0/value")], id="what apply sets"),
        pytest.param(
            [add("/group", "a"), remove("/taskDefinition"), add("/group", "b")],
            [("missing-key", "/1")],
            id="a removal that takes what AWS needs",
        ),
        pytest.param(
            [add("/tags/-", TAG), remove("/tags/0/key"), add("/group", "b")],
            [],
            id="a removal of what it can do without",
        ),
        pytest.param(
            [{"op": "move", "from": "/launchType", "path": "/group"}, add("/launchType", "MOON")],
            [("not-allowed", "/1/value")],
            id="a value that AWS does not know",
        ),
        pytest.param(
            [{"op": "copy", "from": "/tags", "path": "/group"}],
            [("wrong-type", "/0")],
            id="a copy that does not fit",
        ),
        pytest.param([add("", [])], [("patch", "/0")], id="no object any more"),
        pytest.param([add("/taskDefinition", "other:1")], [("patch", "/0/value")], id="another definition"),
        pytest.param(
            [{"op": "copy", "from": "/launchType", "path": "/taskDefinition"}],
            [("patch", "")],
            id="another definition, copied",
        ),
    ],
)
def test_run(patch: list[dict[str, object]], expected: list[tuple[str, str]]) -> None:
    found = reported(run=patch)

    assert [(rule, place) for _, rule, place in found] == [(rule, TASK + place) for rule, place in expected]


TO_BE_LEFT_OUT = "leave it out"
OF_APPLY = "leave it out: apply derives it from the run id"


@pytest.mark.parametrize(
    ("key", "operation", "message", "help_text"),
    [
        pytest.param(TASK, add("/clientToken", "x"), "clientToken is set by apply", OF_APPLY, id="a token"),
        pytest.param(TASK, add("/startedBy", "x"), "startedBy is set by apply", "--run-id", id="who started"),
        pytest.param(
            TASK,
            {"op": "copy", "from": "/launchType", "path": "/clientToken"},
            "clientToken is set by apply",
            OF_APPLY,
            id="a token that is copied",
        ),
        pytest.param(
            TASK,
            {"op": "replace", "path": "/clientToken", "value": "x"},
            "nothing at /clientToken",
            OF_APPLY,
            id="a token that is replaced",
        ),
        pytest.param(
            TASK, remove("/startedBy"), "nothing at /startedBy", "--run-id", id="who started, removed"
        ),
        pytest.param(
            TASK,
            {"op": "move", "from": "/startedBy", "path": "/group"},
            "nothing at /startedBy",
            "--run-id",
            id="who started, moved",
        ),
        pytest.param(
            TASK,
            remove("/taskDefinition"),
            "missing key 'taskDefinition'",
            "`task_definition_arn` links another",
            id="what runs, removed",
        ),
        pytest.param(
            DEFINITION, add("/revision", 3), "revision is set by AWS", TO_BE_LEFT_OUT, id="a revision"
        ),
        pytest.param(
            DEFINITION, add("/status", "ACTIVE"), "status is set by AWS", TO_BE_LEFT_OUT, id="a status"
        ),
        pytest.param(
            DEFINITION,
            {"op": "replace", "path": "/taskDefinitionArn", "value": "x"},
            "nothing at /taskDefinitionArn",
            TO_BE_LEFT_OUT,
            id="an ARN that is replaced",
        ),
    ],
)
@pytest.mark.parametrize("as_text", [False, True], ids=["list", "JSON string"])
def test_what_ecsplan_or_aws_sets(
    key: str, operation: dict[str, object], message: str, help_text: str, as_text: bool
) -> None:
    patch = json.dumps([operation]) if as_text else [operation]

    (found,) = compiled({**JOB, key[1:]: patch}).diagnostics

    assert found.severity == "error"
    assert message in found.message
    assert help_text in found.help


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        pytest.param(
            [add("/containerDefinitions", 3)], [("wrong-type", "/0/value")], id="a number for the containers"
        ),
        pytest.param(
            [add("/containerDefinitions/0", None)], [("patch", "/0/value")], id="null for a container"
        ),
        pytest.param(
            [add("/containerDefinitions/0/environment", {"A": "1"})],
            [("wrong-type", "/0/value")],
            id="a mapping for the variables",
        ),
        pytest.param(
            [add("/containerDefinitions/0/logConfiguration", {"options": 1})],
            [("missing-key", "/0/value"), ("wrong-type", "/0/value/options")],
            id="log options of the wrong type",
        ),
        pytest.param([add("/family", "a b")], [("wrong-format", "/0/value")], id="a family that ECS refuses"),
        pytest.param([remove("/family")], [("missing-key", "/0")], id="no family"),
        pytest.param(
            [remove("/containerDefinitions/0")], [("override-unknown", "/0")], id="no container of the job"
        ),
        pytest.param(
            [add("/containerDefinitions/0/name", "other")],
            [("override-unknown", "/0")],
            id="another name for it",
        ),
        pytest.param(
            [add("/cpu", "512"), remove("/containerDefinitions/0"), add("/cpu", "1024")],
            [("override-unknown", "/1")],
            id="no container of the job after the second of three operations",
        ),
        pytest.param(
            [remove("/containerDefinitions/0/image")],
            [("image-missing", "/0")],
            id="no image of its container",
        ),
        pytest.param(
            [add("/cpu", "1024"), add("/networkMode", None)],
            [("fargate-network-mode", "/1")],
            id="a network mode removed by null",
        ),
        pytest.param([remove("/cpu")], [("fargate-cpu", "/0")], id="no CPU size on Fargate"),
        pytest.param([remove("/memory")], [("fargate-memory", "/0")], id="no memory size on Fargate"),
    ],
)
def test_definition(patch: list[dict[str, object]], expected: list[tuple[str, str]]) -> None:
    found = reported(definition=patch)

    assert sorted((rule, place) for _, rule, place in found) == sorted(
        (rule, DEFINITION + place) for rule, place in expected
    )


def test_what_was_wrong_before_the_patch_is_not_reported_again_where_the_patch_moves_it() -> None:
    definition = {"containerDefinitions": [{"name": "main", "logConfiguration": {"logDriver": "awslogs"}}]}
    insert = [add("/containerDefinitions/0", {"name": "first", "image": "a"})]

    plain = reported(task_definition=definition)
    moved = reported(definition=insert, task_definition=definition)

    assert moved == plain


def test_the_rest_is_checked_as_the_patch_leaves_it() -> None:
    found = reported(definition=[add("/cpu", 512), add("/memory", "3000")])

    assert found == [
        ("error", "wrong-type", f"{DEFINITION}/0/value"),
        ("error", "fargate-memory", f"{DEFINITION}/1/value"),
    ]


@pytest.mark.parametrize("path", ["/overrides", "/overrides/executionRoleArn"], ids=["whole", "the role"])
def test_no_rule_misses_a_role_that_the_patch_sets_to_nonsense(path: str) -> None:
    found = reported([add(path, 5)], configure_cloudwatch_logs=True)

    assert found == [("error", "wrong-type", f"{TASK}/0/value")]


def test_a_rule_misses_a_role_beside_an_override_that_was_refused() -> None:
    found = reported([add("/overrides/taskRoleArn", 5)], configure_cloudwatch_logs=True)

    assert ("error", "logs-execution-role", "/configure_cloudwatch_logs") in found


def test_a_place_in_a_string_of_json_is_that_of_the_value() -> None:
    text = 'image: alpine:3\ntask_customizations: |\n  [{"op": "add",\n    "path": "/group", "value": 1}]\n'

    (found,) = compile_manifest(text, file="etl.yaml").diagnostics

    assert (found.rule, found.location.line, found.location.column) == ("wrong-type", 4, 32)


def test_of_very_many_wrong_operations_the_first_are_reported() -> None:
    patch = json.dumps([{"op": "add", "path": "/tags/-"}] * (MAX_REPORTED + 1))

    found = said(compiled({**JOB, "task_customizations": patch}))

    assert found == [("error", "patch", f"{TASK}/{index}") for index in range(MAX_REPORTED)]


TWO = {"containerDefinitions": [{"name": "a", "image": "b"}, {"name": "c", "image": "d"}]}


@pytest.mark.parametrize("base", [pytest.param({}, id="no container"), pytest.param(TWO, id="candidates")])
@pytest.mark.parametrize(
    "value",
    ["main", 5, None, {"a": 1}, ["x"], [None], [["a"]], [{"name": ["a"]}], [{"name": 5}]],
    ids=json.dumps,
)
def test_anything_in_place_of_the_containers_is_reported(base: dict[str, object], value: object) -> None:
    patch = [{"op": "add", "path": "/containerDefinitions", "value": value}]
    manifest = {
        "image": "alpine:3",
        "launch_type": "EC2",
        "task_definition": base,
        "task_definition_customizations": patch,
    }

    result = compile_manifest(json.dumps(manifest), file="job.yaml")

    assert result.plan is None
    assert any(each.severity == "error" for each in result.diagnostics)
