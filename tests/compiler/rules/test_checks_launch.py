"""Rules about where tasks run: launch types, platforms, strategies, placement, networks, ports."""

from typing import Any

import pytest
from rule_rows import EC2, FARGATE, REMOVED, found, spoiled

LINUX = "main/linuxParameters"
WINDOWS = {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}
AWSVPC = {"td/networkMode": "awsvpc", "main/links": REMOVED}
"""What makes the job on instances one of the network mode `awsvpc`."""

STRATEGY = {"launch_type": REMOVED, "capacity_provider_strategy": [{"capacityProvider": "mine", "weight": 1}]}
"""What makes the job on instances one that a capacity provider places."""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"td/networkMode": "awsvpc"}, [], id="awsvpc"),
        pytest.param(
            {"launch_type": "fargate", "vpc_id": "vpc-1", "main/privileged": True},
            [("not-allowed", "launch_type")],
            id="nothing follows from a launch type that is refused",
        ),
        pytest.param({"td/networkMode": "bridge"}, [("fargate-network-mode", "td/networkMode")], id="bridge"),
        pytest.param(
            {"task_definition_customizations": [{"op": "remove", "path": "/networkMode"}]},
            [("fargate-network-mode", "task_definition_customizations/0")],
            id="no network mode",
        ),
        pytest.param(
            {"main/privileged": True}, [("fargate-unsupported", "main/privileged")], id="privileged"
        ),
        pytest.param({"main/privileged": False}, [], id="not privileged"),
        pytest.param({"main/dnsServers": []}, [], id="no DNS servers"),
        pytest.param(
            {"main/dnsServers": ["1.1.1.1"]}, [("fargate-unsupported", "main/dnsServers")], id="DNS servers"
        ),
        pytest.param(
            {LINUX: {"sharedMemorySize": 64}},
            [("fargate-unsupported", f"{LINUX}/sharedMemorySize")],
            id="shm",
        ),
        pytest.param(
            {LINUX: {"maxSwap": 0}},
            [("fargate-unsupported", f"{LINUX}/maxSwap")],
            id="a swap of 0 says something",
        ),
        pytest.param(
            {LINUX: {"initProcessEnabled": True, "tmpfs": [{"containerPath": "/tmp", "size": 64}]}},
            [],
            id="what Fargate takes of linuxParameters",
        ),
        pytest.param({"td/ipcMode": "task"}, [("fargate-unsupported", "td/ipcMode")], id="ipcMode"),
        pytest.param({LINUX: {"capabilities": {"add": ["SYS_PTRACE"]}}}, [], id="SYS_PTRACE"),
        pytest.param(
            {LINUX: {"capabilities": {"add": ["SYS_PTRACE", "NET_ADMIN"]}}},
            [("fargate-capability", f"{LINUX}/capabilities/add/1")],
            id="another capability",
        ),
        pytest.param({LINUX: {"capabilities": {"drop": ["ALL"]}}}, [], id="any capability dropped"),
        pytest.param({"td/pidMode": "task"}, [], id="processes of the task"),
        pytest.param(
            {"td/pidMode": "host"}, [("fargate-pid-mode", "td/pidMode")], id="processes of the host"
        ),
        pytest.param({"main/stopTimeout": 2}, [], id="the shortest stop"),
        pytest.param(
            {"main/stopTimeout": 1}, [("fargate-timeout?", "main/stopTimeout")], id="too short a stop"
        ),
        pytest.param({"main/stopTimeout": 120}, [], id="the longest stop"),
        pytest.param(
            {"main/stopTimeout": 121}, [("fargate-timeout", "main/stopTimeout")], id="too long a stop"
        ),
        pytest.param(
            {"cache/startTimeout": 121}, [("fargate-timeout?", "cache/startTimeout")], id="too long a start"
        ),
        pytest.param(
            {"cache/logConfiguration": {"logDriver": "syslog"}},
            [("fargate-log-driver", "cache/logConfiguration/logDriver")],
            id="log driver",
        ),
        pytest.param({"td/volumes/0/host": {}}, [], id="an empty host volume"),
        pytest.param(
            {"td/volumes/0/host": {"sourcePath": "/srv"}},
            [("fargate-volume", "td/volumes/0/host/sourcePath")],
            id="folder of the host",
        ),
        pytest.param(
            {"td/volumes/0/dockerVolumeConfiguration": {"driver": "local"}},
            [("fargate-volume", "td/volumes/0/dockerVolumeConfiguration")],
            id="Docker volume",
        ),
        pytest.param(
            {"td/volumes/0/dockerVolumeConfiguration": {}},
            [("fargate-volume", "td/volumes/0/dockerVolumeConfiguration")],
            id="Docker volume with its defaults",
        ),
        pytest.param(
            {"main/resourceRequirements": [{"type": "GPU", "value": "1"}]},
            [("fargate-gpu", "main/resourceRequirements/0/type")],
            id="GPU",
        ),
        pytest.param(
            {"td/placementConstraints": [{"type": "memberOf", "expression": "a"}]},
            [("fargate-placement", "td/placementConstraints")],
            id="constraint of the definition",
        ),
        pytest.param(
            {"placement_constraints": [{"type": "distinctInstance"}]},
            [("fargate-placement", "placement_constraints")],
            id="constraint of the run",
        ),
        pytest.param(
            {"placement_strategy": [{"type": "random"}]},
            [("fargate-placement", "placement_strategy")],
            id="placement strategy",
        ),
        pytest.param(
            {"platform_version": "1.4.0", "ephemeral_storage_gib": 21}, [], id="version and storage"
        ),
        pytest.param(
            {"ephemeral_storage_gib": 20},
            [("out-of-range", "ephemeral_storage_gib")],
            id="too little storage",
        ),
        pytest.param({"main/hostname": "a"}, [("awsvpc-unsupported", "main/hostname")], id="hostname"),
        pytest.param(
            {"main/extraHosts": [{"hostname": "a", "ipAddress": "10.0.0.1"}]},
            [("awsvpc-unsupported", "main/extraHosts")],
            id="extra hosts",
        ),
    ],
)
def test_fargate(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(FARGATE, changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"td/requiresCompatibilities": ["EC2"], "main/privileged": True}, [], id="EC2 only"),
        pytest.param(
            {
                "td/requiresCompatibilities": ["EC2", "FARGATE"],
                "td/networkMode": "bridge",
                "main/privileged": True,
            },
            [
                ("fargate-network-mode", "td/networkMode"),
                ("fargate-unsupported", "main/privileged"),
                ("fargate-unsupported", "main/links"),
            ],
            id="validated for Fargate as well",
        ),
        pytest.param(
            {"platform_version": "LATEST"},
            [("platform-version-without-fargate", "platform_version")],
            id="version",
        ),
        pytest.param(
            {**STRATEGY, "platform_version": "LATEST"},
            [("platform-version-without-fargate?", "platform_version")],
            id="version with a provider",
        ),
        pytest.param({"launch_type": None, "platform_version": "LATEST"}, [], id="version, who knows where"),
        pytest.param(
            {"ephemeral_storage_gib": 30},
            [("ephemeral-storage-without-fargate", "ephemeral_storage_gib")],
            id="storage",
        ),
        pytest.param({"launch_type": "EXTERNAL"}, [], id="external"),
        pytest.param(
            {"launch_type": "EXTERNAL", **AWSVPC},
            [("external-network-mode?", "td/networkMode")],
            id="external, awsvpc",
        ),
        pytest.param(
            {
                "launch_type": "EXTERNAL",
                "td/volumes": [{"name": "a", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}],
            },
            [("external-unsupported?", "td/volumes/0/efsVolumeConfiguration")],
            id="external, EFS",
        ),
        pytest.param(
            {"td/trustedExecutionConfiguration": {"isolationMode": "SHARED"}}, [], id="no trusted execution"
        ),
        pytest.param(
            {
                **STRATEGY,
                "td/trustedExecutionConfiguration": {"isolationMode": "CONFIDENTIAL_SANDBOX"},
            },
            [("trusted-execution?", "td/trustedExecutionConfiguration")],
            id="confidential without a policy",
        ),
        pytest.param(
            {"runtime_platform": WINDOWS, "td/networkMode": "none", "main/links": REMOVED},
            [("windows-network-mode?", "td/networkMode")],
            id="Windows without network",
        ),
        pytest.param(
            {"runtime_platform": WINDOWS, "td/pidMode": "host"},
            [("windows-unsupported?", "main/links"), ("windows-unsupported?", "td/pidMode")],
            id="Windows with what it does not support",
        ),
        pytest.param(
            {"runtime_platform": {**WINDOWS, "cpuArchitecture": "ARM64"}, "main/links": REMOVED},
            [("windows-arm?", "runtime_platform/cpuArchitecture")],
            id="Windows on ARM",
        ),
    ],
)
def test_instances_and_windows(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(EC2, changes)) == sorted(expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(STRATEGY, [], id="a provider"),
        pytest.param({**STRATEGY, "launch_type": None}, [], id="a provider and null"),
        pytest.param(
            {**STRATEGY, "launch_type": "EC2"}, [("launch-type-with-strategy", "launch_type")], id="both"
        ),
        pytest.param(
            {
                "task_customizations": [
                    {
                        "op": "add",
                        "path": "/capacityProviderStrategy",
                        "value": [{"capacityProvider": "mine", "weight": 1}],
                    }
                ]
            },
            [("launch-type-with-strategy", "task_customizations/0/value")],
            id="both by a patch",
        ),
        pytest.param(
            {
                **STRATEGY,
                "capacity_provider_strategy": [
                    {"capacityProvider": "a", "weight": 1, "base": 1},
                    {"capacityProvider": "b", "base": 0},
                ],
            },
            [],
            id="one base",
        ),
        pytest.param(
            {
                **STRATEGY,
                "capacity_provider_strategy": [
                    {"capacityProvider": "a", "weight": 1, "base": 1},
                    {"capacityProvider": "b", "base": 1},
                ],
            },
            [("strategy-base", "capacity_provider_strategy/1/base")],
            id="two bases",
        ),
        pytest.param(
            {
                **STRATEGY,
                "capacity_provider_strategy": [
                    {"capacityProvider": "a", "weight": 0},
                    {"capacityProvider": "b"},
                ],
            },
            [("strategy-weights", "capacity_provider_strategy")],
            id="no weight",
        ),
        pytest.param(
            {**STRATEGY, "capacity_provider_strategy": [{"capacityProvider": "a"}]},
            [("strategy-weight-zero?", "capacity_provider_strategy/0")],
            id="one provider without weight",
        ),
        pytest.param(
            {
                **STRATEGY,
                "capacity_provider_strategy": [
                    {"capacityProvider": f"p{index}", "weight": 1} for index in range(20)
                ],
            },
            [],
            id="twenty providers",
        ),
        pytest.param(
            {
                **STRATEGY,
                "capacity_provider_strategy": [
                    {"capacityProvider": f"p{index}", "weight": 1} for index in range(21)
                ],
            },
            [("too-many?", "capacity_provider_strategy")],
            id="twenty-one providers",
        ),
        pytest.param(
            {
                "placement_constraints": [{"type": "memberOf", "expression": "a"}] * 5,
                "td/placementConstraints": [{"type": "memberOf", "expression": "a"}] * 5,
            },
            [],
            id="ten constraints together",
        ),
        pytest.param(
            {
                "placement_constraints": [{"type": "memberOf", "expression": "a"}] * 6,
                "td/placementConstraints": [{"type": "memberOf", "expression": "a"}] * 5,
            },
            [("placement-count?", "placement_constraints")],
            id="eleven constraints together",
        ),
        pytest.param(
            {"placement_constraints": [{"type": "memberOf"}]},
            [("placement-expression?", "placement_constraints/0")],
            id="member of what",
        ),
        pytest.param(
            {"placement_constraints": [{"type": "distinctInstance", "expression": "a"}]},
            [("placement-expression", "placement_constraints/0/expression")],
            id="distinct by an expression",
        ),
        pytest.param(
            {"placement_strategy": [{"type": "binpack", "field": "MEMORY"}]}, [], id="packed by memory"
        ),
        pytest.param(
            {"placement_strategy": [{"type": "binpack", "field": "disk"}]},
            [("placement-field", "placement_strategy/0/field")],
            id="packed by disk",
        ),
        pytest.param({"placement_strategy": [{"type": "spread", "field": "host"}]}, [], id="spread by host"),
        pytest.param(
            {"task_customizations": [{"op": "replace", "path": "/launchType", "value": "MANAGED_INSTANCES"}]},
            [("managed-instances-launch-type?", "task_customizations/0/value")],
            id="managed instances as a launch type",
        ),
    ],
)
def test_strategies_and_placement(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(EC2, changes)) == expected


