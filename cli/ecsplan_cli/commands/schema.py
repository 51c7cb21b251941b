"""`ecsplan schema`: the JSON Schemas, for editors and other tools."""

from typing import TYPE_CHECKING

import click

from ecsplan_cli.help import Command
from ecsplan_cli.options import FILE_NAME
from ecsplan_cli.output import write_result
from ecsplan_cli.output_files import check_target

if TYPE_CHECKING:
    from ecsplan.schema.files import SchemaName

NAMES = (
    "manifest",
    "plan",
    "task-definition",
    "run-request",
    "result",
    "events",
    "ledger-entry",
    "ledger-claim",
)


@click.command("schema", cls=Command)
@click.argument("name", type=click.Choice(NAMES), metavar=f"[{'|'.join(NAMES)}]")
@click.option(
    "--output", "-o", type=FILE_NAME, metavar="FILE", help="Write to this file instead of standard output."
)
def command(name: "SchemaName", output: str | None) -> None:
    """Print a JSON Schema (2020-12), self-contained.

    Save the manifest schema to a file and name it in the first line of a manifest to get completion and
    documentation in editors:

    \b
      ecsplan schema manifest -o manifest.schema.json
      # yaml-language-server: $schema=manifest.schema.json
    """
    from ecsplan.schema.files import bundled_schema_text  # noqa: PLC0415

    check_target("--output", output, ())
    write_result(bundled_schema_text(name), output)
