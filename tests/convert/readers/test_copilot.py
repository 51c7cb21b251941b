"""Manifests of AWS Copilot jobs."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from found_manifests import compiled, notes_of, source_of, spoiled_places
from hypothesis import given
from hypothesis import strategies as st

from ecsplan_convert.readers.copilot import TABLE, read
from ecsplan_convert.source import ConversionError, Job, Source, SourceJobs

IMAGE = "public.ecr.aws/docker/library/alpine:3"
ROLE = "arn:aws:iam::111122223333:role/reports"
SIZE = {"cpu": 256, "memory": 512}

REPORTS = """
# The manifest for the "reports" job.
name: reports
type: Scheduled Job
on:
  schedule: "0 3 * * 1-5"
image:
  location: public.ecr.aws/docker/library/alpine:3
cpu: 512
memory: 1024
platform: linux/arm64
retries: 2
timeout: 1h30m
command: python -m reports --day yesterday
variables:
  LOG_LEVEL: info
  URL: https://${COPILOT_ENVIRONMENT_NAME}.example.com
secrets:
  TOKEN: /reports/token
network:
  vpc:
    placement: private
    security_groups: [sg-0a1b2c3d]
storage:
  ephemeral: 50
environments:
  prod:
    cpu: 2048
"""


def found(**members: Any) -> SourceJobs:
    """Return what is found of a job, with an image where none is given."""
    document = {"name": "etl", "type": "Scheduled Job", "image": {"location": IMAGE}, **members}
    return read(source_of(json.dumps(document)))


def test_job() -> None:
    reports = read(source_of(REPORTS))

    (job,) = reports.jobs
    assert job.name == "reports"
    assert job.keys == {
        "image": IMAGE,
        "cpu": 512,
        "memory": 1024,
        "retry": {"attempts": 3, "on": ["start", "interruption", "failure"]},
        "command": ["python", "-m", "reports", "--day", "yesterday"],
        "runtime_platform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        "env": {"LOG_LEVEL": "info"},
        "security_groups": ["sg-0a1b2c3d"],
        "task_timeout_seconds": 5400,
        "ephemeral_storage_gib": 50,
    }
    assert [each.keys for each in job.suggestions] == [
        {"schedule": {"cron": "0 3 ? * MON-FRI *"}},
        {"secrets": {"TOKEN": "/reports/token"}},
        {"configure_cloudwatch_logs": True, "log_retention_days": 30},
    ]
    notes = "\n".join(notes_of(reports))
    for named in ("`variables.URL`", "placement", "`timeout`", "`environments.prod`", "`cluster`"):
        assert named in notes
    assert compiled(reports).diagnostics == ()


@pytest.mark.parametrize(
    ("members", "keys"),
    [
        pytest.param({}, SIZE, id="the size of Copilot"),
        pytest.param(
            {"cpu": 256, "memory": 4096}, {"cpu": 512, "memory": 4096}, id="a size that is not sold"
        ),
        pytest.param({"cpu": "512"}, {"cpu": 512, "memory": 1024}, id="a number as text"),
        pytest.param({"image": IMAGE}, SIZE, id="an image as text"),
        pytest.param({"command": ["a", "b"]}, {**SIZE, "command": ["a", "b"]}, id="command as a list"),
        pytest.param(
            {"entrypoint": "sh -c 'a b'"}, {**SIZE, "entry_point": ["sh", "-c", "a b"]}, id="entry point"
        ),
        pytest.param({"platform": "linux/x86_64"}, SIZE, id="the platform that ECS takes by itself"),
        pytest.param(
            {"platform": "windows/amd64"},
            {
                "cpu": 1024,
                "memory": 2048,
                "runtime_platform": {
                    "cpuArchitecture": "X86_64",
                    "operatingSystemFamily": "WINDOWS_SERVER_2019_CORE",
                },
            },
            id="Windows, and its size",
        ),
        pytest.param(
            {"platform": {"osfamily": "linux", "architecture": "arm64"}},
            {**SIZE, "runtime_platform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}},
            id="platform as a mapping",
        ),
        pytest.param(
            {"variables": {"A": 1, "B": True}}, {**SIZE, "env": {"A": "1", "B": "true"}}, id="variables"
        ),
        pytest.param(
            {"retries": 20},
            {**SIZE, "retry": {"attempts": 10, "on": ["start", "interruption", "failure"]}},
            id="more retries than there can be",
        ),
        pytest.param({"retries": 0}, SIZE, id="no retries"),
        pytest.param({"timeout": "90s"}, {**SIZE, "task_timeout_seconds": 90}, id="timeout"),
        pytest.param({"count": 2}, {**SIZE, "count": 2}, id="count"),
        pytest.param({"count": {"spot": 1}}, {**SIZE, "launch_type": "FARGATE_SPOT"}, id="Spot"),
        pytest.param({"storage": {"ephemeral": 20}}, SIZE, id="the storage that Fargate has anyway"),
        pytest.param(
            {"network": {"vpc": {"placement": {"subnets": ["subnet-0a1b2c3d"]}}}},
            {**SIZE, "subnets": ["subnet-0a1b2c3d"]},
            id="subnets",
        ),
        pytest.param(
            {"network": {"vpc": {"placement": {"subnets": {"from_tags": {"tier": "a"}}}}}},
            {**SIZE, "subnets": {"tags": {"tier": "a"}}},
            id="subnets by tags",
        ),
        pytest.param(
            {"network": {"vpc": {"security_groups": {"groups": ["sg-0a1b2c3d"], "deny_default": True}}}},
            {**SIZE, "security_groups": ["sg-0a1b2c3d"]},
            id="groups as a mapping",
        ),
        pytest.param(
            {"image": {"location": IMAGE, "labels": {"a": "b"}}, "storage": {"readonly_fs": True}},
            {
                **SIZE,
                "task_definition": {
                    "containerDefinitions": [
                        {"name": "main", "dockerLabels": {"a": "b"}, "readonlyRootFilesystem": True}
                    ]
                },
            },
            id="members of the container",
        ),
        pytest.param(
            {"image": {"location": IMAGE, "healthcheck": {"command": ["CMD", "a"], "interval": "10s"}}},
            {
                **SIZE,
                "task_definition": {
                    "containerDefinitions": [
                        {"name": "main", "healthCheck": {"command": ["CMD", "a"], "interval": 10}}
                    ]
                },
            },
            id="health check",
        ),
    ],
)
def test_keys(members: dict[str, Any], keys: dict[str, Any]) -> None:
    result = found(**members)

    assert result.jobs[0].keys == {"image": IMAGE, **keys}
    assert compiled(result).diagnostics == ()


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        pytest.param("@daily", {"cron": "0 0 * * ? *"}, id="a preset"),
        pytest.param("@every 1h30m", {"rate": "90 minutes"}, id="an interval"),
        pytest.param("rate(1 day)", {"rate": "1 day"}, id="AWS's rate"),
        pytest.param("cron(0 3 * * ? *)", {"cron": "0 3 * * ? *"}, id="AWS's cron"),
        pytest.param("*/5 * * * *", {"cron": "*/5 * * * ? *"}, id="five fields"),
    ],
)
def test_schedule(schedule: str, expected: dict[str, str]) -> None:
    assert {"schedule": expected} in [
        each.keys for each in found(on={"schedule": schedule}).jobs[0].suggestions
    ]


def test_schedule_as_early_versions_have_it() -> None:
    assert {"schedule": {"rate": "2 hours"}} in [
        each.keys for each in found(schedule="@every 2h").jobs[0].suggestions
    ]


@pytest.mark.parametrize("schedule", ["none", "0 0 1 * 1", "never", 5, "${SCHEDULE}"])
def test_schedule_that_is_none(schedule: Any) -> None:
    result = found(on={"schedule": schedule})

    assert all("schedule" not in each.keys for each in result.jobs[0].suggestions)
    assert ("on.schedule" in "\n".join(notes_of(result))) == (schedule != "none")


def test_image_in_ecr_needs_a_role() -> None:
    image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/etl:1"
    result = found(image={"location": image}, secrets={"TOKEN": "/token"}, logging={"retention": 7})

    assert result.jobs[0].keys == {**SIZE, "image": "registry.invalid/etl:latest"}
    assert [each.keys for each in result.jobs[0].suggestions] == [
        {"configure_cloudwatch_logs": True, "log_retention_days": 7},
        {"secrets": {"TOKEN": "/token"}},
        {"image": image},
    ]
    assert compiled(result).diagnostics == ()


@pytest.mark.parametrize(
    ("image", "member"),
    [
        pytest.param({"build": "./Dockerfile"}, "`image.build`", id="built"),
        pytest.param({"location": "etl:${TAG}"}, "`image.location`", id="a placeholder"),
        pytest.param("etl:${TAG}", "`image.location`", id="a placeholder, as text"),
    ],
)
def test_an_image_that_is_not_known_has_one_in_its_place(image: Any, member: str) -> None:
    result = found(image=image)

    assert result.jobs[0].keys == {**SIZE, "image": "registry.invalid/etl:latest"}
    assert result.variables == {}
    assert any(each.startswith(member) and "replace" in each for each in notes_of(result))
    assert compiled(result).diagnostics == ()


def test_an_image_that_a_rule_sets_needs_no_other_in_its_place() -> None:
    rule = {"path": "ContainerDefinitions[0].Image", "value": IMAGE}
    result = found(image={"build": "./Dockerfile"}, taskdef_overrides=[rule])

    assert result.jobs[0].keys["image"] == IMAGE
    assert not any("replace" in each for each in notes_of(result))


def test_overrides_of_the_definition() -> None:
    result = found(
        image={"location": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/etl:1"},
        exec=True,
        taskdef_overrides=[
            {"path": "ContainerDefinitions[0].Ulimits[-].Name", "value": "nofile"},
            {"path": "ContainerDefinitions[0].Ulimits[0].SoftLimit", "value": 1024},
            {"path": "ContainerDefinitions[0].Ulimits[0].HardLimit", "value": 2048},
            {"path": "ContainerDefinitions[0].LinuxParameters", "value": {"InitProcessEnabled": True}},
            {"path": "ContainerDefinitions[0].Image", "value": IMAGE},
            {"path": "ExecutionRoleArn", "value": ROLE},
            {"path": "TaskRoleArn", "value": ROLE},
            {"path": "PidMode", "value": "task"},
            {"path": "Cpu", "value": 512},
            {"path": "Memory", "value": 1024},
        ],
    )

    assert result.jobs[0].keys == {
        "image": IMAGE,
        "cpu": "512",
        "memory": "1024",
        "execution_role_arn": ROLE,
        "task_role_arn": ROLE,
        "enable_execute_command": True,
        "configure_cloudwatch_logs": True,
        "log_retention_days": 30,
        "task_definition": {
            "pidMode": "task",
            "containerDefinitions": [
                {
                    "name": "main",
                    "ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 2048}],
                    "linuxParameters": {"initProcessEnabled": True},
                }
            ],
        },
    }
    assert compiled(result).diagnostics == ()


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        pytest.param(
            {"path": "Cpu", "value": {"Ref": "TaskCPU"}}, "a function of CloudFormation", id="a function"
        ),
        pytest.param({"path": "ContainerDefinitions[1].Image", "value": "a"}, "of a sidecar", id="a sidecar"),
        pytest.param({"path": "Volumes[5].Name", "value": "a"}, "leads nowhere", id="an index too far"),
        pytest.param({"path": "Cpu.x", "value": "a"}, "of the wrong type", id="below a text"),
        pytest.param({"path": "a b", "value": "a"}, "not a path", id="no path"),
        pytest.param({"path": "NoSuchMember", "value": "a"}, "no such member", id="no member"),
        pytest.param({"path": "Cpu"}, "not a path and a value", id="no value"),
        pytest.param(5, "not a path and a value", id="a number"),
    ],
)
def test_overrides_that_cannot_be_applied(rule: Any, words: str) -> None:
    result = found(taskdef_overrides=[rule])

    assert words in "\n".join(notes_of(result))
    assert [each for each in compiled(result).diagnostics if each.severity == "error"] == []


def test_volumes() -> None:
    volumes = {
        "data": {"path": "/data", "read_only": False, "efs": {"id": "fs-0a1b2c3d", "auth": {"iam": False}}},
        "scratch": {"path": "/scratch"},
        "managed": {"path": "/managed", "efs": True},
    }
    result = found(storage={"volumes": volumes})

    assert result.jobs[0].keys["task_definition"] == {
        "volumes": [
            {
                "name": "data",
                "efsVolumeConfiguration": {"fileSystemId": "fs-0a1b2c3d", "transitEncryption": "ENABLED"},
            },
            {"name": "scratch"},
        ],
        "containerDefinitions": [
            {
                "name": "main",
                "mountPoints": [
                    {"sourceVolume": "data", "containerPath": "/data", "readOnly": False},
                    {"sourceVolume": "scratch", "containerPath": "/scratch", "readOnly": True},
                ],
            }
        ],
    }
    assert "`storage.volumes.managed`" in "\n".join(notes_of(result))
    assert compiled(result).diagnostics == ()


def test_volumes_that_need_a_role() -> None:
    volumes = {"data": {"path": "/data", "efs": {"id": "fs-0a1b2c3d", "root_dir": "/x"}}}
    result = found(storage={"volumes": volumes})

    assert "task_definition" in result.jobs[0].suggestions[0].keys
    assert "task_definition" not in result.jobs[0].keys


@pytest.mark.parametrize(
    ("members", "words"),
    [
        pytest.param(
            {"variables": {"A": {"from_cfn": "x"}}}, "`variables.A`: comes from", id="a variable of an export"
        ),
        pytest.param(
            {"secrets": {"A": {"from_cfn": "x"}}}, "`secrets.A`: comes from", id="a secret of an export"
        ),
        pytest.param({"secrets": {"A": {"secretsmanager": "x"}}}, "write the ARN", id="a secret by its name"),
        pytest.param({"command": ["a", "${TAG}"]}, "`command[1]`: left out", id="a placeholder in a list"),
        pytest.param(
            {"secrets": {"A": "/x/${COPILOT_APPLICATION_NAME}"}}, "`secrets.A`: left out", id="a placeholder"
        ),
        pytest.param({"sidecars": {"nginx": {"image": "nginx"}}}, "`sidecars`", id="sidecars"),
        pytest.param({"publish": {"topics": [{"name": "a"}]}}, "`publish`", id="topics"),
        pytest.param({"http": {"path": "/"}}, "`http`: only for services", id="a member of services"),
        pytest.param({"unheard_of": 1}, "`unheard_of`: has no counterpart", id="an unknown member"),
        pytest.param({"logging": {"destination": {"Name": "x"}}}, "`logging.destination`", id="FireLens"),
        pytest.param({"count": {"range": "1-10"}}, "`count`", id="scaling"),
        pytest.param({"timeout": "soon"}, "`timeout`: not a duration", id="no duration"),
        pytest.param({"platform": "linux/riscv64"}, "`platform`", id="no platform"),
        pytest.param(
            {"network": {"vpc": {"security_groups": [{"from_cfn": "x"}]}}}, "security_groups", id="groups"
        ),
        pytest.param({"network": {"connect": True}}, "`network.connect`", id="Service Connect"),
        pytest.param(
            {"image": {"location": IMAGE, "credentials": "arn:x"}}, "`image.credentials`", id="credentials"
        ),
    ],
)
def test_notes(members: dict[str, Any], words: str) -> None:
    result = found(**members)

    assert words in "\n".join(notes_of(result))
    assert compiled(result).diagnostics == ()


@pytest.mark.parametrize("member", ["variables", "secrets"])
def test_a_placeholder_in_the_mapping_of_a_value_is_noted_once(member: str) -> None:
    result = found(**{member: {"A": {"from_cfn": "${COPILOT_ENVIRONMENT_NAME}-x"}}})

    [note] = [each for each in notes_of(result) if f"{member}.A" in each]
    assert "${COPILOT_ENVIRONMENT_NAME}" in note


@pytest.mark.parametrize("member", ["variables", "secrets", "network", "exec", "retries"])
def test_no_note_on_a_copilot_job_speaks_of_compose(member: str) -> None:
    wrong: dict[str, object] = {"network": {"vpc": {"placement": 1}}, "exec": 1, "retries": "x"}

    notes = notes_of(found(**{member: wrong.get(member, {"A": ["x"]})}))

    assert [each for each in notes if "not of the right type" in each]
    assert "Compose" not in "\n".join(notes)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"log.env": "A=1\n"}, "log.env", id="beside the manifest"),
        pytest.param({"../../log.env": "A=1\n"}, "../../log.env", id="in the workspace"),
        pytest.param({}, None, id="nowhere"),
    ],
)
def test_env_file(files: dict[str, str], expected: str | None) -> None:
    document = {"name": "etl", "type": "Scheduled Job", "image": {"location": IMAGE}, "env_file": "log.env"}
    (job,) = read(source_of(json.dumps(document), files)).jobs

    assert job.keys.get("env_file") == expected
    assert any("env_file" in each.keys for each in job.suggestions) == (expected is None)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        *(
            pytest.param({"type": kind, "image": {"location": IMAGE}}, kind, id=kind)
            for kind in (
                "Load Balanced Web Service",
                "Request-Driven Web Service",
                "Backend Service",
                "Worker Service",
                "Static Site",
                "Environment",
            )
        ),
        pytest.param({"type": "Scheduled Job"}, "no image", id="no image"),
        pytest.param({}, "no known type", id="no type"),
        pytest.param([], "not a Copilot manifest", id="a list"),
    ],
)
def test_refused(document: Any, words: str) -> None:
    with pytest.raises(ConversionError) as refused:
        read(source_of(json.dumps(document)))

    assert words in str(refused.value)
    assert refused.value.help


def test_every_row_says_what_becomes_of_a_member() -> None:
    assert all(each.ours or each.how for each in TABLE)
    assert len({each.theirs for each in TABLE}) == len(TABLE)


EVERYTHING: dict[str, Any] = {
    "name": "etl",
    "image": {
        "location": IMAGE,
        "labels": {"a": "b"},
        "healthcheck": {"command": ["CMD", "a"], "interval": "10s", "retries": 2},
        "depends_on": {"nginx": "start"},
    },
    "entrypoint": ["a"],
    "command": ["a"],
    "cpu": 256,
    "memory": 512,
    "platform": {"osfamily": "linux", "architecture": "arm64"},
    "variables": {"A": "1", "B": {"from_cfn": "x"}},
    "env_file": "log.env",
    "secrets": {"A": "/x", "C": {"secretsmanager": "x"}},
    "network": {
        "vpc": {"placement": {"subnets": {"from_tags": {"a": "b"}}}, "security_groups": ["sg-0a1b2c3d"]}
    },
    "count": {"spot": 2},
    "retries": 3,
    "timeout": "1h",
    "on": {"schedule": "@daily"},
    "storage": {
        "ephemeral": 30,
        "readonly_fs": True,
        "volumes": {
            "data": {"path": "/x", "efs": {"id": "fs-0a1b2c3d", "root_dir": "/a", "auth": {"iam": False}}}
        },
    },
    "logging": {"retention": 30, "image": "x"},
    "sidecars": {"nginx": {"image": "nginx"}},
    "taskdef_overrides": [
        {
            "path": "ContainerDefinitions[0].SystemControls[-]",
            "value": {"Namespace": "net.core.somaxconn", "Value": "1"},
        },
        {"path": "TaskRoleArn", "value": ROLE},
        {"path": "Family", "value": "etl"},
        {"path": "Cpu", "value": 256},
        {"path": "ContainerDefinitions[0].EntryPoint", "value": ["a"]},
    ],
    "exec": True,
    "environments": {"prod": {"cpu": 512}},
    "publish": {"topics": [{"name": "a"}]},
}
WRONG: tuple[Any, ...] = (
    *(None, True, -1, 0, 1.5, 10**30, float("nan"), "", "\0", "$", "${A}", "x" * 300, "a b"),
    *([], {}, [None], [{}], {"": {}}, [[["a"]]]),
)


@pytest.mark.parametrize(("holder", "place"), spoiled_places(EVERYTHING))
def test_wrong_types_become_notes(holder: tuple[Any, ...], place: Any) -> None:
    files = {"log.env": "A=1\n"}
    source = source_of("{}", files)
    jobs: list[Job] = []
    for wrong in WRONG:
        document = copy.deepcopy(EVERYTHING)
        inner: Any = document
        for key in holder:
            inner = inner[key]
        inner[place] = wrong
        document["type"] = "Scheduled Job"
        try:
            (job,) = read(Source(source.name, source.text, document, source.read)).jobs
            jobs.append(replace(job, name=f"{len(jobs)}-{job.name}"))
        except ConversionError:
            assert (*holder, place) in {("image",), ("image", "location")}

    found_jobs = SourceJobs(tuple(jobs))
    assert [each for each in compiled(found_jobs, files).diagnostics if each.severity == "error"] == []


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(members=st.dictionaries(st.sampled_from(sorted(EVERYTHING)), ANY, max_size=6))
def test_any_members_never_raise(members: dict[str, Any]) -> None:
    source = source_of("{}")
    document = {**members, "type": "Scheduled Job", "image": {"location": IMAGE}}

    assert len(read(Source(source.name, source.text, document, source.read)).jobs) == 1


def test_deep_values_never_raise() -> None:
    deep: Any = "x"
    for _ in range(5000):
        deep = {"a": [deep]}
    source = source_of("{}")
    overrides = [{"path": "Tags", "value": deep}]
    members = {"variables": deep, "storage": deep, "taskdef_overrides": overrides, "network": deep}
    document = {"type": "Scheduled Job", "image": {"location": IMAGE}, **members}

    assert read(Source(source.name, source.text, document, source.read)).jobs[0].keys["image"] == IMAGE
