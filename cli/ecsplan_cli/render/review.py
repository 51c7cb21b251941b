"""What a plan would do, as facts for a reviewer: per job the decision, its reason, and what will run."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from ecsplan.decision.canonical import canonical
from ecsplan.decision.compare import Change
from ecsplan.decision.decide_revision import Register, Reuse, Undecided
from ecsplan.plan.plan import Plan, PlannedJob, job_document
from ecsplan.plan.planned_spec import linked_of
from ecsplan.terms.bodies import as_list, as_mapping, as_mappings, as_text, as_texts
from ecsplan.terms.observed import Body
from ecsplan.terms.placeholders import REGISTERED_AT_APPLY, is_open
from ecsplan.terms.pointers import tokens_of
from ecsplan.terms.records import dataclass
from ecsplan.terms.run_policy import DEFAULT_POLICY, RunPolicy, policy_document
from ecsplan.terms.secrecy import mask_document, mask_value
from ecsplan_cli.render.run_settings import Stated, settings
from ecsplan_cli.render.schedule_review import ScheduleReview, schedule_review

if TYPE_CHECKING:
    from ecsplan_applier.schedules.compared import ScheduleState

Reason = Literal["unchanged", "linked", "changed", "first", "open"]
"""The newest revision says the same; the linked one runs; the newest differs; there is none; not asked."""

Strings = tuple[str, ...]

_SHOWN_BY_ITSELF = frozenset({"name", "source", "spec", "task_definition", "account"})
"""Members of a job in a plan that say what it is made of, not how it runs: the manifest itself, and what
`JobReview` has as attributes."""


@dataclass(frozen=True, slots=True)
class Run:
    """What will run, from the RunTask request and the definition beneath it; what looks secret is masked.

    Attributes:
        count: Copies of the task; those of an array, too.
        cluster: Name or ARN; None is the account's default cluster.
        region: AWS region; None where nobody knows it yet.
        account_id: The account that the manifest pins, or None.
        launch: Launch type, or the capacity providers, as text.
        cpu: CPU units as the API spells them, or None where nothing says.
        memory: MiB, likewise.
        subnets: Subnet ids; () outside of awsvpc.
        security_groups: Security group ids.
        public_ip: Whether the tasks get a public address; None outside of awsvpc, and where it is not known.
        container: The job's container.
        image: Its image, or None where nothing says.
        command: Its command, or None for the image's own.
        environment: Names and values of the overrides, in their order; where an entry lacks either, or a
            name comes again, all entries are among the job's settings, too.
        task_role_arn: Role of the task, or None.
        execution_role_arn: Role that starts it, or None.
    """

    count: int
    cluster: str | None
    region: str | None
    account_id: str | None
    launch: str
    cpu: str | None
    memory: str | None
    subnets: Strings
    security_groups: Strings
    public_ip: bool | None
    container: str
    image: str | None
    command: Strings | None
    environment: Mapping[str, str]
    task_role_arn: str | None
    execution_role_arn: str | None


@dataclass(frozen=True, slots=True)
class JobReview:
    """One job of the plan.

    Attributes:
        name: The job's name.
        path: Its manifest.
        line: The line on which it begins, from 1.
        action: `reuse`, `register` or `undecided`, as in the plan.
        reason: Why.
        family: The family of its task definition.
        arn: The revision that is reused, or None.
        latest: The family's newest ACTIVE revision when observed, or None.
        linked: What `task_definition_arn` says, or the definition of the job's service; None without either.
        taken: What the job takes from the service that it runs like, by the keys that would override it;
            {} without a service, and where AWS was not asked about it.
        changes: What differs from `latest`, masked.
        request: The RegisterTaskDefinition request, masked.
        run: What will run.
        settings: What else the plan says of the run, path and value; masked.
        account: The account that the plan is for, or None where AWS was not asked.
        document: The rest of the job as the plan has it, without `spec`, masked.
        stands_out: Whether it is shown in full among many jobs, though it reuses its definition.
        policy: When it starts, and what becomes of its ends.
        schedule: When EventBridge Scheduler runs it; None for a job without a schedule.
    """

    name: str
    path: str
    line: int
    action: str
    reason: Reason
    family: str
    arn: str | None
    latest: str | None
    linked: str | None
    changes: tuple[Change, ...]
    request: Body
    run: Run
    settings: tuple[tuple[str, object], ...] = ()
    account: str | None = None
    document: Body = field(default_factory=dict)
    taken: Body = field(default_factory=dict)
    stands_out: bool = False
    policy: RunPolicy = DEFAULT_POLICY
    schedule: ScheduleReview | None = None


def review(
    plan: Plan, states: "Mapping[str, ScheduleState] | None" = None, now: datetime | None = None
) -> tuple[JobReview, ...]:
    """Return the facts about each job, in the plan's order.

    Args:
        plan: The plan.
        states: What would be done about schedules, by the names of their jobs; None where it was not asked.
        now: The time, from which the next runs of schedules are counted; None is the machine's.
    """
    known, moment = states or {}, now or datetime.now(UTC)
    return tuple(_job(each, schedule_review(each, known.get(each.name), moment)) for each in plan.jobs)


def counts(jobs: Sequence[JobReview]) -> Counter[str]:
    """Return how many jobs there are of each action."""
    return Counter(each.action for each in jobs)


def _job(job: PlannedJob, schedule: ScheduleReview | None) -> JobReview:
    definition, decision = job.definition, job.definition.decision
    # As the manifest has it: an ARN, `family:revision`, or a family alone, which means its newest revision.
    service = as_mapping(job.observed.get("service"))
    linked = linked_of(job)
    reason: Reason
    match decision:
        case Reuse():
            arn = decision.arn
            reason = "linked" if _is_linked(linked, decision.arn, definition.latest) else "unchanged"
        case Register():
            arn, reason = None, "first" if definition.latest is None else "changed"
        case Undecided():
            arn, reason = None, "open"
    document = job_document(job)
    # Everything below is taken from the masked job, so that no secret reaches a review by another way.
    masked = mask_document({name: each for name, each in document.items() if name not in _SHOWN_BY_ITSELF})
    run = _run(job, masked["run_request"])
    stated = (*_stated(job, run, masked), *_stated_of_variables(masked))
    return JobReview(
        name=job.name,
        path=job.source.path,
        line=job.source.line,
        action=decision.action,
        reason=reason,
        family=definition.family,
        arn=arn,
        latest=definition.latest,
        linked=linked,
        changes=tuple(_masked(each) for each in decision.changes),
        request=mask_document(definition.request),
        run=run,
        settings=settings(masked, stated),
        account=job.account,
        document=masked,
        taken=mask_document(service),
        stands_out=_stands_out(job) or (schedule is not None and schedule.fate != "unchanged"),
        policy=job.policy,
        schedule=schedule,
    )


def counted_only(jobs: Sequence[JobReview]) -> frozenset[int]:
    """Return the positions of jobs that a review of many jobs counts rather than shows: they change nothing.

    A plan with one job is shown whole, and so is a job with what is easily overlooked: a patch of its run
    request, overrides of other containers, an assumed role, another endpoint, a schedule that is not known to
    stay as it is.
    """
    if len(jobs) == 1:
        return frozenset()
    return frozenset(n for n, each in enumerate(jobs) if each.action == "reuse" and not each.stands_out)


def _stands_out(job: PlannedJob) -> bool:
    overrides = as_mapping(job.run_request.get("overrides"))
    names = [each.get("name") for each in as_mappings(overrides.get("containerOverrides"))]
    return (
        bool(job.spec.get("task_customizations"))
        or bool(set(names) - {job.watch.container})
        or len(names) > 1
        or job.aws.assume_role_arn is not None
        or job.aws.endpoint_url is not None
    )


def _is_linked(linked: str | None, arn: str | None, latest: str | None) -> bool:
    """Return whether the revision that runs is the linked one: then nobody asked for the `latest`."""
    if linked is None or arn is None:
        return False
    # Of a family alone, the linked revision is its newest.
    return arn == linked or arn.endswith(f"/{linked}") or (":" not in linked and latest in {None, arn})


def _masked(change: Change) -> Change:
    """Return a change whose values are masked; a plan's own are masked already, and stay so."""
    keys = tokens_of(change.path)
    before, after = (
        mask_document(each) if isinstance(each, dict | list) else mask_value(keys, each)
        for each in (change.before, change.after)
    )
    return Change(change.op, change.path, before, after)


