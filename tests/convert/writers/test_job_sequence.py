"""The order of jobs as a tree of chains and branches."""

import itertools
from dataclasses import replace

import pytest
from exported_jobs import job, jobs_of
from hypothesis import given
from hypothesis import strategies as st

from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.run_policy import RunPolicy
from ecsplan_convert.writers.job_sequence import Chain, Ordered, Parallel, Part, ordered_jobs

ONE = job()


def ordered(after: dict[str, str]) -> Ordered:
    """Return the order of jobs by what each is after, the names with blanks between them."""
    return ordered_jobs(
        [_job(name, tuple(names.split())) for name, names in after.items()],
    )


def _job(name: str, after: tuple[str, ...]) -> PlannedJob:
    return replace(ONE, name=name, policy=RunPolicy(after=after))


@pytest.mark.parametrize(
    ("after", "tree"),
    [
        pytest.param({"a": ""}, "a", id="one"),
        pytest.param({"a": "", "b": ""}, Parallel(("a", "b")), id="two"),
        pytest.param({"c": "b", "a": "", "b": "a"}, Chain(("a", "b", "c")), id="a chain"),
        pytest.param(
            {"a": "", "b": "a", "c": "a", "d": "b c"}, Chain(("a", Parallel(("b", "c")), "d")), id="a diamond"
        ),
        pytest.param(
            {"a": "", "b": "a", "c": "a", "d": "a b c"},
            Chain(("a", Parallel(("b", "c")), "d")),
            id="a diamond with a needless edge",
        ),
        pytest.param(
            {"a": "", "b": "a", "c": "", "d": "b c"},
            Chain((Parallel((Chain(("a", "b")), "c")), "d")),
            id="branches of different length",
        ),
        pytest.param(
            {"a": "", "b": "a", "c": "", "d": "c"},
            Parallel((Chain(("a", "b")), Chain(("c", "d")))),
            id="two pipelines",
        ),
        pytest.param(
            {"a": "", "b": "", "c": "a b", "d": "a b"},
            Chain((Parallel(("a", "b")), Parallel(("c", "d")))),
            id="two after two",
        ),
    ],
)
def test_trees(after: dict[str, str], tree: Part) -> None:
    assert ordered(after) == Ordered(tree, {}, {})


@pytest.mark.parametrize(
    ("after", "tree", "held_back"),
    [
        pytest.param(
            {"a": "", "b": "", "c": "a", "d": "a b"},
            Chain((Parallel(("a", "b")), Parallel(("c", "d")))),
            {"c": ("b",)},
            id="crossing",
        ),
        pytest.param(
            {"a": "", "b": "", "c": "a", "d": "a b", "e": "c"},
            Chain((Parallel(("a", "b")), Parallel((Chain(("c", "e")), "d")))),
            {"c": ("b",), "e": ("b",)},
            id="crossing, with a tail",
        ),
    ],
)
def test_orders_that_no_tree_says(
    after: dict[str, str], tree: Part, held_back: dict[str, tuple[str, ...]]
) -> None:
    assert ordered(after) == Ordered(tree, held_back, {})


def test_a_job_that_is_not_there() -> None:
    assert ordered({"a": "x", "b": "a y x"}).absent == {"a": ("x",), "b": ("y", "x")}


def test_the_plain_name_of_a_matrix() -> None:
    jobs = jobs_of(
        {"name": "load", "image": "i", "matrix": {"day": ["mon", "tue"]}},
        {"name": "report", "image": "i", "after": ["load"]},
    )

    assert ordered_jobs(jobs).tree == Chain((Parallel(("load[day=mon]", "load[day=tue]")), "report"))


def before(tree: Part) -> set[tuple[str, str]]:
    """Return the pairs of jobs of which the first ends before the second starts."""
    if isinstance(tree, str):
        return set()
    pairs = set().union(*(before(each) for each in tree.parts))
    if isinstance(tree, Chain):
        for index, part in enumerate(tree.parts):
            pairs |= {(a, b) for a in names(part) for later in tree.parts[index + 1 :] for b in names(later)}
    return pairs


def names(tree: Part) -> list[str]:
    return [tree] if isinstance(tree, str) else list(itertools.chain(*(names(each) for each in tree.parts)))


@st.composite
def orders(draw: st.DrawFn) -> dict[str, str]:
    letters = "abcdefgh"[: draw(st.integers(1, 8))]
    found = {
        each: " ".join(sorted(draw(st.sets(st.sampled_from(letters[:index]))) if index else ()))
        for index, each in enumerate(letters)
    }
    return {each: found[each] for each in draw(st.permutations(letters))}


@given(orders())
def test_a_tree_keeps_every_order_and_names_what_it_adds(after: dict[str, str]) -> None:
    made = ordered(after)
    wanted = _closed({(a, b) for b, written in after.items() for a in written.split()})

    assert sorted(names(made.tree)) == sorted(after)
    added = {(each, name) for name, waits in made.held_back.items() for each in waits}
    assert wanted <= before(made.tree)
    # What a job that is held back waits for, the jobs after it wait for too.
    assert before(made.tree) <= _closed(wanted | added)


def _closed(pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    while more := {(a, d) for a, b in pairs for c, d in pairs if b == c} - pairs:
        pairs |= more
    return pairs


def test_many_jobs_in_a_row() -> None:
    after = {f"j{index}": f"j{index - 1}" if index else "" for index in range(400)}

    assert ordered(after).tree == Chain(tuple(after))
