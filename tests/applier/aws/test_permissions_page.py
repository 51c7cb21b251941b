"""The page on permissions: it allows what ecsplan calls, and nothing else."""

import json
import re

from places import ROOT

from ecsplan_applier.aws import operations

PAGE = (ROOT / "docs" / "permissions.md").read_text("utf-8")
NAMED_OTHERWISE = {"ListObjectsV2": "ListBucket"}
"""Operations whose permission has another name (service authorization reference, Amazon S3)."""
SERVICES = {"efs": "elasticfilesystem", "service-quotas": "servicequotas"}
"""Services whose prefix in permissions is not boto3's name (service authorization reference)."""
CALLED = {
    f"{SERVICES.get(each.service, each.service)}:{NAMED_OTHERWISE.get(each.name, each.name)}"
    for each in vars(operations).values()
    if isinstance(each, operations.Operation)
}
BESIDE = {"iam:PassRole"}
"""What RegisterTaskDefinition and RunTask take for a definition with roles."""
NOT_IN_THE_POLICY = {"sts:AssumeRole", "sts:GetCallerIdentity"}
"""What only some manifests lead to, and what needs no permission."""


def test_the_policy_allows_what_is_called() -> None:
    policy = json.loads(PAGE.partition("```json\n")[2].partition("```")[0])
    allowed = [
        action
        for statement in policy["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    ]

    assert len(allowed) == len(set(allowed))
    assert set(allowed) == (CALLED - NOT_IN_THE_POLICY) | BESIDE


def test_the_table_says_what_each_is_for() -> None:
    rows = re.findall(r"^\| (`.+?`) \|", PAGE, re.MULTILINE)
    named = [action for row in rows for action in re.findall(r"`(.+?)`", row)]

    assert len(named) == len(set(named))
    assert set(named) == CALLED | BESIDE | NOT_IN_THE_POLICY
