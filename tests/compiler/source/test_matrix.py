"""`matrix`: its combinations, references to their values, names and families, and what is wrong with one."""

import json
from typing import Any

import pytest

from ecsplan.compile import Jobs, begin, compile_manifest, read_jobs, recompile
from ecsplan.plan.plan import Plan, read_plan, write_plan
from ecsplan.settings.overlay import Settings
from ecsplan.source.read import read_manifest
from ecsplan.terms.observed import Observed
from ecsplan.variables.values import Values


def compiled(text: str, **variables: object) -> Plan:
    result = compile_manifest(text, file="etl.yaml", variables=variables or None)
    assert [each for each in result.diagnostics if each.severity == "error"] == []
    assert result.plan is not None
    return result.plan


def names(matrix: str) -> list[str]:
    """Return the ends of the names of the jobs that a matrix makes."""
    plan = compiled(f"image: alpine:3\nmatrix:{matrix}\n")
    assert all(each.name.startswith("etl[") for each in plan.jobs)
    return [each.name.removeprefix("etl") for each in plan.jobs]


def values(matrix: str) -> list[dict[str, Any]]:
    """Return the values of each combination that a matrix makes."""
    matrices = [each.policy.matrix for each in compiled(f"image: alpine:3\nmatrix: {matrix}\n").jobs]
    return [dict(each.values) for each in matrices if each is not None]


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        pytest.param(" {a: [1]}", ["[a=1]"], id="one combination"),
        pytest.param(" {a: [1, 2], b: [x]}", ["[a=1,b=x]", "[a=2,b=x]"], id="two names"),
        pytest.param(
            " {b: [x, y], a: [1, 2]}",
            ["[b=x,a=1]", "[b=x,a=2]", "[b=y,a=1]", "[b=y,a=2]"],
            id="in the written order",
        ),
        pytest.param(
            " {a: [007, 1.0, 1e3, true, False, 0x1F, -0]}",
            ["[a=007]", "[a=1.0]", "[a=1e3]", "[a=true]", "[a=False]", "[a=0x1F]", "[a=-0]"],
            id="as written",
        ),
        pytest.param(" {a: ['1', \"b c\", '']}", ["[a=1]", "[a=b c]", "[a=]"], id="quoted"),
        pytest.param("\n  a:\n  - x\n  - y", ["[a=x]", "[a=y]"], id="in block style"),
        pytest.param(" {a: [1, 2, 3], exclude: [{a: 2}]}", ["[a=1]", "[a=3]"], id="exclude"),
        pytest.param(
            " {a: [1, 2], b: [x, y], exclude: [{a: 1, b: x}]}",
            ["[a=1,b=y]", "[a=2,b=x]", "[a=2,b=y]"],
            id="exclude one combination",
        ),
        pytest.param(
            " {a: [1, 2], b: [x, y], exclude: [{b: y}]}", ["[a=1,b=x]", "[a=2,b=x]"], id="exclude a value"
        ),
        pytest.param(" {a: ['1', 2], exclude: [{a: 1}]}", ["[a=2]"], id="exclude what is meant"),
        pytest.param(" {a: [1], include: [{a: 2}]}", ["[a=1]", "[a=2]"], id="include a further one"),
        pytest.param(" {include: [{a: 1}, {a: 2}]}", ["[a=1]", "[a=2]"], id="include alone"),
        pytest.param(
            " {a: [1, 2], exclude: [{a: 1}], include: [{a: 1}]}",
            ["[a=2]", "[a=1]"],
            id="included after exclude",
        ),
        pytest.param(" {a: [1], include: [{b: x}]}", ["[a=1]"], id="added values are not in the name"),
    ],
)
def test_names_of_combinations(matrix: str, expected: list[str]) -> None:
    assert names(matrix) == expected


