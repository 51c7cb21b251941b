"""Which subnets a job gets when its VPC has more than a task takes."""

from ecsplan.draft.network import MAX_SUBNETS, chosen
from ecsplan.terms.observed import Subnet


def subnets(**zones: int) -> list[Subnet]:
    """Return so many subnets in each zone."""
    return [
        Subnet(f"subnet-{zone}{number:02}", zone) for zone, count in zones.items() for number in range(count)
    ]


def test_as_many_as_a_task_takes_are_all_taken_in_a_fixed_order() -> None:
    found = subnets(b=8, a=8)

    assert chosen(found) == tuple(sorted(each.subnet_id for each in found))
    assert chosen(found[::-1]) == chosen(found)


def test_more_are_spread_over_the_zones() -> None:
    found = subnets(a=12, b=4, c=1)

    names = chosen(found)

    assert len(names) == MAX_SUBNETS
    assert {zone: sum(name.startswith(f"subnet-{zone}") for name in names) for zone in "abc"} == {
        "a": 11,
        "b": 4,
        "c": 1,
    }
    assert chosen(found[::-1]) == names


def test_no_zone_gets_fewer_than_another_that_has_as_many() -> None:
    names = chosen(subnets(a=9, b=9, c=9))

    counts = [sum(name.startswith(f"subnet-{zone}") for name in names) for zone in "abc"]
    assert sum(counts) == MAX_SUBNETS
    assert max(counts) - min(counts) <= 1
