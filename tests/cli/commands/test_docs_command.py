"""`ecsplan docs`: pages, and sections by the names that messages use."""

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from places import ROOT

from ecsplan_applier.outcomes.explain import ERROR_PATTERNS
from ecsplan_cli.commands.docs import command
from ecsplan_cli.main import group
from ecsplan_cli.page_questions import questions
from ecsplan_cli.pages import names, page, pages, short_name

DOCS = ROOT / "docs"
HOW_TO = DOCS / "how-to.md"
PAGES = sorted(DOCS.rglob("*.md"))
ASKED = [(short_name(each.topic), question) for each in pages() for question in questions(each.topic)]
"""What users ask, with the page that answers it."""


def docs(*arguments: str) -> Result:
    return CliRunner().invoke(group, ["docs", *arguments], prog_name="ecsplan")


def topic(page: Path) -> str:
    """Return the name of a page: its path below docs/, without the suffix."""
    return page.relative_to(DOCS).with_suffix("").as_posix()


def for_readers(page: Path) -> str:
    """Return a page without comments; no example has one."""
    return re.sub(r"^<!--[^>]*-->\n+", "", page.read_text("utf-8"), flags=re.MULTILINE)


def groups() -> dict[str, dict[str, str]]:
    """Return the list of pages: group -> name of a page -> title."""
    parts = (part.splitlines() for part in docs().output.split("\n\n"))
    return {title: dict(line.split(maxsplit=1) for line in lines) for title, *lines in parts}


def test_every_page_is_listed_with_its_title() -> None:
    listed = [name for group in groups().values() for name in group]

    assert sorted(listed) == sorted(short_name(topic(each)) for each in PAGES if each != HOW_TO)
    assert list(groups()["Start"]) == ["index", "start"]
    assert groups()["Reference"]["manifest"] == "The manifest"
    assert groups()["Coming from …"]["coming-from/prefect"] == "Coming from Prefect's ECSTask"


def test_how_to_pages_are_listed_as_their_index_lists_them() -> None:
    index = HOW_TO.read_text("utf-8")
    listed = {title: list(names) for title, names in groups().items() if title.startswith("How do I")}

    assert list(listed) == [
        f"How do I … {title[0].lower()}{title[1:]}"
        for title, links in re.findall(r"^## (.+)\n((?:(?!##).*\n)*)", index, re.MULTILINE)
        if "](" in links
    ]
    assert [each for names in listed.values() for each in names] == re.findall(
        r"\]\(how-to/([\w-]+)\.md\)", index
    )


@pytest.mark.parametrize("page", PAGES, ids=topic)
def test_a_page_is_printed_as_it_stands_without_comments_for_maintainers(page: Path) -> None:
    printed = docs(topic(page)).stdout

    assert printed == for_readers(page)
    assert "<!--" not in printed
    assert "make rules" not in printed or page.stem not in {"rules", "failures", "manifest"}


@pytest.mark.parametrize(
    ("name", "page"),
    [
        pytest.param("image-of-this-commit", "how-to/image-of-this-commit", id="a how-to page"),
        pytest.param("Image of this commit", "how-to/image-of-this-commit", id="in words"),
        pytest.param("how-to/IMAGE_of_this_commit", "how-to/image-of-this-commit", id="with underscores"),
        pytest.param("docs/how-to/image-of-this-commit.md", "how-to/image-of-this-commit", id="a file"),
        pytest.param("Exit Status", "exit-status", id="another page in words"),
        pytest.param("prefect", "coming-from/prefect", id="the last part"),
        pytest.param("AWS CLI", "coming-from/aws-cli", id="the last part in words"),
        pytest.param("how-to", "how-to", id="the page that lists the pages of a folder"),
        pytest.param("coming-from", None, id="a folder without such a page"),
    ],
)
def test_case_and_separators_do_not_matter(name: str, page: str | None) -> None:
    done = docs(name)

    if page is None:
        assert not done.stdout.startswith("# ")
    else:
        assert done.stdout == for_readers(DOCS / f"{page}.md")


@pytest.mark.parametrize(
    ("topic", "start", "end"),
    [
        pytest.param("fargate-memory", "### fargate-memory\n", "```\n", id="a rule"),
        pytest.param("Fargate Memory", "### fargate-memory\n", "```\n", id="a rule in words"),
        pytest.param("task_definition", "### task_definition\n", "\n", id="a key"),
        pytest.param("task-definition", "### task_definition\n", "\n", id="a key in other words"),
        pytest.param("public-ip-unsupported", "**name:** public-ip-unsupported\n", "\n", id="a failure"),
        pytest.param("JSON", "## JSON\n", "\n", id="a heading"),
        pytest.param("manifest#schedule", "### schedule\n", "\n", id="on one page"),
        pytest.param("exit-status#in-a-script", "## In a script\n", "\n", id="by its anchor"),
    ],
)
def test_a_section_is_found_by_its_name(topic: str, start: str, end: str) -> None:
    shown = docs(topic).stdout

    assert shown.startswith(start)
    assert shown.endswith(end)
    assert "\n##" not in shown


@pytest.mark.parametrize(
    ("topic", "others"),
    [
        pytest.param("schedule", ["commands#schedule", "manifest#schedule"], id="of a page"),
        pytest.param("verify", ["commands#verify"], id="of a command"),
        pytest.param("fargate-memory", [], id="none"),
    ],
)
def test_other_sections_of_the_name_are_named(topic: str, others: list[str]) -> None:
    found = re.findall(r"`ecsplan docs (\S+)`", docs(topic).stderr)

    assert set(others) <= set(found)
    assert bool(found) == bool(others)
    for each in found:
        assert docs(each).exit_code == 0
        assert docs(each).stderr == ""


