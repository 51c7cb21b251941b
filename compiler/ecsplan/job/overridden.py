"""Find values of a task definition that keys of the manifest replace, so that they never reach AWS."""

from collections.abc import Iterator

from ecsplan.job.candidates import candidates
from ecsplan.job.spec import DEFAULT_CONTAINER, JobSpec
from ecsplan.terms.pointers import child

_DEFINITION = "/task_definition"


def overridden(job: JobSpec) -> frozenset[str]:
    """Return the pointers of what the job's keys replace in its `task_definition`, whether present or not."""
    return frozenset(f"{_DEFINITION}{each}" for each in (*_of_task(job), *_of_container(job)))


def _of_task(job: JobSpec) -> Iterator[str]:
    if job.family is not None:
        yield "/family"
    if job.execution_role_arn is not None:
        yield "/executionRoleArn"
    if job.ephemeral_storage_gib is not None:
        yield "/ephemeralStorage/sizeInGiB"
    for member in job.runtime_platform or ():
        yield child("/runtimePlatform", member)
    if job.on_fargate and job.cpu_units is not None:
        yield "/cpu"
    if job.on_fargate and job.memory_mib is not None:
        yield "/memory"


def _of_container(job: JobSpec) -> Iterator[str]:
    """Yield the pointers of what the job's keys replace in its container."""
    containers = job.task_definition.get("containerDefinitions") or ()
    is_only_one = len(containers) == 1 and job.container_name is None
    name = job.container_name or next(iter(candidates(job.task_definition)), DEFAULT_CONTAINER)
    for index, each in enumerate(containers):
        # The name may be a placeholder that was refused; a sole container is the job's all the same.
        if each.get("name") != name and not is_only_one:
            continue
        place = f"/containerDefinitions/{index}"
        if job.image is not None:
            yield f"{place}/image"
        yield from (child(place, member) for member in job.container_options)
        if job.gpus is not None:
            for number, requirement in enumerate(each.get("resourceRequirements") or ()):
                if requirement.get("type") == "GPU":
                    replaced = f"{place}/resourceRequirements/{number}"
                    yield from (f"{replaced}/value", f"{replaced}/sharingStrategy")
        for number, secret in enumerate(each.get("secrets") or ()):
            if secret.get("name") in job.secrets:
                yield f"{place}/secrets/{number}/valueFrom"
        if job.configure_logs:
            options = f"{place}/logConfiguration/options"
            yield from (child(options, option) for option in job.log_options)
        return
