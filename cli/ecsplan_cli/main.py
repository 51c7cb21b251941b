"""The `ecsplan` command: its subcommands, loaded only when they run, and its exit codes."""

import importlib
import io
import shlex
import sys
from collections.abc import Sequence

import click

from ecsplan.terms.safe_text import escaped_lines
from ecsplan_cli.crash import crash_report
from ecsplan_cli.exits import AWS_FAILED, INTERRUPTED
from ecsplan_cli.help import Command, show_version
from ecsplan_cli.interrupts import interrupts_raise
from ecsplan_cli.output import print_line

SECTIONS = {
    "Plan and run": {
        "compile": "Compile manifests into a plan.",
        "check": "Check manifests and report every problem with its position.",
        "diff": "Show what a plan would register, reuse and run, and why.",
        "apply": "Execute a plan: register or reuse, run, follow the log, exit with the job's exit code.",
        "preview": "Show the two requests that a manifest compiles to, as YAML.",
    },
    "From and to other tools": {
        "init": "Write a manifest from a task definition, a shell script, a Compose file, a running task, …",
        "export": "Convert jobs for another tool: AWS CLI, Terraform, Prefect and others.",
    },
    "Before and after a run": {
        "verify": "Ask AWS whether jobs can run: roles, secrets, images, network, quotas.",
        "iam": "Print the smallest IAM policy that jobs need.",
        "prune": "Deregister old revisions that are not in use.",
        "schedule": "Create and update EventBridge Scheduler schedules for jobs with `schedule:`.",
    },
    "Inspect and control runs": {
        "runs": "List runs whose tasks are running or have stopped recently.",
        "status": "Show a run: its jobs, attempts, tasks, states, exit codes and reasons.",
        "logs": "Print the logs of a run, and with -f follow them.",
        "wait": "Wait until a run has ended, and exit as its apply would.",
        "stop": "Stop a run with all its tasks, or one task.",
        "exec": "Open a shell in the container of a running job.",
    },
    "On this machine": {
        "schema": "Print a JSON Schema, for editors and other tools.",
        "local": "Serve the embedded ECS on this machine until interrupted.",
        "docs": "Print a page of the documentation, or search it.",
        "completion": "Print the completion script for a shell.",
        "version": "Show the version.",
    },
}
"""What `ecsplan --help` lists: the subcommands by what they are for; `commands/COMMAND.py` holds each."""
COMMANDS = {name: text for section in SECTIONS.values() for name, text in section.items()}
_RUNS = "`ecsplan runs` lists runs, and `ecsplan status RUN` shows one."
_STOP = "`ecsplan stop RUN` stops a run with all its tasks; it also takes a task's ARN or id."
_EXEC = "`ecsplan exec RUN` opens a shell in the container of a running job."
_EXPORT = "`ecsplan export --to terraform` converts jobs for Terraform; `--to` also takes other tools."
_VERIFY = "`ecsplan verify` asks AWS whether jobs can run, and changes nothing."
_SCHEDULE = "`ecsplan schedule` creates and updates the schedules of jobs with `schedule:`."
_IAM = "`ecsplan iam plan.json` prints the policy that a plan needs; `ecsplan docs permissions` explains it."
_PRUNE = "`ecsplan prune --keep 10` deregisters old revisions that are not in use."
OF_OTHER_TOOLS = {
    "attach": "`ecsplan apply plan.json --run-id ID` attaches to a run, and `ecsplan status RUN` shows it.",
    "aws": "`ecsplan export --to aws-cli -o requests` converts jobs for it.",
    "cancel": _STOP,
    "clean": _PRUNE,
    "cleanup": _PRUNE,
    "cloudformation": "`ecsplan export --to cloudformation` converts jobs for it.",
    "connect": _EXEC,
    "convert": "`ecsplan init job.json` converts another tool's file to a manifest. " + _EXPORT,
    "cron": _SCHEDULE,
    "delete": _STOP,
    "deploy": "`ecsplan compile` compiles manifests into a plan, and `ecsplan apply plan.json` executes it.",
    "deregister": _PRUNE,
    "describe": _RUNS,
    "doctor": _VERIFY,
    "doc": "`ecsplan docs` lists the pages of the documentation.",
    "eventbridge": "`ecsplan export --to eventbridge` converts jobs for it.",
    "gc": _PRUNE,
    "generate": _EXPORT,
    "help": "The option --help lists the commands; after a command, it describes that one.",
    "history": _RUNS,
    "inspect": _RUNS,
    "kill": _STOP,
    "lint": "`ecsplan check` reports every problem in manifests.",
    "list": _RUNS,
    "log": "`ecsplan logs RUN` prints the logs of a run, and with -f follows them.",
    "ls": _RUNS,
    "plan": "`ecsplan compile` compiles manifests into a plan, and `ecsplan diff` shows what it would do.",
    "permissions": _IAM,
    "policy": _IAM,
    "preflight": _VERIFY,
    "prefect": "`ecsplan export --to prefect-work-pool` converts jobs for it.",
    "ps": _RUNS,
    "purge": _PRUNE,
    "render": "`ecsplan preview` shows the two requests that a manifest compiles to.",
    "rm": _STOP,
    "run": "`ecsplan compile` compiles manifests into a plan, and `ecsplan apply plan.json` runs its jobs.",
    "scheduler": _SCHEDULE,
    "schedules": _SCHEDULE,
    "shell": _EXEC,
    "show": "`ecsplan diff plan.json` shows what a plan would do.",
    "ssh": _EXEC,
    "start": "`ecsplan compile` compiles manifests into a plan, and `ecsplan apply plan.json` runs its jobs.",
    "step-functions": "`ecsplan export --to step-functions` converts jobs for it.",
    "tail": "`ecsplan logs RUN --tail 20 -f` prints the newest lines of a run's logs and follows them.",
    "tasks": _RUNS,
    "terminate": _STOP,
    "terraform": "`ecsplan export --to terraform` converts jobs for it.",
    "test": "`ecsplan check` reports every problem in manifests.",
    "up": "`ecsplan compile` compiles manifests into a plan, and `ecsplan apply plan.json` runs its jobs.",
    "validate": "`ecsplan check` reports every problem in manifests.",
}
"""What other tools call a command, and what to run here."""


