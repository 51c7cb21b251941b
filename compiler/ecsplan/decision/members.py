"""The members of RegisterTaskDefinition, and what ECS does to each of them: the rules of a decision as data.

The letters and numbers in comments (C1, P4, …) are the rules of `docs/decision.md`, which gives the
source of each. What no rule names is compared as it was given.
"""

from ecsplan.decision.member_kinds import Data, Leaf, Sequence, Struct, Unordered

TEXT = Leaf()
WORD = Leaf(nothing=frozenset())
"""Text of which the empty string is a value: an argument, a variable's value (C6)."""
WHOLE = Leaf("whole")
"""A number whose zero is a value: maxSwap, swappiness, stopTimeout, an exit code (L3, X1)."""
COUNT = Leaf("whole", nothing=frozenset({"", 0}))
"""A number whose zero asks for nothing: no limit, a port not chosen, a grace period of no time."""
FLAG = Leaf("flag", nothing=frozenset({"", False}))
"""A setting that acts only when true (B1, V9, T12)."""
CHOICE = Leaf("flag")
"""A setting whose false is not the same as leaving it out (V7, and initProcessEnabled)."""
DATA = Data()
WORDS = Sequence(WORD)
SET = Unordered(WORD)


def _default(value: str | int | bool) -> Leaf:
    if isinstance(value, bool):
        return Leaf("flag", default=value)
    return Leaf("whole" if isinstance(value, int) else "text", default=value)


SECRETS = Unordered(Struct({"name": WORD, "valueFrom": WORD}), ("name",), "valueFrom")

PORT_MAPPING = Struct(
    {
        "containerPort": COUNT,
        "hostPort": COUNT,  # P2-P4: the default depends on the network mode
        "protocol": _default("tcp"),  # P1
        "name": TEXT,
        "appProtocol": TEXT,
        "containerPortRange": TEXT,
    }
)

PORT_MAPPINGS = Unordered(PORT_MAPPING, ("containerPort", "containerPortRange", "protocol"))  # O2

LINUX_PARAMETERS = Struct(
    {
        "capabilities": Struct({"add": SET, "drop": SET}),  # L1, L2
        "devices": Unordered(
            Struct({"hostPath": TEXT, "containerPath": TEXT, "permissions": SET}),
            ("hostPath", "containerPath"),
        ),
        "initProcessEnabled": CHOICE,
        "sharedMemorySize": COUNT,
        "tmpfs": Unordered(
            Struct({"containerPath": TEXT, "size": WHOLE, "mountOptions": WORDS}), ("containerPath",)
        ),
        "maxSwap": WHOLE,  # L3
        "swappiness": WHOLE,  # L3
    }
)

RESOURCE_REQUIREMENT = Struct(
    {
        "type": TEXT,
        "value": TEXT,  # G1
        "sharingStrategy": Struct({"nvidiaMps": Struct({"memory": WHOLE, "maxComputePercent": COUNT})}),
    }
)

CONTAINER = Struct(
    {
        "name": TEXT,
        "image": TEXT,
        "repositoryCredentials": Struct({"credentialsParameter": TEXT}),
        "cpu": _default(0),  # C3
        "memory": COUNT,
        "memoryReservation": COUNT,
        "links": SET,  # O4
        "portMappings": PORT_MAPPINGS,
        "essential": _default(True),  # C1
        "restartPolicy": Struct(
            {
                "enabled": FLAG,
                "ignoredExitCodes": Unordered(WHOLE),  # R1, O6
                "restartAttemptPeriod": _default(300),  # R1
            }
        ),
        "entryPoint": WORDS,  # N1
        "command": WORDS,  # N1
        "environment": Unordered(
            Struct({"name": WORD, "value": WORD}, required="value"),  # E3
            ("name",),
            "value",
            last_wins=True,
        ),  # E1
        "environmentFiles": Sequence(Struct({"value": TEXT, "type": TEXT})),  # EF1
        "mountPoints": Unordered(
            Struct({"sourceVolume": TEXT, "containerPath": TEXT, "readOnly": FLAG}), ("containerPath",)
        ),
        "volumesFrom": Unordered(
            Struct({"sourceContainer": TEXT, "readOnly": FLAG}), ("sourceContainer",)
        ),  # O3
        "linuxParameters": LINUX_PARAMETERS,
        "secrets": SECRETS,  # S1
        "dependsOn": Unordered(
            Struct({"containerName": TEXT, "condition": TEXT}), ("containerName",), "condition"
        ),
        "startTimeout": WHOLE,  # X1
        "stopTimeout": WHOLE,  # X1
        "versionConsistency": _default("enabled"),  # VC1
        "hostname": TEXT,
        "user": TEXT,  # F2; F1 is applied to the container
        "workingDirectory": TEXT,
        "disableNetworking": FLAG,
        "privileged": FLAG,
        "readonlyRootFilesystem": FLAG,
        "dnsServers": WORDS,  # N1
        "dnsSearchDomains": WORDS,  # N1
        "extraHosts": Sequence(Struct({"hostname": TEXT, "ipAddress": TEXT})),
        "dockerSecurityOptions": WORDS,
        "interactive": FLAG,
        "pseudoTerminal": FLAG,
        "dockerLabels": DATA,
        "ulimits": Unordered(Struct({"name": TEXT, "softLimit": WHOLE, "hardLimit": WHOLE}), ("name",)),
        "logConfiguration": Struct({"logDriver": TEXT, "options": DATA, "secretOptions": SECRETS}),  # LG1
        "healthCheck": Struct(
            {
                "command": WORDS,  # N1
                "interval": _default(30),  # H1
                "timeout": _default(5),  # H1
                "retries": _default(3),  # H1
                "startPeriod": COUNT,
            }
        ),
        "systemControls": Unordered(Struct({"namespace": WORD, "value": WORD}), ("namespace",), "value"),
        "resourceRequirements": Unordered(RESOURCE_REQUIREMENT, ("type",)),
        "firelensConfiguration": Struct({"type": TEXT, "options": DATA}),
        "credentialSpecs": WORDS,
    }
)

