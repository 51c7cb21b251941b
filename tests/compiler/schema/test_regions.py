"""Names of regions: those that botocore has, those that AWS may give, and slips of the pen."""

import botocore
import pytest
from botocore.loaders import Loader
from places import ROOT

from ecsplan.schema.regions import KNOWN_REGIONS, may_be_region, nearest_region


def test_the_known_regions_are_those_of_botocore() -> None:
    partitions = Loader().load_data("endpoints")["partitions"]
    found = {name for each in partitions for name in each["regions"]}

    assert all(map(may_be_region, found | KNOWN_REGIONS))
    # The supported versions, oldest and newest, have other regions; the table is that of the pinned one.
    if f"botocore=={botocore.__version__}\n" in (ROOT / "constraints.txt").read_text(encoding="utf-8"):
        assert found == KNOWN_REGIONS


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("us-esat-1", "us-east-1"),
        ("us-wset-2", "us-west-2"),
        ("us-east1", "us-east-1"),
        ("useast1", "us-east-1"),
        ("us_east_1", "us-east-1"),
        ("US-EAST-1", "us-east-1"),
        ("us-east-1a", "us-east-1"),
        ("us-east", "us-east-1"),
        ("eu-west-l", "eu-west-1"),
        ("eu-cental-1", "eu-central-1"),
        ("ap-souteast-2", "ap-southeast-2"),
        ("us-gov-wst-1", "us-gov-west-1"),
        ("frankfurt", None),
        ("local", None),
        ("", None),
        ("us-east-1" * 100, None),
    ],
)
def test_what_was_meant(written: str, expected: str | None) -> None:
    assert not may_be_region(written)
    assert nearest_region(written) == expected


@pytest.mark.parametrize(
    "name", ["us-east-9", "eu-west-4", "nz-north-1", "us-gov-central-1", "eusc-fr-west-1"]
)
def test_a_name_of_a_region_that_is_newer(name: str) -> None:
    assert name not in KNOWN_REGIONS
    assert may_be_region(name)
