"""How a diff looks: changes as lines, and Markdown that nothing in a manifest can break."""

import html
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from ecsplan.decision.compare import Change
from ecsplan_cli.render.change_lines import MAX_LINES, change_lines
from ecsplan_cli.render.diff import render_text
from ecsplan_cli.render.diff_markdown import MAX_BYTES, render_markdown
from ecsplan_cli.render.review import JobReview, Run

RUN = Run(
    count=1,
    cluster=None,
    region="eu-west-1",
    account_id=None,
    launch="FARGATE",
    cpu="256",
    memory="512",
    subnets=("subnet-1", "subnet-2", "subnet-3", "subnet-4"),
    security_groups=("sg-1",),
    public_ip=False,
    container="main",
    image="alpine:4",
    command=("echo", "hello"),
    environment={},
    task_role_arn=None,
    execution_role_arn=None,
)
ARN = "arn:aws:ecs:eu-west-1:111122223333:task-definition/hello:7"
IMAGE = Change("replace", "/containerDefinitions/main/image", "alpine:3", "alpine:4")
CHANGED = JobReview(
    name="hello",
    path="hello.yaml",
    line=1,
    action="register",
    reason="changed",
    family="hello",
    arn=None,
    latest=ARN,
    linked=None,
    changes=(IMAGE,),
    request={"family": "hello"},
    run=RUN,
)
REUSED = replace(CHANGED, name="load", action="reuse", reason="unchanged", arn=ARN, changes=())


def lines(op: Any, before: Any, after: Any, *, split: bool = False) -> list[str]:
    change = Change(op, "/a", before, after)
    return [f"{each.sign} {each.text}" for each in change_lines(change, split=split)]


@pytest.mark.parametrize(
    ("op", "before", "after", "expected"),
    [
        pytest.param("add", None, "x", ['+ /a: "x"'], id="text added"),
        pytest.param("remove", 4, None, ["- /a: 4"], id="number removed"),
        pytest.param("replace", False, True, ["~ /a: false -> true"], id="flag replaced"),
        pytest.param("replace", "1", 1, ['~ /a: "1" -> 1'], id="type replaced"),
        pytest.param("replace", "***", "***", ['~ /a: "***" -> "***" (values are masked)'], id="masked"),
        pytest.param("replace", ["a"], ["a", "b"], ['~ /a: ["a"] -> ["a", "b"]'], id="short list replaced"),
        pytest.param("add", None, {}, ["+ /a: {}"], id="empty structure added"),
        pytest.param(
            "add",
            None,
            {"name": "log", "environment": [{"name": "A/B", "value": "1"}], "command": ["x", "y"]},
            ['+ /a/name: "log"', '+ /a/environment/A~1B: "1"', '+ /a/command: ["x", "y"]'],
            id="structure added, items by name",
        ),
        pytest.param(
            "remove",
            [{"key": "team", "value": "data"}, {"key": "stage", "value": "test"}],
            None,
            ['- /a/team: "data"', '- /a/stage: "test"'],
            id="tags removed, by key",
        ),
        pytest.param(
            "add",
            None,
            [{"name": "a"}, {"name": "a"}],
            ['+ /a: [{"name": "a"}, {"name": "a"}]'],
            id="same names",
        ),
        pytest.param(
            "replace",
            "set -e\nfirst\nsecond\nlast",
            "set -e\nfirst\nother\nlast",
            ["~ /a:", "      …", "      first", "-     second", "+     other", "      last"],
            id="lines of a text",
        ),
        pytest.param(
            "replace",
            ["sh", "-c", "one\ntwo" + 100 * "o"],
            ["sh", "-c", "one\n2"],
            ["~ /a:", "      …", "      one", f"-     two{73 * 'o'}… (103 characters)", "+     2"],
            id="lines within a list",
        ),
        pytest.param(
            "replace",
            "first\nsecond\nthird",
            "other\nsecond\nthird",
            ["~ /a:", "-     first", "+     other", "      second"],
            id="the first line of a text",
        ),
        pytest.param(
            "replace", "one", "two\nthree", ["~ /a:", "-     one", "+     two", "+     three"], id="all lines"
        ),
        pytest.param(
            "replace",
            "a\nb\nc\nd\ne\nf",
            "A\nb\nc\nd\ne\nF",
            ["~ /a:", "-     a", "+     A", "      b", "      …", "      e", "-     f", "+     F"],
            id="lines left out between two places",
        ),
        pytest.param(
            "replace",
            ["login", "--token", "***"],
            ["login", "--token", "***"],
            ['~ /a: ["login", "--token", "***"] (what differs in it is masked)'],
            id="masked within a list",
        ),
        pytest.param(
            "replace",
            "user: mill\npassword: ***\n",
            "user: mill\npassword: ***\n",
            [r'~ /a: "user: mill\npassword: ***\n" (what differs in it is masked)'],
            id="masked within a text of several lines",
        ),
        pytest.param(
            "replace",
            "one\ntwo",
            "one\ntwo\n",
            ["~ /a:", r'      "one\n"', '-     "two"', r'+     "two\n"'],
            id="the end of the last line",
        ),
        pytest.param(
            "replace",
            [100 * "o", "one\r\ntwo"],
            [100 * "o", "one\ntwo"],
            [
                "~ /a:",
                f'      "{75 * "o"}… (102 characters)',
                r'-     "one\r\ntwo"',
                r'+     "one\ntwo"',
            ],
            id="the end of a line within a list",
        ),
        pytest.param(
            "replace",
            f"first\n{200 * 'a'}OLD{200 * 'z'}",
            f"first\n{200 * 'a'}NEW{200 * 'z'}",
            ["~ /a:", "      first", f"-     …{24 * 'a'}OLD{24 * 'z'}…", f"+     …{24 * 'a'}NEW{24 * 'z'}…"],
            id="far along a long line",
        ),
        pytest.param("add", None, "one\ntwo\n", ["+ /a:", "+     one", "+     two"], id="lines added"),
        pytest.param(
            "replace", "a\x1b[2J", "\u202eb", [r'~ /a: "a\u001b[2J" -> "\u202eb"'], id="terminal codes"
        ),
    ],
)
def test_a_change_as_lines(op: str, before: object, after: object, expected: list[str]) -> None:
    assert lines(op, before, after) == expected


