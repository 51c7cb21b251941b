"""`Draft`: one job's two requests before the decision, and where each of their values is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ecsplan.draft import run_request, task_definition
from ecsplan.draft.attribution import CONTAINER_NAME, definition_key, keys_of_run, run_key
from ecsplan.draft.network import is_looked_up
from ecsplan.draft.newer_members import without_filled_in
from ecsplan.draft.patched import (
    DEFINITION_PATCH,
    TASK_PATCH,
    Patched,
    badly_formed,
    in_patch,
    patch_of,
    patched_body,
    unpatched,
)
from ecsplan.draft.task_definition import Built
from ecsplan.draft.view import View
from ecsplan.job.prune import PATCHES
from ecsplan.job.spec import JobSpec
from ecsplan.patch.origins import Origin, Origins
from ecsplan.patch.unknown import KNOWN, Unknown
from ecsplan.terms.diagnostic import Diagnostic, Location, error
from ecsplan.terms.observed import Body, Revision, Subnet
from ecsplan.terms.placeholders import REGION_AT_APPLY, subnets_at_apply
from ecsplan.terms.pointers import tokens_of

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
        definition_origins: Where the values of the patched definition come from.
        run_origins: Where the values of the patched run request come from.
        candidates: The names of the containers that the job may mean; () where the manifest names one.
        left_open: Pointers of the operations of the patches that are carried out once AWS was asked.
        definition_view: The patched definition as the rules read it, made once for all of them.
        run_view: The same of the patched run request.
    """

    job: JobSpec
    linked: Revision | None
    container: str
    definition: Body
    run: Body
    unpatched_definition: Body
    definition_origins: Origins
    run_origins: Origins
    candidates: tuple[str, ...] = ()
    left_open: tuple[str, ...] = ()
    definition_view: View = field(init=False, repr=False, compare=False)
    run_view: View = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "definition_view", View("", self.definition))
        object.__setattr__(self, "run_view", View("", self.run))

    @property
    def base(self) -> Body:
        """What the definition is made of: `task_definition`, the linked revision, or {} if nobody asked."""
        if self.job.linked is None:
            return self.job.task_definition
        return {} if self.linked is None else self.linked.definition

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
        return task_definition.container_of(self.definition, self.container)

    def at(self, pointer: str, *, key: bool = False) -> Location:
        """Return the place of a value of the manifest."""
        return self.job.at(pointer, key=key)

    def in_definition(self, pointer: str, *, key: bool = False) -> Location:
        """Return the place that a value of the task definition comes from."""
        origin = self.definition_origins.find(pointer)
        if origin.in_patch:
            return in_patch(self.job, origin.pointer, key=key)
        pointer = definition_key(self.job, self.unpatched_definition, self.container, origin.pointer)
        return self.at(pointer, key=key)

    def in_run(self, pointer: str, *, key: bool = False) -> Location:
        """Return the place that a value of the run request comes from."""
        origin = self.run_origins.find(pointer)
        if origin.in_patch:
            return in_patch(self.job, origin.pointer, key=key)
        pointer = run_key(self.job, origin.pointer)
        if pointer == CONTAINER_NAME and not self.own_container and self.job.definition_patch:
            return self.at(f"/{DEFINITION_PATCH}", key=True)
        return self.at(pointer, key=key)


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
    must_fit: bool
    """Whether a patch that finds nothing at its path is wrong: it is not where the value was refused."""
    candidates: tuple[str, ...] = ()
    """The names of the containers that the job may mean; () where the manifest names one."""
    left_open: tuple[str, ...] = ()
    """Pointers of the operations of its patch that are carried out once AWS was asked."""

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
        sizes: As for `task_definition.build`.
    """
    if job.linked is not None and linked is None:
        built = task_definition.build_unseen(job, region=region)
        patched = replace(
            unpatched(built.body, *badly_formed(job, DEFINITION_PATCH)),
            left_open=tuple(f"/{DEFINITION_PATCH}/{index}" for index in range(len(job.definition_patch))),
        )
        must_fit = _is_whole(job)
    else:
        must_fit = _is_whole(job)
        built = _built(job, _base(job, linked), region=region, sizes=sizes)
        unknown = Unknown(frozenset({REGION_AT_APPLY})) if region == REGION_AT_APPLY else KNOWN
        patched = patch_of(job, built.body, "task-definition", must_fit=must_fit, unknown=unknown)
    refused = frozenset(f"/task_definition{each}" for each in patched.refused)
    return Defined(
        job=replace(job, refused=job.refused | refused),
        linked=linked,
        container=built.container,
        body=patched.body,
        unpatched=built.body,
        origins=patched.origins,
        diagnostics=patched.diagnostics,
        must_fit=must_fit,
        candidates=built.candidates,
        left_open=patched.left_open,
    )


def _built(job: JobSpec, base: Body, *, region: str, sizes: bool) -> Built:
    """Return the definition before its patch.

    What the patch settles is not decided before it: which container is the job's, where it leaves one of
    several candidates, and where memory comes from, where it gives the task or the container some.
    """
    built = task_definition.build(job, base, region=region, sizes=sizes)
    if len(built.candidates) > 1:
        after = patched_body(built.body, job.definition_patch)
        left = task_definition.candidates(after or {})
        if len(left) == 1 and left[0] in built.candidates:
            built = task_definition.build(job, base, region=region, sizes=sizes, container=left[0])
    if built.gave_memory:
        name = built.container
        bare = task_definition.build(job, base, region=region, sizes=sizes, container=name, give_memory=False)
        after = patched_body(bare.body, job.definition_patch)
        if after is not None and task_definition.has_memory(after, name):
            return replace(bare, candidates=built.candidates)
    return built


def draft(
    defined: Defined, subnets: Sequence[Subnet] | None, *, revision: str, decided: bool = True
) -> tuple[Draft, tuple[Diagnostic, ...]]:
    """Return the job's two requests, and what is wrong with its patches.

    Args:
        defined: The task definition.
        subnets: The subnets of the job's VPC, or None where nobody asked.
        revision: The ARN to run, or what stands for it.
        decided: Whether AWS was asked about the revision.
    """
    job, container = defined.job, defined.container
    known = job.linked is None or defined.linked is not None
    run = run_request.build(job, defined.body, container, revision=revision, subnets=subnets, known=known)
    unknown = _unknown(defined, run, subnets, revision=None if decided else revision)
    patched = patch_of(job, run, "run-request", must_fit=defined.must_fit, unknown=unknown)
    patched = _with_revision(job, patched, revision)
    refused = frozenset(key for each in patched.refused for key in keys_of_run(each))
    made = Draft(
        job=replace(job, refused=job.refused | refused),
        linked=defined.linked,
        container=container,
        definition=defined.body,
        run=patched.body,
        unpatched_definition=defined.unpatched,
        definition_origins=defined.origins,
        run_origins=patched.origins,
        candidates=defined.candidates,
        left_open=(*defined.left_open, *patched.left_open),
    )
    return made, (*defined.diagnostics, *patched.diagnostics)


def _unknown(
    defined: Defined, run: Body, subnets: Sequence[Subnet] | None, *, revision: str | None
) -> Unknown:
    """Return what of a run request only AWS can tell."""
    job = defined.job
    markers = [] if revision is None else [revision]
    if subnets is None and is_looked_up(job, "awsvpc"):
        markers.append(subnets_at_apply(job.vpc_id))
    if job.linked is None or defined.linked is not None:
        return Unknown(frozenset(markers))
    if job.container_name is None:
        markers.append(defined.container)
    own = "/overrides/containerOverrides/0"
    sizes = (("cpu", job.cpu_units), ("memory", job.memory_mib))
    places = [f"{own}/{name}" for name, amount in sizes if amount is not None]
    if "networkConfiguration" not in run:
        places.append("/networkConfiguration")
    return Unknown(frozenset(markers), tuple(places))


def _is_whole(job: JobSpec) -> bool:
    """Return whether nothing was refused that a patch may count on; what patches say is not that."""
    return all(tokens_of(each)[0] in PATCHES for each in job.refused.pointers if each)


def _with_revision(job: JobSpec, patched: Patched, revision: str) -> Patched:
    """Return the run request on the revision that the plan decided for, whatever the patch says of it."""
    if patched.body.get("taskDefinition", revision) == revision:
        return patched
    origin = patched.origins.find("/taskDefinition")
    place = in_patch(job, origin.pointer) if origin.in_patch else job.at(f"/{TASK_PATCH}", key=True)
    wrong = error(
        "patch",
        place,
        "the patch runs another task definition than the one that the plan registers or reuses",
        help="link it with `task_definition_arn`",
    )
    body = {**patched.body, "taskDefinition": revision}
    return replace(patched, body=body, diagnostics=(*patched.diagnostics, wrong))


def _base(job: JobSpec, linked: Revision | None) -> Body:
    if linked is None:
        return job.task_definition
    # Some endpoints answer with empty texts where AWS leaves a member out; they say nothing.
    told = {name: value for name, value in without_filled_in(linked.definition).items() if value != ""}
    return {**told, "tags": list(linked.tags)} if linked.tags else told
