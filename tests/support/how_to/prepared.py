"""The pages of docs/how-to/ for which something is prepared, and where they are followed."""

from collections.abc import Callable, Mapping
from inspect import isfunction
from types import ModuleType
from typing import Any

from page_account import Account

from how_to import (
    make_runs_safe_and_reliable,
    manage_the_aws_account,
    move_to_or_from_other_tools,
    see_what_runs_and_what_ran,
    set_it_up,
    start_a_job,
)

GROUPS: tuple[ModuleType, ...] = (
    start_a_job,
    make_runs_safe_and_reliable,
    see_what_runs_and_what_ran,
    manage_the_aws_account,
    move_to_or_from_other_tools,
    set_it_up,
)
IN_MOTO: frozenset[str] = (
    start_a_job.IN_MOTO
    | make_runs_safe_and_reliable.IN_MOTO
    | manage_the_aws_account.IN_MOTO
    | set_it_up.IN_MOTO
)
"""Pages whose commands need more than ECS, such as EventBridge Scheduler, IAM or ECR: moto has that."""
SCRIPTED: Mapping[str, Mapping[str, Any]] = see_what_runs_and_what_ran.SCRIPTED
"""Pages whose tasks do as a script says, since they do what processes of this machine cannot."""


def pages_of(group: ModuleType) -> dict[str, Callable[[Account], None]]:
    """Return what prepares each page of a group, by the page's name."""
    return {
        name.replace("_", "-"): function
        for name, function in vars(group).items()
        if isfunction(function) and function.__module__ == group.__name__ and not name.startswith("_")
    }


def prepare(page: str, account: Account) -> None:
    """Make what a page says is there."""
    for group in GROUPS:
        if page in pages_of(group):
            pages_of(group)[page](account)
