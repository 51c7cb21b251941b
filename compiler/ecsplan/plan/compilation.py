"""`Compilation`: the jobs of manifests, compiled as far as AWS has answered, and what comes of them."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from ecsplan.draft.draft import Draft
from ecsplan.job.jobs import Jobs
from ecsplan.plan.compiled_job import CompiledJob
from ecsplan.plan.compiled_manifest import CompiledManifest
from ecsplan.plan.ignored import Coverage, heeded
from ecsplan.plan.job_order import JobOrder, order_faults, order_of
from ecsplan.plan.plan import Plan, PlannedJob
from ecsplan.plan.plan_job import plan_job
from ecsplan.plan.questions import account_questions
from ecsplan.plan.shared_families import FamilyUse, alone, family_use, shared_families
from ecsplan.terms.diagnostic import Diagnostic, has_errors, in_order
from ecsplan.terms.observed import Observed, Question
from ecsplan.terms.records import dataclass

Output = TypeVar("Output")


@dataclass(frozen=True, slots=True)
class Compiled:
    """What compiling gave.

    Attributes:
        plan: The plan, or None where a manifest has an error.
        diagnostics: Errors and warnings, in the order of their places.
    """

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Compilation:
    """The jobs of manifests, compiled as far as AWS has answered.

    Attributes:
        read: What was read.
        observed: What AWS said; None is offline.
        jobs: The jobs of `read` in their order, compiled.
    """

    read: Jobs
    observed: Observed | None
    jobs: tuple[CompiledJob, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        """What is still to be asked, each question once; () offline."""
        if self.observed is None:
            return ()
        asked = (question for job in self.jobs for question in job.questions)
        return tuple(dict.fromkeys((*asked, *account_questions(self.read.jobs, self.observed))))

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return what is wrong with each job and with the manifests, in order, without what is ignored."""
        found = (*self.read.diagnostics, *(each for job in self.jobs for each in job.diagnostics))
        return in_order(heeded(found, alone(self.read.ignores), self._coverage()))

    def families(self) -> Iterator[FamilyUse]:
        """Yield which families the jobs use."""
        uses = (family_use(each, self.observed) for each in self.jobs)
        return (each for each in uses if each is not None)

    def orders(self) -> Iterator[JobOrder]:
        """Yield what the jobs wait for."""
        return map(order_of, self.read.named())

    def planned(self) -> Iterator[PlannedJob]:
        """Yield the jobs of the plan: the pass plan_job. They can be carried out if there is no error."""
        return (plan_job(each, self.observed) for each in self.jobs)

    def result(self) -> Compiled:
        """Return the plan, or what is wrong."""
        found = (*self.diagnostics(), *order_faults(self.orders(), complete=self.read.complete))
        wrong = has_errors(found)
        shared = shared_families(self.families(), self.read.ignores, complete=not wrong)
        plan = None if wrong else Plan(self.observed is not None, tuple(self.planned()))
        return Compiled(plan, in_order((*found, *shared)))

    def apart(self) -> Iterator["Compilation"]:
        """Yield a compilation for each job; the jobs that it waits for are not in it, and not missed."""
        for each in self.jobs:
            yield Compilation(Jobs((each.job,), (), complete=False), self.observed, (each,))

    def manifest(self, made_of: Callable[[PlannedJob, Draft], Output]) -> CompiledManifest[Output]:
        """Return the manifest for those that compile many.

        Args:
            made_of: Returns what is wanted of each job of the plan, given its draft, too, which knows where
                the manifest says what.
        """
        found = self.diagnostics()
        wrong = has_errors(found)
        questions = () if wrong else self.questions
        done = not wrong and not questions
        return CompiledManifest(
            names=tuple((name, job.at("/name")) for name, job in self.read.names()),
            jobs=tuple(map(made_of, self.planned(), self._drafts())) if done else (),
            diagnostics=found,
            questions=questions,
            families=tuple(self.families()),
            ignores=self.read.ignores,
            files=self.read.files,
            unnamed=self.read.unnamed,
            declared=self.read.declared,
            called=self.read.called,
            count=len(self.read.jobs),
            orders=tuple(self.orders()),
            complete=self.read.complete,
        )

    def _drafts(self) -> Iterator[Draft]:
        return (each.draft for each in self.jobs)

    def _coverage(self) -> Coverage:
        """Return which rules have run; this matters only where a comment asks to ignore some."""
        if not self.read.ignores:
            return Coverage(online=False)
        if self.observed is not None and not any(each.questions for each in self.jobs):
            return Coverage(online=True)
        unseen = (job.written.path for job in self.read.jobs if job.linked is not None or job.written.lookups)
        return Coverage(False, frozenset(unseen))
