"""Arguments of calls as values: literals as they are, and of the rest what stands there."""

from typing import Any

import pytest

from ecsplan_convert.python.calls import Source
from ecsplan_convert.python.settled import settled
from ecsplan_convert.python.values import Open


def value_of(expression: str, before: str = "") -> Any:
    """Return the argument `a` of the only call of `f`, after some lines."""
    (call,) = Source(f"{before}\nf(a={expression})\n").calls(frozenset({"f"}))
    return call.arguments["a"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("'x'", "x", id="text"),
        pytest.param("True", True, id="boolean"),
        pytest.param("None", None, id="None"),
        pytest.param("-1.5", -1.5, id="negative number"),
        pytest.param("['a', ('b', 1), {2}]", ["a", ["b", 1], [2]], id="list, tuple and set"),
        pytest.param("{'a': {'b': []}}", {"a": {"b": []}}, id="mapping"),
        pytest.param("f'x'", "x", id="f-string without placeholders"),
        pytest.param("'x' 'y'", "xy", id="implicit join"),
        pytest.param("'x' + 'y' + 'z'", "xyz", id="concatenation"),
        pytest.param("['a'] + ['b']", ["a", "b"], id="joined lists"),
        pytest.param("['a', *['b', 'c']]", ["a", "b", "c"], id="unpacked list"),
        pytest.param("{**{'a': 1}, 'b': 2}", {"a": 1, "b": 2}, id="unpacked mapping"),
        pytest.param("{'a': 1} | {'a': 2}", {"a": 2}, id="merged mappings"),
        pytest.param("dict(a=1, **{'b': 2})", {"a": 1, "b": 2}, id="dict"),
        pytest.param("dict({'a': 1})", {"a": 1}, id="dict of a mapping"),
        pytest.param("list(('a', 'b'))", ["a", "b"], id="list of a tuple"),
        pytest.param("json.dumps({'a': [1, None]})", '{"a": [1, null]}', id="json.dumps"),
        pytest.param("str(5)", "5", id="str of a number"),
        pytest.param("'python -m  etl'.split()", ["python", "-m", "etl"], id="split"),
        pytest.param("'a,b'.split(',')", ["a", "b"], id="split at a separator"),
        pytest.param("' && '.join(['a', 'b'])", "a && b", id="join"),
        pytest.param("'''\n a '''.strip()", "a", id="strip"),
        pytest.param("60 * 60 + 1 - 1", 3600, id="calculation"),
        pytest.param("timedelta(minutes=5)", 300, id="timedelta"),
        pytest.param("datetime.timedelta(1, 2, hours=1)", 90002, id="timedelta by position"),
        pytest.param("timedelta(seconds=0.5)", 0.5, id="timedelta of half a second"),
        pytest.param("pendulum.duration(hours=2)", 7200, id="duration of pendulum"),
        pytest.param("{'a': [1, 2]}['a'][-1]", 2, id="item of a literal"),
    ],
)
def test_literals(expression: str, expected: object) -> None:
    assert value_of(expression) == expected
    assert type(value_of(expression)) is type(expected)


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        pytest.param("CLUSTER", "the name CLUSTER, which is not a literal here", id="name"),
        pytest.param(
            "config.cluster", "the name config.cluster, which is not a literal here", id="attribute"
        ),
        pytest.param("Variable.get('key')", "a call of Variable.get", id="call"),
        pytest.param("g()()", "a call", id="call of a call"),
        pytest.param("os.environ['X']", "an item of os.environ", id="item"),
        pytest.param("{'a': 1}['b']", "an item of an expression", id="item that is not there"),
        pytest.param("f'{x}'", "an f-string with placeholders", id="f-string"),
        pytest.param("'%s' % x", "a formatted string", id="formatting"),
        pytest.param("'{}'.format(x)", "a call", id="format"),
        pytest.param("1 if x else 2", "a conditional expression", id="condition"),
        pytest.param("x or 'y'", "a conditional expression", id="or"),
        pytest.param("lambda: 1", "a function", id="lambda"),
        pytest.param("[x for x in y]", "a comprehension", id="comprehension"),
        pytest.param("b'x'", "an expression that is not a literal", id="bytes"),
        pytest.param("1e999", "an expression that is not a literal", id="infinity"),
        pytest.param("...", "an expression that is not a literal", id="ellipsis"),
        pytest.param("json.dumps({'a': x})", "a call of json.dumps", id="json.dumps of a name"),
        pytest.param("timedelta(minutes=x)", "a call of timedelta", id="timedelta of a name"),
        pytest.param("timedelta(months=1)", "a call of timedelta", id="timedelta of months"),
        pytest.param("9 * 10**20", "an expression that is not a literal", id="power"),
        pytest.param("-'x'", "an expression that is not a literal", id="minus a text"),
    ],
)
def test_what_is_open(expression: str, what: str) -> None:
    found = value_of(expression)

    assert isinstance(found, Open)
    assert (found.what, found.line) == (what, 2)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        pytest.param("A = 'x'", "x", id="bound once"),
        pytest.param("A: str = 'x'", "x", id="with a type"),
        pytest.param("B = 'x'\nA = B", "x", id="through another name"),
        pytest.param("A, B = 'x', 'y'", "x", id="in a tuple"),
        pytest.param("A = B = A = 'x'", "x", id="several names at once"),
        pytest.param("if production:\n    A = 'x'", "x", id="under a condition"),
        pytest.param("def g():\n    A = 'y'\nA = 'x'", "x", id="beside a function's own"),
        pytest.param("class C:\n    A = 'y'\nA = 'x'", "x", id="beside a class's own"),
        pytest.param("A = 'x'\nA = 'y'", None, id="bound twice"),
        pytest.param("A = 'x'\nA += 'y'", None, id="added to"),
        pytest.param("A = ['x']\nA.append('y')", None, id="appended to"),
        pytest.param("A = {'x': 1}\nA['y'] = 2", None, id="an item assigned"),
        pytest.param("A = {'x': 1}\ndel A['x']", None, id="an item deleted"),
        pytest.param("A = 'x'\ndef g():\n    global A\n    A = 'y'", None, id="changed by a function"),
        pytest.param("for A in ['x']: pass", None, id="a loop's"),
        pytest.param("with g() as A: pass", None, id="a context"),
        pytest.param("from g import A", None, id="imported"),
        pytest.param("try:\n    pass\nexcept E as A: pass", None, id="an exception"),
        pytest.param("A, *B = 'x', 'y'", None, id="beside a starred name"),
        pytest.param("A, B = g()", None, id="unpacked from a call"),
        pytest.param("(A := 'x')", None, id="in an expression"),
        pytest.param("def A(): pass", None, id="a function"),
        pytest.param("A = A", None, id="itself"),
        pytest.param("A = B\nB = A", None, id="in a circle"),
    ],
)
def test_names(before: str, expected: str | None) -> None:
    found = value_of("A", before)

    assert isinstance(found, Open) if expected is None else found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("A = 1\ndef g():\n    A = 2\n    f(a=A)", 2, id="a function's own"),
        pytest.param("A = 1\ndef g():\n    f(a=A)", 1, id="the module's, in a function"),
        pytest.param("A = 1\nclass C:\n    A = 2\n    def g(self):\n        f(a=A)", 1, id="not the class's"),
        pytest.param("A = 1\ndef g(A):\n    f(a=A)", None, id="a parameter"),
        pytest.param("A = 1\ng(lambda A: f(a=A))", None, id="a parameter of a lambda"),
        pytest.param("A = 1\n[f(a=A) for A in [2]]", None, id="a comprehension's"),
    ],
)
def test_scopes(text: str, expected: int | None) -> None:
    (call,) = Source(text).calls(frozenset({"f"}))
    found = call.arguments["a"]

    assert isinstance(found, Open) if expected is None else found == expected