def _run(job: PlannedJob, request: Body) -> Run:
    """Return what will run; `request` is the job's run request, masked."""
    container = job.watch.container
    overrides = as_mapping(request.get("overrides"))
    own = _named(overrides.get("containerOverrides"), container)
    # A size or an image may be spelt in several ways that mean the same: the review shows one.
    definition = canonical(job.definition.request)
    defined = _named(definition.get("containerDefinitions"), container)
    network = as_mapping(as_mapping(request.get("networkConfiguration")).get("awsvpcConfiguration"))
    command = as_texts(own.get("command")) or as_texts(mask_document(defined.get("command")))
    return Run(
        count=job.policy.array or _number(request.get("count")),
        cluster=as_text(request.get("cluster")),
        region=job.aws.region,
        account_id=job.aws.account_id,
        launch=_launch(request),
        cpu=_size("cpu", overrides, definition, own, defined),
        memory=_size("memory", overrides, definition, own, defined),
        subnets=_texts(network.get("subnets")),
        security_groups=_texts(network.get("securityGroups")),
        public_ip=_public_ip(network),
        container=container,
        image=as_text(defined.get("image")),
        command=command or None,
        environment=_variables(own.get("environment")),
        task_role_arn=as_text(overrides.get("taskRoleArn")) or as_text(definition.get("taskRoleArn")),
        execution_role_arn=as_text(overrides.get("executionRoleArn"))
        or as_text(definition.get("executionRoleArn")),
    )


def _texts(value: object) -> Strings:
    """Return the texts in a list, or the placeholder of a list that is not known yet."""
    return (value,) if isinstance(value, str) else as_texts(value)