def test_old_and_new_on_a_line_each() -> None:
    assert lines("replace", "x", "y", split=True) == ['- /a: "x"', '+ /a: "y"']
    assert lines("replace", "***", "***", split=True) == ['- /a: "***"', '+ /a: "***" (values are masked)']


def test_long_values_are_cut_to_where_they_differ() -> None:
    before = 200 * "a" + "OLD" + 200 * "z"

    (line,) = lines("replace", before, before.replace("OLD", "NEW"))

    assert line == f"~ /a: …{24 * 'a'}OLD{24 * 'z'}… -> …{24 * 'a'}NEW{24 * 'z'}…"


def test_a_long_value_tells_its_length() -> None:
    assert lines("add", None, 5000 * "a") == [f'+ /a: "{75 * "a"}… (5,002 characters)']


def test_many_lines_are_cut() -> None:
    text = "\n".join(map(str, range(100)))

    found = lines("add", None, text)

    assert len(found) == MAX_LINES + 2
    assert found[-1] == "      … 60 more lines"


def test_what_differs_after_many_lines_is_shown() -> None:
    before = "".join(f"{n}\n" for n in range(3000))

    assert lines("replace", before, f"{before}end\n") == ["~ /a:", "      …", "      2999", "+     end"]
    assert lines("replace", f"{before}old\n", f"{before}new\n") == [
        "~ /a:",
        "      …",
        "      2999",
        "-     old",
        "+     new",
    ]


def test_text() -> None:
    assert render_text([CHANGED, REUSED], all_jobs=True) == (
        "~ hello: register a revision of hello: 1 change from hello:7\n"
        '    ~ /containerDefinitions/main/image: "alpine:3" -> "alpine:4"\n'
        "  run 1 task on the default cluster in eu-west-1: FARGATE, 0.25 vCPU, 512 MiB, "
        "4 subnets (subnet-1, subnet-2, subnet-3, subnet-4), security groups sg-1, no public IP\n"
        "    container: main\n"
        "    command: echo hello\n"
        "\n"
        "= load: reuse hello:7: the newest revision matches\n"
        "  run 1 task on the default cluster in eu-west-1: FARGATE, 0.25 vCPU, 512 MiB, "
        "4 subnets (subnet-1, subnet-2, subnet-3, subnet-4), security groups sg-1, no public IP\n"
        "    container: main\n"
        "    command: echo hello\n"
        "\n"
        "2 jobs: 1 to register, 1 to reuse.\n"
    )


def test_an_older_revision_that_is_reused_names_the_newest_one() -> None:
    (line, *_) = render_text([replace(REUSED, latest=f"{ARN[:-1]}9")]).splitlines()

    assert line == "= load: reuse hello:7: it matches, and the newest revision, hello:9, does not"


def test_the_counts_of_many_jobs() -> None:
    assert render_text(1200 * [CHANGED]).endswith("\n1,200 jobs: 1,200 to register, 0 to reuse.\n")


