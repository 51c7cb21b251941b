"""docs/exit-status.md: its statuses are the code's, and commands end with what it says of them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_world import REGION, Aws
from docs.generators.described_commands import statuses, statuses_by_command
from places import ROOT

from ecsplan_applier.outcomes.result import STATUS
from ecsplan_cli import exits
from ecsplan_local import serve

PAGE = (ROOT / "docs/exit-status.md").read_text("utf-8")
NUMBERS = {int(number) for row in statuses() for number in re.findall(r"\d+", row)}
GOOD = "name: job\nimage: alpine:3\ncommand: [sh, -c, exit 7]\n"


def test_the_statuses_are_those_of_the_code() -> None:
    assert {value for name, value in vars(exits).items() if name.isupper()} == NUMBERS
    assert set(STATUS.values()) <= NUMBERS


def test_what_is_said_of_a_command_is_in_the_table() -> None:
    for row in statuses_by_command().values():
        assert {int(each) for each in re.findall(r"\b\d+(?=:|,| )", row)} <= NUMBERS


@pytest.mark.parametrize("row", re.findall(r"^\| .*$", PAGE.partition("\n## ")[0], re.MULTILINE)[2:])
def test_every_status_says_what_to_do(row: str) -> None:
    cells = [each.strip() for each in row.strip("|").split("|")]

    assert len(cells) == 3
    assert all(cells)


@pytest.fixture
def account(bare: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """Serve an account other than that of `--local`."""
    with serve(runner="process", account="111122223333") as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        monkeypatch.setenv("AWS_REGION", REGION)
        yield Aws(endpoint, bare)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        pytest.param("check good.yaml", 0, id="check, all is well"),
        pytest.param("check wrong.yaml", 1, id="check, a manifest is invalid"),
        pytest.param("check warned.yaml", 0, id="check, a warning"),
        pytest.param("check warned.yaml --strict", 1, id="check, a warning that counts"),
        pytest.param("compile wrong.yaml", 1, id="compile, a manifest is invalid"),
        pytest.param("compile other.yaml", 125, id="compile, another account"),
        pytest.param("diff good.yaml", 0, id="diff, something would be registered"),
        pytest.param("diff good.yaml --exit-code", 1, id="diff, and that counts"),
        pytest.param("diff wrong.yaml", 2, id="diff, a manifest is invalid"),
        pytest.param("diff broken.json", 123, id="diff, not a plan"),
        pytest.param("preview wrong.yaml", 1, id="preview, a manifest is invalid"),
        pytest.param("init good.yaml", 1, id="init, no manifest can be made"),
        pytest.param("init nobody", 125, id="init, AWS does not know the source"),
        pytest.param("export wrong.yaml --to terraform", 1, id="export, a manifest is invalid"),
        pytest.param("export broken.json --to terraform", 123, id="export, not a plan"),
        pytest.param("verify wrong.yaml", 1, id="verify, a manifest is invalid"),
        pytest.param("verify nowhere.yaml", 1, id="verify, something would fail"),
        pytest.param("verify embedded.json", 122, id="verify, a plan for another account"),
        pytest.param("iam wrong.yaml", 1, id="iam, a manifest is invalid"),
        pytest.param("iam broken.json", 123, id="iam, not a plan"),
        pytest.param("prune wrong.yaml --keep 1", 1, id="prune, a manifest is invalid"),
        pytest.param("schedule wrong.yaml", 1, id="schedule, a manifest is invalid"),
        pytest.param("schedule broken.json", 123, id="schedule, not a plan"),
        pytest.param("apply good.json --quiet", 7, id="apply, the job's exit code"),
        pytest.param("apply embedded.json", 122, id="apply, a plan for another account"),
        pytest.param("apply broken.json", 123, id="apply, not a plan"),
        pytest.param("status nobody", 125, id="status, nobody knows the run"),
        pytest.param("logs nobody", 125, id="logs, nobody knows the run"),
        pytest.param("wait nobody", 125, id="wait, nobody knows the run"),
        pytest.param("stop nobody", 125, id="stop, nobody knows the run"),
        pytest.param("exec nobody", 125, id="exec, nobody knows the run"),
        pytest.param("apply", 2, id="usage"),
        pytest.param("docs zzzzzz", 2, id="docs, no such topic"),
    ],
)
def test_a_command_ends_with_what_the_page_says(account: Aws, arguments: str, status: int) -> None:
    account.write("good.yaml", GOOD)
    account.write("wrong.yaml", GOOD + "cpu: 3\n")
    account.write("warned.yaml", GOOD + "variables: {unused: {type: string, default: a}}\n")
    account.write("other.yaml", GOOD + "aws: {account_id: '222233334444'}\n")
    account.write("nowhere.yaml", GOOD + "cluster: nowhere\n")
    for made in ("compile good.yaml -o good.json", "compile good.yaml --local -o embedded.json"):
        assert account.run(*made.split()).exit_code == 0

    account.write(
        "broken.json", (account.folder / "good.json").read_text("utf-8").replace("alpine", "debian")
    )

    assert account.run(*arguments.split()).exit_code == status
