"""What is said of ends that the ledger does not have: whose they are, and what that means."""

from ecsplan_applier.outcomes.result import Summary
from ecsplan_cli.render.apply.failures import named


def unrecorded_text(summary: Summary) -> str | None:
    """Return which ends are not recorded, or None where all are."""
    if not summary.unrecorded:
        return None
    what = f"the ledger {summary.ledger} has no record of how {named(summary.unrecorded)} ended"
    soon = f"applying run {summary.run_id} again within an hour records it"
    return f"{what}: {soon}; later, it is refused because ECS has forgotten the run"
