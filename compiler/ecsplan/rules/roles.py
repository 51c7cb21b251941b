"""Rules about IAM roles: features that require one."""

from collections.abc import Iterator

from ecsplan.draft.attribution import logs_key
from ecsplan.draft.draft import Draft
from ecsplan.rules.already_reported import is_key_reported, is_reported
from ecsplan.rules.capacity import containers_on_fargate, is_for
from ecsplan.rules.logs import logging_through
from ecsplan.rules.views import containers_of, definition_of, named, run_of, volumes_of
from ecsplan.terms.diagnostic import Diagnostic, Location, error, error_if_refused, warning
from ecsplan.terms.image_names import is_in_ecr

_WRITE_EXECUTION_ROLE = "add `execution_role_arn: arn:aws:iam::ACCOUNT:role/NAME`"
_WRITE_TASK_ROLE = "add `task_role_arn: arn:aws:iam::ACCOUNT:role/NAME`"


def secrets_execution_role(draft: Draft) -> Iterator[Diagnostic]:
    """Secrets require an execution role, with which ECS reads them.

    Refused: RegisterTaskDefinition ("When you are specifying container secrets, you must also specify a value
    for 'executionRoleArn'."; fabfuel/ecs-deploy#87). Secrets of a log driver are a warning.
    Source: ECS developer guide, task execution role.

    Example:
        image: alpine
        secrets: {DB_PASSWORD: "arn:aws:ssm:eu-west-1:111122223333:parameter/db"}
    """
    for place, message in _asking_for_role(draft, "secrets"):
        yield error("secrets-execution-role", place, message, help=_WRITE_EXECUTION_ROLE)
    for place, message in _asking_for_role(draft, "secretOptions", within="logConfiguration"):
        yield warning("secrets-execution-role", place, message, help=_WRITE_EXECUTION_ROLE)


def logs_execution_role(draft: Draft) -> Iterator[Diagnostic]:
    """Logs in CloudWatch require an execution role, with which they are sent.

    This applies to logs that ecsplan sets up, and to every awslogs container on Fargate and on external
    instances; EC2 instances have a role of their own.
    Refused: RegisterTaskDefinition ("Fargate requires task definition to have execution role ARN to support
    log driver awslogs."; badmintoncryer/cdk-preflight pf-ecs-fargate-execution-role-missing-awslogs, deployed
    on AWS). Logs that ecsplan sets up are refused by ecsplan; on external instances it is a warning.
    Source: ECS developer guide, task execution role.

    Example:
        image: alpine
        configure_cloudwatch_logs: true
    """
    if _has_execution_role(draft):
        return
    if draft.job.configure_logs:
        key = logs_key(draft.job)
        message = f"{key} requires an execution role to send the logs"
        yield error("logs-execution-role", draft.at(f"/{key}", key=True), message, help=_WRITE_EXECUTION_ROLE)
        return
    for each, logging in logging_through(draft, "awslogs"):
        # External instances are not in AWS and have no instance profile.
        if is_for(draft, "FARGATE") or is_for(draft, "EXTERNAL"):
            yield error_if_refused(
                "logs-execution-role",
                draft.in_definition(logging.at("logDriver")),
                f"{named(each)} logs through awslogs, which requires an execution role",
                refused=is_for(draft, "FARGATE"),
                help=_WRITE_EXECUTION_ROLE,
            )


def registry_execution_role(draft: Draft) -> Iterator[Diagnostic]:
    """Credentials of a private registry require an execution role, with which ECS reads them.

    Refused: RegisterTaskDefinition ("Private repository authentication requires that the task definition
    specify a value for executionRoleArn."; sil-org/ecs-deploy#188).
    Source: ECS developer guide, task execution role.

    Example:
        image: registry.example.com/etl:1
        task_definition:
          containerDefinitions:
            - {name: main, repositoryCredentials: {credentialsParameter: registry}}
    """
    for place, message in _asking_for_role(draft, "repositoryCredentials"):
        yield error("registry-execution-role", place, message, help=_WRITE_EXECUTION_ROLE)


def ecr_execution_role(draft: Draft) -> Iterator[Diagnostic]:
    """On Fargate, images in a private ECR repository require an execution role, with which they are pulled.

    Refused: RegisterTaskDefinition ("Fargate requires task definition to have execution role ARN to support
    ECR images."; seen by users of RegisterTaskDefinition).
    Source: ECS developer guide, task execution role.

    Example:
        image: 111122223333.dkr.ecr.eu-west-1.amazonaws.com/etl:1
    """
    for each in containers_on_fargate(draft) if not _has_execution_role(draft) else ():
        if is_in_ecr(each.text("image") or ""):
            yield error(
                "ecr-execution-role",
                draft.in_definition(each.at("image")),
                "on Fargate, an image in ECR requires an execution role",
                help=_WRITE_EXECUTION_ROLE,
            )


