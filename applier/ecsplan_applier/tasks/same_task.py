"""Whether a task that exists does what a job asks for, whatever was observed in between."""

from collections.abc import Mapping
from typing import Any

from ecsplan.decision.decide_revision import ACTIVE, Reuse, decide
from ecsplan.terms.manifest_keys import SHOWN_IN_TASKS
from ecsplan.terms.observed import Body, Revision
from ecsplan_applier.outcomes.task import Task


def same_definition(request: Body, revision: Revision) -> bool:
    """Return whether a revision, ACTIVE or not, says the same as a RegisterTaskDefinition request."""
    return isinstance(decide(request, {**revision.definition, "status": ACTIVE}), Reuse)


def same_run(request: Body, task: Task) -> bool:
    """Return whether a task was started by a RunTask request that asked for the same as this one.

    Compared is what the user decides: overrides, labels, and where it is placed. The revision is compared by
    what it says; subnets and other observations may differ.
    """
    given = task.body
    if _overrides(request.get("overrides")) != _overrides(given.get("overrides")):
        return False
    for name in SHOWN_IN_TASKS:
        wanted, found = request.get(name), given.get(name)
        if wanted not in {None, False, ""} and found not in {None, ""} and wanted != found:
            return False
    if not _same_provider(request, given.get("capacityProviderName")):
        return False
    # A task may have more tags than were asked for (ECS managed tags), and an answer without `include` has
    # none.
    return _pairs(request.get("tags"), "key") <= _pairs(given.get("tags"), "key") or "tags" not in given


def _same_provider(request: Body, provider: Any) -> bool:
    """Return whether a task's capacity provider is one that the request allows.

    A request with a launch type uses none; one with neither leaves it to the cluster (ECS API, RunTask).
    """
    strategy = request.get("capacityProviderStrategy")
    if isinstance(strategy, list) and strategy:
        return provider in {each.get("capacityProvider") for each in strategy if isinstance(each, Mapping)}
    return not request.get("launchType") or not provider


def _overrides(overrides: Any) -> dict[str, Any]:
    """Return overrides in one spelling: ECS names every container, adds empties, reorders variables."""
    if not isinstance(overrides, Mapping):
        return {}
    shown = {name: str(value) for name, value in overrides.items() if isinstance(value, (str, int))}
    rest = {
        name: value
        for name, value in overrides.items()
        if name not in shown and name != "containerOverrides" and value
    }
    containers = overrides.get("containerOverrides")
    kept = {}
    for each in containers if isinstance(containers, list) else ():
        if isinstance(each, Mapping):
            members = {name: _member(name, value) for name, value in each.items() if name != "name"}
            kept[str(each.get("name"))] = {name: value for name, value in members.items() if value}
    return {
        **{name: value for name, value in shown.items() if value},
        **rest,
        "containers": {name: value for name, value in kept.items() if value},
    }


def _member(name: str, value: Any) -> Any:
    if name == "environment":
        return sorted(_pairs(value, "name"))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _pairs(items: Any, name: str) -> set[tuple[str, str]]:
    """Return a list of `{name, value}` or `{key, value}` as a set."""
    if not isinstance(items, list):
        return set()
    return {
        (str(each.get(name, "")), str(each.get("value", ""))) for each in items if isinstance(each, Mapping)
    }
