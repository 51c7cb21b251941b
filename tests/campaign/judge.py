"""The verdict on a disturbed apply: survived, reported, lost or doubled."""

from dataclasses import dataclass

from campaign.scenarios import Scenario
from campaign.table import DOUBLED, LOST, REPORTED, SURVIVED
from campaign.world import Found, Played


@dataclass(frozen=True)
class Verdict:
    """What became of one disturbed apply; `why` says what is wrong where it is lost or doubled."""

    kind: str
    why: str = ""


def judge(
    scenario: Scenario,
    family: str,
    played: Played,
    found: Found,
    *,
    denied: str = "",
    leaves: tuple[int, ...] | None = None,
) -> Verdict:
    """Return the verdict.

    Args:
        scenario: What was applied.
        family: Its family.
        played: How the last apply of the run ended.
        found: What is there afterwards.
        denied: The operation that was refused, after which a report is as good as success.
        leaves: Numbers of revisions that may be ACTIVE in the end; None: as without a disturbance.
    """
    doubled = _doubled(scenario, family, played, found)
    if doubled:
        return Verdict(DOUBLED, doubled)
    unnamed = [arn for arn in found.running if arn not in _named_as_running(played)]
    if unnamed:
        return Verdict(LOST, f"runs and is not named: {unnamed}\n{played.text}")
    wrong = _differences(scenario, family, played, found, leaves or (scenario.leaves,))
    if not wrong:
        return Verdict(SURVIVED)
    if denied and _is_reported(scenario, played, found, denied):
        return Verdict(REPORTED)
    return Verdict(LOST, f"{wrong}\n{played.text}")


def _doubled(scenario: Scenario, family: str, played: Played, found: Found) -> str:
    made = len(found.active) + len(found.inactive) - (1 if scenario.prepared else 0)
    if len(found.tasks) > scenario.slots:
        return f"{len(found.tasks)} tasks for {scenario.slots} slots"
    if made > scenario.documents:
        return f"{made} revisions of {scenario.documents} documents"
    more = played.lines - scenario.lines(family)
    if more:
        return f"lines printed too often: {dict(more)}"
    known = [arn for arn in played.arns if arn is not None]
    return "" if len(set(known)) == len(known) else f"one task in two slots: {known}"


def _named_as_running(played: Played) -> str:
    return (
        played.text
        if played.summary is None
        else " ".join(each.arn or "" for each in played.summary.left_running)
    )


def _differences(
    scenario: Scenario, family: str, played: Played, found: Found, leaves: tuple[int, ...]
) -> str:
    """Return what is not as it would have been without the disturbance."""
    if played.status != scenario.status:
        return f"ended with {played.status}, not {scenario.status}"
    missing = scenario.lines(family) - played.lines
    if missing:
        return f"lines not printed: {dict(missing)}"
    if {each["taskArn"] for each in found.tasks} != set(played.arns) or len(played.arns) != scenario.slots:
        return f"the summary names {played.arns}"
    if len(found.active) not in leaves:
        return f"revisions left ACTIVE: {found.active}"
    summary = played.summary
    codes = [] if summary is None else [each.exit_code for each in summary.tasks]
    return "" if codes == [scenario.exit_code] * scenario.slots else f"exit codes {codes}"


def _is_reported(scenario: Scenario, played: Played, found: Found, denied: str) -> bool:
    """Return whether a refusal is named with its operation, and the status is one that it may cause."""
    if f"{denied}" not in played.text or "AccessDenied" not in played.text:
        return False
    if played.error is not None:
        # Whose account it is decides whether the plan of the embedded ECS may be applied at all.
        statuses = {125, 122} if denied == "GetCallerIdentity" else {125}
        return played.status in statuses and not found.tasks and len(found.active) <= bool(scenario.prepared)
    if played.status == scenario.status:
        return any(denied in each for each in played.warned)
    return played.status == (125 if scenario.slots == 1 else 1)
