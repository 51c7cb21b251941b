"""`ecsplan init`: a manifest from what exists."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecsplan.terms.diagnostic import Location, error
from ecsplan.terms.safe_text import escaped, without_commands
from ecsplan_cli.exits import INVALID
from ecsplan_cli.help import COMMAND, CommandWithWords
from ecsplan_cli.inputs import STDIN
from ecsplan_cli.options import FILE_NAME, AwsArguments, aws_options, quiet_option
from ecsplan_cli.output import print_line, write_result
from ecsplan_cli.output_files import check_target, is_special
from ecsplan_cli.render.diagnostics import report
from ecsplan_cli.sources import found_at, found_in_words
from ecsplan_convert.source import COMMAND_LINE, ConversionError, SourceJobs

if TYPE_CHECKING:
    from ecsplan_convert.init import Converted


@click.command("init", cls=CommandWithWords)
@click.argument("source", required=False, type=FILE_NAME, metavar="[SOURCE]")
@click.option(
    "--output", "-o", type=FILE_NAME, metavar="FILE", help="Write to this file instead of standard output."
)
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
@click.option(
    "--job",
    metavar="NAME",
    help="Which job to convert if SOURCE has several; otherwise the name to give the job.",
)
@aws_options
@quiet_option
@click.pass_context
def command(
    context: click.Context,
    *,
    source: str | None,
    output: str | None,
    force: bool,
    job: str | None,
    aws: AwsArguments,
    quiet: bool,
) -> None:
    """Write a manifest for a job that already exists elsewhere.

    SOURCE is a file, a folder or - for standard input, recognized by its content: a task definition, a
    RunTask input, a shell script with `aws ecs run-task`, an ecspresso, Compose or Copilot file, a Prefect
    block or work pool, Python source with Airflow's EcsRunTaskOperator or Prefect's ECSTask, or an
    EventBridge target. It can also name something in AWS: the ARN or family of a task definition, the ARN of
    a task, or service:CLUSTER/NAME. Without SOURCE, a command line follows --. Files are not executed, and
    nothing is changed in AWS.

    What cannot be carried over is listed on stderr and in comments of the manifest.

    \b
    Examples:
      ecsplan init task-def.json -o job.yaml
      ecsplan init compose.yaml --job migrate
      ecsplan init -- aws ecs run-task --cluster batch --task-definition etl --launch-type FARGATE
    """
    from ecsplan_convert.named_jobs import NoJobError  # noqa: PLC0415 - each command imports what it uses

    words: tuple[str, ...] = context.meta.get(COMMAND, ())
    if (source is None) == (not words):
        raise click.UsageError(
            "give a SOURCE, or a command line after `--`;"
            " with nothing to convert, `image:` and `command:` in a file are a manifest"
        )
    _check_output(output, source, force=force)
    title = COMMAND_LINE if source is None else STDIN if source == "-" else source
    try:
        found = found_in_words(words) if source is None else found_at(source, aws)
        made = _converted(found, title, output, job)
    except NoJobError as reason:
        raise click.UsageError(f"--job: {reason}; {reason.help}") from reason
    except ConversionError as reason:
        _refuse(title, reason)
    if not quiet:
        for each in made.notes:
            print_line(without_commands(escaped(f"note: {each}")))
    write_result(made.text, output)


def _check_output(output: str | None, source: str | None, *, force: bool) -> None:
    """Refuse a file that exists, or that the manifest is made of.

    Raises:
        click.UsageError: The file is such a one.
    """
    check_target("-o", output, () if source is None else (source,))
    if output is None or output == "-" or force or is_special(output):
        return
    if os.path.lexists(output):
        raise click.UsageError(f"{output} exists; --force overwrites it")


def _converted(found: SourceJobs, title: str, output: str | None, job: str | None) -> "Converted":
    from ecsplan_convert.init import converted  # noqa: PLC0415 - as above

    title = _shown(title)
    named = title if output in {None, "-"} else os.path.basename(str(output))  # noqa: PTH119 - a text only
    stem = "" if named in {STDIN, COMMAND_LINE} else os.path.splitext(named)[0]  # noqa: PTH122 - as above
    return converted(found, title=title, name=stem, only=job)


def _shown(title: str) -> str:
    """Return a source as the manifest calls it: a file by its own name, others as they are named."""
    if not os.path.lexists(title):
        return title
    name = os.path.basename(title.rstrip("/"))  # noqa: PTH119 - a text only
    return Path(title).resolve().name if name in {"", ".", ".."} else name


def _refuse(title: str, reason: ConversionError) -> None:
    """Say why a source cannot be converted, and end."""
    found = error("source", Location(title, reason.line or 1, 1), str(reason), help=reason.help)
    report([found])
    sys.exit(INVALID)
