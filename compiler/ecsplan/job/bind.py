"""From the data that the schema accepted to a `JobSpec`: one spelling for every value."""

import shlex
from collections.abc import Mapping
from typing import Any

from ecsplan.job.from_service import like_service, where_service_is
from ecsplan.job.prune import PATCHES, without_nulls
from ecsplan.job.short_volumes import normalized_path
from ecsplan.job.spec import JobSpec, Written, job_of
from ecsplan.patch.text import PatchTextError, operations_in
from ecsplan.schedules.run_times import EXPRESSION_KEYS, SCHEDULE_MEMBERS
from ecsplan.terms.diagnostic import Diagnostic, error
from ecsplan.terms.family_names import tag_text
from ecsplan.terms.fargate import cpu_units, memory_mib
from ecsplan.terms.manifest_keys import SPEC_ORDER
from ecsplan.terms.member_order import ordered
from ecsplan.terms.placeholders import is_open
from ecsplan.terms.pointers import child
from ecsplan.terms.short_texts import shortened


def bind(
    written: Written, accepted: Mapping[str, Any], refused: frozenset[str] = frozenset()
) -> tuple[JobSpec, tuple[Diagnostic, ...]]:
    """Return the job that this data describes, and what is wrong with values that no schema can judge.

    Args:
        written: The job as written.
        accepted: Its data without what the schema refused.
        refused: The pointers of what it refused.
    """
    binder = _Binder(written, accepted, refused)
    spec = binder.spec()
    unreadable = frozenset(f"/{key}" for key in accepted if key not in spec)
    # What its service says is not known yet; placeholders stand for it.
    job = like_service(where_service_is(job_of(written, spec, refused | unreadable)), None)
    return job, tuple(binder.found)


