"""Values for the variables of manifests: `--var`, `--var-file`, and the environment."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import wraps
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from ecsplan.terms.diagnostic import Diagnostic, Location, error
from ecsplan.terms.records import dataclass
from ecsplan.terms.secrecy import MASK
from ecsplan.variables.declarations import Declaration
from ecsplan.variables.values import Given
from ecsplan_cli.options import FILE_NAME, PIPES

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

VARIABLE_PREFIX = "ECSPLAN_VAR_"
"""Before the name of a variable: the environment variable that gives its value."""
OPTION = "--var"
MAX_FILE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Repeated:
    """How a command is given the values of this one.

    Attributes:
        options: Its options.
        environment: The environment variables that have to be set for it.
    """

    options: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GivenValues:
    """The values that a command was given, in the order of precedence.

    Attributes:
        options: What `--var` says, by name.
        files: What `--var-file` says, by name.
        may_lack: Whether a required variable without a value is unknown, rather than an error.
        problems: What is wrong with the files.
        file_names: The files.
    """

    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    files: Mapping[str, Given] = field(default_factory=dict, repr=False)
    may_lack: bool = False
    problems: tuple[Diagnostic, ...] = ()
    file_names: tuple[str, ...] = ()

    def given(self, declaration: Declaration) -> Given | None:
        """Return the value of a variable; the environment is asked for the declared names only."""
        name = declaration.name
        if name in self.options:
            return Given(self.options[name], f"from {OPTION}")
        if name in self.files:
            return self.files[name]
        for each in (VARIABLE_PREFIX + name, declaration.env):
            if each is not None and (text := os.environ.get(each)) is not None:
                # Bytes that are not UTF-8 become half characters, which no plan can contain.
                return Given(text.encode("utf-8", "replace").decode(), f"from {each}")
        return None

    def repeated(self, sensitive: Iterable[Declaration]) -> Repeated:
        """Return how another apply is given the same values, without showing any.

        Args:
            sensitive: The sensitive variables that the apply needs.
        """
        given = [name for each in sensitive if (name := each.name) in self.options or name in self.files]
        names = tuple(dict.fromkeys(given))
        gone = {f"from {name}" for name in self.file_names if not _can_be_read_again(name)}
        unnamed = [name for name in names if name in self.options or self.files[name].origin in gone]
        if any(name in self.files for name in unnamed):
            # A file that is named would win over the environment.
            return Repeated((), tuple(VARIABLE_PREFIX + name for name in names))
        options = (
            word for name in self.file_names if f"from {name}" not in gone for word in ("--var-file", name)
        )
        return Repeated(tuple(options), tuple(VARIABLE_PREFIX + name for name in unnamed))

    def undeclared(self, declared: Iterable[Declaration]) -> Iterator[Diagnostic]:
        """Yield an error for each `--var` whose name no manifest declares."""
        from ecsplan.variables.undeclared import undeclared  # noqa: PLC0415 - only where `--var` is given

        known = tuple(declared)
        for name in self.options:
            place = Location(OPTION, 1, 1, max(1, len(name)), excerpt=f"{name}={MASK}")
            found = undeclared(name, known, place)
            if found is not None:
                yield found

    def refuse_unplanned(self, sensitive: Iterable[Declaration]) -> None:
        """Refuse values that a plan does not take, and files that cannot be read.

        Args:
            sensitive: The sensitive variables of the plan.

        Raises:
            click.UsageError: There is one.
        """
        if self.problems:
            first = self.problems[0]
            raise click.UsageError(f"--var-file {first.path}:{first.line}:{first.column}: {first.message}")
        names = {each.name for each in sensitive}
        unplanned = [each for each in self.options if each not in names]
        if unplanned:
            takes = (
                f"it takes {', '.join(sorted(names))}"
                if names
                else "it takes none, because compile has already used them"
            )
            raise click.UsageError(f"{OPTION} {unplanned[0]}: the plan takes no value for it; {takes}")


def _can_be_read_again(name: str) -> bool:
    """Return whether a file can be read a second time: a pipe, which a shell names /dev/fd/63, cannot."""
    return not name.startswith(PIPES) and Path(name).is_file()


NO_VALUES = GivenValues()
"""No values but those of the environment."""


def values_options(function: Decorated) -> Decorated:
    """Give the command `--var` and `--var-file` as `values`."""

    @click.option(
        "--var",
        "variables",
        metavar="NAME=VALUE",
        multiple=True,
        help="Value of a variable; may be repeated. [env: ECSPLAN_VAR_NAME]",
    )
    @click.option(
        "--var-file",
        "var_files",
        metavar="FILE",
        type=FILE_NAME,
        multiple=True,
        help="Values in YAML or JSON, or the output of `terraform output -json`; may be repeated.",
    )
    @wraps(function)
    def wrapped(*, variables: tuple[str, ...], var_files: tuple[str, ...], **others: Any) -> Any:
        _refuse_shared_input(var_files, others)
        return function(values=given_values(variables, var_files), **others)

    return wrapped  # type: ignore[return-value] # click passes what its options say


def given_values(variables: Sequence[str], files: Sequence[str]) -> GivenValues:
    """Return what the options say.

    Raises:
        click.UsageError: A `--var` is not NAME=VALUE.
    """
    options: dict[str, str] = {}
    for each in variables:
        name, equals, value = each.partition("=")
        if not equals or not name:
            # The text is not shown: it may be a secret that lost its name.
            raise click.UsageError(f"{OPTION} takes NAME=VALUE{f', not {name!r}' if equals else ''}")
        options[name] = value.encode("utf-8", "replace").decode()
    values: dict[str, Given] = {}
    problems: list[Diagnostic] = []
    for each in files:
        values.update(_read_file(each, problems))
    return GivenValues(options, values, problems=tuple(problems), file_names=tuple(files))


def _refuse_shared_input(var_files: Iterable[str], arguments: Mapping[str, Any]) -> None:
    """Refuse standard input as a file with values where it is a manifest or the plan, too.

    It can be read but once.

    Args:
        var_files: The files with values.
        arguments: The other arguments of the command.

    Raises:
        click.UsageError: It is both.
    """
    shared = next((each for each in var_files if each in _STANDARD_INPUTS), None)
    if shared is None:
        return
    plan = arguments.get("plan")
    named = (*arguments.get("manifests", ()), *arguments.get("inputs", ()), *([plan] if plan else []))
    if any(each == "-" or each in _STANDARD_INPUTS for each in named):
        raise click.UsageError(f"--var-file {shared}: standard input is read once, and is the input already")


_STANDARD_INPUTS: Final = frozenset({"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"})
"""Names of standard input as a file."""


def _read_file(name: str, problems: list[Diagnostic]) -> Mapping[str, Given]:
    """Return the values in a file; append what is wrong with it to `problems`."""
    from ecsplan.variables.var_files import values_in  # noqa: PLC0415
    from ecsplan.yaml.values import read_mapping  # noqa: PLC0415 - only where `--var-file` is given

    at = Location(name, 1, 1)
    try:
        with Path(name).open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as reason:
        problems.append(error("unreadable-file", at, f"cannot read this file: {reason.strerror or reason}"))
        return {}
    if len(content) > MAX_FILE_BYTES:
        message = f"this file has more than {MAX_FILE_BYTES:,} bytes"
        problems.append(error("unreadable-file", at, message, help="write only the values that are needed"))
        return {}
    data, found = read_mapping(content, file=name)
    problems += found
    return values_in(data, f"from {name}")
