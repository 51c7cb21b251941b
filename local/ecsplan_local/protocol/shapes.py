"""The input shapes of the operations, according to botocore's service models.

Required members are not marked where the operation reports a missing one with a message of its own.
"""

from ecsplan_local.protocol.inputs import MapOf, OneOf, Shape

_COMPATIBILITY = OneOf(("EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"))
_ENABLED = OneOf(("ENABLED", "DISABLED"))
_STRINGS = [str]
_PAIR = {"name": str, "value": str}
_TAGS = [{"key": str, "value": str}]
_SECRETS = [{"name!": str, "valueFrom!": str}]
_STRATEGY = [{"capacityProvider!": str, "weight": int, "base": int}]
_STORAGE = {"sizeInGiB!": int}
_ENVIRONMENT_FILES = [{"value!": str, "type!": OneOf(("s3",))}]
_GPU_SHARING = {"nvidiaMps": {"memory!": int, "maxComputePercent": int}}
_RESOURCES = [
    {
        "value": str,
        "type!": OneOf(("GPU", "InferenceAccelerator", "NeuronDevice")),
        "sharingStrategy": _GPU_SHARING,
    }
]
_ULIMITS = (
    *("core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc"),
    *("rss", "rtprio", "rttime", "sigpending", "stack"),
)
_LOG_DRIVERS = ("json-file", "syslog", "journald", "gelf", "fluentd", "awslogs", "splunk", "awsfirelens")

_LINUX = {
    "capabilities": {"add": _STRINGS, "drop": _STRINGS},
    "devices": [{"hostPath!": str, "containerPath": str, "permissions": [OneOf(("read", "write", "mknod"))]}],
    "initProcessEnabled": bool,
    "sharedMemorySize": int,
    "tmpfs": [{"containerPath!": str, "size!": int, "mountOptions": _STRINGS}],
    "maxSwap": int,
    "swappiness": int,
}

_CONTAINER: dict[str, Shape] = {
    "name": str,
    "image": str,
    "repositoryCredentials": {"credentialsParameter!": str},
    "cpu": int,
    "memory": int,
    "memoryReservation": int,
    "links": _STRINGS,
    "portMappings": [
        {
            "containerPort": int,
            "hostPort": int,
            "protocol": OneOf(("tcp", "udp")),
            "name": str,
            "appProtocol": OneOf(("http", "http2", "grpc")),
            "containerPortRange": str,
        }
    ],
    "essential": bool,
    "restartPolicy": {"enabled!": bool, "ignoredExitCodes": [int], "restartAttemptPeriod": int},
    "entryPoint": _STRINGS,
    "command": _STRINGS,
    "environment": [_PAIR],
    "environmentFiles": _ENVIRONMENT_FILES,
    "mountPoints": [{"sourceVolume": str, "containerPath": str, "readOnly": bool}],
    "volumesFrom": [{"sourceContainer": str, "readOnly": bool}],
    "linuxParameters": _LINUX,
    "secrets": _SECRETS,
    "dependsOn": [{"containerName!": str, "condition!": OneOf(("START", "COMPLETE", "SUCCESS", "HEALTHY"))}],
    "startTimeout": int,
    "stopTimeout": int,
    "versionConsistency": OneOf(("enabled", "disabled")),
    "hostname": str,
    "user": str,
    "workingDirectory": str,
    "disableNetworking": bool,
    "privileged": bool,
    "readonlyRootFilesystem": bool,
    "dnsServers": _STRINGS,
    "dnsSearchDomains": _STRINGS,
    "extraHosts": [{"hostname!": str, "ipAddress!": str}],
    "dockerSecurityOptions": _STRINGS,
    "interactive": bool,
    "pseudoTerminal": bool,
    "dockerLabels": MapOf(str),
    "ulimits": [{"name!": OneOf(_ULIMITS), "softLimit!": int, "hardLimit!": int}],
    "logConfiguration": {
        "logDriver!": OneOf(_LOG_DRIVERS),
        "options": MapOf(str),
        "secretOptions": _SECRETS,
    },
    "healthCheck": {
        "command!": _STRINGS,
        "interval": int,
        "timeout": int,
        "retries": int,
        "startPeriod": int,
    },
    "systemControls": [{"namespace": str, "value": str}],
    "resourceRequirements": _RESOURCES,
    "firelensConfiguration": {"type!": OneOf(("fluentd", "fluentbit")), "options": MapOf(str)},
    "credentialSpecs": _STRINGS,
}