class _Lazy(Command, click.Group):
    """A group whose subcommands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"ecsplan_cli.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            ctx.fail(f"No such command {args[0]!r}.{_hint(args[0])}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        # As wide in each section, so that what they say stands below each other.
        width = max(map(len, COMMANDS))
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), text) for name, text in commands.items()])


def _hint(word: str) -> str:
    """Return what to run in place of a word that is not a command; "" where nothing is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistyped command needs it

    lower = word.lower()
    if lower in COMMANDS:
        return f" Did you mean {lower!r}?"
    if lower in OF_OTHER_TOOLS:
        return f" {OF_OTHER_TOOLS[lower]}"
    if word.endswith((".yaml", ".yml")):
        return f" `ecsplan check {shlex.quote(word)}` checks a manifest."
    if word.endswith(".json"):
        return f" `ecsplan apply {shlex.quote(word)}` executes a plan, and `ecsplan diff` shows it."
    for nearest in get_close_matches(lower, (*COMMANDS, *OF_OTHER_TOOLS), n=1):
        return f" Did you mean {nearest!r}?" if nearest in COMMANDS else f" {OF_OTHER_TOOLS[nearest]}"
    return ""


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `ecsplan docs start`; `ecsplan docs` lists all pages. "
    'Completion: `eval "$(ecsplan completion bash)"`, or zsh, or fish.',
)
@click.option(
    "--version",
    "-V",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=show_version,
    help="Show the version and exit.",
)
def group() -> None:
    """Plan and run jobs on Amazon ECS.

    A manifest says which job to run. `compile` turns it into a plan, a JSON document that a person can
    review and a pipeline can store; `apply` executes a plan.
    """
    interrupts_raise()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its status."""
    args = None if arguments is None else list(arguments)
    try:
        status = group.main(args, prog_name="ecsplan", standalone_mode=False)
    except click.ClickException as reason:
        _show(reason)
        status = reason.exit_code
    except click.Abort:
        print_line("interrupted")
        status = INTERRUPTED
    except Exception as bug:  # noqa: BLE001 - Python would exit with 1, which means something for most commands
        print_line(crash_report(bug))
        status = AWS_FAILED
    sys.exit(status)


def _show(reason: click.ClickException) -> None:
    """Print what click says of a wrong command line; it quotes arguments, which may hold anything."""
    shown = io.StringIO()
    reason.show(shown)
    text = shown.getvalue()
    if isinstance(reason, click.MissingParameter):
        # It quotes nothing, and indents the values that an option takes.
        text = text.replace("\n\t", "\n  ")
    print_line(escaped_lines(text), nl=False)


if __name__ == "__main__":
    main()
