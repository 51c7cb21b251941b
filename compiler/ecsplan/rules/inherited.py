"""Leave out findings that a linked ACTIVE revision causes by itself: ECS has already accepted it."""

import re
from collections.abc import Iterator

from ecsplan.decision.members import OUTPUT_ONLY
from ecsplan.draft.draft import Draft
from ecsplan.job.spec import JobSpec, job_of
from ecsplan.patch.origins import Origins
from ecsplan.rules.order import checked
from ecsplan.terms.diagnostic import Diagnostic

_ABOUT_THE_RUN = frozenset(
    {"fargate-network-mode", "launch-volume-missing", "launch-volume-unknown", "subnets-missing"}
)
"""Rules that a definition breaks only together with a run request; ECS checks these when a task is run."""

_VALID_FOR = ("requiresCompatibilities", "compatibilities")
"""The launch types that a revision was registered for, and those that ECS found it valid for."""

_NUMBER = re.compile(r"\d+")


def findings(draft: Draft) -> Iterator[Diagnostic]:
    """Yield what the rules find in a draft, without what they find in its linked ACTIVE revision alone.

    What the manifest changes in the revision, and how the revision is run, is reported.
    """
    # The rules run over the revision by itself, and what they find there as well is inherited. Asking each
    # rule whether a value was changed would not do: a sum or a cycle is not a single value.
    found = tuple(checked(draft))
    link = f"/{draft.job.link_key}"
    if draft.linked is None or not draft.linked.is_active or not any(_is_at(each, link) for each in found):
        yield from found
        return
    is_same = _kind_without_numbers if _keeps_sizes(draft.job) else _kind
    accepted = (each for launch_types in _VALID_FOR for each in checked(_accepted(draft, launch_types)))
    inherited = {is_same(each) for each in accepted if each.rule not in _ABOUT_THE_RUN}
    yield from (each for each in found if not _is_at(each, link) or is_same(each) not in inherited)


def _is_at(diagnostic: Diagnostic, pointer: str) -> bool:
    return diagnostic.location.pointer == pointer


def _keeps_sizes(job: JobSpec) -> bool:
    """Return whether the manifest leaves all sizes to the linked revision."""
    return not job.definition_patch and job.cpu_units is None and job.memory_mib is None


def _kind(diagnostic: Diagnostic) -> tuple[str, str]:
    return diagnostic.rule, diagnostic.message


def _kind_without_numbers(diagnostic: Diagnostic) -> tuple[str, str]:
    """Return what identifies a finding regardless of numbers in its message.

    A longer image name, for instance, changes the size of a definition that was too large before.
    """
    return diagnostic.rule, _NUMBER.sub("#", diagnostic.message)


def _accepted(draft: Draft, launch_types: str) -> Draft:
    """Return the linked revision by itself as a draft without a run request.

    `launch_types` names its member with the launch types that it must be valid for.
    """
    described = {} if draft.linked is None else draft.linked.definition
    definition = {name: value for name, value in described.items() if name not in OUTPUT_ONLY}
    definition["requiresCompatibilities"] = list(described.get(launch_types) or ())
    keys = {"name": draft.job.name, "task_definition_arn": draft.job.linked, "launch_type": None}
    return Draft(
        job=job_of(draft.job.written, keys, frozenset()),
        linked=draft.linked,
        container="",
        definition=definition,
        run={},
        unpatched_definition=definition,
        definition_origins=Origins(definition, (), ""),
        run_origins=Origins({}, (), ""),
    )
