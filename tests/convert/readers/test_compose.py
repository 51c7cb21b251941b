"""Docker Compose files: each service becomes a job, and what it cannot keep is noted."""

import copy
import json
from typing import Any

import pytest
from found_manifests import compiled, notes_of, source_of, spoiled_places
from hypothesis import given
from hypothesis import strategies as st

from ecsplan_convert.readers.compose import TABLE, read
from ecsplan_convert.source import ConversionError, Source, SourceJobs

IMAGE = "ghcr.io/acme/etl:1.2"

PROJECT = """
x-environment: &environment
  LOG_LEVEL: info
  DAY: ${DAY:-monday}

services:
  db:
    image: postgres:16
    restart: always
    environment:
      POSTGRES_USER: app
      POSTGRES_PASSWORD: ${DB_PASSWORD}
    ports: ["5432:5432"]
    volumes: [data:/var/lib/postgresql/data]
    healthcheck:
      test: [CMD-SHELL, "pg_isready -U $${POSTGRES_USER}"]
      interval: 10s
  migrate:
    image: ghcr.io/acme/etl:1.2
    command: python manage.py migrate --noinput
    environment: {<<: *environment, DEBUG: true, ROWS: 5000}
    depends_on:
      db: {condition: service_healthy}
  load:
    image: ghcr.io/acme/etl:1.2
    command: [sh, -c, "echo $$HOME; load"]
    depends_on:
      migrate: {condition: service_completed_successfully}
      web: {condition: service_started}
    deploy:
      replicas: 2
      resources: {limits: {cpus: "0.5", memory: 1G}}
  web:
    build: .
volumes:
  data: {}
"""


def found(service: dict[str, Any], **others: Any) -> SourceJobs:
    """Return what is found of a service, among others."""
    document = {"services": {"etl": {"image": IMAGE, **service}, **others}}
    return read(source_of(json.dumps(document)))


def test_project() -> None:
    project = read(source_of(PROJECT))

    db, migrate, load = project.jobs
    assert [each.name for each in project.jobs] == ["db", "migrate", "load"]
    assert migrate.keys == {
        "image": IMAGE,
        "command": ["python", "manage.py", "migrate", "--noinput"],
        "env": {"LOG_LEVEL": "info", "DAY": "monday", "DEBUG": "true", "ROWS": "5000"},
        "after": ["db"],
    }
    assert load.keys == {
        "image": IMAGE,
        "command": ["sh", "-c", "echo $HOME; load"],
        "after": ["migrate"],
        "cpu": 512,
        "memory": 1024,
        "count": 2,
    }
    assert db.keys["env"] == {"POSTGRES_USER": "app"}
    assert [each.rule for each in compiled(project).diagnostics] == []


def test_notes_of_project() -> None:
    notes = "\n".join(notes_of(read(source_of(PROJECT))))

    for named in (
        "`web`",
        "${DB_PASSWORD}",
        "${DAY}",
        "`ports`",
        "`volumes`",
        "`x-environment`",
        "`depends_on`",
    ):
        assert named in notes


