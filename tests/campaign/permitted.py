"""Judges the calls of applies by the policies of their plans: what these refuse, and what nothing needs."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from iam_checks import ON_EVERYTHING, Recording
from iam_policies import Check, allows, listed, weakened

from ecsplan.permissions.grants import Bucket, grants_of
from ecsplan.permissions.permission import Command
from ecsplan.permissions.policy import policy, statements
from ecsplan.plan.plan import Plan, PlannedJob

CALLER = ""
FAMILY = "FAMILY"
"""What stands for the family of a disturbed apply, which has one of its own each time."""


def policies(
    jobs: Iterable[PlannedJob], commands: Sequence[Command], ledger: Bucket | None = None
) -> dict[str, dict[str, Any]]:
    """Return the policy of each principal that has one."""
    grants = tuple(grants_of(jobs, commands, ledger))
    named = dict.fromkeys(each.principal for each in grants)
    return {name: policy(statements(each for each in grants if each.principal == name)) for name in named}


@dataclass
class Judge:
    """What was asked of IAM, of the same plan again and again.

    Attributes:
        commands: What was carried out.
        ledger: The ledger in S3, if there is one.
        policies: The policy of each principal.
        asked: What was asked on behalf of each principal.
        denied: What its policy does not allow.
    """

    commands: Sequence[Command]
    ledger: Bucket | None = None
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: dict[str, set[Check]] = field(default_factory=dict)
    denied: list[tuple[str, Check]] = field(default_factory=list)

    def take(self, plan: Plan, recording: Recording, family: str = FAMILY) -> None:
        """Judge what was recorded of a plan by its policies; its family is called FAMILY from here on."""
        found = json.dumps(policies(plan.jobs, self.commands, self.ledger)).replace(family, FAMILY)
        renamed: dict[str, dict[str, Any]] = json.loads(found)
        assert self.policies in ({}, renamed), "the policy of a plan does not depend on what becomes of it"
        self.policies = renamed
        for principal, check in _asked(recording):
            one = Check(
                check.action,
                check.resource.replace(family, FAMILY),
                {key: value.replace(family, FAMILY) for key, value in check.context.items()},
            )
            self.asked.setdefault(principal, set()).add(one)
            if not allows(renamed[principal], one):
                self.denied.append((principal, one))

    def unneeded(self) -> list[str]:
        """Return the parts of the policies without which everything would be allowed that was asked."""
        return [
            f"{principal} {what}".strip()
            for principal, whole in self.policies.items()
            for what, less in weakened(whole)
            if all(allows(less, each) for each in self.asked.get(principal, ()))
        ]

    def too_wide(self) -> list[str]:
        """Return what the policies have on more than need be, as all is known of the plan's jobs.

        A resource may end in `*`, as tasks, revisions, log streams and documents have names of their own; it
        is `*` alone only for actions that AWS authorizes on no resource.
        """
        return [
            f"{action} on {resource}"
            for whole in self.policies.values()
            for statement in whole["Statement"]
            for resource in listed(statement["Resource"])
            for action in listed(statement["Action"])
            if (action not in ON_EVERYTHING if resource == "*" else "*" in resource.removesuffix("*"))
        ]


def _asked(recording: Recording) -> Iterator[tuple[str, Check]]:
    """Yield what was asked of IAM on whose behalf; a ledger is the caller's own."""
    for call, check in recording.checks():
        role = call.target.role
        if role is None or check.action.startswith("s3:"):
            yield CALLER, check
        else:
            yield CALLER, Check("sts:AssumeRole", role)
            yield role, check
