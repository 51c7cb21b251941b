"""The page on permissions, and the table behind it: they have what ecsplan calls, and nothing else."""

import json
import re
from collections import Counter

from places import ROOT

from ecsplan.permissions.table import TABLE
from ecsplan_applier.aws import operations

PAGE = (ROOT / "docs" / "permissions.md").read_text("utf-8")
CALLED = {
    f"{each.service}:{each.name}"
    for each in vars(operations).values()
    if isinstance(each, operations.Operation)
}
ASKED_BY_THE_SDK = {"sts:AssumeRole"}
"""What the SDK calls by itself, for a profile or a role."""
NOT_IN_THE_POLICY = {"sts:AssumeRole", "sts:GetCallerIdentity"}
"""What only some manifests lead to, and what needs no permission."""


def test_the_table_has_every_operation() -> None:
    assert {call for each in TABLE for call in each.calls} == CALLED | ASKED_BY_THE_SDK
    # The first call of a row is the one that the action is named for, or, of PassRole, what needs it.
    first = {each.calls[0] for each in TABLE if each.action != "iam:PassRole"}
    assert first == CALLED | ASKED_BY_THE_SDK


def test_the_table_has_each_action_once_with_its_sources() -> None:
    assert Counter(each.action for each in TABLE).most_common(1)[0][1] == 1
    assert [each.action for each in TABLE if not each.sources] == []


def test_the_policy_allows_what_is_called() -> None:
    policy = json.loads(PAGE.partition("```json\n")[2].partition("```")[0])
    allowed = [
        action
        for statement in policy["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    ]

    assert len(allowed) == len(set(allowed))
    assert set(allowed) == {each.action for each in TABLE} - NOT_IN_THE_POLICY


def test_the_tables_say_what_each_is_for() -> None:
    rows = re.findall(r"^\| (`.+?`) \|", PAGE, re.MULTILINE)
    named = [action for row in rows for action in re.findall(r"`(.+?)`", row)]

    assert len(named) == len(set(named))
    assert set(named) == {each.action for each in TABLE}


def test_verify_needs_what_its_checks_call() -> None:
    checks = (ROOT / "docs" / "verify.md").read_text("utf-8").partition("## Checks")[2]
    calls = [row.split(" | ")[2] for row in checks.splitlines() if row.startswith("| ")]

    assert set(re.findall(r"`(.+?)`", " ".join(calls))) == {
        each.action for each in TABLE if "verify" in each.others
    }
