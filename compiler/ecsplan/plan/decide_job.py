"""Which revision a job runs: its task definition, compared with those that AWS has."""

from collections.abc import Sequence

from ecsplan.decision.decide_revision import Decision, Reuse, Undecided, decide
from ecsplan.draft.draft import Defined, define
from ecsplan.draft.pinned_image import awaits_digest, with_pinned_image
from ecsplan.job.spec import JobSpec
from ecsplan.plan.passes import Passes
from ecsplan.terms.json_types import Document
from ecsplan.terms.observed import AskLatest, AskLinked, AskRecent, Observed, Revision
from ecsplan.terms.placeholders import REGION_AT_APPLY


def decide_job(job: JobSpec, observed: Observed, passes: Passes) -> tuple[Defined, Decision]:
    """Return the job's task definition, and whether a revision of it exists.

    A linked revision runs as it is unless a key must change it; then the linked one with all of the job's
    keys over it is compared with the newest revision of the family.
    """
    region = region_of(job, observed)
    linked = None if job.linked is None else observed.revision(AskLinked(job.aws, job.linked))
    if linked is not None:
        needed = passes.run("define for the linked", define, job, linked, region=region, sizes=False)
        needed = with_pinned_image(needed, observed)
        if isinstance(passes.run("decide on the linked", decide, needed.body, linked.definition), Reuse):
            return needed, Reuse(linked.arn)
    defined = with_pinned_image(passes.run("define", define, job, linked, region=region), observed)
    question = AskLatest(job.aws, defined.family)
    unseen = job.linked is not None and linked is None
    if unseen or job.written.open_lookups or awaits_digest(defined) or not observed.knows(question):
        return defined, Undecided()
    latest = observed.revision(question)
    decision = passes.run("decide", decide, defined.body, None if latest is None else latest.definition)
    if isinstance(decision, Reuse) or not job.reuses_recent:
        return defined, decision
    recent = observed.recent(AskRecent(job.aws, defined.family))
    return defined, passes.run("decide on recent ones", _decide_on, defined.body, recent) or decision


def runs_linked(linked: Revision | None, decision: Decision) -> bool:
    """Return whether the linked revision runs as it is."""
    return linked is not None and isinstance(decision, Reuse) and decision.arn == linked.arn


def region_of(job: JobSpec, observed: Observed) -> str:
    """Return the region that the job runs in, or what stands for it."""
    return job.aws.region or observed.region(job.aws) or REGION_AT_APPLY


def _decide_on(body: Document, revisions: Sequence[Revision]) -> Reuse | None:
    """Return the decision for the first of these revisions that says the same, or None."""
    decisions = (decide(body, each.definition) for each in revisions)
    return next((each for each in decisions if isinstance(each, Reuse)), None)
