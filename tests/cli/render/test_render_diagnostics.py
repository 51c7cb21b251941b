"""How diagnostics look: as text, as JSON, and as GitHub's annotations."""

import json
from pathlib import Path

import click
import pytest

from ecsplan.source.read import read_manifest
from ecsplan.terms.diagnostic import Diagnostic, Location, error, warning
from ecsplan_cli.render.diagnostics import render_github, render_json, render_text

MEMORY = error(
    "fargate-memory",
    Location("manifests/etl.yaml", 7, 9, 4, "/memory", "memory: 3072"),
    "3 GB is not a valid memory size for 0.25 vCPU on Fargate",
    help="with cpu 256, choose 512, 1024 or 2048 MiB",
)
UNPLACED = warning("unused", Location("<stdin>", 1, 1), "nothing uses it")


def at(excerpt: str, column: int, width: int, skipped: int = 0) -> Diagnostic:
    return error("rule", Location("m.yaml", 12, column, width, "", excerpt, skipped), "wrong")


def test_text_is_the_contracts() -> None:
    assert render_text([MEMORY, UNPLACED]) == (
        "manifests/etl.yaml:7:9: error[fargate-memory]: "
        "3 GB is not a valid memory size for 0.25 vCPU on Fargate\n"
        "  7 | memory: 3072\n"
        "    |         ^^^^\n"
        "  help: with cpu 256, choose 512, 1024 or 2048 MiB\n"
        "<stdin>:1:1: warning[unused]: nothing uses it\n"
    )


def test_nothing_wrong_is_no_text() -> None:
    assert (render_text([]), render_json([]), render_github([])) == ("", "[]\n", "")


@pytest.mark.parametrize(
    ("diagnostic", "shown"),
    [
        pytest.param(at("\tkey: 1", 2, 3), ["    key: 1", "    ^^^"], id="a tab is four columns"),
        pytest.param(at("ab\tkey", 4, 3), ["ab  key", "    ^^^"], id="a tab ends at a tab stop"),
        pytest.param(at("名: 値 x", 4, 1), ["名: 値 x", "    ^^"], id="wide characters take two columns"),
        pytest.param(at("e\u0301: x", 5, 1), ["e\u0301: x", "   ^"], id="a combining accent takes none"),
        pytest.param(
            at("a: \x1b[2Jx", 8, 1),
            [r"a: \x1b[2Jx", "          ^"],
            id="a terminal escape is spelled out",
        ),
        pytest.param(
            at("a: \u202ex", 4, 2),
            [r"a: \u202ex", "   ^^^^^^^"],
            id="so is what turns the writing direction",
        ),
        pytest.param(at("a: 1", 5, 1), ["a: 1", "    ^"], id="behind the last character"),
        pytest.param(at("…bcd: 12…", 206, 2, skipped=200), ["…bcd: 12…", "     ^^"], id="a part of a line"),
    ],
)
def test_carets_stand_below_the_place(diagnostic: Diagnostic, shown: list[str]) -> None:
    _, excerpt, carets = render_text([diagnostic]).splitlines()

    assert [excerpt, carets] == [f"  12 | {shown[0]}", f"     | {shown[1]}"]


def test_a_manifest_writes_no_terminal_escapes() -> None:
    found = read_manifest('"a\\eb\\nc": &x *y\n"a\\eb\\nc": 1\n', file="m\x1b[31m\n.yaml").diagnostics

    text = render_text(found)

    assert found
    assert not [each for each in text if not each.isprintable() and each != "\n"]
    assert all(line.startswith(("m\\x1b[31m\\n.yaml:", "  ")) for line in text.splitlines())


def test_help_of_several_lines_is_indented() -> None:
    text = render_text([error("rule", Location("m.yaml", 1, 1), "wrong", help="one\ntwo")])

    assert text == "m.yaml:1:1: error[rule]: wrong\n  help: one\n        two\n"


def test_colour_only_adds_colour() -> None:
    coloured = render_text([MEMORY, UNPLACED], colour=True)

    assert coloured != render_text([MEMORY, UNPLACED])
    assert click.unstyle(coloured) == render_text([MEMORY, UNPLACED])


