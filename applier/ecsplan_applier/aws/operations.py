"""The API operations that ecsplan calls, these and no others, with what each of their answers must have."""

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.answers import member, members
from ecsplan_applier.outcomes.errors import AwsError

_ITEMS: Final[dict[str, type]] = {
    "taskArns": str,
    "taskDefinitionArns": str,
    "tasks": dict,
    "events": dict,
    "Parameters": dict,
    "services": dict,
    "logGroups": dict,
    "clusterArns": str,
    "clusters": dict,
    "capacityProviders": dict,
    "EvaluationResults": dict,
    "FileSystems": dict,
    "MountTargets": dict,
    "AccessPoints": dict,
    "Schedules": dict,
    "serviceArns": str,
    "taskDefinitions": dict,
    "families": str,
    "EventBuses": dict,
    "Rules": dict,
    "Targets": dict,
    "images": dict,
    "pullThroughCacheRules": dict,
}
"""The lists that answers are required to have, and what is in them."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An API operation: its service, its name, and the name of the client's method.

    Attributes:
        service: The service, as boto3 names it.
        name: The operation, as the API names it.
        method: The method of boto3's client.
        answers: What each answer has, empty or not. An answer without it is not one of AWS's: a proxy, a
            login page and a truncated body all parse to an empty answer.
    """

    service: str
    name: str
    method: str
    answers: tuple[str, ...] = field(default=())

    def check(self, answer: object) -> None:
        """Check that an answer has what every answer of this operation has.

        Raises:
            AwsError: BAD_ANSWER, it has not; what the call did is not known.
        """
        if not isinstance(answer, Mapping):
            text = f"the answer is a {type(answer).__name__}, not a mapping"
            raise AwsError(self.name, AwsError.BAD_ANSWER, text)
        for name in self.answers:
            if name in _ITEMS:
                member(answer, name, list, self.name)
                members(answer, name, _ITEMS[name], self.name)
            else:
                # Two levels are enough: no answer is required to have anything deeper.
                outer, _, inner = name.partition(".")
                found = member(answer, outer, dict if inner else str, self.name)
                if inner and isinstance(found, dict):
                    member(found, inner, str, self.name)


_DEFINITION: Final = ("taskDefinition.taskDefinitionArn",)

DESCRIBE_TASK_DEFINITION: Final = Operation(
    "ecs", "DescribeTaskDefinition", "describe_task_definition", _DEFINITION
)
LIST_TASK_DEFINITIONS: Final = Operation(
    "ecs", "ListTaskDefinitions", "list_task_definitions", ("taskDefinitionArns",)
)
REGISTER_TASK_DEFINITION: Final = Operation(
    "ecs", "RegisterTaskDefinition", "register_task_definition", _DEFINITION
)
DEREGISTER_TASK_DEFINITION: Final = Operation(
    "ecs", "DeregisterTaskDefinition", "deregister_task_definition", _DEFINITION
)
TAG_RESOURCE: Final = Operation("ecs", "TagResource", "tag_resource")
RUN_TASK: Final = Operation("ecs", "RunTask", "run_task", ("tasks",))
LIST_TASKS: Final = Operation("ecs", "ListTasks", "list_tasks", ("taskArns",))
DESCRIBE_TASKS: Final = Operation("ecs", "DescribeTasks", "describe_tasks", ("tasks",))
STOP_TASK: Final = Operation("ecs", "StopTask", "stop_task", ("task.taskArn",))
EXECUTE_COMMAND: Final = Operation(
    "ecs",
    "ExecuteCommand",
    "execute_command",
    ("session.sessionId", "session.streamUrl", "session.tokenValue"),
)
GET_LOG_EVENTS: Final = Operation("logs", "GetLogEvents", "get_log_events", ("events",))
DESCRIBE_LOG_GROUPS: Final = Operation("logs", "DescribeLogGroups", "describe_log_groups", ("logGroups",))
PUT_RETENTION_POLICY: Final = Operation("logs", "PutRetentionPolicy", "put_retention_policy")
GET_CALLER_IDENTITY: Final = Operation("sts", "GetCallerIdentity", "get_caller_identity", ("Account",))
DESCRIBE_VPCS: Final = Operation("ec2", "DescribeVpcs", "describe_vpcs")
DESCRIBE_SUBNETS: Final = Operation("ec2", "DescribeSubnets", "describe_subnets")
DESCRIBE_SECURITY_GROUPS: Final = Operation("ec2", "DescribeSecurityGroups", "describe_security_groups")
DESCRIBE_NETWORK_INTERFACES: Final = Operation(
    "ec2", "DescribeNetworkInterfaces", "describe_network_interfaces"
)
GET_PARAMETERS: Final = Operation("ssm", "GetParameters", "get_parameters", ("Parameters",))
DESCRIBE_PARAMETERS: Final = Operation("ssm", "DescribeParameters", "describe_parameters")
DESCRIBE_STACKS: Final = Operation("cloudformation", "DescribeStacks", "describe_stacks")
LIST_STACKS: Final = Operation("cloudformation", "ListStacks", "list_stacks")
LIST_EXPORTS: Final = Operation("cloudformation", "ListExports", "list_exports")
DESCRIBE_SERVICES: Final = Operation("ecs", "DescribeServices", "describe_services", ("services",))
LIST_SERVICES: Final = Operation("ecs", "ListServices", "list_services", ("serviceArns",))
LIST_CLUSTERS: Final = Operation("ecs", "ListClusters", "list_clusters", ("clusterArns",))
BATCH_GET_IMAGE: Final = Operation("ecr", "BatchGetImage", "batch_get_image", ("images",))
GET_DOWNLOAD_URL_FOR_LAYER: Final = Operation(
    "ecr", "GetDownloadUrlForLayer", "get_download_url_for_layer", ("downloadUrl",)
)
DESCRIBE_CACHE_RULES: Final = Operation(
    "ecr",
    "DescribePullThroughCacheRules",
    "describe_pull_through_cache_rules",
    ("pullThroughCacheRules",),
)
GET_OBJECT: Final = Operation("s3", "GetObject", "get_object", ("Body", "ETag"))
PUT_OBJECT: Final = Operation("s3", "PutObject", "put_object", ("ETag",))
LIST_OBJECTS: Final = Operation("s3", "ListObjectsV2", "list_objects_v2")

