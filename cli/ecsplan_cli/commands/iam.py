"""`ecsplan iam`: jobs in, the smallest policy out that running them needs."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import click

from ecsplan.plan.plan import PlannedJob
from ecsplan.plan.planned_spec import schedule_of
from ecsplan.settings.overlay import Settings
from ecsplan.terms.safe_text import escaped_lines
from ecsplan_cli.help import ManifestCommand
from ecsplan_cli.job_names import listed, name_option
from ecsplan_cli.manifest_options import ManifestOptions
from ecsplan_cli.options import (
    FILE_NAME,
    is_on_command_line,
    ledger_option,
    not_empty,
    quiet_option,
    region_option,
)
from ecsplan_cli.output import counted, print_line, write_result
from ecsplan_cli.plan_files import given_inputs
from ecsplan_cli.settings import settings_options
from ecsplan_cli.values import GivenValues, values_options

if TYPE_CHECKING:
    from ecsplan.permissions.grants import Bucket, Grant
    from ecsplan.permissions.permission import Command
    from ecsplan.permissions.policy import Statement

_FOR: "Final[dict[str, tuple[Command, ...]]]" = {
    "compile": ("compile",),
    "apply": ("apply",),
    "all": ("compile", "apply"),
}
_EMBEDDED = "000000000000"
"""The account of the embedded ECS."""
_MOST_PARTS = 10
"""Managed policies that a role has at most by default (IAM user guide, IAM and STS quotas)."""


@click.command("iam", cls=ManifestCommand)
@click.argument("inputs", nargs=-1, type=FILE_NAME, metavar="[MANIFEST]...|[PLAN]")
@click.option(
    "--for",
    "purpose",
    type=click.Choice(list(_FOR)),
    default="all",
    show_default=True,
    help="compile: for `compile`, `diff` and `export`. apply: for `apply`. all: for both.",
)
@click.option(
    "--explain", is_flag=True, help="Print which call and which jobs need each statement, instead of JSON."
)
@click.option(
    "--role",
    metavar="ARN",
    callback=not_empty,
    help="Print the policy of this role, which jobs assume through `aws.assume_role_arn`.",
)
@click.option(
    "--part",
    type=click.IntRange(min=1),
    metavar="N",
    help="Print the Nth of the managed policies into which a large policy is split.",
)
@ledger_option
@region_option
@name_option
@values_options
@settings_options
@quiet_option
def command(
    *,
    inputs: tuple[str, ...],
    purpose: str,
    explain: bool,
    role: str | None,
    part: int | None,
    ledger: str | None,
    region: str | None,
    name: str | None,
    values: GivenValues,
    settings: Settings,
    quiet: bool,
) -> None:
    """Print the smallest IAM policy that the jobs need, as JSON.

    Takes manifests, which are compiled offline, or one plan (- for standard input). Does not call AWS.
    Resources are as specific as AWS allows and as the plan knows them: what is unknown, such as the account
    of a manifest without `aws.account_id`, is `*`. With a ledger in S3, its permissions are included.

    If jobs assume a role, the policy is for the credentials that assume it; --role prints the policy of the
    role itself. Exits with 1 if a manifest is invalid, and with 123 if a plan is.

    A MANIFEST is a file, a directory (every *.yaml and *.yml file below it that is not hidden), or - for
    standard input. Without arguments, manifests/ is read, or else plan.json.

    \b
    Examples:
      ecsplan iam plan.json
      ecsplan iam plan.json --explain
      ecsplan iam manifests/ --for compile
      ecsplan iam plan.json --ledger s3://my-bucket/ledger
    """
    from ecsplan.permissions.grants import CALLER, grants_of  # noqa: PLC0415 - each command imports what it uses
    from ecsplan.permissions.policy import statements  # noqa: PLC0415 - as above

    bucket = _bucket(ledger)
    jobs = _jobs(inputs, ManifestOptions(region, name, values, settings, quiet))
    if not jobs:
        raise click.UsageError("there are no jobs")
    grants = tuple(grants_of(jobs, _FOR[purpose], bucket))
    if role is not None:
        _check_role(role, grants)
    whole = statements(each for each in grants if each.principal == (role or CALLER))
    shown = whole if part is None else _part(whole, part)
    if not quiet:
        _warn(jobs, whole, role, part)
    write_result(_text(shown, explain=explain), None)


def _bucket(ledger: str | None) -> "Bucket | None":
    """Return where the ledger is in S3; None where it is a folder, or the default.

    Raises:
        click.UsageError: It is neither.
    """
    from ecsplan.permissions.grants import Bucket  # noqa: PLC0415 - as above
    from ecsplan_applier.ledger.location import BucketPlace, ledger_place  # noqa: PLC0415 - as above
    from ecsplan_applier.outcomes.errors import UsageError  # noqa: PLC0415 - as above

    if ledger is None:
        return None
    try:
        place = ledger_place(ledger)
    except UsageError as reason:
        raise click.UsageError(str(reason)) from None
    return Bucket(place.bucket, place.prefix) if isinstance(place, BucketPlace) else None


def _jobs(inputs: tuple[str, ...], how: ManifestOptions) -> tuple[PlannedJob, ...]:
    """Return the jobs of what the command line names; ends the command where a manifest is wrong."""
    given = given_inputs(inputs)
    plan = how.plan(given)
    return how.jobs(given) if plan is None else tuple(_in_region(plan.jobs, how.region))


def _in_region(jobs: Sequence[PlannedJob], region: str | None) -> list[PlannedJob]:
    """Return the jobs of a plan, those without a region in the one of the command line or the environment.

    Raises:
        click.UsageError: The command line names one, and every job has its own.
    """
    if region is not None and is_on_command_line("region") and all(each.aws.region for each in jobs):
        raise click.UsageError(
            f"--region {region}: the jobs of a plan already have a region; pass manifests instead"
        )
    return [each if each.aws.region else replace(each, aws=replace(each.aws, region=region)) for each in jobs]


def _check_role(role: str, grants: "Sequence[Grant]") -> None:
    """Refuse a role that no job assumes.

    Raises:
        click.UsageError: No job does.
    """
    from ecsplan.permissions.grants import CALLER, principals  # noqa: PLC0415 - as above

    roles = [each for each in principals(grants) if each != CALLER]
    if role not in roles:
        known = f"the roles are {listed(roles)}" if roles else "no job assumes a role"
        raise click.UsageError(f"--role {role}: no job has this `aws.assume_role_arn`; {known}")


def _part(whole: "Sequence[Statement]", number: int) -> "Sequence[Statement]":
    """Return one of the parts of a policy.

    Raises:
        click.UsageError: It has fewer.
    """
    from ecsplan.permissions.policy import parts  # noqa: PLC0415 - as above

    divided = parts(whole)
    if number > len(divided):
        raise click.UsageError(f"--part {number}: the policy has {counted(len(divided), 'part')}")
    return divided[number - 1]


def _text(shown: "Sequence[Statement]", *, explain: bool) -> str:
    from ecsplan.permissions.explain import explained  # noqa: PLC0415 - as above
    from ecsplan.permissions.policy import policy_text  # noqa: PLC0415 - as above

    return escaped_lines(explained(shown)) if explain else policy_text(shown)


def _warn(
    jobs: Sequence[PlannedJob], whole: "Sequence[Statement]", role: str | None, part: int | None
) -> None:
    """Print what the policy does not hold, and whether IAM refuses it or it is too large."""
    from ecsplan.permissions.policy import MAX_CHARACTERS, parts, size  # noqa: PLC0415 - as above

    for each in (*(_other_needs(jobs) if role is None else ()), *_mixed(jobs, whole)):
        _print(each)
    characters = size(whole)
    if characters > MAX_CHARACTERS and part is None:
        count = len(parts(whole))
        many = f"; a role has at most {_MOST_PARTS} by default" if count > _MOST_PARTS else ""
        _print(
            f"warning: the policy has {characters:,} characters, and a managed policy has at most"
            f" {MAX_CHARACTERS:,}: attach it in {counted(count, 'part')}, printed by `--part 1` to"
            f" `--part {count}`{many}"
        )


def _other_needs(jobs: Sequence[PlannedJob]) -> Iterator[str]:
    """Yield what the policy of the command's own credentials does not hold."""
    for each in dict.fromkeys(each.aws.assume_role_arn for each in jobs if each.aws.assume_role_arn):
        names = listed([job.name for job in jobs if job.aws.assume_role_arn == each])
        yield (
            f"warning: {names}: the calls made as {each} are not in this policy; for its own policy, run"
            f" `ecsplan iam … --role {shlex.quote(each)}`"
        )
    scheduled = [each.name for each in jobs if schedule_of(each)]
    if scheduled:
        yield (
            f"note: {listed(scheduled)}: `ecsplan schedule` needs more than this policy;"
            " `ecsplan docs permissions` lists it"
        )


