"""Every rule of docs/decision.md, both ways: what says the same is reused, what differs is registered."""

# ruff: noqa: E501 - a row of a table is a line

import re
from collections.abc import Mapping
from typing import Any

import pytest
from places import ROOT

from ecsplan.decision.decide_revision import decide

Json = Any
ACCOUNT = "arn:aws:iam::111122223333:role/"
WINDOWS = {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}
PORT = {"containerPort": 8080}
CHECK = {"command": ["CMD", "true"]}
FIRELENS = {"firelensConfiguration": {"type": "fluentbit"}}
ENV_FILES = [{"value": "arn:aws:s3:::b/1.env", "type": "s3"}, {"value": "arn:aws:s3:::b/2.env", "type": "s3"}]


def task(members: Mapping[str, Json], container: Mapping[str, Json] | None = None) -> dict[str, Json]:
    main = {"name": "main", "image": "mill:1", **(container or {})}
    return {"family": "mill", "containerDefinitions": [main], **members}


def live(body: Mapping[str, Json]) -> dict[str, Json]:
    arn = "arn:aws:ecs:eu-west-1:111122223333:task-definition/mill:7"
    return {**body, "taskDefinitionArn": arn, "revision": 7, "status": "ACTIVE"}


def volume(**members: Json) -> dict[str, Json]:
    return {"volumes": [{"name": "data", **members}]}


def efs(**members: Json) -> dict[str, Json]:
    return volume(efsVolumeConfiguration={"fileSystemId": "fs-1", **members})


def docker(**members: Json) -> dict[str, Json]:
    return volume(dockerVolumeConfiguration=members)


def linux(**members: Json) -> dict[str, Json]:
    return {"linuxParameters": members}


def ports(*mappings: Json) -> dict[str, Json]:
    return {"portMappings": list(mappings)}


def variables(*pairs: str) -> list[Json]:
    return [dict(zip(("name", "value"), pair.split("=", 1), strict=False)) for pair in pairs]


def containers(*bodies: Json) -> dict[str, Json]:
    return {"containerDefinitions": [{"image": "mill:1", **each} for each in bodies]}


