"""Write what becomes of the members of other formats into the pages of docs/coming-from/."""

import importlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ecsplan_convert.found import Row

PAGES: Final = Path(__file__).parents[1] / "coming-from"
_PLACE: Final = re.compile(
    r"(?P<begin><!-- table: (?P<module>[a-z_.]+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL
)


def table_of(rows: Iterable[Row]) -> str:
    """Return rows as a table: what a manifest can say first, in the order of the format's table."""
    rows = tuple(rows)
    lines = ["| member | in the manifest | |", "| --- | --- | --- |"]
    for row in (*(each for each in rows if each.ours), *(each for each in rows if not each.ours)):
        ours = ", ".join(f"`{each}`" for each in row.ours.split(", ")) if row.ours else "not kept"
        lines.append(f"| `{row.theirs}` | {ours} | {row.how} |")
    return "\n".join(each.rstrip() for each in lines)


def with_tables(text: str) -> str:
    """Return a page with the tables that it has a place for."""

    def filled(place: re.Match[str]) -> str:
        module = importlib.import_module(f"ecsplan_convert.{place['module']}")
        return f"{place['begin']}\n{table_of(module.TABLE)}\n\n{place['end']}"

    return _PLACE.sub(filled, text)


def main() -> None:
    """Write the pages that differ."""
    for page in sorted(PAGES.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        if (written := with_tables(text)) != text:
            page.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
