"""What AWS says about a job: the questions that it raises, and the decision that the answers make."""

from collections.abc import Iterable, Iterator

from ecsplan.decision.decide_revision import Decision, Register, Reuse, Undecided, decide
from ecsplan.draft import network
from ecsplan.draft.draft import Defined, define, draft
from ecsplan.job.spec import JobSpec
from ecsplan.terms.observed import (
    AskAccount,
    AskLatest,
    AskLinked,
    AskRecent,
    AskRegion,
    AskSubnets,
    Observed,
    Question,
)
from ecsplan.terms.placeholders import REGION_AT_APPLY, REGISTERED_AT_APPLY


def open_questions(jobs: Iterable[JobSpec], observed: Observed) -> tuple[Question, ...]:
    """Return what is still to be asked before these jobs can be decided, each question once."""
    asked = (question for job in jobs for question in _questions(job, observed))
    return tuple(question for question in dict.fromkeys(asked) if not observed.knows(question))


def account_questions(jobs: Iterable[JobSpec], observed: Observed) -> tuple[Question, ...]:
    """Return what is still to be asked so that plans say whose account they are for."""
    asked = dict.fromkeys(AskAccount(job.aws) for job in jobs)
    return tuple(question for question in asked if not observed.knows(question))


def decided(job: JobSpec, observed: Observed) -> tuple[Defined, Decision]:
    """Return the job's task definition, and whether a revision of it exists: the pass decide.

    A linked revision runs as it is unless a key must change it; then the linked one with all of the job's
    keys over it is compared with the newest revision of the family.
    """
    region = region_of(job, observed)
    linked = None if job.linked is None else observed.revision(AskLinked(job.aws, job.linked))
    if linked is not None:
        needed = define(job, linked, region=region, sizes=False)
        if isinstance(decide(needed.body, linked.definition), Reuse):
            return needed, Reuse(linked.arn)
    defined = define(job, linked, region=region)
    question = AskLatest(job.aws, defined.family)
    if (job.linked is not None and linked is None) or not observed.knows(question):
        return defined, Undecided()
    latest = observed.revision(question)
    decision = decide(defined.body, None if latest is None else latest.definition)
    if isinstance(decision, Reuse) or not job.reuses_recent:
        return defined, decision
    recent = observed.recent(AskRecent(job.aws, defined.family))
    same = (decide(defined.body, each.definition) for each in recent)
    return defined, next((each for each in same if isinstance(each, Reuse)), decision)


def runs_linked(defined: Defined, decision: Decision) -> bool:
    """Return whether the linked revision runs as it is."""
    return defined.linked is not None and isinstance(decision, Reuse) and decision.arn == defined.linked.arn


def region_of(job: JobSpec, observed: Observed) -> str:
    """Return the region that the job runs in, or what stands for it."""
    return job.aws.region or observed.region(job.aws) or REGION_AT_APPLY


def _questions(job: JobSpec, observed: Observed) -> Iterator[Question]:
    if job.aws.region is None:
        yield AskRegion(job.aws)
    if job.aws.account_id is not None:
        yield AskAccount(job.aws)
    defined, decision = decided(job, observed)
    if job.linked is not None:
        yield AskLinked(job.aws, job.linked)
        if defined.linked is None:
            return
    if not runs_linked(defined, decision):
        yield AskLatest(job.aws, defined.family)
        if job.reuses_recent and isinstance(decision, Register) and decision.changes:
            yield AskRecent(job.aws, defined.family)
    if _takes_subnets(defined):
        yield AskSubnets(job.aws, job.vpc_id)


def _takes_subnets(defined: Defined) -> bool:
    """Return whether the run has subnets of a VPC: it has none where a patch puts others in their place."""
    looked_up = network.is_looked_up(defined.job, str(defined.body.get("networkMode")))
    if not looked_up or not defined.job.task_patch:
        return looked_up
    made, _ = draft(defined, None, revision=REGISTERED_AT_APPLY)
    return made.has_subnets_of_vpc