TASK_SAME: list[tuple[str, str, Json, Json]] = [
    ("M1", "what only Describe returns", {"deregisteredAt": "x", "requiresAttributes": [{"name": "a"}]}, {}),
    ("M1", "compatibilities is not an input", {"compatibilities": ["EC2", "FARGATE"]}, {}),
    ("tags", "tags are no part of it", {"tags": [{"key": "a", "value": "b"}]}, {}),
    ("C4", "lists of the task that say nothing", {"volumes": [], "placementConstraints": []}, {}),
    ("C5", "null is nothing", {"volumes": None, "taskRoleArn": None, "networkMode": None}, {}),
    ("C5", "empty text is nothing", {"taskRoleArn": "", "pidMode": "", "ipcMode": ""}, {}),
    ("C5", "mappings within mappings", {"proxyConfiguration": {"properties": []}, "runtimePlatform": {}}, {}),
    ("O1", "containers", containers({"name": "a"}, {"name": "b"}), containers({"name": "b"}, {"name": "a"})),
    ("O5", "compatibilities sorted", {"requiresCompatibilities": ["FARGATE", "EC2"]}, {"requiresCompatibilities": ["EC2", "FARGATE"]}),
    ("O6", "volumes", {"volumes": [{"name": "b"}, {"name": "a"}]}, {"volumes": [{"name": "a", "host": {}}, {"name": "b"}]}),
    (
        "O6",
        "constraints",
        {"placementConstraints": [{"type": "memberOf", "expression": "b"}, {"type": "memberOf", "expression": "a"}]},
        {"placementConstraints": [{"type": "memberOf", "expression": "a"}, {"type": "memberOf", "expression": "b"}]},
    ),
    (
        "O6",
        "proxy properties",
        {"proxyConfiguration": {"containerName": "e", "properties": variables("A=1", "B=2")}},
        {"proxyConfiguration": {"containerName": "e", "properties": variables("B=2", "A=1")}},
    ),
    ("V1", "a bare volume", volume(), volume(host={})),
    ("V1", "a bare volume with empty text", volume(), volume(host={"sourcePath": ""})),
    ("V3", "root of EFS", efs(), efs(rootDirectory="/")),
    ("V3", "root of EFS, empty", efs(), efs(rootDirectory="")),
    (
        "V3",
        "root of S3 Files",
        volume(s3filesVolumeConfiguration={"fileSystemArn": "a"}),
        volume(s3filesVolumeConfiguration={"fileSystemArn": "a", "rootDirectory": "/"}),
    ),
    ("V4", "encryption", efs(), efs(transitEncryption="DISABLED")),
    ("V4", "iam", efs(authorizationConfig={"iam": "DISABLED"}), efs()),
    ("V4", "iam beside an access point", efs(authorizationConfig={"accessPointId": "p", "iam": "DISABLED"}), efs(authorizationConfig={"accessPointId": "p"})),
    ("V6", "scope", docker(driver="local"), docker(driver="local", scope="task")),
    ("V6", "all defaults of a docker volume", docker(scope="task"), docker(scope="task", driver="local", labels={}, driverOpts={})),
    ("V6", "an empty docker volume", docker(), docker(scope="task")),
    ("V6", "a docker volume of empty maps", docker(labels={}, driverOpts={}), docker(scope="task", driver="local")),
    ("V9", "configured at launch false", volume(), volume(configuredAtLaunch=False)),
    ("T1", "1 vCPU", {"cpu": "1 vCPU"}, {"cpu": "1024"}),
    ("T1", ".25 vcpu", {"cpu": ".25 vcpu"}, {"cpu": "256"}),
    ("T1", "0.5vCPU", {"cpu": "0.5vCPU"}, {"cpu": "512"}),
    ("T1", "2.0 VCPU", {"cpu": "2.0 VCPU"}, {"cpu": "2048"}),
    ("T1", "a number", {"cpu": 4096}, {"cpu": "4096"}),
    ("T1", "as typed by an emulator", {"cpu": "1024"}, {"cpu": "1 vCPU"}),
    ("T2", "1GB", {"memory": "1GB"}, {"memory": "1024"}),
    ("T2", "0.5 gb", {"memory": "0.5 gb"}, {"memory": "512"}),
    ("T2", "30 GB", {"memory": "30 GB"}, {"memory": "30720"}),
    ("T2", "a number", {"memory": 512}, {"memory": "512"}),
    ("T3", "bridge by default", {}, {"networkMode": "bridge"}),
    ("T3", "bridge by default on named Linux", {"runtimePlatform": {"operatingSystemFamily": "LINUX"}}, {"runtimePlatform": {"operatingSystemFamily": "LINUX"}, "networkMode": "bridge"}),
    ("T3", "the default of Windows", {"runtimePlatform": WINDOWS}, {"runtimePlatform": WINDOWS, "networkMode": "default"}),
    ("T3", "the default of Windows, bridge", {"runtimePlatform": WINDOWS}, {"runtimePlatform": WINDOWS, "networkMode": "bridge"}),
    ("T5", "both roles", {"taskRoleArn": "t", "executionRoleArn": "e"}, {"taskRoleArn": ACCOUNT + "t", "executionRoleArn": ACCOUNT + "e"}),
    ("T5", "a role kept bare", {"taskRoleArn": ACCOUNT + "t"}, {"taskRoleArn": "t"}),
    ("T12", "fault injection off", {}, {"enableFaultInjection": False}),
    ("T13", "proxy type", {"proxyConfiguration": {"containerName": "e"}}, {"proxyConfiguration": {"containerName": "e", "type": "APPMESH"}}),
    ("U20", "isolation shared", {}, {"trustedExecutionConfiguration": {"isolationMode": "SHARED"}}),
    ("new", "defaults of tomorrow", {}, {"tomorrow": False, "later": None, "never": "", "some": [], "day": {"a": {"b": None}}}),
]  # fmt: skip

