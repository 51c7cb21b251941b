"""The text of a `--set` -> the job, the path of the key, and the value, each with its place in the text."""

import math
import re
import shlex
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from ecsplan.schema.nearest import nearest
from ecsplan.terms.diagnostic import Diagnostic, error
from ecsplan.terms.manifest_keys import SPEC_ORDER
from ecsplan.terms.records import dataclass
from ecsplan.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode, scalar_value
from ecsplan.yaml.text import SourceText
from ecsplan.yaml.values import compose_value

OPTION: Final = "--set"
COMMAND_OPTION: Final = "--"
AS_TEXT: Final = frozenset({"env", "labels"})
"""Keys below which a value is text as written."""
_QUOTES: Final = ("'", '"')
_KEYS: Final = frozenset(SPEC_ORDER)
_COMBINATION: Final = re.compile(r"([^=\[]*\[[^=\]]+=.*?\]):")


@dataclass(frozen=True, slots=True)
class Setting:
    """One value for a key.

    Attributes:
        text: The text of the option.
        path: The key, from the top of a job.
        value: The value.
    """

    text: SourceText
    path: tuple[ScalarNode, ...]
    value: Node


def job_prefix(text: str, names: Collection[str]) -> str | None:
    """Return the name of a job that a `--set` begins with, the longest of these; None without one."""
    found = (name for name in names if text.startswith(f"{name}:"))
    return max(found, key=len, default=None)


def looks_job_specific(text: str) -> bool:
    """Return whether a `--set` that begins with none of the known jobs' names is for some other job."""
    return _job_of(text) is not None and text.partition("=")[0].partition(".")[0] not in _KEYS


def _job_of(text: str) -> str | None:
    """Return what stands before the key of a `--set` like the name of a job; None for nothing."""
    # The name of a combination has equals signs of its own: etl[region=eu-west-1,day=1].
    combination = _COMBINATION.match(text)
    if combination is not None:
        return combination[1]
    name, colon, _ = text.partition("=")[0].rpartition(":")
    return name if colon else None


def setting_of(text: str, start: int) -> tuple[Setting | None, tuple[Diagnostic, ...]]:
    """Return what a `--set` says from an offset on, behind its job, or None and what is wrong with it."""
    head, _, value = text[start:].partition("=")
    begin = start + len(head) + 1
    path = tuple(_path(head, start))
    as_text = len(path) > 1 and path[0].text in AS_TEXT
    source = SourceText(OPTION, text)
    node, found = _as_text(value, begin, path[0].text) if as_text else _value(value, begin)
    source.roots.append(_root(path, node or ScalarNode(begin, len(text), value, plain=False)))
    if found is None and isinstance(node, ScalarNode) and not _is_finite(node):
        found = begin, f"{value[:40]} is not a number that JSON can represent", "write a finite number"
    if node is None or found is not None:
        place, message, help_text = found or (begin, "this value cannot be read", "")
        return None, (error("setting-value", source.location(place, place + 1), message, help=help_text),)
    return Setting(source, path, node), ()


def command_setting(words: Sequence[str]) -> Setting:
    """Return the setting of `command` to the words behind `--`."""
    items: list[Node] = []
    text = ""
    for word in words:
        written = shlex.quote(word)
        text += " " if text else ""
        items.append(ScalarNode(len(text), len(text) + len(written), word, plain=False))
        text += written
    value = SequenceNode(0, len(text), True, items, len(items) + 1, 1, broken=False)
    path = (ScalarNode(0, len(text), "command", plain=False),)
    return Setting(SourceText(COMMAND_OPTION, text, [_root(path, value)]), path, value)


def unknown_job(text: str, called: Collection[str], names: Collection[str] = ()) -> Diagnostic:
    """Return the error for a `--set` that is for a job which does not exist.

    Args:
        text: The text of the option.
        called: The names of jobs as the manifests give them.
        names: Their names with what is set.
    """
    name = _job_of(text) or ""
    begin = len(name) + 1
    source = SourceText(OPTION, text)
    key, _, value = text[begin:].partition("=")
    path = tuple(_path(key, begin))
    source.roots.append(_root(path, ScalarNode(len(text) - len(value), len(text), value, plain=False)))
    near = nearest(name, called)
    help_text = f"did you mean `{near}`?" if near else "write the name of a job before the colon, or none"
    if name in names:
        help_text = "a setting is for a job by the name that the manifest gives it, not by one that is set"
    return error(
        "setting-job", source.location(0, len(name)), f"no job is named `{name[:80]}`", help=help_text
    )


def _path(key: str, start: int) -> Iterator[ScalarNode]:
    first, dot, rest = key.partition(".")
    parts = [first, rest] if dot and first in AS_TEXT else key.split(".")
    for part in parts:
        yield ScalarNode(start, start + len(part), part, plain=False)
        start += len(part) + 1


def _value(value: str, begin: int) -> tuple[Node | None, tuple[int, str, str] | None]:
    """Return a value as a YAML scalar or flow collection; or where and why it is none, with help."""
    text = value.strip()
    begin += len(value) - len(value.lstrip())
    if not text.startswith(("[", "{", *_QUOTES)):
        return ScalarNode(begin, begin + len(text), text, plain=True), None
    node, problems = compose_value(" " * begin + text)
    if problems:
        place, message = problems[0].start, problems[0].message
        return None, (min(place, begin + len(text) - 1), message, problems[0].help)
    if isinstance(node, ScalarNode) or (node is not None and node.flow):
        return node, None
    return None, (begin, "this is not one scalar, list or mapping", "put the whole value in YAML quotes")


def _as_text(value: str, begin: int, key: str) -> tuple[Node, None]:
    """Return a value as the text that it is, without YAML quotes; `null` below `env` unsets."""
    if value == "null" and key == "env":
        return ScalarNode(begin, begin + len(value), value, plain=True), None
    if value.startswith(_QUOTES) and value.endswith(value[0]) and len(value) > 1:
        node, problems = compose_value(" " * begin + value)
        if not problems and isinstance(node, ScalarNode):
            return node, None
    return ScalarNode(begin, begin + len(value), value, plain=False), None


def _is_finite(node: ScalarNode) -> bool:
    value = scalar_value(node)
    return not isinstance(value, float) or math.isfinite(value)


def _root(path: Sequence[ScalarNode], node: Node) -> Node:
    """Return the mappings that a path stands for around its value."""
    for key in reversed(path):
        entries = {key.text: (key, node)}
        node = MappingNode(key.start, node.end, True, entries, node.size + 1, node.depth + 1, broken=False)
    return node
