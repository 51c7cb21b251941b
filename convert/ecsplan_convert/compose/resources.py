"""The members of a Compose service that ask for resources, as keys of a manifest and as AWS has them."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final

from ecsplan.terms.bodies import as_mapping
from ecsplan.terms.json_types import Json, Record
from ecsplan.terms.run_policy import MAX_ATTEMPTS
from ecsplan_convert.aws.sizes import DEFAULT_CPU_UNITS, DEFAULT_MEMORY_MIB, fargate_size, mebibytes, vcpus
from ecsplan_convert.compose.container import WRONG_TYPE
from ecsplan_convert.compose.values import pairs, text_of
from ecsplan_convert.job_draft import ROLE, JobDraft

_STAYS: Final = ("always", "unless-stopped")
"""Values of `restart` for services that go on running."""
_MAX_LIMIT: Final = 2**31 - 1
"""The largest number of a limit (botocore ecs model, Ulimit)."""
_MAX_DIGITS: Final = 6
"""Digits of the longest count that is read."""


def size(draft: JobDraft, service: Mapping[str, Any]) -> None:
    """Add CPU and memory: the limits, else the reservations, rounded up to what Fargate sells."""
    resources = as_mapping(as_mapping(service.get("deploy")).get("resources"))
    limits, reserved = as_mapping(resources.get("limits")), as_mapping(resources.get("reservations"))
    cpu = _first(
        draft,
        {
            "deploy.resources.limits.cpus": limits.get("cpus"),
            "cpus": service.get("cpus"),
            "deploy.resources.reservations.cpus": reserved.get("cpus"),
        },
        vcpus,
    )
    memory = _first(
        draft,
        {
            "deploy.resources.limits.memory": limits.get("memory"),
            "mem_limit": service.get("mem_limit"),
            "deploy.resources.reservations.memory": reserved.get("memory"),
            "mem_reservation": service.get("mem_reservation"),
        },
        mebibytes,
    )
    if cpu is None and memory is None:
        return
    members = [name for name, _ in filter(None, (cpu, memory))]
    units = None if cpu is None else cpu[1] * 1024
    mib = None if memory is None else memory[1]
    sold = fargate_size(units, mib)
    if sold is None:
        draft.note(members, "Fargate has no task of this size; set `cpu`, `memory` and `launch_type: EC2`")
        return
    if units is not None or sold.cpu_units != DEFAULT_CPU_UNITS:
        draft.keys["cpu"] = sold.cpu_units
    if mib is not None or sold.memory_mib != DEFAULT_MEMORY_MIB:
        draft.keys["memory"] = sold.memory_mib
    if (units or DEFAULT_CPU_UNITS, mib or DEFAULT_MEMORY_MIB) != (sold.cpu_units, sold.memory_mib):
        reason = (
            f"rounded up to a size that Fargate sells, {sold.cpu_units} CPU units and {sold.memory_mib} MiB"
        )
        draft.note(members, reason)


def _first(
    draft: JobDraft, values: Mapping[str, Any], read: Callable[[object], Fraction | None]
) -> tuple[str, Fraction] | None:
    """Return the first amount that is written, with its member; note what is no amount."""
    for member, value in values.items():
        if value is None:
            continue
        amount = read(value)
        if amount is not None:
            return member, amount
        if value not in (0, "0"):
            draft.note(member, "not an amount that Compose knows; it was left out")
    return None


def below_deploy(deploy: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of `deploy` by their paths, those of its resources one by one."""
    found = {f"deploy.{name}": each for name, each in deploy.items()}
    resources = found.get("deploy.resources")
    if not isinstance(resources, Mapping):
        return found
    del found["deploy.resources"]
    for name, each in resources.items():
        path = f"deploy.resources.{name}"
        of_kind = name in ("limits", "reservations") and isinstance(each, Mapping)
        found |= {f"{path}.{member}": value for member, value in each.items()} if of_kind else {path: each}
    return found


def count(draft: JobDraft, service: Mapping[str, Any]) -> None:
    """Add the number of copies."""
    for member, value in (
        ("scale", service.get("scale")),
        ("deploy.replicas", as_mapping(service.get("deploy")).get("replicas")),
    ):
        if value is None:
            continue
        number = _whole(value)
        if number is None:
            draft.note(member, WRONG_TYPE)
        elif number == 0:
            draft.note(member, "a job has one copy or more; 0 was left out")
        elif number > 1:
            draft.keys["count"] = number
            return


def restart(draft: JobDraft, service: Mapping[str, Any]) -> None:
    """Add retries for a container that is started again after a failure, a given number of times."""
    policy = as_mapping(service.get("deploy")).get("restart_policy")
    if policy is None:
        _restart(draft, service.get("restart"))
    elif isinstance(policy, Mapping):
        _restart_policy(draft, policy)
        if service.get("restart") is not None:
            draft.note("restart", "without effect beside `deploy.restart_policy`")
    else:
        draft.note("deploy.restart_policy", WRONG_TYPE)


def stays(service: Mapping[str, Any]) -> list[str]:
    """Return the members by which Compose starts a container again however it ends, with their values."""
    policy = as_mapping(service.get("deploy")).get("restart_policy")
    if isinstance(policy, Mapping):
        return ["deploy.restart_policy"] if policy.get("condition", "any") == "any" else []
    return [f"restart: {service['restart']}"] if service.get("restart") in _STAYS else []