def test_include_extends_combinations_as_in_github_actions() -> None:
    # As the workflow syntax reference explains jobs.<job_id>.strategy.matrix.include.
    matrix = (
        "{fruit: [apple, pear], animal: [cat, dog], include: [{color: green}, {color: pink, animal: cat},"
        " {fruit: apple, shape: circle}, {fruit: banana}, {fruit: banana, animal: cat}]}"
    )

    assert values(matrix) == [
        {"fruit": "apple", "animal": "cat", "color": "pink", "shape": "circle"},
        {"fruit": "apple", "animal": "dog", "color": "green", "shape": "circle"},
        {"fruit": "pear", "animal": "cat", "color": "pink"},
        {"fruit": "pear", "animal": "dog", "color": "green"},
        {"fruit": "banana"},
        {"fruit": "banana", "animal": "cat"},
    ]


def test_256_combinations_are_the_most() -> None:
    axis = json.dumps(list(range(16)))

    assert len(compiled(f"image: a\nmatrix: {{a: {axis}, b: {axis}}}\n").jobs) == 256
    (found,) = compile_manifest(
        f"image: a\nmatrix: {{a: {axis}, b: {axis}, include: [{{a: 16}}]}}\n", file="etl.yaml"
    ).diagnostics
    assert (found.rule, found.line, found.column) == ("matrix-count", 2, 1)
    assert found.message == "this matrix makes 257 jobs; at most 256 are allowed"


def test_the_count_of_a_matrix_beyond_all_bounds_is_said_at_once() -> None:
    axis = json.dumps(list(range(1000)))
    text = f"image: a\nmatrix: {{a: {axis}, b: {axis}, c: {axis}, d: {axis}}}\n"

    (found,) = compile_manifest(text, file="etl.yaml").diagnostics

    assert found.message == "this matrix makes 1,000,000,000,000 jobs; at most 256 are allowed"


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        pytest.param("env", {"A": "${matrix.a}"}, {"A": "007"}, id="a number in env, as written"),
        pytest.param("env", {"A": "x-${matrix.a}"}, {"A": "x-007"}, id="within a text"),
        pytest.param("env", {"A": "${matrix.a}${matrix.s}"}, {"A": "007b c"}, id="two references"),
        pytest.param("env", {"A": "-${matrix.t}-"}, {"A": "-true-"}, id="a boolean within a text"),
        pytest.param("env", {"A": "${matrix.f}"}, {"A": "1.10"}, id="a fraction, as written"),
        pytest.param("command", ["run", "${matrix.a}"], ["run", "007"], id="a number as an argument"),
        pytest.param("command", "run ${matrix.s}", ["run", "b c"], id="a value makes one word"),
        pytest.param("command", "run '-${matrix.s}'", ["run", "-b c"], id="within quotes"),
        pytest.param("labels", {"a": "${matrix.a}"}, {"a": "007"}, id="a number as a label"),
        pytest.param("task_timeout_seconds", "${matrix.a}", 7, id="a number where one is asked for"),
        pytest.param("stream_output", "${matrix.t}", True, id="a boolean where one is asked for"),
        pytest.param("env", {"A": "$${matrix.a}"}, {"A": "${matrix.a}"}, id="a literal reference"),
        pytest.param("env", {"A": "${HOME}"}, {"A": "${HOME}"}, id="another reference"),
        pytest.param(
            "env",
            {"A": "${X}$${Y}${matrix.a}$X$${matrix.a}"},
            {"A": "${X}$${Y}007$X${matrix.a}"},
            id="all kinds",
        ),
        pytest.param(
            "env", {"A": "${job.name}"}, {"A": "${job.name}"}, id="the job's name without variables"
        ),
        pytest.param("env", {"A": "${ matrix.a ${"}, {"A": "${ matrix.a ${"}, id="what is not closed"),
        pytest.param(
            "task_customizations",
            '[{"op": "add", "path": "/group", "value": "${matrix.q}"}]',
            [{"op": "add", "path": "/group", "value": 'a"b'}],
            id="in a patch as JSON",
        ),
    ],
)
def test_values_in_the_strings_of_a_job(key: str, value: object, expected: object) -> None:
    text = (
        "image: alpine:3\nexecution_role_arn: logs\nconfigure_cloudwatch_logs: true\n"
        f"matrix: {{a: [007], s: [b c], t: [true], f: [1.10], q: ['a\"b']}}\n{key}: {json.dumps(value)}\n"
    )

    (job,) = compiled(text).jobs

    assert job.spec[key] == expected
    assert read_plan(write_plan(Plan(False, (job,)))).jobs[0] == job