@pytest.mark.parametrize(
    ("service", "keys"),
    [
        pytest.param({"command": "a 'b c' d"}, {"command": ["a", "b c", "d"]}, id="command as text"),
        pytest.param({"command": ["a", 1, True]}, {"command": ["a", "1", "true"]}, id="command with numbers"),
        pytest.param({"entrypoint": "sh -c"}, {"entry_point": ["sh", "-c"]}, id="entry point as text"),
        pytest.param({"entrypoint": ["sh"]}, {"entry_point": ["sh"]}, id="entry point as a list"),
        pytest.param(
            {"environment": ["A=1", "B=", "C=x=y"]}, {"env": {"A": "1", "B": "", "C": "x=y"}}, id="env list"
        ),
        pytest.param(
            {"environment": {"A": 1.0, "B": 1e3, "C": 1e21, "D": 2.50}},
            {"env": {"A": "1", "B": "1000", "C": "1e+21", "D": "2.5"}},
            id="env values as Go prints them",
        ),
        pytest.param(
            {"environment": {"A": 1.5, "B": False}}, {"env": {"A": "1.5", "B": "false"}}, id="env values"
        ),
        pytest.param({"environment": {"A": "$${B}"}}, {"env": {"A": "${B}"}}, id="an escaped dollar"),
        pytest.param({"environment": {"A": "${B:-c}d"}}, {"env": {"A": "cd"}}, id="a default"),
        pytest.param(
            {"environment": {"A": "${B-${C:-d}}"}}, {"env": {"A": "d"}}, id="a default within a default"
        ),
        pytest.param(
            {"environment": {"A": "costs $5"}}, {"env": {"A": "costs $5"}}, id="a dollar of its own"
        ),
        pytest.param({"image": "etl:${TAG:-1}"}, {"image": "etl:1"}, id="a default in the image"),
        pytest.param({"build": ".", "image": "etl:2"}, {"image": "etl:2"}, id="build beside an image"),
        pytest.param({"cpus": 0.25, "mem_limit": "512m"}, {"cpu": 256, "memory": 512}, id="size"),
        pytest.param({"mem_limit": 1073741824}, {"memory": 2048}, id="memory in bytes, rounded up"),
        pytest.param({"cpus": "0.3"}, {"cpu": 512}, id="CPU rounded up"),
        pytest.param({"cpus": "4"}, {"cpu": 4096, "memory": 8192}, id="the least memory of a CPU"),
        pytest.param({"mem_limit": "16g"}, {"cpu": 2048, "memory": 16384}, id="the least CPU of a memory"),
        pytest.param(
            {"deploy": {"resources": {"reservations": {"cpus": "1", "memory": "2G"}}}},
            {"cpu": 1024, "memory": 2048},
            id="reservations",
        ),
        pytest.param({"scale": 3}, {"count": 3}, id="scale"),
        pytest.param({"deploy": {"replicas": 4}}, {"count": 4}, id="replicas"),
        pytest.param({"deploy": {"replicas": 1}}, {}, id="one replica"),
        pytest.param(
            {"restart": "on-failure:2"}, {"retry": {"attempts": 3, "on": ["start", "failure"]}}, id="restart"
        ),
        pytest.param(
            {"deploy": {"restart_policy": {"condition": "on-failure", "max_attempts": 3}}},
            {"retry": {"attempts": 4, "on": ["start", "failure"]}},
            id="restart policy",
        ),
        pytest.param(
            {"restart": "on-failure:2", "deploy": {"restart_policy": {"condition": "none"}}},
            {},
            id="a restart policy beside a restart",
        ),
        pytest.param({"restart": "no"}, {}, id="no restart"),
        pytest.param(
            {"platform": "linux/arm64/v8"},
            {"runtime_platform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}},
            id="ARM",
        ),
        pytest.param({"platform": "linux/amd64"}, {}, id="x86, which ECS takes by itself"),
        pytest.param({"stop_grace_period": "1m30s"}, {"stop_timeout_seconds": 90}, id="grace period"),
        pytest.param(
            {"stop_grace_period": "10m"}, {"stop_timeout_seconds": 120}, id="grace period beyond the most"
        ),
        pytest.param(
            {"labels": ["team=data", "x"]}, {"labels": {"team": "data", "x": ""}}, id="labels as a list"
        ),
    ],
)
def test_keys(service: dict[str, Any], keys: dict[str, Any]) -> None:
    result = found(service)

    assert result.jobs[0].keys == {"image": IMAGE, **keys}
    assert [each.rule for each in compiled(result).diagnostics] == []


@pytest.mark.parametrize(
    ("service", "container"),
    [
        pytest.param({"user": 1000}, {"user": "1000"}, id="user"),
        pytest.param({"working_dir": "/app"}, {"workingDirectory": "/app"}, id="working directory"),
        pytest.param(
            {"tty": True, "stdin_open": True}, {"pseudoTerminal": True, "interactive": True}, id="terminal"
        ),
        pytest.param({"read_only": True}, {"readonlyRootFilesystem": True}, id="read-only root"),
        pytest.param({"init": True}, {"linuxParameters": {"initProcessEnabled": True}}, id="init"),
        pytest.param(
            {"init": True, "cap_add": ["SYS_PTRACE", "NET_ADMIN"], "cap_drop": ["CAP_CHOWN"]},
            {
                "linuxParameters": {
                    "initProcessEnabled": True,
                    "capabilities": {"add": ["SYS_PTRACE"], "drop": ["CHOWN"]},
                }
            },
            id="capabilities",
        ),
        pytest.param(
            {"ulimits": {"nofile": {"soft": 10, "hard": 20}, "nproc": 5}},
            {"ulimits": [{"name": "nofile", "softLimit": 10, "hardLimit": 20}]},
            id="limits",
        ),
        pytest.param(
            {"labels": {"rule": "Host(`a`)", "aws:x": "y"}},
            {"dockerLabels": {"rule": "Host(`a`)", "aws:x": "y"}},
            id="labels that are no tags",
        ),
        pytest.param(
            {"healthcheck": {"test": "curl -f localhost", "interval": "1m", "timeout": "1s", "retries": 99}},
            {
                "healthCheck": {
                    "command": ["CMD-SHELL", "curl -f localhost"],
                    "interval": 60,
                    "timeout": 2,
                    "retries": 10,
                }
            },
            id="health check within the bounds of ECS",
        ),
        pytest.param(
            {"healthcheck": {"test": ["CMD", "curl", "-f", "localhost"], "start_period": "90s"}},
            {"healthCheck": {"command": ["CMD", "curl", "-f", "localhost"], "startPeriod": 90}},
            id="health check as a list",
        ),
    ],
)
def test_container(service: dict[str, Any], container: dict[str, Any]) -> None:
    result = found(service)

    assert result.jobs[0].keys["task_definition"] == {"containerDefinitions": [{"name": "main", **container}]}
    assert [each.rule for each in compiled(result).diagnostics] == []


@pytest.mark.parametrize(
    ("service", "words"),
    [
        pytest.param(
            {"environment": ["A"]}, "`environment.A`: without a value", id="a variable of the caller's"
        ),
        pytest.param({"environment": {"A": "${B}"}}, "`environment.A`: left out", id="a placeholder"),
        pytest.param({"environment": {"A": "${B:?no}"}}, "${B}", id="a required placeholder"),
        pytest.param({"environment": {"A": "${B:+c}"}}, "${B}", id="a placeholder with an alternative"),
        pytest.param({"command": "run $DAY"}, "`command`: left out", id="a placeholder in the command"),
        pytest.param({"command": "run 'x"}, "`command`: its quotes are not closed", id="an open quote"),
        pytest.param({"command": []}, "clears that of the image", id="an empty command"),
        pytest.param({"entrypoint": ""}, "clears that of the image", id="an empty entry point"),
        pytest.param({"restart": "always"}, "`restart: always`: this looks like a service", id="restart"),
        pytest.param(
            {"deploy": {"restart_policy": {"max_attempts": 3}}},
            "`deploy.restart_policy`: this looks like a service",
            id="a restart policy for any end",
        ),
        pytest.param(
            {"restart": "always", "deploy": {"restart_policy": {"condition": "on-failure"}}},
            "`restart`: without effect beside",
            id="a restart beside a policy",
        ),
        pytest.param(
            {"deploy": {"restart_policy": {"condition": "on-failure", "max_attempts": 3, "window": "9s"}}},
            "`deploy.restart_policy.window`: `retry` has times of its own",
            id="the times of a restart policy",
        ),
        pytest.param(
            {"deploy": {"restart_policy": "x"}},
            "`deploy.restart_policy`: not of the right type; it was left out",
            id="text",
        ),
        pytest.param({"restart": "on-failure"}, "`restart`: it has no number", id="restart without a number"),
        pytest.param({"ports": ["80:80"]}, "`ports`: this looks like a service", id="ports"),
        pytest.param(
            {"networks": ["a"], "hostname": "b"},
            "`networks`, `hostname`: a task has a network",
            id="one reason",
        ),
        pytest.param({"volumes": ["./a:/b"]}, "`volumes`", id="volumes"),
        pytest.param({"privileged": True}, "`privileged`: Fargate does not support it", id="privileged"),
        pytest.param({"secrets": ["a"]}, "`secrets`", id="secrets"),
        pytest.param({"profiles": ["a"]}, "`profiles`", id="profiles"),
        pytest.param({"container_name": "a"}, "`container_name`", id="container name"),
        pytest.param({"unheard_of": 1}, "`unheard_of`: has no counterpart", id="an unknown member"),
        pytest.param(
            {"deploy": {"resources": {"limits": {"pids": 5}, "x": 1}}},
            "`deploy.resources.limits.pids`: Fargate does not support it",
            id="a limit of processes",
        ),
        pytest.param(
            {"deploy": {"resources": {"reservations": {"devices": [{"capabilities": ["tpu"]}]}}}},
            "`deploy.resources.reservations.devices`: of the devices, ECS has GPUs only",
            id="another device",
        ),
        pytest.param(
            {"ports": ["${P}:80"]}, "`ports`: this looks like a service", id="a port of the caller's"
        ),
        pytest.param({"deploy": {"placement": {"x": 1}}}, "`deploy.placement`", id="placement"),
        pytest.param({"platform": "linux/riscv64"}, "`platform`", id="a platform that ECS does not run"),
        pytest.param({"platform": "windows/amd64"}, "set `runtime_platform`", id="Windows"),
        pytest.param({"cpus": 64}, "Fargate has no task of this size", id="too large"),
        pytest.param({"healthcheck": {"disable": True}}, "`healthcheck`", id="a disabled health check"),
        pytest.param({"logging": {"driver": "json-file"}}, "`logging`", id="another log driver"),
        pytest.param(
            {"x-aws-role": {"Statement": []}}, "set `task_role_arn`", id="a role of the ECS integration"
        ),
        pytest.param({"depends_on": ["etl"]}, "the service waits for itself", id="itself"),
        pytest.param({"depends_on": ["gone"]}, "not among the jobs: `gone`", id="an unknown service"),
    ],
)
def test_notes(service: dict[str, Any], words: str) -> None:
    result = found(service)

    assert words in "\n".join(notes_of(result))
    assert [each.rule for each in compiled(result).diagnostics] == []


def test_suggestions() -> None:
    result = found({"logging": {"driver": "awslogs", "options": {"awslogs-group": "/etl"}}, "gpus": "all"})

    assert [each.keys for each in result.jobs[0].suggestions] == [
        {"configure_cloudwatch_logs": True, "cloudwatch_logs_options": {"awslogs-group": "/etl"}},
        {"gpus": "ALL", "launch_type": "EC2"},
    ]


def test_gpus_of_deploy() -> None:
    device = {"driver": "nvidia", "count": 2, "capabilities": ["gpu"]}
    result = found({"deploy": {"resources": {"reservations": {"devices": [device]}}}})

    assert [each.keys for each in result.jobs[0].suggestions] == [{"gpus": 2, "launch_type": "EC2"}]


@pytest.mark.parametrize(
    "depends_on",
    [
        pytest.param(["db"], id="a list"),
        pytest.param({"db": {"condition": "service_started"}}, id="a mapping"),
        pytest.param({"db": None}, id="a mapping to nothing"),
    ],
)
def test_dependencies(depends_on: Any) -> None:
    result = found({"depends_on": depends_on}, db={"image": "postgres:16"})

    assert result.jobs[0].keys["after"] == ["db"]
    assert "`after` waits until it has ended" in result.jobs[0].notes[0]


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        pytest.param({"condition": "service_healthy"}, "waits until `db` is healthy", id="healthy"),
        pytest.param(
            {"condition": "service_completed_successfully", "required": False},
            "not `required`: `db`; `after` always waits for success",
            id="not required",
        ),
    ],
)
def test_a_dependency_that_differs_is_noted(condition: dict[str, Any], words: str) -> None:
    result = found({"depends_on": {"db": condition}}, db={"image": "postgres:16"})

    assert result.jobs[0].keys["after"] == ["db"]
    assert words in result.jobs[0].notes[0]


