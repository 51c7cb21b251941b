"""The members of a Copilot job, as keys of a manifest and as AWS has them."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from ecsplan.schedules.other_schedules import in_scheduler
from ecsplan.terms.bodies import as_mapping
from ecsplan.terms.fargate import FARGATE_MEMORY_MIB, WINDOWS_MIN_CPU
from ecsplan.terms.json_types import Record
from ecsplan.terms.run_policy import MAX_ATTEMPTS
from ecsplan_convert.aws.sizes import fargate_size
from ecsplan_convert.compose import container
from ecsplan_convert.compose.container import WRONG_TYPE, words
from ecsplan_convert.compose.durations import duration_seconds
from ecsplan_convert.compose.values import text_of
from ecsplan_convert.job_draft import ROLE, JobDraft

DEFAULT_CPU: Final = 256
DEFAULT_MEMORY: Final = 512
"""The size of a job whose manifest says nothing (aws/copilot-cli, internal/pkg/manifest/job.go)."""
DEFAULT_RETENTION: Final = 30
"""Days that Copilot keeps logs (Copilot, "logging.retention")."""

_RETENTIONS: Final = frozenset(
    {
        *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
        *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
    }
)
"""The days that CloudWatch allows (botocore logs model, PutRetentionPolicy.retentionInDays)."""
_ARCHITECTURES: Final = {"x86_64": "X86_64", "amd64": "X86_64", "arm64": "ARM64", "arm": "ARM64"}
_WINDOWS: Final = "windows_server_2019_core"
_FAMILIES: Final = frozenset(
    {
        "linux",
        *(f"windows_server_{year}_{kind}" for year in ("2019", "2022") for kind in ("core", "full")),
    }
)
_FROM_CFN: Final = "comes from a CloudFormation export; write its value"


def command(draft: JobDraft, value: Any) -> None:
    """Add the command."""
    found = words(draft, "command", value)
    if found:
        draft.keys["command"] = found


def entrypoint(draft: JobDraft, value: Any) -> None:
    """Add the entry point."""
    found = words(draft, "entrypoint", value)
    if found:
        draft.keys["entry_point"] = found


def image(draft: JobDraft, value: Any) -> None:
    """Add what belongs to the image but is not its name."""
    members = as_mapping(value)
    labels = {str(key): text_of(each) for key, each in as_mapping(members.get("labels")).items()}
    kept: Record = {key: text for key, text in labels.items() if text is not None}
    if kept:
        draft.container["dockerLabels"] = kept
    if members.get("healthcheck") is not None:
        check = members["healthcheck"]
        test = {"test": as_mapping(check).get("command")} if isinstance(check, Mapping) else {}
        container.healthcheck(draft, {**check, **test} if isinstance(check, Mapping) else check)
    if members.get("credentials") is not None:
        reason = "set `repositoryCredentials` of the container in `task_definition`, and `execution_role_arn`"
        draft.note("image.credentials", reason)
    for member in members.keys() - {"build", "location", "labels", "healthcheck", "credentials"}:
        draft.note(f"image.{member}", "has no counterpart in a manifest")


def size(draft: JobDraft, members: Mapping[str, Any]) -> None:
    """Add CPU and memory; Copilot's defaults are smaller than those of a manifest."""
    amounts: list[Fraction] = []
    for member, default in (("cpu", DEFAULT_CPU), ("memory", DEFAULT_MEMORY)):
        value = members.get(member)
        number = whole(value)
        if number is None and value is not None:
            draft.note(member, WRONG_TYPE)
        amounts.append(Fraction(number or default))
    cpu, memory = amounts
    sold = fargate_size(cpu, memory)
    if sold is None:
        draft.note(("cpu", "memory"), "Fargate has no task of this size")
        return
    draft.keys["cpu"], draft.keys["memory"] = sold.cpu_units, sold.memory_mib
    if cpu != sold.cpu_units or memory != sold.memory_mib:
        reason = (
            f"rounded up to a size that Fargate sells, {sold.cpu_units} CPU units and {sold.memory_mib} MiB"
        )
        draft.note(("cpu", "memory"), reason)


