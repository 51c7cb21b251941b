"""Task definitions in every shape that people have them in."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsplan_convert.init import found_in
from ecsplan_convert.readers.registry import reader_of
from ecsplan_convert.readers.task_definition import read
from ecsplan_convert.source import ConversionError, Job, Source, SourceJobs, Suggestion

CONTAINER: dict[str, Any] = {"name": "web", "image": "registry.example/web:4", "essential": True}
DEFINITION: dict[str, Any] = {
    "family": "web",
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [CONTAINER],
}
DESCRIBED: dict[str, Any] = {
    **DEFINITION,
    "taskDefinitionArn": "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7",
    "revision": 7,
    "status": "ACTIVE",
    "requiresAttributes": [{"name": "com.amazonaws.ecs.capability.task-iam-role"}],
    "compatibilities": ["EC2", "FARGATE"],
    "registeredAt": "2026-03-01T10:00:00+01:00",
    "registeredBy": "arn:aws:iam::111122223333:user/ci",
}
TAGS = [{"key": "team", "value": "shop"}]


def found(document: object) -> SourceJobs:
    return read(Source("task-def.json", "", document))


def only(document: object) -> Job:
    (job,) = found(document).jobs
    return job


@pytest.mark.parametrize(
    ("document", "definition"),
    [
        pytest.param(DEFINITION, DEFINITION, id="as it is registered"),
        pytest.param(DESCRIBED, DEFINITION, id="as it was described"),
        pytest.param({"taskDefinition": DESCRIBED}, DEFINITION, id="in a response"),
        pytest.param(
            {"taskDefinition": DESCRIBED, "tags": TAGS, "ResponseMetadata": {}},
            {**DEFINITION, "tags": TAGS},
            id="in a response with tags beside it",
        ),
        pytest.param({"taskDefinition": DESCRIBED, "tags": []}, DEFINITION, id="in a response without tags"),
        pytest.param(
            {**DEFINITION, "volumes": None, "pidMode": None, "proxyConfiguration": None},
            DEFINITION,
            id="null",
        ),
        pytest.param(
            {**DEFINITION, "containerDefinitions": [{**CONTAINER, "command": None, "healthCheck": None}]},
            DEFINITION,
            id="null in a container",
        ),
        pytest.param({**DEFINITION, "cpu": 256, "memory": 512}, DEFINITION, id="sizes as numbers"),
        pytest.param(
            {**DEFINITION, "containerDefinitions": [{**CONTAINER, "cpu": "10"}]},
            {**DEFINITION, "containerDefinitions": [{**CONTAINER, "cpu": 10}]},
            id="a container's size as text",
        ),
        pytest.param(
            {**DEFINITION, "containerDefinitions": [{**CONTAINER, "command": ["sleep", 5]}]},
            {**DEFINITION, "containerDefinitions": [{**CONTAINER, "command": ["sleep", "5"]}]},
            id="an argument as number",
        ),
        pytest.param(
            {**DEFINITION, "containerDefinitions": [{**CONTAINER, "command": ["echo", "${HOME} $PATH"]}]},
            {**DEFINITION, "containerDefinitions": [{**CONTAINER, "command": ["echo", "${HOME} $PATH"]}]},
            id="what looks like a variable stays",
        ),
    ],
)
def test_a_definition_goes_over_as_it_is(document: object, definition: dict[str, Any]) -> None:
    assert only(document) == Job(name="web", definition=definition)


@pytest.mark.parametrize(
    ("spoil", "note"),
    [
        pytest.param(
            {"familly": "x"}, "familly is left out: RegisterTaskDefinition has no such member", id="unknown"
        ),
        pytest.param({"volumes": "x"}, "volumes is left out: its value is of the wrong type", id="type"),
        pytest.param({"networkMode": "vpc"}, "networkMode is left out: AWS refuses its value", id="value"),
        pytest.param(
            {"volumes": [{"name": "v", "host": 3}]},
            "volumes[0].host is left out: its value is of the wrong type",
            id="below a list",
        ),
        pytest.param({"cpu": "{{ cpu }}"}, "cpu is left out: {{ cpu }} is a placeholder", id="a placeholder"),
        pytest.param(
            {"tags": [{"key": "aws:cloudformation:stack-name", "value": "x"}]},
            "the tags of the task definition that begin with aws: are left out: AWS sets them itself",
            id="a tag of AWS's own",
        ),
        pytest.param(
            {"tags": [{"key": "team", "value": "{{ team }}"}]},
            "tags[0].value is left out: {{ team }} is a placeholder",
            id="a placeholder in a tag",
        ),
    ],
)
def test_what_does_not_fit_gets_a_note(spoil: dict[str, Any], note: str) -> None:
    job = only({"family": "web", "containerDefinitions": [CONTAINER], **spoil})

    assert job.notes == (note,)
    assert (
        {"family", "containerDefinitions"}
        <= {*(job.definition or {})}
        <= {
            "family",
            "containerDefinitions",
            "volumes",
            "tags",
        }
    )


PLACEHOLDERS = [
    pytest.param(
        {"command": ["run", "{{ what }}"]},
        CONTAINER,
        "containerDefinitions[web].command[1] is left out: {{ what }} is a placeholder",
        id="in an argument: the whole command",
    ),
    pytest.param(
        {"environment": [{"name": "A", "value": "{{ a }}"}, {"name": "B", "value": "b"}]},
        {**CONTAINER, "environment": [{"name": "B", "value": "b"}]},
        "containerDefinitions[web].environment[A].value is left out: {{ a }} is a placeholder",
        id="in a variable: the variable",
    ),
    pytest.param(
        {"environment": [{"name": "A", "value": "{{ default_of `hunter2` x }}"}]},
        {**CONTAINER, "environment": []},
        "containerDefinitions[web].environment[A].value is left out: {{ default_of }} is a placeholder",
        id="what may be a secret is not repeated",
    ),
    pytest.param(
        {"environment": [{"name": "A", "value": "a-{{ env `PASSWORD` `hunter2` }}"}]},
        {**CONTAINER, "environment": [{"name": "A", "value": "a-hunter2"}]},
        "containerDefinitions[0].environment[0].value has the value that the template gives it by default:"
        " {{ env `PASSWORD` }}",
        id="a default takes its place",
    ),
]


@pytest.mark.parametrize(("members", "container", "note"), PLACEHOLDERS)
def test_a_placeholder_is_left_out(members: dict[str, Any], container: object, note: str) -> None:
    job = only({**DEFINITION, "containerDefinitions": [{**CONTAINER, **members}]})

    assert job.notes == (note,)
    assert job.definition == {**DEFINITION, "containerDefinitions": [container]}


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"environment": [{"name": "T", "value": "{{ ds }}"}]}, id="in a variable"),
        pytest.param({"command": ["render", "{{ user }}"]}, id="in a command"),
    ],
)
def test_what_was_described_has_no_placeholders(members: dict[str, Any]) -> None:
    container = {**CONTAINER, **members}

    assert only({**DESCRIBED, "containerDefinitions": [container]}) == Job(
        name="web", definition={**DEFINITION, "containerDefinitions": [container]}
    )


def test_an_image_with_a_placeholder_is_a_comment() -> None:
    job = only({**DEFINITION, "containerDefinitions": [{**CONTAINER, "image": "web:{{ must_env `TAG` }}"}]})

    assert job.definition == {**DEFINITION, "containerDefinitions": [{"name": "web", "essential": True}]}
    reason = "image is left out: {{ must_env `TAG` }} is a placeholder; a job needs the image that it runs"
    assert job.suggestions == (Suggestion({"image": "web:{{ must_env `TAG` }}"}, reason),)


def test_one_image_of_several_with_a_placeholder() -> None:
    containers = [CONTAINER, {"name": "log", "image": "{{ image }}"}]

    job = only({**DEFINITION, "containerDefinitions": containers})

    assert job.notes == ("containerDefinitions[log].image is left out: {{ image }} is a placeholder",)
    assert job.suggestions == ()


@pytest.mark.parametrize("member", ["family", "taskRoleArn"])
def test_a_described_definition_that_became_a_template(member: str) -> None:
    job = only({**DESCRIBED, member: "{{ must_env `X` }}"})

    assert member not in (job.definition or {})
    assert job.notes == (f"{member} is left out: {{{{ must_env `X` }}}} is a placeholder",)


ROLE = "arn:aws:iam::{{ must_env `ACCOUNT` }}:role/exec"
NO_ROLE = "executionRoleArn is left out: {{ must_env `ACCOUNT` }} is a placeholder"


def test_secrets_without_their_role_are_a_comment() -> None:
    secrets = [{"name": "A", "valueFrom": "/a"}, {"name": "B", "valueFrom": "{{ b }}"}]
    document = {
        **DEFINITION,
        "executionRoleArn": ROLE,
        "containerDefinitions": [{**CONTAINER, "secrets": secrets}],
    }

    job = only(document)

    assert job.definition == DEFINITION
    assert job.suggestions == (
        Suggestion(
            {"execution_role_arn": ROLE, "secrets": {"A": "/a"}},
            "the secrets are left out: they need executionRoleArn, which is a placeholder",
        ),
    )
    assert NO_ROLE in job.notes


def test_secrets_of_several_containers_without_their_role() -> None:
    other = {"name": "log", "image": "log:1", "secrets": [{"name": "A", "valueFrom": "/a"}]}
    document = {**DEFINITION, "executionRoleArn": ROLE, "containerDefinitions": [CONTAINER, other]}

    job = only(document)

    assert job.definition == {
        **DEFINITION,
        "containerDefinitions": [CONTAINER, {"name": "log", "image": "log:1"}],
    }
    assert job.notes == (
        NO_ROLE,
        "the secrets of container log are left out: they need executionRoleArn, which is a placeholder",
    )


@pytest.mark.parametrize("option", ["awslogs-group", "awslogs-region"])
def test_a_log_without_what_it_needs(option: str) -> None:
    options = {"awslogs-group": "a", "awslogs-region": "b", "awslogs-stream-prefix": "c", option: "{{ x }}"}
    log = {"logDriver": "awslogs", "options": options}

    job = only({**DEFINITION, "containerDefinitions": [{**CONTAINER, "logConfiguration": log}]})

    assert job.definition == DEFINITION
    assert job.notes[-1] == f"the logConfiguration of container web is left out: it needs {option}"


@pytest.mark.parametrize(
    ("members", "kept"),
    [
        pytest.param(
            {"volumes": [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "{{ fs }}"}}]},
            {"volumes": [{"name": "v"}]},
            id="a file system",
        ),
        pytest.param(
            {"containerDefinitions": [{**CONTAINER, "healthCheck": {"command": ["{{ x }}"], "interval": 5}}]},
            {},
            id="a health check",
        ),
        pytest.param(
            {"proxyConfiguration": {"type": "APPMESH", "containerName": "{{ x }}"}}, {}, id="a proxy"
        ),
    ],
)
def test_what_lacks_a_required_member_is_left_out(members: dict[str, Any], kept: dict[str, Any]) -> None:
    job = only({**DEFINITION, **members})

    assert job.definition == {**DEFINITION, **kept}
    assert job.notes[-1].endswith("is left out: it lacks a member that AWS requires")


def test_a_template_of_docker_is_no_placeholder() -> None:
    log = {"logDriver": "fluentd", "options": {"tag": "{{.Name}}/{{.ID}}"}}
    container = {**CONTAINER, "logConfiguration": log}

    assert only({**DEFINITION, "containerDefinitions": [container]}).notes == ()


def test_a_container_without_a_name_gets_one() -> None:
    job = only({"family": "web", "containerDefinitions": [{"image": "web:1"}, {"image": "log:1"}]})

    assert job.definition == {
        "family": "web",
        "containerDefinitions": [
            {"image": "web:1", "name": "main"},
            {"image": "log:1", "name": "container-2"},
        ],
    }
    assert job.notes == (
        "containerDefinitions[0] has no name; the manifest calls the container main",
        "containerDefinitions[1] has no name; the manifest calls the container container-2",
    )


@pytest.mark.parametrize("status", ["INACTIVE", "DELETE_IN_PROGRESS"])
def test_an_old_revision_gets_a_note(status: str) -> None:
    assert only({**DESCRIBED, "status": status}).notes == (
        f"this revision is {status}: what the manifest registers is a new one of the same family",
    )


def test_a_list_of_containers_is_one_definition() -> None:
    job = only([CONTAINER, {"name": "log", "image": "log:1"}])

    assert job == Job(definition={"containerDefinitions": [CONTAINER, {"name": "log", "image": "log:1"}]})


@pytest.mark.parametrize("image", ["<IMAGE1_NAME>", "${repository}:${tag} x", "%IMAGE% x", "@@IMAGE@@ x"])
def test_placeholders_of_other_templates_where_ecs_refuses_them(image: str) -> None:
    job = only({**DEFINITION, "containerDefinitions": [{**CONTAINER, "image": image}]})

    assert job.notes == ("containerDefinitions[0].image is left out: its value is a placeholder",)


def test_a_list_has_a_job_each() -> None:
    other = {**DEFINITION, "family": "etl"}

    both = found([DEFINITION, {"taskDefinition": other}, {"family": "empty"}, 5])

    assert [each.name for each in both.jobs] == ["web", "etl"]
    assert both.notes == (
        "item 3 is left out: it is not a task definition with containers",
        "item 4 is left out: it is not a task definition with containers",
    )


@pytest.mark.parametrize(
    "document",
    [None, {}, [], "x", 5, {"containerDefinitions": []}, {"containerDefinitions": [3]}, [{"family": "x"}]],
)
def test_nothing_to_convert(document: object) -> None:
    with pytest.raises(ConversionError, match="there is no task definition with containers in it"):
        found(document)


def test_a_document_that_is_too_deep() -> None:
    deep: Any = "x"
    for _ in range(50_000):
        deep = [deep]

    with pytest.raises(ConversionError, match="nested more than 60 levels deep"):
        found({**DEFINITION, "volumes": deep})


def test_a_template_with_values_without_quotes() -> None:
    text = """{
      "family": "web", // the service
      "cpu": {{ env `CPU` `256` }},
      "memory": "${memory}",
      "containerDefinitions": [{"name": "web", "image": "web:1",
        "cpu": ${cpu}, "memory": {{ must_env `MIB` }}}]
    }"""

    (job,) = found_in(Source("task-def.json.tpl", text)).jobs

    assert job.definition == {
        "family": "web",
        "cpu": "256",
        "containerDefinitions": [{"name": "web", "image": "web:1"}],
    }
    assert job.notes == (
        "containerDefinitions[web].cpu is left out: {{ cpu }} is a placeholder",
        "containerDefinitions[web].memory is left out: {{ must_env `MIB` }} is a placeholder",
        "memory is left out: its value is a placeholder",
    )


@pytest.mark.parametrize(
    "part", ["{{", "{{ ", "${", "/*", '"', "'", "a", "a.", "#", "\n", ",\n", "[", "{{}}"]
)
def test_long_texts_are_read_once(part: str) -> None:
    text = '{"family": {{ x }}, "containerDefinitions": [' + part * 300_000

    with pytest.raises(ConversionError):
        found_in(Source("task-def.json", text))


CLOUDFORMATION: dict[str, Any] = {
    "Family": "web",
    "Cpu": 256,
    "Memory": 512,
    "ExecutionRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
    "ContainerDefinitions": [
        {
            "Name": "web",
            "Image": "web:1",
            "Environment": [{"Name": "A", "Value": "1"}, {"Name": "B", "Value": {"Ref": "B"}}],
            "DockerLabels": {"Name": "kept"},
            "LogConfiguration": {"LogDriver": "awslogs", "Options": {"awslogs-group": "web"}},
            "Command": ["run", {"Fn::Sub": "${X}"}],
        }
    ],
    "Volumes": [{"Name": "data", "EFSVolumeConfiguration": {"FilesystemId": "fs-01234567"}}],
    "Tags": [{"Key": "team", "Value": "shop"}],
    "ProxyConfiguration": {
        "Type": "APPMESH",
        "ContainerName": "web",
        "ProxyConfigurationProperties": [{"Name": "AppPorts", "Value": "80"}],
    },
}


def test_the_names_of_cloudformation() -> None:
    job = only(CLOUDFORMATION)

    assert job.definition == {
        "family": "web",
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [
            {
                "name": "web",
                "image": "web:1",
                "environment": [{"name": "A", "value": "1"}],
                "dockerLabels": {"Name": "kept"},
                "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "web"}},
            }
        ],
        "volumes": [{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-01234567"}}],
        "tags": [{"key": "team", "value": "shop"}],
        "proxyConfiguration": {
            "type": "APPMESH",
            "containerName": "web",
            "properties": [{"name": "AppPorts", "value": "80"}],
        },
    }
    unknown = "is left out: only CloudFormation knows its value"
    assert job.notes == (
        f"ExecutionRoleArn {unknown}",
        f"ContainerDefinitions[0].Environment[1].Value {unknown}",
        f"ContainerDefinitions[0].Command[1] {unknown}",
    )


@pytest.mark.parametrize(
    "key", ["task-definition-properties", "task-definition", "describe-answer", "task-definitions"]
)
def test_its_keys_lead_to_it(key: str) -> None:
    reader = reader_of(key)
    assert reader is not None
    assert reader.read(Source("x", "", DEFINITION)).jobs[0].name == "web"


FULL: dict[str, Any] = {
    **DESCRIBED,
    "tags": TAGS,
    "volumes": [{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}],
    "placementConstraints": [{"type": "memberOf", "expression": "attribute:x == 1"}],
    "ephemeralStorage": {"sizeInGiB": 30},
    "containerDefinitions": [
        {
            **CONTAINER,
            "environment": [{"name": "A", "value": "1"}],
            "secrets": [{"name": "S", "valueFrom": "arn:aws:ssm:eu-west-1:111122223333:parameter/s"}],
            "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "web"}},
            "healthCheck": {"command": ["CMD", "true"], "interval": 5},
            "dependsOn": [{"containerName": "x", "condition": "START"}],
            "linuxParameters": {"capabilities": {"add": ["SYS_PTRACE"]}},
        }
    ],
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all values below a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [each for key, below in items for each in ((*path, key), *places(below, (*path, key)))]


def spoiled(document: Any, path: tuple[Any, ...], wrong: object) -> Any:
    """Return a document with another value at a path."""
    result = copy.deepcopy(document)
    at = result
    for each in path[:-1]:
        at = at[each]
    at[path[-1]] = wrong
    return result


WRONG = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 3),
    st.floats(allow_nan=False),
    st.sampled_from(["", "x", "{{ x }}", "{{", "\ud83d", {}, [], [None], {"a": None}, {"{{ x }}": 1}]),
)


@given(st.sampled_from(places(FULL)), WRONG, st.booleans())
def test_wrong_values_anywhere_do_no_harm(path: tuple[Any, ...], wrong: object, described: bool) -> None:
    document = (
        FULL
        if described
        else {name: FULL[name] for name in FULL if name not in DESCRIBED or name in DEFINITION}
    )
    if path[0] not in document:
        return
    spoilt = spoiled(document, path, wrong)
    before = copy.deepcopy(spoilt)

    try:
        result = found(spoilt)
    except ConversionError:
        assert path[0] == "containerDefinitions"
    else:
        assert all(isinstance(each, str) for each in result.jobs[0].notes)
    assert spoilt == before
