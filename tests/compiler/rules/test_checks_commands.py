"""Rules about commands: what only a shell understands, and variables that nothing replaces."""

import json

import pytest
from rule_rows import FARGATE, found, spoiled

from ecsplan.compile import compile_manifest
from ecsplan.rules.commands import script_index

SHELL = [("command-shell?", "command")]
FIRST = [("command-shell?", "command/0")]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        pytest.param("python -m etl --day yesterday", [], id="plain"),
        pytest.param("NODE_ENV=dev node app.js", SHELL, id="an assignment"),
        pytest.param("  A=1 B=2 run", SHELL, id="assignments after a blank"),
        pytest.param("A=1 sh -c 'echo hi'", SHELL, id="an assignment before a shell"),
        pytest.param("run --set A=1", [], id="an assignment as an argument"),
        pytest.param("echo $HOME", SHELL, id="a variable"),
        pytest.param('echo "$HOME"', SHELL, id="a variable in double quotes"),
        pytest.param("echo '$HOME'", [], id="a variable in single quotes"),
        pytest.param(r"echo \$HOME", [], id="an escaped dollar"),
        pytest.param("echo 5$", [], id="a dollar"),
        pytest.param("echo $(date)", SHELL, id="a substitution"),
        pytest.param('echo "$(date)"', SHELL, id="a substitution in double quotes"),
        pytest.param("echo `date`", SHELL, id="backquotes"),
        pytest.param("ls *.csv", SHELL, id="a star"),
        pytest.param("ls '*.csv'", [], id="a quoted star"),
        pytest.param("ls file?.csv", SHELL, id="a question mark"),
        pytest.param("curl https://example.com/?day=1", [], id="a question mark in an address"),
        pytest.param("ls [ab].csv", SHELL, id="a range"),
        pytest.param("a | b", SHELL, id="a pipe"),
        pytest.param("a|b", SHELL, id="a pipe without blanks"),
        pytest.param("grep 'a|b' file", [], id="a quoted pipe"),
        pytest.param('grep "a|b" file', [], id="a pipe in double quotes"),
        pytest.param("a && b", SHELL, id="and"),
        pytest.param("a || b", SHELL, id="or"),
        pytest.param("a > b", SHELL, id="a redirection"),
        pytest.param("a 2>&1", SHELL, id="a redirection of errors"),
        pytest.param("pip install 'a>=1'", [], id="a quoted redirection"),
        pytest.param("a < b", SHELL, id="input"),
        pytest.param("a; b", SHELL, id="a semicolon"),
        pytest.param(r"find . -exec rm {} \;", [], id="an escaped semicolon"),
        pytest.param("sh -c 'a && b'", [], id="a shell"),
        pytest.param("/bin/bash -c 'a && b'", [], id="a shell by its path"),
        pytest.param("bash -euxo pipefail -c 'a | b'", [], id="a shell with options"),
        pytest.param("bash --norc -o pipefail -lc 'a | b'", [], id="a shell with long options"),
        pytest.param("env A=1 timeout 10 sh -c 'a > b'", [], id="a shell behind wrappers"),
        pytest.param("busybox sh -c 'a | b'", [], id="a shell of busybox"),
        pytest.param("sh run.sh > log", SHELL, id="a shell without -c"),
        pytest.param("echo sh -c 'x' > log", SHELL, id="a shell as an argument"),
        pytest.param(["NODE_ENV=dev", "node"], FIRST, id="an assignment in a list"),
        pytest.param(["$RUN", "x"], FIRST, id="a variable in a list"),
        pytest.param(["a && b"], FIRST, id="and in the first word of a list"),
        pytest.param(["echo", "A=1", "$HOME", "*", "|", "&&", ">", "`x`"], [], id="arguments in a list"),
        pytest.param(["sh", "-c", "a && b"], [], id="a shell in a list"),
        pytest.param([], [], id="an empty list"),
    ],
)
def test_command_shell(command: object, expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(FARGATE, {"command": command})) == expected


@pytest.mark.parametrize(
    ("entry_point", "command", "expected"),
    [
        pytest.param(["sh", "-c"], "a && b", [], id="a shell"),
        pytest.param(["make"], ["A=1", "all"], [], id="a program that takes the first word"),
        pytest.param(["make"], "A=1 all", [], id="a program that takes a text"),
        pytest.param(["make"], "all > log", SHELL, id="a program and a redirection"),
        pytest.param(["sh"], "-c 'a > b'", [], id="a shell whose -c is in the command"),
    ],
)
def test_command_after_an_entry_point(
    entry_point: object, command: object, expected: list[tuple[str, str]]
) -> None:
    assert found(spoiled(FARGATE, {"command": command, "main/entryPoint": entry_point})) == expected