TASK_CHANGE: list[tuple[str, str, Json, Json]] = [
    ("new", "zero", {}, {"tomorrow": 0}),
    ("new", "a text within", {}, {"tomorrow": {"mode": "", "level": {"of": "strict"}}}),
    ("new", "a list", {}, {"tomorrow": [""]}),
    ("A1", "family", {"family": "mill-2"}, {}),
    ("A1", "a container more", containers({"name": "main"}, {"name": "b"}), {}),
    ("A1", "a container renamed", containers({"name": "b"}), {}),
    ("V1", "a volume more", volume(), {}),
    ("V2", "a path", volume(host={"sourcePath": "/a"}), volume(host={})),
    ("V2", "another path", volume(host={"sourcePath": "/a"}), volume(host={"sourcePath": "/a/"})),
    ("V3", "another root", efs(rootDirectory="/a"), efs()),
    ("V4", "encryption on", efs(transitEncryption="ENABLED"), efs()),
    ("V4", "iam on", efs(authorizationConfig={"iam": "ENABLED"}), efs()),
    ("V5", "port", efs(transitEncryptionPort=2999), efs()),
    ("V5", "access point", efs(authorizationConfig={"accessPointId": "p"}), efs()),
    ("V5", "file system", efs(fileSystemId="fs-2"), efs()),
    ("V6", "scope shared", docker(scope="shared"), docker(scope="task")),
    ("V6", "a docker volume is not a bare volume", docker(driver="local"), volume()),
    ("V6", "a docker volume with its default scope is none either", docker(scope="task"), volume(host={})),
    ("V6", "nor is an empty one", docker(), volume(host={})),
    ("V6", "an empty one is not shared", docker(), docker(scope="shared")),
    ("V7", "autoprovision false is not silence", docker(scope="shared", autoprovision=False), docker(scope="shared")),
    ("V7", "autoprovision true is not silence", docker(scope="shared", autoprovision=True), docker(scope="shared")),
    ("V7", "autoprovision flipped", docker(autoprovision=True), docker(autoprovision=False)),
    ("V8", "domain", volume(fsxWindowsFileServerVolumeConfiguration={"fileSystemId": "f", "rootDirectory": "d", "authorizationConfig": {"credentialsParameter": "c", "domain": "a"}}), volume(fsxWindowsFileServerVolumeConfiguration={"fileSystemId": "f", "rootDirectory": "d", "authorizationConfig": {"credentialsParameter": "c", "domain": "b"}})),
    ("V9", "configured at launch", volume(configuredAtLaunch=True), volume()),
    ("T1", "2 vCPU is not 2", {"cpu": "2 vCPU"}, {"cpu": "2"}),
    ("T1", "cpu added", {"cpu": "256"}, {}),
    ("T2", "1 GB is not 1000", {"memory": "1 GB"}, {"memory": "1000"}),
    ("T2", "a gigabyte is not a vCPU", {"cpu": "1 GB"}, {"cpu": "1024"}),
    ("T4", "awsvpc", {"networkMode": "awsvpc"}, {}),
    ("T4", "none", {"networkMode": "none"}, {}),
    ("T4", "awsvpc on Windows", {"runtimePlatform": WINDOWS, "networkMode": "awsvpc"}, {"runtimePlatform": WINDOWS}),
    ("T5", "another account", {"taskRoleArn": "t"}, {"taskRoleArn": "arn:aws:iam::999999999999:role/t"}),
    ("T5", "another partition", {"taskRoleArn": "t"}, {"taskRoleArn": "arn:aws-cn:iam::111122223333:role/t"}),
    ("T5", "a path before the name", {"taskRoleArn": "t"}, {"taskRoleArn": ACCOUNT + "service/t"}),
    ("T6", "a longer name with the same end", {"taskRoleArn": "t"}, {"taskRoleArn": ACCOUNT + "my-t"}),
    ("T6", "case of the name", {"taskRoleArn": "T"}, {"taskRoleArn": ACCOUNT + "t"}),
    ("T6", "roles swapped", {"taskRoleArn": "a", "executionRoleArn": "b"}, {"taskRoleArn": "b", "executionRoleArn": "a"}),
    ("T6", "a role added", {"executionRoleArn": "e"}, {}),
    ("T7", "compatibilities given", {"requiresCompatibilities": ["EC2"]}, {"compatibilities": ["EC2"]}),
    ("T7", "compatibilities narrowed", {"requiresCompatibilities": ["EC2"]}, {"requiresCompatibilities": ["EC2", "FARGATE"]}),
    ("T8", "platform given", {"runtimePlatform": {"cpuArchitecture": "X86_64"}}, {}),
    ("T8", "architecture", {"runtimePlatform": {"cpuArchitecture": "ARM64"}}, {"runtimePlatform": {"cpuArchitecture": "X86_64"}}),
    ("T9", "storage given", {"ephemeralStorage": {"sizeInGiB": 21}}, {}),
    ("T9", "storage resized", {"ephemeralStorage": {"sizeInGiB": 21}}, {"ephemeralStorage": {"sizeInGiB": 22}}),
    ("T10", "pid", {"pidMode": "task"}, {"pidMode": "host"}),
    ("T10", "ipc", {"ipcMode": "none"}, {}),
    ("T11", "constraint", {"placementConstraints": [{"type": "memberOf", "expression": "a"}]}, {}),
    ("T12", "fault injection on", {"enableFaultInjection": True}, {"enableFaultInjection": False}),
    ("T13", "a proxy at all", {"proxyConfiguration": {"containerName": "e"}}, {}),
    ("T14", "an empty property is kept", {"proxyConfiguration": {"containerName": "e", "properties": variables("A=")}}, {"proxyConfiguration": {"containerName": "e"}}),
    ("T14", "proxy container", {"proxyConfiguration": {"containerName": "e"}}, {"proxyConfiguration": {"containerName": "f"}}),
    ("U20", "isolation", {"trustedExecutionConfiguration": {"isolationMode": "ISOLATED_SANDBOX"}}, {}),
    ("new", "a setting of tomorrow", {}, {"tomorrow": {"a": {"b": "on"}}}),
    ("new", "a switch of tomorrow", {}, {"tomorrow": True}),
]  # fmt: skip

