"""Task definitions as consoles, other tools and AWS's answers write them: what in them says nothing."""

import json
from typing import Any

import pytest
from rule_rows import found, spoiled

from ecsplan.compile import compile_manifest, read_jobs

GOOD: dict[str, object] = {
    "launch_type": "FARGATE",
    "aws": {"region": "eu-west-1"},
    "execution_role_arn": "arn:aws:iam::111122223333:role/jobs",
    "task_definition": {
        "family": "report",
        "volumes": [{"name": "scratch"}],
        "containerDefinitions": [
            {
                "name": "main",
                "image": "alpine:3",
                "portMappings": [{"containerPort": 80}],
                "mountPoints": [{"sourceVolume": "scratch", "containerPath": "/scratch"}],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": "a",
                        "awslogs-region": "eu-west-1",
                        "awslogs-stream-prefix": "a",
                    },
                },
            }
        ],
    },
}
"""A manifest about which nothing is to be said."""


def definition_of(manifest: dict[str, Any]) -> Any:
    """Return the request that a manifest compiles to, and check that nothing is said about it."""
    compiled = compile_manifest(json.dumps(manifest), file="job.yaml")
    assert compiled.plan is not None, compiled.diagnostics
    assert compiled.diagnostics == ()
    return compiled.plan.jobs[0].definition.request


@pytest.mark.parametrize(
    "where",
    [
        pytest.param("td/pidMode", id="of the definition"),
        pytest.param("td/runtimePlatform", id="a mapping of the definition"),
        pytest.param("td/runtimePlatform/cpuArchitecture", id="in a mapping of the definition"),
        pytest.param("td/placementConstraints", id="a list of the definition"),
        pytest.param("td/volumes/0/host", id="of a volume"),
        pytest.param("td/volumes/0/host/sourcePath", id="in a mapping of a volume"),
        pytest.param("main/command", id="of a container"),
        pytest.param("main/memory", id="a number of a container"),
        pytest.param("main/privileged", id="a flag of a container"),
        pytest.param("main/portMappings/0/hostPort", id="of a port mapping"),
        pytest.param("main/mountPoints/0/readOnly", id="of a mount point"),
        pytest.param("main/logConfiguration/secretOptions", id="of a log configuration"),
        pytest.param("main/logConfiguration/options/awslogs-create-group", id="of log options"),
        pytest.param("main/dockerLabels/team", id="of the user's own map"),
        pytest.param("main/repositoryCredentials/credentialsParameter", id="all that a mapping has"),
        pytest.param("main/linuxParameters/capabilities/drop", id="three mappings deep"),
    ],
)
def test_null_in_a_definition_is_not_written(where: str) -> None:
    request = definition_of(spoiled(GOOD, {where: None}))

    assert "null" not in json.dumps(request)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"main/command": [None]}, ["wrong-type main/command/0"], id="an argument"),
        pytest.param({"td/volumes/0": None}, ["wrong-type td/volumes/0"], id="a volume"),
        pytest.param({"main/comand": None}, ["unknown-key main/comand"], id="of a mistyped key in a list"),
        pytest.param(
            {"main/portMappings/0/hostport": None},
            ["unknown-key main/portMappings/0/hostport"],
            id="of a mistyped key in a list of a list",
        ),
    ],
)
def test_null_that_is_an_error(changes: dict[str, object], expected: list[str]) -> None:
    assert [" ".join(each) for each in found(spoiled(GOOD, changes))] == expected


@pytest.mark.parametrize(
    "keys",
    [
        {"network_configuration": {"subnets": ["subnet-1"], "securityGroups": None}},
        {"launch_type": None, "capacity_provider_strategy": [{"capacityProvider": "FARGATE", "base": None}]},
        {"launch_type": "EC2", "placement_constraints": [{"type": "distinctInstance", "expression": None}]},
        {"launch_type": "EC2", "placement_strategy": [{"type": "random", "field": None}]},
        {"runtime_platform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": None}},
        {
            "volume_configurations": [
                {
                    "name": "scratch",
                    "managedEBSVolume": {
                        "roleArn": "arn:aws:iam::111122223333:role/r",
                        "sizeInGiB": 10,
                        "kmsKeyId": None,
                    },
                }
            ],
            "task_definition": {"volumes": [{"name": "scratch", "configuredAtLaunch": True}]},
        },
    ],
    ids=lambda keys: next(iter(sorted(keys.keys() - {"launch_type"}))),
)
def test_null_in_another_document_is_not_written(keys: dict[str, object]) -> None:
    compiled = compile_manifest(json.dumps({"image": "alpine:3", **keys}), file="job.yaml")

    assert compiled.plan is not None, compiled.diagnostics
    assert "kmsKeyId" not in json.dumps(compiled.plan.jobs[0].run_request)
    assert "null" not in json.dumps(compiled.plan.jobs[0].run_request)


