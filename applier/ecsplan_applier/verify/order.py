"""The checks of `verify`, in the order of docs/verify.md."""

from typing import Any, Final

from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.clusters import cluster_active, clusters

CHECKS: Final[tuple[Check[Any], ...]] = (Check(cluster_active, over=clusters),)
"""Every check; the kind of its subjects is the check's own affair."""
