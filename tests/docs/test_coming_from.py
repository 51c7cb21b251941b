"""The pages for those who come from other tools: their files, commands and manifests are what happens."""

import re
from pathlib import Path

import pytest
from page_commands import done, shell_in
from page_text import blocks
from places import ROOT

PAGES = sorted((ROOT / "docs" / "coming-from").glob("*.md"))
NAMES = {"aws-cli", "prefect", "airflow", "copilot", "ecspresso", "compose"}
MEMBER = re.compile(r"^\| `", re.MULTILINE)


def test_there_is_a_page_for_each_neighbour() -> None:
    assert {each.stem for each in PAGES} == NAMES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_the_page_shows_is_what_happens(page: Path, tmp_path: Path) -> None:
    shell = shell_in(tmp_path)
    folder = tmp_path / "work"
    folder.mkdir()
    shown = 0

    for block in blocks(page.read_text("utf-8")):
        if block.title is not None and (path := folder / block.title).exists():
            shown += 1
            assert path.read_text("utf-8") == block.text
        elif block.title is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, "utf-8")
        elif block.language == "sh":
            for command in block.text.replace("\\\n", " ").splitlines():
                if command.startswith("ecsplan "):
                    ran = done(command, folder, shell)
                    assert ran.returncode == 0, (command, ran.stdout)
    assert shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_who_does_not_see_the_titles_of_blocks_learns_the_names_of_files(page: Path) -> None:
    text = page.read_text("utf-8")

    # A terminal and a code host do not show them.
    for each in blocks(text):
        if each.title is not None:
            assert each.title in text.replace(f'title="{each.title}"', "")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_has_tables(page: Path) -> None:
    text = page.read_text("utf-8")

    assert text.count("<!-- table: ") >= 1
    assert len(MEMBER.findall(text)) > 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8"))

    assert all((page.parent / each).resolve().is_file() for each in links if "://" not in each), links