@pytest.mark.parametrize("as_text", [False, True], ids=["a list", "a string of JSON"])
def test_null_as_the_value_of_a_patch_removes_the_member(as_text: bool) -> None:
    patch = [
        {"op": "add", "path": "/volumes/0", "value": {"name": "data", "host": None}},
        {"op": "replace", "path": "/containerDefinitions/0/portMappings", "value": None},
        {"op": "add", "path": "/pidMode", "value": None},
    ]
    written = json.dumps(patch) if as_text else patch

    request = definition_of({**GOOD, "task_definition_customizations": written})

    assert request["volumes"] == [{"name": "data"}, {"name": "scratch"}]
    assert "portMappings" not in request["containerDefinitions"][0]
    assert "pidMode" not in request


def test_null_as_an_item_of_a_patch_is_an_error() -> None:
    patch = [{"op": "replace", "path": "/containerDefinitions/0", "value": None}]

    [wrong] = compile_manifest(
        json.dumps({**GOOD, "task_definition_customizations": patch}), file="job.yaml"
    ).diagnostics

    assert (wrong.rule, wrong.pointer) == ("patch", "/task_definition_customizations/0/value")
    assert "use remove" in wrong.help


@pytest.mark.parametrize(
    "where",
    [
        *("td/pidMode", "td/ipcMode", "td/networkMode", "td/executionRoleArn", "td/taskRoleArn"),
        *("td/cpu", "td/memory", "td/runtimePlatform/cpuArchitecture"),
        *("td/runtimePlatform/operatingSystemFamily", "td/volumes/0/host/sourcePath"),
        *("main/user", "main/hostname", "main/workingDirectory", "main/portMappings/0/protocol"),
        *("main/portMappings/0/appProtocol", "main/portMappings/0/name", "main/memoryReservation"),
        *("main/repositoryCredentials/credentialsParameter", "main/versionConsistency", "main/stopTimeout"),
    ],
)
def test_empty_text_that_ecs_takes_for_left_out(where: str) -> None:
    request = definition_of(spoiled(GOOD, {where: ""}))

    assert '""' not in json.dumps(request)
    assert "repositoryCredentials" not in request["containerDefinitions"][0]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"td/family": ""}, ["wrong-format td/family"], id="a family"),
        pytest.param({"main/name": ""}, ["wrong-format main/name"], id="the name of a container"),
        pytest.param({"main/image": ""}, ["image-missing main"], id="an image"),
        pytest.param({"main/environment": [{"name": "A", "value": ""}]}, [], id="the value of a variable"),
        pytest.param({"main/command": ["echo", ""]}, [], id="an argument"),
        pytest.param({"main/dockerLabels": {"team": ""}}, [], id="a value of the user's own"),
    ],
)
def test_empty_text_that_is_judged(changes: dict[str, object], expected: list[str]) -> None:
    assert [" ".join(each) for each in found(spoiled(GOOD, changes))] == expected


def test_empty_text_of_a_patch_is_left_out() -> None:
    patch = [{"op": "add", "path": "/pidMode", "value": ""}]

    assert "pidMode" not in definition_of({**GOOD, "task_definition_customizations": patch})


