"""`Draft`: a job's two requests before the decision, and the place where each value is written."""

from collections.abc import Iterator
from dataclasses import field, replace

from ecsplan.draft import run_request, task_definition
from ecsplan.draft.attribution import CONTAINER_NAME, definition_key, keys_of_run, run_key
from ecsplan.draft.network import group_placeholder, is_looked_up, subnets_placeholder
from ecsplan.draft.network_lookup import NetworkFound
from ecsplan.draft.newer_members import without_filled_in
from ecsplan.draft.patched import (
    DEFINITION_PATCH,
    TASK_PATCH,
    Patched,
    badly_formed,
    in_patch,
    left_open_whole,
    patch_of,
    patched_body,
    unpatched,
)
from ecsplan.draft.task_definition import Built
from ecsplan.draft.view import View
from ecsplan.job.candidates import candidates
from ecsplan.job.from_service import LAUNCH_TYPE, PLATFORM, is_own, takes_network
from ecsplan.job.prune import PATCHES
from ecsplan.job.spec import JobSpec
from ecsplan.patch.origins import Origin, Origins
from ecsplan.patch.unknown import Unknown
from ecsplan.terms.diagnostic import Diagnostic, Location, error
from ecsplan.terms.json_types import Document, Record
from ecsplan.terms.observed import AskImage, Revision
from ecsplan.terms.open_values import open_values
from ecsplan.terms.placeholders import REGION_AT_APPLY
from ecsplan.terms.pointers import tokens_of
from ecsplan.terms.records import dataclass

_SUBNETS = "/networkConfiguration/awsvpcConfiguration/subnets"


@dataclass(frozen=True, slots=True)
class Draft:
    """The two requests of a job, as the rules check them.

    Attributes:
        job: The job.
        linked: The linked revision, or None where there is none or AWS was not asked.
        container: The name of the job's container.
        definition: The patched RegisterTaskDefinition request.
        run: The patched RunTask request.
        unpatched_definition: The RegisterTaskDefinition request before its patch.
        definition_origins: The origins of the values of `definition`.
        run_origins: The origins of the values of `run`.
        candidates: The names of the containers that may be the job's; () where the manifest names one.
        left_open: Pointers of the patch operations that wait for AWS's answers.
        definition_view: `definition` as the rules read it, built once for all of them.
        run_view: `run` as the rules read it.
    """

    job: JobSpec
    linked: Revision | None
    container: str
    definition: Document
    run: Document
    unpatched_definition: Document
    definition_origins: Origins
    run_origins: Origins
    candidates: tuple[str, ...] = ()
    left_open: tuple[str, ...] = ()
    definition_view: View = field(init=False, repr=False, compare=False)
    run_view: View = field(init=False, repr=False, compare=False)

    # One view for all rules keeps what it has looked up; a view for each rule would repeat the look-ups.
    def __post_init__(self) -> None:
        object.__setattr__(self, "definition_view", View("", self.definition))
        object.__setattr__(self, "run_view", View("", self.run))

    @property
    def base(self) -> Document:
        """The base of the definition: `task_definition`, or the linked revision, {} if AWS was not asked."""
        if self.job.linked is None:
            return self.job.task_definition
        return {} if self.linked is None else self.linked.definition

    @property
    def known(self) -> bool:
        """Whether the whole definition is known, which a linked one is not before AWS is asked."""
        return self.job.linked is None or self.linked is not None

    @property
    def has_subnets_of_vpc(self) -> bool:
        """Whether the run request has the subnets of a VPC, which a patch may have replaced."""
        looked_up = is_looked_up(self.job, str(self.definition.get("networkMode")))
        return looked_up and self.run_origins.find(_SUBNETS) == Origin(_SUBNETS, in_patch=False)

    def _has_container(self, definition: object) -> bool:
        """Return whether a task definition has the job's container."""
        return isinstance(definition, dict) and bool(task_definition.container_of(definition, self.container))

    @property
    def own_container(self) -> Document:
        """The job's container, or an empty mapping where a patch removed it."""
        return task_definition.container_of(self.definition, self.container)

    def at(self, pointer: str, *, key: bool = False) -> Location:
        """Return the place of a value of the manifest, or of its key."""
        return self.job.at(pointer, key=key)

    def in_definition(self, pointer: str, *, key: bool = False) -> Location:
        """Return the place in the manifest that a value of the task definition comes from."""
        origin = self.definition_origins.find(pointer)
        if origin.in_patch:
            return in_patch(self.job, origin.pointer, key=key)
        pointer = definition_key(self.job, self.unpatched_definition, self.container, origin.pointer)
        return self.at(pointer, key=key)

    def is_patched(self, pointer: str) -> bool:
        """Return whether the patch gives a value of the task definition, or removes it."""
        return self.definition_origins.find(pointer).in_patch

    def in_run(self, pointer: str, *, key: bool = False) -> Location:
        """Return the place in the manifest that a value of the run request comes from."""
        origin = self.run_origins.find(pointer)
        if origin.in_patch:
            return in_patch(self.job, origin.pointer, key=key)
        pointer = run_key(self.job, origin.pointer)
        # No key gave the override its name where a patch removed the container: the patch is the cause.
        if pointer == CONTAINER_NAME and not self.own_container and self.job.definition_patch:
            return in_patch(self.job, self.definition_origins.ending(self._has_container).pointer)
        return self.at(pointer, key=key)