def test_members_of_the_old_ecs_integration() -> None:
    document = {"x-aws-cluster": "batch", "x-aws-vpc": "vpc-0a1b2c3d", "services": {"etl": {"image": IMAGE}}}
    result = read(source_of(json.dumps(document)))

    assert result.jobs[0].keys == {"cluster": "batch", "vpc_id": "vpc-0a1b2c3d", "image": IMAGE}
    assert result.notes == ()


def test_files_that_an_extended_service_names_are_relative_to_its_file() -> None:
    text = "services: {a: {extends: {file: common/base.yaml, service: b}}}"
    files = {
        "common/base.yaml": "services: {b: {extends: {file: m.yaml, service: a}, env_file: {path: b.env}}}",
        "common/m.yaml": "services: {a: {image: x, command: run}}",
        "common/b.env": "A=1\n",
    }

    result = read(source_of(text, files))

    assert result.jobs[0].keys == {"image": "x", "command": ["run"], "env_file": "common/b.env"}
    assert notes_of(result) == []


def test_members_of_the_file_that_no_job_has() -> None:
    notes = notes_of(read(source_of("services: {a: {image: x}}\nx-common: {a: 1}\nunheard_of: {a: 1}\n")))

    assert notes == [
        "`x-common`: only what services take from it was carried over",
        "`unheard_of`: has no counterpart in a manifest",
    ]


