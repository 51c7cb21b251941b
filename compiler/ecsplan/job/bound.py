"""The passes accept and bind: from a job as written to its `JobSpec`, and what is wrong with what it says."""

from ecsplan.job.accept import accept
from ecsplan.job.bind import bind
from ecsplan.job.overridden import overridden
from ecsplan.job.spec import JobSpec, Written
from ecsplan.terms.diagnostic import Diagnostic


def bound(written: Written) -> tuple[JobSpec, tuple[Diagnostic, ...]]:
    """Return a job, and what is wrong with what it says.

    A wrong value that another key replaces never reaches AWS: it is not judged.
    """
    accepted = accept(written)
    job, unreadable = bind(written, accepted.data, accepted.refused)
    replaced = accepted.wrong_values & overridden(job) if accepted.wrong_values else frozenset()
    if replaced:
        accepted = accept(written, ignoring=replaced)
        job, unreadable = bind(written, accepted.data, accepted.refused)
    return job, (*accepted.diagnostics, *unreadable)
