"""docs/permissions.md: its policies and tables, from the table of permissions."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from docs.generators.marked_places import DOCS, filled
from docs.generators.tables import table

from ecsplan.compile import compile_manifest
from ecsplan.permissions.grants import grants_of
from ecsplan.permissions.permission import COMMANDS, Permission, never
from ecsplan.permissions.policy import policy_text, statements
from ecsplan.permissions.table import TABLE

PAGE: Final = DOCS / "permissions.md"
OWN_SECTIONS: Final = ("verify", "schedule", "prune")
"""Commands whose permissions, where no other command needs them, have a table of their own on the page."""
_MANIFEST: Final = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
_RESOURCES: Final[Mapping[str, str]] = {
    "iam:PassRole": "arn:aws:iam::111122223333:role/ecs-task-execution",
    "s3:GetObject": "arn:aws:s3:::BUCKET/PREFIX/*",
    "s3:PutObject": "arn:aws:s3:::BUCKET/PREFIX/*",
    "s3:ListBucket": "arn:aws:s3:::BUCKET",
}
"""Resources of the policy on the page; of the other actions it has all."""
_CONDITIONS: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = {
    "iam:PassRole": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
    "s3:ListBucket": {"StringLike": {"s3:prefix": "PREFIX/*"}},
}
_GROUPS: Final[Mapping[str, str]] = {
    "iam:PassRole": "Roles",
    "s3:GetObject": "LedgerDocuments",
    "s3:PutObject": "LedgerDocuments",
    "s3:ListBucket": "LedgerList",
}


def section_of(permission: Permission) -> str:
    """Return the table of the page that has a permission: that of a command, or `all`."""
    own = next((each for each in permission.others if each in OWN_SECTIONS), "all")
    return "all" if permission.of_jobs or set(permission.others) - set(OWN_SECTIONS) else own


def group_of(permission: Permission) -> str | None:
    """Return the statement of the policy that has a permission; None for one that not every policy has."""
    if permission.free or permission.action == "sts:AssumeRole":
        return None
    if permission.action in _GROUPS:
        return _GROUPS[permission.action]
    if permission.of_jobs:
        return "Apply" if permission.compile is never else "Plan"
    return permission.others[0].capitalize() if permission.others else "Suggestions"


def example_policy(page: str) -> str:
    """Return the policy of the manifest that a page shows, as `ecsplan iam` prints it."""
    found = _MANIFEST.search(page)
    plan = None if found is None else compile_manifest(found[1], file="job.yaml").plan
    if plan is None:
        raise SystemExit(f"{PAGE.name}: the manifest in it does not compile")
    return policy_text(statements(grants_of(plan.jobs, COMMANDS)))


def whole_policy() -> str:
    """Return the policy for everything that ecsplan does, as JSON."""
    groups: dict[str, list[str]] = {}
    for each in TABLE:
        group = group_of(each)
        if group is not None:
            groups.setdefault(group, []).append(each.action)
    document = {"Version": "2012-10-17", "Statement": [_statement(*each) for each in groups.items()]}
    return json.dumps(document, indent=2) + "\n"


def _statement(sid: str, actions: list[str]) -> dict[str, Any]:
    first = actions[0]
    condition = _CONDITIONS.get(first)
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": actions if len(actions) > 1 else first,
        "Resource": _RESOURCES.get(first, "*"),
        **({} if condition is None else {"Condition": condition}),
    }


def table_of(section: str) -> str:
    """Return the permissions of a section as a table."""
    rows = (
        (f"`{each.action}`", each.on, _used_by(each), each.purpose)
        for each in TABLE
        if section_of(each) == section
    )
    return table(("permission", "on", "of", "needed for"), rows)


def _used_by(permission: Permission) -> str:
    return ", ".join(dict.fromkeys((*_of_jobs(permission), *permission.others))) or "none"


def _of_jobs(permission: Permission) -> Iterator[str]:
    if permission.compile is not never or permission.action == "sts:AssumeRole":
        yield "compile"
    if permission.apply is not never or permission.action in {*_RESOURCES, "sts:AssumeRole"}:
        yield "apply"


def sources() -> str:
    """Return the pages of AWS that the table rests on, with the permissions that each is for."""
    found: dict[str, list[str]] = {}
    for permission in TABLE:
        for each in permission.sources:
            found.setdefault(each, []).append(f"`{permission.action}`")
    return "\n".join(f"- {source}: {', '.join(actions)}" for source, actions in found.items())


def page() -> str:
    """Return the page with its policies, its tables and its sources."""
    text = PAGE.read_text("utf-8")

    def made(what: str, which: str) -> str:
        match what, which:
            case "policy", "example":
                return f"```json\n{example_policy(text)}```"
            case "policy", _:
                return f"```json\n{whole_policy()}```"
            case "table", section:
                return table_of(section)
            case _:
                return sources()

    return filled(text, made)