def test_a_value_without_what_is_open_in_it() -> None:
    found = value_of(
        "{'cluster': CLUSTER, 'containers': [{'name': 'app', 'command': ['run', DAY, 'x'],"
        " 'env': [{'name': 'A', 'value': get()}, {'name': 'B', 'value': 'b'}],"
        " 'tags': [{'key': K, 'value': '1'}]}],"
        " 'empty': [], **OTHERS, 'network': {'subnets': SUBNETS}, NAME: 1}"
    )

    value, notes = settled(found, "a")

    assert value == {
        "containers": [{"name": "app", "env": [{"name": "B", "value": "b"}]}],
        "empty": [],
    }
    assert notes == tuple(
        f"a.{path} (line 2)"
        for path in (
            "cluster is left out: it is the name CLUSTER, which is not a literal here",
            "containers[app].command is left out: its item 1 is the name DAY, which is not a literal here",
            "containers[app].env[A].value is left out: it is a call of get",
            "containers[app].tags[0].key is left out: it is the name K, which is not a literal here",
            "** is left out: it is the name OTHERS, which is not a literal here",
            "network.subnets is left out: it is the name SUBNETS, which is not a literal here",
            "NAME is left out: it is the name NAME, which is not a literal here",
        )
    )


def test_an_open_item_among_mappings_is_left_out_alone() -> None:
    assert settled(value_of("[{'name': 'a'}, OTHER]"), "a") == (
        [{"name": "a"}],
        ("a[1] is left out: it is the name OTHER, which is not a literal here (line 2)",),
    )


def test_null_and_nothing_are_told_apart_by_the_notes() -> None:
    assert settled(None, "a") == (None, ())
    assert settled(value_of("x"), "a")[1]


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("'x'" + " + 'x'" * 300, id="a long sum"),
        pytest.param("[" * 90 + "]" * 90, id="nested lists"),
        pytest.param("(" + ", ".join(["'x'"] * 100_000) + ")", id="a long tuple"),
    ],
)
def test_what_is_too_large_is_open(expression: str) -> None:
    _, notes = settled(value_of(expression), "a")

    assert len(notes) == 1


def test_values_that_grow_exponentially_are_open() -> None:
    lists = "".join(f"A{n} = [A{n - 1}, A{n - 1}]\n" for n in range(1, 50))
    texts = "".join(f"B{n} = B{n - 1} + B{n - 1}\n" for n in range(1, 50))

    assert isinstance(value_of("B49", f"B0 = 'x'\n{texts}"), Open)
    assert settled(value_of("A49", f"A0 = 1\n{lists}"), "a")[1]


def test_templates_are_open_in_every_part_of_a_text() -> None:
    source = Source(
        "DAY = '{{ ds }}'\n"
        "f(a=[DAY, 'x' + DAY, f'{DAY}-1', f'{{{{ ds }}}}', json.dumps({'d': DAY})], b='{ }')",
        template=lambda text: "a template" if "{{" in text else None,
    )
    (call,) = source.calls(frozenset({"f"}))
    found = call.arguments["a"]

    assert isinstance(found, list)
    assert [each.what for each in found if isinstance(each, Open)] == ["a template"] * 5
    assert call.arguments["b"] == "{ }"
