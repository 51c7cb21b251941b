"""What `ecsplan init` names: a file, a folder, standard input, a command line, or something at AWS."""

import errno
import os
import shlex
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from ecsplan.yaml.decode import MAX_BYTES, characters
from ecsplan_cli.inputs import STDIN, Input, is_folder, standard_input
from ecsplan_cli.options import AwsArguments
from ecsplan_convert.source import COMMAND_LINE, ConversionError, Source, SourceJobs

_SUFFIXES: Final = (".json", ".yaml", ".yml", ".py", ".sh")
"""Files of a folder that are sources."""


def found_in_words(words: Sequence[str]) -> SourceJobs:
    """Return the jobs of a command line: `aws ecs run-task …`.

    Raises:
        ConversionError: It cannot be converted.
    """
    from ecsplan_convert.init import read_as  # noqa: PLC0415 - loads what reads all formats

    here = Input(STDIN)
    # One word in quotes is a line that no shell has read yet.
    line = words[0] if len(words) == 1 else shlex.join(words)
    source = Source(COMMAND_LINE, line, read=lambda name: _decoded(name, here.read_relative(name)))
    return read_as("shell", source)


def found_at(named: str, aws: AwsArguments) -> SourceJobs:
    """Return the jobs of the source that the command line names.

    Raises:
        ConversionError: It cannot be converted.
        click.UsageError: There is no such source.
        click.ClickException: AWS has no such thing, or could not be asked.
    """
    from ecsplan_convert.init import found_in  # noqa: PLC0415 - as above

    if is_folder(named):
        files = sorted(
            each.path for each in os.scandir(named) if each.name.endswith(_SUFFIXES) and _is_plain(each)
        )
        return _found_in_files(files)
    if named == "-" or os.path.lexists(named):
        return found_in(_source(Input(STDIN if named == "-" else named)))
    from ecsplan_cli.described import described, names_aws  # noqa: PLC0415 - loads what talks to AWS

    if names_aws(named):
        return described(named, aws)
    raise click.UsageError(f"there is no file {named}")


def _found_in_files(files: Sequence[str]) -> "SourceJobs":
    """Return the jobs of the files of a folder; one that cannot be read is a note.

    Raises:
        ConversionError: None of them can be converted.
    """
    from ecsplan_convert.init import found_in_folder  # noqa: PLC0415
    from ecsplan_convert.source import ConversionError  # noqa: PLC0415

    sources, unread = [], []
    for each in files:
        try:
            sources.append(_source(Input(each)))
        except ConversionError as reason:
            unread.append(f"{each}: {reason}")
        except click.UsageError as reason:
            unread.append(reason.message)
    return found_in_folder(sources, unread)


def _is_plain(entry: "os.DirEntry[str]") -> bool:
    return entry.is_file() and not entry.name.startswith(".")


def _source(source: Input) -> Source:
    """Return a file as a source.

    Raises:
        click.UsageError: It cannot be read.
        ConversionError: It is too large.
    """
    try:
        raw = _content(source.path)
    except OSError as reason:
        raise click.UsageError(f"cannot read {source.path}: {reason.strerror or reason}") from reason
    return Source(source.path, _text(raw), read=lambda name: _decoded(name, source.read_relative(name)))


def _content(path: str) -> bytes:
    """Return what is in a file, at most one byte more than a source may have."""
    if path == STDIN:
        return standard_input().read(MAX_BYTES + 1)
    if stat.S_ISDIR(os.stat(path).st_mode):  # noqa: PTH116 - as is_folder
        raise OSError(errno.EISDIR, "it is a directory")
    with Path(path).open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _decoded(name: str, raw: bytes) -> str:
    """Return the text of a file that a source names.

    Raises:
        ConversionError: It is too large, or is not a text file.
    """
    from ecsplan_convert.source import ConversionError  # noqa: PLC0415

    try:
        return _text(raw)
    except ConversionError as reason:
        raise ConversionError(f"{name}: {reason}", help=reason.help) from reason


def _text(raw: bytes) -> str:
    """Return the text of a file.

    Raises:
        ConversionError: It is too large, or is not a text file.
    """
    if len(raw) > MAX_BYTES:
        raise ConversionError(f"the file has more than {MAX_BYTES // 2**20} MiB", help="name a part of it")
    text, problems = characters(raw)
    if problems:
        line = text.count("\n", 0, problems[0].start) + 1
        raise ConversionError(problems[0].message, help=problems[0].help, line=line)
    return text.removeprefix("\ufeff")
