"""Sources of `ecsplan init` that AWS describes: a task definition, a task or a service, by its name."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ecsplan_cli.options import AwsArguments
from ecsplan_convert.source import ConversionError, Job, Source, SourceJobs

if TYPE_CHECKING:
    from ecsplan_applier.named import Description, Named

_NAME: Final = re.compile(r"arn:.+|service:.+|[A-Za-z0-9_-]{1,255}(:[0-9]+)?")
_READERS: Final = {
    "taskDefinition": "describe-answer",
    "tasks": "describe-tasks",
    "services": "describe-services",
}
"""What a description has -> the key of its format."""


def names_aws(source: str) -> bool:
    """Return whether a source that is not a file may be the name of something in AWS."""
    return source != "-" and _NAME.fullmatch(source) is not None


def described(source: str, aws: AwsArguments) -> SourceJobs:
    """Return what AWS describes under a name; ends the command where it is not there or could not be asked.

    Raises:
        ConversionError: It is an ARN of something else.
    """
    from ecsplan_applier.named import named  # noqa: PLC0415 - only what talks to AWS loads the applier

    thing = named(source)
    if thing is None:
        raise ConversionError(
            f"{source} does not name a task definition, a task or a service",
            help="give a family, the ARN of one of these, or service:CLUSTER/NAME",
        )
    description = _asked(thing, aws)
    found = _found(source, description)
    where = {"aws": {"region": description.region}} if description.elsewhere else {}
    jobs = tuple(_in_region(each, where) for each in found.jobs)
    return replace(found, jobs=jobs, notes=(*description.notes, *found.notes))


def _asked(thing: "Named", aws: AwsArguments) -> "Description":
    from ecsplan_applier.named import describe  # noqa: PLC0415
    from ecsplan_applier.observing.observer import Observer  # noqa: PLC0415 - as above
    from ecsplan_cli.session import opened, trace  # noqa: PLC0415

    with opened(aws) as session:
        observer = Observer(session, trace=trace(aws))
        return observer.run(lambda observation: describe(observation, thing))


def _found(source: str, description: "Description") -> SourceJobs:
    from ecsplan_convert.init import read_as  # noqa: PLC0415 - loads what reads all formats

    key = next(key for name, key in _READERS.items() if name in description.document)
    return read_as(key, Source(source, "", description.document))


def _in_region(job: Job, where: dict[str, dict[str, str]]) -> Job:
    """Return a job that runs in the region that was asked, where the command would go to another."""
    return replace(job, keys={**job.keys, **where}) if where else job
