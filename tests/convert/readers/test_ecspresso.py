"""ecspresso configurations with the files that they name."""

import copy
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsplan.compile import compile_manifest
from ecsplan_convert.init import converted, found_in
from ecsplan_convert.readers.ecspresso import read
from ecsplan_convert.source import ConversionError, Job, Source, Suggestion

CONFIG = """\
region: eu-west-1
cluster: batch
service: etl
service_definition: ecs-service-def.json
task_definition: ecs-task-def.json
timeout: 10m0s
"""
DEFINITION: dict[str, Any] = {
    "family": "etl",
    "cpu": "256",
    "memory": "512",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "containerDefinitions": [{"name": "main", "image": "example.test/etl:1"}],
}
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-0a"], "securityGroups": ["sg-0a"]}}
SERVICE: dict[str, Any] = {
    "launchType": "FARGATE",
    "platformVersion": "1.4.0",
    "networkConfiguration": NETWORK,
}
SERVICE_NOTE = (
    "service is left out: the job runs the definition by itself; with `service:` a manifest runs like the"
    " service that is deployed, without these files"
)
TIMEOUT = "timeout is left out: it limits a deployment; task_timeout_seconds limits a job"


def source(config: str, files: Mapping[str, object], name: str = "ecspresso.yml") -> Source:
    """Return a configuration with its files: `taskdef` and `service`, as text or as data."""
    texts = {
        "ecs-task-def.json": files.get("taskdef", DEFINITION),
        "ecs-service-def.json": files.get("service", SERVICE),
    }

    def beside(name: str) -> str:
        if name not in texts:
            raise FileNotFoundError(2, "No such file or directory", name)
        each = texts[name]
        return each if isinstance(each, str) else json.dumps(each)

    return Source(name, config, read=beside)


def job_of(config: str = CONFIG, **files: object) -> Job:
    (job,) = read(source(config, files)).jobs
    return job


def test_a_configuration_with_its_files() -> None:
    assert job_of() == Job(
        name="etl",
        definition=DEFINITION,
        request={"cluster": "batch", **SERVICE},
        keys={"aws": {"region": "eu-west-1"}},
        notes=(SERVICE_NOTE, TIMEOUT),
    )


@pytest.mark.parametrize(
    ("config", "request_", "keys"),
    [
        pytest.param(
            "region: us-east-1\ntask_definition: ecs-task-def.json\n",
            {},
            {"aws": {"region": "us-east-1"}},
            id="the definition alone",
        ),
        pytest.param(
            json.dumps({"cluster": "c", "task_definition": "ecs-task-def.json", "plugins": []}),
            {"cluster": "c"},
            {},
            id="in JSON",
        ),
        pytest.param(
            '{\n  // comment\n  "cluster": "c", /* and\n another */\n"task_definition": "ecs-task-def.json"}',
            {"cluster": "c"},
            {},
            id="with comments",
        ),
        pytest.param(
            'region: r\ncluster: c\nservice_definition: ""\ntask_definition: ecs-task-def.json\n',
            {"cluster": "c"},
            {"aws": {"region": "r"}},
            id="an empty name of a service definition",
        ),
        pytest.param(
            "region: '{{ must_env `AWS_REGION` }}'\ncluster: {{ env `CLUSTER` `batch` }}\n"
            "task_definition: ecs-task-def.json\n",
            {"cluster": "batch"},
            {},
            id="with placeholders",
        ),
    ],
)
def test_what_the_configuration_says(config: str, request_: object, keys: object) -> None:
    job = job_of(config)

    assert (job.request, job.keys) == (request_, keys)


