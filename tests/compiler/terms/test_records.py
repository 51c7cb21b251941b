"""Our `dataclass` makes what the standard library's makes, of a class with every kind of field."""

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import field
from typing import Any

import pytest

from ecsplan.terms import records
from ecsplan.terms.diagnostic import Diagnostic, Location, error

Make = Callable[..., Any]
MUTABLE = {"slots": True}
IDENTITY = {"slots": True, "eq": False}
FROZEN = {"slots": True, "frozen": True}


def point(make: Make, **options: bool) -> Any:
    @make(**options)
    class Point:
        """A point."""

        x: int
        y: int = 2
        tags: list[str] = field(default_factory=list)
        note: str = field(default="n", compare=False, repr=False)
        kind: str = field(default="point", init=False)
        late: int = field(init=False)
        key: int = field(default=0, kw_only=True)

        def __post_init__(self) -> None:
            object.__setattr__(self, "late", self.x + 1)

    return Point


OURS, THEIRS = point(records.dataclass, **FROZEN), point(dataclasses.dataclass, **FROZEN)


@pytest.mark.parametrize("options", [FROZEN, MUTABLE, IDENTITY], ids=["frozen", "mutable", "by identity"])
@pytest.mark.parametrize(
    ("args", "named"),
    [((1,), {}), ((1, 3), {"key": 4}), ((1, 2, ["a"], "m"), {}), ((), {"x": 1, "note": "other"})],
)
def test_an_object_is_what_the_library_makes(
    args: tuple[Any, ...], named: dict[str, Any], options: dict[str, bool]
) -> None:
    our_class, their_class = point(records.dataclass, **options), point(dataclasses.dataclass, **options)
    ours, theirs = our_class(*args, **named), their_class(*args, **named)

    assert repr(ours) == repr(theirs)
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert [each.name for each in dataclasses.fields(ours)] == [
        each.name for each in dataclasses.fields(theirs)
    ]
    assert our_class.__match_args__ == their_class.__match_args__
    assert our_class.__slots__ == their_class.__slots__
    assert repr(dataclasses.replace(ours, x=9)) == repr(dataclasses.replace(theirs, x=9))
    assert repr(copy.deepcopy(ours)) == repr(ours)


@pytest.mark.parametrize(
    ("args", "named"), [((), {}), ((1, 2, 3, 4, 5, 6), {}), ((1,), {"no": 1}), ((1,), {"kind": "x"})]
)
def test_wrong_arguments_are_refused(args: tuple[Any, ...], named: dict[str, Any]) -> None:
    for each in OURS, THEIRS:
        with pytest.raises(TypeError):
            each(*args, **named)


def test_lists_are_not_shared() -> None:
    assert OURS(1).tags is not OURS(1).tags


@pytest.mark.parametrize(
    ("change", "equal"),
    [({}, True), ({"x": 2}, False), ({"note": "other"}, True), ({"tags": ["a"]}, False)],
)
def test_objects_are_equal_by_what_is_compared(change: dict[str, Any], equal: bool) -> None:
    for each in OURS, THEIRS:
        assert (each(1) == each(**{"x": 1, **change})) is equal
    assert OURS(1) != THEIRS(1)


def test_an_object_does_not_change() -> None:
    place = Location("a", 1, 1)

    with pytest.raises(dataclasses.FrozenInstanceError):
        place.line = 2  # type: ignore[misc] # what is tested
    with pytest.raises(dataclasses.FrozenInstanceError):
        del place.line
    with pytest.raises(AttributeError):
        place.other = 2  # type: ignore[attr-defined] # what is tested


def test_objects_can_be_hashed_pickled_and_taken_apart() -> None:
    found = error("rule", Location("a", 1, 1), "wrong")

    assert {found: 1}[error("rule", Location("a", 1, 1), "wrong")] == 1
    assert pickle.loads(pickle.dumps(found)) == found
    match found:
        case Diagnostic(rule=rule, location=Location(line=line)):
            assert (rule, line) == ("rule", 1)


def test_a_mutable_object_changes_and_has_no_hash() -> None:
    for make in records.dataclass, dataclasses.dataclass:
        one, other = point(make, **MUTABLE)(1), point(make, **MUTABLE)(1)
        one.x, one.tags = 5, ["a"]

        assert (one.x, one.tags, other.x, other.tags) == (5, ["a"], 1, [])
        with pytest.raises(TypeError, match="unhashable"):
            hash(one)


def test_an_object_that_is_not_compared_equals_itself_alone() -> None:
    for make in records.dataclass, dataclasses.dataclass:
        made = point(make, **IDENTITY)
        one, other = made(1), made(1)

        assert one != other
        assert len({one, other}) == 2


@pytest.mark.parametrize("options", [FROZEN, MUTABLE], ids=["frozen", "mutable"])
def test_keywords_alone(options: dict[str, bool]) -> None:
    for make in records.dataclass, dataclasses.dataclass:
        made = point(make, kw_only=True, **options)

        assert made(x=1) == made(y=2, x=1)
        with pytest.raises(TypeError):
            made(1)


def test_classes_with_the_same_kinds_of_fields_keep_their_names() -> None:
    @records.dataclass(frozen=True, slots=True)
    class Place:
        line: int
        column: int = 1

    @records.dataclass(frozen=True, slots=True)
    class Size:
        width: int
        height: int = 2

    assert (Place(4).column, Size(4).height) == (1, 2)
    assert (Place(column=5, line=4).line, Size(height=5, width=4).width) == (4, 4)
    with pytest.raises(TypeError, match=r"Place\.__init__\(\) missing 1 required .* 'line'"):
        Place()  # type: ignore[call-arg] # what is tested
    with pytest.raises(TypeError, match=r"Size\.__init__\(\) missing 1 required .* 'width'"):
        Size()  # type: ignore[call-arg] # what is tested


def test_a_method_that_is_written_stays() -> None:
    @records.dataclass(frozen=True, slots=True)
    class Named:
        name: str

        def __repr__(self) -> str:
            return "named"

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 7

    assert (repr(Named("a")), Named("a") == Named("b"), hash(Named("a"))) == ("named", True, 7)


def test_a_class_without_fields() -> None:
    @records.dataclass(frozen=True, slots=True)
    class Nothing:
        pass

    assert Nothing() == Nothing()
    assert repr(Nothing()).endswith("Nothing()")
    assert hash(Nothing()) == hash(Nothing())
