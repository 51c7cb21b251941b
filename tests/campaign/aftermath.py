"""The verdict on an apply that may end without its job: what it says, and whether resuming ends the job."""

from dataclasses import replace

from campaign.judge import Verdict, judge
from campaign.scenarios import Scenario
from campaign.table import DOUBLED, LOST, REPORTED, SURVIVED
from campaign.transcript import ending, names, whole
from campaign.world import Found, Played, World

from ecsplan.plan.plan import Plan

STATUSES = frozenset({122, 124, 125, 126})
"""What an apply may end with that could not end its job (docs/exit-status.md)."""
SEVERAL = 1
"""The same where the plan asks for several tasks."""


def judge_aftermath(
    world: World,
    scenario: Scenario,
    family: str,
    plan: Plan,
    played: Played,
    *,
    must_survive: bool = False,
    machine: str = "one",
) -> Verdict:
    """Return the verdict, after applying once more, undisturbed, where the disturbance was not survived.

    Args:
        world: Where it was applied.
        scenario: What was applied.
        family: Its family, which is the run id, too.
        plan: The plan.
        played: How the disturbed apply ended.
        must_survive: Whether nothing but the undisturbed result will do.
        machine: Which machine resumes.
    """
    found = world.found(family)
    verdict = judge(scenario, family, played, found)
    if verdict.kind in {SURVIVED, DOUBLED}:
        return verdict
    wrong = _says_too_little(scenario, family, played, found)
    if not wrong and must_survive:
        wrong = f"ends the apply: {verdict.why}"
    world.script(scenario, family)
    again = world.apply(plan, family, machine=machine)
    after = world.found(family)
    resumed = judge(_to_resume(scenario, found), family, again, after, leaves=_may_leave(scenario))
    if resumed.kind != SURVIVED:
        return Verdict(resumed.kind, f"resumed: {resumed.why}\nbefore that:\n{whole(played)}{played.crash}")
    return (
        Verdict(LOST, f"{wrong}\n{whole(played)}{played.crash}") if wrong else Verdict(REPORTED, verdict.why)
    )


def _to_resume(scenario: Scenario, found: Found) -> Scenario:
    """Return what resuming must give: a revision that was deregistered before any task ran is made anew."""
    more = 0 if found.tasks else len(found.inactive)
    return replace(scenario, documents=scenario.documents + more)


def _may_leave(scenario: Scenario) -> tuple[int, ...]:
    """Return how many revisions may be ACTIVE in the end: whose they are may not be known any more."""
    return tuple(range(scenario.leaves, scenario.documents + bool(scenario.prepared) + 1))


def _says_too_little(scenario: Scenario, family: str, played: Played, found: Found) -> str:
    """Return what is wrong with how an apply ends that is to be resumed; empty: nothing."""
    if played.crash:
        return "a traceback"
    allowed = {*STATUSES, scenario.status} | ({SEVERAL} if scenario.slots > 1 else set())
    if played.status not in allowed:
        return f"ends with {played.status}"
    unnamed = [arn for arn in found.running if not names(ending(played), arn)]
    if unnamed:
        return f"runs and is not named at the end: {unnamed}"
    if f"--run-id {family}" not in whole(played):
        return "does not say how to resume"
    if played.status == scenario.status and not played.warned:
        return "no warning says what is missing"
    return ""


def described(verdict: Verdict, text: str) -> Verdict:
    """Return the same verdict with what was done in front of its reason."""
    return replace(verdict, why=f"{text}: {verdict.why}")
