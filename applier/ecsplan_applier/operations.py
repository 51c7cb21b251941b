"""The API operations that ecsplan calls: these, and no others."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Operation:
    """An API operation: its service, its name, and the name of the client's method."""

    service: str
    name: str
    method: str


DESCRIBE_TASK_DEFINITION: Final = Operation("ecs", "DescribeTaskDefinition", "describe_task_definition")
LIST_TASK_DEFINITIONS: Final = Operation("ecs", "ListTaskDefinitions", "list_task_definitions")
REGISTER_TASK_DEFINITION: Final = Operation("ecs", "RegisterTaskDefinition", "register_task_definition")
DEREGISTER_TASK_DEFINITION: Final = Operation("ecs", "DeregisterTaskDefinition", "deregister_task_definition")
TAG_RESOURCE: Final = Operation("ecs", "TagResource", "tag_resource")
RUN_TASK: Final = Operation("ecs", "RunTask", "run_task")
LIST_TASKS: Final = Operation("ecs", "ListTasks", "list_tasks")
DESCRIBE_TASKS: Final = Operation("ecs", "DescribeTasks", "describe_tasks")
STOP_TASK: Final = Operation("ecs", "StopTask", "stop_task")
GET_LOG_EVENTS: Final = Operation("logs", "GetLogEvents", "get_log_events")
GET_CALLER_IDENTITY: Final = Operation("sts", "GetCallerIdentity", "get_caller_identity")
DESCRIBE_VPCS: Final = Operation("ec2", "DescribeVpcs", "describe_vpcs")
DESCRIBE_SUBNETS: Final = Operation("ec2", "DescribeSubnets", "describe_subnets")
