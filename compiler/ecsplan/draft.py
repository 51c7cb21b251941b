"""`Draft`: one job's two requests before the decision, and where each of their values is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecsplan import runreq, taskdef
from ecsplan.diagnostic import Diagnostic, Location, error
from ecsplan.manifest import JobSpec
from ecsplan.names import tag_text
from ecsplan.observed import Body, Revision, Subnet
from ecsplan.ordering import ordered
from ecsplan.origins import Origins
from ecsplan.patch import BadOperation, PatchError, applied, malformed
from ecsplan.pointers import child

TASK_PATCH = "task_customizations"
DEFINITION_PATCH = "task_definition_customizations"


@dataclass(frozen=True, slots=True)
class Draft:
    """What the rules look at.

    Attributes:
        job: The job.
        linked: The linked revision, or None where there is none or nobody asked.
        container: The name of the job's container.
        definition: The RegisterTaskDefinition request, patched.
        run: The RunTask request, patched.
        unpatched_definition: The first of them before its patch.
        unpatched_run: The second before its patch.
    """

    job: JobSpec
    linked: Revision | None
    container: str
    definition: Body
    run: Body
    unpatched_definition: Body
    unpatched_run: Body

    @property
    def known(self) -> bool:
        """Whether the whole definition is known: it is not where a linked one was not asked about."""
        return self.job.linked is None or self.linked is not None

    @property
    def own_container(self) -> Mapping[str, Any]:
        """The job's container, or an empty one where a patch removed it."""
        return taskdef.container_of(self.definition, self.container)

    def at(self, pointer: str, *, key: bool = False) -> Location:
        """Return the place of a value of the manifest."""
        return self.job.at(pointer, key=key)

    def in_definition(self, pointer: str, *, key: bool = False) -> Location:
        """Return the place that a value of the task definition comes from."""
        origins = Origins(self.unpatched_definition, self.job.definition_patch, f"/{DEFINITION_PATCH}")
        origin, patched = origins.find(pointer)
        if patched:
            return in_patch(self.job, origin)
        return self.at(_definition_key(self, origin), key=key)

    def in_run(self, pointer: str, *, key: bool = False) -> Location:
        """Return the place that a value of the run request comes from."""
        origins = Origins(self.unpatched_run, self.job.task_patch, f"/{TASK_PATCH}")
        origin, patched = origins.find(pointer)
        if patched:
            return in_patch(self.job, origin)
        return self.at(_run_key(self, origin), key=key)


@dataclass(frozen=True, slots=True)
class Defined:
    """The first half of a draft: the task definition, patched, and what is wrong with its patch."""

    job: JobSpec
    linked: Revision | None
    container: str
    body: dict[str, Any]
    unpatched: dict[str, Any]
    diagnostics: tuple[Diagnostic, ...]


def define(job: JobSpec, linked: Revision | None, *, region: str, sizes: bool = True) -> Defined:
    """Return the task definition of a job.

    Args:
        job: The job.
        linked: The linked revision, or None where there is none or nobody asked.
        region: The region, or what stands for it.
        sizes: As for `taskdef.build`.
    """
    if job.linked is not None and linked is None:
        built = taskdef.build_unseen(job, region=region)
        body, wrong = _patched(job, built.body, DEFINITION_PATCH, job.definition_patch, apply=False)
    else:
        built = taskdef.build(job, _base(job, linked), region=region, sizes=sizes)
        body, wrong = _patched(job, built.body, DEFINITION_PATCH, job.definition_patch)
    return Defined(job, linked, built.container, body, built.body, wrong)


def draft(
    defined: Defined, subnets: Sequence[Subnet] | None, *, revision: str
) -> tuple[Draft, tuple[Diagnostic, ...]]:
    """Return the job's two requests, and what is wrong with its patches.

    Args:
        defined: The task definition.
        subnets: The subnets of the job's VPC, or None where nobody asked.
        revision: The ARN to run, or what stands for it.
    """
    job, container = defined.job, defined.container
    known = job.linked is None or defined.linked is not None
    run = runreq.build(job, defined.body, container, revision=revision, subnets=subnets, known=known)
    patched, wrong = _patched(job, run, TASK_PATCH, job.task_patch, must_fit=known)
    made = Draft(job, defined.linked, container, defined.body, patched, defined.unpatched, run)
    return made, (*defined.diagnostics, *wrong)


def in_patch(job: JobSpec, pointer: str) -> Location:
    """Return the place of a value within one of the job's patches, also where that is JSON in a string."""
    key, _, inner = pointer.removeprefix("/").partition("/")
    if isinstance(job.written.data.get(key), str):
        return job.written.locate_in_string(f"/{key}", f"/{inner}")
    return job.at(pointer)


def _base(job: JobSpec, linked: Revision | None) -> Body:
    if linked is None:
        return job.task_definition
    tags = {"tags": list(linked.tags)} if linked.tags else {}
    return {**linked.definition, **tags}


def _patched(
    job: JobSpec,
    body: dict[str, Any],
    key: str,
    patch: Sequence[Any],
    *,
    apply: bool = True,
    must_fit: bool = True,
) -> tuple[dict[str, Any], tuple[Diagnostic, ...]]:
    """Return the document patched; unpatched where the patch is wrong, or what it is for is not known."""
    bad = malformed(patch)
    if bad or not patch or not apply:
        return body, tuple(_bad_operation(job, key, each) for each in bad)
    try:
        result = applied(body, patch)
    except PatchError as reason:
        return body, (_bad_operation(job, key, reason.bad),) if must_fit else ()
    if not isinstance(result, dict):
        whole = BadOperation(
            f"/{len(patch) - 1}", "the patch leaves no document", "keep the document an object"
        )
        return body, (_bad_operation(job, key, whole),)
    return ordered(result), ()


