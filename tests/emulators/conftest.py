"""Fixtures of the emulators: each started once, emptied for every test, stopped at the end."""

import urllib.request
from collections.abc import Iterator

import pytest
from emulator_servers import Emulator, ministack, moto


@pytest.fixture(scope="session", params=[moto, ministack], ids=["moto", "ministack"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Serve one emulator after the other."""
    with request.param(tmp_path_factory.mktemp("emulator")) as emulator:
        yield emulator


@pytest.fixture
def emulator(server: Emulator) -> Emulator:
    """Return the emulator, emptied."""
    with urllib.request.urlopen(urllib.request.Request(server.reset, method="POST"), timeout=30) as answer:
        answer.read()
    return server
