"""What shells are offered for the values of options: job names of a plan, regions, profiles.

A shell asks while somebody types, so whatever goes wrong here means that there is nothing to offer.
"""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from ecsplan_cli.platforms import has_locks


def complete_jobs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return what `--only` may name of the plan on the command line and begins with what was typed.

    That is each job, each matrix by its plain name, and `+` before those that need others.
    """
    del param
    # While an option waits for its value, click has not got as far as naming the arguments.
    plan = ctx.params.get("plan") or next(iter(ctx.args), "-")
    return beginning(_names_in(plan, _selectable), incomplete)


def complete_planned_jobs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the jobs and matrices of the plan on the command line that begin with what was typed."""
    del param
    inputs = ctx.params.get("inputs") or ctx.args
    plan = next((each for each in inputs if each.endswith(".json")), "plan.json")
    return beginning(_names_in(plan, _named), incomplete)


def families_in_plan(plan: str) -> list[str]:
    """Return the families that the jobs of a plan's file register into or run; nothing where it is none."""
    return _names_in(plan, lambda jobs: [str(each["task_definition"]["family"]) for each in jobs])


def _names_in(plan: str, names: Callable[[Iterable[dict[str, Any]]], Iterable[str]]) -> list[str]:
    """Return names of the jobs of a plan's file; nothing where it is none or cannot be read."""
    if plan == "-":
        return []
    try:
        document = json.loads(Path(plan).read_text(encoding="utf-8-sig"))
        return list(names(document["jobs"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []


def _named(jobs: Iterable[dict[str, Any]]) -> Iterable[str]:
    for job in jobs:
        yield from (str(job["name"]), *([str(job["matrix"]["name"])] if "matrix" in job else []))


def _selectable(jobs: Iterable[dict[str, Any]]) -> Iterable[str]:
    for job in jobs:
        names = [*_named([job])]
        yield from names
        if job.get("after"):
            yield from (f"+{each}" for each in names)


def complete_regions(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return AWS's regions that have ECS and begin with what was typed."""
    from ecsplan_applier.aws.sdk_names import region_names  # noqa: PLC0415 - only a shell that asks loads the SDK

    del ctx, param
    return beginning(region_names(), incomplete)


def complete_profiles(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the profiles of the SDK's configuration that begin with what was typed."""
    from ecsplan_applier.aws.sdk_names import profile_names  # noqa: PLC0415 - only a shell that asks loads the SDK

    del ctx, param
    return beginning(profile_names(), incomplete)


def complete_runs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the runs of the ledger, where that is a folder, that begin with what was typed."""
    del param
    if not has_locks():  # the commands that take a run do not work here
        return []
    from ecsplan_applier.ledger.run_names import run_ids_in  # noqa: PLC0415 - only a shell that asks needs it
    from ecsplan_applier.machine.locks import state_folder  # noqa: PLC0415

    try:
        given = ctx.params
        named = given.get("ledger") or os.environ.get("ECSPLAN_LEDGER")
        if named is None and given.get("local"):
            state = given.get("state") or state_folder() / "local.sqlite3"
            named = Path(state).with_suffix(".ledger")
        return beginning(run_ids_in(Path(named or state_folder() / "ledger").expanduser()), incomplete)
    except (OSError, ValueError):
        return []


def complete_settings(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the keys of a job that begin with what was typed, each with the `=` behind it."""
    from ecsplan.terms.manifest_keys import SPEC_ORDER  # noqa: PLC0415 - only a shell that asks needs it

    del ctx, param
    job, colon, key = incomplete.rpartition(":")
    return [f"{job}{colon}{each}" for each in beginning((f"{each}=" for each in SPEC_ORDER), key)]


def beginning(names: Iterable[str], incomplete: str) -> list[str]:
    """Return the names that begin with what was typed, sorted."""
    return sorted({each for each in names if each.startswith(incomplete)})