DESCRIBE_CLUSTERS: Final = Operation("ecs", "DescribeClusters", "describe_clusters", ("clusters",))
DESCRIBE_CAPACITY_PROVIDERS: Final = Operation(
    "ecs", "DescribeCapacityProviders", "describe_capacity_providers", ("capacityProviders",)
)
GET_ROLE: Final = Operation("iam", "GetRole", "get_role", ("Role.Arn",))
SIMULATE_PRINCIPAL_POLICY: Final = Operation(
    "iam", "SimulatePrincipalPolicy", "simulate_principal_policy", ("EvaluationResults",)
)
DESCRIBE_SECRET: Final = Operation("secretsmanager", "DescribeSecret", "describe_secret", ("ARN",))
GET_SERVICE_QUOTA: Final = Operation("service-quotas", "GetServiceQuota", "get_service_quota")
DESCRIBE_ROUTE_TABLES: Final = Operation("ec2", "DescribeRouteTables", "describe_route_tables")
DESCRIBE_NAT_GATEWAYS: Final = Operation("ec2", "DescribeNatGateways", "describe_nat_gateways")
DESCRIBE_VPC_ENDPOINTS: Final = Operation("ec2", "DescribeVpcEndpoints", "describe_vpc_endpoints")
DESCRIBE_FILE_SYSTEMS: Final = Operation(
    "efs", "DescribeFileSystems", "describe_file_systems", ("FileSystems",)
)
DESCRIBE_MOUNT_TARGETS: Final = Operation(
    "efs", "DescribeMountTargets", "describe_mount_targets", ("MountTargets",)
)
DESCRIBE_ACCESS_POINTS: Final = Operation(
    "efs", "DescribeAccessPoints", "describe_access_points", ("AccessPoints",)
)
GET_SCHEDULE: Final = Operation("scheduler", "GetSchedule", "get_schedule", ("Name", "Target.Arn"))
LIST_SCHEDULES: Final = Operation("scheduler", "ListSchedules", "list_schedules", ("Schedules",))
CREATE_SCHEDULE: Final = Operation("scheduler", "CreateSchedule", "create_schedule", ("ScheduleArn",))
UPDATE_SCHEDULE: Final = Operation("scheduler", "UpdateSchedule", "update_schedule", ("ScheduleArn",))
DELETE_SCHEDULE: Final = Operation("scheduler", "DeleteSchedule", "delete_schedule")
GET_SCHEDULE_GROUP: Final = Operation("scheduler", "GetScheduleGroup", "get_schedule_group", ("Name",))
CREATE_SCHEDULE_GROUP: Final = Operation(
    "scheduler", "CreateScheduleGroup", "create_schedule_group", ("ScheduleGroupArn",)
)
GET_QUEUE_URL: Final = Operation("sqs", "GetQueueUrl", "get_queue_url", ("QueueUrl",))
LIST_FAMILIES: Final = Operation(
    "ecs", "ListTaskDefinitionFamilies", "list_task_definition_families", ("families",)
)
DELETE_TASK_DEFINITIONS: Final = Operation(
    "ecs", "DeleteTaskDefinitions", "delete_task_definitions", ("taskDefinitions",)
)
LIST_EVENT_BUSES: Final = Operation("events", "ListEventBuses", "list_event_buses", ("EventBuses",))
LIST_RULES: Final = Operation("events", "ListRules", "list_rules", ("Rules",))
LIST_TARGETS: Final = Operation("events", "ListTargetsByRule", "list_targets_by_rule", ("Targets",))