def test_with_variables_all_references_are_expanded() -> None:
    text = (
        "variables: {stage: {default: dev}, shards: {type: list, default: [1, 2]}}\n"
        "name: etl-${stage}\nimage: alpine:3\n"
        "matrix: {shard: '${shards}', at: ['${stage}-a']}\n"
        "env: {A: '${stage}/${matrix.shard}/${matrix.at}/${job.name}/$${x}'}\n"
    )

    jobs = compiled(text).jobs

    assert [each.name for each in jobs] == ["etl-dev[shard=1,at=dev-a]", "etl-dev[shard=2,at=dev-a]"]
    assert jobs[1].spec["env"] == {"A": "dev/2/dev-a/etl-dev[shard=2,at=dev-a]/${x}"}
    assert jobs[0].variables == {"stage": "dev"}


@pytest.mark.parametrize(
    ("matrix", "rule", "place"),
    [
        pytest.param("[a]", "wrong-type", (2, 9), id="a list"),
        pytest.param("a", "wrong-type", (2, 9), id="a text"),
        pytest.param("{}", "too-few", (2, 9), id="nothing"),
        pytest.param("{a: []}", "too-few", (2, 13), id="no values"),
        pytest.param("{a: x}", "wrong-type", (2, 13), id="a value without a list"),
        pytest.param("{a: [[1]]}", "wrong-type", (2, 14), id="a list in a list"),
        pytest.param("{a: [{b: 1}]}", "wrong-type", (2, 14), id="a mapping in a list"),
        pytest.param("{a: [1, null]}", "wrong-type", (2, 17), id="null in a list"),
        pytest.param("{a: [.inf]}", "number-out-of-range", (2, 14), id="a number that is none"),
        pytest.param('{a: ["b\\nc"]}', "wrong-format", (2, 14), id="two lines"),
        pytest.param("{1a: [1]}", "wrong-format", (2, 10), id="a name with a digit first"),
        pytest.param("{a: [1, 2, 1]}", "matrix-duplicate", (2, 20), id="a value twice"),
        pytest.param("{a: [1, '1']}", "matrix-duplicate", (2, 17), id="a value twice, once in quotes"),
        pytest.param(
            "{a: [1], exclude: [{b: 1}]}", "matrix-exclude", (2, 29), id="exclude of an unknown name"
        ),
        pytest.param("{a: [1], exclude: [{a: 1}]}", "matrix-exclude", (2, 18), id="exclude of everything"),
        pytest.param(
            "{a: [1, 2], exclude: [{a: 1}, {a: 1}]}", "matrix-duplicate", (2, 39), id="exclude twice"
        ),
        pytest.param("{a: [1], include: [{b: 1}, {b: 1}]}", "matrix-duplicate", (2, 36), id="include twice"),
        pytest.param("{a: [1], include: [{a: [2]}]}", "wrong-type", (2, 32), id="a list in include"),
        pytest.param("{a: [1], include: {a: 2}}", "wrong-type", (2, 27), id="include without a list"),
        pytest.param("{a: [1], include: []}", "too-few", (2, 27), id="empty include"),
        pytest.param("{a: [1], include: [{}]}", "too-few", (2, 28), id="an empty entry"),
        pytest.param(
            "{a: [1], include: [{a: 2, b: 1}, {a: 2, b: 2}]}", "matrix-duplicate", (2, 1), id="a name twice"
        ),
        pytest.param(
            "{a: ['${matrix.a}']}", "matrix-reference", (2, 14), id="a value that refers to the matrix"
        ),
    ],
)
def test_what_is_wrong_with_a_matrix_is_said_once(matrix: str, rule: str, place: tuple[int, int]) -> None:
    # What refers to a matrix that is wrong is left open.
    text = f"image: alpine:3\nmatrix: {matrix}\nenv: {{A: '${{matrix.a}}', B: '${{matrix.other}}'}}\n"

    (found,) = compile_manifest(text, file="etl.yaml").diagnostics

    assert (found.rule, (found.line, found.column)) == (rule, place)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        pytest.param("[a]", "matrix: expected a mapping, got a list", id="a list"),
        pytest.param("3", "matrix: expected a mapping, got 3", id="a number"),
        pytest.param("{}", "matrix: expected at least 1 key, got 0", id="nothing"),
        pytest.param("{a: []}", "a: expected at least 1 item, got 0", id="no values"),
    ],
)
def test_the_message_names_the_key_that_is_wrong(matrix: str, message: str) -> None:
    (found,) = compile_manifest(f"image: a\nmatrix: {matrix}\n", file="etl.yaml").diagnostics

    assert found.message == message


