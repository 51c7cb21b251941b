"""The pass check_observed: problems of a job that AWS's answers reveal, in its linked revision or network."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ecsplan.decision.decide_revision import Decision, Register
from ecsplan.draft import network
from ecsplan.draft.draft import Defined, Draft
from ecsplan.draft.network_lookup import NetworkFound
from ecsplan.draft.newer_members import model_version, newer_members, readable
from ecsplan.draft.pinned_image import image_pointer
from ecsplan.job.from_service import service_elsewhere, service_question
from ecsplan.job.network_keys import tags_in_words
from ecsplan.job.spec import JobSpec
from ecsplan.plan.decide_job import runs_linked
from ecsplan.terms.diagnostic import Diagnostic, error, warning
from ecsplan.terms.observed import NotThere, Observed, Revision
from ecsplan.terms.short_texts import shortened

if TYPE_CHECKING:
    from ecsplan.decision.compare import Change

MAX_SHOWN = 60
"""Characters of a value that a warning shows."""


def check_observed(made: Draft, decision: Decision, found: NetworkFound) -> tuple[Diagnostic, ...]:
    """Return the problems of a job that AWS's answers reveal.

    Args:
        made: The job's two requests.
        decision: Which revision it runs.
        found: What is known of its network.
    """
    return tuple(_problems(made, decision, found))


def _problems(made: Draft, decision: Decision, found: NetworkFound) -> Iterator[Diagnostic]:
    if made.linked is not None and not made.linked.is_active:
        yield _inactive(made, made.linked)
    elif made.linked is not None and not runs_linked(made.linked, decision):
        yield _forced_revision(made, made.linked)
        if isinstance(decision, Register):
            yield from _lost(made, made.linked)
    yield from (_not_there(made, pointer, each) for pointer, each in found.missing)
    if made.has_subnets_of_vpc:
        if found.no_subnets is not None:
            yield _not_there(made, "/vpc_id" if made.job.says("vpc_id") else "", found.no_subnets)
        if found.subnets is not None and len(found.subnets) > network.MAX_SUBNETS:
            yield _left_out(made.job, len(found.subnets))


def _not_there(made: Draft, pointer: str, found: NotThere) -> Diagnostic:
    return error(found.rule, made.at(pointer), found.message, help=found.help)


def no_service(job: JobSpec, observed: Observed) -> tuple[Diagnostic, ...]:
    """Return an error where there is no service that the job could run like."""
    elsewhere = service_elsewhere(job, observed)
    if elsewhere is not None:
        return (_in_other_region(job, elsewhere.region or "", observed.region(job.aws) or ""),)
    question = service_question(job)
    found = None if question is None else observed.not_there(question)
    if found is None:
        return ()
    return (error(found.rule, job.at("/service"), found.message, help=found.help),)


def _in_other_region(job: JobSpec, there: str, here: str) -> Diagnostic:
    return error(
        "service-elsewhere",
        job.at("/service"),
        f"the service is in the region {there}, but the job runs in {here}",
        help=f"write `aws: {{region: {there}}}`: the job, its service and what it looks up are in one region",
    )


def no_image(made: Draft, defined: Defined, observed: Observed) -> tuple[Diagnostic, ...]:
    """Return an error where there is no image that the job could pin.

    Args:
        made: The job's two requests.
        defined: Its task definition.
        observed: What AWS said.
    """
    found = None if defined.pins is None else observed.not_there(defined.pins)
    if found is None:
        return ()
    return (error(found.rule, made.in_definition(image_pointer(defined)), found.message, help=found.help),)


def _inactive(made: Draft, linked: Revision) -> Diagnostic:
    return error(
        "linked-inactive",
        made.at(f"/{made.job.link_key}"),
        f"{linked.arn} is {linked.definition.get('status')}: it cannot start tasks",
        help="link an ACTIVE revision, or the family by its name",
    )


def _forced_revision(made: Draft, linked: Revision) -> Diagnostic:
    """Return the warning that a key makes a revision of its own, with the difference to the linked one."""
    from ecsplan.decision.compare import compare  # noqa: PLC0415 - only a linked definition that has to change needs it

    lines = map(_in_words, compare(made.definition, linked.definition))
    return warning(
        "linked-changed",
        made.at(f"/{made.job.link_key}"),
        f"the job needs changes to {linked.arn}, so it runs a revision of its own in family"
        f" {made.definition.get('family')!r}: {'; '.join(lines)}",
        help=_remedy_of_change(made, linked),
    )


def _remedy_of_change(made: Draft, linked: Revision) -> str:
    """Return what to do about a revision of its own; beside a service it may well be meant."""
    if made.job.link_key != "service":
        return "remove the keys that change it, or link a definition that has these values"
    remedy = "to run the revision of the service as it is, remove the keys that change it"
    if made.definition.get("family") != linked.definition.get("family"):
        return remedy
    return f"{remedy}; to run another one, give it a `family` of its own, apart from those of the service"


def _lost(made: Draft, linked: Revision) -> Iterator[Diagnostic]:
    """Yield the error that a revision made of the linked one would lose what the ECS model does not have."""
    members = [
        readable(made.definition, each)
        for each in newer_members(made.definition)
        if not made.definition_origins.find(each).in_patch
    ]
    if members:
        yield error(
            "linked-newer",
            made.at(f"/{made.job.link_key}"),
            f"{linked.arn} has {', '.join(members)}, which the ECS model of botocore {model_version()} "
            "does not have: a revision made of it would lose that",
            help="remove the keys that change it, use a newer ecsplan, or remove the member with "
            "task_definition_customizations",
        )


def _in_words(change: "Change") -> str:
    before, after = (_shown(each) for each in (change.before, change.after))
    match change.op:
        case "add":
            return f"add {change.path}: {after}"
        case "remove":
            return f"remove {change.path}: {before}"
        case "replace":
            return f"replace {change.path}: {before} -> {after}"


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return shortened(text, MAX_SHOWN)


def _left_out(job: JobSpec, found: int) -> Diagnostic:
    keys = job.network_keys
    tagged = f" with {tags_in_words(keys.subnet_tags)}" if keys.subnet_tags else ""
    key = next((f"/{each}" for each in ("subnets", "vpc_id") if job.says(each)), "")
    return warning(
        "subnets-left-out",
        job.at(key),
        f"{keys.vpc_in_words} has {found} subnets{tagged}; "
        f"a task takes {network.MAX_SUBNETS}, so some are left out",
        help="give their ids in `subnets`" if tagged else "name the subnets in network_configuration",
    )
