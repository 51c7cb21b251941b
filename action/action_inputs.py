"""The inputs of the action, read from the environment: lines, globs, variables, and what tells uses apart."""

import glob
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workflow import StepError

_HEREDOC = re.compile(r"(?P<name>[^=\s]+)<<(?P<end>\S+)")
"""The first line of a value of several lines, as GitHub's own files of variables have it."""


def read(name: str) -> str:
    """Return an input by its name in action.yml, without blanks around it; "" where it is not given."""
    return os.environ.get(f"INPUT_{name.upper().replace('-', '_')}", "").strip()


def lines(name: str) -> list[str]:
    """Return the lines of an input that are not blank, without the blanks around them."""
    return [each.strip() for each in read(name).splitlines() if each.strip()]


def enter_working_directory() -> None:
    """Go to the folder that all paths are relative to.

    Raises:
        StepError: There is no such folder.
    """
    named = read("working-directory") or "."
    folder = Path(os.environ.get("GITHUB_WORKSPACE") or ".", named)
    try:
        os.chdir(folder)
    except OSError as error:
        raise StepError(f"working-directory: cannot enter '{named}': {error.strerror}") from error


def manifests() -> list[str]:
    """Return the arguments that name the manifests, globs replaced by what they match.

    Raises:
        StepError: A glob matches nothing.
    """
    return [_argument(each) for line in lines("manifests") for each in _matches(line)]


def value_options() -> list[str]:
    """Return the options of the commands that compile: variables, their files, and overrides.

    Raises:
        StepError: A line of `vars` cannot be read.
    """
    return [
        *_options("--var", (f"{name}={value}" for name, value in variables())),
        *file_options(),
        *_options("--set", iter(lines("set"))),
    ]


def file_options() -> list[str]:
    """Return the options for `var-file`."""
    return _options("--var-file", map(_argument, lines("var-file")))


def region_options() -> list[str]:
    """Return the option for `region`."""
    return _options("--region", iter([each for each in [read("region")] if each]))


def options_for_apply(plan: Mapping[str, Any]) -> list[str]:
    """Return the options that hand the values of its sensitive variables to an apply.

    Others are left out: compile has used them, and apply refuses a value that the plan does not take.

    Raises:
        StepError: A line of `vars` cannot be read.
    """
    taken = {name for job in plan["jobs"] for name in job.get("sensitive", {})}
    given = (f"{name}={value}" for name, value in variables() if name in taken)
    return [*_options("--var", given), *file_options()]


def variables() -> list[tuple[str, str]]:
    """Return the names and values of `vars`; the text of a value is taken as it stands.

    Raises:
        StepError: A line is no assignment, or a value of several lines does not end.
    """
    found: list[tuple[str, str]] = []
    rows = iter(enumerate(os.environ.get("INPUT_VARS", "").replace("\r\n", "\n").split("\n"), 1))
    for number, row in rows:
        text = row.lstrip()
        if not text or text.startswith("#"):
            continue
        heredoc = _HEREDOC.fullmatch(text.rstrip())
        name, sign, value = text.partition("=")
        if heredoc:
            found.append((heredoc["name"], _until(heredoc["end"], rows, number)))
        elif sign and name.strip():
            found.append((name.strip(), value))
        else:
            # The line may hold a secret, so it is not quoted.
            raise StepError(f"vars, line {number}: write NAME=VALUE")
    return found


def instance() -> str:
    """Return 12 hex digits that tell this use of the action apart from others of its repository.

    The same use has the same ones in each attempt and in each run of its workflow. Values of variables do not
    count: they change from commit to commit, and a comment is to be found again.
    """
    places = [os.environ.get(name, "") for name in ("GITHUB_REPOSITORY", "GITHUB_WORKFLOW", "GITHUB_JOB")]
    inputs = [read(name) for name in ("working-directory", "plan", "region", "key")]
    whole = json.dumps([places, inputs, lines("manifests"), os.environ.get("ECSPLAN_MATRIX", "")])
    return hashlib.sha256(whole.encode()).hexdigest()[:12]


def _options(name: str, values: Iterator[str]) -> list[str]:
    return [word for each in values for word in (name, each)]


def _argument(path: str) -> str:
    """Return a path that no command takes for an option, or for standard input."""
    return f"./{path}" if path.startswith("-") else path


def _matches(line: str) -> list[str]:
    if os.path.exists(line) or not glob.has_magic(line):  # noqa: PTH110 - a Path raises for a long name
        return [line]
    found = sorted(glob.glob(line, recursive=True))  # noqa: PTH207 - a Path would refuse an absolute pattern
    if not found:
        raise StepError(f"manifests: nothing matches '{line}' in {Path.cwd()}")
    return found


def _until(end: str, rows: Iterator[tuple[int, str]], start: int) -> str:
    value: list[str] = []
    for _, row in rows:
        if row.strip() == end:
            return "\n".join(value)
        value.append(row)
    raise StepError(f"vars, line {start}: no line '{end}' ends the value")
