"""What becomes of the options of the AWS CLI and of the words of a shell: the table of their page."""

from collections.abc import Iterator
from typing import Final

from ecsplan_convert.shell.aws_options import INPUT_JSON, INPUT_YAML, OPTIONS, REGISTER, RUN_TASK
from ecsplan_convert.source import Row

_KEYS: Final = {
    "capacityProviderStrategy": ("capacity_provider_strategy", ""),
    "clientToken": ("", "ecsplan makes a token for each start"),
    "cluster": ("cluster", ""),
    "count": ("count", "`$N` becomes a variable of type `integer`"),
    "enableECSManagedTags": ("enable_ecs_managed_tags", ""),
    "enableExecuteCommand": ("enable_execute_command", ""),
    "group": ("group", ""),
    "launchType": ("launch_type", ""),
    "networkConfiguration": ("network_configuration", "`[$SUBNETS]` becomes a variable of type `list`"),
    "overrides": ("command, env, task_customizations", "a key for what has one, otherwise a patch"),
    "placementConstraints": ("placement_constraints", ""),
    "placementStrategy": ("placement_strategy", ""),
    "platformVersion": ("platform_version", ""),
    "propagateTags": ("propagate_tags", ""),
    "referenceId": ("task_customizations", ""),
    "startedBy": ("", "ecsplan writes the name of the run there"),
    "tags": ("labels", ""),
    "taskDefinition": ("task_definition_arn", "or the definition that the same script registers"),
    "volumeConfigurations": ("volume_configurations", ""),
}
"""What the members of a RunTask request become; those of a definition become `task_definition`."""


def _rows() -> Iterator[Row]:
    for name, option in OPTIONS[RUN_TASK].items():
        yield Row(f"{RUN_TASK} {name}", *_KEYS[option.member])
    for name in OPTIONS[REGISTER]:
        how = "and the name of the job" if name == "--family" else ""
        yield Row(f"{REGISTER} {name}", "task_definition", how)


TABLE: Final[tuple[Row, ...]] = (
    *_rows(),
    Row(
        f"{INPUT_JSON}, {INPUT_YAML}",
        "task_definition",
        "or for `run-task` what its members become as options; options beside it win, as in the CLI",
    ),
    Row("--region, AWS_REGION, AWS_DEFAULT_REGION", "aws.region"),
    Row("--profile, AWS_PROFILE", "", "the name of a profile is of one machine"),
    Row("--endpoint-url", "", "it is of one environment; `endpoint_url` of `aws:` sets it for every run"),
    Row("--query, --output, other global options", "", "they change what is printed, not the request"),
    Row("fileb://…, https://…, <(…)", "", "not read; a `file://` is"),
    Row(
        "$VAR, ${VAR}, ${VAR:?…}",
        "variables",
        "with `env: VAR`, and a literal that the script assigns before",
    ),
    Row("${VAR:-default}", "variables", "with `env: VAR` and this default"),
    Row("$(command), $1, ${VAR##*/}, $((…))", "", "only a running shell knows the value"),
    Row("aws ecs wait, describe-tasks; aws logs", "", "`ecsplan apply` does what they are for"),
)