CONTAINER_SAME: list[tuple[str, str, Json, Json]] = [
    ("C1", "essential", {}, {"essential": True}),
    ("C3", "cpu", {}, {"cpu": 0}),
    ("C4", "the lists that ECS fills in", {}, {"environment": [], "mountPoints": [], "portMappings": [], "volumesFrom": [], "systemControls": []}),
    ("C5", "other empty lists and maps", {"command": [], "entryPoint": [], "secrets": [], "dockerLabels": {}, "ulimits": [], "links": []}, {}),
    ("C5", "more of them", {"dependsOn": [], "environmentFiles": [], "extraHosts": [], "dnsServers": [], "credentialSpecs": []}, {}),
    ("C5", "empty text", {"hostname": "", "workingDirectory": "", "user": ""}, {}),
    ("C5", "within a log configuration", {"logConfiguration": {"logDriver": "awslogs", "options": {}, "secretOptions": []}}, {"logConfiguration": {"logDriver": "awslogs"}}),
    ("B1", "flags that are false", {"privileged": False, "interactive": False, "disableNetworking": False}, {"readonlyRootFilesystem": False, "pseudoTerminal": False}),
    ("B1", "mounts that may be written", {"mountPoints": [{"containerPath": "/a"}]}, {"mountPoints": [{"containerPath": "/a", "readOnly": False}]}),
    ("B1", "volumes that may be written", {"volumesFrom": [{"sourceContainer": "b", "readOnly": False}]}, {"volumesFrom": [{"sourceContainer": "b"}]}),
    ("P1", "tcp", ports(PORT), ports({**PORT, "protocol": "tcp"})),
    ("P4", "a dynamic port", ports(PORT), ports({**PORT, "protocol": "tcp", "hostPort": 0})),
    ("O2", "ports", ports({"containerPort": 2}, {"containerPort": 1}, {"containerPort": 1, "protocol": "udp"}), ports({"containerPort": 1, "protocol": "udp"}, {"containerPort": 1, "hostPort": 0}, {"containerPort": 2})),
    ("P5", "a range", ports({"containerPortRange": "1-9"}), ports({"containerPortRange": "1-9", "protocol": "tcp", "hostPort": 0})),
    ("H1", "nothing but a command", {"healthCheck": CHECK}, {"healthCheck": {**CHECK, "interval": 30, "timeout": 5, "retries": 3}}),
    ("H1", "one of three", {"healthCheck": {**CHECK, "retries": 3}}, {"healthCheck": {**CHECK, "timeout": 5}}),
    ("U6", "no grace period", {"healthCheck": {**CHECK, "startPeriod": 0}}, {"healthCheck": CHECK}),
    ("F1", "the user of a log router", FIRELENS, {**FIRELENS, "user": "0"}),
    ("F1", "a log router with options", {"firelensConfiguration": {"type": "fluentbit", "options": {"a": "b"}}}, {"user": "0", "firelensConfiguration": {"type": "fluentbit", "options": {"a": "b"}}}),
    ("R1", "restart defaults", {"restartPolicy": {"enabled": True}}, {"restartPolicy": {"enabled": True, "restartAttemptPeriod": 300, "ignoredExitCodes": []}}),
    ("U13", "a restart policy that is off", {"restartPolicy": {"enabled": False, "restartAttemptPeriod": 300}}, {}),
    ("O6", "exit codes", {"restartPolicy": {"enabled": True, "ignoredExitCodes": [0, 137]}}, {"restartPolicy": {"enabled": True, "ignoredExitCodes": [137, 0]}}),
    ("VC1", "version consistency", {}, {"versionConsistency": "enabled"}),
    ("E1", "environment", {"environment": variables("A=1", "B=2")}, {"environment": variables("B=2", "A=1")}),
    ("E3", "a variable without a value", {"environment": variables("A", "B=2")}, {"environment": variables("B=2")}),
    ("E3", "a variable whose value is null", {"environment": [{"name": "A", "value": None}]}, {}),
    ("U2", "a variable set twice", {"environment": variables("A=1", "A=2")}, {"environment": variables("A=2")}),
    ("S1", "secrets", {"secrets": [{"name": "B", "valueFrom": "b"}, {"name": "A", "valueFrom": "a"}]}, {"secrets": [{"name": "A", "valueFrom": "a"}, {"name": "B", "valueFrom": "b"}]}),
    ("O3", "volumesFrom", {"volumesFrom": [{"sourceContainer": "b"}, {"sourceContainer": "a"}]}, {"volumesFrom": [{"sourceContainer": "a"}, {"sourceContainer": "b"}]}),
    ("O4", "links", {"links": ["b:x", "a"]}, {"links": ["a", "b:x"]}),
    ("O6", "mount points", {"mountPoints": [{"containerPath": "/b"}, {"containerPath": "/a"}]}, {"mountPoints": [{"containerPath": "/a"}, {"containerPath": "/b"}]}),
    ("O6", "dependencies", {"dependsOn": [{"containerName": "b", "condition": "START"}, {"containerName": "a", "condition": "START"}]}, {"dependsOn": [{"containerName": "a", "condition": "START"}, {"containerName": "b", "condition": "START"}]}),
    ("O6", "limits", {"ulimits": [{"name": "nproc", "softLimit": 1, "hardLimit": 2}, {"name": "core", "softLimit": 0, "hardLimit": 0}]}, {"ulimits": [{"name": "core", "softLimit": 0, "hardLimit": 0}, {"name": "nproc", "softLimit": 1, "hardLimit": 2}]}),
    ("O6", "kernel settings", {"systemControls": [{"namespace": "b", "value": "1"}, {"namespace": "a", "value": "2"}]}, {"systemControls": [{"namespace": "a", "value": "2"}, {"namespace": "b", "value": "1"}]}),
    ("O6", "resources", {"resourceRequirements": [{"type": "InferenceAccelerator", "value": "d"}, {"type": "GPU", "value": "1"}]}, {"resourceRequirements": [{"type": "GPU", "value": "1"}, {"type": "InferenceAccelerator", "value": "d"}]}),
    ("O6", "secret options", {"logConfiguration": {"logDriver": "splunk", "secretOptions": [{"name": "b", "valueFrom": "b"}, {"name": "a", "valueFrom": "a"}]}}, {"logConfiguration": {"logDriver": "splunk", "secretOptions": [{"name": "a", "valueFrom": "a"}, {"name": "b", "valueFrom": "b"}]}}),
    ("O6", "capabilities", linux(capabilities={"add": ["B", "A"]}), linux(capabilities={"add": ["A", "B"]})),
    ("U23", "the same twice", {"links": ["a", "a"], "secrets": [{"name": "A", "valueFrom": "a"}] * 2}, {"links": ["a"], "secrets": [{"name": "A", "valueFrom": "a"}]}),
    ("U23", "the same twice among others", {"dependsOn": [{"containerName": "a", "condition": "START"}, {"containerName": "b", "condition": "COMPLETE"}] * 2}, {"dependsOn": [{"containerName": "b", "condition": "COMPLETE"}, {"containerName": "a", "condition": "START"}]}),
    ("U23", "a name twice, and one item twice", {"ulimits": [{"name": "nofile", "softLimit": 1, "hardLimit": 10}] * 2 + [{"name": "core", "softLimit": 5, "hardLimit": 5}]}, {"ulimits": [{"name": "core", "softLimit": 5, "hardLimit": 5}, {"name": "nofile", "softLimit": 1, "hardLimit": 10}]}),
    ("L1", "the other half", linux(capabilities={"drop": ["A"]}), linux(capabilities={"drop": ["A"], "add": []})),
    ("L2", "empties within empties", linux(capabilities={"add": [], "drop": []}, devices=[], tmpfs=[]), {}),
    ("LG1", "a number in the options", {"logConfiguration": {"logDriver": "json-file", "options": {"max-file": 3, "compress": True}}}, {"logConfiguration": {"logDriver": "json-file", "options": {"max-file": "3", "compress": "true"}}}),
    ("A1", "whole numbers as text", {"memory": "512", "stopTimeout": 30.0}, {"memory": 512, "stopTimeout": 30}),
    ("new", "defaults of tomorrow", {"healthCheck": CHECK}, {"healthCheck": {**CHECK, "startInterval": None}, "later": {"enabled": False}}),
]  # fmt: skip