def _bad_operation(job: JobSpec, key: str, bad: BadOperation) -> Diagnostic:
    return error("patch", in_patch(job, f"/{key}{bad.pointer}"), bad.message, help=bad.help)


_DEFINITION_KEYS = {
    "family": ("family", "deployment_name", "flow_name"),
    "cpu": ("cpu",),
    "memory": ("memory",),
    "executionRoleArn": ("execution_role_arn",),
    "runtimePlatform": ("runtime_platform",),
    "ephemeralStorage": ("ephemeral_storage_gib",),
}
"""Members of the task definition that keys of the manifest set."""

_CONTAINER_KEYS = {"image": "image", "secrets": "secrets", "cpu": "cpu", "memory": "memory"}
"""Members of the job's container that keys of the manifest set."""

_RUN_KEYS = {
    "cluster": "cluster",
    "count": "count",
    "launchType": "launch_type",
    "capacityProviderStrategy": "capacity_provider_strategy",
    "networkConfiguration": "network_configuration",
    "tags": "labels",
    "platformVersion": "platform_version",
    "enableExecuteCommand": "enable_execute_command",
    "propagateTags": "propagate_tags",
    "group": "group",
    "placementConstraints": "placement_constraints",
    "placementStrategy": "placement_strategy",
    "volumeConfigurations": "volume_configurations",
    "taskDefinition": "task_definition_arn",
}
_OVERRIDE_KEYS = {
    "cpu": "cpu",
    "memory": "memory",
    "executionRoleArn": "execution_role_arn",
    "taskRoleArn": "task_role_arn",
    "ephemeralStorage": "ephemeral_storage_gib",
}
_CONTAINER_OVERRIDE_KEYS = {"command": "command", "environment": "env", "cpu": "cpu", "memory": "memory"}


def _definition_key(made: Draft, pointer: str) -> str:
    """Return the manifest's pointer for a pointer into the unpatched task definition."""
    tokens = pointer.split("/")[1:]
    written = made.job.says
    if not tokens:
        return "/task_definition" if written("task_definition") else ""
    for key in _DEFINITION_KEYS.get(tokens[0], ()):
        if written(key):
            return "/".join(("", key, *tokens[1:])) if key == "runtime_platform" else f"/{key}"
    if tokens[0] == "containerDefinitions" and len(tokens) > 2:
        own = _own_container_key(made, tokens)
        if own is not None:
            return own
    if made.job.linked is not None:
        return "/task_definition_arn"
    return f"/task_definition{pointer}"


def _own_container_key(made: Draft, tokens: list[str]) -> str | None:
    """Return the key that set this member of the job's container, or None where no key did."""
    containers = made.unpatched_definition.get("containerDefinitions", ())
    container = containers[int(tokens[1])] if int(tokens[1]) < len(containers) else {}
    if container.get("name") != made.container:
        return None
    member = tokens[2]
    if member == "logConfiguration" and tokens[-1] in made.job.log_options:
        return f"/cloudwatch_logs_options/{tokens[-1]}"
    if member == "logConfiguration" and made.job.configure_logs:
        own = "configure_cloudwatch_logs" if made.job.says("configure_cloudwatch_logs") else "stream_output"
        return None if "logConfiguration" in _written_container(made) else f"/{own}"
    if member == "secrets" and len(tokens) > 3:
        name = container["secrets"][int(tokens[3])].get("name")
        return child("/secrets", name) if name in made.job.secrets else None
    key = _CONTAINER_KEYS.get(member)
    return f"/{key}" if key is not None and made.job.says(key) else None


def _written_container(made: Draft) -> Mapping[str, Any]:
    return taskdef.container_of(made.job.task_definition, made.container)


def _run_key(made: Draft, pointer: str) -> str:
    """Return the manifest's pointer for a pointer into the unpatched run request."""
    tokens = pointer.split("/")[1:]
    if not tokens:
        return ""
    if tokens[0] == "capacityProviderStrategy" and not made.job.strategy:
        return "/launch_type"
    if tokens[0] == "tags" and len(tokens) > 1:
        return _label_key(made, int(tokens[1]))
    if tokens[0] == "networkConfiguration":
        return _network_key(made, tokens)
    if tokens[0] == "overrides" and len(tokens) > 1:
        return _override_key(made, tokens)
    key = _RUN_KEYS.get(tokens[0], "")
    return "/".join(("", key, *tokens[1:]))


def _label_key(made: Draft, index: int) -> str:
    """Return the pointer of the label that became this tag, under the name that was written."""
    tag = list(made.job.labels)[index]
    written = made.job.written.data.get("labels", {})
    return child("/labels", next((key for key in written if tag_text(key) == tag), tag))


def _network_key(made: Draft, tokens: list[str]) -> str:
    if made.job.network is None:
        return "/vpc_id"
    wrapped = "awsvpcConfiguration" in made.job.spec["network_configuration"]
    return "/".join(("", "network_configuration", *tokens[1 if wrapped else 2 :]))


def _override_key(made: Draft, tokens: list[str]) -> str:
    if tokens[1] != "containerOverrides":
        return f"/{_OVERRIDE_KEYS.get(tokens[1], '')}"
    if len(tokens) < 4:
        return "/container_name"
    if tokens[3] == "environment" and len(tokens) > 4:
        names = [name for name, value in made.job.env.items() if value is not None]
        return child("/env", names[int(tokens[4])])
    key = _CONTAINER_OVERRIDE_KEYS.get(tokens[3], "container_name")
    return "/".join(("", key, *tokens[4:]))
