"""The manifests named on the command line: files, directories, standard input."""

import errno
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path
from typing import BinaryIO

import click

from ecsplan.terms.diagnostic import Diagnostic, Location, error, warning
from ecsplan.terms.records import dataclass

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

    def read_relative(self, name: str) -> bytes:
        """Return the bytes of a file that the manifest names, relative to the manifest's folder.

        For standard input, the folder is the current one.

        Raises:
            OSError: It cannot be read, or it is not a regular file: reading a pipe may never end.
        """
        from ecsplan.yaml.decode import MAX_BYTES  # noqa: PLC0415 - few manifests name a file

        path = Path(name) if self.path == STDIN else Path(self.path).parent / name
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise OSError(errno.EISDIR, "it is a directory")
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        with path.open("rb") as file:
            # One more than is allowed, so that the reader sees that the file is too long without all of it.
            return file.read(MAX_BYTES + 1)


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
            raise click.UsageError(
                f"there is no {DEFAULT_FOLDER}/ here: name a manifest, a directory, or -{at_hand()}"
            )
        named = (DEFAULT_FOLDER,)
    found: list[Input] = []
    problems: list[Diagnostic] = []
    for name in named:
        if name == "-":
            found.append(Input(STDIN))
        elif is_folder(name):
            found += _in_directory(name, problems)
        else:
            found.append(Input(name))
    return Inputs(tuple(dict.fromkeys(found)), tuple(problems))


def at_hand() -> str:
    """Return a remark on the manifests that may be meant: those of this folder; "" where there are none."""
    found: list[str] = []
    with suppress(OSError):
        found = [each.name for each in Path().glob("[!.]*") if each.suffix in SUFFIXES and each.is_file()]
    if len(found) > 1:
        return f" (`.` has {len(found)} YAML files)"
    return f" ({found[0]} is here)" if found else ""


def judged(parts: Sequence[tuple[str, Sequence[str]]]) -> frozenset[int]:
    """Return the positions of the manifests to judge: all but those that are definition files of another.

    Args:
        parts: The path of each manifest, and of the definition files that it names.
    """
    named: set[str] = set()
    if not any(files for _, files in parts):
        return frozenset(range(len(parts)))
    paths = [os.path.realpath(path) for path, _ in parts]
    for path, (_, files) in zip(paths, parts, strict=True):
        # What a definition file names does not count: of two files that name each other, the first stays.
        if path not in named:
            named.update(each for each in map(os.path.realpath, files) if each != path)
    return frozenset(index for index, path in enumerate(paths) if path not in named)


def input_files(named: Sequence[str]) -> Iterator[str]:
    """Yield the files that a command with these manifests reads; problems with them are reported later."""
    if named or is_folder(DEFAULT_FOLDER):
        yield from (each.path for each in find_inputs(named).manifests)


def is_folder(name: str) -> bool:
    """Return whether a folder has this name."""
    return os.path.isdir(name)  # noqa: PTH112 - a Path raises an error where a name is too long to exist


def unreadable(path: str, reason: OSError) -> Diagnostic:
    """Return the diagnostic for a manifest that cannot be read."""
    return error(
        "unreadable-file", Location(path, 1, 1), f"cannot read this file: {reason.strerror or reason}"
    )


def _in_directory(top: str, problems: list[Diagnostic]) -> list[Input]:
    inputs = [Input(path) for path in sorted(_walk(top, problems))]
    if not inputs:
        at = Location(top, 1, 1)
        problems.append(error("no-manifests", at, f"no {' or '.join(SUFFIXES)} file is below this directory"))
    return inputs


def _walk(top: str, problems: list[Diagnostic]) -> Iterator[str]:
    """Yield the manifests below a folder; what cannot be read and links that lead in circles are named."""
    waiting = [(top, frozenset(_ancestors(top)))]
    while waiting:
        folder, above = waiting.pop()
        try:
            identity = _identity(Path(folder).stat())
            entries = list(os.scandir(folder))
        except OSError as reason:
            problems.append(unreadable(folder, reason))
            continue
        if identity in above:
            problems.append(_cycle(folder, "this link leads back to a folder above it; not followed"))
            continue
        for entry in entries:
            if not entry.name.startswith("."):
                path = str(Path(folder, entry.name))
                kind = _kind(entry, path, problems)
                if kind is _Kind.FOLDER:
                    # `above` belongs to this branch: two links to one folder are not a circle, and are read.
                    waiting.append((path, above | {identity}))
                elif kind is _Kind.MANIFEST:
                    yield path


class _Kind(Enum):
    FOLDER = auto()
    MANIFEST = auto()
    OTHER = auto()


def _kind(entry: "os.DirEntry[str]", path: str, problems: list[Diagnostic]) -> _Kind:
    is_named_so = entry.name.endswith(SUFFIXES)
    try:
        mode = entry.stat().st_mode
    except OSError as reason:
        if is_named_so or entry.is_dir(follow_symlinks=False):  # known from the folder's entry
            problems.append(unreadable(path, reason))
        elif reason.errno == errno.ELOOP:
            problems.append(_cycle(path, "this link leads to itself"))
        return _Kind.OTHER
    if stat.S_ISDIR(mode):
        return _Kind.FOLDER
    if not is_named_so:
        return _Kind.OTHER
    if not stat.S_ISREG(mode):
        # Reading a pipe waits for its writer; a pipe that is meant as a manifest is named by itself.
        problems.append(unreadable(path, OSError(errno.EINVAL, "it is not a regular file")))
        return _Kind.OTHER
    return _Kind.MANIFEST


def _ancestors(folder: str) -> Iterator[tuple[int, int]]:
    """Yield the folders above this one, as far as they can be seen."""
    with suppress(OSError):
        for each in Path(folder).resolve().parents:
            yield _identity(each.stat())


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _cycle(path: str, message: str) -> Diagnostic:
    return warning("link-cycle", Location(path, 1, 1), message)