def test_a_strategy_of_both_kinds_is_reported_with_what_fargate_asks_for() -> None:
    strategy = [{"capacityProvider": "FARGATE", "weight": 1}, {"capacityProvider": "mine", "weight": 1}]
    changes = {"launch_type": REMOVED, "capacity_provider_strategy": strategy, "main/links": REMOVED}

    assert found(spoiled(EC2, changes)) == [("strategy-mixed", "capacity_provider_strategy")]


def test_spot_runs_no_windows() -> None:
    changes = {"launch_type": "FARGATE_SPOT", "runtime_platform": WINDOWS, "cpu": 1024}

    assert found(spoiled(FARGATE, changes)) == [("fargate-spot-windows?", "launch_type")]


PUBLIC = {"subnets": ["subnet-1"], "assignPublicIp": "ENABLED"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(AWSVPC, [], id="awsvpc on instances"),
        pytest.param({"td/networkMode": "awsvpc"}, [("bridge-links", "main/links")], id="links in awsvpc"),
        pytest.param({"td/networkMode": "host"}, [("bridge-links?", "main/links")], id="links in host mode"),
        pytest.param({"vpc_id": "vpc-1"}, [("network-unused?", "vpc_id")], id="VPC in bridge mode"),
        pytest.param(
            {"network_configuration": PUBLIC},
            [("network-unused?", "network_configuration")],
            id="subnets in bridge mode",
        ),
        pytest.param({**AWSVPC, "vpc_id": "vpc-1"}, [], id="VPC in awsvpc"),
        pytest.param(
            {**AWSVPC, "network_configuration": PUBLIC},
            [("public-ip", "network_configuration/assignPublicIp")],
            id="public address on instances",
        ),
        pytest.param(
            {**AWSVPC, "launch_type": None, "network_configuration": PUBLIC},
            [],
            id="public address, who knows where",
        ),
        pytest.param(
            {**AWSVPC, "vpc_id": "vpc-1", "network_configuration": {"subnets": ["subnet-1"]}},
            [("vpc-unused?", "vpc_id")],
            id="VPC beside subnets",
        ),
        pytest.param(
            {**AWSVPC, "network_configuration": {"subnets": []}},
            [("subnets-missing", "network_configuration/subnets")],
            id="no subnets",
        ),
        pytest.param(
            {**AWSVPC, "network_configuration": {"subnets": [f"subnet-{index}" for index in range(16)]}},
            [],
            id="sixteen subnets",
        ),
        pytest.param(
            {**AWSVPC, "network_configuration": {"subnets": [f"subnet-{index}" for index in range(17)]}},
            [("too-many", "network_configuration/subnets")],
            id="seventeen subnets",
        ),
        pytest.param(
            {**AWSVPC, "task_customizations": [{"op": "remove", "path": "/networkConfiguration"}]},
            [("network-configuration-mode", "task_customizations/0")],
            id="network removed by a patch",
        ),
        pytest.param(
            {
                "task_customizations": [
                    {
                        "op": "add",
                        "path": "/networkConfiguration",
                        "value": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
                    }
                ]
            },
            [("network-configuration-mode", "task_customizations/0/value")],
            id="network added by a patch",
        ),
        pytest.param(
            {
                "td/networkMode": "host",
                "main/links": REMOVED,
                "main/systemControls": [{"namespace": "net.core.somaxconn", "value": "1"}],
            },
            [("system-controls?", "main/systemControls/0/namespace")],
            id="network parameter in host mode",
        ),
        pytest.param(
            {
                "td/ipcMode": "host",
                "main/systemControls": [
                    {"namespace": "net.core.somaxconn", "value": "1"},
                    {"namespace": "kernel.shmmax", "value": "1"},
                ],
            },
            [("system-controls?", "main/systemControls/1/namespace")],
            id="IPC parameter with the host's IPC",
        ),
    ],
)
def test_networks(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(EC2, changes)) == expected