def files_execution_role(draft: Draft) -> Iterator[Diagnostic]:
    """Environment files require an execution role, with which ECS reads them from S3.

    Source: ECS developer guide, passing environment variables in files.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, environmentFiles: [{type: s3, value: "arn:aws:s3:::settings/prod.env"}]}
    """
    for place, message in _asking_for_role(draft, "environmentFiles"):
        yield warning("files-execution-role", place, message, help=_WRITE_EXECUTION_ROLE)


def execute_command_task_role(draft: Draft) -> Iterator[Diagnostic]:
    """`enable_execute_command` requires a task role.

    Refused: RunTask ("The task couldn't be run because a valid taskRoleArn is not being used."; ECS developer
    guide, ECS Exec).
    Source: botocore ecs model, RunTask.enableExecuteCommand.

    Example:
        image: alpine
        enable_execute_command: true
    """
    if run_of(draft).has("enableExecuteCommand") and not _has_task_role(draft):
        yield error(
            "execute-command-task-role",
            draft.in_run("/enableExecuteCommand"),
            "enable_execute_command requires a task role",
            help=_WRITE_TASK_ROLE,
        )


def files_task_role(draft: Draft) -> Iterator[Diagnostic]:
    """An S3 Files volume requires a task role, with which it is mounted.

    Source: botocore ecs model, S3FilesVolumeConfiguration.

    Example:
        image: alpine
        task_definition:
          volumes:
            - name: data
              s3filesVolumeConfiguration:
                fileSystemArn: arn:aws:s3files:eu-west-1:111122223333:file-system/fs-0a1b2c3d
    """
    for volume in volumes_of(draft):
        if volume.has("s3filesVolumeConfiguration") and not _has_task_role(draft):
            yield warning(
                "files-task-role",
                _key_of(draft, volume.at("s3filesVolumeConfiguration")),
                "an S3 Files volume requires a task role",
                help=_WRITE_TASK_ROLE,
            )


def efs_task_role(draft: Draft) -> Iterator[Diagnostic]:
    """An EFS volume with IAM authorization requires a task role, with which it is mounted.

    Source: botocore ecs model, EFSAuthorizationConfig.iam.

    Example:
        image: alpine
        task_definition:
          volumes:
            - name: data
              efsVolumeConfiguration:
                fileSystemId: fs-0a1b2c3d
                transitEncryption: ENABLED
                authorizationConfig: {iam: ENABLED}
    """
    for volume in volumes_of(draft):
        authorization = volume.mapping("efsVolumeConfiguration").mapping("authorizationConfig")
        if authorization.text("iam") == "ENABLED" and not _has_task_role(draft):
            yield warning(
                "efs-task-role",
                draft.in_definition(authorization.at("iam")),
                "IAM authorization of EFS requires a task role",
                help=_WRITE_TASK_ROLE,
            )


def _asking_for_role(
    draft: Draft, member: str, *, within: str | None = None
) -> Iterator[tuple[Location, str]]:
    """Yield the place and the message of each member that requires an execution role where there is none."""
    for each in containers_of(draft) if not _has_execution_role(draft) else ():
        holder = each if within is None else each.mapping(within)
        if holder.has(member):
            yield (
                _key_of(draft, holder.at(member)),
                f"the {member} of {named(each)} require an execution role",
            )


def _has_execution_role(draft: Draft) -> bool:
    return _has_role(draft, "executionRoleArn", "execution_role_arn")


def _has_task_role(draft: Draft) -> bool:
    return _has_role(draft, "taskRoleArn", "task_role_arn")


def _has_role(draft: Draft, member: str, key: str) -> bool:
    """Return whether there is a role, or may be one: in an unknown definition, or in a refused value."""
    if definition_of(draft).has(member) or run_of(draft).mapping("overrides").has(member):
        return True
    return not draft.known or is_key_reported(draft, key) or is_reported(draft, definition_of(draft), member)


def _key_of(draft: Draft, pointer: str) -> Location:
    """Return the place of the key of a member of the definition."""
    # The container's secrets are those of the key `secrets`, and maybe further ones of the definition.
    if pointer.endswith("/secrets") and draft.job.secrets:
        return draft.at("/secrets", key=True)
    return draft.in_definition(pointer, key=True)
