"""What becomes of each member of a Copilot job: the table of its page, and the reasons in notes."""

from collections.abc import Mapping
from typing import Final

from ecsplan_convert.source import Row

_SERVICE: Final = "only for services"

UNSUPPORTED: Final[Mapping[str, str]] = {
    "sidecars": "add their containers in `task_definition`, or convert the definition that is deployed",
    "publish": "the topics and their permissions remain in Copilot's stack; set the variables that name them",
    "observability": "add the container of a collector in `task_definition`",
    "tags": "Copilot does not know them; use `labels`",
    "http": _SERVICE,
    "nlb": _SERVICE,
    "subscribe": _SERVICE,
    "deployment": _SERVICE,
}
"""Members of a job, and why they are not carried over."""

TABLE: Final[tuple[Row, ...]] = (
    Row("name", "name"),
    Row("type", "", "only a Scheduled Job; to run like a service, write `service`"),
    Row("image.location", "image", "in ECR a comment, where no role is known with which ECS pulls it"),
    Row("image.build", "image", "`registry.invalid/NAME:latest`, to be replaced: nothing is built"),
    Row("image.labels", "task_definition", "`dockerLabels` of the container"),
    Row("image.healthcheck", "task_definition", "`healthCheck` of the container, within ECS's bounds"),
    Row(
        "image.credentials", "", "set `repositoryCredentials` in `task_definition`, and `execution_role_arn`"
    ),
    Row("image.depends_on", "", "there are no sidecars to wait for"),
    Row("entrypoint", "entry_point"),
    Row("command", "command"),
    Row("cpu, memory", "cpu, memory", "256 and 512 where nothing is written, as in Copilot"),
    Row("platform", "runtime_platform"),
    Row("variables", "env", "`from_cfn` is left out: write the value, or a lookup `${cfn-export:…}`"),
    Row("env_file", "env_file", "relative to the workspace in Copilot, to the manifest here"),
    Row("secrets", "secrets", "as a comment: they need `execution_role_arn`; `secretsmanager` needs the ARN"),
    Row("network.vpc.placement", "subnets", "ids and tags; `private` cannot be known from the file"),
    Row(
        "network.vpc.security_groups",
        "security_groups",
        "ids; the group of the environment is not in the file",
    ),
    Row("network.connect", "", _SERVICE),
    Row("count", "count", "`spot` also makes `launch_type: FARGATE_SPOT`; ranges are for services"),
    Row("retries", "retry", "further attempts on any failure; at most 9"),
    Row("timeout", "task_timeout_seconds", "for each attempt; in Copilot for all of them together"),
    Row(
        "on.schedule, schedule",
        "schedule",
        "as a comment: it needs `role_arn`; cron, rates and presets are converted",
    ),
    Row("storage.ephemeral", "ephemeral_storage_gib"),
    Row("storage.readonly_fs", "task_definition", "`readonlyRootFilesystem` of the container"),
    Row(
        "storage.volumes",
        "task_definition",
        "EFS by its id, encrypted and by role as in Copilot (a comment: it needs `task_role_arn`)",
    ),
    Row("logging.retention", "log_retention_days", "as a comment: logs need `execution_role_arn`"),
    Row("logging.destination, image, …", "", "a FireLens sidecar; add its container in `task_definition`"),
    Row("exec", "enable_execute_command", "as a comment: it needs `task_role_arn`"),
    Row("taskdef_overrides", "task_definition", "where the value is literal and the container is the job's"),
    Row("environments", "", "each that differs is noted; write a manifest for each, or use `variables`"),
    Row(
        "${COPILOT_ENVIRONMENT_NAME}, ${VAR}",
        "",
        "left out, since Copilot puts it in when it deploys; in an image as with `build`",
    ),
    *(Row(member, "", reason) for member, reason in UNSUPPORTED.items()),
)
"""The table of the format."""
