"""Long pages on a terminal: laid out at its width, and shown with the pager that its user has chosen."""

import os
import re
import sys
from pathlib import Path

import pytest
from processes import start
from terminals import Shown, on_terminal

from ecsplan_cli.page_layout import for_terminal
from ecsplan_cli.pages import Page, named_sections, page, pages

LONG = "guarantees"
PAGED = "paged: "


def program(folder: Path, script: str) -> str:
    """Return the command line of a pager that runs a script of Python."""
    path = folder / "my pager.py"
    path.write_text(script, "utf-8")
    return f"'{sys.executable}' '{path}'"


@pytest.fixture
def marking(tmp_path: Path) -> str:
    """Return a pager that begins each line with what says so."""
    return program(
        tmp_path, f"import sys\nfor line in sys.stdin.buffer: sys.stdout.buffer.write(b'{PAGED}' + line)\n"
    )


def shown(topic: str, *options: str, **environment: str) -> Shown:
    """Return what a terminal of 24 lines shows for a topic."""
    kept = {name: value for name, value in os.environ.items() if name not in {"PAGER", "NO_COLOR", "COLUMNS"}}
    env = {**kept, "TERM": "xterm-256color", **environment}
    return on_terminal(start, "docs", topic, *options, columns=80, env=env)


@pytest.mark.parametrize(
    ("topic", "options", "is_paged"),
    [
        pytest.param(LONG, [], True, id="a long page"),
        pytest.param(LONG, ["--no-pager"], False, id="a long page at once"),
        pytest.param("version", [], False, id="a short one"),
        pytest.param("image", [], False, id="a short section"),
    ],
)
def test_what_does_not_fit_the_screen_goes_through_the_pager(
    marking: str, topic: str, options: list[str], is_paged: bool
) -> None:
    done = shown(topic, *options, PAGER=marking)

    assert done.status == 0
    assert done.output.startswith(PAGED) == is_paged
    assert "\x1b[" in done.output


@pytest.mark.parametrize(
    "pager",
    [
        pytest.param("", id="empty"),
        pytest.param("cat", id="cat"),
        pytest.param("no-such-pager --option", id="not installed"),
        pytest.param("less 'of", id="a quotation that is not closed"),
    ],
)
def test_without_a_pager_the_page_is_printed(pager: str) -> None:
    done = shown(LONG, PAGER=pager)

    assert done.status == 0
    assert "At most one new revision" in done.output


def test_a_pager_that_is_left_early_is_no_error(tmp_path: Path) -> None:
    done = shown(LONG, PAGER=program(tmp_path, "import sys\nprint('left after', sys.stdin.read(1) != '')\n"))

    assert (done.status, done.output) == (0, "left after True\r\n")


def test_an_interrupt_is_for_the_pager(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys\nsys.stdin.read()\nos.kill(os.getppid(), signal.SIGINT)\nprint('goes on')\n"
    )

    done = shown(LONG, PAGER=program(tmp_path, script))

    assert (done.status, done.output) == (0, "goes on\r\n")


@pytest.mark.parametrize("shown_page", [pytest.param(each, id=each.topic) for each in pages()])
def test_the_commands_that_take_the_place_of_links_find_their_pages(shown_page: Page) -> None:
    named = re.findall(r"`ecsplan docs ([^`\s]+)`", for_terminal(shown_page.text, 80))

    assert [each for each in named if page(each) is None and not named_sections(each)] == []


def test_no_line_is_wider_than_the_terminal() -> None:
    for topic in ("failures", "commands", "coming-from/prefect"):
        lines = re.sub(r"\x1b\[[0-9;]*m", "", shown(topic, "--no-pager").output).splitlines()

        assert max(map(len, lines)) <= 80
        assert not [
            line for line in lines if re.search(r"\w…\s", line) and "`" not in line and "PREFECT_" not in line
        ]


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        pytest.param("See [diff.md](diff.md).", 80, "See `ecsplan docs diff`.", id="a page by its file"),
        pytest.param(
            "[plans](../plan.md#read-it) are kept",
            80,
            "plans (`ecsplan docs plan#read-it`) are kept",
            id="a section by its words",
        ),
        pytest.param(
            "See [how long\njobs take](durations.md).",
            80,
            "See how long\njobs take (`ecsplan docs durations`).",
            id="a link over two lines",
        ),
        pytest.param("[a\n\nb](c.md)", 80, "[a\n\nb](c.md)", id="no link over two paragraphs"),
        pytest.param("[all](../how-to.md)", 80, "all (`ecsplan docs how-to`)", id="a list of pages"),
        pytest.param("[name](#name), [image](#image)", 80, "name, image", id="within the page"),
        pytest.param("[examples](../manifests)", 80, "examples", id="a folder of the repository"),
        pytest.param("[AWS](https://aws.amazon.com/)", 80, "[AWS](https://aws.amazon.com/)", id="elsewhere"),
        pytest.param(
            '```yaml title="job.yaml"\nimage: "[a](b.md)"\n```',
            80,
            '*job.yaml*\n\n```yaml title="job.yaml"\nimage: "[a](b.md)"\n```',
            id="a file",
        ),
        pytest.param("```sh\n| not | a |\n```", 10, "```sh\n| not | a |\n```", id="bars in a block"),
        pytest.param(
            "| a | b |\n| --- | --- |\n| 1 | 2 |", 80, "| a | b |\n| --- | --- |\n| 1 | 2 |", id="fits"
        ),
        pytest.param(
            "| a | b |\n| --- | --- |\n| 1 | two words |",
            12,
            "| a | b |\n| --- | --- |\n| 1 | two words |",
            id="fits with wrapped cells",
        ),
        pytest.param(
            "| a | b |\n| --- | --- |\n| one | incomprehensible |\n| x | |",
            12,
            "**one**\n\n- *b:* incomprehensible\n\n**x**\n\n",
            id="a word is wider",
        ),
        pytest.param(
            "| a | b | | d |\n| --- | --- | --- | --- |\n| 1 | two words | 3 | a \\| b |",
            20,
            "**1**\n\n- *b:* two words\n- 3\n- *d:* a \\| b\n",
            id="many columns",
        ),
    ],
)
def test_a_page_is_laid_out_for_the_width(text: str, width: int, expected: str) -> None:
    assert for_terminal(text, width).rstrip("\n") == expected.rstrip("\n")
