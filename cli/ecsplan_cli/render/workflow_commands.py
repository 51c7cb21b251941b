"""GitHub's workflow commands: annotations and groups, which its runner reads from a step's output."""

from ecsplan.terms.safe_text import escaped, without_commands


def workflow_command(name: str, message: str = "", **properties: str) -> str:
    """Return a workflow command, `::NAME PROPERTY=VALUE,…::MESSAGE`; the message may have several lines.

    Source: docs.github.com, Workflow commands for GitHub Actions.
    """
    listed = ",".join(f"{each}={_property(value)}" for each, value in properties.items())
    return f"::{name}{' ' if listed else ''}{listed}::{_data(message)}"


def _data(text: str) -> str:
    return without_commands(escaped(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
