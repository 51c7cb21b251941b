"""The members of a Compose service that describe its container, as keys of a manifest and as AWS has them."""

import math
import shlex
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from ecsplan.terms.json_types import Json, Record
from ecsplan_convert.compose.durations import duration_seconds
from ecsplan_convert.compose.values import pairs, printed, text_of
from ecsplan_convert.job_draft import JobDraft

WRONG_TYPE: Final = "not of the right type; it was left out"
_STOP_S: Final = range(2, 120 + 1)
"""Seconds that a container of Fargate has to stop (botocore ecs model, ContainerDefinition.stopTimeout)."""

_CHECK_TIMES: Final = (
    ("interval", "interval", range(5, 300 + 1)),
    ("timeout", "timeout", range(2, 60 + 1)),
    ("start_period", "startPeriod", range(300 + 1)),
)
"""Compose's member, ECS's, and the seconds that ECS takes (botocore ecs model, HealthCheck)."""
_CHECK_RETRIES: Final = range(1, 10 + 1)
_MAX_TAGS: Final = 50
_TAG_KEY: Final = range(1, 128 + 1)
_MAX_TAG_VALUE: Final = 256
_TAG_SIGNS: Final = frozenset(" +-=._:/@")
"""What ECS takes as a tag (botocore ecs model, Tag); a label that is no tag remains a label of Docker's."""


def words(draft: JobDraft, member: str, value: Any) -> list[Json] | None:
    """Return a command in either of its forms as a list; None, with a note, where it is none."""
    if isinstance(value, str):
        try:
            return [*shlex.split(value)]
        except ValueError:
            draft.note(member, "its quotes are not closed; it was left out")
            return None
    if isinstance(value, list):
        texts = [text_of(each) for each in value]
        if None not in texts:
            return [*texts]
    draft.note(member, WRONG_TYPE)
    return None


def command(draft: JobDraft, value: Any) -> None:
    """Add the command."""
    found = words(draft, "command", value)
    if found:
        draft.keys["command"] = found
    elif found is not None:
        draft.note("command", "an empty command clears that of the image, which ECS cannot do")


def entrypoint(draft: JobDraft, value: Any) -> None:
    """Add the entry point."""
    found = words(draft, "entrypoint", value)
    if found:
        draft.keys["entry_point"] = found
    elif found is not None:
        draft.note("entrypoint", "an empty entry point clears that of the image, which ECS cannot do")


def environment(draft: JobDraft, value: Any) -> None:
    """Add the environment variables."""
    found = pairs(value)
    if found is None:
        draft.note("environment", WRONG_TYPE)
        return
    env: Record = {}
    unset: list[str] = []
    wrong: list[str] = []
    for name, each in found.items():
        text = printed(each)
        if text is not None and name and "=" not in name and "\0" not in name + text:
            env[name] = text
        else:
            (unset if each is None else wrong).append(f"environment.{name}")
    if env:
        draft.keys["env"] = env
    if unset:
        draft.note(
            unset, "without a value, which Compose takes from the caller's environment; write it in `env`"
        )
    if wrong:
        draft.note(wrong, WRONG_TYPE)


def labels(draft: JobDraft, value: Any) -> None:
    """Add the labels: as tags those that ECS takes as tags, the others as labels of the container."""
    found = pairs(value)
    if found is None:
        draft.note("labels", WRONG_TYPE)
        return
    texts = {key: printed("" if each is None else each) for key, each in found.items() if key}
    wrong = [f"labels.{key}" for key, text in texts.items() if text is None]
    tags: Record = {key: text for key, text in texts.items() if text is not None and is_tag(key, text)}
    tags = dict([*tags.items()][:_MAX_TAGS])
    others: Record = {key: text for key, text in texts.items() if text is not None and key not in tags}
    if tags:
        draft.keys["labels"] = tags
    if others:
        draft.container["dockerLabels"] = others
    if wrong:
        draft.note(wrong, WRONG_TYPE)


def is_tag(key: str, text: str) -> bool:
    """Return whether ECS takes a key and a text as a tag."""
    if len(key) not in _TAG_KEY or len(text) > _MAX_TAG_VALUE:
        return False
    return all(
        not each.lower().startswith("aws:") and all(sign.isalnum() or sign in _TAG_SIGNS for sign in each)
        for each in (key, text)
    )


