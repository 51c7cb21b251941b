"""The pages of docs/how-to/: one question each, a screen at most, and what they say is what happens."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from followed_pages import Reader
from how_to.prepared import GROUPS, IN_MOTO, SCRIPTED, pages_of, prepare
from page_account import Account
from page_commands import parse
from page_text import NOT_RUN, SHELLS, blocks, mentioned, prose
from places import ROOT

from ecsplan import __version__

FOLDER = ROOT / "docs" / "how-to"
PAGES = sorted(each.stem for each in FOLDER.glob("*.md"))
INDEX = FOLDER.with_suffix(".md").read_text("utf-8")
MAX_LINES = 60
PROGRAMS = ("jq", "gnuplot")
"""Programs that a reader is told to have, and that not every machine has."""
SYSTEMS = {
    "github-workflows": r"\.github/workflows/.*\.yml",
    "gitlab-ci": r"\.gitlab-ci\.yml",
    "circle-ci": r"\.circleci/config\.yml",
    "bitbucket-pipelines": r"bitbucket-pipelines\.yml",
}
"""The names of pipelines, by the schema that comes with check-jsonschema."""
every_page = pytest.mark.parametrize("page", PAGES)


def text_of(page: str) -> str:
    return (FOLDER / f"{page}.md").read_text("utf-8")


@every_page
def test_what_the_page_says_is_what_happens(page: str, account: Account) -> None:
    missing = [each for each in PROGRAMS if f"{each} " in text_of(page) and shutil.which(each) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed here")
    prepare(page, account)

    Reader(account.folder, account.shell).follow(text_of(page))


@every_page
def test_commands_in_sentences_can_be_run_as_written(page: str) -> None:
    for command in mentioned(text_of(page)):
        parse(command)


@every_page
def test_a_page_is_a_screen_with_one_heading_and_blocks_that_are_followed(page: str) -> None:
    text = text_of(page)
    fenced = blocks(text)

    assert len(text.splitlines()) <= MAX_LINES
    assert len(re.findall(r"^# ", prose(text), re.MULTILINE)) == 1
    assert fenced, "a page answers with something to type"
    assert {each.language for each in fenced if each.title is None} <= SHELLS | NOT_RUN
    # An indented block would not be run.
    assert not re.search(r"^\n {4,}(?![-*\d])", prose(text), re.MULTILINE)


@every_page
def test_who_does_not_see_the_titles_of_blocks_learns_the_names_of_files(page: str) -> None:
    text = text_of(page)

    # A terminal and a code host do not show them.
    for each in blocks(text):
        if each.title is not None:
            assert each.title in text.replace(f'title="{each.title}"', "")


@every_page
def test_a_page_installs_this_version(page: str) -> None:
    named = re.findall(r"(?:ecsplan==|ecsplan@v|rev: v|/ecsplan:)(\d[\w.]*\w)", text_of(page))

    assert set(named) <= {__version__}


@pytest.mark.parametrize(
    ("system", "name", "text"),
    [
        pytest.param(system, block.title, block.text, id=f"{page} {block.title}")
        for page in PAGES
        for block in blocks(text_of(page))
        for system, pattern in SYSTEMS.items()
        if block.title is not None and re.fullmatch(pattern, block.title)
    ],
)
def test_a_pipeline_is_valid_by_the_schema_of_its_system(
    system: str, name: str, text: str, tmp_path: Path
) -> None:
    path = tmp_path / Path(name).name
    path.write_text(text, "utf-8")
    transform = ["--data-transform", "gitlab-ci"] if system == "gitlab-ci" else []
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{system}"]

    done = subprocess.run(
        [*command, *transform, str(path)], capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stdout + done.stderr


@every_page
def test_the_index_has_the_page_with_its_title(page: str) -> None:
    title = text_of(page).partition("\n")[0].removeprefix("# ")

    assert f"[{title}](how-to/{page}.md)" in INDEX


def test_the_index_has_no_other_pages() -> None:
    assert sorted(re.findall(r"\(how-to/([a-z0-9-]+)\.md\)", INDEX)) == PAGES


@pytest.mark.parametrize(
    ("source", "title", "page"),
    [
        pytest.param(path.stem, *link, id=f"{path.stem} to {link[1]}")
        for path in sorted((ROOT / "docs").rglob("*.md"))
        for link in re.findall(
            r"^> \[([^\]]+)\]\((?:\.\./)?how-to/([\w-]+)\.md\)", path.read_text("utf-8"), re.M
        )
    ],
)
def test_a_reference_page_asks_the_question_of_the_page(source: str, title: str, page: str) -> None:
    question, _, detail = text_of(page).partition("\n")[0].removeprefix("# ").partition(":")

    # "How do I …" goes on with it.
    asked = f"{question[:1].lower()}{question[1:]}"
    assert title in {asked, f"{asked}:{detail}"}, source


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
def test_what_is_prepared_is_for_a_page_of_the_group(group: ModuleType) -> None:
    title = group.__name__.rpartition(".")[2].replace("_", " ")
    listed = INDEX.lower().partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    pages = set(re.findall(r"\(how-to/([a-z0-9-]+)\.md\)", listed))

    assert {*pages_of(group), *getattr(group, "IN_MOTO", ())} <= pages


def test_a_page_that_is_followed_elsewhere_exists() -> None:
    assert {*IN_MOTO, *SCRIPTED} <= set(PAGES)


def test_the_menu_of_the_site_has_the_groups_and_pages_of_the_index() -> None:
    entry = re.compile(r"^## ([^\n]+)|^- \[[^\]]+\]\(how-to/([a-z0-9-]+)\.md\)", re.MULTILINE)
    line = re.compile(r"^ +- ([^/\n]+):$|^ +- how-to/([a-z0-9-]+)\.md$", re.MULTILINE)
    menu = (ROOT / "mkdocs.yml").read_text("utf-8").partition("- how-to.md\n")[2].partition("\n  - ")[0]

    assert line.findall(menu) == entry.findall(INDEX)