@pytest.mark.parametrize(
    ("members", "definition", "note"),
    [
        pytest.param(
            '"cpu": "{{ env `CPU` `512` }}"',
            {"cpu": "512"},
            "cpu has the value that the template gives it by default: {{ env `CPU` }}",
            id="a default",
        ),
        pytest.param(
            '"cpu": {{ env `CPU` `512` }}',
            {"cpu": "512"},
            "cpu has the value that the template gives it by default: {{ env `CPU` }}",
            id="a default without quotes",
        ),
        pytest.param(
            '"cpu": {{ env "CPU" "512" }}',
            {"cpu": "512"},
            'cpu has the value that the template gives it by default: {{ env "CPU" }}',
            id="a default in double quotes",
        ),
        pytest.param(
            '"taskRoleArn": "arn:aws:iam::{{ env `ACCOUNT` `111122223333` }}:role/{{ env `ROLE` `task` }}"',
            {"taskRoleArn": "arn:aws:iam::111122223333:role/task"},
            "taskRoleArn has the value that the template gives it by default:"
            " {{ env `ACCOUNT` }}, {{ env `ROLE` }}",
            id="defaults within a text",
        ),
        pytest.param(
            '"ephemeralStorage": {"sizeInGiB": {{ env `GIB` `30` }}}',
            {"ephemeralStorage": {"sizeInGiB": 30}},
            "ephemeralStorage.sizeInGiB has the value that the template gives it by default: {{ env `GIB` }}",
            id="a number",
        ),
        pytest.param(
            '"enableFaultInjection": {{ env `FAULTS` `true` }}',
            {"enableFaultInjection": True},
            "enableFaultInjection has the value that the template gives it by default: {{ env `FAULTS` }}",
            id="a flag",
        ),
        pytest.param(
            '"cpu": {{ must_env `CPU` }}',
            {},
            "cpu is left out: {{ must_env `CPU` }} is a placeholder",
            id="no default, no quotes",
        ),
        pytest.param(
            '"executionRoleArn": "{{ tfstate `aws_iam_role.exec.arn` }}"',
            {},
            "executionRoleArn is left out: {{ tfstate `aws_iam_role.exec.arn` }} is a placeholder",
            id="the state of Terraform",
        ),
        pytest.param(
            '"executionRoleArn": "{{ cfn_output `stack` `Role` }}"',
            {},
            "executionRoleArn is left out: {{ cfn_output `stack` }} is a placeholder",
            id="an output of CloudFormation",
        ),
        pytest.param(
            '"taskRoleArn": "arn:aws:iam::{{ must_env `ACCOUNT` }}:role/{{ env `ROLE` `task` }}"',
            {},
            "taskRoleArn is left out: {{ must_env `ACCOUNT` }} is a placeholder",
            id="one of two without a default",
        ),
        pytest.param(
            '"ipcMode": "", "pidMode": "", "networkMode": "vpc"',
            {},
            "networkMode is left out: AWS refuses its value",
            id="empty texts go without a note",
        ),
    ],
)
def test_templates(members: str, definition: dict[str, Any], note: str) -> None:
    base = {"family": "etl", "containerDefinitions": DEFINITION["containerDefinitions"]}
    text = f"{json.dumps(base)[:-1]}, {members}}}"

    job = job_of("region: r\ntask_definition: ecs-task-def.json\n", taskdef=text)

    assert job.definition == {**base, **definition}
    assert job.notes == (note,)


def test_a_definition_in_yaml() -> None:
    text = "family: etl\ncontainerDefinitions:\n- name: main\n  image: a:{{ env `TAG` `latest` }} # the tag\n"

    assert job_of(taskdef=text).definition == {
        "family": "etl",
        "containerDefinitions": [{"name": "main", "image": "a:latest"}],
    }


def test_a_definition_that_was_described_once_is_a_template() -> None:
    container = {"name": "main", "image": "a", "command": ["run", "{{ must_env `WHAT` }}"]}
    described = {**DEFINITION, "revision": 3, "status": "ACTIVE", "containerDefinitions": [container]}

    job = job_of(taskdef={"taskDefinition": described, "tags": [{"key": "a", "value": "b"}]})

    assert job.definition == {
        **DEFINITION,
        "containerDefinitions": [{"name": "main", "image": "a"}],
        "tags": [{"key": "a", "value": "b"}],
    }


def test_a_default_that_is_secret_is_in_no_note() -> None:
    env = '[{"name": "PASSWORD", "value": "{{ env `PASSWORD` `hunter2` }}"}]'
    container = f'{{"name": "main", "image": "a", "environment": {env}}}'

    job = job_of(taskdef=f'{{"family": "etl", "containerDefinitions": [{container}]}}')

    assert "hunter2" in json.dumps(job.definition)
    assert not any("hunter2" in each for each in job.notes)


