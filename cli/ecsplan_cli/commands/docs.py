"""`ecsplan docs`: the documentation, in the terminal."""

import sys

import click
from click.shell_completion import CompletionItem

from ecsplan_cli.help import Command
from ecsplan_cli.output import colour_wanted, print_line


class _Topic(click.types.StringParamType):
    """The name of a page or of a section; shells complete it."""

    name = "topic"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from ecsplan_cli.pages import names  # noqa: PLC0415

        del ctx, param
        return [CompletionItem(each) for each in names() if each.lower().startswith(incomplete.lower())]


@click.command("docs", cls=Command)
@click.argument("topic", nargs=-1, type=_Topic())
@click.option(
    "--no-pager",
    is_flag=True,
    help="Do not use a pager for long pages ($PAGER, or less if that is not set).",
)
def command(topic: tuple[str, ...], no_pager: bool) -> None:
    """Print a page of the documentation.

    Without TOPIC, lists the pages. TOPIC is the name of a page, of a rule, a manifest key or a failure, whose
    section is then printed, or words to search for, which lists the pages that contain them. On a terminal
    the page is formatted, and a long one is shown in a pager; elsewhere the output is Markdown.

    \b
    Examples:
      ecsplan docs manifest
      ecsplan docs fargate-memory
      ecsplan docs image tag
      ecsplan docs rules > rules.md
    """
    from ecsplan_cli.pager import show  # noqa: PLC0415 - not for --help

    text, others = _asked_for(" ".join(topic)) if topic else (_listed(), ())
    show(text, paged=not no_pager)
    if others:
        print_line("also: " + ", ".join(f"`ecsplan docs {each}`" for each in others))


def _asked_for(topic: str) -> tuple[str, tuple[str, ...]]:
    """Return what is shown for a topic, and the topics of other pages and sections that one may mean by it.

    Raises:
        click.UsageError: Nothing has this name, and no page speaks of it.
    """
    from ecsplan_cli.page_questions import answered  # noqa: PLC0415 - not for --help
    from ecsplan_cli.pages import named_sections, page, short_name  # noqa: PLC0415

    found = page(topic)
    sections = named_sections(topic)
    if found is not None:
        own = short_name(found.topic)
        others = (*answered(topic), *(each for each, _ in sections))
        return _for_terminal(found.text), tuple(each for each in others if each.partition("#")[0] != own)
    if sections:
        return _for_terminal(sections[0][1]), (*answered(topic), *(each for each, _ in sections[1:]))
    return _speaking_of(topic), ()


def _for_terminal(text: str) -> str:
    """Return a page as standard output shows it best."""
    if not colour_wanted(sys.stdout):
        return text
    from ecsplan_cli.page_layout import laid_out  # noqa: PLC0415 - only a terminal needs it

    return laid_out(text)


def _listed() -> str:
    """Return the list of all pages."""
    from ecsplan_cli.pages import groups, short_name  # noqa: PLC0415

    listed = [(title, found) for title, found in groups() if found]
    width = max((len(short_name(each.topic)) for _, found in listed for each in found), default=0)
    parts = [
        f"{title}\n" + "".join(f"  {short_name(each.topic):<{width}}  {each.title}\n" for each in found)
        for title, found in listed
    ]
    return "\n".join(parts)


def _speaking_of(words: str) -> str:
    """Return the list of the pages that speak of something.

    Raises:
        click.UsageError: There are none.
    """
    from ecsplan_cli.page_search import search  # noqa: PLC0415

    found = search(words)
    if not found:
        raise click.UsageError(
            f"There is no page or section {words!r}.{_nearest(words)} `ecsplan docs` lists the pages."
        )
    print_line(f"no page or section is named {words!r}; these mention it:")
    width = max(len(each.topic) for each in found)
    return "".join(f"{each.topic:<{width}}  {each.title}\n" for each in found)


def _nearest(topic: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415

    from ecsplan_cli.pages import names  # noqa: PLC0415

    nearest = get_close_matches(topic, names(), n=1)
    return f" Did you mean {nearest[0]!r}?" if nearest else ""
