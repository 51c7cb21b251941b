"""`Draft`: one job's two requests before the decision, and where each of their values is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ecsplan import runreq, taskdef
from ecsplan.diagnostic import Diagnostic, Location
from ecsplan.manifest import JobSpec
from ecsplan.names import tag_text
from ecsplan.network import is_looked_up
from ecsplan.observed import Body, Revision, Subnet
from ecsplan.origins import Origin, Origins
from ecsplan.patched import DEFINITION_PATCH, badly_formed, in_patch, patch_of, unpatched
from ecsplan.pointers import child

_SUBNETS = "/networkConfiguration/awsvpcConfiguration/subnets"


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
        definition_origins: Where the values of the patched definition come from.
        run_origins: Where the values of the patched run request come from.
    """

    job: JobSpec
    linked: Revision | None
    container: str
    definition: Body
    run: Body
    unpatched_definition: Body
    unpatched_run: Body
    definition_origins: Origins
    run_origins: Origins

    @property
    def known(self) -> bool:
        """Whether the whole definition is known: it is not where a linked one was not asked about."""
        return self.job.linked is None or self.linked is not None

    @property
    def has_subnets_of_vpc(self) -> bool:
        """Whether the run has the subnets of a VPC: a patch may have put others in their place."""
        looked_up = is_looked_up(self.job, str(self.definition.get("networkMode")))
        return looked_up and self.run_origins.find(_SUBNETS) == Origin(_SUBNETS, in_patch=False)

    @property
    def own_container(self) -> Mapping[str, Any]:
        """The job's container, or an empty one where a patch removed it."""
        return taskdef.container_of(self.definition, self.container)

    def at(self, pointer: str, *, key: bool = False) -> Location:
        """Return the place of a value of the manifest."""
        return self.job.at(pointer, key=key)

    def in_definition(self, pointer: str, *, key: bool = False) -> Location:
        """Return the place that a value of the task definition comes from."""
        origin = self.definition_origins.find(pointer)
        if origin.in_patch:
            return in_patch(self.job, origin.pointer, key=key)
        return self.at(_definition_key(self, origin.pointer), key=key)

    def in_run(self, pointer: str, *, key: bool = False) -> Location:
        """Return the place that a value of the run request comes from."""
        origin = self.run_origins.find(pointer)
        if origin.in_patch:
            return in_patch(self.job, origin.pointer, key=key)
        return self.at(_run_key(self, origin.pointer), key=key)


@dataclass(frozen=True, slots=True)
class Defined:
    """The first half of a draft: the task definition, patched, and what is wrong with its patch."""

    job: JobSpec
    linked: Revision | None
    container: str
    body: dict[str, Any]
    unpatched: dict[str, Any]
    origins: Origins
    diagnostics: tuple[Diagnostic, ...]

    @property
    def family(self) -> str:
        """The family that the definition is registered into."""
        return str(self.body.get("family"))


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
        patched = unpatched(built.body, *badly_formed(job, DEFINITION_PATCH))
    else:
        built = taskdef.build(job, _base(job, linked), region=region, sizes=sizes)
        patched = patch_of(job, built.body, "task-definition")
    refused = frozenset(f"/task_definition{each}" for each in patched.refused)
    return Defined(
        job=replace(job, refused=job.refused | refused),
        linked=linked,
        container=built.container,
        body=patched.body,
        unpatched=built.body,
        origins=patched.origins,
        diagnostics=patched.diagnostics,
    )


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
    patched = patch_of(job, run, "run-request", must_fit=known)
    refused = frozenset(key for each in patched.refused for key in _keys_of_run(each))
    made = Draft(
        job=replace(job, refused=job.refused | refused),
        linked=defined.linked,
        container=container,
        definition=defined.body,
        run=patched.body,
        unpatched_definition=defined.unpatched,
        unpatched_run=run,
        definition_origins=defined.origins,
        run_origins=patched.origins,
    )
    return made, (*defined.diagnostics, *patched.diagnostics)


def _base(job: JobSpec, linked: Revision | None) -> Body:
    if linked is None:
        return job.task_definition
    # Some endpoints answer with empty texts where AWS leaves a member out; they say nothing.
    told = {name: value for name, value in linked.definition.items() if value != ""}
    return {**told, "tags": list(linked.tags)} if linked.tags else told


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


def _keys_of_run(pointer: str) -> tuple[str, ...]:
    """Return the pointers of the keys that set what stands at this pointer of the run request."""
    tokens = pointer.split("/")[1:]
    if tokens[:1] != ["overrides"]:
        return tuple(f"/{_RUN_KEYS[each]}" for each in tokens[:1] if each in _RUN_KEYS)
    return tuple(f"/{key}" for name, key in _OVERRIDE_KEYS.items() if tokens[1:2] in ([], [name]))


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
    if key in {"cpu", "memory"} and member in _written_container(made):
        return None
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
