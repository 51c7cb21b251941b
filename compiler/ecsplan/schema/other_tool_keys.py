"""Keys that other tools use for a job, and what a manifest has in their place.

Sources are the tools' own references: Prefect's ECSTask block, RunTask, Airflow's EcsRunTaskOperator, Docker
Compose, Kubernetes' Job, Copilot's job manifest, GitHub's workflow syntax.
"""

from collections.abc import Mapping
from typing import Final

_CONTAINER = "put it into the container's entry of `task_definition.containerDefinitions`, as"
_SCHEDULED = (
    'write `schedule: {cron: "0 3 * * ? *", role_arn: ROLE}`, or for an interval '
    "`schedule: {rate: 1 day, role_arn: ROLE}`"
)
_LOGS = (
    "write `configure_cloudwatch_logs: true`, and options such as awslogs-group in `cloudwatch_logs_options`"
)
_ROLE = (
    "write `task_role_arn` for what the job may do, `execution_role_arn` for pulling images and writing logs"
)
_RETRY = "write `retry: {attempts: 3, on: [failure]}`, which counts the first attempt, too"
_ONCE = (
    "leave it out: a job runs once, `retry` says when it is tried again, and apply ends with its exit code"
)
_WAITS = "leave it out: apply waits for the job, except with `--detach`"
_VARIABLES = "declare values that change from run to run under `variables`, at the top of the document"
_ONE_JOB = "write its members as keys of the manifest; several jobs go under `jobs`, by name"

WRITE_INSTEAD: Final[Mapping[str, str]] = {
    "account": "write `account_id` under `aws`",
    "accountid": "write `account_id` under `aws`",
    "allowfailure": "write the exit codes that count as success in `succeed_on`",
    "arch": "write `runtime_platform: {cpuArchitecture: ARM64}`",
    "architecture": "write `runtime_platform: {cpuArchitecture: ARM64}`",
    "arrayproperties": "write `array`, the number of copies",
    "assumerole": "write `assume_role_arn` under `aws`",
    "awsconnid": "write `profile` or `assume_role_arn` under `aws`, or leave it to the SDK's own chain",
    "awscredentials": "leave it out: credentials come from the SDK's own chain; `aws` takes `profile` and "
    "`assume_role_arn`",
    "awslogsgroup": _LOGS,
    "awslogsregion": _LOGS,
    "awslogsstreamprefix": _LOGS,
    "backofflimit": _RETRY,
    "at": _SCHEDULED,
    "clienttoken": "leave it out: apply derives it from the run id, so that nothing is started twice",
    "cron": _SCHEDULED,
    "disk": "write `ephemeral_storage_gib`",
    "environmentvariables": "write `env`, a mapping of names to values",
    "envvars": "write `env`, a mapping of names to values",
    "exec": "write `enable_execute_command: true`",
    "iamrole": _ROLE,
    "inputs": _VARIABLES,
    "job": _ONE_JOB,
    "kind": "leave it out: a manifest is one kind of thing",
    "logdriver": _LOGS,
    "logging": _LOGS,
    "loggroup": _LOGS,
    "logs": _LOGS,
    "network": "write `vpc_id`, `subnets`, `security_groups` and `assign_public_ip`",
    "overrides": "write what they change as keys: `command`, `env`, `cpu`, `memory`, `task_role_arn`; "
    "anything else with `task_customizations`, a JSON Patch of the RunTask request",
    "parameters": _VARIABLES,
    "params": _VARIABLES,
    "platform": "write `runtime_platform: {operatingSystemFamily: LINUX, cpuArchitecture: ARM64}`",
    "platformfamily": "write `runtime_platform: {operatingSystemFamily: LINUX}`",
    "ports": f"{_CONTAINER} `portMappings`",
    "regionname": "write `region` under `aws`",
    "resources": "write `cpu`, `memory` and `gpus`",
    "restart": _ONCE,
    "restartpolicy": _ONCE,
    "retries": _RETRY,
    "role": _ROLE,
    "rolearn": _ROLE,
    "runson": "write `launch_type`, FARGATE or EC2",
    "rate": _SCHEDULED,
    "schedules": _SCHEDULED,
    "scheduleexpression": _SCHEDULED,
    "services": _ONE_JOB,
    "spot": "write `capacity_provider_strategy: [{capacityProvider: FARGATE_SPOT, weight: 1}]`",
    "startedby": "leave it out: it names the run, so that nothing starts twice; `--run-id` sets it",
    "storage": "write `ephemeral_storage_gib`",
    "strategy": "write `matrix` as a key of the job, and `max_parallel` for how many tasks may run at a time",
    "task": _ONE_JOB,
    "tasks": _ONE_JOB,
    "type": "leave it out: a manifest is one kind of thing",
    "vars": _VARIABLES,
    "wait": _WAITS,
    "waitforcompletion": _WAITS,
    "workdir": f"{_CONTAINER} `workingDirectory`",
    "workingdir": f"{_CONTAINER} `workingDirectory`",
}
"""What to do in place of a key; keys in lower case, letters and digits only."""
