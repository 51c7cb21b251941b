"""A Docker Compose file: each of its services becomes a job.

Facts: docs.docker.com, Compose file reference, and for `x-aws-…` the retired integration of Docker with ECS.
"""

from collections.abc import Mapping
from typing import Any, Final

from ecsplan.terms.records import dataclass
from ecsplan_convert.compose import container, resources
from ecsplan_convert.compose.dependencies import after, refuse_circles
from ecsplan_convert.compose.env_files import env_files
from ecsplan_convert.compose.services import CONFIG, services_of
from ecsplan_convert.compose.table import OF_DEPLOY, OF_FILE, TABLE, UNSUPPORTED
from ecsplan_convert.compose.values import Used, interpolated, pairs
from ecsplan_convert.images import is_image
from ecsplan_convert.job_draft import JobDraft, shown
from ecsplan_convert.source import ConversionError, Source, SourceJobs

__all__ = ["TABLE", "read"]

_RULES: Final = {
    "command": container.command,
    "entrypoint": container.entrypoint,
    "environment": container.environment,
    "labels": container.labels,
    "platform": container.platform,
    "stop_grace_period": container.stop_grace_period,
    "healthcheck": container.healthcheck,
    "logging": resources.logging,
    "ulimits": resources.ulimits,
    "init": resources.init,
}
"""What a member of a service becomes, for those that stand for themselves."""

_TOGETHER: Final = (
    resources.size,
    resources.count,
    resources.restart,
    resources.gpus,
    resources.capabilities,
)
"""Conversions that look at several members of a service."""

_READ: Final = frozenset(
    {
        *("image", "build", "env_file", "depends_on", "deploy", "profiles", "extends", "ports", "restart"),
        *("cpus", "mem_limit", "mem_reservation", "scale", "gpus", "cap_add", "cap_drop"),
        *("pull_policy", "attach"),
        *container.FLAGS,
        *container.TEXTS,
        *_RULES,
    }
)
"""Members of a service that have a place of their own in this module."""


_UNFILLED: Final = frozenset({"build", "ports", "profiles"})
"""Members of which a note says that they are there, whatever their variables are."""

_PUSH: Final = "build and push the image, and name it under `image`"


