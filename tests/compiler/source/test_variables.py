"""Variables of a manifest: declarations, values, references, and what their expansion gives."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecsplan.compile import Compiled, compile_jobs, compile_manifest, read_jobs, recompile, together
from ecsplan.plan.plan import read_plan, write_plan
from ecsplan.terms.observed import Observed
from ecsplan.variables.declarations import Declaration
from ecsplan.variables.values import Given, Values

MIB = 2**20


def compiled(text: str, **values: Any) -> Compiled:
    return compile_manifest(text, file="job.yaml", region="eu-west-1", variables=values)


def spec_of(text: str, **values: Any) -> Any:
    done = compiled(text, **values)
    assert done.plan is not None, done.diagnostics
    (job,) = done.plan.jobs
    return job.spec


def found_in(done: Compiled) -> list[tuple[str, int, int]]:
    return [(each.rule, each.line, each.column) for each in done.diagnostics]


def with_variables(declarations: str, body: str) -> str:
    return f"variables: {{{declarations}}}\nimage: alpine\n{body}\n"


@pytest.mark.parametrize(
    ("declarations", "body", "values", "key", "expected"),
    [
        pytest.param("t: {}", "family: a-${t}", {"t": "b"}, "family", "a-b", id="inside a string"),
        pytest.param("t: {}", "family: ${t}${t}", {"t": "b"}, "family", "bb", id="twice"),
        pytest.param("t: {default: x}", "family: ${t}", {}, "family", "x", id="the default"),
        pytest.param("t: {default: x}", "family: ${t}", {"t": "y"}, "family", "y", id="a value wins over it"),
        pytest.param("n: {type: integer, default: 4}", "count: ${n}", {}, "count", 4, id="an integer alone"),
        pytest.param(
            "n: {type: integer}", "count: ${n}", {"n": "0x10"}, "count", 16, id="text read as integer"
        ),
        pytest.param("n: {type: integer}", "count: ${n}", {"n": 3}, "count", 3, id="a typed value"),
        pytest.param(
            "b: {type: boolean}",
            "stream_output: ${b}",
            {"b": "False"},
            "stream_output",
            False,
            id="a boolean",
        ),
        pytest.param(
            "b: {type: boolean, default: true}",
            "family: x-${b}",
            {},
            "family",
            "x-true",
            id="true in a string",
        ),
        pytest.param(
            "n: {type: number, default: 1.50}",
            "env: {A: 'v${n}'}",
            {},
            "env",
            {"A": "v1.5"},
            id="a number in one",
        ),
        pytest.param(
            "n: {type: number}", "env: {A: '${n}'}", {"n": 2}, "env", {"A": "2"}, id="a number in env"
        ),
        pytest.param(
            "l: {type: list}",
            "command: ${l}",
            {"l": "[a, 'b c']"},
            "command",
            ["a", "b c"],
            id="a list alone",
        ),
        pytest.param(
            "c: {}",
            "command: run ${c} 'x ${c}'",
            {"c": "a b;$(c)"},
            "command",
            ["run", "a b;$(c)", "x a b;$(c)"],
            id="a value is never two words",
        ),
        pytest.param(
            "c: {}",
            'command: "${c} \\00\\0 \\ue0000\\ue000 \\ue0019\\ue001"',
            {"c": "\x000\x00"},
            "command",
            ["\x000\x00", "\x000\x00", "\ue0000\ue000", "\ue0019\ue001"],
            id="characters that could stand for a reference",
        ),
        pytest.param("c: {}", "command: ${c}", {"c": "a b"}, "command", ["a b"], id="nor is a whole command"),
        pytest.param(
            "c: {}", "command: ${c} x", {"c": "'\""}, "command", ["'\"", "x"], id="nor do quotes in it count"
        ),
        pytest.param(
            "",
            "command: [sh, -c, 'echo $${A} $B $(c) $$ $']",
            {},
            "command",
            ["sh", "-c", "echo ${A} $B $(c) $$ $"],
            id="other dollars stay",
        ),
        pytest.param(
            "t: {default: '1'}",
            "env: {A: 'a$$${t}'}",
            {},
            "env",
            {"A": "a$${t}"},
            id="an escape after a dollar",
        ),
        pytest.param("", "name: etl\nfamily: f-${job.name}", {}, "family", "f-etl", id="the job's name"),
        pytest.param("", "family: f-${job.name}", {}, "family", "f-job", id="the job's name is the file's"),
        pytest.param(
            "t: {}", "env: {A: '${t}'}", {"t": "${t}"}, "env", {"A": "${t}"}, id="expansion happens once"
        ),
        pytest.param("t: {}", "env: {A: '${t}'}", {"t": "null"}, "env", {"A": "null"}, id="looks like null"),
        pytest.param(
            "t: {}", "env: {A: '${t}'}", {"t": "[1, 2"}, "env", {"A": "[1, 2"}, id="looks like YAML"
        ),
        pytest.param(
            "t: {}", "env: {A: '${t}'}", {"t": "a\n\x07"}, "env", {"A": "a\n\x07"}, id="control characters"
        ),
        pytest.param("t: {}", "env: {A: '${t}'}", {"t": ""}, "env", {"A": ""}, id="an empty value"),
        pytest.param(
            "t: {default: &a x}", "env: {A: *a, B: '${t}'}", {}, "env", {"A": "x", "B": "x"}, id="an alias"
        ),
        pytest.param(
            "t: {}", "env: &e {A: '${t}'}\nlabels: *e", {"t": "x"}, "labels", {"A": "x"}, id="shared nodes"
        ),
        pytest.param(
            "t: {}",
            'task_customizations: \'[{"op": "add", "path": "/group", "value": "${t}"}]\'',
            {"t": 'a"\\b'},
            "task_customizations",
            [{"op": "add", "path": "/group", "value": 'a"\\b'}],
            id="escaped in JSON",
        ),
        pytest.param("m: {}", "memory: ${m}", {"m": "3 GB"}, "memory", 3072, id="a size is read like one"),
    ],
)
def test_a_reference_is_replaced(
    declarations: str, body: str, values: dict[str, Any], key: str, expected: object
) -> None:
    assert spec_of(with_variables(declarations, body), **values)[key] == expected


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        pytest.param("variables: {}\nfamily: ${t}\n", {}, [("variable-undeclared", 2, 9)], id="undeclared"),
        pytest.param("variables: {}\nfamily: a ${\n", {}, [("variable-reference", 2, 11)], id="unclosed"),
        pytest.param("variables: {}\nfamily: 'a ${}'\n", {}, [("variable-reference", 2, 12)], id="empty"),
        pytest.param(
            "variables: {}\nfamily: ${ job.name }\n", {}, [("variable-undeclared", 2, 9)], id="blanks"
        ),
        pytest.param(
            "variables: {}\nname: a${job.name}\n", {}, [("variable-undeclared", 2, 8)], id="own name"
        ),
        pytest.param("variables:\n  t:\nfamily: ${t}\n", {}, [("variable-missing", 2, 3)], id="missing"),
        pytest.param("variables:\n  t:\n", {}, [("variable-missing", 2, 3)], id="missing and unused, once"),
        pytest.param(
            "variables:\n  t:\n  u: {}\nfamily: ${t}${u}${v}\n",
            {"u": "", "w": ""},
            [("variable-undeclared", 1, 1), ("variable-missing", 2, 3), ("variable-undeclared", 4, 17)],
            id="all at once",
        ),
        pytest.param(
            "variables:\n  n: {type: integer}\ncount: ${n}\n",
            {"n": "four"},
            [("variable-value", 2, 3)],
            id="mistyped",
        ),
        pytest.param(
            "variables:\n  n: {type: integer}\ncount: ${n}\n",
            {"n": 4.0},
            [("variable-value", 2, 3)],
            id="a float",
        ),
        pytest.param(
            "variables:\n  n: {type: integer}\ncount: ${n}\n",
            {"n": True},
            [("variable-value", 2, 3)],
            id="a boolean",
        ),
        pytest.param(
            "variables:\n  b: {type: boolean}\nstream_output: ${b}\n",
            {"b": "yes"},
            [("variable-value", 2, 3)],
            id="yes is a string",
        ),
        pytest.param(
            "variables:\n  l: {type: list}\ncommand: ${l}\n",
            {"l": "a b"},
            [("variable-value", 2, 3)],
            id="no list",
        ),
        pytest.param(
            "variables:\n  l: {type: list}\ncommand: ${l}\n",
            {"l": "[a, [b]]"},
            [("variable-value", 2, 3)],
            id="a list in a list",
        ),
        pytest.param(
            "variables:\n  s: {enum: [dev, prod]}\nfamily: ${s}\n",
            {"s": "qa"},
            [("variable-value", 2, 3)],
            id="enum",
        ),
        pytest.param(
            "variables:\n  s: {pattern: '[a-z]+'}\nfamily: ${s}\n",
            {"s": "ab1"},
            [("variable-value", 2, 3)],
            id="the pattern matches the whole",
        ),
        pytest.param(
            "variables:\n  s: {pattern: '[a-z]+'}\nfamily: ${s}\n",
            {"s": "ab\n"},
            [("variable-value", 2, 3)],
            id="a newline at the end",
        ),
        pytest.param(
            "variables:\n  s: {default: 1}\nfamily: ${s}\n",
            {},
            [("variable-value", 2, 16)],
            id="default type",
        ),
        pytest.param(
            "variables:\n  s: {default: c, enum: [a, b]}\nfamily: ${s}\n",
            {},
            [("variable-value", 2, 16)],
            id="default enum",
        ),
        pytest.param(
            "variables:\n  s: {}\nfamily: ${s}\n",
            {"s": "a\ud800"},
            [("variable-value", 2, 3)],
            id="half a character",
        ),
        pytest.param(
            "variables:\n  s: {default: c, pattern: a}\nfamily: ${s}\n",
            {},
            [("variable-value", 2, 16)],
            id="default pattern",
        ),
        pytest.param(
            "variables:\n  a: {default: '${b}'}\n  b: {default: '${a}'}\nfamily: ${a}${b}\n",
            {},
            [("variable-default", 2, 16), ("variable-default", 3, 16)],
            id="defaults in a cycle",
        ),
        pytest.param(
            "variables:\n  s: {enum: []}\nfamily: ${s}\n",
            {"s": "x"},
            [("too-few", 2, 13)],
            id="an empty enum",
        ),
        pytest.param(
            "variables:\n  s: {typ: string}\nfamily: ${s}\n", {"s": "x"}, [("unknown-key", 2, 7)], id="a typo"
        ),
        pytest.param(
            "variables:\n  s: {defualt: }\nfamily: ${s}\n",
            {"s": "x"},
            [("unknown-key", 2, 7)],
            id="an empty typo",
        ),
        pytest.param(
            "variables:\n  s: {type: text}\nfamily: ${s}\n",
            {"s": "x"},
            [("not-allowed", 2, 13)],
            id="no such type",
        ),
        pytest.param("variables: [a]\n", {}, [("variable-declaration", 1, 1)], id="a list of them"),
        pytest.param(
            "variables:\n  t: {sensitive: true, default: x}\nenv: {A: '${t}'}\n",
            {},
            [("variable-default", 2, 33)],
            id="a sensitive default",
        ),
        pytest.param(
            "variables:\n  t: {sensitive: true}\nlabels: {A: '${t}'}\n",
            {},
            [("variable-sensitive", 3, 13)],
            id="sensitive in labels",
        ),
        pytest.param(
            "variables:\n  t: {sensitive: true}\ntask_definition: {cpu: '${t}'}\n",
            {},
            [("variable-sensitive", 3, 24)],
            id="sensitive in the definition",
        ),
        pytest.param(
            "variables:\n  t: {sensitive: true}\ntask_definition: ${t}.json\n",
            {},
            [("variable-sensitive", 3, 18)],
            id="sensitive in a file name",
        ),
        pytest.param(
            "variables:\n  t: {sensitive: true, enum: [a]}\nenv: {A: '${t}'}\n",
            {"t": "hush"},
            [("variable-value", 2, 3)],
            id="a sensitive value is checked",
        ),
        pytest.param(
            "variables:\n  b: {type: boolean, default: true}\nenv: {A: '${b}'}\n",
            {},
            [("env-boolean", 3, 10)],
            id="a boolean in env",
        ),
        pytest.param(
            "variables:\n  b: {type: boolean, default: true}\nlabels: {A: '${b}'}\n",
            {},
            [("wrong-type", 3, 13)],
            id="a boolean in labels",
        ),
        pytest.param(
            "variables:\n  m: {default: many}\nmemory: ${m}\n",
            {},
            [("wrong-format", 3, 9)],
            id="what it becomes is judged",
        ),
    ],
)
def test_what_is_wrong_is_reported_at_its_place(
    text: str, values: dict[str, Any], expected: list[tuple[str, int, int]]
) -> None:
    done = compiled(f"{text}image: alpine\n", **values)

    assert found_in(done) == expected
    assert done.plan is None
    assert "hush" not in str(done.diagnostics)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("|\n  echo ${a}\n    ${b} ${b}\n", [(3, 8), (4, 5), (4, 10)], id="a block"),
        pytest.param("|2\n    $${b} ${b}\n  ${b\n", [(3, 11), (4, 3)], id="an escape, and an open one"),
        pytest.param(">\n  x\n  ${a}\n\n  ${b}\n", [(4, 3), (6, 3)], id="a folded block"),
        pytest.param('"\\t${a}\\n${b}"\n', [(2, 12), (2, 18)], id="beside escapes"),
        pytest.param("'it''s ${a}'\n", [(2, 16)], id="a doubled quote"),
        pytest.param("x ${a}\n  y ${b}\n", [(2, 11), (3, 5)], id="two lines"),
        pytest.param('"\\x24{a} ${a}"\n', [(2, 9)], id="an opening that is escaped"),
        pytest.param("|\n  a\n  ${a\n  b\n", [(4, 3)], id="one that is open over lines"),
    ],
)
def test_a_reference_is_pointed_at_in_any_style(value: str, expected: list[tuple[int, int]]) -> None:
    found = compiled(f"variables:\nfamily: {value}image: alpine\n").diagnostics

    assert [(each.line, each.column) for each in found] == expected


LIST = "l: {type: list, default: [a, b]}"
SECRET = "s: {sensitive: true}"


@pytest.mark.parametrize(
    ("declarations", "body", "expected"),
    [
        pytest.param(
            f"{SECRET}, {LIST}",
            "labels: {A: '${nope} ${s} ${l}'}",
            ["variable-undeclared", "variable-sensitive", "variable-list"],
            id="undeclared, sensitive and a list in one string",
        ),
        pytest.param(
            SECRET,
            "command: [a, '${} ${s}']",
            ["variable-reference", "variable-sensitive"],
            id="an empty reference before a sensitive one",
        ),
        pytest.param(
            LIST,
            "env: {A: '${l} ${'}",
            ["variable-reference", "variable-list"],
            id="a list before an open one",
        ),
        pytest.param(
            "s: {sensitive: true}, t: {sensitive: true}",
            "family: ${s}${t}${s}",
            ["variable-sensitive", "variable-sensitive"],
            id="two sensitive ones, each once",
        ),
        pytest.param(
            "s: {sensitive: true, default: x}",
            "family: ${s}",
            ["variable-default", "variable-sensitive"],
            id="a sensitive one with a wrong declaration",
        ),
        pytest.param(
            "l: {type: list, typ: x}",
            "family: a-${l}",
            ["unknown-key", "variable-list"],
            id="a list with a wrong declaration",
        ),
        pytest.param(
            "l: {type: list}",
            "family: a-${l}",
            ["variable-missing", "variable-list"],
            id="a list without a value",
        ),
        pytest.param(
            "b: {type: boolean, sensitive: true}", "env: {A: '${b}'}", ["env-boolean"], id="boolean"
        ),
        pytest.param(
            "b: {type: list, sensitive: true}", "env: {A: '${b}'}", ["wrong-type"], id="a list in env"
        ),
        pytest.param(
            "b: {type: list, sensitive: true}",
            "env: {A: 'x${b}'}",
            ["variable-list"],
            id="a sensitive list inside a string",
        ),
        pytest.param(LIST, "env: {A: '${l}'}", ["wrong-type"], id="a known list in env"),
        pytest.param(LIST, "labels: {A: '${l}'}", ["wrong-type"], id="a known list in labels"),
        pytest.param(
            "b: {type: boolean}",
            "env: {A: '${b}'}",
            ["variable-missing", "env-boolean"],
            id="a boolean without a value",
        ),
    ],
)
def test_everything_that_is_wrong_in_a_string_is_reported_at_once(
    declarations: str, body: str, expected: list[str]
) -> None:
    done = compiled(with_variables(declarations, body))

    assert sorted(each.rule for each in done.diagnostics) == sorted(expected)
    assert done.plan is None


@pytest.mark.parametrize(
    ("declarations", "body", "expected"),
    [
        pytest.param(
            "n: {type: integer, default: 3}", "family: ${n}", "declare `n` with `type: string`", id="text"
        ),
        pytest.param("n: {default: '3'}", "count: ${n}", "declare `n` with `type: integer`", id="an integer"),
        pytest.param(
            "n: {default: '3.5'}",
            "task_timeout_seconds: ${n}",
            "declare `n` with `type: number`",
            id="a number",
        ),
        pytest.param(
            "b: {default: 'yes'}", "stream_output: ${b}", "declare `b` with `type: boolean`", id="a boolean"
        ),
        pytest.param(
            "l: {default: a}", "placement_strategy: ${l}", "declare `l` with `type: list`", id="a list"
        ),
        pytest.param(
            "l: {type: list, default: [a, 1]}",
            "command: ${l}",
            "put it in quotes where `l` gets its value",
            id="an item of a list",
        ),
        pytest.param(
            "b: {type: boolean, default: true}",
            "env: {A: '${b}'}",
            "declare `b` with `type: string`",
            id="a boolean in env",
        ),
        pytest.param(
            "n: {default: '3'}",
            "count: 1${n}",
            "write one reference alone: only that has the type of its variable",
            id="a part of a value",
        ),
        pytest.param(
            "n: {default: 3}",
            "family: ${n}",
            "put it in quotes, or declare `n` with `type: integer`",
            id="default",
        ),
        pytest.param(
            "n: {type: integer, default: x}",
            "count: ${n}",
            "write an integer, or declare `n` with `type: string`",
            id="a default that is text",
        ),
        pytest.param(
            "n: {enum: [a], default: b}",
            "family: ${n}",
            "write a value that the declaration allows, or change what it allows",
            id="a default outside the enum",
        ),
        pytest.param(
            "n: {enum: [a, true], default: a}",
            "family: ${n}",
            "put it in quotes, or declare `n` with `type: boolean`",
            id="an enum",
        ),
    ],
)
def test_the_help_says_what_to_change(declarations: str, body: str, expected: str) -> None:
    found = compiled(with_variables(declarations, body)).diagnostics

    (help_text,) = (each.help.partition("\n")[0] for each in found)
    assert help_text == expected


def test_a_value_of_a_file_has_the_same_help() -> None:
    class File:
        may_lack = False

        def given(self, declaration: Declaration) -> Given:
            return Given(7 if declaration.name == "t" else "7", "from prod.yaml", is_text=False)

    text = with_variables("t: {}, n: {type: integer}", "family: ${t}\ncount: ${n}")

    assert [each.help for each in read_jobs(text, file="job.yaml", sources=File()).diagnostics] == [
        "in that file, put it in quotes, or declare `t` with `type: integer`\nt=7 from prod.yaml",
        "in that file, write an integer, or declare `n` with `type: string`\nn='7' from prod.yaml",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "variabels: {}\nimage: a\n", "did you mean `variables`? It belongs at the top of", id="a slip"
        ),
        pytest.param("Variables: {}\nimage: a\n", "`variables` belongs at the top", id="a capital"),
        pytest.param(
            "jobs:\n  a: {image: a, variables: {}}\n", "`variables` belongs at the top", id="in a job"
        ),
        pytest.param(
            "defaults: {variables: {}}\njobs:\n  a: {image: a}\n", "`variables` belongs at", id="in defaults"
        ),
        pytest.param(
            "variabels: {}\njobs:\n  a: {image: a}\n", "did you mean `variables`?", id="beside jobs"
        ),
        pytest.param(
            "vars: {}\nimage: a\n", "declare values that change from run to run", id="another tool's"
        ),
    ],
)
def test_a_misplaced_or_mistyped_variables_has_a_hint(text: str, expected: str) -> None:
    (found,) = compiled(text).diagnostics

    assert found.help.startswith(expected)


@pytest.mark.parametrize("kind", ["string", "integer", "number"])
def test_a_sensitive_scalar_stands_alone_in_env(kind: str) -> None:
    spec = spec_of(with_variables(f"s: {{sensitive: true, type: {kind}}}", "env: {A: '${s}'}"))

    assert spec["env"] == {"A": "<variable s at apply>"}


def test_a_type_is_judged_where_values_may_lack() -> None:
    text = with_variables("b: {type: boolean}, n: {type: integer}", "env: {A: '${b}', B: '${n}'}")

    jobs = read_jobs(text, file="job.yaml", sources=Values({}, may_lack=True))

    assert [each.rule for each in jobs.diagnostics] == ["env-boolean"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "variables:\n  t: {default: a}\nimage: alpine\n", [("variable-unused", 2, 3)], id="unused"
        ),
        pytest.param(
            "variables:\n  t: {default: a}\nimage: alpine:${t}\nenv: {'${t}': x}\n",
            [("variable-key", 4, 7)],
            id="in a key",
        ),
        pytest.param(
            "image: alpine\nenv: {A: '${t}'}\n", [("unexpanded-variable", 2, 10)], id="no variables"
        ),
        pytest.param("variables:\nimage: alpine\nenv: {A: '$${t}'}\n", [], id="an empty mapping will do"),
        pytest.param(
            "variables: {}\nimage: alpine\ncommand: echo $HOME\n", [("command-shell", 3, 10)], id="shell"
        ),
        pytest.param(
            "variables: {p: {default: 'a > b'}}\nimage: alpine\ncommand: echo ${p}\n",
            [],
            id="a value is no shell syntax",
        ),
    ],
)
def test_warnings(text: str, expected: list[tuple[str, int, int]]) -> None:
    done = compiled(text)

    assert found_in(done) == expected
    assert done.plan is not None


def test_a_diagnostic_says_where_the_value_came_from() -> None:
    text = "variables: {m: {}, zone: {default: a}}\nimage: alpine\nmemory: ${m}\nfamily: ${zone}\n"

    (wrong,) = compiled(text, m="999").diagnostics

    assert wrong.location.excerpt == "memory: ${m}"
    assert (wrong.column, wrong.location.width) == (9, 4)
    assert wrong.help.endswith("m='999' from the program")
    assert "zone" not in wrong.help


def test_a_credential_is_masked_in_what_is_said_of_it() -> None:
    text = "variables: {password: {enum: [a]}}\nimage: alpine\nfamily: ${password}\n"

    (wrong,) = compiled(text, password="correct-horse-9").diagnostics

    assert "correct-horse-9" not in f"{wrong.message} {wrong.help}"
    assert "***" in wrong.message


def test_an_undeclared_name_has_the_nearest_and_the_escape_as_hint() -> None:
    (wrong, _) = compiled("variables: {stage: {default: a}}\nimage: alpine\nfamily: ${stge}\n").diagnostics[
        ::-1
    ]

    assert "did you mean `${stage}`?" in wrong.help
    assert "`$${`" in wrong.help


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("jobs:\n  a: {image: alpine, variables: {}}\n", id="in a job"),
        pytest.param("defaults: {variables: {}}\njobs:\n  a: {image: alpine}\n", id="in defaults"),
    ],
)
def test_variables_stand_at_the_top(text: str) -> None:
    assert [each.rule for each in compiled(text).diagnostics] == ["unknown-key"]


def test_each_job_uses_its_own() -> None:
    text = """