class _Binder:
    """Brings the values of one job into their one spelling and collects what cannot be read."""

    def __init__(self, written: Written, accepted: Mapping[str, Any], refused: frozenset[str]) -> None:
        self.written = written
        self.accepted = accepted
        self.refused = refused
        self.found: list[Diagnostic] = []

    def spec(self) -> dict[str, Any]:
        """Return the normalized manifest."""
        values = {"name": self.written.name}
        for key in SPEC_ORDER[1:]:
            if key in self.accepted and (value := self._normalized(key, self.accepted[key])) is not _REFUSED:
                values[key] = value
        return values

    def _is_open(self, value: object) -> bool:
        """Return whether a value is not known before its lookups are."""
        return bool(self.written.open_lookups) and is_open(value)

    def _normalized(self, key: str, value: Any) -> Any:
        if self._is_open(value):
            # Of a patch in one string, what stands around its lookups may be known.
            return self._open_patch(value) if key in PATCHES else value
        match key:
            case "command":
                return self._command(value)
            case "cpu" | "memory" | "gpus":
                return self._size(key, value)
            case "vpc_id" | "subnets":
                return self._by_tags(key, value)
            case "volumes":
                return self._volumes(value)
            case "env":
                return {name: self._variable(name, value[name]) for name in sorted(value)}
            case "labels":
                return self._labels(value)
            case "task_watch_poll_interval":
                return float(value)
            case "task_start_timeout_seconds" | "task_timeout_seconds":
                return int(value) if abs(value) < _EXACT and value == int(value) else value
            case "task_customizations" | "task_definition_customizations":
                return self._patch(key, value)
            case "secrets" | "cloudwatch_logs_options" | "aws":
                return {name: value[name] for name in sorted(value)}
            case _:
                return _schedule(value) if key == "schedule" else ordered(value)

    def _command(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return shlex.split(value)
        except ValueError as reason:
            self._refuse(
                "command-quotes", "/command", f"cannot split this command as a shell would: {reason}"
            )
            return _REFUSED

    def _size(self, key: str, value: Any) -> Any:
        if key == "gpus":
            return value if value == "ALL" else int(value)
        amount = cpu_units(value) if key == "cpu" else memory_mib(value)
        if amount is None:
            unit = "CPU units" if key == "cpu" else "MiB"
            example = '256, "256" or "0.25 vCPU"' if key == "cpu" else '512, "512" or "0.5 GB"'
            self._refuse(
                f"{key}-size",
                f"/{key}",
                f"{_short(value)} is not a whole number of {unit}",
                help=f"write it like {example}",
            )
            return _REFUSED
        return amount

    def _by_tags(self, key: str, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        tags = value.get("tags")
        if not tags and (tags is None or any(each.startswith(f"/{key}/") for each in self.refused)):
            return _REFUSED
        if not tags:
            message = f"{key}: there are no tags to look for"
            self._refuse(
                "lookup-tags", f"/{key}/tags", message, help="write at least one, {tags: {KEY: VALUE}}"
            )
            return _REFUSED
        return {"tags": dict(sorted(tags.items()))}

    def _volumes(self, value: Mapping[str, Any]) -> Any:
        volumes: dict[str, Any] = {}
        written: dict[str, str] = {}
        for path in sorted(value):
            normalized = normalized_path(path)
            if normalized == "/" or normalized in volumes:
                self._refuse_path(path, written.get(normalized))
            elif (volume := _volume(value[path])) is not None:
                volumes[normalized], written[normalized] = volume, path
        return {path: volumes[path] for path in sorted(volumes)}

    def _refuse_path(self, path: str, same: str | None) -> None:
        message, help_text = "a volume cannot be mounted at the root of the container", "name a folder"
        if same is not None:
            message, help_text = f"{_short(path)} is the same path as {_short(same)}", "remove one of them"
        self._refuse("volume-path", child("/volumes", path), message, key=True, help=help_text)

    def _variable(self, name: str, value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        return self.written.text_of(child("/env", name)) or str(value)

    def _labels(self, value: Mapping[str, str]) -> dict[str, str]:
        cleaned: dict[str, str] = {}
        first: dict[str, str] = {}
        for key in sorted(value):
            tag = tag_text(key)
            if tag in cleaned:
                self._refuse(
                    "label-clash",
                    child("/labels", key),
                    f"the labels {_short(first[tag])} and {_short(key)} both become the tag {_short(tag)}",
                    key=True,
                    help="ECS refuses some characters in tags; rename one of them",
                )
                continue
            text = value[key]
            cleaned[tag], first[tag] = text if self._is_open(text) else tag_text(text), key
        return {tag: cleaned[tag] for tag in sorted(cleaned)}

    def _patch(self, key: str, value: Any) -> Any:
        if not isinstance(value, str):
            return ordered(value)
        try:
            return ordered([_written(each) for each in operations_in(value)])
        except PatchTextError as reason:
            self._refuse("patch-json", f"/{key}", str(reason), help=reason.help)
            return _REFUSED

    def _open_patch(self, text: str) -> Any:
        """Return the operations of a patch with lookups in it; the string itself if it is no JSON yet."""
        try:
            return ordered([_written(each) for each in operations_in(text)])
        except PatchTextError:
            return text

    def _refuse(self, rule: str, pointer: str, message: str, *, key: bool = False, help: str = "") -> None:  # noqa: A002
        self.found.append(error(rule, self.written.locate(pointer, key=key), message, help=help))


def _schedule(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schedule in the order of its documentation, with single spaces in its expression."""
    members = {name: ordered(value[name]) for name in SCHEDULE_MEMBERS if name in value}
    return {
        name: " ".join(each.split()) if name in EXPRESSION_KEYS else each for name, each in members.items()
    }


def _volume(value: Any) -> Any:
    """Return a volume in its one spelling; None where a part of it was refused."""
    if isinstance(value, str):
        return value.removesuffix(":/")
    return dict(sorted(value.items())) if {"ebs_gib", "role_arn"} <= value.keys() else None


def _written(operation: Any) -> Any:
    """Return an operation without the nulls in its value, as those of a patch in YAML are left out."""
    if isinstance(operation, dict) and isinstance(operation.get("value"), dict | list):
        return {**operation, "value": without_nulls(operation["value"])}
    return operation


def _short(value: object) -> str:
    """Return how a message quotes a value."""
    return shortened(repr(value), _QUOTED)


_QUOTED = 80
"""Characters of a value that a message quotes."""

_EXACT = 2**53
"""Whole numbers below this are what they are as floats, too."""

_REFUSED = object()
"""What stands for a value that was reported; its key is left out."""
