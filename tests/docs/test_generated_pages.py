"""The pages that are generated: they are what their generators write, in any order of hashes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from docs.generators.generated import generated
from docs.generators.marked_places import filled
from docs.generators.tables import table
from places import ROOT

DOCS = ROOT / "docs"


@pytest.mark.parametrize("seed", ["0", "1"])
def test_the_pages_are_what_the_generators_write(seed: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "docs.generators", str(tmp_path)]

    subprocess.run(command, check=True, cwd=ROOT, env={"PYTHONHASHSEED": seed, "LC_ALL": "C"}, timeout=120)

    written = {each.relative_to(tmp_path) for each in tmp_path.rglob("*") if each.is_file()}
    differing = [
        each.as_posix() for each in written if (tmp_path / each).read_bytes() != (DOCS / each).read_bytes()
    ]
    assert len(written) > 10
    assert differing == [], "run `make rules`"


def test_no_page_has_a_place_that_nobody_fills() -> None:
    texts = {each.relative_to(DOCS).as_posix(): each.read_text("utf-8") for each in DOCS.rglob("*.md")}
    with_places = {name for name, text in texts.items() if re.search(r"^<!-- end -->", text, re.MULTILINE)}

    assert with_places
    assert with_places <= generated().keys()


def test_a_page_is_filled_in_its_places_alone() -> None:
    page = "a\n<!-- table: one.two -->\nold\n<!-- end -->\nb\n<!-- sources: all -->\n<!-- end -->\n"

    text = filled(page, lambda what, which: f"{what} of {which}")

    assert text == (
        "a\n<!-- table: one.two -->\n\ntable of one.two\n\n<!-- end -->\nb\n"
        "<!-- sources: all -->\n\nsources of all\n\n<!-- end -->\n"
    )
    assert filled(text, lambda what, which: f"{what} of {which}") == text


def test_neither_a_bar_nor_a_line_divides_a_cell() -> None:
    assert table(("a", "b"), [("c|d", "e\nf")]) == "| a | b |\n| --- | --- |\n| c\\|d | e f |"
