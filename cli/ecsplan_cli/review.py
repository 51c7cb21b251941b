"""What a plan would do, as facts for a reviewer: per job the decision, its reason, and what will run."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ecsplan.canonicalize import canonical
from ecsplan.compare import Change
from ecsplan.decision import Register, Reuse, Undecided
from ecsplan.observed import Body
from ecsplan.plan import Plan, PlannedJob
from ecsplan.pointers import tokens_of
from ecsplan.secrecy import mask_document, mask_value

Reason = Literal["unchanged", "linked", "changed", "first", "open"]
"""The newest revision says the same; the linked one runs; the newest differs; there is none; not asked."""

Strings = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """What will run, from the RunTask request and the definition beneath it; what looks secret is masked.

    Attributes:
        count: Copies of the task.
        cluster: Name or ARN; None is the account's default cluster.
        region: AWS region; None where nobody knows it yet.
        account_id: The account that the manifest pins, or None.
        launch: Launch type, or the capacity providers, as text.
        cpu: CPU units as the API spells them, or None where nothing says.
        memory: MiB, likewise.
        subnets: Subnet ids; () outside of awsvpc.
        security_groups: Security group ids.
        public_ip: Whether the tasks get a public address; None outside of awsvpc.
        container: The job's container.
        image: Its image, or None where nothing says.
        command: Its command, or None for the image's own.
        environment: Names and values of the overrides, in their order.
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
        linked: What `task_definition_arn` says, or None.
        changes: What differs from `latest`, masked.
        request: The RegisterTaskDefinition request, masked.
        run: What will run.
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


def review(plan: Plan) -> tuple[JobReview, ...]:
    """Return the facts about each job, in the plan's order."""
    return tuple(_job(each) for each in plan.jobs)


def counts(jobs: Sequence[JobReview]) -> Counter[str]:
    """Return how many jobs there are of each action."""
    return Counter(each.action for each in jobs)


def _job(job: PlannedJob) -> JobReview:
    definition, decision = job.definition, job.definition.decision
    linked = job.spec.get("task_definition_arn")
    reason: Reason
    match decision:
        case Reuse():
            arn = decision.arn
            reason = "linked" if _is_linked(linked, decision.arn, definition.latest) else "unchanged"
        case Register():
            arn, reason = None, "first" if definition.latest is None else "changed"
        case Undecided():
            arn, reason = None, "open"
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
        run=_run(job),
    )


def _is_linked(linked: str | None, arn: str | None, latest: str | None) -> bool:
    """Return whether the revision that runs is the linked one: then nobody asked for the `latest`."""
    if linked is None or arn is None:
        return False
    return arn == linked or arn.endswith(f"/{linked}") or (":" not in linked and latest in {None, arn})


def _masked(change: Change) -> Change:
    """Return a change whose values are masked; a plan's own are masked already, and stay so."""
    keys = tokens_of(change.path)

    def shown(value: Any) -> Any:
        return mask_document(value) if isinstance(value, dict | list) else mask_value(keys, value)

    return Change(change.op, change.path, shown(change.before), shown(change.after))


def _run(job: PlannedJob) -> Run:
    request, container = job.run_request, job.watch.container
    overrides = request.get("overrides", {})
    own = _named(overrides.get("containerOverrides", ()), container)
    definition = canonical(job.definition.request)
    defined = _named(definition.get("containerDefinitions", ()), container)
    network = request.get("networkConfiguration", {}).get("awsvpcConfiguration")
    command = own.get("command") or defined.get("command")
    return Run(
        count=request.get("count", 1),
        cluster=request.get("cluster"),
        region=job.aws.region,
        account_id=job.aws.account_id,
        launch=_launch(request),
        cpu=_size("cpu", overrides, definition, own, defined),
        memory=_size("memory", overrides, definition, own, defined),
        subnets=tuple((network or {}).get("subnets", ())),
        security_groups=tuple((network or {}).get("securityGroups", ())),
        public_ip=None if network is None else network.get("assignPublicIp") == "ENABLED",
        container=container,
        image=defined.get("image"),
        command=None if not command else tuple(mask_document(command)),
        environment={
            each["name"]: each.get("value", "") for each in mask_document(own.get("environment", ()))
        },
        task_role_arn=overrides.get("taskRoleArn") or definition.get("taskRoleArn"),
        execution_role_arn=overrides.get("executionRoleArn") or definition.get("executionRoleArn"),
    )


def _named(bodies: Sequence[Body], name: str) -> Body:
    return next((each for each in bodies if each.get("name") == name), {})


def _size(member: str, *bodies: Body) -> str | None:
    """Return the first CPU or memory size that one of these says; containers may only reserve memory."""
    found = (
        each.get(member) or (each.get("memoryReservation") if member == "memory" else None) for each in bodies
    )
    return next((str(each) for each in found if each), None)


def _launch(request: Body) -> str:
    strategy = request.get("capacityProviderStrategy")
    if strategy:
        return " + ".join(_provider(each) for each in strategy)
    return str(request.get("launchType") or "as the cluster's default strategy says")


def _provider(item: Body) -> str:
    """Return one item of a strategy: weight 0 and base 0 are what ECS takes where they are left out."""
    parts: Iterator[str] = (f"{name} {item[name]}" for name in ("weight", "base") if item.get(name))
    return " ".join((str(item.get("capacityProvider")), *parts))
