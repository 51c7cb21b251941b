"""What a job asks for, as a digest: the same for two applies of a run that ask for the same."""

import hashlib
import json

from ecsplan_applier.arns import cluster_name_of
from ecsplan_applier.tasks.job_run import JobRun, copies_of
from ecsplan_applier.tasks.same_task import shown_overrides


def request_digest(job: JobRun) -> str:
    """Return the SHA-256 of what a job asks for, in hexadecimal digits.

    Two digests are equal where the definition says the same, whatever its revision, and where overrides,
    cluster and number of copies are equal. What was only observed (subnets, the latest revision), what
    decides when and how often a task is started (`after`, `retry`, `max_parallel`) and the values of
    sensitive variables have no part in it.
    """
    planned = job.planned
    asked = [
        planned.definition.fingerprint,
        planned.policy.array,
        copies_of(planned),
        shown_overrides(planned.run_request),
        # A cluster may be named by its ARN, too.
        cluster_name_of(job.place.cluster),
    ]
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