def _mixed(jobs: Sequence[PlannedJob], whole: "Sequence[Statement]") -> Iterator[str]:
    """Yield what does not belong into one policy, or not into one for AWS."""
    embedded = [each.name for each in jobs if each.account == _EMBEDDED]
    if embedded:
        yield (
            f"warning: {listed(embedded)}: compiled with --local: the account {_EMBEDDED} in ARNs is that of"
            " the embedded ECS"
        )
    profiles = list(dict.fromkeys(each.aws.profile for each in jobs if each.aws.profile))
    if len(profiles) > 1:
        yield f"warning: one policy for the profiles {listed(profiles)}: it has what all of them need"
    partitions = _partitions(whole)
    if len(partitions) > 1:
        yield (
            f"warning: one policy for the partitions {listed(partitions)}: IAM accepts only ARNs of its "
            "own partition; run the command for the manifests of each partition separately"
        )


def _partitions(whole: "Sequence[Statement]") -> list[str]:
    """Return the partitions of AWS that a policy has resources in.

    IAM refuses others than its own (MalformedPolicyDocument: Partition "…" is not valid for resource).
    """
    found = (each.split(":")[1] for statement in whole for each in statement.resources if ":" in each)
    return sorted(set(found))


def _print(message: str) -> None:
    print_line(escaped_lines(message))