@dataclass(frozen=True, slots=True)
class Defined:
    """The patched task definition of a job, and the problems of its patch: the first half of a draft."""

    job: JobSpec
    linked: Revision | None
    container: str
    body: Record
    unpatched: Record
    origins: Origins
    diagnostics: tuple[Diagnostic, ...]
    must_fit: bool
    """Whether a patch operation without a value at its path is an error: not if that value was refused."""
    candidates: tuple[str, ...] = ()
    """The names of the containers that may be the job's; () where the manifest names one."""
    left_open: tuple[str, ...] = ()
    """Pointers of the operations of its patch that wait for AWS's answers."""
    pins: AskImage | None = None
    """What was asked, or is to be asked, about the image that the job pins."""

    @property
    def family(self) -> str:
        """The family that the definition is registered into."""
        return str(self.body.get("family"))


def define(job: JobSpec, linked: Revision | None, *, region: str, sizes: bool = True) -> Defined:
    """Return the patched task definition of a job.

    Args:
        job: The job.
        linked: The linked revision, or None where there is none or AWS was not asked.
        region: The region, or its placeholder.
        sizes: As for `task_definition.build`.
    """
    # Of a definition that is not known, no operation can be said to fit or not to fit: all are left open, and
    # only their form is checked.
    if job.linked is not None and linked is None:
        built = task_definition.build_unseen(job, region=region)
        patched = replace(
            unpatched(built.body, *badly_formed(job, DEFINITION_PATCH)),
            left_open=left_open_whole(job, DEFINITION_PATCH),
        )
        must_fit = _is_whole(job)
    else:
        must_fit = _is_whole(job)
        built = _built(job, _base(job, linked), region=region, sizes=sizes)
        region_marker = frozenset({REGION_AT_APPLY} if region == REGION_AT_APPLY else ())
        unknown = Unknown(region_marker, lookups=bool(job.written.open_lookups))
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


def _built(job: JobSpec, base: Document, *, region: str, sizes: bool) -> Built:
    """Return the definition before its patch.

    The patch takes part in two choices: which container is the job's, if it leaves one of several candidates,
    and whether that container gets the default memory, if it gives the task or the container some.
    """
    # The patch applies to the definition, so these choices come before it but depend on its result. It is
    # tried on a first version, and the definition is built again with what it shows.
    built = task_definition.build(job, base, region=region, sizes=sizes)
    if len(built.candidates) > 1:
        after = patched_body(built.body, job.definition_patch)
        left = candidates(after or {})
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
    defined: Defined, found: NetworkFound, *, revision: str, decided: bool = True
) -> tuple[Draft, tuple[Diagnostic, ...]]:
    """Return the job's two requests, and the problems of its patches.

    Args:
        defined: The task definition.
        found: What AWS has said about the job's network.
        revision: The ARN to run, or its placeholder.
        decided: Whether `revision` is final, since AWS was asked about it.
    """
    job, container = defined.job, defined.container
    known = job.linked is None or defined.linked is not None
    run = run_request.build(job, defined.body, container, revision=revision, found=found, known=known)
    unknown = _unknown(defined, run, found, revision=None if decided else revision)
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


def _unknown(defined: Defined, run: Document, found: NetworkFound, *, revision: str | None) -> Unknown:
    """Return the parts of a run request that only AWS knows."""
    job = defined.job
    markers = [] if revision is None else [revision]
    if found.subnets is None and is_looked_up(job, "awsvpc"):
        markers.append(subnets_placeholder(job))
    names = job.network_keys.group_names if job.network is None else ()
    markers += (group_placeholder(job, each) for each in names if each not in found.groups)
    lookups = bool(job.written.open_lookups)
    if job.linked is None or defined.linked is not None:
        return Unknown(frozenset(markers), lookups=lookups)
    if job.container_name is None:
        markers.append(defined.container)
    own = "/overrides/containerOverrides/0"
    # Whether the job's container is alone, and the network mode, depend on the linked definition; so do the
    # container's own sizes and the network configuration.
    sizes = (("cpu", job.cpu_units), ("memory", job.memory_mib))
    places = [f"{own}/{name}" for name, amount in sizes if amount is not None]
    if "networkConfiguration" not in run or takes_network(job):
        places.append("/networkConfiguration")
    if job.awaits_service:
        places += _open_with_service(job)
    return Unknown(frozenset(markers), tuple(places), lookups)


def _open_with_service(job: JobSpec) -> Iterator[str]:
    """Yield the members of a run request that a service may give, where the job does not."""
    if not is_own(job, LAUNCH_TYPE):
        yield from ("/launchType", "/capacityProviderStrategy")
    if not is_own(job, PLATFORM):
        yield "/platformVersion"


def _is_whole(job: JobSpec) -> bool:
    """Return whether nothing was refused that a patch may rely on: anything but the patches themselves.

    A value that waits for its lookup is there all the same: `Unknown` knows what depends on it.
    """
    refused = job.refused.pointers
    if refused and job.written.open_lookups:
        refused -= {pointer for pointer, _ in open_values(job.written.data)}
    return all(tokens_of(each)[0] in PATCHES for each in refused if each)


def _with_revision(job: JobSpec, patched: Patched, revision: str) -> Patched:
    """Return the run request with the revision of the plan; report a patch that sets another one."""
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


def _base(job: JobSpec, linked: Revision | None) -> Document:
    if linked is None:
        return job.task_definition
    # Some endpoints return empty texts where AWS omits a member; they have no meaning.
    described = {name: value for name, value in without_filled_in(linked.definition).items() if value != ""}
    return {**described, "tags": list(linked.tags)} if linked.tags else described
