"""The names of the runs in a ledger's folder, for shells that complete them."""

from pathlib import Path
from urllib.parse import unquote


def run_ids_in(folder: Path) -> list[str]:
    """Return the ids of the runs that a folder has entries of, in whatever account and region.

    Raises:
        OSError: The folder cannot be read.
    """
    names = {each.name for each in folder.glob("*/*/runs/*") if each.is_dir()}
    # Two percent signs stand before the digest that has replaced the end of a long name.
    return sorted(unquote(each) for each in names if "%%" not in each)
