"""Reading a plan that the command line names, alone or in place of manifests, with a bound on its size."""

import codecs
import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from ecsplan.plan.plan import MAX_PLAN_BYTES, Plan, PlanError, read_plan
from ecsplan.terms.records import dataclass
from ecsplan.terms.safe_text import escaped_lines
from ecsplan_cli.exits import NOT_A_PLAN
from ecsplan_cli.inputs import DEFAULT_FOLDER, STDIN, Input, at_hand, is_folder, standard_input
from ecsplan_cli.values import GivenValues

if TYPE_CHECKING:
    # An apply of a plan needs none of what reads manifests.
    from ecsplan.settings.overlay import Settings

DEFAULT_PLAN = "plan.json"
"""The plan that is meant where nothing is named."""
_OF_PLANS = frozenset({"plan_version", "compiler", "observed", "digest"})
"""Keys of plans that no manifest has."""


class NotAPlan(click.ClickException):
    """What was named is no plan that can be carried out."""

    exit_code = NOT_A_PLAN

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message."""
        click.echo(escaped_lines(f"error: {self.message}"), file=file or sys.stderr)


def read_plan_file(named: str) -> Plan:
    """Return the plan in a file, or on standard input for `-`.

    Raises:
        NotAPlan: It is none.
        click.UsageError: The file cannot be read.
    """
    return plan_of(_content(named), named)


def plan_of(content: bytes, named: str) -> Plan:
    """Return the plan in what was read from a file, or from standard input for `-`.

    Raises:
        NotAPlan: It is none.
    """
    try:
        return read_plan(_text(content))
    except PlanError as reason:
        said = _of_a_manifest(named) if content.strip() and not content.lstrip().startswith(b"{") else reason
        raise NotAPlan(f"{'<stdin>' if named == '-' else named}: {said or reason}") from reason


def _of_a_manifest(named: str) -> str | None:
    """Return what to say of a file that is named like a manifest; None for any other name."""
    if Path(named).suffix not in {".yaml", ".yml"}:
        return None
    return f"a manifest, not a plan; `ecsplan compile {shlex.quote(named)} -o plan.json` writes its plan"


def _content(named: str) -> bytes:
    """Return at most a little more than the largest plan: `read_plan` refuses what is larger."""
    most = MAX_PLAN_BYTES + 1
    try:
        if named == "-":
            return standard_input().read(most)
        with Path(named).open("rb") as file:
            return file.read(most)
    except OSError as reason:
        raise click.UsageError(f"cannot read {named}: {reason.strerror or reason}") from reason


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise PlanError(
                "this is UTF-16 text, as the `>` of Windows PowerShell writes it, and a plan is UTF-8; "
                "`ecsplan compile -o plan.json` writes it"
            ) from None
        raise PlanError(
            f"this is not UTF-8 text, so not a plan: {reason.reason} at byte {reason.start}"
        ) from None


@dataclass(frozen=True, slots=True)
class GivenInputs:
    """What a command that takes manifests or one plan was given.

    Attributes:
        named: The inputs: as they were named, or what stands for none.
        contents: What was read of them already, by path: a pipe can be read but once.
        plan: The path of the one that is a plan; None where they are manifests.
    """

    named: tuple[str, ...]
    contents: Mapping[str, bytes]
    plan: str | None


def given_inputs(named: tuple[str, ...]) -> GivenInputs:
    """Return the manifests or the plan that the command line names; with nothing, manifests/, else plan.json.

    Raises:
        click.UsageError: Nothing is named and there is neither, or a plan is among others.
    """
    if not named and not is_folder(DEFAULT_FOLDER):
        named = (_default_plan(),)
    contents = _read_ahead(named)
    plan = next((path for path, content in contents.items() if _is_plan(content)), None)
    if plan is not None and len(named) > 1:
        raise click.UsageError(f"{plan} is a plan: give it alone, or give manifests")
    return GivenInputs(named, contents, plan)


def refuse_with_plan(name: str | None, values: GivenValues, settings: "Settings") -> None:
    """Refuse options that change what a manifest says, where a plan is given.

    Raises:
        click.UsageError: There is one.
    """
    if name is not None:
        raise click.UsageError(f"--name {name}: the jobs of a plan already have names")
    if settings.texts or settings.command is not None:
        raise click.UsageError("--set: the jobs of a plan are already compiled; pass manifests instead")
    if values.options or values.problems:
        raise click.UsageError("--var: the jobs of a plan already have their values; pass manifests instead")


def _default_plan() -> str:
    """Return the plan that is meant where nothing is named and there are no manifests.

    Raises:
        click.UsageError: There is none either.
    """
    if Path(DEFAULT_PLAN).is_file():
        return DEFAULT_PLAN
    raise click.UsageError(
        f"there is neither {DEFAULT_FOLDER}/ nor {DEFAULT_PLAN} here:"
        f" name a manifest, a directory, a plan, or -{at_hand()}"
    )


def _read_ahead(inputs: tuple[str, ...]) -> Mapping[str, bytes]:
    """Return the contents of inputs that may be plans: a lone one, any *.json. A pipe is read but once."""
    contents: dict[str, bytes] = {}
    for each in inputs:
        path = STDIN if each == "-" else each
        if (len(inputs) == 1 or each.endswith(".json")) and not is_folder(each):
            try:
                contents[path] = Input(path).read()
            except OSError:
                continue  # reported among the manifests
    return contents


def _is_plan(content: bytes) -> bool:
    """Return whether a content is a plan, or was one before it was cut or edited."""
    text = content.decode("utf-8-sig", "replace").lstrip()
    if not text.startswith("{"):
        return False
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return '"plan_version"' in text
    return isinstance(document, dict) and not _OF_PLANS.isdisjoint(document)
