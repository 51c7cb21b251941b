"""Words and commands of shell scripts: as `shlex` and the system's own shell read them."""

import shlex
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsplan_convert.shell.commands import commands_of
from ecsplan_convert.shell.syntax import Command, Opaque, Output, Parameter, Text
from ecsplan_convert.source import ConversionError

SHELLS = [each for each in ("sh", "bash", "dash") if shutil.which(each)]


def plain(text: str) -> list[list[str | None]]:
    """Return the words of each command of a script."""
    return [[word.plain for word in command.words] for command in commands_of(text)]


PRINTED = {
    "blanks": "show a   b\tc",
    "single quotes": "show 'a b' 'c\"d' '$A'",
    "double quotes": r'''show "a b" "c'd" "\"e\"" "\\f" "\g"''',
    "backslashes": r"show a\ b \"c\" \\ d\'e",
    "quotes within a word": "show a'b c'd\"e f\"g",
    "an empty word": "show '' \"\" a''",
    "a continued line": "show a \\\n  b",
    "a word continued": "show ab\\\ncd",
    "quotes continued": "show \"a\\\nb\" 'c\\\nd'",
    "a newline in quotes": "show 'a\nb' \"c\nd\"",
    "a comment": "show a # b 'c\nshow d#e # f",
    "several commands": "show a; show b && show c",
    "braces and brackets": "show '{a=[b,c]}' [a] x=[b]",
    "a here-document": 'show a <<EOF\nit\'s "b"\nEOF\nshow c',
    "a here-document without tabs": "show a <<-'EOF'\n\tit's $x\n\tEOF\nshow c",
    "redirections": "show a 2>/dev/null; show b >&2 2>&1",
    "an assignment before": "A='b c' show d",
    "a function": 'f() { show "in f"; }\nshow a; f',
    "a condition": "if [ a = a ]; then show b; fi",
    "a case": "case a in\n (a|b) show c ;;\n *) : ;;\nesac; show d",
    "a dollar sign": "show a$ '$' \"$\" $.",
    "a subshell": "(show a); { show b; }",
}


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("script", PRINTED.values(), ids=PRINTED)
def test_words_are_those_of_a_real_shell(script: str, shell: str) -> None:
    # Sets, since a function's body is read where it is written, and run where it is called.
    define = "show() { printf '<%s>' \"$@\"; printf '|'; }\n"
    run = subprocess.run(
        [shell], input=define + script, capture_output=True, text=True, check=True, timeout=60
    )
    printed = run.stdout + run.stderr

    shown = [words[1:] for words in plain(script) if words and words[0] == "show"]

    assert {"".join(f"<{each}>" for each in words) for words in shown} == {*printed.split("|")[:-1]}


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"))))
def test_quoted_words_are_read_back(words: list[str]) -> None:
    line = shlex.join(["run", *words])

    assert plain(line) == [["run", *words]]


@given(st.text("ab =\"'\\,.:{}[]/@%+", max_size=30))
def test_words_are_those_of_shlex(text: str) -> None:
    try:
        expected = shlex.split(f"run {text}")
    except ValueError:
        with pytest.raises(ConversionError):
            # A backslash at the very end is kept by shells.
            commands_of(f"run {text}" if not text.endswith("\\") else "'")
        return

    assert plain(f"run {text}") == [expected]


@given(st.text("ab \n\t\"'\\$`(){};&|<>#=!?*[]-:1@EOFifthendocasesc", max_size=60))
def test_no_text_makes_the_scanner_fail(text: str) -> None:
    line: int | None = 1
    try:
        commands_of(text)
    except ConversionError as error:
        line = error.line

    assert line is not None
    assert 1 <= line <= text.count("\n") + 1


def parts(script: str) -> list[object]:
    """Return the parts of the second word, without empty texts."""
    return [each for each in commands_of(script)[0].words[1].parts if each != Text("", quoted=True)]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        pytest.param("$A", [Parameter("A")], id="a parameter"),
        pytest.param("${A}b", [Parameter("A"), Text("b")], id="in braces"),
        pytest.param('"$A-x"', [Parameter("A", True), Text("-x", True)], id="in double quotes"),
        pytest.param("'$A'", [Text("$A", True)], id="in single quotes"),
        pytest.param(r"\$A", [Text("$", True), Text("A")], id="protected"),
        pytest.param("${A:?say it}", [Parameter("A")], id="required"),
        pytest.param("$1", [Parameter("1")], id="an argument"),
        pytest.param("${A##*/}", [Opaque("${A##*/}")], id="another expansion"),
        pytest.param("${#A}", [Opaque("${#A}")], id="a length"),
        pytest.param("$((1 + (2)))", [Opaque("$((…))")], id="arithmetic"),
        pytest.param("<(ls a)", [Opaque("<(…)")], id="a process substitution"),
        pytest.param("$'a\\nb\\''", [Text("a\nb'", True)], id="escapes"),
        pytest.param('"${A[@]}"', [Parameter("A", True, every_item=True)], id="an array"),
    ],
)
def test_expansions(word: str, expected: list[object]) -> None:
    assert parts(f"run {word} end") == expected