def platform(draft: JobDraft, value: Any) -> None:
    """Add the platform, where it is not the one that ECS takes by itself."""
    parts = value.lower().split("/") if isinstance(value, str) else []
    match parts:
        case ["linux", "amd64" | "x86_64"] | ["amd64" | "x86_64"]:
            return
        case ["linux", "arm64" | "aarch64"] | ["linux", "arm64", "v8"] | ["arm64" | "aarch64"]:
            draft.keys["runtime_platform"] = {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}
        case ["windows", *_]:
            reason = "ECS needs the version of Windows; set `runtime_platform`"
            draft.note("platform", reason)
        case _:
            draft.note("platform", "ECS runs linux/amd64 and linux/arm64; it was left out")


def stop_grace_period(draft: JobDraft, value: Any) -> None:
    """Add the time to stop."""
    seconds = _seconds(value)
    if seconds is None:
        draft.note("stop_grace_period", "not a duration such as `1m30s`; it was left out")
        return
    whole = min(max(math.ceil(seconds), _STOP_S[0]), _STOP_S[-1])
    draft.keys["stop_timeout_seconds"] = whole
    if whole != seconds:
        draft.note("stop_grace_period", f"Fargate allows whole seconds from 2 to 120; {whole} was written")


def _seconds(value: Any) -> Fraction | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return Fraction(value) if value >= 0 else None
    return duration_seconds(value) if isinstance(value, str) else None


def healthcheck(draft: JobDraft, value: Any) -> None:
    """Add the health check."""
    if not isinstance(value, Mapping):
        draft.note("healthcheck", WRONG_TYPE)
        return
    test = value.get("test")
    if value.get("disable") is True or test in ("NONE", ["NONE"]):
        draft.note("healthcheck", "ECS ignores the health check of an image; there is nothing to disable")
        return
    check = _test(test)
    if check is None:
        draft.note("healthcheck", "it has no `test` that ECS could run; it was left out")
        return
    found: Record = {"command": check}
    changed = []
    for theirs, ours, allowed in _CHECK_TIMES:
        if value.get(theirs) is not None:
            seconds = _seconds(value[theirs])
            _put(found, ours, seconds, allowed)
            changed += [f"healthcheck.{theirs}"] if found.get(ours) != seconds else []
    retries = value.get("retries")
    if retries is not None:
        number = retries if isinstance(retries, int) and not isinstance(retries, bool) else None
        _put(found, "retries", None if number is None else Fraction(number), _CHECK_RETRIES)
        changed += ["healthcheck.retries"] if found.get("retries") != number else []
    if changed:
        draft.note(changed, "ECS takes whole numbers within bounds of its own; the nearest one was written")
    if value.get("start_interval") is not None:
        draft.note("healthcheck.start_interval", "ECS has no such setting")
    draft.container["healthCheck"] = found


def _put(found: Record, member: str, number: Fraction | None, allowed: range) -> None:
    """Set a member to the nearest allowed number; leave it out where there is none."""
    if number is not None:
        found[member] = min(max(math.ceil(number), allowed[0]), allowed[-1])


def _test(test: Any) -> list[Json] | None:
    if isinstance(test, str) and test.strip():
        return ["CMD-SHELL", test]
    if not isinstance(test, list) or not all(isinstance(each, str) for each in test):
        return None
    match test:
        case ["CMD-SHELL", line, *_] if line.strip():
            return ["CMD-SHELL", line]
        case ["CMD", program, *_] if program:
            return [*test]
        case _:
            return None


FLAGS: Final[Mapping[str, str]] = {
    "tty": "pseudoTerminal",
    "stdin_open": "interactive",
    "read_only": "readonlyRootFilesystem",
}
TEXTS: Final[Mapping[str, str]] = {"user": "user", "working_dir": "workingDirectory"}
"""Members of a service that a container definition has under another name."""


def alike(draft: JobDraft, service: Mapping[str, Any]) -> None:
    """Add the members that differ from those of a container definition in their names only."""
    for theirs, ours in FLAGS.items():
        if service.get(theirs) is True:
            draft.container[ours] = True
        elif service.get(theirs) not in (None, False):
            draft.note(theirs, WRONG_TYPE)
    for theirs, ours in TEXTS.items():
        text = text_of(service.get(theirs))
        if text:
            draft.container[ours] = text
        elif service.get(theirs) not in (None, ""):
            draft.note(theirs, WRONG_TYPE)