variables: {tag: {}, day: {default: monday}, n: {type: integer, default: 2}}
defaults: {image: "alpine:${tag}", family: "f-${job.name}", env: {DAY: "${day}"}}
jobs:
  a: {}
  b: {env: null, count: "${n}"}
"""
    plan = compiled(text, tag="3").plan

    assert plan is not None
    assert [dict(each.variables) for each in plan.jobs] == [
        {"tag": "3", "day": "monday"},
        {"tag": "3", "n": 2},
    ]
    assert [each.definition.family for each in plan.jobs] == ["f-a", "f-b"]
    assert read_plan(write_plan(plan)) == plan


def test_documents_have_their_own() -> None:
    first = "variables: {t: {default: a}}\nname: a\nimage: alpine:${t}\n"
    text = f"{first}---\nname: b\nimage: alpine\nenv: {{A: '${{t}}'}}\n"

    done = compiled(text)

    assert done.plan is not None
    assert [dict(each.variables) for each in done.plan.jobs] == [{"t": "a"}, {}]
    assert found_in(done) == [("unexpanded-variable", 7, 10)]


@pytest.mark.parametrize("key", ["task_definition_arn", "service"])
def test_a_network_is_not_judged_where_the_definition_is_not_known_yet(key: str) -> None:
    text = (
        f"variables: {{which: {{}}}}\n{key}: ${{which}}\ncluster: batch\nlaunch_type: null\n"
        "network_configuration: {subnets: [subnet-0a1b2c3d]}\n"
    )
    jobs = read_jobs(text, file="job.yaml", region="eu-west-1", sources=Values({}, may_lack=True))

    assert compile_jobs(together((jobs,)), None).diagnostics == ()


def test_a_plan_without_variables_has_no_member_for_them() -> None:
    plan = compiled("image: alpine\n").plan

    assert plan is not None
    assert {"variables", "sensitive"}.isdisjoint(json.loads(write_plan(plan))["jobs"][0])


SENSITIVE = """
variables:
  token: {sensitive: true, env: CI_TOKEN, pattern: "[a-z-]+", enum: [hush-hush, hush]}
  plain: {default: a}