def _restart(draft: JobDraft, word: Any) -> None:
    if isinstance(word, str) and word.partition(":")[0] == "on-failure":
        _retry(draft, "restart", _whole(word.partition(":")[2]))
    elif word not in (None, False, "no", *_STAYS):
        draft.note("restart", WRONG_TYPE)


def _restart_policy(draft: JobDraft, policy: Mapping[str, Any]) -> None:
    condition = policy.get("condition", "any")
    if condition == "on-failure":
        _retry(draft, "deploy.restart_policy", _whole(policy.get("max_attempts")))
    elif condition not in ("any", "none"):
        draft.note("deploy.restart_policy.condition", WRONG_TYPE)
    times = [f"deploy.restart_policy.{each}" for each in ("delay", "window") if policy.get(each) is not None]
    if times:
        draft.note(times, "`retry` has times of its own")


def _retry(draft: JobDraft, member: str, most: int | None) -> None:
    if most is None or most < 1:
        draft.note(member, "it has no number of attempts; write `retry` with one")
        return
    attempts = min(most + 1, MAX_ATTEMPTS)
    draft.keys["retry"] = {"attempts": attempts, "on": ["start", "failure"]}
    if attempts != most + 1:
        draft.note(member, f"a job has at most {MAX_ATTEMPTS} attempts")


def logging(draft: JobDraft, value: Any) -> None:
    """Suggest logs in CloudWatch for the driver `awslogs`, which need a role."""
    driver = as_mapping(value).get("driver")
    if driver != "awslogs":
        draft.note("logging", "only the driver `awslogs` has keys here; set `configure_cloudwatch_logs`")
        return
    keys: Record = {"configure_cloudwatch_logs": True}
    options = pairs(as_mapping(value).get("options")) or {}
    texts: Record = {key: text_of(each) for key, each in options.items() if text_of(each) is not None}
    if texts:
        keys["cloudwatch_logs_options"] = texts
    if ROLE in draft.keys:
        draft.keys.update(keys)
    else:
        reason = (
            "logs in CloudWatch are left out: they need an `execution_role_arn`, which Compose does not have"
        )
        draft.suggest(keys, reason)


def gpus(draft: JobDraft, service: Mapping[str, Any]) -> None:
    """Suggest GPUs, which Fargate does not have."""
    resources = as_mapping(as_mapping(service.get("deploy")).get("resources"))
    devices = as_mapping(resources.get("reservations")).get("devices")
    number: Json = None
    listed = devices if isinstance(devices, list) else []
    for each in listed:
        if _is_gpu(each):
            number = _gpus(as_mapping(each).get("count", "all"))
    if devices is not None and (devices is not listed or not all(map(_is_gpu, listed))):
        draft.note("deploy.resources.reservations.devices", "of the devices, ECS has GPUs only")
    asked = service.get("gpus")
    if asked is not None:
        listed = asked if isinstance(asked, list) else []
        number = _gpus(as_mapping(listed[0]).get("count", "all") if listed else asked)
    if number is not None:
        draft.suggest(
            {"gpus": number, "launch_type": "EC2"},
            "`gpus` is left out: Fargate has no GPUs, and the cluster needs instances with them",
        )


def _is_gpu(device: Any) -> bool:
    named = as_mapping(device).get("capabilities")
    return isinstance(named, list) and "gpu" in named


def _gpus(value: Any) -> Json:
    if value in ("all", -1):
        return "ALL"
    return _whole(value) or "ALL"


def _whole(value: Any) -> int | None:
    """Return a whole number, 0 or more, also from a text; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= _MAX_DIGITS:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def capabilities(draft: JobDraft, service: Mapping[str, Any]) -> None:
    """Add the Linux capabilities that Fargate allows to add or drop."""
    found: Record = {}
    for member, action in (("cap_add", "add"), ("cap_drop", "drop")):
        value = service.get(member)
        names = [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
        texts = [each.upper().removeprefix("CAP_") for each in names]
        kept = [each for each in texts if action == "drop" or each == "SYS_PTRACE"]
        if len(kept) < len(texts):
            draft.note(member, "on Fargate, only SYS_PTRACE can be added")
        if value is not None and (not isinstance(value, list) or len(names) < len(value)):
            draft.note(member, WRONG_TYPE)
        if kept:
            found[action] = [*kept]
    if found:
        linux = draft.container.setdefault("linuxParameters", {})
        if isinstance(linux, dict):
            linux["capabilities"] = found


def init(draft: JobDraft, value: Any) -> None:
    """Add the init process."""
    if value is True:
        linux = draft.container.setdefault("linuxParameters", {})
        if isinstance(linux, dict):
            linux["initProcessEnabled"] = True


def ulimits(draft: JobDraft, value: Any) -> None:
    """Add the limit of open files, the one that Fargate lets a task set."""
    if not isinstance(value, Mapping):
        draft.note("ulimits", WRONG_TYPE)
        return
    limits = value.get("nofile")
    both = limits if isinstance(limits, Mapping) else {"soft": limits, "hard": limits}
    soft, hard = _limit(both.get("soft")), _limit(both.get("hard"))
    if soft is not None and hard is not None and soft <= hard:
        draft.container["ulimits"] = [{"name": "nofile", "softLimit": soft, "hardLimit": hard}]
    elif limits is not None:
        draft.note(
            "ulimits.nofile", "its limits are not two numbers, of which the soft one is not the larger"
        )
    others = [f"ulimits.{each}" for each in value if each != "nofile"]
    if others:
        draft.note(others, "Fargate lets a task set only `nofile`")


def _limit(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value <= _MAX_LIMIT else None
