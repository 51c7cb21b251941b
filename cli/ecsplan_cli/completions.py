"""What shells are offered for the values of options: job names of a plan, regions, profiles.

A shell asks while somebody types, so whatever goes wrong here means that there is nothing to offer.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import click


def complete_jobs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of jobs and matrices of the named plan that begin with what was typed."""
    del param
    # While an option waits for its value, click has not got as far as naming the arguments.
    plan = ctx.params.get("plan") or next(iter(ctx.args), "-")
    if plan == "-":
        return []
    try:
        document = json.loads(Path(plan).read_text(encoding="utf-8-sig"))
        names = [str(job["name"]) for job in document["jobs"]]
        names += [str(job["matrix"]["name"]) for job in document["jobs"] if "matrix" in job]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
    return _beginning(names, incomplete)


def complete_regions(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return AWS's regions that have ECS and begin with what was typed."""
    from ecsplan_applier.aws.sdk_names import region_names  # noqa: PLC0415 - only a shell that asks loads the SDK

    del ctx, param
    return _beginning(region_names(), incomplete)


def complete_profiles(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the profiles of the SDK's configuration that begin with what was typed."""
    from ecsplan_applier.aws.sdk_names import profile_names  # noqa: PLC0415 - only a shell that asks loads the SDK

    del ctx, param
    return _beginning(profile_names(), incomplete)


def complete_settings(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the keys of a job that begin with what was typed, each with the `=` behind it."""
    from ecsplan.terms.manifest_keys import SPEC_ORDER  # noqa: PLC0415 - only a shell that asks needs it

    del ctx, param
    job, colon, key = incomplete.rpartition(":")
    return [f"{job}{colon}{each}" for each in _beginning((f"{each}=" for each in SPEC_ORDER), key)]


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return sorted({each for each in names if each.startswith(incomplete)})
