"""A sample is the same each time, leaves no stratum out while there are places, and grows with its size."""

from campaign.sample import moments, positions, seeded, spread

STRATA = [(letter, f"{letter}{number}") for letter in "abc" for number in range(5)]


def test_same_seed_same_sample() -> None:
    assert spread(seeded("x", 1), STRATA, 7) == spread(seeded("x", 1), STRATA, 7)
    assert spread(seeded("x", 1), STRATA, 15) != spread(seeded("x", 2), STRATA, 15)


def test_every_stratum_in_turn() -> None:
    drawn = spread(seeded("turns"), STRATA, 6)

    assert sorted(each[0] for each in drawn) == ["a", "a", "b", "b", "c", "c"]


def test_more_than_there_are() -> None:
    assert sorted(spread(seeded("all"), STRATA, 99)) == sorted(thing for _, thing in STRATA)


def test_first_second_and_last() -> None:
    calls = [("Run", 1), *(("Describe", number) for number in range(1, 6))]

    assert moments(calls) == [("Run", 1), ("Describe", 1), ("Describe", 2), ("Describe", 5)]


def test_positions_are_in_order_with_one_of_each_sure_name() -> None:
    calls = ["List", *["Describe"] * 20, "Run", *["Describe"] * 20, "Run"]

    for seed in range(20):
        found = positions(seeded("positions", seed), calls, 3, sure=("Run", "List"))
        assert (len(found), found) == (3, sorted(set(found)))
        assert {"List", "Run"} <= {calls[each - 1] for each in found}


def test_all_positions_where_more_are_asked_for() -> None:
    assert positions(seeded("all"), ["a", "b", "c"], 9, sure=("b",)) == [1, 2, 3]
