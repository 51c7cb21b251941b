"""From the name of a ledger to the ledger."""

from pathlib import Path

from ecsplan_applier.ledger.folder import FolderStore
from ecsplan_applier.ledger.ledger import Ledger


def open_ledger(location: str | Path) -> Ledger:
    """Return the ledger that is kept in a folder.

    Args:
        location: The folder, as the user names it.
    """
    return Ledger(FolderStore(Path(location).expanduser(), str(location)))