image: alpine
env: {A: "${token}", B: "Bearer ${token} ${plain}"}
"""


@pytest.mark.parametrize(
    "values", [pytest.param({}, id="none"), pytest.param({"token": "hush-hush"}, id="one given")]
)
def test_a_sensitive_value_is_not_kept(values: dict[str, Any]) -> None:
    done = compiled(SENSITIVE, **values)

    assert done.plan is not None
    text = write_plan(done.plan)
    job = json.loads(text)["jobs"][0]
    assert job["sensitive"] == {
        "token": {"env": "CI_TOKEN", "type": "string", "pattern": "[a-z-]+", "enum": ["hush-hush", "hush"]}
    }
    assert job["variables"] == {"plain": "a"}
    (override,) = job["run_request"]["overrides"]["containerOverrides"]
    assert override["environment"] == [
        {"name": "A", "value": "<variable token at apply>"},
        {"name": "B", "value": "Bearer <variable token at apply> a"},
    ]
    assert not done.diagnostics
    assert text == write_plan(read_plan(text))


def test_a_plan_is_compiled_again_with_its_variables() -> None:
    plan = compiled(SENSITIVE).plan
    assert plan is not None

    again = recompile(plan.jobs[0], Observed())

    assert again.diagnostics == ()
    assert again.plan is not None
    assert again.plan.jobs[0].sensitive == plan.jobs[0].sensitive
    assert again.plan.jobs[0].variables == plan.jobs[0].variables
    assert again.plan.jobs[0].run_request == plan.jobs[0].run_request


def test_a_value_of_a_mebibyte_is_not_quoted() -> None:
    value = "x" * MIB
    wrong = compiled(
        with_variables("t: {}", "family: ${t}\nmemory: ${t}\nlabels: {A: '${t}'}"), t=value
    ).diagnostics

    assert wrong
    assert all(len(each.message) + len(each.help) < 2000 for each in wrong)
    assert spec_of(with_variables("t: {}", "command: run ${t}"), t="x" * 4000)["command"] == [
        "run",
        "x" * 4000,
    ]


MANY = "9" * 5000
OUT_OF_RANGE = "which is out of range: a number is finite, and has at most 100 characters"


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        pytest.param("integer", "9" * 100, None, id="the longest integer"),
        pytest.param("integer", "9" * 101, f"is '{'9' * 60}…', {OUT_OF_RANGE}", id="one digit more"),
        pytest.param("integer", MANY, f"is '{'9' * 60}…', {OUT_OF_RANGE}", id="thousands of digits"),
        pytest.param("number", f"-{MANY}", f"is '-{'9' * 59}…', {OUT_OF_RANGE}", id="a number of them"),
        pytest.param("number", f"1.{MANY}", f"is '1.{'9' * 58}…', {OUT_OF_RANGE}", id="decimals"),
        pytest.param("integer", f"0x{'f' * 200}", f"is '0x{'f' * 58}…', {OUT_OF_RANGE}", id="hexadecimal"),
        pytest.param("number", "1e999", f"is '1e999', {OUT_OF_RANGE}", id="beyond a float"),
        pytest.param("number", ".inf", f"is '.inf', {OUT_OF_RANGE}", id="infinite"),
        pytest.param("number", ".nan", f"is '.nan', {OUT_OF_RANGE}", id="not a number"),
        pytest.param("number", "Infinity", "is 'Infinity', not a number", id="a word"),
        pytest.param(
            "integer", 10**5000, f"is a number that is too long or infinite, {OUT_OF_RANGE}", id="an int"
        ),
        pytest.param(
            "number", float("inf"), f"is a number that is too long or infinite, {OUT_OF_RANGE}", id="a float"
        ),
        pytest.param("list", f"[{MANY}]", f"is '[{'9' * 59}…', {OUT_OF_RANGE}", id="in a list"),
        pytest.param(
            "string", 10**5000, "is a number that is too long or infinite, not a string", id="no string"
        ),
        pytest.param("boolean", "x" * MIB, f"is '{'x' * 60}…', not true or false", id="a mebibyte"),
        pytest.param("integer", "7" * MIB, f"is '{'7' * 60}…', {OUT_OF_RANGE}", id="a mebibyte of digits"),
    ],
)
def test_a_value_beyond_all_bounds(kind: str, value: object, expected: str | None) -> None:
    text = f"variables:\n  v: {{type: {kind}}}\nimage: alpine\ncommand: ['${{v}}x']\n"

    found = [each for each in compiled(text, v=value).diagnostics if each.rule == "variable-value"]

    assert [each.message for each in found] == ([f"the variable `v` {expected}"] if expected else [])
    assert all(len(each.help) < 120 for each in found)


@pytest.mark.parametrize("member", ["default: 1e999", "enum: [.inf, 1]", f"default: {'9' * 101}"])
def test_a_declared_number_is_one_that_json_can_represent(member: str) -> None:
    (found,) = compiled(
        f"variables:\n  v: {{type: number, {member}}}\nimage: a\nfamily: a-${{v}}\n"
    ).diagnostics

    assert (found.rule, found.line) == ("number-out-of-range", 2)
    assert len(found.message) < 100


def test_a_definition_file_is_named_by_variables_and_not_expanded() -> None:
    files = {"prod.json": '{"containerDefinitions": [{"name": "main", "image": "alpine", "user": "${x}"}]}'}
    text = "variables: {stage: {}}\ntask_definition: ${stage}.json\nimage: alpine\nenv: {A: '${stage}'}\n"

    def read(name: str) -> str:
        try:
            return files[name]
        except KeyError:
            raise FileNotFoundError(2, "No such file or directory") from None

    done = compile_manifest(text, file="job.yaml", read=read, variables={"stage": "prod"})
    missing = compile_manifest(text, file="job.yaml", read=read, variables={"stage": "qa"})

    assert done.plan is not None
    assert done.plan.jobs[0].spec["task_definition"]["containerDefinitions"][0]["user"] == "${x}"
    assert dict(done.plan.jobs[0].variables) == {"stage": "prod"}
    (wrong,) = missing.diagnostics
    assert (wrong.rule, wrong.line, wrong.column) == ("definition-file", 2, 18)
    assert wrong.help.endswith("stage='qa' from the program")


PLAIN = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f\x85\xa0"), max_size=12
)
LAW = """
variables: {{a: {{}}, b: {{}}, n: {{type: integer}}}}
name: law
image: alpine
command: [run, {0}, {1}]
env: {{A: {0}, N: {2}}}
labels: {{l: {1}}}
count: {2}
"""


@settings(max_examples=100, deadline=None)
@given(PLAIN, PLAIN, st.integers(1, 10))
def test_expanding_is_writing_the_values(a: str, b: str, n: int) -> None:
    expanded = compiled(LAW.format('"${a}"', '"x${b}$${c}"', '"${n}"'), a=a, b=b, n=n)
    values = (json.dumps(a), json.dumps(f"x{b}${{c}}"), n)
    by_hand = compile_manifest(LAW.format(*values).split("\n", 2)[2], file="job.yaml", region="eu-west-1")

    assert [each.rule for each in expanded.diagnostics] == [
        each.rule for each in by_hand.diagnostics if each.rule != "unexpanded-variable"
    ]
    if expanded.plan is not None and by_hand.plan is not None:
        (one,), (other,) = expanded.plan.jobs, by_hand.plan.jobs
        assert (one.spec, one.run_request, one.definition) == (
            other.spec,
            other.run_request,
            other.definition,
        )


PIECES = st.lists(
    st.sampled_from(["${", "}", "$", "$$", "${a}", "${b}", "${job.name}", "x", " ", "'", "\\", "{"]),
    max_size=9,
)
KEYS = st.sampled_from(
    ["name", "image", "command", "family", "task_customizations", "cluster", "count", "task_definition"]
)


@settings(max_examples=200, deadline=None)
@given(KEYS, PIECES, st.sampled_from(["", "x", "a b", "${a}", '"', "\\", "1", "\n"]))
def test_no_text_makes_the_expander_raise(key: str, pieces: list[str], value: str) -> None:
    declarations = "variables: {a: {}, b: {type: list, default: [x]}}"
    text = f"{declarations}\nimage: alpine\n{key}: {json.dumps(''.join(pieces))}\n"

    done = compiled(text, a=value)

    assert (done.plan is None) == any(each.severity == "error" for each in done.diagnostics)


def test_values_are_looked_up_once_for_all_jobs() -> None:
    asked: list[str] = []

    class Counted:
        may_lack = False

        def given(self, declaration: Declaration) -> Given | None:
            asked.append(declaration.name)
            return Given("3", "from a test")

    jobs = "".join(f"  job-{each}: {{}}\n" for each in range(100))
    text = f"variables: {{tag: {{}}}}\ndefaults: {{image: 'alpine:${{tag}}'}}\njobs:\n{jobs}"

    done = read_jobs(text, file="jobs.yaml", sources=Counted())

    assert asked == ["tag"]
    assert {each.image for each in done.jobs} == {"alpine:3"}


@pytest.mark.parametrize("value", [["a", {"b": 1}], ["a", ["b"]], [None]], ids=["mapping", "list", "null"])
def test_a_list_of_other_things_is_called_so(value: object) -> None:
    text = "variables: {l: {type: list}}\nimage: a\ncommand: ${l}\n"
    (found,) = read_jobs(text, file="job.yaml", sources=Values({"l": value})).diagnostics

    assert found.rule == "variable-value"
    assert found.message.endswith(", whose items are not all strings, numbers or booleans")
