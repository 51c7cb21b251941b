"""The table of all permissions that ecsplan needs: for every API operation that it calls, at least one row.

To add one: declare the operation in `ecsplan_applier/aws/operations.py`, and enter a `Permission` into the
rows of its service, with what a job needs it on for `compile` and `apply`, or with the other commands that
need it. `make rules` then writes `docs/permissions.md`.
"""

from typing import Final

from ecsplan.permissions import (
    ecs_rows,
    image_rows,
    lookup_rows,
    other_rows,
    prune_rows,
    schedule_rows,
    verify_rows,
)
from ecsplan.permissions.permission import Permission

TABLE: Final[tuple[Permission, ...]] = (
    *ecs_rows.ROWS,
    *lookup_rows.ROWS,
    *image_rows.ROWS,
    *other_rows.ROWS,
    *verify_rows.ROWS,
    *schedule_rows.ROWS,
    *prune_rows.ROWS,
)
"""All permissions, in the order in which pages list them."""