def whole(value: Any) -> int | None:
    """Return a whole number above 0; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 9:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**9 else None


def platform(draft: JobDraft, value: Any) -> None:
    """Add the platform, where it is not the one that ECS takes by itself."""
    if isinstance(value, str):
        family, _, architecture = value.lower().partition("/")
        family = _WINDOWS if family == "windows" else family
    else:
        family = str(as_mapping(value).get("osfamily", "")).lower()
        architecture = str(as_mapping(value).get("architecture", "")).lower()
    if family not in _FAMILIES or architecture not in _ARCHITECTURES:
        draft.note("platform", "not a platform that Copilot knows; set `runtime_platform`")
        return
    ours = _ARCHITECTURES[architecture]
    if (family, ours) == ("linux", "X86_64"):
        return
    if family != "linux" and ours != "X86_64":
        draft.note("platform", "Windows runs on X86_64 only")
        return
    draft.keys["runtime_platform"] = {"cpuArchitecture": ours, "operatingSystemFamily": family.upper()}
    cpu = draft.keys.get("cpu")
    if family != "linux" and isinstance(cpu, int) and cpu < WINDOWS_MIN_CPU:
        draft.keys["cpu"] = WINDOWS_MIN_CPU
        memory = draft.keys.get("memory")
        if memory not in FARGATE_MEMORY_MIB[WINDOWS_MIN_CPU]:
            draft.keys["memory"] = FARGATE_MEMORY_MIB[WINDOWS_MIN_CPU][0]
        draft.note("cpu", f"Windows on Fargate has {WINDOWS_MIN_CPU} CPU units or more, which were written")


def variables(draft: JobDraft, value: Any) -> None:
    """Add the environment variables."""
    env: Record = {}
    exported, wrong = [], []
    for name, each in as_mapping(value).items():
        text = text_of(each)
        if text is not None and name and "=" not in name and "\0" not in name + text:
            env[name] = text
        elif "from_cfn" in as_mapping(each):
            exported.append(f"variables.{name}")
        elif each not in (None, {}):
            # An empty mapping is what is left of one with a placeholder, which was reported.
            wrong.append(f"variables.{name}")
    if env:
        draft.keys["env"] = env
    if exported:
        draft.note(exported, f"{_FROM_CFN}, or `${{cfn-export:EXPORT}}` in a manifest with `variables: {{}}`")
    if wrong or not isinstance(value, Mapping):
        draft.note(wrong or "variables", WRONG_TYPE)


def secrets(draft: JobDraft, value: Any) -> None:
    """Add the secrets; as a suggestion where there is no execution role, with which ECS reads them."""
    kept: Record = {}
    others = []
    for name, each in as_mapping(value).items():
        if isinstance(each, str) and each.strip() and name and "=" not in name:
            kept[name] = each
        elif isinstance(as_mapping(each).get("secretsmanager"), str):
            draft.note(f"secrets.{name}", "in Secrets Manager by its name; write the ARN of the secret")
        elif "from_cfn" in as_mapping(each):
            draft.note(f"secrets.{name}", _FROM_CFN)
        elif each != {}:
            others.append(f"secrets.{name}")
    if others or not isinstance(value, Mapping):
        draft.note(others or "secrets", WRONG_TYPE)
    if kept and ROLE in draft.keys:
        draft.keys["secrets"] = kept
    elif kept:
        draft.suggest(
            {"secrets": kept},
            "secrets are left out: they need an `execution_role_arn`, with which ECS reads them",
        )


def count(draft: JobDraft, value: Any) -> None:
    """Add the number of copies."""
    spot = as_mapping(value).get("spot")
    number = whole(spot if spot is not None else value)
    if number is None:
        draft.note("count", "scales a service; a job has a fixed `count`")
        return
    if spot is not None:
        draft.keys["launch_type"] = "FARGATE_SPOT"
    if number > 1:
        draft.keys["count"] = number
        draft.note("count", "taken as it stands, though the schedule of Copilot starts one task")


def retries(draft: JobDraft, members: Mapping[str, Any]) -> None:
    """Add the retries, which Copilot makes after any failure."""
    value = members.get("retries")
    if value is None or (value == 0 and not isinstance(value, bool)):
        return
    number = whole(value)
    if number is None:
        draft.note("retries", WRONG_TYPE)
        return
    attempts = min(number + 1, MAX_ATTEMPTS)
    draft.keys["retry"] = {"attempts": attempts, "on": ["start", "interruption", "failure"]}
    if attempts <= number:
        draft.note("retries", f"a job has at most {MAX_ATTEMPTS} attempts")


def timeout(draft: JobDraft, value: Any) -> None:
    """Add the time limit."""
    seconds = duration_seconds(value) if isinstance(value, str) else None
    if seconds is None or seconds < 1:
        draft.note("timeout", "not a duration such as `1h30m`; it was left out")
        return
    draft.keys["task_timeout_seconds"] = math.ceil(seconds)
    if "retry" in draft.keys:
        draft.note("timeout", "limits each attempt; in Copilot it limits all of them together")


def trigger(draft: JobDraft, value: Any) -> None:
    """Suggest the schedule, which needs a role."""
    schedule = as_mapping(value).get("schedule") if isinstance(value, Mapping) else value
    if schedule == "none":
        return
    meant = in_scheduler(schedule) if isinstance(schedule, str) else None
    if meant is None:
        draft.note(
            "on.schedule", "not a schedule that EventBridge Scheduler can say; write `schedule` yourself"
        )
        return
    reason = (
        "the schedule is left out: it needs a `role_arn`, with which EventBridge Scheduler starts the task"
    )
    draft.suggest({"schedule": dict([meant])}, reason)


def logging(draft: JobDraft, value: Any) -> None:
    """Suggest logs in CloudWatch, which Copilot always has."""
    days = as_mapping(value).get("retention", DEFAULT_RETENTION)
    keys: Record = {"configure_cloudwatch_logs": True}
    if whole(days) in _RETENTIONS:
        keys["log_retention_days"] = whole(days)
    else:
        draft.note("logging.retention", "CloudWatch does not keep logs for this number of days")
    if ROLE in draft.keys:
        draft.keys.update(keys)
        draft.note("logging", "Copilot has the logs in /copilot/APP-ENV-NAME; here their group is `ecsplan`")
    else:
        reason = (
            "logs in CloudWatch are left out: they need an `execution_role_arn`;"
            " Copilot has them in /copilot/APP-ENV-NAME"
        )
        draft.suggest(keys, reason)
    others = [f"logging.{each}" for each in as_mapping(value) if each != "retention"]
    if others:
        draft.note(others, "a FireLens sidecar; add its container in `task_definition`")


def execute(draft: JobDraft, value: Any) -> None:
    """Add, or suggest where there is no task role, shells in the containers."""
    if value is True and "task_role_arn" in draft.keys:
        draft.keys["enable_execute_command"] = True
    elif value is True:
        draft.suggest(
            {"enable_execute_command": True},
            "a shell in the container is left out: it needs a `task_role_arn`",
        )
    elif value is not False:
        draft.note("exec", WRONG_TYPE)
