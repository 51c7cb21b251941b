"""The RegisterTaskDefinition request of a job: each key of a manifest, over each thing it can lie over."""

from typing import Any

import pytest
from compiled_jobs import ROLE, TASK_ROLE, but, compiled, job_of, said

JOB = {"name": "etl", "image": "alpine:3"}
OWN = {"name": "main", "image": "alpine:3"}
FARGATE = {
    "family": "etl",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "1024",
    "memory": "2048",
    "containerDefinitions": [OWN],
}
"""What the smallest job registers."""

SIDECAR = {"name": "proxy", "image": "envoy:1", "memory": 64}
OPTIONAL = {"name": "proxy", "image": "envoy:1", "essential": False}
ROUTER = {"name": "log_router", "image": "fluent-bit:1", "firelensConfiguration": {"type": "fluentbit"}}


def own(**changes: object) -> dict[str, object]:
    """Return the job's container of FARGATE with these members; None takes one out."""
    return but(OWN, **changes)


def fargate(*containers: dict[str, object], **changes: object) -> dict[str, object]:
    """Return FARGATE with these members, and these containers if there are any."""
    return but(FARGATE, **({"containerDefinitions": list(containers)} if containers else {}), **changes)


def elsewhere(*containers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return what a job registers that is not meant for Fargate."""
    bare = {"networkMode": None, "requiresCompatibilities": None, "cpu": None, "memory": None}
    return fargate(*containers, **{**bare, **changes})


def request_of(keys: dict[str, Any]) -> Any:
    return job_of(but(JOB, **keys))["task_definition"]["request"]


def defined(*containers: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return a manifest's `task_definition` with these containers."""
    return {
        "task_definition": {**members, **({"containerDefinitions": list(containers)} if containers else {})}
    }


LOGS = {
    "awslogs-create-group": "true",
    "awslogs-group": "ecsplan",
    "awslogs-region": "eu-west-1",
    "awslogs-stream-prefix": "etl",
}


def awslogs(options: dict[str, str], **more: object) -> dict[str, object]:
    return {"logDriver": "awslogs", "options": options, **more}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param({}, FARGATE, id="the smallest job"),
        pytest.param({"task_definition": {}}, FARGATE, id="an empty definition"),
        pytest.param(defined(), FARGATE, id="no containers"),
        pytest.param({"task_definition": {"containerDefinitions": []}}, FARGATE, id="an empty list of them"),
        pytest.param(
            {"command": ["a"], "env": {"A": "1"}, "labels": {"a": "b"}, "task_role_arn": TASK_ROLE},
            FARGATE,
            id="what belongs to the run stays out",
        ),
        pytest.param(
            {"cluster": "c", "count": 3, "group": "g", "vpc_id": "vpc-1", "platform_version": "1.4.0"},
            FARGATE,
            id="run options stay out",
        ),
        pytest.param({"execution_role_arn": ROLE}, fargate(executionRoleArn=ROLE), id="execution role"),
        pytest.param(
            {"execution_role_arn": ROLE, **defined(executionRoleArn=TASK_ROLE)},
            fargate(executionRoleArn=ROLE),
            id="execution role over the definition's",
        ),
        pytest.param(
            defined(executionRoleArn=ROLE, taskRoleArn=TASK_ROLE),
            fargate(executionRoleArn=ROLE, taskRoleArn=TASK_ROLE),
            id="the definition's roles stay",
        ),
        pytest.param(
            {"task_role_arn": ROLE, **defined(taskRoleArn=TASK_ROLE)},
            fargate(taskRoleArn=TASK_ROLE),
            id="a task role is for the run only",
        ),
        pytest.param(
            {"ephemeral_storage_gib": 50}, fargate(ephemeralStorage={"sizeInGiB": 50}), id="ephemeral storage"
        ),
        pytest.param(
            {"ephemeral_storage_gib": 50, **defined(ephemeralStorage={"sizeInGiB": 30})},
            fargate(ephemeralStorage={"sizeInGiB": 50}),
            id="ephemeral storage over the definition's",
        ),
        pytest.param(
            {"runtime_platform": {"cpuArchitecture": "ARM64"}},
            fargate(runtimePlatform={"cpuArchitecture": "ARM64"}),
            id="platform",
        ),
        pytest.param(
            {
                "runtime_platform": {"cpuArchitecture": "ARM64"},
                **defined(runtimePlatform={"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"}),
            },
            fargate(runtimePlatform={"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}),
            id="platform over the definition's",
        ),
        pytest.param(
            defined(tags=[{"key": "b", "value": "2"}, {"key": "a", "value": "1"}]),
            fargate(tags=[{"key": "b", "value": "2"}, {"key": "a", "value": "1"}]),
            id="tags of the definition in the order in which they are written",
        ),
        pytest.param(
            defined(pidMode="task", volumes=[{"name": "v"}]),
            fargate(pidMode="task", volumes=[{"name": "v"}]),
            id="members that no key knows",
        ),
    ],
)
def test_members(keys: dict[str, object], expected: dict[str, object]) -> None:
    assert request_of(keys) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param({"container_name": "job"}, [own(name="job")], id="a name as given"),
        pytest.param(defined({"name": "job"}), [own(name="job")], id="the only one"),
        pytest.param(
            defined({"name": "job"}, OPTIONAL), [own(name="job"), OPTIONAL], id="the essential one, first"
        ),
        pytest.param(
            defined(OPTIONAL, {"name": "job"}), [OPTIONAL, own(name="job")], id="the essential one, last"
        ),
        pytest.param(
            defined(OPTIONAL, {"name": "job", "essential": True}, {**OPTIONAL, "name": "b"}),
            [OPTIONAL, own(name="job", essential=True), {**OPTIONAL, "name": "b"}],
            id="the essential one, in the middle",
        ),
        pytest.param(
            defined(ROUTER, {"name": "job"}),
            [ROUTER, own(name="job")],
            id="beside a log router that is first",
        ),
        pytest.param(
            defined({"name": "job"}, ROUTER, OPTIONAL),
            [own(name="job"), ROUTER, OPTIONAL],
            id="beside a log router and a sidecar",
        ),
        pytest.param(defined(ROUTER), [ROUTER, OWN], id="a log router alone: main is added"),
        pytest.param(
            defined(ROUTER, {"name": "job", "essential": False}),
            [ROUTER, own(name="job", essential=False)],
            id="not essential, and the only one that is not a log router",
        ),
        pytest.param(
            {"container_name": "log_router", **defined(ROUTER)},
            [but(ROUTER, image="alpine:3")],
            id="a log router, as given",
        ),
        pytest.param(
            {"container_name": "job", **defined(SIDECAR, {"name": "job"})},
            [SIDECAR, own(name="job")],
            id="the second, as given",
        ),
        pytest.param(
            {"container_name": "job", **defined(SIDECAR)}, [SIDECAR, own(name="job")], id="one is added"
        ),
        pytest.param(
            {"container_name": "Proxy", **defined(SIDECAR)},
            [SIDECAR, own(name="Proxy")],
            id="case tells names apart",
        ),
        pytest.param(
            defined({"name": "main", "image": "other:1", "essential": True}),
            [own(essential=True)],
            id="image over the definition's",
        ),
        pytest.param(
            {"image": None, **defined({"name": "main", "image": "other:1"})},
            [own(image="other:1")],
            id="the definition's image",
        ),
        pytest.param(
            {"image": None, "container_name": "job", **defined(SIDECAR, {"name": "job", "image": "b"})},
            [SIDECAR, {"name": "job", "image": "b"}],
            id="the definition's image of the container that is meant",
        ),
        pytest.param(
            defined(
                {
                    "name": "main",
                    "command": ["b", "a"],
                    "environment": [{"name": "Z", "value": "1"}, {"name": "A", "value": "2"}],
                }
            ),
            [own(command=["b", "a"], environment=[{"name": "Z", "value": "1"}, {"name": "A", "value": "2"}])],
            id="lists keep their order",
        ),
    ],
)
def test_the_container_of_the_job(keys: dict[str, object], expected: list[dict[str, object]]) -> None:
    assert request_of(keys)["containerDefinitions"] == expected


