"""The pass check: what AWS would refuse of a job's two requests, and what it would not do as meant."""

from dataclasses import replace

from ecsplan.draft.draft import Draft
from ecsplan.rules.inherited import findings
from ecsplan.terms.diagnostic import Diagnostic


def check(draft: Draft) -> tuple[Diagnostic, ...]:
    """Return what the rules find in a draft.

    They read a copy: the views that they make of it are as large as the draft, and go with the copy.
    """
    return tuple(findings(replace(draft)))