@pytest.mark.parametrize(
    ("words", "first"),
    [
        pytest.param("image tag", "image-of-this-commit", id="a how-to page first"),
        pytest.param("IMAGE, Tag", "image-of-this-commit", id="however it is written"),
        pytest.param("ecs exec", "runs#exec-a-shell-in-a-container", id="a section"),
        pytest.param("exit code", "exit-status", id="words that are a title somewhere"),
        pytest.param("plan_version", "plan", id="a member"),
    ],
)
def test_words_lead_to_the_pages_that_speak_of_them(words: str, first: str) -> None:
    done = docs(words)
    found = [line.split()[0] for line in done.stdout.splitlines()]

    assert done.exit_code == 0
    assert first in found[:3]
    assert done.stderr == f"no page or section is named {words!r}; these mention it:\n"
    for each in found:
        assert docs(each).stdout


@pytest.mark.parametrize(
    ("question", "first"),
    [
        pytest.param("the image tag from CI", "image-of-this-commit", id="an article"),
        pytest.param("B after A", "one-after-another", id="single letters"),
        pytest.param("why is it registering again", "why-registered-again", id="another ending"),
        pytest.param("editor set-up", "editor", id="the title before a list of titles"),
        pytest.param("convert task-def.json and run-task", "from-task-definition", id="names of files"),
        pytest.param("keep 5 revisions", "keep-five-revisions", id="a number"),
        pytest.param("stop my detached kubernetes run", "stop-a-detached-run", id="a word that no page has"),
        pytest.param("graceful kubernetes job ignores SIGTERM", "time-limit", id="words that no page has"),
        pytest.param("ephemeral", "manifest#ephemeral-storage-gib", id="a key before a rule"),
        pytest.param("Windows/macOS", "windows-and-macos", id="a slash"),
        pytest.param("how do I pass the image tag from my pipeline", "image-of-this-commit", id="a sentence"),
        pytest.param("which IAM permissions do I need", "iam-rights", id="another sentence"),
        pytest.param("run in more than one region", "three-regions", id="another tool's words in a sentence"),
        pytest.param("why does it register a new revision every time", "why-registered-again", id="long"),
        pytest.param("clean up old task definitions", "keep-five-revisions", id="with one word more"),
    ],
)
def test_a_question_leads_to_its_page_first(question: str, first: str) -> None:
    assert docs(question).stdout.split()[0] == first


@pytest.mark.parametrize(("name", "question"), ASKED)
def test_what_users_of_other_tools_type_leads_to_the_page(name: str, question: str) -> None:
    done = docs(question)

    # A page or section of that very name comes first.
    assert done.stdout.split()[0] == name or f"also: `ecsplan docs {name}`" in done.stderr


def test_every_how_to_page_is_asked_for_in_other_words_and_no_words_ask_for_two() -> None:
    asked = [question for _, question in ASKED]

    assert sorted(asked) == sorted(set(asked))
    assert {name for name, _ in ASKED} >= {each.stem for each in (DOCS / "how-to").glob("*.md")}


@pytest.mark.parametrize(
    ("topic", "others"),
    [
        pytest.param("logs", ["last-nights-logs", "commands#logs"], id="a command"),
        pytest.param("schedule", ["nightly"], id="a page"),
        pytest.param("tags", ["tags-and-costs"], id="a rule"),
    ],
)
def test_a_name_leads_to_the_how_to_page_as_well(topic: str, others: list[str]) -> None:
    shown = docs(topic)
    found = re.findall(r"`ecsplan docs (\S+)`", shown.stderr)

    assert found[0] == others[0]
    assert page(found[0]) is not None


def test_words_need_no_quotes() -> None:
    assert docs("three", "regions").stdout == docs("three regions").stdout
    assert docs("image", "tag", "from", "CI").stdout == docs("image tag from CI").stdout
    assert docs("image", "tag", "from", "CI").exit_code == 0


@pytest.mark.parametrize("row", [pytest.param(each.name, id=each.name) for each in ERROR_PATTERNS])
def test_every_failure_has_its_section(row: str) -> None:
    shown = f"**name:** {row}\n"

    assert docs(f"failures#{row}").stdout.startswith(shown)
    # A how-to page of the name comes first.
    assert docs(row).stdout.startswith(shown) or f"`ecsplan docs failures#{row}`" in docs(row).stderr


def test_a_comment_in_an_example_is_no_heading() -> None:
    assert "or image" not in names()
    assert not docs("or image").stdout.startswith("# or image")


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


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("exit-st", {"exit-status"}, id="a page"),
        pytest.param("image-of", {"image-of-this-commit"}, id="a how-to page"),
        pytest.param("how-to/im", {"how-to/image-of-this-commit"}, id="with its folder"),
        pytest.param("fargate-mem", {"fargate-memory"}, id="a rule"),
        pytest.param("FARGATE-MEM", {"fargate-memory"}, id="in capitals"),
        pytest.param("zzz", set(), id="nothing"),
    ],
)
def test_topics_are_completed(typed: str, expected: set[str]) -> None:
    (argument,) = [each for each in command.params if each.name == "topic"]

    offered = argument.type.shell_complete(click.Context(command), argument, typed)

    assert {each.value for each in offered} == expected


def test_pages_have_titles() -> None:
    assert all(each.title and each.text for each in pages())