AMBIGUOUS = "job-container-ambiguous"
LISTED = "/task_definition/containerDefinitions"


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        pytest.param(defined({"name": "a"}, {"name": "b"}), "a, b", id="two that are essential by default"),
        pytest.param(
            defined({"name": "b", "essential": True}, {"name": "a"}), "b, a", id="one that says so, one not"
        ),
        pytest.param(
            defined(ROUTER, {"name": "a"}, OPTIONAL, {"name": "b"}),
            "a, b",
            id="beside a router and a sidecar",
        ),
        pytest.param(
            defined({"name": "a", "essential": False}, {"name": "b", "essential": False}, {**ROUTER}),
            "a, b",
            id="none essential but the log router",
        ),
    ],
)
def test_several_candidates_are_an_error_that_lists_them(keys: dict[str, object], names: str) -> None:
    result = compiled({**JOB, **keys})

    (found,) = (each for each in result.diagnostics if each.rule == AMBIGUOUS)
    assert found.location.pointer == LISTED
    assert found.message.endswith(f": {names}")
    assert "container_name" in found.help
    assert result.plan is None


@pytest.mark.parametrize(
    ("patch", "container"),
    [
        pytest.param([{"op": "remove", "path": "/containerDefinitions/0"}], "b", id="removes the other"),
        pytest.param(
            [{"op": "add", "path": "/containerDefinitions/0/essential", "value": False}],
            "b",
            id="makes the other optional",
        ),
        pytest.param(
            [
                {
                    "op": "add",
                    "path": "/containerDefinitions/1/firelensConfiguration",
                    "value": ROUTER["firelensConfiguration"],
                }
            ],
            "a",
            id="makes a log router of the other",
        ),
    ],
)
def test_a_patch_may_leave_one_candidate(patch: list[dict[str, object]], container: str) -> None:
    keys = defined({"name": "a", "image": "x"}, {"name": "b", "image": "y"})
    job = job_of({**JOB, **keys, "task_definition_customizations": patch})

    assert job["watch"]["container"] == container
    assert [each["name"] for each in job["run_request"]["overrides"]["containerOverrides"]] == [container]
    images = {
        each["name"]: each["image"] for each in job["task_definition"]["request"]["containerDefinitions"]
    }
    assert images[container] == "alpine:3"


