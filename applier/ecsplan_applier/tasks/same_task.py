"""Whether a task that exists does what a job asks for, whatever was observed in between."""

import hashlib
import json
from collections.abc import Collection

from ecsplan.decision.decide_revision import ACTIVE, Reuse, decide
from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.bodies import as_list, as_mapping, as_mappings, as_pairs, capacity_providers
from ecsplan.terms.manifest_keys import SHOWN_IN_TASKS
from ecsplan.terms.observed import Body, Revision
from ecsplan.terms.placeholders import variable_at_apply
from ecsplan.terms.run_policy import ARRAY_VARIABLES
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
    return "tags" not in given or _tags(request) <= _tags(given)


def shown_overrides(request: Body) -> dict[str, object]:
    """Return the overrides of a RunTask request, equal for requests whose tasks show the same of them."""
    return _overrides(request.get("overrides"))


def shown_digest(body: Body, hidden: Collection[str] = ()) -> str:
    """Return the SHA-256 of the overrides of a RunTask request or a task, equal for a request and its tasks.

    Args:
        body: The request as planned, or the task as ECS shows it.
        hidden: Names of environment variables that are left out, as `hidden_variables` returns them; those
            that number the tasks of an array always are.
    """
    left_out = {*hidden, *ARRAY_VARIABLES}
    containers = [
        {
            **each,
            "environment": [
                {"name": name, "value": value}
                for name, value in as_pairs(each.get("environment"), "name")
                if name not in left_out
            ],
        }
        for each in as_mappings(as_mapping(body.get("overrides")).get("containerOverrides"))
    ]
    overrides = {**as_mapping(body.get("overrides")), "containerOverrides": containers}
    text = json.dumps(_overrides(overrides), sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def hidden_variables(planned: PlannedJob) -> tuple[str, ...]:
    """Return the names of the environment variables of a job whose values depend on sensitive variables."""
    placeholders = [variable_at_apply(each.name) for each in planned.sensitive]
    overrides = as_mappings(as_mapping(planned.run_request.get("overrides")).get("containerOverrides"))
    return tuple(
        dict.fromkeys(
            name
            for each in overrides
            for name, value in as_pairs(each.get("environment"), "name")
            if any(placeholder in value for placeholder in placeholders)
        )
    )


def _tags(body: Body) -> set[tuple[str, str]]:
    return set(as_pairs(body.get("tags"), "key"))


def _same_provider(request: Body, provider: object) -> bool:
    """Return whether a task's capacity provider is one that the request allows.

    A request with a launch type uses none; one with neither leaves it to the cluster (ECS API, RunTask).
    """
    if as_list(request.get("capacityProviderStrategy")):
        return provider in capacity_providers(request)
    return not request.get("launchType") or not provider


def _overrides(value: object) -> dict[str, object]:
    """Return overrides in one spelling: ECS names every container, adds empties, reorders variables."""
    overrides = as_mapping(value)
    shown = {name: str(each) for name, each in overrides.items() if isinstance(each, (str, int))}
    rest = {
        name: each
        for name, each in overrides.items()
        if name not in shown and name != "containerOverrides" and each
    }
    kept = {}
    for each in as_mappings(overrides.get("containerOverrides")):
        members = {name: _member(name, found) for name, found in each.items() if name != "name"}
        kept[str(each.get("name"))] = {name: found for name, found in members.items() if found}
    return {
        **{name: each for name, each in shown.items() if each},
        **rest,
        "containers": {name: members for name, members in kept.items() if members},
    }


def _member(name: str, value: object) -> object:
    if name == "environment":
        return sorted(set(as_pairs(value, "name")))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
