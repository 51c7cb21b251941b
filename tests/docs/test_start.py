"""docs/start.md: who follows it sees what it shows."""

import pytest
from followed_pages import Reader
from page_account import Account
from page_commands import parse
from page_text import mentioned
from places import ROOT

TEXT = (ROOT / "docs" / "start.md").read_text("utf-8")


@pytest.mark.parametrize("page", ["start"])
def test_what_the_page_says_is_what_happens(account: Account) -> None:
    # The page itself names a region, once AWS is meant.
    del account.shell["AWS_REGION"]

    Reader(account.folder, account.shell).follow(TEXT)


def test_commands_in_sentences_can_be_run_as_written() -> None:
    for command in mentioned(TEXT):
        parse(command)