def test_a_container_that_a_patch_adds_is_not_the_jobs() -> None:
    value = {"name": "proxy", "image": "envoy:1"}
    patch = [{"op": "add", "path": "/containerDefinitions/0", "value": value}]
    job = job_of({**JOB, **defined({"name": "job"}), "task_definition_customizations": patch})

    assert job["watch"]["container"] == "job"


def test_what_was_refused_leaves_the_candidates_open() -> None:
    result = compiled({**JOB, **defined({"name": "a", "image": "x"}, {"name": "b", "essential": "no"})})

    assert [each[1:] for each in said(result)] == [("wrong-type", f"{LISTED}/1/essential")]


ENVIRONMENT = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "A", "value": "3"}]
SECRETS = [{"name": "S", "valueFrom": "s"}, {"name": "T", "valueFrom": "t"}]


@pytest.mark.parametrize(
    ("env", "container", "expected"),
    [
        pytest.param({"A": None}, {}, {}, id="nothing to unset"),
        pytest.param(
            {"X": None}, {"environment": ENVIRONMENT[:2]}, {"environment": ENVIRONMENT[:2]}, id="another one"
        ),
        pytest.param(
            {"A": None},
            {"environment": ENVIRONMENT},
            {"environment": [ENVIRONMENT[1]]},
            id="all of that name",
        ),
        pytest.param(
            {"a": None}, {"environment": ENVIRONMENT[:2]}, {"environment": ENVIRONMENT[:2]}, id="case"
        ),
        pytest.param({"A": None}, {"environment": ENVIRONMENT[:1]}, {"environment": []}, id="the last one"),
        pytest.param(
            {"A": "9"}, {"environment": ENVIRONMENT[:2]}, {"environment": ENVIRONMENT[:2]}, id="a value"
        ),
        pytest.param({"S": None}, {"secrets": SECRETS}, {"secrets": [SECRETS[1]]}, id="one that is a secret"),
    ],
)
def test_null_unsets_a_variable(
    env: dict[str, object], container: dict[str, object], expected: dict[str, object]
) -> None:
    keys = {"env": env, **defined({"name": "main", **container}, executionRoleArn=ROLE)}

    assert request_of(keys)["containerDefinitions"] == [{**OWN, **expected}]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param({"secrets": {"B": "b", "A": "a"}}, [("A", "a"), ("B", "b")], id="by name"),
        pytest.param({"secrets": {}}, None, id="none"),
        pytest.param(
            {"secrets": {"S": "new"}, **defined({"name": "main", "secrets": SECRETS})},
            [("S", "new"), ("T", "t")],
            id="over one of the definition, in its place",
        ),
        pytest.param(
            {"secrets": {"A": "a"}, **defined({"name": "main", "secrets": SECRETS})},
            [("S", "s"), ("T", "t"), ("A", "a")],
            id="after those of the definition",
        ),
        pytest.param(
            {
                "secrets": {"S": "new"},
                "env": {"S": None},
                **defined({"name": "main", "environment": [{"name": "S", "value": "plain"}]}),
            },
            [("S", "new")],
            id="in place of a plain variable",
        ),
        pytest.param({"secrets": {"a/b~c d": "a"}}, [("a/b~c d", "a")], id="an odd name"),
    ],
)
def test_secrets(keys: dict[str, object], expected: list[tuple[str, str]] | None) -> None:
    (container,) = request_of({"execution_role_arn": ROLE, **keys})["containerDefinitions"]

    found = container.get("secrets")
    assert (found and [(each["name"], each["valueFrom"]) for each in found]) == expected
    assert not container.get("environment")


