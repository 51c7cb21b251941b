"""The world that the applies of the campaign share; each of them has a family of its own."""

from collections.abc import Iterator

import pytest
from campaign.victims import Victims
from campaign.world import World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("campaign"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def victims(world: World) -> Iterator[Victims]:
    made = Victims(world)
    yield made
    made.close()


@pytest.fixture(scope="session")
def scale(pytestconfig: pytest.Config) -> int:
    """Return how many times the usual sample of disturbances is to be made."""
    scale = int(pytestconfig.getoption("--campaign-scale"))
    if scale < 1:
        raise pytest.UsageError("--campaign-scale is 1 or more: with less, nothing would be disturbed")
    return scale