_VOLUME = {
    "name": str,
    "host": {"sourcePath": str},
    "dockerVolumeConfiguration": {
        "scope": OneOf(("task", "shared")),
        "autoprovision": bool,
        "driver": str,
        "driverOpts": MapOf(str),
        "labels": MapOf(str),
    },
    "efsVolumeConfiguration": {
        "fileSystemId!": str,
        "rootDirectory": str,
        "transitEncryption": _ENABLED,
        "transitEncryptionPort": int,
        "authorizationConfig": {"accessPointId": str, "iam": _ENABLED},
    },
    "s3filesVolumeConfiguration": {
        "fileSystemArn!": str,
        "rootDirectory": str,
        "transitEncryptionPort": int,
        "accessPointArn": str,
    },
    "fsxWindowsFileServerVolumeConfiguration": {
        "fileSystemId!": str,
        "rootDirectory!": str,
        "authorizationConfig!": {"credentialsParameter!": str, "domain!": str},
    },
    "configuredAtLaunch": bool,
}

_WINDOWS = ("2019_FULL", "2019_CORE", "2016_FULL", "2004_CORE", "2022_CORE", "2022_FULL")
_SYSTEMS = (
    *(f"WINDOWS_SERVER_{each}" for each in (*_WINDOWS, "2025_CORE", "2025_FULL", "20H2_CORE")),
    "LINUX",
)
_ISOLATIONS = ("SHARED", "ISOLATED_SANDBOX", "CONFIDENTIAL_SANDBOX")

REGISTER_TASK_DEFINITION: dict[str, Shape] = {
    "family": str,
    "taskRoleArn": str,
    "executionRoleArn": str,
    "networkMode": OneOf(("bridge", "host", "awsvpc", "none", "default")),
    "containerDefinitions": [_CONTAINER],
    "volumes": [_VOLUME],
    "placementConstraints": [{"type": OneOf(("memberOf",)), "expression": str}],
    "requiresCompatibilities": [_COMPATIBILITY],
    "cpu": str,
    "memory": str,
    "tags": _TAGS,
    "pidMode": OneOf(("host", "task")),
    "ipcMode": OneOf(("host", "task", "none")),
    "proxyConfiguration": {"type": OneOf(("APPMESH",)), "containerName!": str, "properties": [_PAIR]},
    "inferenceAccelerators": [{"deviceName!": str, "deviceType!": str}],
    "ephemeralStorage": _STORAGE,
    "runtimePlatform": {
        "cpuArchitecture": OneOf(("X86_64", "ARM64")),
        "operatingSystemFamily": OneOf(_SYSTEMS),
    },
    "enableFaultInjection": bool,
    "trustedExecutionConfiguration": {"isolationMode!": OneOf(_ISOLATIONS), "attestationPolicy": str},
}

_OVERRIDE = {
    "name": str,
    "command": _STRINGS,
    "environment": [_PAIR],
    "environmentFiles": _ENVIRONMENT_FILES,
    "cpu": int,
    "memory": int,
    "memoryReservation": int,
    "resourceRequirements": _RESOURCES,
}

_PROPAGATE = OneOf(("TASK_DEFINITION", "SERVICE", "NONE"))

_EBS = {
    "encrypted": bool,
    "kmsKeyId": str,
    "volumeType": str,
    "sizeInGiB": int,
    "snapshotId": str,
    "volumeInitializationRate": int,
    "iops": int,
    "throughput": int,
    "tagSpecifications": [{"resourceType!": OneOf(("volume",)), "tags": _TAGS, "propagateTags": _PROPAGATE}],
    "roleArn!": str,
    "terminationPolicy": {"deleteOnTermination!": bool},
    "filesystemType": OneOf(("ext3", "ext4", "xfs", "ntfs")),
}

_NETWORK = {
    "awsvpcConfiguration": {
        "subnets!": _STRINGS,
        "securityGroups": _STRINGS,
        "assignPublicIp": _ENABLED,
    }
}
_CONSTRAINTS = [{"type": OneOf(("distinctInstance", "memberOf")), "expression": str}]
_PLACEMENT = [{"type": OneOf(("random", "spread", "binpack")), "field": str}]

RUN_TASK: dict[str, Shape] = {
    "capacityProviderStrategy": _STRATEGY,
    "cluster": str,
    "count": int,
    "enableECSManagedTags": bool,
    "enableExecuteCommand": bool,
    "group": str,
    "launchType": _COMPATIBILITY,
    "networkConfiguration": _NETWORK,
    "overrides": {
        "containerOverrides": [_OVERRIDE],
        "cpu": str,
        "inferenceAcceleratorOverrides": [{"deviceName": str, "deviceType": str}],
        "executionRoleArn": str,
        "memory": str,
        "taskRoleArn": str,
        "ephemeralStorage": _STORAGE,
    },
    "placementConstraints": _CONSTRAINTS,
    "placementStrategy": _PLACEMENT,
    "platformVersion": str,
    "propagateTags": _PROPAGATE,
    "referenceId": str,
    "startedBy": str,
    "tags": _TAGS,
    "taskDefinition": str,
    "clientToken": str,
    "volumeConfigurations": [{"name!": str, "managedEBSVolume": _EBS}],
}