@pytest.mark.parametrize(
    ("keys", "family"),
    [
        pytest.param({}, "etl", id="the job's name"),
        pytest.param({"name": "my job: été"}, "my-job-ete", id="the job's name, slugged"),
        pytest.param({"flow_name": "Sales"}, "ecsplan__Sales", id="flow"),
        pytest.param(
            {"flow_name": "a", "deployment_name": "b c"}, "ecsplan__a__b-c", id="flow and deployment"
        ),
        pytest.param({"deployment_name": "b"}, "ecsplan__unknown-flow__b", id="deployment"),
        pytest.param({"flow_name": "a", **defined(family="td")}, "td", id="definition before flow"),
        pytest.param({"family": "F", "flow_name": "a", **defined(family="td")}, "F", id="family first"),
        pytest.param({"family": "a.b"}, "a-b", id="slugged"),
        pytest.param({"family": "-a--b_"}, "-a--b_", id="accepted as it is"),
        pytest.param({"family": "x" * 256}, "x" * 255, id="cut"),
    ],
)
def test_family(keys: dict[str, object], family: str) -> None:
    job = job_of(but(JOB, **keys))

    assert job["task_definition"]["family"] == family
    assert job["task_definition"]["request"]["family"] == family


SPOT = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
INSTANCES = [{"capacityProvider": "my-instances", "weight": 1}]


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({}, id="by default"),
        pytest.param({"launch_type": "FARGATE"}, id="FARGATE"),
        pytest.param({"launch_type": "FARGATE_SPOT"}, id="FARGATE_SPOT"),
        pytest.param({"capacity_provider_strategy": SPOT}, id="a strategy that names Fargate Spot"),
        pytest.param(
            {"capacity_provider_strategy": [{"capacityProvider": "FARGATE", "weight": 1}]},
            id="a strategy that names Fargate",
        ),
        pytest.param(
            {"launch_type": None, "capacity_provider_strategy": SPOT}, id="null with such a strategy"
        ),
    ],
)
@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({}, FARGATE, id="defaults"),
        pytest.param({"cpu": 256, "memory": 512}, fargate(cpu="256", memory="512"), id="keys"),
        pytest.param(
            {"cpu": "0.25 vCPU", "memory": "1 GB"}, fargate(cpu="256", memory="1024"), id="keys with units"
        ),
        pytest.param(defined(cpu="512", memory="1024"), fargate(cpu="512", memory="1024"), id="definition"),
        pytest.param(
            defined(cpu="1 vCPU", memory="2GB"),
            fargate(cpu="1 vCPU", memory="2GB"),
            id="as it is written there",
        ),
        pytest.param(
            {"cpu": 2048, "memory": "4 gb", **defined(cpu="512", memory="1024")},
            fargate(cpu="2048", memory="4096"),
            id="keys over the definition",
        ),
        pytest.param(
            {"memory": "1024", **defined(cpu="512")}, fargate(cpu="512", memory="1024"), id="one of each"
        ),
        pytest.param(
            defined(requiresCompatibilities=["EC2"]),
            fargate(requiresCompatibilities=["EC2", "FARGATE"]),
            id="compatibility is added",
        ),
        pytest.param(
            defined(requiresCompatibilities=["FARGATE", "EC2"]),
            fargate(requiresCompatibilities=["FARGATE", "EC2"]),
            id="compatibility is there",
        ),
        pytest.param(defined(networkMode="awsvpc"), FARGATE, id="network mode is there"),
        pytest.param(
            defined({"name": "main", "cpu": 128, "memory": 256}),
            fargate(own(cpu=128, memory=256)),
            id="containers keep their sizes",
        ),
    ],
)
def test_fargate(keys: dict[str, object], more: dict[str, object], expected: dict[str, object]) -> None:
    result = compiled({**JOB, **keys, **more})

    assert result.diagnostics == ()
    assert job_of({**JOB, **keys, **more})["task_definition"]["request"] == expected


