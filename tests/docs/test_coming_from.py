"""The pages for those who come from other tools: their files, commands and manifests are what happens."""

import importlib
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from page_commands import shell_in
from places import ROOT

PAGES = sorted((ROOT / "docs" / "coming-from").glob("*.md"))
NAMES = {"aws-cli", "prefect", "airflow", "copilot", "ecspresso", "compose"}
BLOCK = re.compile(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
MEMBER = re.compile(r"^\| `", re.MULTILINE)


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    """Return docs/generators/conversions.py."""
    sys.path.insert(0, str(ROOT / "docs/generators"))
    try:
        return importlib.import_module("conversions")
    finally:
        sys.path.remove(str(ROOT / "docs/generators"))


def named(info: str, what: str) -> str | None:
    """Return the file that the info string of a block names: `json file=task-def.json`."""
    found = re.search(rf"\b{what}=(\S+)", info)
    return None if found is None else found[1]


def test_there_is_a_page_for_each_neighbour() -> None:
    assert {each.stem for each in PAGES} == NAMES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_the_page_shows_is_what_happens(page: Path, tmp_path: Path) -> None:
    shell = shell_in(tmp_path)
    folder = tmp_path / "work"
    folder.mkdir()
    shown = 0

    for block in BLOCK.finditer(page.read_text("utf-8")):
        info, text = block["info"], block["text"]
        if (written := named(info, "file")) is not None:
            (folder / written).parent.mkdir(parents=True, exist_ok=True)
            (folder / written).write_text(text, "utf-8")
        elif (made := named(info, "shows")) is not None:
            shown += 1
            assert (folder / made).read_text("utf-8") == text
        elif info.strip() == "sh":
            for command in text.replace("\\\n", " ").splitlines():
                if command.startswith("ecsplan "):
                    done = subprocess.run(
                        ["sh", "-c", command], cwd=folder, env=shell, capture_output=True, check=False
                    )
                    assert done.returncode == 0, (command, done.stderr)
    assert shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_tables_are_those_of_the_code(page: Path, generator: ModuleType) -> None:
    text = page.read_text("utf-8")

    assert text.count("<!-- table: ") >= 1
    assert len(MEMBER.findall(text)) > 10
    assert generator.with_tables(text) == text, "run `make rules`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8"))

    assert all((page.parent / each).resolve().is_file() for each in links if "://" not in each), links