_ANYTHING = MapOf(object)
"""A structure that no operation here reads."""

_SCHEDULING = OneOf(("REPLICA", "DAEMON"))

_SERVICE: dict[str, Shape] = {
    "cluster": str,
    "taskDefinition": str,
    "availabilityZoneRebalancing": _ENABLED,
    "loadBalancers": [_ANYTHING],
    "serviceRegistries": [_ANYTHING],
    "desiredCount": int,
    "capacityProviderStrategy": _STRATEGY,
    "platformVersion": str,
    "deploymentConfiguration": _ANYTHING,
    "placementConstraints": _CONSTRAINTS,
    "placementStrategy": _PLACEMENT,
    "networkConfiguration": _NETWORK,
    "healthCheckGracePeriodSeconds": int,
    "deploymentController": {"type!": OneOf(("ECS", "CODE_DEPLOY", "EXTERNAL"))},
    "enableECSManagedTags": bool,
    "propagateTags": _PROPAGATE,
    "enableExecuteCommand": bool,
    "serviceConnectConfiguration": _ANYTHING,
    "volumeConfigurations": [
        {
            "name!": str,
            "managedEBSVolume": {name: each for name, each in _EBS.items() if name != "terminationPolicy"},
        }
    ],
    "vpcLatticeConfigurations": [_ANYTHING],
    "gatewayConnectors": [_ANYTHING],
    "monitoring": _ANYTHING,
}
"""The members that CreateService and UpdateService share."""

_PAGE = {"nextToken": str, "maxResults": int}
_INCLUDE = _STRINGS

ECS: dict[str, Shape] = {
    "CreateCluster": {
        "clusterName": str,
        "tags": _TAGS,
        "settings": [_PAIR],
        "configuration": {
            "executeCommandConfiguration": MapOf(object),
            "managedStorageConfiguration": MapOf(object),
        },
        "capacityProviders": _STRINGS,
        "defaultCapacityProviderStrategy": _STRATEGY,
        "serviceConnectDefaults": {"namespace!": str},
    },
    "DeleteCluster": {"cluster!": str},
    "DescribeClusters": {"clusters": _STRINGS, "include": _INCLUDE},
    "ListClusters": _PAGE,
    "PutClusterCapacityProviders": {
        "cluster!": str,
        "capacityProviders!": _STRINGS,
        "defaultCapacityProviderStrategy!": _STRATEGY,
    },
    "RegisterTaskDefinition": REGISTER_TASK_DEFINITION,
    "DescribeTaskDefinition": {"taskDefinition": str, "include": _INCLUDE},
    "DeregisterTaskDefinition": {"taskDefinition": str},
    "DeleteTaskDefinitions": {"taskDefinitions": _STRINGS},
    "ListTaskDefinitions": {"familyPrefix": str, "status": str, "sort": str} | _PAGE,
    "ListTaskDefinitionFamilies": {"familyPrefix": str, "status": str} | _PAGE,
    "RunTask": RUN_TASK,
    "DescribeTasks": {"cluster": str, "tasks": _STRINGS, "include": _INCLUDE},
    "ListTasks": {
        "cluster": str,
        "containerInstance": str,
        "family": str,
        "startedBy": str,
        "serviceName": str,
        "desiredStatus": str,
        "launchType": _COMPATIBILITY,
        "daemonName": str,
    }
    | _PAGE,
    "StopTask": {"cluster": str, "task": str, "reason": str},
    "ExecuteCommand": {
        "cluster": str,
        "container": str,
        "command!": str,
        "interactive!": bool,
        "task!": str,
    },
    "CreateService": _SERVICE
    | {
        "serviceName": str,
        "clientToken": str,
        "launchType": _COMPATIBILITY,
        "role": str,
        "schedulingStrategy": _SCHEDULING,
        "tags": _TAGS,
    },
    "UpdateService": _SERVICE | {"service!": str, "forceNewDeployment": bool},
    "DescribeServices": {"cluster": str, "services": _STRINGS, "include": _INCLUDE},
    "ListServices": {
        "cluster": str,
        "launchType": _COMPATIBILITY,
        "schedulingStrategy": _SCHEDULING,
        "resourceManagementType": OneOf(("CUSTOMER", "ECS")),
    }
    | _PAGE,
    "DeleteService": {"cluster": str, "service!": str, "force": bool},
    "TagResource": {"resourceArn!": str, "tags": _TAGS},
    "UntagResource": {"resourceArn!": str, "tagKeys": _STRINGS},
    "ListTagsForResource": {"resourceArn!": str},
}