@pytest.mark.parametrize("mode", ["bridge", "host", "none"])
def test_fargate_in_another_network_mode_is_an_error_that_names_both_ways_out(mode: str) -> None:
    result = compiled({**JOB, **defined(networkMode=mode)})

    (found,) = result.diagnostics
    assert said(result) == [("error", "fargate-network-mode", "/task_definition/networkMode")]
    assert "awsvpc" in found.help
    assert "launch_type" in found.help


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({"launch_type": "EC2"}, id="EC2"),
        pytest.param({"launch_type": "EXTERNAL"}, id="EXTERNAL"),
        pytest.param({"launch_type": None}, id="null"),
        pytest.param({"capacity_provider_strategy": INSTANCES}, id="a strategy without Fargate"),
    ],
)
@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({}, elsewhere(own(cpu=1024, memory=2048)), id="defaults"),
        pytest.param({"cpu": 192, "memory": 32}, elsewhere(own(cpu=192, memory=32)), id="keys"),
        pytest.param(
            defined(cpu="0.5 vCPU", memory="1 GB"),
            elsewhere(cpu="0.5 vCPU", memory="1 GB"),
            id="the task's memory is enough",
        ),
        pytest.param(defined(memory="1024"), elsewhere(memory="1024"), id="the task's memory alone"),
        pytest.param(
            defined(cpu="512"),
            elsewhere(own(cpu=512, memory=2048), cpu="512"),
            id="the task's CPU alone leaves memory open",
        ),
        pytest.param(
            defined(OWN, {**OPTIONAL, "memory": 256}, memory="1024", networkMode="bridge"),
            elsewhere(OWN, {**OPTIONAL, "memory": 256}, memory="1024", networkMode="bridge"),
            id="the task's memory, and a sidecar's",
        ),
        pytest.param(
            defined(OWN, {**OPTIONAL, "memoryReservation": 64}, memory="1024"),
            elsewhere(OWN, {**OPTIONAL, "memoryReservation": 64}, memory="1024"),
            id="the task's memory, and a sidecar's reservation",
        ),
        pytest.param(
            defined(OWN, OPTIONAL, cpu="512", memory="1024"),
            elsewhere(OWN, OPTIONAL, cpu="512", memory="1024"),
            id="the task's size for several containers",
        ),
        pytest.param(
            {"task_definition_customizations": [{"op": "add", "path": "/memory", "value": "1024"}]},
            elsewhere(memory="1024"),
            id="a patch gives the task memory",
        ),
        pytest.param(
            {
                "task_definition_customizations": [
                    {"op": "add", "path": "/containerDefinitions/0/memoryReservation", "value": 64}
                ]
            },
            elsewhere(own(memoryReservation=64)),
            id="a patch gives the container a reservation",
        ),
        pytest.param(
            {
                "task_definition_customizations": [
                    {"op": "replace", "path": "/containerDefinitions/0/memory", "value": 64}
                ]
            },
            elsewhere(own(cpu=1024, memory=64)),
            id="a patch changes the memory that the container got",
        ),
        pytest.param(
            {"cpu": 192, **defined(cpu="512", memory="1024")},
            elsewhere(cpu="512", memory="1024"),
            id="a key beside the task's size is an override alone",
        ),
        pytest.param(
            {"cpu": 192, "memory": 32, **defined({"name": "main", "memory": 16})},
            elsewhere(own(memory=16)),
            id="a container with memory stays as it is",
        ),
        pytest.param(
            {"cpu": 192, "memory": 32, **defined({"name": "main", "memoryReservation": 16})},
            elsewhere(own(memoryReservation=16)),
            id="so does one with a reservation",
        ),
        pytest.param(
            defined({"name": "main", "cpu": 0}),
            elsewhere(own(cpu=0, memory=2048)),
            id="no default over cpu 0",
        ),
        pytest.param(
            {"cpu": 192, **defined({"name": "main", "cpu": 128})},
            elsewhere(own(cpu=192, memory=2048)),
            id="a key over the container's cpu",
        ),
        pytest.param(
            defined({"name": "main"}, {**SIDECAR, "essential": False}),
            elsewhere(own(cpu=1024, memory=2048), {**SIDECAR, "essential": False}),
            id="sidecars are left alone",
        ),
        pytest.param(
            defined(requiresCompatibilities=["EC2", "EXTERNAL"], networkMode="bridge"),
            elsewhere(
                own(cpu=1024, memory=2048), requiresCompatibilities=["EC2", "EXTERNAL"], networkMode="bridge"
            ),
            id="nothing else is set",
        ),
    ],
)
def test_not_on_fargate(keys: dict[str, Any], more: dict[str, Any], expected: dict[str, Any]) -> None:
    assert job_of({**JOB, **keys, **more})["task_definition"]["request"] == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param({}, None, id="not asked for"),
        pytest.param({"stream_output": False}, None, id="nothing to stream"),
        pytest.param({"stream_output": True}, awslogs(LOGS), id="streaming needs it"),
        pytest.param({"configure_cloudwatch_logs": True}, awslogs(LOGS), id="asked for"),
        pytest.param(
            {"configure_cloudwatch_logs": True, "stream_output": False}, awslogs(LOGS), id="without streaming"
        ),
        pytest.param(
            {"configure_cloudwatch_logs": True, "aws": {"region": "us-east-1"}},
            awslogs({**LOGS, "awslogs-region": "us-east-1"}),
            id="the job's region",
        ),
        pytest.param(
            {"configure_cloudwatch_logs": True, "name": "a:b*c"},
            awslogs({**LOGS, "awslogs-stream-prefix": "a-b-c"}),
            id="a name that no stream can have",
        ),
        pytest.param(
            {
                "configure_cloudwatch_logs": True,
                "cloudwatch_logs_options": {"awslogs-group": "/g", "mode": "non-blocking"},
            },
            awslogs({**LOGS, "awslogs-group": "/g", "mode": "non-blocking"}),
            id="options over the defaults",
        ),
        pytest.param(
            {
                "stream_output": True,
                "cloudwatch_logs_options": {"awslogs-group": "mine"},
                **defined(
                    {
                        "name": "main",
                        "logConfiguration": awslogs(
                            {
                                "awslogs-group": "theirs",
                                "awslogs-region": "us-west-2",
                                "max-buffer-size": "1m",
                            },
                            secretOptions=[],
                        ),
                    }
                ),
            },
            awslogs(
                {**LOGS, "awslogs-group": "mine", "awslogs-region": "us-west-2", "max-buffer-size": "1m"},
                secretOptions=[],
            ),
            id="options over what is there, defaults for what is missing",
        ),
        pytest.param(
            {
                "configure_cloudwatch_logs": True,
                **defined({"name": "main", "logConfiguration": awslogs({**LOGS, "awslogs-group": "g"})}),
            },
            awslogs({**LOGS, "awslogs-group": "g"}),
            id="nothing is missing",
        ),
    ],
)
def test_logging(keys: dict[str, object], expected: dict[str, object] | None) -> None:
    job = job_of({**JOB, "execution_role_arn": ROLE, **keys})

    assert job["task_definition"]["request"]["containerDefinitions"] == [but(OWN, logConfiguration=expected)]


