"""CloudFormation as a JSON template: an `AWS::ECS::TaskDefinition` for each job that has a definition.

Property names are those of the resource's schema:
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-taskdefinition.html.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ecsplan.decision.member_kinds import Data, Leaf, Member, Struct, Unordered
from ecsplan.decision.member_kinds import Sequence as Listed
from ecsplan.decision.members import TASK_DEFINITION
from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.family_names import family_name
from ecsplan.terms.json_types import Document, Json, Record
from ecsplan_convert.aws.intrinsic_functions import is_function
from ecsplan_convert.aws.member_case import CLOUDFORMATION, pascal_case
from ecsplan_convert.exported import Exported
from ecsplan_convert.source import ConversionError
from ecsplan_convert.writers.planned import (
    definition_key,
    json_document,
    linked_as_it_is,
    means_nothing,
    unique_names,
)
from ecsplan_convert.writers.unsupported import OF_A_RUN, Unsupported, definition_notes

MAX_JOBS: Final = 500
"""Resources of a template (CloudFormation user guide, quotas)."""

_RUNS: Final = "CloudFormation registers the task definition and runs nothing"
TABLE: Final = (
    *(Unsupported(key, _RUNS) for key in OF_A_RUN),
    Unsupported(
        "log_retention_days", "declare the log group as an `AWS::Logs::LogGroup` with `RetentionInDays`"
    ),
    Unsupported(
        "auto_deregister_task_definition",
        "the revision stays registered until the stack replaces or deletes the resource",
    ),
    Unsupported("schedule", "`--to eventbridge` writes the schedule"),
    Unsupported("aws", "a stack is in the account and the region in which it is created"),
)
"""What a job may ask for and the resource has no property for."""

_TAG: Final = Struct({"key": Leaf(), "value": Leaf()})
_DEFINITION: Final = Struct({**TASK_DEFINITION.members, "tags": Listed(_TAG)})
"""What RegisterTaskDefinition takes: of a revision, tags are no part."""
_NOT_PROPERTIES: Final = frozenset({"trustedExecutionConfiguration"})
"""Members of RegisterTaskDefinition that the resource does not have."""
_MAX_LOGICAL_ID: Final = 255
_NOT_IN_LOGICAL_ID: Final = re.compile(r"[^A-Za-z0-9]+")
_DYNAMIC: Final = "{{resolve:"


def write(jobs: Sequence[PlannedJob]) -> Exported:
    """Return a template with the task definitions of jobs; jobs with the same definition share a resource.

    Raises:
        ConversionError: Every job only links to a definition, and a template without resources is refused.
    """
    resources: Record = {}
    notes: list[str] = []
    written: set[tuple[str, str]] = set()
    ids = unique_names([_logical_id(job.name) for job in jobs], limit=_MAX_LOGICAL_ID, separator="")
    for job, name in zip(jobs, ids, strict=True):
        linked = linked_as_it_is(job)
        if linked is not None:
            notes.append(f"{job.name}: it runs `{linked}`, which the template does not define")
        elif (key := definition_key(job)) not in written:
            written.add(key)
            lost: list[str] = []
            properties = _properties(job.definition.request, lost)
            resources[name] = {"Type": "AWS::ECS::TaskDefinition", "Properties": properties}
            notes += (f"{job.name}: {each}" for each in lost)
        notes += definition_notes(job, TABLE, "`AWS::ECS::TaskDefinition`")
    if not resources:
        raise ConversionError(
            "there is no task definition to write: each job runs one that exists, as it is",
            help="use a format that describes runs: aws-cli, step-functions or eventbridge",
        )
    template: Record = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}
    return Exported(json_document(template), notes=tuple(notes))


def _logical_id(name: str) -> str:
    """Return a name as a logical id: letters and digits, each word with a capital."""
    words = _NOT_IN_LOGICAL_ID.split(family_name(name))
    return "".join(each[:1].upper() + each[1:] for each in words) or "Job"


def _properties(definition: Document, lost: list[str]) -> Json:
    kept = _known(definition, _DEFINITION, "", lost)
    proxy = kept.get("proxyConfiguration") if isinstance(kept, Mapping) else None
    if isinstance(kept, Mapping) and isinstance(proxy, Mapping):
        renamed = {
            "proxyConfigurationProperties" if name == "properties" else name: each
            for name, each in proxy.items()
        }
        kept = {**kept, "proxyConfiguration": renamed}
    return pascal_case(kept, CLOUDFORMATION)


def _known(value: Json, member: Member, place: str, lost: list[str]) -> Json:
    """Return the part of a value that the resource has properties for; add to `lost` what is not in it."""
    if isinstance(value, str):
        if _DYNAMIC in value:
            lost.append(f"`{place}` has `{_DYNAMIC}…}}}}`, which CloudFormation resolves and cannot escape")
        return value
    match member:
        case Struct(members=members) if isinstance(value, Mapping):
            return dict(_known_members(value, members, place, lost))
        case Listed(item=item) | Unordered(item=item) if isinstance(value, list | tuple):
            return [_known(each, item, f"{place}[{index}]", lost) for index, each in enumerate(value)]
        case Data() if isinstance(value, Mapping):
            if len(value) == 1 and any(each == "Condition" or is_function(each) for each in value):
                lost.append(f"`{place}` is left out: CloudFormation would take it for a function")
                return {}
            return {name: _known(each, member, f"{place}.{name}", lost) for name, each in value.items()}
        case _:
            return value


def _known_members(
    value: Document, members: Mapping[str, Member], place: str, lost: list[str]
) -> Iterator[tuple[str, Json]]:
    for name, each in value.items():
        path = f"{place}.{name}" if place else name
        kind = members.get(name)
        if means_nothing(each, kind):
            continue
        if kind is None or (not place and name in _NOT_PROPERTIES):
            lost.append(f"`{path}` is left out: the resource has no property for it")
            continue
        kept = _known(each, kind, path, lost)
        if not means_nothing(kept, kind):
            yield name, kept
