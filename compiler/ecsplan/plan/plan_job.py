"""The pass plan: from a compiled job and what AWS said to its part of the plan."""

import re
from dataclasses import replace

from ecsplan.decision.canonical import fingerprint
from ecsplan.decision.decide_revision import Decision, Reuse
from ecsplan.draft.draft import Draft
from ecsplan.job.spec import JobSpec
from ecsplan.plan.compiled_job import CompiledJob
from ecsplan.plan.decide_job import region_of
from ecsplan.plan.facts import observed_facts
from ecsplan.plan.log_streams import log_streams
from ecsplan.plan.plan import Definition, PlannedJob, Source, Watch
from ecsplan.plan.planned_spec import planned_spec
from ecsplan.terms.observed import AskAccount, AskLatest, Aws, Observed
from ecsplan.terms.placeholders import REGION_AT_APPLY

_ARN_ACCOUNT = re.compile(r"arn:[\w-]+:ecs:[\w-]*:(\d{12}):")


def plan_job(compiled: CompiledJob, observed: Observed | None) -> PlannedJob:
    """Return one job of the plan: the pass plan.

    Args:
        compiled: The job, as the passes before made it.
        observed: What AWS said; None is offline.
    """
    job, made, seen = compiled.job, compiled.draft, observed or Observed()
    region = region_of(job, seen)
    return PlannedJob(
        name=job.name,
        source=Source(_as_text(job.written.path), job.written.line),
        aws=aws_of(job, seen),
        spec=planned_spec(job),
        definition=_definition(compiled, seen),
        run_request=made.run,
        watch=_watch(made, region),
        left_open=made.left_open,
        account=None if observed is None else _account(job, compiled.decision, made, observed),
        variables={
            each.declaration.name: list(each.value) if isinstance(each.value, tuple) else each.value
            for each in job.written.variables
            if each.value is not None
        },
        sensitive=tuple(each.declaration for each in job.written.variables if each.declaration.sensitive),
        policy=job.policy,
        observed=observed_facts(made.job, seen),
    )


def aws_of(job: JobSpec, observed: Observed) -> Aws:
    """Return where the job runs, its region filled in as far as it is known."""
    region = region_of(job, observed)
    return replace(job.aws, region=None if region == REGION_AT_APPLY else region)


def fingerprint_of(compiled: CompiledJob) -> str:
    """Return the fingerprint of the job's task definition."""
    return compiled.passes.run("fingerprint", fingerprint, compiled.draft.definition)


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
    """Return a path as text that UTF-8 can encode: a file name may hold any bytes."""
    return path.encode("utf-8", "backslashreplace").decode()


def _definition(compiled: CompiledJob, observed: Observed) -> Definition:
    made = compiled.draft
    family = str(made.definition.get("family", ""))
    latest = observed.revision(AskLatest(made.job.aws, family))
    if latest is None and made.job.linked == family:
        latest = made.linked
    return Definition(
        decision=compiled.decision,
        family=family,
        latest=None if latest is None else latest.arn,
        request=made.definition,
        fingerprint=fingerprint_of(compiled),
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