def test_an_exclusion_of_what_is_no_value_is_a_warning() -> None:
    (found,) = compile_manifest(
        "image: a\nmatrix: {region: [eu-west-1], exclude: [{region: eu-west-2}]}\n", file="etl.yaml"
    ).diagnostics

    assert (found.severity, found.rule, found.column) == ("warning", "matrix-exclude", 50)
    assert found.help == "did you mean eu-west-1?"


@pytest.mark.parametrize("variables", ["", "variables: {}\n"], ids=["without variables", "with variables"])
@pytest.mark.parametrize(
    ("text", "message", "help_text"),
    [
        pytest.param(
            "matrix: {region: [a, b]}\nenv: {A: '${matrix.regoin}'}",
            "the matrix has no name 'regoin'",
            "did you mean `${matrix.region}`?",
            id="a slip",
        ),
        pytest.param(
            "matrix: {region: [a, b]}\nenv: {A: '${matrix.xyz}'}",
            "the matrix has no name 'xyz'",
            "its names are region",
            id="unknown",
        ),
        pytest.param(
            "name: etl-${matrix.a}\nmatrix: {a: [1, 2]}",
            "the name of a job cannot refer to its matrix",
            "leave it out: the values are added to the name of each combination",
            id="in the name",
        ),
    ],
)
def test_references_to_nothing_are_reported_once(
    variables: str, text: str, message: str, help_text: str
) -> None:
    (found,) = compile_manifest(f"{variables}image: alpine:3\n{text}\n", file="etl.yaml").diagnostics

    assert (found.rule, found.message, found.help) == ("matrix-reference", message, help_text)
    assert found.location.excerpt[found.column - 1 :].startswith("${matrix.")


def test_a_combination_without_the_value_is_named() -> None:
    text = "image: a\nmatrix: {a: [1, 2], include: [{a: 1, b: x}]}\nenv: {B: '${matrix.b}'}\n"

    (found,) = compile_manifest(text, file="etl.yaml").diagnostics

    assert (found.rule, found.line, found.column) == ("matrix-reference", 3, 11)
    assert found.message == "the combination [a=2] has no value of `b`"


def test_a_job_without_a_matrix_has_none_to_refer_to() -> None:
    text = "image: alpine:3\nenv: {A: '${matrix.a}'}\n"

    (warned,) = compile_manifest(text, file="etl.yaml").diagnostics
    (refused,) = compile_manifest(f"variables: {{}}\n{text}", file="etl.yaml").diagnostics

    assert (warned.severity, warned.rule) == ("warning", "unexpanded-variable")
    assert (warned.help, refused.rule) == ("give the job a `matrix`", "matrix-reference")


def test_a_boolean_alone_in_env_is_an_error_as_for_variables() -> None:
    text = "image: alpine:3\nmatrix: {a: [true, false]}\nenv: {A: '${matrix.a}'}\n"

    found = compile_manifest(text, file="etl.yaml").diagnostics

    assert {(each.rule, each.line, each.column) for each in found} == {("env-boolean", 3, 10)}


