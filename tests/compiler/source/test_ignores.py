"""Comments that silence warnings: where they count, what they silence, and what is said of useless ones."""

import textwrap

import pytest

from ecsplan.compile import compile_manifest
from ecsplan.plan.ignored import rule_names
from ecsplan.source.ignores import ignores_in
from ecsplan.terms.diagnostic import Diagnostic
from ecsplan.terms.observed import Observed
from ecsplan.yaml.text import SourceText
from ecsplan_cli.input_rules import INPUT_RULES

SECRET = "DB_PASSWORD: correct-horse-battery"
IGNORE = "# ecsplan: ignore[env-secret]"


def found(text: str, observed: Observed | None = None) -> tuple[Diagnostic, ...]:
    return compile_manifest(textwrap.dedent(text), file="job.yaml", observed=observed).diagnostics


def in_short(diagnostics: tuple[Diagnostic, ...]) -> list[tuple[int, str, str]]:
    return [(each.line, each.severity, each.rule) for each in diagnostics]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"image: alpine\nenv:\n  {SECRET} {IGNORE}\n", id="after a value"),
        pytest.param(f"image: alpine\nenv:\n  {SECRET} #ecsplan:ignore[env-secret]\n", id="without blanks"),
        pytest.param(f"image: alpine\nenv: {{{SECRET}}} {IGNORE}\n", id="after a flow mapping"),
        pytest.param(
            f"image: alpine\nenv: {{A: b,\n  {SECRET}, {IGNORE}\n  C: d}}\n", id="within a flow mapping"
        ),
        pytest.param(
            f'image: alpine\nenv:\n  DB_PASSWORD: "a # b-c1d2e3" {IGNORE}\n', id="after a # in quotes"
        ),
        pytest.param(
            f"image: alpine\nenv:\n  DB_PASSWORD: 'it''s # x9' {IGNORE}\n", id="after an escaped quote"
        ),
        pytest.param(
            f"image: alpine\nenv:\n  DB_PASSWORD: |- {IGNORE}\n    correct-horse\n", id="at a block scalar"
        ),
        pytest.param(f"image: alpine\nenv:\n  DB_PASSWORD: !!str correct-horse {IGNORE}\n", id="after a tag"),
        pytest.param(f"image: alpine\nenv:\n  {SECRET} # why not {IGNORE}\n", id="after another comment"),
        pytest.param(f"image: alpine\r\nenv:\r\n  {SECRET} {IGNORE}\r\n", id="with Windows line ends"),
        pytest.param(f"image: alpine\nenv:\n  {SECRET}\t{IGNORE}\n", id="after a tab"),
        pytest.param(
            f"image: alpine\n---\nname: b\nimage: alpine\nenv: {{{SECRET}}} {IGNORE}\n", id="second document"
        ),
        pytest.param(
            f"defaults:\n  env: {{{SECRET}}} {IGNORE}\njobs:\n  a: {{image: a}}\n  b: {{image: a}}\n",
            id="in the defaults of several jobs",
        ),
        pytest.param(
            f"defaults:\n  image: a\n  labels: &base\n    {SECRET} {IGNORE}\njobs:\n  a: {{env: *base}}\n",
            id="through an anchor, where the value stands",
        ),
        pytest.param(
            f"jobs:\n  a:\n    image: alpine\n    env: &base\n      {SECRET} {IGNORE}\n"
            "  b:\n    image: alpine\n    env: {<<: *base, STAGE: prod}\n",
            id="through a merge key, where the value stands",
        ),
        pytest.param(
            "image: alpine\nvpc_id: vpc-0a1b # ecsplan: ignore[vpc-unused]\n"
            "network_configuration: {subnets: [subnet-0a1b]}\n",
            id="at a key",
        ),
        pytest.param(
            "image: alpine\ntask_definition:\n  containerDefinitions:\n    - name: main\n      ulimits:\n"
            "        - name: nofile\n          softLimit: 1\n          hardLimit: 1\n      environment:\n"
            "        - {name: A=B, value: x} # ecsplan: ignore[env-name]\n",
            id="deep in an AWS document",
        ),
        pytest.param(
            "image: a\nenv: {DB_PASSWORD: correct-horse, A: b} # ecsplan: ignore[env-secret, env-secret]\n",
            id="named twice",
        ),
    ],
)
def test_a_comment_silences_a_warning_on_its_line(text: str) -> None:
    assert found(text) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            f'image: alpine\nenv:\n  DB_PASSWORD: "correct {IGNORE}"\n',
            [(3, "warning", "env-secret")],
            id="in double quotes",
        ),
        pytest.param(
            f"image: alpine\nenv:\n  DB_PASSWORD: 'correct {IGNORE}'\n",
            [(3, "warning", "env-secret")],
            id="in single quotes",
        ),
        pytest.param(
            f'image: alpine\nenv:\n  DB_PASSWORD: "correct\n    horse {IGNORE}"\n',
            [(3, "warning", "env-secret")],
            id="on the second line in quotes",
        ),
        pytest.param(
            f"image: alpine\nenv:\n  DB_PASSWORD: |\n    correct {IGNORE}\n",
            [(3, "warning", "env-secret")],
            id="in a block scalar",
        ),
        pytest.param(
            "image: alpine\nenv:\n  DB_PASSWORD: correct#ecsplan:ignore[env-secret]\n",
            [(3, "warning", "env-secret")],
            id="in a plain scalar",
        ),
        pytest.param(
            f'{{image: alpine, labels: {{"A {IGNORE}": x}}, env: {{{SECRET}}}}}\n',
            [(1, "warning", "env-secret")],
            id="in a key",
        ),
        pytest.param(
            f'image: alpine\nenv: {{<<: {{A: "x {IGNORE}"}}, A: y, {SECRET}}}\n',
            [(2, "warning", "env-secret")],
            id="in a value that another one hides",
        ),
        pytest.param(
            f"image: alpine\n{IGNORE}\nenv:\n  {SECRET}\n",
            [(2, "warning", "unused-ignore"), (4, "warning", "env-secret")],
            id="on another line",
        ),
        pytest.param(
            f"image: alpine\nenv:\n  {SECRET} # ecsplan: ignore[command-shell]\n",
            [(3, "warning", "env-secret"), (3, "warning", "unused-ignore")],
            id="of another rule",
        ),
        pytest.param(
            f"image: alpine\nenv:\n  {SECRET} # see ecsplan: ignore[env-secret]\n",
            [(3, "warning", "env-secret")],
            id="in a sentence",
        ),
    ],
)
def test_what_is_no_comment_silences_nothing(text: str, expected: list[tuple[int, str, str]]) -> None:
    assert in_short(found(text)) == expected


