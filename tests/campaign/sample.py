"""Which disturbances a test run makes: a sample with a fixed seed, larger with `--campaign-scale`."""

import itertools
import sys
from collections.abc import Collection, Hashable, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


def seeded(*parts: object) -> Random:
    """Return a generator that draws the same for the same parts, and print the seed."""
    seed = " ".join(map(str, parts))
    sys.stdout.write(f"seed: {seed!r}\n")
    return Random(seed)


def spread(draw: Random, strata: Sequence[tuple[Hashable, T]], count: int) -> list[T]:
    """Return up to `count` things, in turn from each stratum: none is left out while there are places.

    Args:
        draw: Draws.
        strata: Each thing with the name of its stratum.
        count: How many.
    """
    by_stratum: dict[Hashable, list[T]] = {}
    for stratum, thing in strata:
        by_stratum.setdefault(stratum, []).append(thing)
    for each in by_stratum.values():
        draw.shuffle(each)
    rows = list(by_stratum.values())
    draw.shuffle(rows)
    taken = (each for turn in itertools.zip_longest(*rows) for each in turn if each is not None)
    return list(itertools.islice(taken, count))


def moments(calls: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return the first, the second and the last call of each operation."""
    last: dict[str, int] = {}
    for operation, number in calls:
        last[operation] = max(number, last.get(operation, 0))
    return [each for each in calls if each[1] in {1, 2, last[each[0]]}]


def positions(draw: Random, names: Sequence[str], count: int, *, sure: Collection[str] = ()) -> list[int]:
    """Return some of the positions in a sequence of calls, from 1, in their order.

    Args:
        draw: Draws.
        names: The calls.
        count: How many positions, at most all there are.
        sure: Of these names, one position each is among them, while there are places.
    """
    numbered = list(enumerate(names, start=1))
    draw.shuffle(numbered)
    first = {name: number for number, name in numbered if name in sure}
    others = [number for number, _ in numbered if number not in first.values()]
    return sorted([*sorted(first.values()), *others][:count])