@pytest.mark.parametrize(
    ("service", "request_"),
    [
        pytest.param(SERVICE, SERVICE, id="Fargate"),
        pytest.param(
            {"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]},
            {"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]},
            id="a strategy",
        ),
        pytest.param(
            {"placementStrategy": [{"type": "spread", "field": "instanceId"}], "placementConstraints": []},
            {"placementStrategy": [{"type": "spread", "field": "instanceId"}]},
            id="placement",
        ),
        pytest.param({"service": SERVICE}, SERVICE, id="below service"),
        pytest.param({}, {}, id="nothing"),
    ],
)
def test_the_service_definition(service: object, request_: dict[str, Any]) -> None:
    assert job_of(service=service).request == {"cluster": "batch", **request_}


def test_what_concerns_the_service_alone() -> None:
    service = {
        **SERVICE,
        "desiredCount": 2,
        "loadBalancers": [{"containerName": "main"}],
        "serviceRegistries": [],
    }

    assert job_of(service=service).notes[-1] == (
        "the service definition's desiredCount, loadBalancers are left out: they concern the service alone"
    )


def test_exec_without_a_task_role_is_suggested() -> None:
    job = job_of(service={**SERVICE, "enableExecuteCommand": True})

    assert "enableExecuteCommand" not in job.request
    assert job.suggestions == (
        Suggestion(
            {"enable_execute_command": True},
            "enable_execute_command is left out: it needs a task role, which the definition does not name",
        ),
    )


def test_exec_with_a_task_role() -> None:
    role = "arn:aws:iam::111122223333:role/task"

    job = job_of(
        taskdef={**DEFINITION, "taskRoleArn": role}, service={**SERVICE, "enableExecuteCommand": True}
    )

    assert job.request["enableExecuteCommand"] is True
    assert job.suggestions == ()


@pytest.mark.parametrize(
    ("member", "note"),
    [
        ("plugins: [{name: tfstate, config: {url: 's3://b/k'}}]", "plugins is left out: a manifest looks up"),
        (
            "appspec: {Hooks: [{BeforeInstall: f}]}",
            "appspec is left out: it concerns deployments of the service",
        ),
        (
            "codedeploy: {application_name: a}",
            "codedeploy is left out: it concerns deployments of the service",
        ),
        ("required_version: '>= 2'", "required_version is left out: it concerns ecspresso itself"),
        ("ignore: {tags: [a]}", "ignore is left out: it concerns ecspresso itself"),
        ("something: new", "something is left out: it concerns ecspresso itself"),
        ("service: '{{ must_env `NAME` }}'", "service is left out: {{ must_env `NAME` }} is a placeholder"),
    ],
)
def test_what_is_left_out_of_the_configuration(member: str, note: str) -> None:
    job = job_of(f"region: r\ntask_definition: ecs-task-def.json\n{member}\n")

    assert any(each.startswith(note) for each in job.notes)


@pytest.mark.parametrize(
    ("config", "files", "message"),
    [
        pytest.param(
            "region: r\ntask_definition: gone.json\n",
            {},
            "task_definition names gone.json, which cannot be read: No such file or directory",
            id="a missing definition",
        ),
        pytest.param(
            "region: r\ntask_definition: ecs-task-def.json\nservice_definition: gone.json\n",
            {},
            "service_definition names gone.json, which cannot be read: No such file or directory",
            id="a missing service definition",
        ),
        pytest.param(
            "region: r\nservice: s\ntimeout: 1m\n", {}, "task_definition names no file", id="no definition"
        ),
        pytest.param("region: r\ntask_definition: 3\n", {}, "task_definition names no file", id="a number"),
        pytest.param(
            "region: r\ntask_definition: '{{ must_env `FILE` }}'\n",
            {},
            "task_definition names its file by a placeholder",
            id="a placeholder",
        ),
        pytest.param(
            "region: r\ntask_definition: ecs-task-def.jsonnet\n",
            {},
            "ecs-task-def.jsonnet is Jsonnet, which only ecspresso renders",
            id="Jsonnet",
        ),
        pytest.param(CONFIG, {"taskdef": '{"family": '}, "ecs-task-def.json", id="half-written"),
        pytest.param(CONFIG, {"taskdef": ""}, "ecs-task-def.json", id="empty"),
        pytest.param(
            CONFIG,
            {"taskdef": {"family": "x"}},
            "ecs-task-def.json: there is no task definition",
            id="no containers",
        ),
        pytest.param(
            CONFIG,
            {"taskdef": '{"family": "x", {{ if eq 1 1 }} "cpu": "1" {{ end }} }'},
            "ecs-task-def.json is a template with statements",
            id="statements",
        ),
    ],
)
def test_what_cannot_be_converted(config: str, files: dict[str, object], message: str) -> None:
    with pytest.raises(ConversionError) as caught:
        job_of(config, **files)

    assert message in str(caught.value)


def test_a_line_of_a_definition_file_is_none_of_the_configuration() -> None:
    with pytest.raises(ConversionError, match=r"^ecs-task-def.json is a template .*, at line 2$") as caught:
        job_of(CONFIG, taskdef='{"family": "x",\n{{ if eq 1 1 }}"cpu": "1"{{ end }}}')

    assert caught.value.line is None


def test_a_configuration_in_jsonnet() -> None:
    with pytest.raises(ConversionError, match="is Jsonnet") as caught:
        read(source("{ region: 'r', task_definition: 'x' }", {}, "ecspresso.jsonnet"))

    assert "ecspresso render config > config.json" in caught.value.help


@pytest.mark.parametrize(
    ("config", "files"),
    [
        pytest.param(CONFIG, {}, id="literal"),
        pytest.param(
            CONFIG.replace("batch", "{{ must_env `CLUSTER` }}"),
            {"service": '{"launchType": "FARGATE", "networkConfiguration": {{ tfstate `network` }}}'},
            id="with placeholders",
        ),
        pytest.param(CONFIG, {"service": {**SERVICE, "enableExecuteCommand": True}}, id="with exec"),
        pytest.param(
            CONFIG, {"service": {"launchType": "EC2", "networkConfiguration": NETWORK}}, id="on EC2"
        ),
    ],
)
def test_the_manifest_checks_clean(config: str, files: dict[str, object]) -> None:
    made = converted(found_in(source(config, files)), title="ecspresso.yml")

    result = compile_manifest(made.text, file="job.yaml")

    assert result.plan is not None, [each.message for each in result.diagnostics]
    assert [each.message for each in result.diagnostics] == []


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all values below a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [each for key, below in items for each in ((*path, key), *places(below, (*path, key)))]


WHOLE: dict[str, Any] = {
    "config": {
        "region": "r",
        "cluster": "c",
        "service": "s",
        "task_definition": "ecs-task-def.json",
        "service_definition": "ecs-service-def.json",
        "plugins": [{"name": "tfstate"}],
    },
    "taskdef": DEFINITION,
    "service": {**SERVICE, "enableExecuteCommand": True},
}
WRONG = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 3),
    st.sampled_from(
        ["", "x", "{{ x }}", "{{", "}}", "{{}}", "${x}", "\ue1003\ue101", {}, [], [None], {"{{ a }}": 1}]
    ),
)


@given(st.sampled_from(places(WHOLE)), WRONG)
def test_wrong_values_anywhere_do_no_harm(path: tuple[Any, ...], wrong: object) -> None:
    spoilt = copy.deepcopy(WHOLE)
    at: Any = spoilt
    for each in path[:-1]:
        at = at[each]
    at[path[-1]] = wrong
    files = {name: spoilt[name] for name in ("taskdef", "service")}

    try:
        job = job_of(json.dumps(spoilt["config"]), **files)
    except ConversionError:
        pass
    else:
        assert all(isinstance(each, str) for each in job.notes)


@given(st.text(alphabet='{}[]":,`$/*#\\ \nabc1{{}}', max_size=60))
def test_no_text_makes_it_fail(text: str) -> None:
    with suppress(ConversionError):
        job_of(taskdef=f'{{"family": "x", "containerDefinitions": [{{"name": "a", "image": "b"}}], {text}}}')