def read(source: Source) -> SourceJobs:
    """Return the services of a Compose file as jobs.

    Raises:
        ConversionError: It has no services, or none with an image.
    """
    document = source.document
    services, notes = services_of(document, source)
    jobs, left_out = [], {}
    for name, service in services.items():
        reason = _no_image(service)
        if reason:
            left_out[name] = reason
        else:
            jobs.append(name)
    if not jobs:
        first, reason = next(iter(left_out.items()))
        others = f", and {len(left_out) - 1} more like it" if len(left_out) > 1 else ""
        message = f"no service has an image that could be run: `{shown(first)}` {reason}{others}"
        help_text = CONFIG if any("${" in each for each in left_out.values()) else _PUSH
        raise ConversionError(message, help=help_text)
    unconverted = {each: _left_out(each, reason) for each, reason in left_out.items()}
    known = _Known(frozenset(jobs), frozenset(left_out), _of_file(document))
    drafts = [_draft(name, services[name], known, source) for name in jobs]
    refuse_circles(drafts)
    notes += [*unconverted.values(), *_file_notes(document)]
    return SourceJobs(tuple(each.job() for each in drafts), notes=tuple(notes), unconverted=unconverted)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the conversion of a service knows of the others.

    Attributes:
        jobs: The services that become jobs.
        left_out: Those that do not.
        keys: Keys that every job gets, from the file's own members.
    """

    jobs: frozenset[str]
    left_out: frozenset[str]
    keys: Mapping[str, str]


def _no_image(service: Mapping[str, Any]) -> str:
    """Return why a service has no image that a job could run; "" where it has one."""
    used = Used()
    image = interpolated(service.get("image"), used)
    if is_image(image) and not used.missing:
        return ""
    if used.missing:
        names = _references(used.missing)
        return f"has an image with {names}, which Compose takes from the caller's environment"
    if service.get("build") is not None:
        return "has a `build` and no `image`"
    return "has no `image`" if image in (None, "") else "has an `image` that is not the name of one"


def _left_out(name: str, reason: str) -> str:
    """Return the sentence about a service that does not become a job."""
    what = f"service `{shown(name)}` was left out: it {reason}"
    return f"{what}; {CONFIG if '${' in reason else _PUSH}"


def _draft(name: str, service: Mapping[str, Any], known: _Known, source: Source) -> JobDraft:
    draft = JobDraft(name, keys=dict(known.keys))
    filled = _filled(draft, service)
    image = filled.get("image")
    draft.keys["image"] = image.strip() if isinstance(image, str) else ""
    draft.hold_back_image()
    after(draft, filled.get("depends_on"), known.jobs)
    for member, rule in _RULES.items():
        if filled.get(member) is not None:
            rule(draft, filled[member])
    for convert in _TOGETHER:
        convert(draft, filled)
    container.alike(draft, filled)
    env_files(draft, filled.get("env_file"), source)
    _other_members(draft, filled)
    return draft


def _filled(draft: JobDraft, service: Mapping[str, Any]) -> dict[str, Any]:
    """Return a service with its variables filled in; members that need a missing one are left out."""
    filled: dict[str, Any] = {}
    missing: dict[str, list[str]] = {}
    defaults: dict[str, list[str]] = {}
    for member, value in service.items():
        if member in UNSUPPORTED or member in _UNFILLED:
            filled[member] = value
            continue
        # In a mapping of texts, one that is not known leaves the others as they are.
        parts = pairs(value) if member in {"environment", "labels"} else None
        used_of = (
            {member: value} if parts is None else {f"{member}.{key}": each for key, each in parts.items()}
        )
        kept: dict[str, Any] = {}
        for path, each in used_of.items():
            used = Used()
            result = interpolated(each, used)
            if used.missing:
                missing[path] = used.missing
                continue
            kept[path] = result
            if used.defaults:
                defaults[path] = used.defaults
        if parts is None:
            filled.update(kept)
        else:
            filled[member] = {path[len(member) + 1 :]: each for path, each in kept.items()}
    if missing:
        names = _references([name for each in missing.values() for name in each])
        draft.note(
            [*missing], f"left out, since Compose takes {names} from the caller's environment; {CONFIG}"
        )
    if defaults:
        names = _references([name for each in defaults.values() for name in each])
        draft.note([*defaults], f"the default of {names} was written")
    return filled


def _references(names: list[str]) -> str:
    return ", ".join(f"${{{each}}}" for each in dict.fromkeys(names))


def _other_members(draft: JobDraft, service: Mapping[str, Any]) -> None:
    """Note the members of a service that no key says, those with the same reason in one sentence."""
    stays = [*(["ports"] if service.get("ports") else []), *resources.stays(service)]
    if stays:
        draft.note(
            stays, "this looks like a service that goes on running; a job is expected to end by itself"
        )
    if service.get("build") is not None:
        draft.note("build", "`image` was taken; nothing is built")
    if service.get("profiles"):
        draft.note("profiles", "a job has none; `ecsplan apply --only` runs some of the jobs")
    reasons: dict[str, list[str]] = {}
    deploy = service.get("deploy")
    under_deploy = resources.below_deploy(deploy) if isinstance(deploy, Mapping) else {}
    if deploy is not None and not isinstance(deploy, Mapping):
        reasons[container.WRONG_TYPE] = ["deploy"]
    for member, value in (*service.items(), *under_deploy.items()):
        if value in (None, False, [], {}, "") or member in _READ or member in OF_DEPLOY:
            continue
        reason = UNSUPPORTED.get(member, "has no counterpart in a manifest")
        reasons.setdefault(reason, []).append(member)
    for reason, members in reasons.items():
        draft.note(members, reason)


_EXTENSION: Final = "only what services take from it was carried over"


def _of_file(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the keys that the members of the whole file give to every job."""
    found = {}
    for member, key in (("x-aws-cluster", "cluster"), ("x-aws-vpc", "vpc_id")):
        value = document.get(member)
        if isinstance(value, str) and value.strip() and "$" not in value:
            found[key] = value.strip()
    return found


def _file_notes(document: Mapping[str, Any]) -> list[str]:
    kept = _of_file(document)
    kept_members = {"x-aws-cluster"} if "cluster" in kept else set()
    kept_members |= {"x-aws-vpc"} if "vpc_id" in kept else set()
    notes = []
    others: dict[str, list[str]] = {}
    for member, value in document.items():
        if member in {"services", "version", "include"} or member in kept_members or value in (None, {}, []):
            continue
        if member in OF_FILE:
            notes.append(f"`{member}`: {OF_FILE[member]}")
        else:
            reason = _EXTENSION if str(member).startswith("x-") else "has no counterpart in a manifest"
            others.setdefault(reason, []).append(f"`{shown(member)}`")
    return [*notes, *(f"{', '.join(members)}: {reason}" for reason, members in others.items())]
