"""`ecsplan export`: jobs in, a document for another tool out."""

import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecsplan.plan.plan import PlannedJob
from ecsplan.settings.overlay import Settings
from ecsplan.terms.safe_text import escaped, escaped_lines, is_hidden, without_commands
from ecsplan_cli.completions import complete_planned_jobs
from ecsplan_cli.help import ManifestCommand
from ecsplan_cli.inputs import input_files
from ecsplan_cli.job_names import listed, name_option
from ecsplan_cli.manifest_options import ManifestOptions
from ecsplan_cli.options import (
    FILE_NAME,
    AwsArguments,
    aws_options,
    is_on_command_line,
    quiet_option,
)
from ecsplan_cli.output import PRIVATE, CannotWrite, print_line, write_result
from ecsplan_cli.output_files import check_target
from ecsplan_cli.plan_files import GivenInputs, given_inputs
from ecsplan_cli.settings import settings_options
from ecsplan_cli.values import GivenValues, values_options
from ecsplan_convert.writers.registry import IN_FOLDERS, WRITERS

if TYPE_CHECKING:
    from ecsplan_convert.exported import Exported

_OPTION = "--output"


@click.command("export", cls=ManifestCommand)
@click.argument("inputs", nargs=-1, type=FILE_NAME, metavar="[MANIFEST]...|[PLAN]")
@click.option(
    "--to",
    "form",
    type=click.Choice(list(WRITERS)),
    metavar="FORMAT",
    required=True,
    help=f"The format: {', '.join(WRITERS)}.",
)
@click.option(
    "--output",
    "-o",
    type=FILE_NAME,
    metavar="FILE",
    help="Write to this file, atomically; with aws-cli, into this folder.",
)
@click.option(
    "--job",
    metavar="NAME",
    shell_complete=complete_planned_jobs,
    help="Export only this job; the name of a matrix without values means all of its jobs.",
)
@click.option(
    "--offline", is_flag=True, help="Do not call AWS; what only AWS knows stays open and is marked."
)
@name_option
@values_options
@settings_options
@aws_options
@quiet_option
def command(
    *,
    inputs: tuple[str, ...],
    form: str,
    output: str | None,
    job: str | None,
    offline: bool,
    name: str | None,
    values: GivenValues,
    settings: Settings,
    aws: AwsArguments,
    quiet: bool,
) -> None:
    """Convert jobs to the format of another tool.

    Takes manifests, which are compiled as `compile` does, or one plan (- for standard input), which is
    exported as it is. What the format cannot express is listed on stderr, and what is still open is marked
    with angle brackets. Values are written in plain text, including those that look like credentials, so a
    new file is readable by its owner only. Neither a plan nor an export contains the values of sensitive
    variables. Exits with 1 if a manifest is invalid, and with 123 if a plan is.

    aws-cli writes the input files of `aws ecs register-task-definition` and `aws ecs run-task` into the
    folder -o, and prints the commands.

    A MANIFEST is a file, a directory (every *.yaml and *.yml file below it that is not hidden), or - for
    standard input. Without arguments, manifests/ is exported, or else plan.json.

    \b
    Examples:
      ecsplan export job.yaml --to terraform -o job.tf.json
      ecsplan export job.yaml --to aws-cli -o requests | sh
      ecsplan export plan.json --to step-functions --job load
    """
    from ecsplan_convert.export import revealed  # noqa: PLC0415 - each command imports what it uses

    if form in IN_FOLDERS:
        _check_folder(form, output)
    given = given_inputs(inputs)
    read = [given.plan] if given.plan is not None else [*input_files(given.named)]
    read.append(aws.state or "")
    if form not in IN_FOLDERS:
        check_target(_OPTION, output, read)
    how = ManifestOptions(aws.region, name, values, settings, quiet, None if offline else aws)
    jobs, files = _jobs(given, how)
    chosen = _chosen(jobs, job)
    done = _exported(form, chosen)
    read += files
    if output is not None and form in IN_FOLDERS:
        _write_files(output, done.files, read)
        write_result(_in_folder(done.text, done.files, output), None)
    else:
        check_target(_OPTION, output, read)
        write_result(done.text, output, mode=PRIVATE)
    if not quiet:
        _warn(done.notes, revealed(chosen, done))


def _jobs(given: GivenInputs, how: ManifestOptions) -> tuple[tuple[PlannedJob, ...], tuple[str, ...]]:
    """Return the jobs of what the command line names, and the definition files that were read.

    Ends the command where a manifest is wrong.
    """
    plan = how.plan(given)
    if plan is None:
        return how.jobs_and_files(given)
    if how.region is not None and is_on_command_line("region"):
        raise click.UsageError(
            f"--region {how.region}: the jobs of a plan already have a region; pass manifests instead"
        )
    return plan.jobs, ()


