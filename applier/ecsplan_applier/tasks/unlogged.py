"""Find the jobs whose output is lost: their task definition does not configure a log."""

from collections.abc import Iterable
from typing import Final

from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.bodies import as_mappings

KEEPING: Final = "`stream_output: true` with an `execution_role_arn`"
"""What a manifest has whose output goes to CloudWatch Logs."""


def without_log(jobs: Iterable[PlannedJob]) -> tuple[str, ...]:
    """Return the names of the jobs whose output is kept nowhere, although nobody asked for that.

    A container without `logConfiguration` writes to no log on Fargate, and on an instance only to a file of
    the Docker daemon (ECS developer guide, log configuration). `stream_output: false` in a manifest means
    that the output is not wanted; of a linked definition that has not been looked up nothing is known.
    """
    return tuple(each.name for each in jobs if _is_unlogged(each))


def _is_unlogged(job: PlannedJob) -> bool:
    if job.watch.logs is not None or job.spec.get("stream_output") is False:
        return False
    containers = as_mappings(job.definition.request.get("containerDefinitions"))
    own = [each for each in containers if each.get("name") == job.watch.container]
    return bool(own) and not own[0].get("logConfiguration")