def test_a_diagnostic_about_a_value_says_where_it_comes_from() -> None:
    text = (
        "image: alpine:3\nmatrix: {cpu: [256, 300], region: [a, b]}\nmemory: 512\ncpu: '${matrix.cpu}'\n"
        "labels: {password: 'x', token: '${matrix.region}'}\n"
    )

    (found,) = compile_manifest(text, file="etl.yaml").diagnostics

    assert (found.rule, found.line) == ("fargate-cpu", 4)
    assert found.help.endswith("\nmatrix.cpu=300 from the matrix")


def test_what_combinations_share_is_shown_once() -> None:
    text = (
        "image: alpine:3\nmatrix: {a: [1, 2, 3]}\ncpu: 300\nunknown: '${matrix.a}'\n"
        "command: [echo, '${X}', '${matrix.a}']\n"
    )

    found = compile_manifest(text, file="etl.yaml").diagnostics

    assert [(each.rule, each.line) for each in found] == [
        ("fargate-cpu", 3),
        ("unknown-key", 4),
        ("unexpanded-variable", 5),
    ]


@pytest.mark.parametrize(
    ("keys", "families", "prefixes"),
    [
        pytest.param("env: {A: '${matrix.a}'}", ["etl", "etl"], [None, None], id="the same definition"),
        pytest.param(
            "image: 'alpine:${matrix.a}'", ["etl-a-1", "etl-a-2"], [None, None], id="another image each"
        ),
        pytest.param(
            "execution_role_arn: logs\nconfigure_cloudwatch_logs: true",
            ["etl", "etl"],
            ["etl", "etl"],
            id="with logs",
        ),
        pytest.param(
            "execution_role_arn: logs\nconfigure_cloudwatch_logs: true\ncpu: '${matrix.cpu}'",
            ["etl-a-1", "etl-a-2"],
            ["etl", "etl"],
            id="another size each",
        ),
        pytest.param("family: '${matrix.a}'", ["1", "2"], [None, None], id="a family each"),
        pytest.param("family: x\nimage: 'a:${matrix.a}'", ["x", "x"], [None, None], id="a family for all"),
        pytest.param(
            "task_definition_arn: 'web:${matrix.a}'\nimage: null",
            ["web", "web"],
            [None, None],
            id="linked definitions",
        ),
    ],
)
def test_families(keys: str, families: list[str], prefixes: list[str | None]) -> None:
    image = "" if keys.startswith("image") or "\nimage" in keys else "image: alpine:3\n"
    sizes = "include: [{a: 1, cpu: 256}, {a: 2, cpu: 512}]"
    text = f"{image}matrix: {{a: [1, 2], {sizes}}}\nmemory: 2048\n{keys}\n"
    result = compile_manifest(text, file="etl.yaml")

    assert {each.rule for each in result.diagnostics} <= {"shared-family"}
    assert result.plan is not None
    jobs = result.plan.jobs
    assert [each.definition.family for each in jobs] == families
    assert [each.watch.logs and each.watch.logs.stream_prefix for each in jobs] == prefixes
    # Decided again by itself, from the plan alone, a job keeps its family and its combination.
    for job in jobs:
        again = recompile(job, Observed()).plan
        assert again is not None
        assert again.jobs[0].definition.family == job.definition.family
        assert again.jobs[0].policy.matrix == job.policy.matrix


def test_a_family_that_combinations_share_is_reported_once() -> None:
    text = "family: x\nmatrix: {a: [1, 2, 3, 4]}\nimage: 'alpine:${matrix.a}'\n"

    (found,) = compile_manifest(text, file="etl.yaml").diagnostics

    assert (found.severity, found.rule, found.line) == ("warning", "shared-family", 1)
    assert "'etl[a=1]' (etl.yaml:1) and 'etl[a=2]'" in found.message


