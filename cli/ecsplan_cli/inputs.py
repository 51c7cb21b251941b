"""The manifests named on the command line: files, directories, standard input."""

import errno
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import click

from ecsplan.diagnostic import Diagnostic, Location, error, warning

DEFAULT_FOLDER = "manifests"
SUFFIXES = (".yaml", ".yml")
STDIN = "<stdin>"


@dataclass(frozen=True, slots=True)
class Input:
    """A manifest to read; `path` is as the user named it, `<stdin>` for standard input."""

    path: str

    def read(self) -> bytes:
        """Return its bytes.

        Raises:
            OSError: It cannot be read.
        """
        return standard_input().read() if self.path == STDIN else Path(self.path).read_bytes()


@dataclass(frozen=True, slots=True)
class Inputs:
    """The manifests in the order in which they are compiled, and what is wrong with finding them."""

    manifests: tuple[Input, ...]
    diagnostics: tuple[Diagnostic, ...]


def standard_input() -> BinaryIO:
    """Return standard input, in bytes.

    Raises:
        OSError: Whoever started the command closed it: `<&-`.
    """
    if sys.stdin is None:
        raise OSError(errno.EBADF, "it is closed")
    return sys.stdin.buffer


def find_inputs(named: Sequence[str]) -> Inputs:
    """Return the manifests that the command line names: each once, a directory's in the order of their paths.

    Raises:
        click.UsageError: Nothing is named and there is no `manifests/`.
    """
    if not named:
        if not Path(DEFAULT_FOLDER).is_dir():
            raise click.UsageError(f"there is no {DEFAULT_FOLDER}/ here: name a manifest, a directory, or -")
        named = (DEFAULT_FOLDER,)
    found: list[Input] = []
    problems: list[Diagnostic] = []
    for name in named:
        if name == "-":
            found.append(Input(STDIN))
        elif Path(name).is_dir():
            found += _in_directory(name, problems)
        else:
            found.append(Input(name))
    return Inputs(tuple(dict.fromkeys(found)), tuple(problems))


def unreadable(path: str, reason: OSError) -> Diagnostic:
    """Return the diagnostic for a manifest that cannot be read."""
    return error(
        "unreadable-file", Location(path, 1, 1), f"cannot read this file: {reason.strerror or reason}"
    )


def _in_directory(top: str, problems: list[Diagnostic]) -> list[Input]:
    inputs = [Input(path) for path in sorted(_walk(top, frozenset(), problems))]
    if not inputs:
        at = Location(top, 1, 1)
        problems.append(error("no-manifests", at, f"no {' or '.join(SUFFIXES)} file is below this directory"))
    return inputs


def _walk(folder: str, above: frozenset[tuple[int, int]], problems: list[Diagnostic]) -> Iterator[str]:
    """Yield the manifests below a folder; a link that leads back above itself is named, not followed."""
    try:
        status = Path(folder).stat()
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as reason:
        problems.append(unreadable(folder, reason))
        return
    identity = (status.st_dev, status.st_ino)
    if identity in above:
        problems.append(
            warning(
                "link-cycle",
                Location(folder, 1, 1),
                "this link leads back to a folder above it; not followed",
            )
        )
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = str(Path(folder, entry.name))
        if entry.is_dir():
            yield from _walk(path, above | {identity}, problems)
        elif entry.name.endswith(SUFFIXES):
            yield path
