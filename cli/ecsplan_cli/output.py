"""Where results go, standard output or a file that is written whole or not at all, and where messages go."""

import errno
import json
import os
import stat
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

import click

from ecsplan.terms.safe_text import without_commands
from ecsplan_cli.exits import READER_GONE, USAGE

if TYPE_CHECKING:
    from pathlib import Path


class CannotWrite(click.ClickException):
    """The file that the command line names cannot be written."""

    exit_code = USAGE


PRIVATE = 0o600
"""Mode of a new file that may hold secrets: for its owner alone."""
PUBLIC = 0o666
"""Mode of any other new file, less what the umask takes away."""


def write_result(text: str | Iterable[str], target: str | None, *, mode: int = PUBLIC) -> None:
    """Write a command's result, one text or pieces of it, to standard output, or to a file in one step.

    The file is written beside its target and renamed: whoever reads it sees all of it or the one before. An
    existing file keeps its mode, and a symbolic link stays one: the file that it leads to is written.

    Args:
        text: The result.
        target: The file; None and `-` are standard output.
        mode: Permissions of a file that does not exist yet, less what the umask takes away.

    Raises:
        CannotWrite: The file or standard output cannot be written.
    """
    pieces = [text] if isinstance(text, str) else text
    if target is None or target == "-":
        _print(pieces)
        return
    try:
        _replace(target, pieces, mode)
    except OSError as reason:
        raise CannotWrite(f"cannot write {target}: {reason.strerror or reason}") from reason


def json_text(document: object) -> str:
    """Return a document as JSON, in ASCII alone where a text in it is not valid Unicode."""
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(document, indent=2) + "\n"
    return text


def print_line(message: str, *, nl: bool = True) -> None:
    """Print a message to standard error; who does not read it does not change what the command does.

    What a pipeline would take for a command of its own is written out, wherever it comes from.
    """
    _echo(without_commands(message), nl=nl)


def print_workflow_command(command: str) -> None:
    """Print a workflow command of ecsplan's own to standard error, where a CI runner reads it."""
    _echo(command, nl=True)


def _echo(text: str, *, nl: bool) -> None:
    try:
        click.echo(text, err=True, nl=nl)
    except UnicodeEncodeError:  # PYTHONIOENCODING may ask for an encoding that refuses
        encoding = sys.stderr.encoding or "ascii"
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding), err=True, nl=nl)
    except OSError:
        drop_unwritten(sys.stderr)


def counted(number: int, noun: str) -> str:
    """Return a number and its noun: `1 job`, `2 jobs`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a standard stream is a terminal; it is None where it was closed: `2>&-`."""
    return stream is not None and stream.isatty()


def colour_wanted(stream: TextIO | None) -> bool:
    """Return whether to colour a standard stream: on a terminal, unless TERM is `dumb` or NO_COLOR is set.

    Source: no-color.org.
    """
    return is_terminal(stream) and os.environ.get("TERM") != "dumb" and not os.environ.get("NO_COLOR")


def drop_unwritten(stream: TextIO | None) -> None:
    """Let a stream lead nowhere: the interpreter flushes it at its end, and would complain again."""
    if stream is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _print(pieces: Iterable[str]) -> None:
    if sys.stdout is None:  # closed by whoever started the command: `>&-`
        raise CannotWrite("cannot write standard output: it is closed")
    try:
        for piece in pieces:
            # Bytes: the locale may know an encoding that lacks a character, and a result is UTF-8 everywhere.
            sys.stdout.buffer.write(piece.encode("utf-8", "surrogatepass"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        drop_unwritten(sys.stdout)
        sys.exit(READER_GONE)
    except OSError as reason:
        drop_unwritten(sys.stdout)
        raise CannotWrite(f"cannot write standard output: {reason.strerror or reason}") from reason


def _replace(target: str, pieces: Iterable[str], mode: int) -> None:
    import tempfile  # noqa: PLC0415 - help is a result too, and shall be there at once
    from pathlib import Path  # noqa: PLC0415

    path = Path(target)
    if path.exists() and not path.is_file():  # /dev/stdout, a pipe: nothing to rename over
        path.write_text("".join(pieces), encoding="utf-8")
        return
    path = Path(os.path.realpath(path))
    if path.is_symlink():  # it leads in a circle
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(pieces)
            file.flush()
            # Before the rename: a crash may keep the new name without the data, and the file would be empty.
            os.fsync(file.fileno())
        if path.exists():
            mode = _keep_owner(beside, path)
        else:
            # The umask is read by setting it. It still has to be applied: mkstemp makes files 0600.
            mask = os.umask(0)
            os.umask(mask)
            mode &= ~mask
        Path(beside).chmod(mode)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _keep_owner(beside: str, path: "Path") -> int:
    """Give a file the owner of the one that it replaces, where that is allowed; return that one's mode."""
    status = path.stat()
    with suppress(OSError):
        # Only root may give a file away; for anybody else the new file is theirs, with the mode of the old.
        os.chown(beside, status.st_uid, status.st_gid)
    return stat.S_IMODE(status.st_mode)
