"""What `ecsplan prune` alone needs: to see what starts tasks, and to delete revisions."""

from typing import Final

from ecsplan.permissions.permission import Permission
from ecsplan.permissions.sources import ECS_ACTIONS, EVENTS_ACTIONS


def _prunes(action: str, on: str, purpose: str, source: str, *, optional: bool = False) -> Permission:
    return Permission(action, (action,), on, purpose, (source,), others=("prune",), optional=optional)


ROWS: Final = (
    _prunes("events:ListEventBuses", "`*`", "the rules that start tasks", EVENTS_ACTIONS),
    _prunes("events:ListRules", "`*`", "the same", EVENTS_ACTIONS),
    _prunes(
        "events:ListTargetsByRule",
        "`rule/NAME` on the default bus, `rule/BUS/NAME` on others",
        "the same",
        EVENTS_ACTIONS,
    ),
    _prunes("ecs:DeleteTaskDefinitions", "`task-definition/FAMILY:*`", "only `--delete`", ECS_ACTIONS),
    _prunes(
        "ecs:ListTaskDefinitionFamilies",
        "`*`",
        "never needed: with it, the message about a family that does not exist names the nearest one that"
        " does, and a family whose revisions are all deregistered is not an error",
        ECS_ACTIONS,
        optional=True,
    ),
)
"""The actions that no other command needs."""