def test_defaults_and_jobs_merge_their_matrices() -> None:
    text = (
        "defaults: {image: alpine:3, matrix: {a: [1], b: [x]}, env: {A: '${matrix.a}'}}\n"
        "jobs:\n  one: {}\n  two: {matrix: {a: [2, 3], c: [y]}}\n  none: {matrix: null, env: null}\n"
    )

    assert [each.name for each in compiled(text).jobs] == [
        "one[a=1,b=x]",
        "two[a=2,b=x,c=y]",
        "two[a=3,b=x,c=y]",
        "none",
    ]


def test_anchors_lead_to_one_matrix() -> None:
    text = (
        "jobs:\n  one: &one {image: alpine:3, matrix: &m {a: [1, 2]}, env: {A: '${matrix.a}'}}\n"
        "  two: {image: alpine:3, matrix: *m}\n  three: {<<: *one, cpu: 512}\n"
    )

    assert [each.name for each in compiled(text).jobs] == [
        *("one[a=1]", "one[a=2]", "two[a=1]", "two[a=2]", "three[a=1]", "three[a=2]"),
    ]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param(["cpu=512"], [512, 512], id="every job"),
        pytest.param(["etl:cpu=512"], [512, 512], id="the plain name"),
        pytest.param(["etl[a=1,b=x]:cpu=512"], [512, None], id="one combination"),
        pytest.param(["etl[a=1,b=x]:cpu=512", "etl:cpu=1024"], [512, 1024], id="a combination wins"),
        pytest.param(["etl:cpu=512", "cpu=1024"], [512, 512], id="the plain name wins over all jobs"),
        pytest.param(["cpu=1024", "cpu=512", "cpu=1024"], [1024, 1024], id="the last one wins"),
        pytest.param(["other[a=1]:cpu=512"], [None, None], id="the combination of another job"),
    ],
)
def test_settings_of_a_matrix(settings: list[str], expected: list[int | None]) -> None:
    text = "image: alpine:3\nmatrix: {a: [1], b: [x, y]}\n"

    jobs = read_jobs(text, file="etl.yaml", overlay=Settings(tuple(settings))).jobs

    assert [each.cpu_units for each in jobs] == expected


def test_a_setting_replaces_the_matrix() -> None:
    jobs = read_jobs(
        "image: alpine:3\nmatrix: {a: [1, 2]}\nenv: {A: '${matrix.a}'}\n",
        file="etl.yaml",
        overlay=Settings(("matrix.a=[7, '${x}']", "env.B=${matrix.a}")),
    ).jobs

    assert [(each.name, each.env["A"], each.env["B"]) for each in jobs] == [
        ("etl[a=7]", "7", "${matrix.a}"),
        ("etl[a=${x}]", "${x}", "${matrix.a}"),
    ]


@pytest.mark.parametrize(
    ("other", "lines"),
    [
        pytest.param("name: etl\nimage: a", [4], id="a job with the plain name"),
        pytest.param("name: 'etl[a=1]'\nimage: a", [4], id="a job with the name of a combination"),
        pytest.param("name: etl\nimage: a\nmatrix: {a: [1, 2]}", [4], id="the same matrix"),
        pytest.param("name: etl\nimage: a\nmatrix: {b: [1, 2]}", [4], id="another matrix"),
        pytest.param("name: 'etl[a=3]'\nimage: a", [], id="another name"),
    ],
)
def test_names_are_unique(other: str, lines: list[int]) -> None:
    text = f"image: a\nmatrix: {{a: [1, 2]}}\n---\n{other}\n"

    found = compile_manifest(text, file="etl.yaml").diagnostics

    assert [each.line for each in found if each.rule == "duplicate-job"] == lines


