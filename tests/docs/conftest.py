"""The account and the machine of somebody who follows a page."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from how_to.prepared import IN_MOTO, SCRIPTED
from page_account import ACCOUNT, REGION, Account, credentials_in_moto
from page_commands import shell_in

from ecsplan_local import serve


@pytest.fixture
def account(page: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Account]:
    """Give the account of the reader of `page`, which the test names."""
    shell = shell_in(
        tmp_path,
        HOME=str(tmp_path),
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_REGION=REGION,
        AWS_EC2_METADATA_DISABLED="true",
    )
    folder = tmp_path / "work"
    folder.mkdir()
    with ExitStack() as endings:
        if page in IN_MOTO:
            url = request.getfixturevalue("moto_account").url
            shell |= credentials_in_moto(url, shell)
        else:
            runner, script = ("scripted", SCRIPTED[page]) if page in SCRIPTED else ("process", None)
            served = serve(runner=runner, faults=script, account=ACCOUNT, region=REGION)
            url = endings.enter_context(served).url
        shell["AWS_ENDPOINT_URL"] = url
        yield Account(url, folder, shell, tmp_path / "bin", endings)