PORTS = "main/portMappings"


def ports(*mappings: dict[str, Any]) -> dict[str, Any]:
    """Return the change that gives the job's container these port mappings."""
    return {PORTS: list(mappings)}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(ports({"protocol": "tcp"}), [("port-missing", f"{PORTS}/0")], id="no port"),
        pytest.param(
            ports({"containerPort": 80, "containerPortRange": "81-82"}),
            [("port-missing", f"{PORTS}/0/containerPortRange")],
            id="a port and a range",
        ),
        pytest.param(ports({"containerPort": 80, "hostPort": 80}), [], id="the same port of the host"),
        pytest.param(
            ports({"containerPort": 80, "hostPort": 81}),
            [("host-port", f"{PORTS}/0/hostPort")],
            id="another port of the host",
        ),
        pytest.param(ports({"containerPort": 80, "hostPort": 0}), [], id="port 0 of the host"),
        pytest.param(ports({"containerPort": 65535}), [], id="the last port"),
        pytest.param(
            ports({"containerPort": 65536}), [("out-of-range", f"{PORTS}/0/containerPort")], id="past it"
        ),
        pytest.param(
            ports({"containerPort": 53}, {"containerPort": 53, "protocol": "udp"}),
            [("port-protocols?", f"{PORTS}/1")],
            id="two protocols",
        ),
        pytest.param(
            ports({"containerPort": 53}, {"containerPort": 53}),
            [("host-port-clash?", f"{PORTS}/1")],
            id="twice",
        ),
        pytest.param(
            {**ports({"containerPort": 80}), "cache/portMappings": [{"containerPort": 80}]},
            [("host-port-clash?", "cache/portMappings/0")],
            id="in two containers",
        ),
        pytest.param(ports({"containerPortRange": "80-81"}), [], id="the smallest range"),
        pytest.param(
            ports({"containerPortRange": "80-80"}),
            [("port-range", f"{PORTS}/0/containerPortRange")],
            id="a range of one",
        ),
        pytest.param(
            ports({"containerPortRange": "65535-65536"}),
            [("port-range", f"{PORTS}/0/containerPortRange")],
            id="a range past the last port",
        ),
        pytest.param(
            ports({"containerPortRange": "0-10"}),
            [("port-range", f"{PORTS}/0/containerPortRange")],
            id="a range from 0",
        ),
        pytest.param(
            ports({"containerPortRange": "80-81", "hostPort": 80}),
            [("port-range", f"{PORTS}/0/hostPort")],
            id="a range with a port of the host",
        ),
        pytest.param(
            ports(*({"containerPortRange": f"{2 * index + 1}-{2 * index + 2}"} for index in range(100))),
            [],
            id="a hundred ranges",
        ),
        pytest.param(
            ports(*({"containerPortRange": f"{2 * index + 1}-{2 * index + 2}"} for index in range(101))),
            [("port-range?", f"{PORTS}/100/containerPortRange")],
            id="one range more",
        ),
        pytest.param(
            ports({"containerPortRange": "80-90"}, {"containerPortRange": "90-99"}),
            [("port-overlap", f"{PORTS}/1")],
            id="ranges that overlap",
        ),
        pytest.param(
            ports({"containerPortRange": "80-90"}, {"containerPortRange": "91-99"}),
            [],
            id="ranges that touch",
        ),
        pytest.param(
            ports({"containerPort": 85}, {"containerPortRange": "80-90"}),
            [("port-overlap", f"{PORTS}/0")],
            id="a port in a range",
        ),
        pytest.param(
            ports({"containerPort": 80, "name": "a"}, {"containerPort": 81, "name": "a"}),
            [("duplicate-port-name", f"{PORTS}/1/name")],
            id="a name twice",
        ),
    ],
)
def test_ports(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(FARGATE, changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(ports({"containerPort": 80, "hostPort": 8080}), [], id="bridge maps ports"),
        pytest.param(
            ports({"containerPort": 80, "hostPort": 8080}, {"containerPort": 81, "hostPort": 8080}),
            [("host-port-clash?", f"{PORTS}/1")],
            id="a port of the host twice",
        ),
        pytest.param(ports({"containerPort": 80}, {"containerPort": 80}), [], id="two dynamic ports"),
        pytest.param(
            {"td/networkMode": "none", "main/links": REMOVED, **ports({"containerPort": 80})},
            [("ports-without-network?", PORTS)],
            id="no network",
        ),
        pytest.param(
            {"td/networkMode": "host", "main/links": REMOVED, **ports({"containerPortRange": "80-81"})},
            [("port-range?", f"{PORTS}/0/containerPortRange")],
            id="a range in host mode",
        ),
    ],
)
def test_ports_on_instances(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(EC2, changes)) == expected
