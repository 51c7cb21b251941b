"""`ecsplan docs`: the documentation, in the terminal."""

import sys

import click
from click.shell_completion import CompletionItem

from ecsplan_cli.help import Command
from ecsplan_cli.output import colour_wanted, write_result


class _Topic(click.types.StringParamType):
    """The name of a page or of a section; shells complete it."""

    name = "topic"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from ecsplan_cli.pages import names  # noqa: PLC0415

        del ctx, param
        return [CompletionItem(each) for each in names() if each.startswith(incomplete)]


@click.command("docs", cls=Command)
@click.argument("topic", required=False, type=_Topic())
def command(topic: str | None) -> None:
    """Print a page of the documentation.

    Without TOPIC, lists the pages. TOPIC is a page, or the name of a rule, a manifest key, or a failure: then
    that section is printed. On a terminal the page is laid out; elsewhere it is Markdown.

    \b
    Examples:
      ecsplan docs manifest
      ecsplan docs fargate-memory
      ecsplan docs rules > rules.md
    """
    from ecsplan_cli.pages import names, pages, section  # noqa: PLC0415 - not for --help

    known = {each.topic: each for each in pages()}
    if topic is None:
        width = max(map(len, known), default=0)
        write_result("".join(f"{each.topic:<{width}}  {each.title}\n" for each in known.values()), None)
        return
    text = known[topic].text if topic in known else section(topic)
    if text is None:
        from difflib import get_close_matches  # noqa: PLC0415

        nearest = get_close_matches(topic, names(), n=1)
        hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
        raise click.UsageError(
            f"There is no page or section {topic!r}.{hint} `ecsplan docs` lists the pages."
        )
    write_result(_laid_out(text) if colour_wanted(sys.stdout) else text, None)


def _laid_out(text: str) -> str:
    """Return a page as a terminal shows it best."""
    from io import StringIO  # noqa: PLC0415

    from rich.console import Console  # noqa: PLC0415 - slow to import; only a terminal needs it
    from rich.markdown import Markdown  # noqa: PLC0415

    written = StringIO()
    console = Console(file=written, force_terminal=True)
    console.print(Markdown(text, hyperlinks=False))
    return written.getvalue()