CONTAINER_CHANGE: list[tuple[str, str, Json, Json]] = [
    ("new", "a member", {}, {"memoryProtection": {"mode": "strict"}}),
    ("new", "a member of a member", {"healthCheck": CHECK}, {"healthCheck": {**CHECK, "startInterval": 5}}),
    ("C2", "essential false", {"essential": False}, {}),
    ("C3", "cpu", {"cpu": 256}, {"cpu": 0}),
    ("C6", "an empty argument", {"command": [""]}, {}),
    ("C6", "an empty entry point", {"entryPoint": [""]}, {"entryPoint": []}),
    ("C6", "an empty value", {"environment": variables("A=")}, {}),
    ("C6", "an empty label", {"dockerLabels": {"a": ""}}, {}),
    ("C6", "an empty option", {"logConfiguration": {"logDriver": "x", "options": {"a": ""}}}, {"logConfiguration": {"logDriver": "x"}}),
    ("B2", "privileged", {"privileged": True}, {}),
    ("B2", "read-only root", {"readonlyRootFilesystem": True}, {"readonlyRootFilesystem": False}),
    ("B2", "no network", {"disableNetworking": True}, {}),
    ("B2", "a terminal", {"pseudoTerminal": True}, {}),
    ("B2", "standard input", {"interactive": True}, {}),
    ("B2", "a mount", {"mountPoints": [{"containerPath": "/a", "readOnly": True}]}, {"mountPoints": [{"containerPath": "/a"}]}),
    ("P1", "udp", ports({**PORT, "protocol": "udp"}), ports(PORT)),
    ("P5", "a fixed port", ports({**PORT, "hostPort": 8080}), ports(PORT)),
    ("P5", "name", ports({**PORT, "name": "http"}), ports(PORT)),
    ("P5", "appProtocol", ports({**PORT, "appProtocol": "http2"}), ports(PORT)),
    ("P5", "a range", ports({"containerPortRange": "1-9"}), ports({"containerPortRange": "1-10"})),
    ("P5", "a port more", ports(PORT, {"containerPort": 1}), ports(PORT)),
    ("H2", "start period", {"healthCheck": {**CHECK, "startPeriod": 10}}, {"healthCheck": CHECK}),
    ("H2", "a check at all", {"healthCheck": CHECK}, {}),
    ("H2", "its command", {"healthCheck": CHECK}, {"healthCheck": {"command": ["CMD-SHELL", "true"]}}),
    ("H2", "retries", {"healthCheck": {**CHECK, "retries": 4}}, {"healthCheck": CHECK}),
    ("F1", "another user", {**FIRELENS, "user": "1000"}, FIRELENS),
    ("F2", "user 0", {"user": "0"}, {}),
    ("F2", "a log router no more", {"user": "0"}, FIRELENS),
    ("F2", "an empty firelensConfiguration is none", {"firelensConfiguration": {}}, {"user": "0"}),
    ("R2", "restarting", {"restartPolicy": {"enabled": True}}, {"restartPolicy": {"enabled": False}}),
    ("R2", "the period", {"restartPolicy": {"enabled": True, "restartAttemptPeriod": 60}}, {"restartPolicy": {"enabled": True}}),
    ("R2", "exit code 0", {"restartPolicy": {"enabled": True, "ignoredExitCodes": [0]}}, {"restartPolicy": {"enabled": True}}),
    ("X1", "stopTimeout", {"stopTimeout": 30}, {}),
    ("X1", "stopTimeout 0", {"stopTimeout": 0}, {}),
    ("X1", "startTimeout", {"startTimeout": 120}, {}),
    ("VC2", "version consistency", {"versionConsistency": "disabled"}, {}),
    ("E2", "case of a name", {"environment": variables("a=1")}, {"environment": variables("A=1")}),
    ("E2", "case of a value", {"environment": variables("A=on")}, {"environment": variables("A=ON")}),
    ("E2", "blanks of a value", {"environment": variables("A=1")}, {"environment": variables("A=1 ")}),
    ("E2", "values swapped", {"environment": variables("A=1", "B=2")}, {"environment": variables("A=2", "B=1")}),
    ("S2", "from environment to secrets", {"secrets": [{"name": "A", "valueFrom": "a"}]}, {"environment": variables("A=a")}),
    ("S2", "valueFrom", {"secrets": [{"name": "A", "valueFrom": "a"}]}, {"secrets": [{"name": "A", "valueFrom": "b"}]}),
    ("EF1", "order of files", {"environmentFiles": ENV_FILES}, {"environmentFiles": ENV_FILES[::-1]}),
    ("EF1", "a file twice", {"environmentFiles": [*ENV_FILES, ENV_FILES[0]]}, {"environmentFiles": ENV_FILES}),
    ("N1", "order of arguments", {"command": ["a", "b"]}, {"command": ["b", "a"]}),
    ("N1", "an argument twice", {"command": ["a", "a"]}, {"command": ["a"]}),
    ("N1", "entry point", {"entryPoint": ["a", "b"]}, {"entryPoint": ["b", "a"]}),
    ("N1", "health check", {"healthCheck": {"command": ["CMD", "a", "b"]}}, {"healthCheck": {"command": ["CMD", "b", "a"]}}),
    ("N1", "name servers", {"dnsServers": ["1.1.1.1", "8.8.8.8"]}, {"dnsServers": ["8.8.8.8", "1.1.1.1"]}),
    ("N1", "search domains", {"dnsSearchDomains": ["a", "b"]}, {"dnsSearchDomains": ["b", "a"]}),
    ("U16", "hosts in another order", {"extraHosts": [{"hostname": "a", "ipAddress": "1"}, {"hostname": "a", "ipAddress": "2"}]}, {"extraHosts": [{"hostname": "a", "ipAddress": "2"}, {"hostname": "a", "ipAddress": "1"}]}),
    ("L3", "maxSwap 0", linux(maxSwap=0), {}),
    ("L3", "swappiness 0", linux(swappiness=0, maxSwap=1), linux(maxSwap=1)),
    ("L4", "a capability moved", linux(capabilities={"add": ["A"]}), linux(capabilities={"drop": ["A"]})),
    ("L4", "init", linux(initProcessEnabled=True), {}),
    ("L4", "tmpfs", linux(tmpfs=[{"containerPath": "/a", "size": 64}]), linux(tmpfs=[{"containerPath": "/a", "size": 65}])),
    ("L4", "a device", linux(devices=[{"hostPath": "/dev/a"}]), {}),
    ("G1", "all GPUs", {"resourceRequirements": [{"type": "GPU", "value": "ALL"}]}, {"resourceRequirements": [{"type": "GPU", "value": "1"}]}),
    ("G1", "a shared GPU", {"resourceRequirements": [{"type": "GPU", "sharingStrategy": {"nvidiaMps": {"memory": 1}}}]}, {"resourceRequirements": [{"type": "GPU", "value": "1"}]}),
    ("LG1", "mode", {"logConfiguration": {"logDriver": "awslogs", "options": {"mode": "blocking"}}}, {"logConfiguration": {"logDriver": "awslogs"}}),
    ("LG1", "driver", {"logConfiguration": {"logDriver": "gelf"}}, {"logConfiguration": {"logDriver": "syslog"}}),
    ("A1", "image", {"image": "mill:latest"}, {"image": "mill"}),
    ("A1", "memory", {"memory": 64}, {"memoryReservation": 64}),
    ("A1", "a label", {"dockerLabels": {"a": "b"}}, {"dockerLabels": {"a": "c"}}),
    ("A1", "a limit", {"ulimits": [{"name": "core", "softLimit": 0, "hardLimit": 0}]}, {"ulimits": [{"name": "core", "softLimit": 0, "hardLimit": 1}]}),
    ("A1", "a dependency's condition", {"dependsOn": [{"containerName": "a", "condition": "START"}]}, {"dependsOn": [{"containerName": "a", "condition": "HEALTHY"}]}),
    ("A1", "registry credentials", {"repositoryCredentials": {"credentialsParameter": "a"}}, {}),
    ("new", "a setting of tomorrow", {"healthCheck": CHECK}, {"healthCheck": {**CHECK, "startInterval": 5}}),
    ("new", "exact types", {"later": 1}, {"later": True}),
]  # fmt: skip