_GROUP = {"logGroupName": str}
_EITHER_GROUP = _GROUP | {"logGroupIdentifier": str}
_LOG_PAGE = {"nextToken": str, "limit": int}
_SPAN = {"startTime": int, "endTime": int, "startFromHead": bool, "unmask": bool}

LOGS: dict[str, Shape] = {
    "CreateLogGroup": _GROUP
    | {"kmsKeyId": str, "tags": MapOf(str), "logGroupClass": str, "deletionProtectionEnabled": bool},
    "CreateLogStream": _GROUP | {"logStreamName": str},
    "DeleteLogGroup": _GROUP,
    "DeleteLogStream": _GROUP | {"logStreamName": str},
    "ListTagsForResource": {"resourceArn!": str},
    "ListTagsLogGroup": {"logGroupName!": str},
    "PutRetentionPolicy": _GROUP | {"retentionInDays!": int},
    "DescribeLogGroups": {
        "accountIdentifiers": _STRINGS,
        "logGroupNamePrefix": str,
        "logGroupNamePattern": str,
        "includeLinkedAccounts": bool,
        "logGroupClass": str,
        "logGroupIdentifiers": _STRINGS,
    }
    | _LOG_PAGE,
    "DescribeLogStreams": _EITHER_GROUP
    | {"logStreamNamePrefix": str, "orderBy": OneOf(("LogStreamName", "LastEventTime")), "descending": bool}
    | _LOG_PAGE,
    "PutLogEvents": _GROUP
    | {
        "logStreamName": str,
        "logEvents": [{"timestamp!": int, "message!": str}],
        "sequenceToken": str,
        "entity": {"keyAttributes": MapOf(str), "attributes": MapOf(str)},
    },
    "GetLogEvents": _EITHER_GROUP | {"logStreamName": str} | _LOG_PAGE | _SPAN,
    "FilterLogEvents": _EITHER_GROUP
    | {"logStreamNames": _STRINGS, "logStreamNamePrefix": str, "filterPattern": str, "interleaved": bool}
    | _LOG_PAGE
    | _SPAN,
}

_SSM_TYPES = (
    *("Document", "ManagedInstance", "MaintenanceWindow", "Parameter", "PatchBaseline", "OpsItem"),
    *("OpsMetadata", "Automation", "Association", "CloudConnector"),
)

SSM: dict[str, Shape] = {
    "PutParameter": {
        "Name": str,
        "Description": str,
        "Value": str,
        "Type": OneOf(("String", "StringList", "SecureString")),
        "KeyId": str,
        "Overwrite": bool,
        "AllowedPattern": str,
        "Tags": [{"Key": str, "Value": str}],
        "Tier": str,
        "Policies": str,
        "DataType": str,
    },
    "GetParameter": {"Name": str, "WithDecryption": bool},
    "GetParameters": {"Names!": _STRINGS, "WithDecryption": bool},
    "DeleteParameter": {"Name": str},
    "DescribeParameters": {
        "Filters": [{"Key!": OneOf(("Name", "Type", "KeyId")), "Values!": _STRINGS}],
        "ParameterFilters": [{"Key!": str, "Option": str, "Values": _STRINGS}],
        "MaxResults": int,
        "NextToken": str,
        "Shared": bool,
    },
    "ListTagsForResource": {"ResourceType!": OneOf(_SSM_TYPES), "ResourceId!": str},
}

SECRETS_MANAGER: dict[str, Shape] = {
    "CreateSecret": {
        "Name": str,
        "ClientRequestToken": str,
        "Description": str,
        "KmsKeyId": str,
        "SecretString": str,
        "Tags": [{"Key": str, "Value": str}],
    },
    "PutSecretValue": {
        "SecretId!": str,
        "ClientRequestToken": str,
        "SecretString": str,
        "VersionStages": _STRINGS,
    },
    "GetSecretValue": {"SecretId!": str, "VersionId": str, "VersionStage": str},
    "DeleteSecret": {"SecretId!": str, "RecoveryWindowInDays": int, "ForceDeleteWithoutRecovery": bool},
}

SHAPES = {"ecs": ECS, "logs": LOGS, "ssm": SSM, "secretsmanager": SECRETS_MANAGER}
"""Service -> operation -> input shape."""
