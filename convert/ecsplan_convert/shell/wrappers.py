"""Commands that run another command: `env`, `sudo`, `docker run … amazon/aws-cli` and the like."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from ecsplan_convert.shell.values import Value

_OPTIONS_WITH_VALUE: Final = {
    "env": frozenset({"-u", "--unset", "-C", "--chdir", "-S"}),
    "sudo": frozenset({"-u", "--user", "-g", "--group", "-h", "-p", "-C", "-D", "-R", "-T", "-U"}),
    "exec": frozenset({"-a"}),
    "time": frozenset({"-f", "-o", "--format", "--output"}),
    "nice": frozenset({"-n"}),
    "timeout": frozenset({"-s", "--signal", "-k", "--kill-after"}),
    **dict.fromkeys(("command", "builtin", "nohup", "stdbuf", "unbuffer"), frozenset()),
}
"""Commands whose first word that is no option is the command that they run."""
_WORDS_BEFORE: Final = {"timeout": 1}
"""Words of a command's own before the one that it runs."""
_AWS: Final = frozenset({"aws", "aws.exe", "awslocal"})
_IMAGES: Final = ("amazon/aws-cli", "aws-cli/aws-cli")


def aws_arguments(words: Sequence[Value]) -> tuple[list[Value], list[str]] | None:
    """Return the arguments of `aws` where a command calls it, and the assignments that it is given.

    Returns:
        The values after `aws`, and the texts `NAME=value` that `env`, `sudo` or Docker set for it; None where
        the command does not call the AWS CLI.
    """
    rest = list(words)
    given: list[str] = []
    while rest:
        name = _base(rest[0].resolved)
        if name in _AWS:
            return rest[1:], given
        if name in _OPTIONS_WITH_VALUE:
            rest = _after_options(rest[1:], name, given)
        elif name in {"docker", "podman", "nerdctl"}:
            return _in_container(rest, given)
        else:
            at = next((index for index, each in enumerate(rest) if each.text == "--"), None)
            if at is None or at + 1 >= len(rest) or _base(rest[at + 1].resolved) not in _AWS:
                return None
            rest = rest[at + 1 :]
    return None


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _after_options(words: list[Value], name: str, given: list[str]) -> list[Value]:
    at = 0
    while at < len(words):
        text = words[at].text
        if text.startswith("-"):
            at += 2 if text in _OPTIONS_WITH_VALUE[name] else 1
        elif "=" in text and text.partition("=")[0].isidentifier():
            given.append(words[at].resolved)
            at += 1
        else:
            break
    return words[at + _WORDS_BEFORE.get(name, 0) :]


def _in_container(words: list[Value], given: list[str]) -> tuple[list[Value], list[str]] | None:
    for index, each in enumerate(words):
        image = each.resolved.partition("@")[0].removeprefix("docker.io/").removeprefix("public.ecr.aws/")
        if image.partition(":")[0] in _IMAGES:
            options = pairwise(words[:index])
            given += [value.resolved for name, value in options if name.text in {"-e", "--env"}]
            return words[index + 1 :], given
    return None