def test_only_the_container_of_the_job_gets_logging() -> None:
    keys = {"stream_output": True, "container_name": "main", "execution_role_arn": ROLE, **defined(SIDECAR)}

    assert request_of(keys)["containerDefinitions"] == [SIDECAR, own(logConfiguration=awslogs(LOGS))]


def test_another_driver_is_an_error_and_stays() -> None:
    splunk = {"logDriver": "splunk", "options": {"splunk-url": "https://splunk"}}
    keys = {"configure_cloudwatch_logs": True, "execution_role_arn": ROLE}

    result = compiled({**JOB, **keys, **defined({"name": "main", "logConfiguration": splunk})})

    assert ("error", "log-driver-conflict") in [each[:2] for each in said(result)]


def test_members_that_only_describe_returns_are_taken_out_with_a_warning() -> None:
    pasted = {
        "taskDefinitionArn": "arn:aws:ecs:eu-west-1:111122223333:task-definition/etl:7",
        "revision": 7,
        "status": "ACTIVE",
        "requiresAttributes": [{"name": "com.amazonaws.ecs.capability.docker-remote-api.1.18"}],
        "compatibilities": ["EC2", "FARGATE"],
        "registeredAt": "2026-01-01T00:00:00Z",
        "registeredBy": "arn:aws:iam::111122223333:root",
        "deregisteredAt": "2026-01-02T00:00:00Z",
        "deleteRequestedAt": "2026-01-03T00:00:00Z",
    }

    result = compiled({**JOB, "task_definition": pasted})

    assert request_of({"task_definition": pasted}) == FARGATE
    assert said(result) == [("warning", "output-only-member", "/task_definition/taskDefinitionArn")]
    *names, last = pasted
    message = f"ECS returns {', '.join(names)} and {last} but does not accept them: ignored"
    assert result.diagnostics[0].message == message