def test_a_default_in_what_is_not_kept_is_not_noted() -> None:
    notes = notes_of(found({"ports": ["${P:-80}:80"], "profiles": ["${Q:-x}"]}))

    assert not any("default" in each for each in notes)


def test_a_file_of_variables_that_need_not_be_there() -> None:
    text = "services: {a: {image: x, env_file: [{path: no.env, required: false}, yes.env]}}"

    job = read(source_of(text, {"yes.env": "A=1\n"})).jobs[0]

    assert (job.keys["env_file"], job.suggestions, job.notes) == ("yes.env", (), ())


@pytest.mark.parametrize(
    ("value", "text", "keys", "words"),
    [
        pytest.param("a.env", "A=1\n", {"env_file": "a.env"}, "", id="one file"),
        pytest.param(["a.env"], "A=1\n", {"env_file": "a.env"}, "", id="a list of one"),
        pytest.param(
            [{"path": "a.env", "required": False}], "A=1\n", {"env_file": "a.env"}, "", id="the long form"
        ),
        pytest.param("a.env", "A='1'\n", {"env_file": "a.env"}, "`A`", id="quotes"),
        pytest.param("a.env", "A=${B}\n", {"env_file": "a.env"}, "`A`", id="interpolation"),
        pytest.param(["a.env", "b.env"], "A=1\n", {"env_file": "a.env"}, "`env_file: b.env`", id="two files"),
        pytest.param("a.env", "A\n", {}, "", id="a variable of the caller's"),
        pytest.param("a.env", "export A=1\n", {}, "", id="a shell's export"),
        pytest.param("b.env", "A=1\n", {}, "", id="no such file"),
    ],
)
def test_env_file(value: Any, text: str, keys: dict[str, Any], words: str) -> None:
    files = {"a.env": text}
    document = {"services": {"etl": {"image": IMAGE, "env_file": value}}}
    result = read(source_of(json.dumps(document), files))

    (job,) = result.jobs
    assert job.keys == {"image": IMAGE, **keys}
    assert words in "\n".join(job.notes)
    assert bool(job.suggestions) == (not keys)
    assert [each.rule for each in compiled(result, files).diagnostics] == []


