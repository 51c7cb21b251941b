"""`CompiledJob`: one job with both requests drafted, decided and checked, as far as AWS has answered."""

from ecsplan.decision.decide_revision import Decision
from ecsplan.draft.draft import Defined, Draft
from ecsplan.job.spec import JobSpec
from ecsplan.plan.passes import Passes
from ecsplan.terms.diagnostic import Diagnostic
from ecsplan.terms.observed import Question
from ecsplan.terms.records import dataclass


@dataclass(frozen=True, slots=True)
class CompiledJob:
    """What the passes before plan made of a job.

    Attributes:
        job: The job.
        defined: Its task definition.
        decision: Whether a revision of it exists.
        draft: Its two requests.
        diagnostics: What is wrong with it.
        questions: What is still to be asked before it can be decided; () offline.
        passes: What its passes returned, so that answers go on from there.
    """

    job: JobSpec
    defined: Defined
    decision: Decision
    draft: Draft
    diagnostics: tuple[Diagnostic, ...]
    questions: tuple[Question, ...]
    passes: Passes
