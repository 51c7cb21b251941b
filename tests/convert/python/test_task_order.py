"""The order of tasks in Python code, as pairs of task and task after it."""

import ast

import pytest

from ecsplan_convert.python.calls import Source
from ecsplan_convert.python.task_order import edges

TASKS = "a, b, c, d = Op(task_id='a'), Op(task_id='b'), Op(task_id='c'), Op(task_id='d')\n"


def pairs(text: str) -> list[str]:
    """Return the pairs as `a b`; a call without a task_id goes by its callee."""
    source = Source(text)

    def name(node: ast.Call) -> str:
        return str(source.call(node).arguments.get("task_id", source.callee(node)))

    found = edges(
        source,
        is_task=lambda node: "task_id" in {each.arg for each in node.keywords},
        is_group=lambda node: source.callee(node) == "TaskGroup",
    )
    return [f"{name(one)} {name(other)}" for one, other in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a >> b", ["a b"], id="shift right"),
        pytest.param("a << b", ["b a"], id="shift left"),
        pytest.param("a >> b >> c", ["a b", "b c"], id="chain"),
        pytest.param("a << b << c", ["b a", "c b"], id="chain to the left"),
        pytest.param("a >> b << c", ["a b", "c b"], id="both directions"),
        pytest.param("a >> [b, c]", ["a b", "a c"], id="to a list"),
        pytest.param("[a, b] >> c", ["a c", "b c"], id="from a list"),
        pytest.param("a >> [b, c] >> d", ["a b", "a c", "b d", "c d"], id="through a list"),
        pytest.param("a >> (b >> c)", ["b c", "a c"], id="parentheses"),
        pytest.param("a >> b\na >> b", ["a b"], id="twice"),
        pytest.param("a >> Label('x') >> b", ["a b"], id="label"),
        pytest.param("chain(a, b, c)", ["a b", "b c"], id="function chain"),
        pytest.param("chain(a, [b, c], d)", ["a b", "a c", "b d", "c d"], id="chain with a list"),
        pytest.param("chain([a, b], [c, d])", ["a c", "b d"], id="chain of lists"),
        pytest.param("chain(*[a, b, c])", ["a b", "b c"], id="chain of an unpacked list"),
        pytest.param("tasks = [a, b, c]\nchain(*tasks)", ["a b", "b c"], id="chain of a list's name"),
        pytest.param("baseoperator.chain(a, b)", ["a b"], id="chain of a module"),
        pytest.param("cross_downstream([a, b], [c, d])", ["a c", "a d", "b c", "b d"], id="cross_downstream"),
        pytest.param("a.set_downstream(b)", ["a b"], id="set_downstream"),
        pytest.param("a.set_downstream([b, c])", ["a b", "a c"], id="set_downstream of a list"),
        pytest.param("a.set_upstream(b)", ["b a"], id="set_upstream"),
        pytest.param("e = a >> b\ne >> c", ["a b", "b c"], id="the value of a shift"),
        pytest.param("f = [a, b]\nf >> c", ["a c", "b c"], id="the name of a list"),
        pytest.param("f = {'x': a}\nf['x'] >> c", ["a c"], id="a mapping"),
        pytest.param("f = []\nf.append(a)\nf.append(b)\nf >> c", ["a c", "b c"], id="appended"),
        pytest.param("f = {}\nf['x'] = a\nf['x'] >> c", ["a c"], id="an item"),
        pytest.param("for each in [a, b]:\n    each >> c", ["a c", "b c"], id="a loop"),
        pytest.param("if x:\n    e = a\nelse:\n    e = b\ne >> c", ["a c", "b c"], id="either branch"),
        pytest.param("e = a\ne = b\ne >> c", ["b c"], id="bound again"),
        pytest.param("def f():\n    a >> b", ["a b"], id="in a function"),
        pytest.param("with DAG():\n    a >> b", ["a b"], id="in a block"),
        pytest.param("try:\n    a >> b\nexcept E:\n    c >> d", ["a b", "c d"], id="in an exception handler"),
        pytest.param("e = work()\na >> e >> b", ["a work", "work b"], id="what a function returns"),
        pytest.param(
            "def f(x):\n    return Op(task_id='f', x=x)\na >> f(1) >> b",
            ["a f", "f b"],
            id="a function's task",
        ),
        pytest.param(
            "def f():\n    def g():\n        return a\n    return [g(), b]\nc >> f()",
            ["c a", "c b"],
            id="several tasks of a function",
        ),
        pytest.param("@task\ndef f():\n    return a\nf() >> b", ["f b"], id="a decorated function"),
        pytest.param("load(extract()) >> a", ["extract load", "load a"], id="a function's argument"),
        pytest.param("e = Op(task_id='e', x=a.output)", ["a e"], id="an output"),
        pytest.param("e = Op(task_id='e', x={'y': [a.output['z']]})", ["a e"], id="an item of an output"),
        pytest.param("a >> Op(task_id='e') >> b", ["a e", "e b"], id="made in place"),
        pytest.param("e = Op.partial(task_id='e').expand(x=a.output)\ne >> b", ["a e", "e b"], id="mapped"),
        pytest.param("x = 1 >> 2\nx >> a", [], id="numbers"),
        pytest.param("a >> a", [], id="itself"),
    ],
)
def test_order(text: str, expected: list[str]) -> None:
    found = pairs(TASKS + text + "\n")

    assert sorted(found) == sorted(expected)


def test_groups_stand_for_their_first_and_last_tasks() -> None:
    text = (
        "with TaskGroup('g', delay=timedelta(1)) as g:\n"
        "    e, f, h = Op(task_id='e'), Op(task_id='f'), Op(task_id='h')\n"
        "    e >> f\n"
        "a >> g >> b\n"
    )

    assert sorted(pairs(TASKS + text)) == ["a e", "a h", "e f", "f b", "h b"]


def test_a_long_chain_is_followed() -> None:
    names = [f"t{number}" for number in range(400)]
    tasks = "".join(f"{each} = Op(task_id='{each}')\n" for each in names)

    assert len(pairs(tasks + " >> ".join(names))) == 399
