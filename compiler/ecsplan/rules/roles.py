"""Rules about IAM roles: what cannot work without one."""

import re
from collections.abc import Iterator

from ecsplan.draft.draft import Draft
from ecsplan.rules.already_reported import is_key_reported, is_reported
from ecsplan.rules.capacity import containers_on_fargate, is_for
from ecsplan.rules.logs import logging_through
from ecsplan.rules.views import containers_of, definition_of, named, run_of, volumes_of
from ecsplan.terms.diagnostic import Diagnostic, Location, error, error_if_refused, warning

_WRITE_EXECUTION_ROLE = "add `execution_role_arn: arn:aws:iam::ACCOUNT:role/NAME`"
_WRITE_TASK_ROLE = "add `task_role_arn: arn:aws:iam::ACCOUNT:role/NAME`"
_ECR = re.compile(r"[0-9]{12}\.dkr[.-]ecr[.-].*")


def secrets_execution_role(draft: Draft) -> Iterator[Diagnostic]:
    """Secrets are read with an execution role.

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
    """Logs are sent to CloudWatch with an execution role.

    It is needed where ecsplan sets the logs up, and for every awslogs container on Fargate and on external
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
        key = "configure_cloudwatch_logs" if draft.job.says("configure_cloudwatch_logs") else "stream_output"
        message = f"{key} needs an execution role, which sends the logs"
        yield error("logs-execution-role", draft.at(f"/{key}", key=True), message, help=_WRITE_EXECUTION_ROLE)
        return
    for each, logging in logging_through(draft, "awslogs"):
        if is_for(draft, "FARGATE") or is_for(draft, "EXTERNAL"):
            yield error_if_refused(
                "logs-execution-role",
                draft.in_definition(logging.at("logDriver")),
                f"{named(each)} logs through awslogs, which needs an execution role",
                refused=is_for(draft, "FARGATE"),
                help=_WRITE_EXECUTION_ROLE,
            )


def registry_execution_role(draft: Draft) -> Iterator[Diagnostic]:
    """Credentials of a private registry are read with an execution role.

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
    """On Fargate, images are pulled from a private ECR repository with an execution role.

    Refused: RegisterTaskDefinition ("Fargate requires task definition to have execution role ARN to support
    ECR images."; seen by users of RegisterTaskDefinition).
    Source: ECS developer guide, task execution role.

    Example:
        image: 111122223333.dkr.ecr.eu-west-1.amazonaws.com/etl:1
    """
    for each in containers_on_fargate(draft) if not _has_execution_role(draft) else ():
        if _ECR.fullmatch(each.text("image") or ""):
            yield error(
                "ecr-execution-role",
                draft.in_definition(each.at("image")),
                "on Fargate, an image in ECR is pulled with an execution role",
                help=_WRITE_EXECUTION_ROLE,
            )


def files_execution_role(draft: Draft) -> Iterator[Diagnostic]:
    """Environment files are read from S3 with an execution role.

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
    """Commands can be executed in containers that have a task role.

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
            "enable_execute_command needs a task role",
            help=_WRITE_TASK_ROLE,
        )


def files_task_role(draft: Draft) -> Iterator[Diagnostic]:
    """An S3 Files volume is mounted with a task role.

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
                "an S3 Files volume needs a task role",
                help=_WRITE_TASK_ROLE,
            )


def efs_task_role(draft: Draft) -> Iterator[Diagnostic]:
    """An EFS volume with IAM authorization is mounted with a task role.

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
                "EFS authorizes with the task role, and the job has none",
                help=_WRITE_TASK_ROLE,
            )


def _asking_for_role(
    draft: Draft, member: str, *, within: str | None = None
) -> Iterator[tuple[Location, str]]:
    """Yield where containers ask for what is read with an execution role, if there is none, and a message."""
    for each in containers_of(draft) if not _has_execution_role(draft) else ():
        holder = each if within is None else each.mapping(within)
        if holder.has(member):
            yield _key_of(draft, holder.at(member)), f"the {member} of {named(each)} need an execution role"


def _has_execution_role(draft: Draft) -> bool:
    return _has_role(draft, "executionRoleArn", "execution_role_arn")


def _has_task_role(draft: Draft) -> bool:
    return _has_role(draft, "taskRoleArn", "task_role_arn")


def _has_role(draft: Draft, member: str, key: str) -> bool:
    """Return whether there is a role, or may be one: in a definition not seen, or in a value refused."""
    if definition_of(draft).has(member) or run_of(draft).mapping("overrides").has(member):
        return True
    return not draft.known or is_key_reported(draft, key) or is_reported(draft, definition_of(draft), member)


def _key_of(draft: Draft, pointer: str) -> Location:
    """Return the place of the key that asks for something, of a list or mapping."""
    if pointer.endswith("/secrets") and draft.job.secrets:
        return draft.at("/secrets", key=True)
    return draft.in_definition(pointer, key=True)