def _chosen(jobs: Sequence[PlannedJob], wanted: str | None) -> tuple[PlannedJob, ...]:
    """Return the jobs that `--job` means: all where it is not given.

    Raises:
        click.UsageError: There is none.
    """
    if not jobs:
        raise click.UsageError("there is no job to export")
    if wanted is None:
        return tuple(jobs)
    named = tuple(each for each in jobs if each.name == wanted)
    combined = tuple(each for each in jobs if each.policy.matrix and each.policy.matrix.name == wanted)
    if found := named or combined:
        return found
    from ecsplan.schema.nearest import nearest  # noqa: PLC0415 - only a mistyped name needs it

    names = dict.fromkeys(
        name
        for each in jobs
        for name in (*([each.policy.matrix.name] if each.policy.matrix else []), each.name)
    )
    likely = nearest(wanted, names)
    meant = "" if likely is None else f"did you mean {likely}? "
    raise click.UsageError(
        f"--job {wanted}: there is no job of this name; {meant}the jobs are {listed([*names])}"
    )


def _exported(form: str, jobs: Sequence[PlannedJob]) -> "Exported":
    """Return jobs in a format.

    Raises:
        click.UsageError: The format cannot hold so many jobs, or cannot say anything of these.
    """
    from ecsplan_convert.export import TooManyJobsError, exported  # noqa: PLC0415 - as above
    from ecsplan_convert.source import ConversionError  # noqa: PLC0415 - as above

    try:
        return exported(form, jobs)
    except TooManyJobsError as reason:
        names = listed([each.name for each in jobs])
        held = "one job" if reason.most == 1 else f"at most {reason.most} jobs"
        raise click.UsageError(
            f"--to {form} takes {held}, but there are {len(jobs)}: {names}; choose one with --job NAME"
        ) from None
    except ConversionError as reason:
        raise click.UsageError(f"--to {form}: {reason}; {reason.help}") from None


def _check_folder(form: str, output: str | None) -> None:
    """Refuse a folder that files cannot be written into, or that the AWS CLI could not name.

    Raises:
        click.UsageError: The folder is such a one, or none is named.
    """
    if output is None or output == "-":
        raise click.UsageError(f"--to {form} writes several files: name a folder for them with -o FOLDER")
    if os.path.exists(output) and not os.path.isdir(output):  # noqa: PTH110, PTH112 - a Path raises an error for long names
        raise click.UsageError(f"{_OPTION} {output} is a file, and {form} writes several: name a folder")
    if any(map(is_hidden, output)):
        raise click.UsageError(
            f"{_OPTION} {output}: the printed commands contain this name: choose one "
            "with printable characters only"
        )
    # Source: AWS CLI, awscli/paramfile.py, which expands variables in the name behind `file://`.
    if "$" in output:
        raise click.UsageError(
            f"{_OPTION} {output}: the AWS CLI expands `$` in names of files: name another folder"
        )


def _write_files(folder: str, files: Mapping[str, str], inputs: Iterable[str]) -> None:
    """Write the files into a folder, which is made where it is missing; none where one of them cannot be.

    Raises:
        click.UsageError: One of them is an input, or cannot be written.
        CannotWrite: One of them could not be written after all.
    """
    known = tuple(inputs)
    made = not os.path.isdir(folder)  # noqa: PTH112 - as above
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as reason:
        raise CannotWrite(f"cannot make the folder {folder}: {reason.strerror or reason}") from reason
    try:
        for name in files:
            check_target(_OPTION, os.path.join(folder, name), known)  # noqa: PTH118 - keeps a leading `./`
    except click.UsageError:
        if made:
            with suppress(OSError):
                Path(folder).rmdir()
        raise
    for name, text in files.items():
        write_result(text, os.path.join(folder, name), mode=PRIVATE)  # noqa: PTH118


def _in_folder(commands: str, files: Iterable[str], folder: str) -> str:
    """Return commands with the folder before the names of their files, so that they run where the user is."""
    # The AWS CLI expands a leading `~`, as a shell does.
    placed = {
        f"file://{name}": f"file://{os.path.join('./' + folder if folder.startswith('~') else folder, name)}"  # noqa: PTH118
        for name in files
    }
    lines = (
        shlex.join(placed.get(word, word) for word in shlex.split(line)) for line in commands.splitlines()
    )
    return "".join(f"{each}\n" for each in lines)


def _warn(notes: Iterable[str], revealing: Sequence[str]) -> None:
    """Print what the format could not say, and that credentials are in clear."""
    for each in notes:
        print_line(without_commands(escaped(f"warning: {each}")))
    if revealing:
        names = escaped_lines(listed(revealing))
        print_line(
            f"warning: values that look like credentials are exported in plain text ({names}): keep the "
            "export as secret as they are, or refer to them with `secrets`"
        )