def test_the_message_shows_no_value_of_a_variable() -> None:
    text = "image: alpine:3\ncommand: DB_PASSWORD=hunter2hunter2 run\n"

    [wrong] = compile_manifest(text, file="job.yaml").diagnostics

    assert "hunter2" not in f"{wrong.message}{wrong.help}{wrong.location.excerpt}"


UNEXPANDED = "unexpanded-variable?"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"env/A": "${STAGE}-data"}, ["env/A"], id="a variable"),
        pytest.param({"env/A": "${STAGE:-dev}"}, ["env/A"], id="with a default"),
        pytest.param({"env/A": "$STAGE"}, [], id="without braces"),
        pytest.param({"env/A": "${}"}, [], id="empty braces"),
        pytest.param({"env/A": "${STAGE"}, [], id="open braces"),
        pytest.param({"labels/team": "${TEAM}"}, ["labels/team"], id="a label"),
        pytest.param(
            {"cloudwatch_logs_options": {"mode": "${M}"}}, ["cloudwatch_logs_options/mode"], id="logs"
        ),
        pytest.param({"cluster": "${X}"}, [], id="a value that is refused"),
        pytest.param({"command": ["echo", "${A}"]}, ["command/1"], id="an argument"),
        pytest.param({"command": "echo ${A}"}, ["command"], id="a text"),
        pytest.param({"command": ["sh", "-c", "echo ${A}"]}, [], id="a script"),
        pytest.param({"command": "sh -c 'echo ${A}'"}, [], id="a script in a text"),
        pytest.param({"command": ["sh", "-c", "echo ${A}", "${B}"]}, ["command/3"], id="after a script"),
        pytest.param({"command": "sh -c 'echo ${A}' ${B}"}, ["command"], id="after a script in a text"),
        pytest.param({"command": ["sh", "${B}"]}, ["command/1"], id="a shell without -c"),
        pytest.param(
            {"main/environment": [{"name": "A", "value": "${B}"}]},
            ["main/environment/0/value"],
            id="in a definition",
        ),
        pytest.param({"main/entryPoint": ["sh", "-c", "echo ${A}"]}, [], id="a script as entry point"),
        pytest.param(
            {"cache/entryPoint": ["sh", "-c"], "cache/command": ["echo ${A}"]}, [], id="of a sidecar"
        ),
        pytest.param({"cache/healthCheck/command": ["CMD-SHELL", "curl ${A}"]}, [], id="a health check"),
        pytest.param(
            {"cache/healthCheck/command": ["CMD", "sh", "-c", "curl ${A}"]}, [], id="a health check's shell"
        ),
        pytest.param(
            {"cache/healthCheck/command": ["CMD", "curl", "${A}"]},
            ["cache/healthCheck/command/2"],
            id="without one",
        ),
        pytest.param({"td/cpu": "${CPU}"}, [], id="a value that a key replaces"),
    ],
)
def test_unexpanded_variable(changes: dict[str, object], expected: list[str]) -> None:
    said = found(spoiled(FARGATE, changes))

    assert [where for rule, where in said if rule == UNEXPANDED] == expected


@pytest.mark.parametrize(
    ("text", "offers_a_shell"),
    [
        pytest.param("command: [echo, '${A}']", True, id="a command"),
        pytest.param("env: {A: '${B}'}", False, id="a variable"),
        pytest.param("labels: {command: '${B}'}", False, id="a label of that name"),
    ],
)
def test_a_shell_is_offered_where_it_could_run(text: str, offers_a_shell: bool) -> None:
    [wrong] = compile_manifest(f"image: alpine:3\n{text}\n", file="job.yaml").diagnostics

    assert wrong.rule == "unexpanded-variable"
    assert ("shell" in wrong.help) is offers_a_shell


def test_a_variable_in_a_patch_is_found_once_for_all_jobs() -> None:
    where = "/overrides/containerOverrides/0/environment/-"
    patch = [{"op": "add", "path": where, "value": {"name": "A", "value": "${B}"}}]
    text = {"defaults": {"image": "a", "task_customizations": patch}, "jobs": {"a": {}, "b": {}}}

    [wrong] = compile_manifest(json.dumps(text), file="job.yaml").diagnostics

    assert (wrong.rule, wrong.pointer) == ("unexpanded-variable", "/task_customizations/0/value/value")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), None),
        (("sh",), None),
        (("sh", "-c"), 2),
        (("sh", "-c", "x"), 2),
        (("bash", "-o", "pipefail", "-ec", "x"), 4),
        (("bash", "-c", "-e", "x"), 3),
        (("pwsh", "-Command", "x"), 2),
        (("cmd.exe", "/c", "dir"), 2),
        (("sh", "/run.sh"), None),
        (("python", "-c", "x"), None),
        (("echo", "sh", "-c", "x"), None),
        (("tini", "--", "sh", "-c", "x"), 4),
    ],
)
def test_script_index(words: tuple[str, ...], expected: int | None) -> None:
    assert script_index(words) == expected