def _public_ip(network: Body) -> bool | None:
    """Return whether tasks get a public address; None without a network, and where that is not known yet."""
    given = network.get("assignPublicIp")
    return None if not network or is_open(given) else given == "ENABLED"


def _stated(job: PlannedJob, run: Run, masked: Body) -> Iterator[Stated]:
    """Yield what the words about a run say of its plan; what they do not say exactly is not among it."""
    revision = job.definition.decision.arn if isinstance(job.definition.decision, Reuse) else None
    vpc = ("run_request", "networkConfiguration", "awsvpcConfiguration")
    request = as_mapping(masked["run_request"])
    # Each pair is taken out of the settings only if the plan has just this value there: what the words
    # would get wrong is shown as a setting.
    yield ("run_request", "taskDefinition"), revision or REGISTERED_AT_APPLY
    yield ("run_request", "count"), run.count
    yield ("run_request", "cluster"), run.cluster
    yield ("run_request", "launchType"), run.launch
    # The words about the service name the platform version that was taken from it.
    yield ("run_request", "platformVersion"), as_mapping(job.observed.get("service")).get("platform_version")
    strategy = request.get("capacityProviderStrategy")
    if strategy and all(_is_stated_provider(each) for each in as_list(strategy)):
        yield ("run_request", "capacityProviderStrategy"), strategy
    yield (*vpc, "subnets"), list(run.subnets)
    yield (*vpc, "securityGroups"), list(run.security_groups)
    yield (*vpc, "assignPublicIp"), "ENABLED" if run.public_ip else "DISABLED"
    for name, value in ("cpu", run.cpu), ("memory", run.memory):
        yield ("run_request", "overrides", name), value
    yield ("run_request", "overrides", "taskRoleArn"), run.task_role_arn
    yield ("run_request", "overrides", "executionRoleArn"), run.execution_role_arn
    yield from _stated_of_own(job, run, request)
    yield ("aws", "region"), run.region
    yield ("aws", "account_id"), run.account_id
    # The words about order and attempts say all of these members.
    yield from (((name,), value) for name, value in policy_document(job.policy).items())
    # What was looked up has lines of its own.
    yield ("observed",), masked.get("observed")
    yield ("watch", "container"), run.container
    yield ("watch", "logs"), None if job.watch.logs is None else job_document(job)["watch"]["logs"]


def _stated_of_own(job: PlannedJob, run: Run, request: Body) -> Iterator[Stated]:
    """Yield what the words say of the override of the job's own container, the first one of its name.

    A size that the manifest gives stands twice in the run request: of the task, and of its only container.
    """
    overrides = as_mapping(request.get("overrides"))
    items = as_list(overrides.get("containerOverrides"))
    number = next((n for n, each in enumerate(items) if as_mapping(each).get("name") == run.container), None)
    if number is None:
        return
    path = ("run_request", "overrides", "containerOverrides", number)
    yield (*path, "command"), list(run.command or ())
    yield (*path, "environment"), [{"name": n, "value": value} for n, value in run.environment.items()]
    if len(as_list(job.definition.request.get("containerDefinitions"))) == 1:
        for name in "cpu", "memory":
            size = overrides.get(name)
            if isinstance(size, str) and size.isdecimal():
                yield (*path, name), int(size)
    # Last: what is left of the override then is its name alone, unless it says something else, too.
    yield path, {"name": run.container}


def _stated_of_variables(job: Body) -> Iterator[Stated]:
    """Yield what the words say of the variables of a job: their values, and which ones apply takes."""
    for name, value in as_mapping(job.get("variables")).items():
        yield ("variables", name), value
    for name in as_mapping(job.get("sensitive")):
        yield ("sensitive", name, "type"), "string"


def _is_stated_provider(item: object) -> bool:
    if not isinstance(item, Mapping) or not item.keys() <= {"capacityProvider", "weight", "base"}:
        return False
    return all(type(item.get(each, 0)) is int for each in ("weight", "base"))


def _named(bodies: object, name: str) -> Body:
    return next((each for each in as_mappings(bodies) if each.get("name") == name), {})


def _variables(entries: object) -> Mapping[str, str]:
    """Return what can be written as NAME=value; of a name that comes again, the last value."""
    found = ((each.get("name"), each.get("value")) for each in as_mappings(entries))
    return {name: value for name, value in found if isinstance(name, str) and isinstance(value, str)}


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 1


def _size(member: str, *bodies: Body) -> str | None:
    """Return the first CPU or memory size that one of these says; containers may only reserve memory."""
    found = (
        each.get(member) or (each.get("memoryReservation") if member == "memory" else None) for each in bodies
    )
    return next((str(each) for each in found if each), None)


def _launch(request: Body) -> str:
    strategy = as_mappings(request.get("capacityProviderStrategy"))
    if strategy:
        return " + ".join(_provider(each) for each in strategy)
    return as_text(request.get("launchType")) or "as the cluster's default strategy says"


def _provider(item: Body) -> str:
    """Return one item of a strategy: weight 0 and base 0 are what ECS takes where they are left out."""
    parts: Iterator[str] = (f"{name} {item[name]}" for name in ("weight", "base") if item.get(name))
    return " ".join((str(item.get("capacityProvider")), *parts))