def test_json_has_the_contracts_members() -> None:
    text = render_json([MEMORY])

    assert json.loads(text) == [
        {
            "path": "manifests/etl.yaml",
            "line": 7,
            "column": 9,
            "severity": "error",
            "rule": "fargate-memory",
            "pointer": "/memory",
            "message": "3 GB is not a valid memory size for 0.25 vCPU on Fargate",
            "help": "with cpu 256, choose 512, 1024 or 2048 MiB",
        }
    ]
    assert text.endswith("]\n")


def test_json_of_a_file_whose_name_is_no_text() -> None:
    text = render_json([error("rule", Location("caf\udce9", 1, 1), "größer")])

    assert "größer" in text
    assert json.loads(text.encode("utf-8"))[0]["path"] == "caf\udce9"


def test_github_annotation() -> None:
    odd = error("rule", Location("a,b:c%.yaml", 3, 2, 4), "100%\r\nsure", help="say ::stop")

    assert render_github([odd, UNPLACED]) == (
        "::error file=a%2Cb%3Ac%25.yaml,line=3,col=2,endColumn=5,title=ecsplan%3A rule"
        "::100%25%0D%0Asure%0Ahelp: say ::stop\n"
        "::warning file=<stdin>,line=1,col=1,endColumn=1,title=ecsplan%3A unused::nothing uses it\n"
    )


def repeated(path: str, line: int = 1, message: str = "wrong") -> Diagnostic:
    return error("rule", Location(path, line, 1), message)


def test_one_mistake_in_many_files_is_shown_once() -> None:
    found = [repeated(f"jobs/x{number}.yaml") for number in range(1, 451)]

    assert render_text(found, see_all="--all") == (
        "jobs/x1.yaml:1:1: error[rule]: wrong\n"
        "  the same in 449 more files (--all shows them): jobs/x2.yaml, jobs/x3.yaml, jobs/x4.yaml, …\n"
    )
    assert render_text(found).count("\n") == 450


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(
            [repeated("a"), repeated("b"), repeated("b", 2)],
            ["a:1:1: error[rule]: wrong", "  the same in 1 more file (--all shows them): b"],
            id="one more file",
        ),
        pytest.param(
            [repeated("a"), repeated("b", message="other"), repeated("c")],
            [
                "a:1:1: error[rule]: wrong",
                "  the same in 1 more file (--all shows them): c",
                "b:1:1: error[rule]: other",
            ],
            id="another message between",
        ),
        pytest.param(
            [repeated("a"), repeated("a", 2), repeated("a", 3)],
            ["a:1:1: error[rule]: wrong", "a:2:1: error[rule]: wrong", "a:3:1: error[rule]: wrong"],
            id="a few in one file",
        ),
        pytest.param(
            [repeated("a", line) for line in range(1, 7)],
            [
                "a:1:1: error[rule]: wrong",
                "  the same at 5 more places in this file (--all shows them): 2:1, 3:1, 4:1, …",
            ],
            id="many in one file",
        ),
        pytest.param(
            [warning("rule", Location("a", 1, 1), "wrong"), repeated("b")],
            ["a:1:1: warning[rule]: wrong", "b:1:1: error[rule]: wrong"],
            id="another severity",
        ),
        pytest.param(
            [repeated("a"), repeated("b\u202e\n")],
            ["a:1:1: error[rule]: wrong", "  the same in 1 more file (--all shows them): b\\u202e\\n"],
            id="a name with control characters",
        ),
    ],
)
def test_equal_ones_are_shown_once(found: list[Diagnostic], expected: list[str]) -> None:
    assert render_text(found, see_all="--all").splitlines() == expected


def test_annotations_have_paths_in_the_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "repo" / "jobs").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "repo" / "jobs")

    def file(path: str) -> str:
        return render_github([repeated(path)], str(tmp_path / "repo")).partition(",")[0]

    assert file("etl.yaml") == "::error file=jobs/etl.yaml"
    assert file("../etl.yaml") == "::error file=etl.yaml"
    assert file(str(tmp_path / "repo" / "a.yaml")) == "::error file=a.yaml"
    assert file("../../other.yaml") == "::error file=../../other.yaml"
    assert file("<stdin>") == "::error file=<stdin>"
