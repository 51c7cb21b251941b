"""Values of keys that are not known yet: a placeholder stands for a text, or for a whole list."""

from typing import Any

import pytest

from ecsplan.job.network_keys import NetworkKeys, network_keys_of
from ecsplan.job.short_volumes import short_volumes

OPEN = "<ssm:/x at apply>"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({"subnets": OPEN}, NetworkKeys(subnets=(OPEN,)), id="all subnets"),
        pytest.param({"subnets": ["subnet-1", OPEN]}, NetworkKeys(subnets=("subnet-1", OPEN)), id="a subnet"),
        pytest.param({"security_groups": OPEN}, NetworkKeys(groups=(OPEN,)), id="all groups"),
        pytest.param({"assign_public_ip": OPEN}, NetworkKeys(public_ip=OPEN), id="the public address"),
        pytest.param({"vpc_id": OPEN}, NetworkKeys(vpc_id=OPEN), id="the VPC"),
    ],
)
def test_a_placeholder_stands_for_what_it_is_in_place_of(spec: dict[str, Any], expected: NetworkKeys) -> None:
    assert network_keys_of(spec) == expected


def test_a_placeholder_is_not_the_name_of_a_group() -> None:
    assert network_keys_of({"security_groups": [OPEN, "web"]}).group_names == ("web",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(OPEN, {"fileSystemId": OPEN}, id="all of it"),
        pytest.param(f"efs:{OPEN}", {"fileSystemId": OPEN}, id="the file system"),
        pytest.param(f"efs:{OPEN}:/a", {"fileSystemId": OPEN, "rootDirectory": "/a"}, id="with a folder"),
        pytest.param(f"efs:fs-1:{OPEN}", {"fileSystemId": "fs-1", "rootDirectory": OPEN}, id="the folder"),
        pytest.param(f"efs:fs-{OPEN}", {"fileSystemId": f"efs:fs-{OPEN}"}, id="a part of the id"),
    ],
)
def test_a_volume_with_a_placeholder_is_one_of_efs(text: str, expected: dict[str, str]) -> None:
    (volume,) = short_volumes({"/data": text})

    assert volume.definition == {"name": "data", "efsVolumeConfiguration": expected}