def test_markdown() -> None:
    jobs = [CHANGED, replace(REUSED, run=replace(RUN, count=3))]

    assert render_markdown(jobs, all_jobs=True).startswith(
        "**ecsplan diff**: 2 jobs: 1 to register, 1 to reuse.\n"
        "\n"
        "| | job | task definition | runs |\n"
        "|---|---|---|---|\n"
        "| **register** | `hello` | 1 change from `hello:7` | `FARGATE, 0.25 vCPU, 512 MiB` |\n"
        "| reuse | `load` | `hello:7` matches | 3 times `FARGATE, 0.25 vCPU, 512 MiB` |\n"
        "\n"
        "<details><summary><code>hello</code>: 1 change from <code>hello&#58;7</code></summary>\n"
        "\n"
        "```diff\n"
        '- /containerDefinitions/main/image: "alpine:3"\n'
        '+ /containerDefinitions/main/image: "alpine:4"\n'
        "\n"
        "  run 1 task on the default cluster in eu-west-1: "
    )


NASTY = "a|b `c` ``` ~~~ </details><script>&amp; @octocat #12 [x](http://e.example) \\| <!-- *d* _e_ \n\n# f"


def outside_of_code(text: str) -> str:
    """Return what GitHub would format: the text without fences, code spans and code elements."""
    text = re.sub(r"^(`{3,})diff\n.*?^\1\n", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]+`|<code>[^<]*</code>", "", text)


class Elements(HTMLParser):
    """The elements of a page, and whether each is closed in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self.open.append(tag)
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_nothing_in_a_manifest_breaks_the_markdown() -> None:
    nasty = Change("replace", f"/x/{NASTY}", NASTY.replace("\n", " "), f"````` {NASTY}")
    run = replace(RUN, launch=NASTY, cluster=NASTY, command=(NASTY,), environment={NASTY: NASTY})
    job = replace(
        CHANGED, name=NASTY, family=NASTY, latest=f"x/{NASTY}", linked=NASTY, changes=(nasty,), run=run
    )
    jobs = [job, replace(job, reason="first", request={"family": NASTY}), replace(REUSED, name=NASTY)]

    text = render_markdown(jobs, all_jobs=True)

    table = text.split("\n\n")[1].splitlines()
    assert [line.count("|") for line in table] == 5 * [5]
    outside = outside_of_code(text)
    for each in ("@", "octocat", "#", "script", "`", "~~~", "*d*", "_e_", "http", "!--"):
        assert each not in outside, each
    elements = Elements()
    elements.feed(outside)
    assert (elements.open, elements.seen) == ([], {"details", "summary"})
    assert html.unescape(table[2].split("|")[2]).startswith(" <code>a|b `c` ``` ~~~ </details><script>")


def test_a_fence_is_longer_than_any_in_it() -> None:
    change = Change("replace", "/a", "x\n```\ny", "x\n``````\ny")

    text = render_markdown([replace(CHANGED, changes=(change,))])

    assert text.count("```````") == 2


@pytest.mark.parametrize("wide", [False, True])
def test_markdown_fits_a_comment(wide: bool) -> None:
    letter = "\N{OLD PERSIAN SIGN A}" if wide else "x"
    changes = tuple(Change("add", f"/{letter}{number}", None, 99 * letter) for number in range(100))
    jobs = [replace(REUSED, name=f"same{number}") for number in range(600)]
    jobs[300:300] = [replace(CHANGED, name=f"{letter}{number}", changes=changes) for number in range(60)]

    text = render_markdown(jobs, all_jobs=True)

    assert len(text.encode()) <= MAX_BYTES
    assert len(text.encode()) > MAX_BYTES / 2
    assert text.startswith("**ecsplan diff**: 660 jobs: 60 to register, 600 to reuse.\n")
    assert "more jobs left out of the table; the text form shows all.\n" in text
    assert re.search(r"^Details of \d+ jobs left out; the text form shows all\.$", text, re.MULTILINE)
    assert "more lines; the text form shows them" in text
    assert "<code>same" not in text  # what registers goes first
    assert text.count("<details>") == text.count("</details>") > 0
    elements = Elements()
    elements.feed(outside_of_code(text))
    assert elements.open == []


def test_details_left_out_are_those_of_jobs_that_reuse() -> None:
    jobs = [replace(REUSED, name=f"same{number}") for number in range(300)]
    jobs.insert(250, CHANGED)

    text = render_markdown(jobs, all_jobs=True)

    sections = re.findall(r"<summary><code>(\w+)</code>", text)
    assert sections[-1] == "hello"
    assert f"Details of {301 - len(sections)} jobs left out; " in text
