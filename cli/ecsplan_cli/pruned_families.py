"""The families that a command line means: those that it names, or those of the jobs of its manifests."""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from ecsplan.plan.job_family import JobFamily, job_family
from ecsplan.terms.diagnostic import has_errors
from ecsplan.terms.observed import Aws
from ecsplan.terms.records import dataclass
from ecsplan_cli.compiling import Manifests, compile_manifests
from ecsplan_cli.completions import beginning, families_in_plan
from ecsplan_cli.exits import AWS_FAILED, INVALID
from ecsplan_cli.inputs import DEFAULT_FOLDER, STDIN, Input, find_inputs, is_folder
from ecsplan_cli.job_names import listed
from ecsplan_cli.options import PIPES, AwsArguments
from ecsplan_cli.output import print_line
from ecsplan_cli.plan_files import DEFAULT_PLAN
from ecsplan_cli.render.diagnostics import report
from ecsplan_cli.values import GivenValues

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_FAMILY = re.compile(r"[A-Za-z0-9_-]{1,255}")
"""What ECS accepts (botocore ecs model, RegisterTaskDefinition.family)."""
_MAX_COMPILED: Final = 50
"""Manifests that are compiled while somebody types."""


@dataclass(frozen=True, slots=True)
class NamedFamily:
    """A family that a command line means.

    Attributes:
        name: Its name.
        aws: Where it is.
        is_expected: Whether it is an error that there is no such family: a job's may not be registered yet.
    """

    name: str
    aws: Aws
    is_expected: bool


def family_option(function: Decorated) -> Decorated:
    """Give the command `--family` as `families`."""
    return click.option(
        "--family",
        "families",
        metavar="FAMILY",
        multiple=True,
        callback=_checked,
        shell_complete=_complete_families,
        help="A task definition family, instead of manifests; may be repeated.",
    )(function)


def _complete_families(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the families of plan.json and of manifests/, which are not many, that begin with what was typed.

    AWS is not asked: what only AWS knows is not offered.
    """
    del ctx, parameter
    known = families_in_plan(DEFAULT_PLAN)
    with suppress(click.ClickException, OSError):
        if is_folder(DEFAULT_FOLDER) and len(find_inputs((DEFAULT_FOLDER,)).manifests) <= _MAX_COMPILED:
            found = compile_manifests((DEFAULT_FOLDER,), job_family, quiet=True).jobs()
            known += [each.family for each in found if each.family is not None and not each.is_open]
    return beginning(known, incomplete)


def _checked(ctx: click.Context, parameter: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    del ctx, parameter
    for each in names:
        if _FAMILY.fullmatch(each):
            continue
        if not each.strip():
            raise click.BadParameter("the name is empty; is a variable unset?")
        family = each.rpartition("/")[2].partition(":")[0]
        hint = f"; write the family alone: {family}" if _FAMILY.fullmatch(family) else ""
        raise click.BadParameter(f"{each!r} is not the name of a family{hint}")
    return tuple(dict.fromkeys(names))


def refuse_unnamed(families: Sequence[str], manifests: Sequence[str]) -> None:
    """Refuse a command line that names neither families nor manifests, or both.

    Raises:
        click.UsageError: It is such a one.
    """
    if families and manifests:
        raise click.UsageError("--family and manifests cannot be combined: manifests name their own families")
    if not families and not manifests and not is_folder(DEFAULT_FOLDER):
        raise click.UsageError(
            f"there is no {DEFAULT_FOLDER}/ here: name families with --family, or manifests"
        )


def families_of_manifests(
    manifests: tuple[str, ...],
    *,
    name: str | None,
    values: GivenValues,
    aws: AwsArguments,
    quiet: bool,
) -> tuple[NamedFamily, ...]:
    """Return the families that the jobs of manifests register into.

    AWS is asked only where it alone knows a family: for lookups, services, and linked definitions that keys
    change. Ends the command where a manifest has an error, or a family cannot be known.
    """
    contents = _read_once(manifests)

    def compiled(reached: AwsArguments | None) -> Manifests[JobFamily]:
        return compile_manifests(
            manifests,
            job_family,
            region=aws.region,
            name=name,
            aws=reached,
            contents=contents,
            quiet=quiet,
            values=values,
        )

    found = _jobs(compiled(None), manifests)
    if any(each.is_open for each in found):
        found = _jobs(compiled(aws), manifests)
    unknown = [each.job for each in found if each.is_open]
    if unknown:
        from ecsplan_cli.session import fail  # noqa: PLC0415 - only what talks to AWS loads the applier

        fail(f"the family of {listed(unknown)} is not known; name families with --family", AWS_FAILED)
    linked = [each.job for each in found if each.family is None]
    if linked and not quiet:
        print_line(f"skipped, because they run linked revisions and register none: {listed(linked)}")
    return tuple(
        dict.fromkeys(NamedFamily(each.family, each.aws, False) for each in found if each.family is not None)
    )


def _jobs(compiled: Manifests[JobFamily], manifests: Sequence[str]) -> tuple[JobFamily, ...]:
    """Return the families of the jobs; ends the command where a manifest has an error, which is printed.

    Warnings are for the commands that carry a manifest out.
    """
    diagnostics = compiled.diagnostics()
    if has_errors(diagnostics):
        report(diagnostics, quiet=True, manifests=manifests)
        sys.exit(INVALID)
    return tuple(compiled.jobs())


def _read_once(manifests: Sequence[str]) -> Mapping[str, bytes]:
    """Return what standard input and pipes hold, which can be read but once; what fails is reported later."""
    contents: dict[str, bytes] = {}
    for each in manifests:
        path = STDIN if each == "-" else each
        if path == STDIN or (each.startswith(PIPES) and not Path(each).is_file()):
            try:
                contents[path] = Input(path).read()
            except OSError:
                continue
    return contents