@pytest.mark.parametrize(
    ("where", "value"),
    [
        pytest.param("main/logConfiguration", {"logDriver": None, "options": {}}, id="null beside a mapping"),
        pytest.param("main/logConfiguration", {"logDriver": "", "secretOptions": []}, id="beside a list"),
        pytest.param("main/healthCheck", {"command": [], "interval": None}, id="a list beside null"),
        pytest.param("td/proxyConfiguration", {"containerName": "", "properties": []}, id="of the task"),
        pytest.param(
            "td/volumes/0/efsVolumeConfiguration",
            {"fileSystemId": "", "authorizationConfig": {"accessPointId": ""}},
            id="of a volume",
        ),
    ],
)
def test_a_mapping_that_was_emptied_is_left_out(where: str, value: object) -> None:
    request = definition_of(spoiled(GOOD, {where: value}))

    assert where.rpartition("/")[2] not in json.dumps(request)


def test_a_definition_with_200_nulls() -> None:
    """Each null costs little: none is put to the schema, which would look for what its key might mean."""
    members = (
        *("command", "user", "memory", "memoryReservation", "healthCheck", "links", "dnsServers", "hostname"),
        *("dnsSearchDomains", "privileged", "linuxParameters", "dependsOn", "startTimeout", "stopTimeout"),
        *("extraHosts", "ulimits", "entryPoint", "secrets", "pseudoTerminal", "interactive"),
    )
    nulls = dict.fromkeys(members)
    containers = [
        {"name": f"c{each}", "image": "alpine:3", "essential": each == 0, **nulls} for each in range(10)
    ]
    manifest = {**GOOD, "container_name": "c0", "task_definition": {"containerDefinitions": containers}}

    [job] = read_jobs(json.dumps(manifest), file="job.yaml").jobs

    assert len(job.written.unset) == 200
    assert definition_of(manifest)["containerDefinitions"][9] == {
        "name": "c9",
        "image": "alpine:3",
        "essential": False,
    }


PLACEHOLDERS = (
    "<IMAGE1_NAME>",
    "${IMAGE}",
    "{{ image }}",
    "$(IMAGE)",
    "%IMAGE%",
    "#{image}#",
    "",
)


@pytest.mark.parametrize("placeholder", PLACEHOLDERS)
@pytest.mark.parametrize(
    ("key", "value", "where"),
    [
        pytest.param("image", "alpine:3", "main/image", id="image"),
        pytest.param("family", "mine", "td/family", id="family"),
        pytest.param("cpu", 256, "td/cpu", id="cpu"),
        pytest.param("memory", 2048, "td/memory", id="memory"),
        pytest.param(
            "execution_role_arn",
            "arn:aws:iam::111122223333:role/jobs",
            "td/executionRoleArn",
            id="execution role",
        ),
    ],
)
def test_a_placeholder_that_a_key_replaces(placeholder: str, key: str, value: object, where: str) -> None:
    sizes = {"cpu": 256, "memory": 1024}

    request = definition_of(spoiled({**GOOD, **sizes, key: value}, {where: placeholder}))

    assert not placeholder or placeholder not in json.dumps(request)


@pytest.mark.parametrize("placeholder", PLACEHOLDERS[:-1])
@pytest.mark.parametrize(
    ("where", "help_text"),
    [
        pytest.param("main/image", "write the value, or set `image:` in the manifest", id="image"),
        pytest.param("td/family", "write the value, or set `family:` in the manifest", id="family"),
        pytest.param("main/cpu", "write the value", id="a number of a container"),
        pytest.param("td/networkMode", "write the value", id="one of a set"),
        pytest.param("td/taskRoleArn", "write the value", id="task role"),
    ],
)
def test_a_placeholder_that_stays(placeholder: str, where: str, help_text: str) -> None:
    [found_there] = compile_manifest(
        json.dumps(spoiled(GOOD, {where: placeholder})), file="job.yaml"
    ).diagnostics

    assert found_there.severity == "error"
    assert found_there.help == f"ecsplan does not fill in placeholders: {help_text}"


def test_the_placeholder_of_the_only_container_is_replaced_though_its_name_is_refused() -> None:
    changes = {"image": "alpine:3", "main/image": "<IMAGE>", "main/name": "<NAME>"}

    assert found(spoiled(GOOD, changes)) == [("wrong-format", "main/name")]


def test_the_placeholder_of_another_container_is_an_error() -> None:
    side = {"name": "side", "image": "<IMAGE>", "essential": False}
    changes = {"image": "alpine:3", "td/containerDefinitions/1": side}

    assert found(spoiled(GOOD, changes)) == [("wrong-format", "cache/image")]
