"""`ecsplan docs`: pages, and sections by the names that messages use."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from places import ROOT

from ecsplan_applier.outcomes.explain import ERROR_PATTERNS
from ecsplan_cli.main import group
from ecsplan_cli.pages import names, pages

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))


def docs(*arguments: str) -> Result:
    return CliRunner().invoke(group, ["docs", *arguments], prog_name="ecsplan")


def topic(page: Path) -> str:
    """Return the name of a page: its path below docs/, without the suffix."""
    return page.relative_to(DOCS).with_suffix("").as_posix()


def test_every_page_is_listed_with_its_title() -> None:
    listed = dict(line.split(maxsplit=1) for line in docs().output.splitlines())

    assert listed.keys() == {topic(each) for each in PAGES}
    assert listed["manifest"] == "The manifest"
    assert listed["coming-from/prefect"] == "Coming from Prefect's ECSTask"


@pytest.mark.parametrize("page", PAGES, ids=topic)
def test_a_page_is_printed_as_it_stands(page: Path) -> None:
    assert docs(topic(page)).output == page.read_text("utf-8")


@pytest.mark.parametrize(
    ("topic", "start", "end"),
    [
        pytest.param("fargate-memory", "### fargate-memory\n", "```\n", id="a rule"),
        pytest.param("task_definition", "### task_definition\n", "\n", id="a key"),
        pytest.param("public-ip-unsupported", "**name:** public-ip-unsupported\n", "\n", id="a failure"),
        pytest.param("JSON", "## JSON\n", "\n", id="a heading"),
    ],
)
def test_a_section_is_found_by_its_name(topic: str, start: str, end: str) -> None:
    shown = docs(topic).output

    assert shown.startswith(start)
    assert shown.endswith(end)
    assert "\n##" not in shown


@pytest.mark.parametrize("row", [pytest.param(each.name, id=each.name) for each in ERROR_PATTERNS])
def test_every_failure_has_its_section(row: str) -> None:
    assert docs(row).output.startswith(f"**name:** {row}\n")


def test_a_comment_in_an_example_is_no_heading() -> None:
    assert "or image" not in names()
    assert docs("or image").exit_code == 2


@pytest.mark.parametrize(
    ("topic", "hint"),
    [
        pytest.param("fargatememory", "Did you mean 'fargate-memory'?", id="a slip"),
        pytest.param("zzz", "`ecsplan docs` lists the pages", id="nothing near"),
    ],
)
def test_an_unknown_topic_gets_a_hint(topic: str, hint: str) -> None:
    done = docs(topic)

    assert done.exit_code == 2
    assert f"There is no page or section '{topic}'." in done.stderr
    assert hint in done.stderr


def test_a_terminal_gets_the_page_laid_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecsplan_cli.commands.docs.colour_wanted", lambda _: True)

    shown = docs("diff").output

    assert "\x1b[" in shown
    assert "```" not in shown


def test_pages_have_titles() -> None:
    assert all(each.title and each.text for each in pages())