@pytest.mark.parametrize(
    ("comment", "expected", "message", "help_text"),
    [
        pytest.param(
            "ignore[evn-secret]", "unknown-ignore", "there is no rule 'evn-secret'",
            "did you mean env-secret?", id="a slip",
        ),
        pytest.param(
            "ignore[zzzzzz]", "unknown-ignore", "there is no rule 'zzzzzz'", "docs/rules.md lists the rules",
            id="like no rule",
        ),
        pytest.param(
            "ignore", "unknown-ignore", "this comment names no rule to ignore",
            "name the rules: `# ecsplan: ignore[env-secret, command-shell]`", id="no brackets",
        ),
        pytest.param(
            "ignore[]", "unknown-ignore", "this comment names no rule to ignore",
            "name the rules: `# ecsplan: ignore[env-secret, command-shell]`", id="empty brackets",
        ),
        pytest.param(
            "ignore[env-secret", "unknown-ignore", "this comment names no rule to ignore",
            "name the rules: `# ecsplan: ignore[env-secret, command-shell]`", id="an open bracket",
        ),
        pytest.param(
            "ignore[env-secret]", "unused-ignore", "env-secret reports nothing on this line",
            "remove it, or put the comment on the line that the diagnostic names", id="nothing to silence",
        ),
    ],
)  # fmt: skip
def test_a_useless_comment_is_reported(comment: str, expected: str, message: str, help_text: str) -> None:
    (each,) = found(f"image: alpine\ncpu: 256 # ecsplan: {comment}\nmemory: 512\n")

    assert (each.severity, each.rule, each.line) == ("warning", expected, 2)
    assert (each.message, each.help) == (message, help_text)


def test_each_unknown_name_has_a_place_of_its_own() -> None:
    text = "image: alpine # ecsplan: ignore[one-rule, env-secret,other-rule]\n"

    assert [(each.rule, each.column) for each in found(text)] == [
        ("unknown-ignore", 33),
        ("unused-ignore", 43),
        ("unknown-ignore", 54),
    ]


def test_an_error_is_not_ignored_and_the_comment_says_so() -> None:
    error, remark = found("image: alpine\ncpu: 300 # ecsplan: ignore[fargate-cpu]\n")

    assert (error.severity, error.rule) == ("error", "fargate-cpu")
    assert (remark.severity, remark.rule) == ("warning", "unused-ignore")
    assert remark.message == "fargate-cpu is an error here, and only warnings can be ignored"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("image: [alpine\ncommand: a # ecsplan: ignore[command-shell]\n", id="not YAML"),
        pytest.param(
            "image: alpine\ncomand: x\ncommand: [a] # ecsplan: ignore[command-shell]\n", id="refused"
        ),
    ],
)
def test_nothing_is_called_unused_where_errors_keep_rules_from_running(text: str) -> None:
    assert "unused-ignore" not in {each.rule for each in found(text)}


def test_the_remarks_can_be_ignored_too() -> None:
    assert (
        found("image: alpine # ecsplan: ignore[env-secret, unused-ignore, no-rule, unknown-ignore]\n") == ()
    )


def test_offline_nothing_is_said_of_rules_that_wait_for_aws() -> None:
    text = "image: alpine\nvpc_id: vpc-0a1b # ecsplan: ignore[subnets-left-out]\n"

    assert found(text) == ()


def test_offline_nothing_is_said_where_a_linked_definition_was_not_seen() -> None:
    text = "task_definition_arn: hello:3 # ecsplan: ignore[firelens-unused]\n"

    assert found(text) == ()


def test_many_comments_are_found_in_a_time_that_grows_with_the_text() -> None:
    lines = "".join(f"  V{each}: x # ecsplan: ignore[env-secret]\n" for each in range(3000))

    assert len(found(f"image: alpine\nenv:\n{lines}")) >= 1000


def test_a_text_without_comments_is_not_looked_at() -> None:
    assert ignores_in(SourceText("job.yaml", "image: alpine\n")) == ()


def test_the_rules_of_inputs_are_known() -> None:
    assert set(INPUT_RULES) < rule_names()
