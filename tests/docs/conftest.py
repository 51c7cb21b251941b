"""The account and the machine of somebody who follows a page."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from followed_pages import environment
from how_to_accounts import ACCOUNT, IN_MOTO, REGION, SCRIPTED, Account, credentials_in_moto
from page_commands import shell_in

from ecsplan_local import serve


@pytest.fixture
def account(page: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Account]:
    """Give the account of the reader of `page`, which the test names."""
    home = shell_in(tmp_path)
    folder = tmp_path / "work"
    folder.mkdir()
    shell = environment(
        PATH=home["PATH"],
        HOME=str(tmp_path),
        XDG_STATE_HOME=str(tmp_path / "state"),
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_REGION=REGION,
        AWS_EC2_METADATA_DISABLED="true",
    )
    if page in IN_MOTO:
        url = request.getfixturevalue("moto_account").url
        shell |= {"AWS_ENDPOINT_URL": url, **credentials_in_moto(url, shell)}
        yield Account(url, folder, shell, tmp_path / "bin")
    else:
        runner, script = ("scripted", SCRIPTED[page]) if page in SCRIPTED else ("process", None)
        with (
            serve(runner=runner, faults=script, account=ACCOUNT, region=REGION) as endpoint,
            ExitStack() as endings,
        ):
            shell["AWS_ENDPOINT_URL"] = endpoint.url
            yield Account(endpoint.url, folder, shell, tmp_path / "bin", endings)
