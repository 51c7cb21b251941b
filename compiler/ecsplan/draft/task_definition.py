"""Build the RegisterTaskDefinition request of a job, before the job's patch."""

from collections.abc import Sequence

from ecsplan.decision.members import OUTPUT_ONLY
from ecsplan.job.candidates import candidates
from ecsplan.job.from_service import service_name
from ecsplan.job.short_volumes import normalized_path
from ecsplan.job.spec import DEFAULT_CONTAINER, DEFAULT_CPU_UNITS, DEFAULT_MEMORY_MIB, JobSpec
from ecsplan.terms.family_names import family_name, reference_family, stream_prefix
from ecsplan.terms.fargate import cpu_units
from ecsplan.terms.json_types import NOTHING, Document, Json, Record, items, mapping, mappings, name_of
from ecsplan.terms.member_order import ordered
from ecsplan.terms.placeholders import is_open, of_service
from ecsplan.terms.records import dataclass

DEFAULT_LOG_GROUP = "ecsplan"


@dataclass(frozen=True, slots=True)
class Built:
    """A RegisterTaskDefinition request and the name of the job's container in it.

    Attributes:
        body: The request.
        container: The name of the job's container; the first candidate where there are several.
        candidates: The names of the containers that may be the job's; () where the manifest names one.
        gave_memory: Whether the job's container got the default memory since nothing else sets any.
    """

    body: Record
    container: str
    candidates: tuple[str, ...] = ()
    gave_memory: bool = False


def build(
    job: JobSpec,
    base: Document,
    *,
    region: str,
    sizes: bool = True,
    container: str | None = None,
    give_memory: bool = True,
) -> Built:
    """Return the request for this job: the base with the job's keys over it.

    Args:
        job: The job.
        base: The job's `task_definition`, or the linked definition as described.
        region: The region for the log options.
        sizes: Whether keys that RunTask can override as well (cpu, memory, the execution role, ephemeral
            storage) go into the definition; on their own they never change a linked one.
        container: The name of the job's container where the base alone does not determine it.
        give_memory: Whether the job's container gets a size if neither it nor the task has memory.
    """
    body = {name: value for name, value in base.items() if name not in OUTPUT_ONLY}
    given = container or job.container_name
    found = () if given is not None else candidates(body)
    name = given or next(iter(found), DEFAULT_CONTAINER)
    body["family"] = family(job, body)
    if sizes and job.execution_role_arn is not None:
        body["executionRoleArn"] = job.execution_role_arn
    if sizes and job.ephemeral_storage_gib is not None:
        body["ephemeralStorage"] = {"sizeInGiB": job.ephemeral_storage_gib}
    if job.runtime_platform is not None:
        body["runtimePlatform"] = {**mapping(body, "runtimePlatform"), **job.runtime_platform}
    if job.on_fargate:
        body.update(_for_fargate(job, body, sizes=sizes))
    # Copies of one level, since `_lay_container` sets members but changes none in place: `base` stays as is.
    containers = [dict(each) for each in mappings(body, "containerDefinitions")]
    own = next((each for each in containers if each.get("name") == name), None)
    if own is None:
        own = {"name": name}
        containers.append(own)
    _lay_container(job, own, region=region)
    if job.volumes:
        body["volumes"] = _volumes(job, body)
    lacks_memory = not job.on_fargate and _lacks_memory(own, body)
    if lacks_memory and give_memory:
        _give_size(job, own, body)
    body["containerDefinitions"] = containers
    return Built(ordered(body), name, found, gave_memory=lacks_memory and give_memory)


def build_unseen(job: JobSpec, *, region: str) -> Built:
    """Return the known part of the request of a job whose linked definition AWS was not asked about."""
    name = job.container_name or container_at_apply(job)
    body: Record = {"family": family(job, {})}
    if job.runtime_platform is not None:
        body["runtimePlatform"] = job.runtime_platform
    own: Record = {"name": name}
    _lay_container(job, own, region=region)
    if len(own) > 1:
        body["containerDefinitions"] = [own]
    if job.volumes:
        body["volumes"] = _volumes(job, body)
    return Built(ordered(body), name)


def container_at_apply(job: JobSpec) -> str:
    """Return the placeholder of the container's name in a linked definition that AWS was not asked about."""
    if job.service is not None:
        return of_service("container", service_name(job.service).name)
    return f"<container of {job.linked}>"


def image_at_apply(job: JobSpec) -> str:
    """Return the placeholder of the job's image in a linked definition that AWS was not asked about."""
    if job.service is not None:
        return of_service("image", service_name(job.service).name)
    return f"<image of {job.linked}>"


def family(job: JobSpec, body: Document) -> str:
    """Return the family that the job registers into; "" if its name has no accepted character."""
    key, name = family_source(job, body)
    if job.written.open_lookups and is_open(name):
        return name
    return name if key in _ACCEPTED_FAMILIES else family_name(name)


def family_source(job: JobSpec, body: Document) -> tuple[str, str]:
    """Return the key that determines the job's family, and the family before it is made to fit."""
    # In order of precedence; the job's name comes last.
    linked = None if job.linked is None else _linked_family(job, job.linked)
    flow = "deployment_name" if job.deployment_name is not None else "flow_name"
    written = (
        ("family", job.family),
        ("task_definition", body.get("family")),
        (job.link_key, linked),
        (flow, job.flow_family),
    )
    return next(((key, str(each)) for key, each in written if each is not None), ("name", job.default_family))


def _linked_family(job: JobSpec, linked: str) -> str:
    """Return the family of the linked definition, or its placeholder while that of a service is not known."""
    if job.service is not None and job.awaits_service:
        return of_service("family", service_name(job.service).name)
    return linked if is_open(linked) else reference_family(linked)


