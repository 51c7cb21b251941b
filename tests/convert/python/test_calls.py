"""Calls in Python files, found by what is called, and files that cannot be read."""

import warnings

import pytest

from ecsplan_convert.python.calls import Source
from ecsplan_convert.python.values import Open
from ecsplan_convert.source import ConversionError

WANTED = frozenset({"Run"})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("Run(a=1)", [1], id="by name"),
        pytest.param("operators.ecs.Run(a=1)", [1], id="in a module"),
        pytest.param("from operators import Run as R\nR(a=1)", [1], id="import as"),
        pytest.param("import operators.ecs as o\no.Run(a=1)", [1], id="module import as"),
        pytest.param("R = ecs.Run\nR(a=1)", [1], id="another name for it"),
        pytest.param("Run.partial(a=1).expand(b=[2])", [1], id="partial"),
        pytest.param("with x:\n    y = [Run(a=1)]\ndef f():\n    return Run(a=2)", [1, 2], id="anywhere"),
        pytest.param("f(Run(a=2), g(Run(a=1)))\nRun(a=3)", [2, 1, 3], id="in written order"),
        pytest.param(
            "class Run: pass\nRan(a=1)\n'Run(a=1)'\n# Run(a=1)", [], id="not names, texts, comments"
        ),
    ],
)
def test_calls(text: str, found: list[int]) -> None:
    calls = Source(text).calls(WANTED)

    assert [each.arguments["a"] for each in calls] == found
    assert {each.callee for each in calls} <= WANTED


def test_arguments() -> None:
    (call,) = Source(
        "COMMON = {'a': 1, 'b': 2}\n\nRun('x', *rest, b=3, **COMMON, **dict(c=4), **others)"
    ).calls(WANTED)

    assert call.line == 3
    assert {**call.arguments, "**": None} == {"a": 1, "b": 2, "c": 4, "**": None}
    assert [call.positional[0], type(call.positional[1]), type(call.arguments["**"])] == ["x", Open, Open]


def test_contexts() -> None:
    text = "@dag(id='c')\ndef f():\n    with DAG(id='a') as d, Group(id='b'):\n        Run()\n"
    source = Source(text)
    (call,) = source.calls(WANTED)

    assert [source.call(each).arguments["id"] for each in source.contexts(call.node)] == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        pytest.param("x = 1\nprint 'a'\n", "the Python source cannot be parsed", 2, id="Python 2"),
        pytest.param("x = (\n", "the Python source cannot be parsed", 1, id="half-written"),
        pytest.param("x = 'a\n", "the Python source cannot be parsed", 1, id="an open string"),
        pytest.param("x = 1\ny = '\0'\n", "the Python source has a null byte", 2, id="a null byte"),
        pytest.param(
            "x = '\ud800'\n", "the Python source is not valid text", None, id="half a surrogate pair"
        ),
        pytest.param(
            "# x\n" * 2**18 + "Run()", "the Python source has 1,048,581 characters", None, id="too long"
        ),
        pytest.param("(" * 5000, "the Python source cannot be parsed", 1, id="parentheses"),
        pytest.param("-" * 50_000 + "1", "the Python source is nested too deeply", None, id="nesting"),
        pytest.param("a" + ".b" * 50_000, "the Python source is nested too deeply", None, id="a long chain"),
        pytest.param("x = " + "9" * 5000, "the Python source cannot be parsed", 1, id="an endless number"),
    ],
)
def test_what_cannot_be_read(text: str, message: str, line: int | None) -> None:
    with pytest.raises(ConversionError) as caught:
        Source(text)

    assert str(caught.value).startswith(message)
    assert caught.value.line == line


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\ufeffRun(a=1)\n", id="byte order mark"),
        pytest.param("Run(a=1)\r\n", id="Windows line ends"),
        pytest.param("# -*- coding: latin-1 -*-\nRun(a=1)\n", id="a declared encoding"),
        pytest.param("x = '\\d'\nRun(a=1)\nassert (x, 'y')\n", id="what the parser warns of"),
        pytest.param("", id="empty"),
        pytest.param("# x\n" * (2**18 - 2) + "Run()  #", id="as long as it may be"),
    ],
)
def test_what_can_be_read(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(Source(text).calls(WANTED)) == text.count("Run")