PORT_RULES: list[tuple[str, str, list[Json], list[Json], str]] = [
    ("P2", "awsvpc", [PORT], [{**PORT, "hostPort": 8080}], "reuse"),
    ("P2", "awsvpc", [{**PORT, "hostPort": 0}], [{**PORT, "hostPort": 8080}], "reuse"),
    ("P3", "host", [PORT], [{**PORT, "hostPort": 8080}], "reuse"),
    ("P4", "bridge", [PORT], [{**PORT, "hostPort": 0}], "reuse"),
    ("P4", "none", [PORT], [{**PORT, "hostPort": 0}], "reuse"),
    ("P4", "bridge", [PORT], [{**PORT, "hostPort": 8080}], "register"),
    ("P5", "awsvpc", [PORT], [{**PORT, "hostPort": 8081}], "register"),
    ("P5", "host", [{"containerPort": 1}], [{"containerPort": 2}], "register"),
    ("P5", "awsvpc", [{**PORT, "containerPortRange": "1-9"}], [{**PORT, "containerPortRange": "1-9", "hostPort": 8080}], "reuse"),
    ("P5", "awsvpc", [{"containerPortRange": "1-9"}], [{"containerPortRange": "1-9", "hostPort": 0}], "reuse"),
]  # fmt: skip