@pytest.mark.parametrize(
    ("load", "report", "expected"),
    [
        pytest.param("[]", "[load]", [], id="after all of them"),
        pytest.param("[]", "['load[a=1]']", [], id="after one of them"),
        pytest.param(
            "[]", "['load[a=3]']", ["there is no job 'load[a=3]' to wait for"], id="of no combination"
        ),
        pytest.param(
            "[report]",
            "[load]",
            ["these jobs wait for each other: load[a=1] → report → load[a=1]"],
            id="a cycle through the matrix",
        ),
        pytest.param(
            "[load]", "[]", ["this job waits for itself: load[a=1] → load[a=1]"], id="its own matrix"
        ),
        pytest.param(
            "['load[a=2]']", "[]", ["this job waits for itself: load[a=2] → load[a=2]"], id="one of its own"
        ),
    ],
)
def test_order_through_a_matrix(load: str, report: str, expected: list[str]) -> None:
    text = (
        f"jobs:\n  load: {{image: a, matrix: {{a: [1, 2]}}, after: {load}}}\n"
        f"  report: {{image: a, after: {report}}}\n"
    )

    assert [each.message for each in compile_manifest(text, file="etl.yaml").diagnostics] == expected


def test_matrices_of_one_manifest_are_bounded() -> None:
    # Of one list of a few thousand values, so that few jobs are many values.
    axis, words = json.dumps(list(range(256))), json.dumps(["x"] * 4000)
    jobs = "".join(f"  j{n}: {{}}\n" for n in range(5))
    text = f"defaults: {{image: a, command: {words}, matrix: {{a: {axis}}}}}\njobs:\n{jobs}"

    found = read_manifest(text, file="etl.yaml").diagnostics

    assert {(each.rule, each.message) for each in found} == {
        ("alias-bomb", "the matrices of this manifest make more than jobs of 2,000,000 values")
    }


@pytest.mark.parametrize("variables", ["", "variables: {}\n"], ids=["without variables", "with variables"])
def test_what_a_job_replaces_in_the_defaults_is_not_looked_at(variables: str) -> None:
    text = (
        f"{variables}defaults:\n"
        "  image: alpine:3\n"
        "  env: {A: '${matrix.a}', B: x}\n"
        "  labels: {a: '${matrix.a}'}\n"
        "jobs:\n"
        "  one: {matrix: {a: [1]}}\n"
        "  two: {matrix: {b: [2]}, env: {A: '${matrix.b}'}, labels: null}\n"
        "  three: {env: {A: y}, labels: null}\n"
    )

    jobs = compiled(text).jobs

    assert [(each.name, each.spec["env"]["A"]) for each in jobs] == [
        ("one[a=1]", "1"),
        ("two[b=2]", "2"),
        ("three", "y"),
    ]


def test_one_wrong_matrix_hides_no_fault_of_another_job() -> None:
    text = (
        "defaults: {image: alpine:3, env: {A: '${matrix.region}'}}\n"
        "jobs:\n  one: {matrix: {region: []}}\n  two: {matrix: {regions: [a]}}\n"
    )

    found = compile_manifest(text, file="etl.yaml").diagnostics

    assert [(each.rule, each.line) for each in found] == [("matrix-reference", 1), ("too-few", 3)]


def test_all_that_is_wrong_with_a_matrix_is_said_at_once() -> None:
    text = "image: a\nmatrix: {a: [1, 1], b: [], c: x, exclude: [{d: 1}], include: [{a: 1}, {a: 1}]}\n"

    found = compile_manifest(text, file="etl.yaml").diagnostics

    assert [each.rule for each in found] == [
        *("matrix-duplicate", "too-few", "wrong-type", "matrix-exclude", "matrix-duplicate"),
    ]


def test_without_values_a_matrix_of_an_unknown_variable_is_left_open() -> None:
    text = (
        "variables: {days: {type: list}}\nname: load\nimage: alpine:3\nmatrix: {day: '${days}'}\n"
        "task_timeout_seconds: '${matrix.day}'\ncommand: [load, '${matrix.day}', '${matrix.other}']\n"
        "---\nname: report\nimage: alpine:3\nafter: [load, 'load[day=1]']\n"
    )

    read = read_jobs(text, file="etl.yaml", sources=Values({}, may_lack=True))

    assert (read.diagnostics, read.complete) == ((), False)
    assert [each.name for each in read.jobs] == ["load", "report"]
    assert order_faults_of(read) == []