@pytest.mark.parametrize(
    ("word", "default"),
    [
        ("${A:-b}", "b"),
        ("${A-b c}", "b c"),
        ('"${A:-b c}"', "b c"),
        ("${A:='b}'}", "b}"),
        ('"${A:-"b"}"', "b"),
        ("${A:-}", ""),
        (r"${A:-\}}", "}"),
    ],
)
def test_defaults(word: str, default: str) -> None:
    (found,) = parts(f"run {word} end")

    assert isinstance(found, Parameter)
    assert found.default is not None
    assert found.default.plain == default


@pytest.mark.parametrize(
    "word",
    [
        "$(aws ecs run-task | jq -r .x)",
        '"$(aws ecs run-task | jq -r .x)"',
        "`aws ecs run-task | jq -r .x`",
        "$( (cd a; aws ecs run-task) | jq -r .x)",
        "$(case a in a) aws ecs run-task;; esac | jq -r .x)",
    ],
)
def test_commands_within_words(word: str) -> None:
    (found,) = parts(f"run {word} end")

    assert isinstance(found, Output)
    assert [each.plain for each in found.commands[-1].words] == ["jq", "-r", ".x"]
    assert ["aws", "ecs", "run-task"] in [[each.plain for each in one.words] for one in found.commands]


@pytest.mark.parametrize(
    ("script", "within"),
    [
        pytest.param("run a", (), id="alone"),
        pytest.param("if a; then run a; fi", ("if",), id="a condition"),
        pytest.param("if a; then b; fi; run a", (), id="after a condition"),
        pytest.param("for x in a b; do run a; done", ("loop",), id="a loop"),
        pytest.param("while a\ndo\nrun a\ndone", ("loop",), id="a loop on lines"),
        pytest.param("case $x in\na|b) run a;;\nesac", ("case",), id="a case"),
        pytest.param("f() {\n if a; then run a; fi\n}", ("function f", "if"), id="a function"),
        pytest.param("function f {\n run a\n}", ("function f",), id="a function of bash"),
        pytest.param("{ run a; }", (), id="a group"),
        pytest.param("[ -n $x ] && run a", ("if",), id="after a test"),
        pytest.param("test -n $x ||\n run a", ("if",), id="after a test on another line"),
        pytest.param("[ -n $x ] && b; run a", (), id="after the command of a test"),
        pytest.param("cd x && run a", (), id="after a command"),
        pytest.param("[[ -n $x && $y == (a|b) ]] && run a", ("if",), id="after a test of bash"),
    ],
)
def test_what_is_around_a_command(script: str, within: tuple[str, ...]) -> None:
    (run,) = [each for each in commands_of(script) if [word.plain for word in each.words] == ["run", "a"]]

    assert run.within == within


@pytest.mark.parametrize(
    ("script", "line", "what"),
    [
        pytest.param("a\nb 'c\nd", 2, "a single quote", id="single quote"),
        pytest.param('a\n\nb "c\nd', 3, "a double quote", id="double quote"),
        pytest.param("a $(b\nc", 1, "a command substitution", id="substitution"),
        pytest.param("a\nb `c", 2, "a backquote", id="backquote"),
        pytest.param("a ${b", 1, "an expansion", id="braces"),
        pytest.param("A=(b\n", 1, "an array", id="array"),
    ],
)
def test_what_is_never_closed(script: str, line: int, what: str) -> None:
    with pytest.raises(ConversionError) as caught:
        commands_of(script)

    assert caught.value.line == line
    assert what in str(caught.value)


def test_expansions_are_not_followed_without_end() -> None:
    with pytest.raises(ConversionError, match="too deeply"):
        commands_of("a " + "$(b " * 500 + ")" * 500)


def test_lines_and_documents() -> None:
    found = commands_of("a \\\n  b\ncat > f <<EOF\n$X\nEOF\nc\n")

    assert [each.line for each in found] == [1, 3, 6]
    assert isinstance(found[1], Command)
    assert found[1].target is not None
    assert found[1].target.plain == "f"
    assert found[1].document is not None
    assert found[1].document.parts == (Parameter("X", True), Text("\n", True))


@pytest.mark.parametrize("text", ["(" * 50_000, "if " * 50_000, "{ " * 50_000, "a " * 300_000])
def test_scripts_that_nobody_writes_are_refused(text: str) -> None:
    with pytest.raises(ConversionError, match=r"nested too deeply|has more than 500,000 characters"):
        commands_of(text)