ROWS = [
    *((rule, title, task(one), task(other), "reuse") for rule, title, one, other in TASK_SAME),
    *((rule, title, task(one), task(other), "register") for rule, title, one, other in TASK_CHANGE),
    *((rule, title, task({}, one), task({}, other), "reuse") for rule, title, one, other in CONTAINER_SAME),
    *((rule, title, task({}, one), task({}, other), "register") for rule, title, one, other in CONTAINER_CHANGE),
    *(
        (rule, f"{mode}: {one} {other}", task({"networkMode": mode}, ports(*one)), task({"networkMode": mode}, ports(*other)), expect)
        for rule, mode, one, other, expect in PORT_RULES
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "title", "one", "other", "expect"), ROWS, ids=lambda each: each if isinstance(each, str) else ""
)
def test_rule(rule: str, title: str, one: Json, other: Json, expect: str) -> None:
    assert decide(one, live(other)).action == expect
    assert decide(other, live(one)).action == expect


def test_the_network_mode_is_that_of_the_same_document() -> None:
    """A silent host port is a dynamic one before the change and the container's after it."""
    before, after = task({"networkMode": "bridge"}, ports(PORT)), task({"networkMode": "awsvpc"}, ports(PORT))

    assert [each.path for each in decide(after, live(before)).changes] == [
        "/containerDefinitions/main/portMappings/8080-tcp/hostPort",
        "/networkMode",
    ]


