"""What the later passes want to know of AWS about a job; without answers they leave it open."""

from collections.abc import Iterable, Iterator

from ecsplan.decision.decide_revision import Decision, Register
from ecsplan.draft.draft import Defined, Draft, draft
from ecsplan.draft.network import is_looked_up
from ecsplan.draft.network_lookup import NOTHING_FOUND, subnets_question
from ecsplan.draft.patched import TASK_PATCH
from ecsplan.job.spec import JobSpec
from ecsplan.plan.decide_job import runs_linked
from ecsplan.plan.facts import facts_of, has_open_lookups
from ecsplan.plan.passes import Passes
from ecsplan.terms.observed import (
    AskAccount,
    AskLatest,
    AskLinked,
    AskRecent,
    AskRegion,
    Observed,
    Question,
)
from ecsplan.terms.placeholders import REGISTERED_AT_APPLY


def questions_of(
    defined: Defined, decision: Decision, made: Draft, observed: Observed, passes: Passes
) -> tuple[Question, ...]:
    """Return what is still to be asked before this job can be decided."""
    asked = dict.fromkeys(_questions(defined, decision, made, observed, passes))
    return tuple(question for question in asked if not observed.knows(question))


def account_questions(jobs: Iterable[JobSpec], observed: Observed) -> tuple[Question, ...]:
    """Return what is still to be asked so that plans say whose account they are for."""
    asked = dict.fromkeys(AskAccount(job.aws) for job in jobs)
    return tuple(question for question in asked if not observed.knows(question))


def _questions(
    defined: Defined, decision: Decision, made: Draft, observed: Observed, passes: Passes
) -> Iterator[Question]:
    job = defined.job
    if job.aws.region is None:
        yield AskRegion(job.aws)
    if job.aws.account_id is not None:
        yield AskAccount(job.aws)
    yield from (fact.question for fact in facts_of(job, observed))
    if has_open_lookups(job, observed):
        # Any value may depend on them: there is no telling yet which definition, cluster or VPC is meant.
        return
    if job.awaits_service:
        return
    if job.linked is not None:
        yield AskLinked(job.aws, job.linked)
        if defined.linked is None:
            return
    if not runs_linked(defined.linked, decision):
        yield AskLatest(job.aws, defined.family)
        if job.reuses_recent and isinstance(decision, Register) and decision.changes:
            yield AskRecent(job.aws, defined.family)
    # Those that the manifest names by tags are among the facts.
    subnets = subnets_question(job, observed)
    if subnets is not None and _takes_subnets(defined, made, passes):
        yield subnets


def _takes_subnets(defined: Defined, made: Draft, passes: Passes) -> bool:
    """Return whether the run has subnets of a VPC: it has none where a patch puts others in their place."""
    looked_up = is_looked_up(defined.job, str(defined.body.get("networkMode")))
    if not looked_up or not defined.job.task_patch:
        return looked_up
    if any(each.startswith(f"/{TASK_PATCH}/") for each in made.left_open):
        # Some wait for the revision, and may be those that replace the subnets: take it for one that is made.
        made, _ = passes.run("draft for subnets", draft, defined, NOTHING_FOUND, revision=REGISTERED_AT_APPLY)
    return made.has_subnets_of_vpc