def test_values_of_env_files_are_not_shown() -> None:
    files = {"a.env": "TOKEN='hunter2'\n"}
    document = {"services": {"etl": {"image": IMAGE, "env_file": "a.env"}}}

    assert "hunter2" not in repr(read(source_of(json.dumps(document), files)))


@pytest.mark.parametrize(
    "extends",
    [
        pytest.param("base", id="a name"),
        pytest.param({"service": "base"}, id="a mapping"),
        pytest.param({"service": "base", "file": "common.yml"}, id="another file"),
    ],
)
def test_extends(extends: Any) -> None:
    base = {"image": IMAGE, "environment": ["A=1", "B=2"], "command": ["x", "y"]}
    files = {"common.yml": json.dumps({"services": {"base": base}})}
    services = {"base": base, "etl": {"extends": extends, "environment": {"B": "3"}, "command": ["z"]}}
    result = read(source_of(json.dumps({"services": services}), files))

    assert result.jobs[-1].keys == {"image": IMAGE, "env": {"A": "1", "B": "3"}, "command": ["z"]}
    assert result.notes == ()


@pytest.mark.parametrize(
    "extends",
    [
        pytest.param("gone", id="no such service"),
        pytest.param({"service": "base", "file": "gone.yml"}, id="no such file"),
        pytest.param({"service": "base", "file": "broken.yml"}, id="no Compose file"),
        pytest.param("etl", id="itself"),
        pytest.param(5, id="a number"),
        pytest.param("${BASE}", id="a placeholder"),
    ],
)
def test_extends_nothing(extends: Any) -> None:
    document = {"services": {"etl": {"image": IMAGE, "extends": extends}}}
    result = read(source_of(json.dumps(document), {"broken.yml": "{"}))

    assert result.jobs[0].keys == {"image": IMAGE}
    assert "`etl`" in result.notes[0]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        pytest.param({"services": {"web": {"build": "."}}}, "`web` has a `build`", id="builds only"),
        pytest.param({"services": {"web": {"image": "a:${TAG}"}}}, "${TAG}", id="a placeholder for the tag"),
        pytest.param({"services": {"web": {}}}, "has no `image`", id="no image"),
        pytest.param(
            {"services": {"web": {"image": "a b"}}}, "not the name of one", id="no name of an image"
        ),
        pytest.param({"services": {}}, "no `services`", id="no services"),
        pytest.param(
            {"include": ["a.yaml"]}, "its services are in the files that `include` names", id="included"
        ),
        pytest.param({"services": {"web": "x"}}, "is a mapping", id="a service that is a text"),
        pytest.param([], "no `services`", id="a list"),
        pytest.param(
            {
                "services": {
                    "a": {"image": "x", "depends_on": ["b"]},
                    "b": {"image": "x", "depends_on": ["a"]},
                }
            },
            "wait for each other",
            id="a circle",
        ),
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
    "image": IMAGE,
    "command": ["a"],
    "entrypoint": ["b"],
    "environment": {"A": "1"},
    "env_file": ["a.env"],
    "depends_on": {"db": {"condition": "service_started"}},
    "labels": {"team": "data"},
    "platform": "linux/arm64",
    "stop_grace_period": "5s",
    "healthcheck": {"test": ["CMD", "a"], "interval": "5s", "retries": 3, "start_interval": "1s"},
    "logging": {"driver": "awslogs", "options": {"awslogs-group": "a"}},
    "ulimits": {"nofile": {"soft": 1, "hard": 2}},
    "deploy": {
        "replicas": 2,
        "resources": {
            "limits": {"cpus": "1", "memory": "2G"},
            "reservations": {"devices": [{"capabilities": ["gpu"], "count": 1}]},
        },
        "restart_policy": {"condition": "on-failure", "max_attempts": 2},
    },
    "cpus": 1,
    "mem_limit": "1g",
    "scale": 2,
    "restart": "always",
    "gpus": [{"count": 1}],
    "cap_add": ["SYS_PTRACE"],
    "cap_drop": ["ALL"],
    "init": True,
    "user": "a",
    "working_dir": "/",
    "tty": True,
    "extends": {"service": "db", "file": "a.yml"},
    "ports": ["80"],
    "profiles": ["a"],
    "volumes": ["a:/b"],
    "build": {"context": "."},
}