def test_rules_meet_in_one_definition() -> None:
    desired = {
        "family": "mill",
        "cpu": ".5 vCPU",
        "memory": "1 GB",
        "networkMode": "awsvpc",
        "executionRoleArn": "exec",
        "requiresCompatibilities": ["FARGATE", "EC2"],
        "containerDefinitions": [
            {"name": "web", "image": "web:1", **ports({"containerPort": 443}, PORT), "environment": variables("B=2", "A=1", "C")},
            {"name": "router", "image": "bit:1", **FIRELENS, "essential": True, "healthCheck": {**CHECK, "interval": 30}},
        ],
        "volumes": [{"name": "b"}, {"name": "a", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}],
        "tags": [{"key": "team", "value": "mill"}],
    }  # fmt: skip
    found = {
        "family": "mill",
        "cpu": "512",
        "memory": "1024",
        "networkMode": "awsvpc",
        "executionRoleArn": ACCOUNT + "exec",
        "requiresCompatibilities": ["EC2", "FARGATE"],
        "containerDefinitions": [
            {"name": "router", "image": "bit:1", "cpu": 0, "user": "0", "essential": True, **FIRELENS, "healthCheck": {**CHECK, "interval": 30, "timeout": 5, "retries": 3}, "environment": []},
            {"name": "web", "image": "web:1", "cpu": 0, "essential": True, **ports({**PORT, "hostPort": 8080, "protocol": "tcp"}, {"containerPort": 443, "hostPort": 443, "protocol": "tcp"}), "environment": variables("A=1", "B=2"), "systemControls": []},
        ],
        "volumes": [{"name": "a", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "rootDirectory": "/"}}, {"name": "b", "host": {}}],
        "enableFaultInjection": False,
    }  # fmt: skip

    assert decide(desired, live(found)).action == "reuse"


def test_every_rule_stands_in_the_table_and_in_the_documentation() -> None:
    text = (ROOT / "docs" / "decision.md").read_text("utf-8")
    documented = set(re.findall(r"^\| ([A-Z]{1,2}\d{1,2}) \|", text, re.MULTILINE))
    tested = {rule for rule, *_ in ROWS} - {"tags", "new"}

    assert tested <= documented
    assert {each for each in documented - tested if not each.startswith("U")} == {"M2", "M3"}
