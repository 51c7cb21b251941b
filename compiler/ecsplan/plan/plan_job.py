"""From a job and what AWS said to its part of the plan, and to what is wrong with it."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ecsplan.decision.canonical import fingerprint
from ecsplan.decision.decide_revision import Decision, Register, Reuse, Undecided
from ecsplan.draft import network
from ecsplan.draft.draft import Defined, Draft, draft
from ecsplan.draft.newer_members import model_version, newer_members, readable
from ecsplan.job.spec import JobSpec
from ecsplan.plan.plan import Definition, Logs, PlannedJob, Source, Watch
from ecsplan.plan.questions import decided, region_of, runs_linked
from ecsplan.rules.inherited import findings
from ecsplan.terms.diagnostic import Diagnostic, error, warning
from ecsplan.terms.observed import AskAccount, AskLatest, AskSubnets, Body, Observed, Revision, Subnet
from ecsplan.terms.placeholders import REGION_AT_APPLY, REGISTERED_AT_APPLY

if TYPE_CHECKING:
    from ecsplan.decision.compare import Change

_ARN_ACCOUNT = re.compile(r"arn:[\w-]+:ecs:[\w-]*:(\d{12}):")

MAX_SHOWN = 60
"""Characters of a value that a warning shows."""


def planned(job: JobSpec, observed: Observed | None) -> tuple[PlannedJob, tuple[Diagnostic, ...]]:
    """Return one job of the plan and what is wrong with it: the passes draft, check, decide and plan.

    Args:
        job: The job.
        observed: What AWS said; None is offline.
    """
    seen = observed or Observed()
    defined, decision = decided(job, seen)
    revision = decision.arn if isinstance(decision, Reuse) else None
    subnets = seen.subnets(AskSubnets(job.aws, job.vpc_id))
    made, wrong = draft(
        defined,
        subnets,
        revision=revision or REGISTERED_AT_APPLY,
        decided=not isinstance(decision, Undecided),
    )
    region = region_of(job, seen)
    result = PlannedJob(
        name=job.name,
        source=Source(_as_text(job.written.path), job.written.line),
        aws=replace(job.aws, region=None if region == REGION_AT_APPLY else region),
        spec=job.spec,
        definition=_definition(made, decision, seen),
        run_request=made.run,
        watch=_watch(made, region),
        left_open=made.left_open,
        account=None if observed is None else _account(job, decision, made, observed),
    )
    return result, (*wrong, *findings(made), *_remarks(made, defined, decision, subnets))


def _account(job: JobSpec, decision: Decision, made: Draft, observed: Observed) -> str | None:
    """Return the account that was asked: that of the credentials, else the one that owns what was seen."""
    account = observed.account(job.aws)
    if account is not None or not observed.knows(AskAccount(job.aws)):
        return account
    latest = observed.revision(AskLatest(job.aws, str(made.definition.get("family", ""))))
    revision = decision.arn if isinstance(decision, Reuse) else None
    arns = (each.arn for each in (made.linked, latest) if each is not None)
    owners = (_ARN_ACCOUNT.match(each) for each in (*arns, revision or ""))
    return next((each[1] for each in owners if each is not None), None)


def _as_text(path: str) -> str:
    """Return a path as a text that UTF-8 can hold: the bytes of a name need not be any."""
    return path.encode("utf-8", "backslashreplace").decode()


def _definition(made: Draft, decision: Decision, observed: Observed) -> Definition:
    family = str(made.definition.get("family", ""))
    latest = observed.revision(AskLatest(made.job.aws, family))
    if latest is None and made.job.linked == family:
        latest = made.linked
    return Definition(
        decision=decision,
        family=family,
        latest=None if latest is None else latest.arn,
        request=made.definition,
        fingerprint=fingerprint(made.definition),
    )


def _watch(made: Draft, region: str) -> Watch:
    job = made.job
    logs = log_streams(made.own_container, region)
    return Watch(
        container=made.container,
        start_timeout_s=job.start_timeout_s,
        timeout_s=job.timeout_s,
        poll_interval_s=job.poll_interval_s,
        stream_output=logs is not None if job.stream_output is None else job.stream_output,
        logs=logs,
        deregister=job.deregister,
    )


def log_streams(container: Body, region: str) -> Logs | None:
    """Return where a container's log streams are, or None where nothing tells.

    Without a stream prefix a stream is named after the container's id on its instance, which ECS does not
    tell in advance (ECS developer guide, awslogs-stream-prefix).
    """
    logging = container.get("logConfiguration", {})
    options = logging.get("options", {})
    if (
        logging.get("logDriver") != "awslogs"
        or not {"awslogs-group", "awslogs-stream-prefix"} <= options.keys()
    ):
        return None
    return Logs(
        options["awslogs-group"], options["awslogs-stream-prefix"], options.get("awslogs-region", region)
    )


def _remarks(
    made: Draft, defined: Defined, decision: Decision, subnets: Sequence[Subnet] | None
) -> Iterator[Diagnostic]:
    """Yield what follows from what AWS said."""
    if made.linked is not None and not made.linked.is_active:
        yield _inactive(made, made.linked)
    elif made.linked is not None and not runs_linked(defined, decision):
        yield _forced_revision(made, made.linked)
        if isinstance(decision, Register):
            yield from _lost(made, made.linked)
    if subnets is not None and len(subnets) > network.MAX_SUBNETS and made.has_subnets_of_vpc:
        yield _left_out(made.job, len(subnets))


def _inactive(made: Draft, linked: Revision) -> Diagnostic:
    return error(
        "linked-inactive",
        made.at("/task_definition_arn"),
        f"{linked.arn} is {linked.definition.get('status')}: it cannot start tasks",
        help="link an ACTIVE revision, or the family by its name",
    )


def _forced_revision(made: Draft, linked: Revision) -> Diagnostic:
    """Return the warning that a key makes a revision of its own, with the difference to the linked one."""
    from ecsplan.decision.compare import compare  # noqa: PLC0415 - only a linked definition that has to change needs it

    lines = map(_in_words, compare(made.definition, linked.definition))
    return warning(
        "linked-changed",
        made.at("/task_definition_arn"),
        f"{linked.arn} does not say all of it; "
        f"the job runs another revision of {made.definition.get('family')!r}: {'; '.join(lines)}",
        help="remove the keys that change it, or link a definition that already says so",
    )


def _lost(made: Draft, linked: Revision) -> Iterator[Diagnostic]:
    """Yield the error that a revision made of the linked one would lose what the ECS model does not have."""
    members = [
        readable(made.definition, each)
        for each in newer_members(made.definition)
        if not made.definition_origins.find(each).in_patch
    ]
    if members:
        yield error(
            "linked-newer",
            made.at("/task_definition_arn"),
            f"{linked.arn} has {', '.join(members)}, which the ECS model of botocore {model_version()} "
            "does not have: a revision made of it would lose that",
            help="remove the keys that change it, use a newer ecsplan, or remove the member with "
            "task_definition_customizations",
        )


def _in_words(change: "Change") -> str:
    before, after = (_shown(each) for each in (change.before, change.after))
    match change.op:
        case "add":
            return f"add {change.path}: {after}"
        case "remove":
            return f"remove {change.path}: {before}"
        case "replace":
            return f"replace {change.path}: {before} -> {after}"


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _left_out(job: JobSpec, found: int) -> Diagnostic:
    return warning(
        "subnets-left-out",
        job.at("/vpc_id") if job.says("vpc_id") else job.at(""),
        f"{job.vpc_id or 'the default VPC'} has {found} subnets; "
        f"a task takes {network.MAX_SUBNETS}, so some are left out",
        help="name the subnets in network_configuration",
    )
