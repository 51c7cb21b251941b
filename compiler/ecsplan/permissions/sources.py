"""The pages of AWS that the table of permissions rests on."""

from typing import Final

_REFERENCE: Final = "Service authorization reference, actions, resources, and condition keys for {}"
ECS_ACTIONS: Final = _REFERENCE.format("Amazon Elastic Container Service")
EC2_ACTIONS: Final = _REFERENCE.format("Amazon EC2")
SSM_ACTIONS: Final = _REFERENCE.format("AWS Systems Manager")
STACK_ACTIONS: Final = _REFERENCE.format("AWS CloudFormation")
LOGS_ACTIONS: Final = _REFERENCE.format("Amazon CloudWatch Logs")
S3_ACTIONS: Final = _REFERENCE.format("Amazon S3")
STS_ACTIONS: Final = _REFERENCE.format("AWS Security Token Service")

ECR_ACTIONS: Final = _REFERENCE.format("Amazon Elastic Container Registry")
EFS_ACTIONS: Final = _REFERENCE.format("Amazon Elastic File System")
EVENTS_ACTIONS: Final = _REFERENCE.format("Amazon EventBridge")
IAM_ACTIONS: Final = _REFERENCE.format("AWS Identity and Access Management (IAM)")
QUOTA_ACTIONS: Final = _REFERENCE.format("AWS Service Quotas")
SCHEDULER_ACTIONS: Final = _REFERENCE.format("Amazon EventBridge Scheduler")
SQS_ACTIONS: Final = _REFERENCE.format("Amazon SQS")
SECRET_ACTIONS: Final = _REFERENCE.format("AWS Secrets Manager")

LIST_TASKS_ERROR: Final = (
    "AWS's message where a cluster's tasks may not be listed, which names the resource `*` (ListTasks"
    " without a container instance)"
)
TAG_ON_CREATION: Final = "ECS developer guide, grant permission to tag resources on creation"
INFRASTRUCTURE_ROLE: Final = "ECS developer guide, Amazon ECS infrastructure IAM role"
ROLES_FOR_SERVICES: Final = "IAM user guide, grant a user permissions to pass a role to an AWS service"
PARAMETERS: Final = (
    "Systems Manager user guide, restricting access to Parameter Store parameters using IAM policies"
)
STACKS: Final = "CloudFormation API reference, DescribeStacks"
LOG_GROUP: Final = "CloudWatch Logs API reference, LogGroup (an ARN in a policy ends in `:*`)"
IDENTITY: Final = "STS API reference, GetCallerIdentity (no permissions are required)"
S3_OPERATIONS: Final = "S3 API reference, GetObject, PutObject and ListObjectsV2"
CONDITIONAL_WRITES: Final = "S3 user guide, how to prevent object overwrites with conditional writes"
