"""A law: what compiles without an error passes botocore's own validation, both requests of it."""

import json
import unicodedata
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from rule_rows import EC2, FARGATE, ROLE

from ecsplan.compile import compile_manifest
from ecsplan.plan.plan import write_plan

MODEL = botocore.session.get_session().get_service_model("ecs")

# Every value below is drawn from a short list. Among the numbers and texts that Hypothesis makes up are
# constants of the modules that happen to be loaded: they depend on which tests run in the same process.


def letters(first: int) -> st.SearchStrategy[str]:
    """Return the characters of one block of 64, without control characters."""
    block = [chr(point) for point in range(first, first + 64)]
    return st.sampled_from([each for each in block if unicodedata.category(each) != "Cc"])


BLOCKS = [0x20, 0x40, 0x60, 0xA0, 0x300, 0x3C0, 0x600, 0x2000, 0x3000, 0x4E00, 0xE000, 0xFEC0, 0x1F600]
"""Blocks of ASCII, accents, Greek, Arabic, invisible characters, Chinese, private use, pictures."""

TEXT = st.lists(st.sampled_from(BLOCKS).flatmap(letters), min_size=1, max_size=12).map("".join)
FRACTION = st.sampled_from([0.5, -0.0, 1.1, 0.1 + 0.2, 1e16, 1e22, 1e-7, 5e-324, 1.7976931348623157e308])
NAME = st.sampled_from(["main", "cache", "proxy", "etl"])
NUMBER = st.sampled_from([0, 1, 2, 64, 128, 256, 512, 1024, 2048, 4096, 100000])
FLAG = st.booleans()
ANYTHING = st.recursive(
    st.none() | FLAG | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
"""Values of any type, for any key."""


def some(**members: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    """Return mappings with some of these members."""
    return st.fixed_dictionaries({}, optional=members)


def items(item: st.SearchStrategy[object], most: int = 2) -> st.SearchStrategy[list[object]]:
    """Return short lists."""
    return st.lists(item, max_size=most)


PAIRS = items(st.fixed_dictionaries({"name": TEXT}, optional={"value": TEXT}))
SECRETS = items(st.fixed_dictionaries({"name": TEXT, "valueFrom": st.just("/a/secret")}))
OPTIONS = st.dictionaries(
    st.sampled_from(["awslogs-group", "awslogs-region", "awslogs-stream-prefix", "mode", "x"]),
    TEXT,
    max_size=4,
)
LOGGING = st.fixed_dictionaries(
    {"logDriver": st.sampled_from(["awslogs", "splunk", "awsfirelens", "syslog"])},
    optional={"options": OPTIONS, "secretOptions": SECRETS},
)
CONTAINER = some(
    name=NAME,
    image=st.just("public.ecr.aws/docker/library/alpine:3"),
    cpu=NUMBER,
    memory=NUMBER,
    memoryReservation=NUMBER,
    essential=FLAG,
    environment=PAIRS,
    secrets=SECRETS,
    command=items(TEXT),
    entryPoint=items(TEXT),
    workingDirectory=TEXT,
    readonlyRootFilesystem=FLAG,
    privileged=FLAG,
    user=TEXT,
    links=items(NAME),
    dockerLabels=st.dictionaries(TEXT, TEXT, max_size=2),
    stopTimeout=NUMBER,
    portMappings=items(
        some(
            containerPort=NUMBER,
            hostPort=NUMBER,
            protocol=st.just("udp"),
            containerPortRange=st.just("80-90"),
        )
    ),
    mountPoints=items(some(sourceVolume=NAME, containerPath=TEXT, readOnly=FLAG)),
    dependsOn=items(
        st.fixed_dictionaries(
            {"containerName": NAME, "condition": st.sampled_from(["START", "COMPLETE", "HEALTHY"])}
        )
    ),
    healthCheck=st.fixed_dictionaries(
        {"command": st.just(["CMD", "true"])}, optional={"interval": NUMBER, "retries": NUMBER}
    ),
    logConfiguration=LOGGING,
    linuxParameters=some(
        initProcessEnabled=FLAG,
        maxSwap=NUMBER,
        swappiness=NUMBER,
        capabilities=some(add=st.just(["SYS_PTRACE"]), drop=st.just(["ALL"])),
    ),
    ulimits=items(
        st.fixed_dictionaries({"name": st.just("nofile"), "softLimit": NUMBER, "hardLimit": NUMBER})
    ),
    resourceRequirements=items(some(type=st.just("GPU"), value=st.just("1"))),
    firelensConfiguration=st.just({"type": "fluentbit"}),
    restartPolicy=st.just({"enabled": True, "restartAttemptPeriod": 60}),
)
VOLUME = some(
    name=NAME,
    host=some(sourcePath=TEXT),
    configuredAtLaunch=FLAG,
    efsVolumeConfiguration=st.fixed_dictionaries(
        {"fileSystemId": st.just("fs-1")},
        optional={"rootDirectory": TEXT, "transitEncryption": st.sampled_from(["ENABLED", "DISABLED"])},
    ),
)
DEFINITION = some(
    family=st.sampled_from(["etl", "a_b-C", "数据"]),
    networkMode=st.sampled_from(["awsvpc", "bridge", "host", "none"]),
    requiresCompatibilities=items(st.sampled_from(["FARGATE", "EC2"])),
    containerDefinitions=items(CONTAINER, 3),
    volumes=items(VOLUME),
    cpu=st.sampled_from(["256", "1 vCPU", "100"]),
    memory=st.sampled_from(["512", "2 GB", "100"]),
    executionRoleArn=st.just(ROLE),
    taskRoleArn=st.just(ROLE),
    pidMode=st.sampled_from(["task", "host"]),
    tags=items(some(key=TEXT, value=TEXT)),
    runtimePlatform=some(cpuArchitecture=st.just("ARM64"), operatingSystemFamily=st.just("LINUX")),
    revision=NUMBER,
    status=st.just("ACTIVE"),
)
OPERATION = st.sampled_from(
    [
        {"op": "add", "path": "/tags/-", "value": {"key": "a", "value": "b"}},
        {"op": "replace", "path": "/overrides/containerOverrides/0/environment", "value": []},
        {"op": "replace", "path": "/containerDefinitions/0/image", "value": "busybox"},
        {"op": "add", "path": "/containerDefinitions/0/user", "value": "nobody"},
        {"op": "add", "path": "/networkMode", "value": "awsvpc"},
        {"op": "add", "path": "/count", "value": "3"},
        {"op": "remove", "path": "/cpu"},
    ]
)
ENV = st.dictionaries(TEXT, TEXT | NUMBER | FRACTION | st.none(), max_size=3)
KEYS: dict[str, st.SearchStrategy[object]] = {
    "image": st.sampled_from(["alpine", "111122223333.dkr.ecr.eu-west-1.amazonaws.com/etl:1"]),
    "command": items(TEXT) | TEXT,
    "container_name": NAME,
    "env": ENV,
    "secrets": st.dictionaries(TEXT, st.just("/a/secret"), max_size=2),
    "labels": st.dictionaries(TEXT, TEXT, max_size=3),
    "cpu": st.sampled_from([256, "512", "1 vCPU", "0.25 vCPU", 300]),
    "memory": st.sampled_from([512, "1024", "2 GB", "0.5 GB", 700]),
    "launch_type": st.sampled_from(["FARGATE", "FARGATE_SPOT", "EC2", "EXTERNAL", None]),
    "capacity_provider_strategy": items(
        st.fixed_dictionaries(
            {"capacityProvider": st.sampled_from(["FARGATE", "mine"])},
            optional={"weight": NUMBER, "base": NUMBER},
        )
    ),
    "cluster": st.just("batch"),
    "vpc_id": st.just("vpc-1") | st.just({"tags": {"Name": "main"}}),
    "subnets": st.just(["subnet-1"]) | st.just({"tags": {"a<b": "c>d"}}),
    "security_groups": st.just(["sg-1", "web & co"]),
    "assign_public_ip": FLAG,
    "entry_point": items(TEXT),
    "gpus": st.sampled_from([1, "2", "ALL"]),
    "stop_timeout_seconds": NUMBER,
    "enable_ecs_managed_tags": FLAG,
    "network_configuration": some(
        subnets=items(st.just("subnet-1")), assignPublicIp=st.sampled_from(["ENABLED", "DISABLED"])
    ),
    "family": TEXT,
    "flow_name": TEXT,
    "deployment_name": TEXT,
    "task_definition": DEFINITION,
    "task_definition_arn": st.just("etl:3"),
    "execution_role_arn": st.just(ROLE),
    "task_role_arn": st.just(ROLE),
    "configure_cloudwatch_logs": FLAG,
    "cloudwatch_logs_options": OPTIONS,
    "stream_output": FLAG,
    "task_customizations": items(OPERATION),
    "task_definition_customizations": items(OPERATION),
    "count": NUMBER,
    "platform_version": st.just("LATEST"),
    "enable_execute_command": FLAG,
    "propagate_tags": st.sampled_from(["TASK_DEFINITION", "NONE"]),
    "group": TEXT,
    "placement_constraints": items(some(type=st.just("memberOf"), expression=TEXT)),
    "placement_strategy": items(some(type=st.just("binpack"), field=st.sampled_from(["cpu", "disk"]))),
    "volume_configurations": items(
        st.fixed_dictionaries({"name": NAME, "managedEBSVolume": st.just({"roleArn": ROLE, "sizeInGiB": 9})})
    ),
    "volumes": some(**{"/a/": st.just("efs:fs-1:/"), "/b": st.just({"ebs_gib": 9, "role_arn": ROLE})}),
    "ephemeral_storage_gib": NUMBER,
    "runtime_platform": some(cpuArchitecture=st.just("X86_64")),
}


def chosen(names: list[str]) -> st.SearchStrategy[dict[str, object]]:
    """Return manifests with these keys."""
    return st.fixed_dictionaries({name: KEYS[name] for name in names})


MANIFESTS = st.lists(st.sampled_from(sorted(KEYS)), unique=True, max_size=7).flatmap(chosen)
"""Manifests with some of the keys, right for the most part."""

LAW = settings(
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


def complaints(manifest: dict[str, object]) -> list[str] | None:
    """Return what botocore says of the requests of a manifest; None where it does not compile.

    Members that a patch adds and botocore does not know are left out where the compiler has warned of them.
    """
    compiled = compile_manifest(json.dumps(manifest, ensure_ascii=False), file="job.yaml")
    if compiled.plan is None:
        assert any(each.severity == "error" for each in compiled.diagnostics)
        return None
    (job,) = json.loads(write_plan(compiled.plan))["jobs"]
    requests = {"RunTask": job["run_request"], "RegisterTaskDefinition": job["task_definition"]["request"]}
    if "task_definition_arn" in manifest:
        del requests["RegisterTaskDefinition"]  # not seen offline: only what is known of it is there
    unknown = any(each.rule == "newer-member" for each in compiled.diagnostics)
    return [
        report for name, request in requests.items() if (report := reported(name, request, unknown=unknown))
    ]


def reported(operation: str, request: dict[str, object], *, unknown: bool = False) -> str:
    """Return botocore's report on a request, "" where it is valid; `unknown` members may be let pass."""
    found = ParamValidator().validate(request, MODEL.operation_model(operation).input_shape)
    found._errors = [each for each in found._errors if not (unknown and each[0] == "unknown field")]
    return str(found.generate_report()) if found.has_errors() else ""


@settings(LAW, max_examples=300)
@given(MANIFESTS)
def test_manifests_of_many_keys(manifest: dict[str, object]) -> None:
    found = complaints({"image": "alpine", **manifest})

    assume(found is not None)
    assert found == []


@settings(LAW, max_examples=200)
@given(st.sampled_from([FARGATE, EC2]), MANIFESTS)
def test_keys_laid_over_a_good_manifest(good: dict[str, object], keys: dict[str, object]) -> None:
    found = complaints({**good, **keys})

    assume(found is not None)
    assert found == []


@settings(LAW, max_examples=200)
@given(st.sampled_from([FARGATE, EC2]), st.sampled_from(sorted(KEYS)), ANYTHING)
def test_anything_under_a_key(good: dict[str, object], key: str, value: object) -> None:
    assert complaints({**good, key: value}) in ([], None)


@settings(LAW, max_examples=200)
@given(st.sampled_from(["task-definition", "run-request"]), st.data())
def test_anything_put_anywhere_by_a_patch(document: str, data: st.DataObject) -> None:
    (job,) = json.loads(write_plan(plan_of(FARGATE)))["jobs"]
    whole = job["run_request"] if document == "run-request" else job["task_definition"]["request"]
    where = data.draw(st.sampled_from(sorted(pointers(whole))))
    key = "task_customizations" if document == "run-request" else "task_definition_customizations"
    patch = [{"op": "replace", "path": where, "value": data.draw(ANYTHING)}]

    assert complaints({**FARGATE, key: patch}) in ([], None)


def test_the_law_is_not_empty() -> None:
    """Of the manifests above, many compile: else the law would say nothing."""
    compiled: list[bool] = []

    @settings(LAW, max_examples=400)
    @given(MANIFESTS)
    def count(manifest: dict[str, object]) -> None:
        compiled.append(complaints({"image": "alpine", **manifest}) is not None)

    count()

    assert sum(compiled) > len(compiled) / 5, (sum(compiled), len(compiled))


def test_a_wrong_request_is_reported() -> None:
    assert "family" in reported("RegisterTaskDefinition", {"family": 1, "containerDefinitions": []})


def plan_of(manifest: dict[str, Any]) -> Any:
    """Return the plan of a good manifest."""
    plan = compile_manifest(json.dumps(manifest), file="job.yaml").plan
    if plan is None:
        pytest.fail("the good manifest does not compile")
    return plan


def pointers(value: object, pointer: str = "") -> list[str]:
    """Return the pointers of a document and of all that is in it."""
    inner: list[str] = []
    if isinstance(value, dict):
        inner = [each for name, member in value.items() for each in pointers(member, f"{pointer}/{name}")]
    elif isinstance(value, list):
        inner = [each for index, item in enumerate(value) for each in pointers(item, f"{pointer}/{index}")]
    return [pointer, *inner]
