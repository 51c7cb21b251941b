"""docs/coming-from/: what becomes of the members of other formats, from the tables of `ecsplan_convert`."""

import importlib
from collections.abc import Iterable

from docs.generators.marked_places import DOCS, filled
from docs.generators.tables import table

from ecsplan_convert.source import Row


def pages() -> dict[str, str]:
    """Return the pages with their tables, by their paths below docs/."""
    return {
        path.relative_to(DOCS).as_posix(): filled(path.read_text("utf-8"), _table_of_module)
        for path in sorted(DOCS.glob("coming-from/*.md"))
    }


def _table_of_module(_: str, module: str) -> str:
    return table_of(importlib.import_module(f"ecsplan_convert.{module}").TABLE)


def table_of(rows: Iterable[Row]) -> str:
    """Return rows as a table: what a manifest can say first, in the order of the format's table."""
    ordered = sorted(rows, key=lambda row: not row.ours)
    cells = ((f"`{row.theirs}`", _ours(row), row.how) for row in ordered)
    return table(("member", "in the manifest", ""), cells)


def _ours(row: Row) -> str:
    return ", ".join(f"`{each}`" for each in row.ours.split(", ")) if row.ours else "not kept"
