"""Options and settings that all tests share."""

import gc
import itertools
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from aws_world import REGION, Aws
from campaign.table import rows_of, table
from emulator_servers import Emulator, moto
from fast_tests import forbid_processes, split
from hypothesis import settings
from warm import keep_models

from ecsplan_local import serve

GARBAGE_THRESHOLD = 20_000
"""New containers until Python looks for garbage; it would after 700."""

keep_models()

# The same examples in every run: a change is judged by what it does, not by what was drawn this time.
settings.register_profile("on any machine", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("ECSPLAN_TEST_EXAMPLES", "on any machine"))


@pytest.fixture(scope="session", autouse=True)
def state_homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iterator[Path]]:
    """Give the state homes of the tests, each made by whoever uses it; the first is their fixtures'."""
    folder = tmp_path_factory.mktemp("state homes")
    homes = (folder / str(number) for number in itertools.count())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(next(homes)))
        patch.delenv("ECSPLAN_LEDGER", raising=False)
        yield homes


@pytest.fixture(autouse=True)
def own_state_home(state_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep each test's default ledger, and what else is kept of runs, out of other homes."""
    monkeypatch.setenv("XDG_STATE_HOME", str(next(state_homes)))


@pytest.fixture(scope="session")
def moto_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Serve one unmodified moto for all tests of a worker."""
    with moto(tmp_path_factory.mktemp("moto")) as emulator:
        yield emulator


@pytest.fixture
def moto_account(moto_server: Emulator) -> Emulator:
    """Give the worker's moto, emptied: an account of its own."""
    moto_server.empty()
    return moto_server


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Work in an empty folder of a machine without any AWS settings."""
    for name in [each for each in os.environ if each.startswith(("AWS_", "GITHUB_"))] + ["NO_COLOR"]:
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def aws(bare: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """Serve an embedded ECS, and point the SDK's environment to it."""
    with serve(runner="scripted", record=True) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        monkeypatch.setenv("AWS_REGION", REGION)
        world = Aws(endpoint, bare)
        yield world
        for each in world.clients:
            each.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-cases", action="store_true", help="Write what the cases give instead of comparing it."
    )
    parser.addoption(
        "--fast", action="store_true", help="Leave out the tests that start processes or endpoints, and most."
    )
    parser.addoption(
        "--campaign-scale",
        type=int,
        default=1,
        metavar="N",
        help="Make N times as many disturbances of the fault campaign's samples as usual.",
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without looking for garbage, and look for it seldom afterwards and only in what comes then.

    Collected tests and the SDK's models stay to the end. Python would go through them again and again, which
    takes a fifth of the collection and an eighth of the tests.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
        gc.set_threshold(GARBAGE_THRESHOLD)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the slow tests out where `--fast` is given."""
    if config.getoption("--fast"):
        items[:], slow = split(items)
        config.hook.pytest_deselected(items=slow)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """See to it that no test under `--fast` starts a process."""
    if item.config.getoption("--fast"):
        forbid_processes()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the fault campaign has counted, over all workers."""
    reports = [each for found in terminalreporter.stats.values() for each in found]
    lines = table(rows_of(reports))
    if lines:
        terminalreporter.section("fault campaign")
        for line in lines:
            terminalreporter.write_line(line)