def order_faults_of(read: Jobs) -> list[str]:
    return [each.message for each in begin(read, None).result().diagnostics if each.rule.startswith("after")]


def test_each_combination_may_wait_for_one_of_another_matrix() -> None:
    text = (
        "defaults: {image: alpine:3, matrix: {region: [a, b]}}\n"
        "jobs:\n  extract: {}\n  load: {after: ['extract[region=${matrix.region}]']}\n"
    )

    assert [each.policy.after for each in compiled(text).jobs] == [
        *((), ()),
        *(("extract[region=a]",), ("extract[region=b]",)),
    ]


@pytest.mark.parametrize("variables", ["", "variables: {}\n"], ids=["without variables", "with variables"])
def test_definition_files_of_combinations(variables: str) -> None:
    text = (
        f"{variables}launch_type: EC2\nimage: alpine:3\n"
        "matrix: {size: [small, large]}\ntask_definition: '${matrix.size}.json'\n"
    )
    files = {
        "small.json": '{"networkMode": "host", "pidMode": "host"}',
        "large.json": '{"networkMode": "bridge", "family": "${matrix.size}"}',
    }

    read = read_jobs(text, file="etl.yaml", read=files.__getitem__)

    assert [each.task_definition.get("networkMode") for each in read.jobs] == ["host", "bridge"]
    # Nothing is expanded in a definition file.
    assert [each.rule for each in read.diagnostics] == ["wrong-format"]


@pytest.mark.parametrize(
    ("included", "expected"),
    [
        pytest.param("{regoin: c}", ["matrix-include"], id="a slip"),
        pytest.param("{used: c}", [], id="a new name"),
        pytest.param("{region: c}", [], id="a further value"),
        pytest.param("{regions: c}", [], id="a similar name that is referred to"),
    ],
)
def test_new_names_in_include(included: str, expected: list[str]) -> None:
    text = (
        f"image: a\nmatrix: {{region: [a, b], include: [{included}]}}\n"
        "env: {REGION: '${matrix.region}'}\n"
        + ("labels: {all: '${matrix.regions}'}\n" if "regions" in included else "")
    )

    assert [each.rule for each in compile_manifest(text, file="etl.yaml").diagnostics] == expected


def test_the_plan_is_the_same_whatever_the_order_of_keys() -> None:
    one = "image: alpine:3\nmatrix: {a: [1, 2], b: [x]}\nenv: {A: '${matrix.a}'}\n"
    other = "env: {A: '${matrix.a}'}\nmatrix: {a: [1, 2], b: [x]}\nimage: alpine:3\n"

    assert write_plan(compiled(one)) == write_plan(compiled(other))


@pytest.mark.parametrize(
    ("matrix", "rest", "help_text"),
    [
        pytest.param(
            'n: ["1"]', "count: ${matrix.n}", "write the values of `n` under `matrix` without quotes"
        ),
        pytest.param(
            "n: [true]", 'env: {A: "${matrix.n}"}', "write the values of `n` under `matrix` in quotes"
        ),
    ],
)
def test_a_value_of_the_wrong_type_is_to_be_changed_in_the_matrix(
    matrix: str, rest: str, help_text: str
) -> None:
    done = compile_manifest(f"image: alpine\nmatrix: {{{matrix}}}\n{rest}\n", file="job.yaml")
    assert [each.help.splitlines()[0] for each in done.diagnostics] == [help_text]


@pytest.mark.parametrize("rest", ["${ssm:/${matrix.nn}/tag}", "a-${ssm:/x/${matrix.nn}}"])
def test_a_reference_to_the_matrix_within_a_lookup_is_judged(rest: str) -> None:
    done = compile_manifest(f"variables: {{}}\nimage: '{rest}'\nmatrix: {{n: [a]}}\n", file="job.yaml")
    assert [(each.rule, each.help) for each in done.diagnostics] == [
        ("matrix-reference", "did you mean `${matrix.n}`?")
    ]
