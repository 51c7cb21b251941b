"""The passes of the compiler, in the order in which they run: from manifests to a plan.

pass           returns                                           defined in             called in
read           text -> jobs as written, with places              source/                read_jobs
accept         -> the data that the schema accepts               job/accept.py          job/bound.py
bind           -> JobSpec, one spelling per meaning              job/bind.py            job/bound.py
families       -> the default families of matrices               draft/                 read_jobs
look up        -> the values of lookups, accepted and bound      job/looked_up.py       compile_job
liked          -> with the defaults that its service gives       job/from_service.py    compile_job
define         -> the task definition, patched                   draft/                 plan/decide_job.py
pin            -> with the digest of its image, if it is pinned  draft/pinned_image.py  plan/decide_job.py
decide         -> reuse or register                              decision/              plan/decide_job.py
draft          -> the run request of that revision, patched      draft/                 compile_job
check          -> what AWS would refuse                          rules/                 compile_job
check_observed -> what AWS's answers show to be wrong            plan/check_observed.py compile_job
plan_job       -> the job of the Plan                            plan/plan_job.py       plan/compilation.py

AWS is asked in rounds: `Compilation.questions` is what the later passes want to know, and `with_answers` goes
on with the answers. Without answers they leave it open. No pass runs again for an input that it had.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ecsplan.decision.decide_revision import Reuse, Undecided
from ecsplan.draft.draft import draft
from ecsplan.draft.matrix_families import with_families
from ecsplan.draft.network_lookup import network_found
from ecsplan.job.bound import bound
from ecsplan.job.from_service import liked
from ecsplan.job.jobs import Jobs, together
from ecsplan.job.looked_up import looked_up
from ecsplan.job.spec import JobSpec
from ecsplan.plan.check_observed import check_observed, no_image, no_service
from ecsplan.plan.compilation import Compilation, Compiled
from ecsplan.plan.compiled_job import CompiledJob
from ecsplan.plan.decide_job import decide_job
from ecsplan.plan.facts import answers_of
from ecsplan.plan.passes import Passes
from ecsplan.plan.plan import PlannedJob
from ecsplan.plan.planned_spec import spec_of
from ecsplan.plan.questions import questions_of
from ecsplan.rules.check import check
from ecsplan.source.definition_files import Read
from ecsplan.source.documents import Overlay
from ecsplan.source.read import read_manifest
from ecsplan.terms.diagnostic import Location, in_order
from ecsplan.terms.observed import Answer, Observed, Question
from ecsplan.terms.placeholders import REGISTERED_AT_APPLY
from ecsplan.variables.undeclared import undeclared
from ecsplan.variables.values import NONE_GIVEN, Sources, Values

__all__ = [
    "Compilation",
    "Compiled",
    "Jobs",
    "begin",
    "compile_job",
    "compile_jobs",
    "compile_manifest",
    "open_questions",
    "read_jobs",
    "recompile",
    "spec_of",
    "together",
    "with_answers",
    "with_families",
]


def compile_manifest(
    text: str,
    *,
    file: str,
    observed: Observed | None = None,
    region: str | None = None,
    read: Read | None = None,
    variables: Mapping[str, object] | None = None,
) -> Compiled:
    """Return the plan of one manifest, or what is wrong with it.

    Args:
        text: The manifest.
        file: Its name, for diagnostics and for the name of a job that has none.
        observed: What AWS said; None compiles offline and leaves the decisions open.
        region: The region of jobs that name none.
        read: Returns the text of a file that a `task_definition` or an `env_file` names, called with the name
            as written, relative to the manifest; an OSError becomes a diagnostic. Without it a name is
            an error.
        variables: The values of variables that the manifest declares; text is read by a variable's type.
    """
    values = Values(variables or {})
    jobs = read_jobs(text, file=file, region=region, read=read, sources=values)
    unknown = (undeclared(each, jobs.declared, Location(file, 1, 1)) for each in values.by_name)
    found = in_order((*jobs.diagnostics, *(each for each in unknown if each is not None)))
    return compile_jobs(together((replace(jobs, diagnostics=found),)), observed)


def read_jobs(
    text: str | bytes,
    *,
    file: str,
    region: str | None = None,
    name: str | None = None,
    read: Read | None = None,
    sources: Sources = NONE_GIVEN,
    overlay: Overlay | None = None,
) -> Jobs:
    """Return the jobs of one manifest: the passes read, accept and bind.

    Args:
        text: The manifest.
        file: Its name.
        region: The region of jobs that name none.
        name: The name of jobs that the manifest does not name; None names them after the file.
        read: Returns the text of a file that the manifest names; see `compile_manifest`.
        sources: Where the values of variables come from.
        overlay: What a command sets in the jobs; None for nothing.
    """
    manifest = read_manifest(text, file=file, read=read, name=name, sources=sources, overlay=overlay)
    found = list(manifest.diagnostics)
    jobs: list[JobSpec] = []
    for each in manifest.jobs:
        job, wrong = bound(each)
        jobs.append(job if job.aws.region is not None or region is None else job.in_region(region))
        found += wrong
    # The jobs of a matrix share their place: what they lack is one name.
    unnamed = tuple(dict.fromkeys(each.locate("") for each in manifest.jobs if not each.named))
    called = tuple(dict.fromkeys(name for each in manifest.jobs for name in each.called))
    made = Jobs(
        with_families(jobs),
        in_order(found),
        manifest.ignores,
        manifest.files,
        unnamed,
        manifest.declared,
        called=called,
    )
    complete = manifest.complete and sum(1 for _ in made.named()) == len(jobs)
    return replace(made, complete=complete)


def compile_job(job: JobSpec, observed: Observed | None, passes: Passes | None = None) -> CompiledJob:
    """Return one job, compiled as far as AWS has answered: the passes from define to check_observed.

    Args:
        job: The job.
        observed: What AWS said; None is offline.
        passes: What the passes returned while less was known; None begins.
    """
    passes, seen = passes or Passes(), observed or Observed()
    known, unfit = (
        passes.run("look up", looked_up, job, answers_of(job, seen)) if job.written.lookups else (job, ())
    )
    known = liked(known, seen)
    defined, decision = decide_job(known, seen, passes)
    network = network_found(known, seen)
    made, wrong = passes.run(
        "draft",
        draft,
        defined,
        network,
        revision=decision.arn if isinstance(decision, Reuse) and decision.arn else REGISTERED_AT_APPLY,
        decided=not (known.task_patch and isinstance(decision, Undecided)),
    )
    found = passes.run("check", check, made)
    said = passes.run("check_observed", check_observed, made, decision, network)
    lost = passes.run("no_service", no_service, known, seen)
    unpinned = passes.run("no_image", no_image, made, defined, seen) if defined.pins else ()
    questions = () if observed is None else questions_of(defined, decision, made, observed, passes)
    if not questions:
        # Nothing will go on from here: with ten thousand jobs, what each has kept would be a burden.
        passes.forget_all_but("fingerprint")
    return CompiledJob(
        job, defined, decision, made, (*unfit, *wrong, *found, *said, *lost, *unpinned), questions, passes
    )


def compile_jobs(read: Jobs, observed: Observed | None) -> Compiled:
    """Return the plan of these jobs: the passes from define to plan_job."""
    return begin(read, observed).result()


def begin(read: Jobs, observed: Observed | None) -> Compilation:
    """Return these jobs, compiled as far as AWS has answered; None for `observed` is offline."""
    return Compilation(read, observed, tuple(compile_job(job, observed) for job in read.jobs))


def with_answers(before: Compilation, answers: Mapping[Question, Answer]) -> Compilation:
    """Return the same jobs, compiled with these answers of AWS as well; jobs that ask nothing stay."""
    observed = (before.observed or Observed()).with_answers(answers)
    stay = before.observed is not None
    jobs = tuple(
        each if stay and not each.questions else compile_job(each.job, observed, each.passes)
        for each in before.jobs
    )
    return Compilation(before.read, observed, jobs)


def open_questions(jobs: Iterable[JobSpec], observed: Observed) -> tuple[Question, ...]:
    """Return what is still to be asked before these jobs can be decided, each question once."""
    asked = (question for job in jobs for question in compile_job(job, observed).questions)
    return tuple(dict.fromkeys(asked))


def recompile(job: PlannedJob, observed: Observed) -> Compiled:
    """Return the plan of this one job, decided again from its `spec` with what AWS says."""
    # Alone it is: the jobs that it waits for are elsewhere in the plan.
    return compile_jobs(Jobs((spec_of(job),), (), complete=False), observed)