WRONG: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1.5,
    float("nan"),
    "",
    "\0",
    "$",
    "${",
    "${A}",
    "x" * 300,
    [],
    {},
    [None],
    [{}],
    {"": {}},
    [[["a"]]],
)


def spoiled(holder: tuple[Any, ...], place: Any, wrong: Any) -> dict[str, Any]:
    """Return `EVERYTHING` with another value at a place."""
    service = copy.deepcopy(EVERYTHING)
    inner: Any = service
    for key in holder:
        inner = inner[key]
    inner[place] = wrong
    return service


@pytest.mark.parametrize(("holder", "place"), spoiled_places(EVERYTHING))
def test_wrong_types_become_notes(holder: tuple[Any, ...], place: Any) -> None:
    services = {f"etl{number}": spoiled(holder, place, wrong) for number, wrong in enumerate(WRONG)}
    files = {"a.env": "A=1\n"}
    source = source_of("{}", files)
    document = {"services": {**services, "db": {"image": "postgres:16"}}}
    result = read(Source(source.name, source.text, document, source.read))

    assert [each for each in compiled(result, files).diagnostics if each.severity == "error"] == []


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(service=st.dictionaries(st.sampled_from([*EVERYTHING, "x-y"]), ANY, max_size=6), top=ANY)
def test_any_service_never_raises(service: dict[str, Any], top: Any) -> None:
    source = source_of("{}")
    document = {"services": {"etl": {**service, "image": IMAGE}, "other": top}, "volumes": top}
    try:
        result = read(Source(source.name, source.text, document, source.read))
    except ConversionError:
        return
    assert result.jobs[0].name == "etl"


@pytest.mark.parametrize(
    "text", [pytest.param("${" * 500_000, id="open"), pytest.param("${A:-" * 200_000 + "}", id="nested")]
)
def test_texts_of_references_alone_are_left_out(text: str) -> None:
    result = found({"command": text, "environment": {"A": text}})

    assert result.jobs[0].keys == {"image": IMAGE}
    assert "`command`, `environment.A`: left out" in notes_of(result)[0]


def test_deep_values_never_raise() -> None:
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    source = source_of("{}")
    document = {
        "services": {"etl": {"image": IMAGE, "command": deep, "deploy": deep, "networks": deep}},
        "x-y": deep,
    }

    assert read(Source(source.name, source.text, document, source.read)).jobs[0].keys["image"] == IMAGE