_ACCEPTED_FAMILIES = frozenset({"task_definition", "task_definition_arn", "service"})
"""Keys whose families are used as they are: the schema has checked the one, and ECS the other."""


def container_of(body: Document, name: str) -> Document:
    """Return the container of this name, or an empty mapping."""
    return next(
        (each for each in mappings(body, "containerDefinitions") if each.get("name") == name), NOTHING
    )


def _for_fargate(job: JobSpec, body: Document, *, sizes: bool) -> Record:
    """Return the task-level members that Fargate requires, with defaults for those that nothing sets."""
    compatibilities = body.get("requiresCompatibilities", ())
    wanted_cpu = job.cpu_units if sizes or "cpu" not in body else None
    wanted_memory = job.memory_mib if sizes or "memory" not in body else None
    return {
        "cpu": str(wanted_cpu or body.get("cpu") or DEFAULT_CPU_UNITS),
        "memory": str(wanted_memory or body.get("memory") or DEFAULT_MEMORY_MIB),
        "networkMode": body.get("networkMode", "awsvpc"),
        "requiresCompatibilities": compatibilities
        if is_open(compatibilities)
        else _with_fargate(items(body, "requiresCompatibilities")),
    }


def _with_fargate(compatibilities: Sequence[Json]) -> list[Json]:
    return [*compatibilities, *(() if "FARGATE" in compatibilities else ("FARGATE",))]


def _lay_container(job: JobSpec, own: Record, *, region: str) -> None:
    """Set the members of the job's container that the job's keys determine, in place."""
    if job.image is not None:
        own["image"] = job.image
    own.update(job.container_options)
    if job.gpus is not None:
        own["resourceRequirements"] = _requirements(job.gpus, own)
    if job.volumes:
        own["mountPoints"] = _mount_points(job, own)
    # `env` with null unsets a variable, which RunTask cannot do: it is removed from the definition.
    for member in ("environment", "secrets"):
        if member in own:
            own[member] = [
                each for each in mappings(own, member) if job.env.get(name_of(each), "") is not None
            ]
    if job.secrets:
        own["secrets"] = _secrets(job, own)
    if job.configure_logs:
        own["logConfiguration"] = _logging(job, own, region)


# What is there stays, a revision made from these keys among it; `volume_in_use` reports what differs.
def _volumes(job: JobSpec, body: Document) -> list[Record]:
    """Return the volumes of the task, and those of the job that are not among them."""
    present = [{**each} for each in mappings(body, "volumes")]
    names = {name_of(each) for each in present}
    return [*present, *({**each.definition} for each in job.volumes if each.name not in names)]


def _mount_points(job: JobSpec, own: Document) -> list[Record]:
    """Return the mount points of the container, and those of the job's volumes at other paths."""
    present = [{**each} for each in mappings(own, "mountPoints")]
    paths = {normalized_path(str(each.get("containerPath", ""))) for each in present}
    return [*present, *(each.mount_point for each in job.volumes if each.path not in paths)]


def _requirements(gpus: str, own: Document) -> list[Record]:
    """Return the container's resource requirements, with this number of GPUs in place of its own."""
    wanted: Record = {"type": _GPU, "value": gpus}
    kept = [{**each} for each in mappings(own, "resourceRequirements")]
    number = next((index for index, each in enumerate(kept) if each.get("type") == _GPU), len(kept))
    return [*kept[:number], wanted, *kept[number + 1 :]]


_GPU = "GPU"
"""The type of the requirement that `gpus` makes (botocore ecs model, ResourceRequirement.type)."""


def has_memory(body: Document, name: str) -> bool:
    """Return whether the task, or its container of this name, has memory."""
    return not _lacks_memory(container_of(body, name), body)


def _lacks_memory(own: Document, body: Document) -> bool:
    """Return whether ECS would refuse the container because neither it nor the task has memory.

    Source: botocore ecs model, ContainerDefinition.memory.
    """
    return not (own.get("memory") or own.get("memoryReservation") or body.get("memory"))


def _give_size(job: JobSpec, own: Record, body: Document) -> None:
    """Set a container's memory, and its CPU units if it has none or the job sets them, in place."""
    if job.cpu_units is not None or "cpu" not in own:
        own["cpu"] = job.cpu_units or cpu_units(body.get("cpu")) or DEFAULT_CPU_UNITS
    own["memory"] = job.memory_mib or DEFAULT_MEMORY_MIB


def _secrets(job: JobSpec, own: Document) -> list[Record]:
    """Return the container's secrets, replaced by the job's of the same name, then the job's others."""
    kept: list[Record] = [
        {**each, "valueFrom": job.secrets[name]} if (name := name_of(each)) in job.secrets else {**each}
        for each in mappings(own, "secrets")
    ]
    present = {each.get("name") for each in kept}
    added = {name: value for name, value in job.secrets.items() if name not in present}
    kept += [{"name": name, "valueFrom": value} for name, value in added.items()]
    return kept


def _logging(job: JobSpec, own: Document, region: str) -> Record:
    """Return the container's `awslogs` configuration: defaults, its own options, and the job's, which win."""
    present = mapping(own, "logConfiguration")
    defaults = {
        "awslogs-create-group": "true",
        "awslogs-group": DEFAULT_LOG_GROUP,
        "awslogs-region": region,
        "awslogs-stream-prefix": stream_prefix(job.plain_name),
    }
    return {
        **present,
        "logDriver": present.get("logDriver", "awslogs"),
        "options": {**defaults, **mapping(present, "options"), **job.log_options},
    }
