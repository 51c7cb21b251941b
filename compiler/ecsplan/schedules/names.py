"""The name of a schedule, and the mark that says whose it is."""

import hashlib
import re
from typing import Final

from ecsplan.terms.family_names import slug
from ecsplan.terms.short_texts import on_one_line

MAX_NAME: Final = 64
"""Characters of a schedule's name (service model of EventBridge Scheduler)."""
DEFAULT_GROUP: Final = "default"
"""The group of a schedule that names none; every account has it (user guide, Managing a schedule group)."""
MARK: Final = "[ecsplan]"
"""How the description of a schedule begins that ecsplan has made."""
_DIGEST: Final = 8
"""Characters of the digest that tells long names apart."""
_MAX_SHOWN: Final = 200
"""Characters of a job's name in a description, which holds 512 (service model of EventBridge Scheduler)."""
_NOT_IN_NAME: Final = re.compile(r"[^0-9A-Za-z._-]+")


def schedule_name(job_name: str) -> str:
    """Return the name of a job's schedule: the job's own if Scheduler accepts it, else a slug of it.

    A slug is transliterated to ASCII and keeps its case. Each run of characters that a name cannot contain
    becomes one `-`, except at the ends. One that is too long, or empty, ends in a digest of the job's name.
    """
    if len(job_name) <= MAX_NAME and job_name and not _NOT_IN_NAME.search(job_name):
        return job_name
    found = slug(job_name, _NOT_IN_NAME)
    if found and len(found) <= MAX_NAME:
        return found
    digest = hashlib.sha256(job_name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    return f"{found[: MAX_NAME - _DIGEST - 1].rstrip('-') or 'job'}-{digest}"


def description(job_name: str) -> str:
    """Return the description of a job's schedule, which begins with the mark."""
    return f"{MARK} job {on_one_line(job_name, _MAX_SHOWN)}"


def is_marked(text: object) -> bool:
    """Return whether a description is that of a schedule of ecsplan."""
    return isinstance(text, str) and text.startswith(MARK)