VOLUME = Struct(
    {
        "name": TEXT,
        "host": Struct({"sourcePath": TEXT}),  # V1, V2
        "dockerVolumeConfiguration": Struct(
            {
                "scope": _default("task"),  # V6
                "autoprovision": CHOICE,  # V7
                "driver": _default("local"),
                "driverOpts": DATA,
                "labels": DATA,
            },
            defaults_count=True,
        ),
        "efsVolumeConfiguration": Struct(
            {
                "fileSystemId": TEXT,
                "rootDirectory": _default("/"),  # V3
                "transitEncryption": _default("DISABLED"),  # V4
                "transitEncryptionPort": COUNT,
                "authorizationConfig": Struct(
                    {"accessPointId": TEXT, "iam": Leaf(nothing=frozenset({"", "DISABLED"}))}  # V4
                ),
            }
        ),
        "s3filesVolumeConfiguration": Struct(
            {
                "fileSystemArn": TEXT,
                "rootDirectory": _default("/"),  # V3
                "transitEncryptionPort": COUNT,
                "accessPointArn": TEXT,
            }
        ),
        "fsxWindowsFileServerVolumeConfiguration": Struct(  # V8
            {
                "fileSystemId": TEXT,
                "rootDirectory": TEXT,
                "authorizationConfig": Struct({"credentialsParameter": TEXT, "domain": TEXT}),
            }
        ),
        "configuredAtLaunch": FLAG,  # V9
    }
)

TASK_DEFINITION = Struct(
    {
        "family": TEXT,
        "taskRoleArn": TEXT,  # T5 is applied to the whole document
        "executionRoleArn": TEXT,
        "networkMode": TEXT,  # T3 is applied to the whole document
        "containerDefinitions": Unordered(CONTAINER, ("name",)),  # O1
        "volumes": Unordered(VOLUME, ("name",)),
        "placementConstraints": Unordered(Struct({"type": TEXT, "expression": TEXT}), ("expression",)),
        "requiresCompatibilities": SET,  # O5, T7
        "cpu": Leaf("cpu_units"),  # T1
        "memory": Leaf("memory_mib"),  # T2
        "pidMode": TEXT,
        "ipcMode": TEXT,
        "proxyConfiguration": Struct(
            {
                "type": _default("APPMESH"),  # T13
                "containerName": TEXT,
                "properties": Unordered(Struct({"name": WORD, "value": WORD}), ("name",), "value"),  # T14
            }
        ),
        "inferenceAccelerators": Unordered(
            Struct({"deviceName": TEXT, "deviceType": TEXT}), ("deviceName",), "deviceType"
        ),
        "ephemeralStorage": Struct({"sizeInGiB": COUNT}),  # T9
        "runtimePlatform": Struct({"cpuArchitecture": TEXT, "operatingSystemFamily": TEXT}),  # T8
        "enableFaultInjection": FLAG,  # T12
        "trustedExecutionConfiguration": Struct(
            {"isolationMode": Leaf(nothing=frozenset({"", "SHARED"})), "attestationPolicy": TEXT}
        ),
    }
)

OUTPUT_ONLY = frozenset(
    {
        "taskDefinitionArn",
        "revision",
        "status",
        "requiresAttributes",
        "compatibilities",
        "registeredAt",
        "registeredBy",
        "deregisteredAt",
        "deleteRequestedAt",
    }
)
"""Members that DescribeTaskDefinition returns and RegisterTaskDefinition refuses (M1)."""

NOT_COMPARED = OUTPUT_ONLY | {"tags"}
"""What says nothing about a revision: what only Describe returns, and tags, which change without one."""
