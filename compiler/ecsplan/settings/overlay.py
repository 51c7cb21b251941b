"""The settings of a command laid over the jobs of a manifest: their nodes replace those that are written."""

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from functools import lru_cache
from typing import TypeAlias, TypeVar

from ecsplan.settings.setting import (
    OPTION,
    Setting,
    command_setting,
    job_prefix,
    looks_job_specific,
    setting_of,
)
from ecsplan.source.defaults import Texts
from ecsplan.source.documents import Laid
from ecsplan.terms.diagnostic import Diagnostic, error
from ecsplan.terms.records import dataclass
from ecsplan.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ecsplan.yaml.text import SourceText

_DEFINITION = "task_definition"
_Made = TypeVar("_Made", MappingNode, SequenceNode)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the options of a command set in jobs.

    Attributes:
        texts: The values of `--set`: `[JOB:]KEY=VALUE`.
        command: The command behind `--`, or None.
    """

    texts: tuple[str, ...] = field(default=(), repr=False)
    command: tuple[str, ...] | None = field(default=None, repr=False)

    def laid_over(
        self,
        names: tuple[str, ...],
        layers: tuple[MappingNode, ...],
        texts: Texts,
        *,
        definition: bool,
        text: SourceText,
    ) -> tuple[Laid, tuple[Diagnostic, ...]]:
        """Return the layers of a job with what is set in it, and what is wrong; see `Overlay`."""
        all_texts = dict(texts)
        written: set[Node] = set()
        found: list[Diagnostic] = []
        for setting in self._of_job(names, found):
            if (len(setting.path) > 1 and setting.path[0].text == _DEFINITION) is definition:
                try:
                    layers = _Placing(setting, all_texts, written, text).placed(layers)
                except _NoItemError as error_at:
                    found.append(error_at.diagnostic(setting.text))
        return Laid(layers, all_texts, written), tuple(found)

    def unknown_jobs(self, names: Sequence[str]) -> Iterator[str]:
        """Yield the texts that are for a job which is none of these, but for those that rename theirs."""
        return (each for each in self.texts if job_prefix(each, names) is None and looks_job_specific(each))

    def _of_job(self, names: tuple[str, ...], found: list[Diagnostic]) -> Iterator[Setting]:
        """Yield what is set in a job: for all jobs, its matrix, itself, each in the options' order."""
        of = {text: job_prefix(text, names) for text in self.texts}
        general = [text for text in self.texts if of[text] is None and not looks_job_specific(text)]
        specific = [text for name in names for text in self.texts if of[text] == name]
        for text in (*general, *specific):
            name = of[text]
            setting, wrong = _parsed(text, 0 if name is None else len(name) + 1)
            found += wrong
            if setting is not None:
                yield setting
        if self.command is not None:
            yield _command(self.command)


@lru_cache(maxsize=256)
def _parsed(text: str, start: int) -> tuple[Setting | None, tuple[Diagnostic, ...]]:
    return setting_of(text, start)


@lru_cache(maxsize=1)
def _command(words: tuple[str, ...]) -> Setting:
    return command_setting(words)


class _NoItemError(Exception):
    """A key steps into a list by something that is not the number of an item."""

    def __init__(self, key: ScalarNode, count: int) -> None:
        super().__init__()
        self.key, self.count = key, count

    def diagnostic(self, text: SourceText) -> Diagnostic:
        message = f"`{self.key.text[:80]}` is not the index of an item in this list of {self.count}"
        help_text = f"the items are 0 to {self.count - 1}" if self.count else "set the list as a whole"
        return error("setting-key", text.location(self.key.start, self.key.end), message, help=help_text)


_Home: TypeAlias = tuple[Node | None, SourceText]
"""A node, and the text that it stands in."""


@dataclass(frozen=True, slots=True)
class _Placing:
    """Puts the value of one setting into the layers of a job; nodes that others use stay as they are.

    A copy has the text of its original, also where it moves from one layer into the other: the place of a
    node that is not set stays where that is written.

    Attributes:
        setting: The setting.
        texts: The texts of nodes that are in a different one than their parent; copies are added.
        written: The scalars that are set; those of the value are added.
        text: The text of the manifest.
    """

    setting: Setting
    texts: dict[Node, SourceText]
    written: set[Node]
    text: SourceText

    def placed(self, layers: tuple[MappingNode, ...]) -> tuple[MappingNode, ...]:
        """Return the layers with the value in the upper one, and without the key in the lower one."""
        upper, *lower = layers
        homes = [(each, self._home(each, self.text)) for each in layers]
        below: _Home = homes[1] if lower else (None, self.text)
        self.written.update(_scalars(self.setting.value))
        self.texts.update(dict.fromkeys((self.setting.value, *self.setting.path), self.setting.text))
        made = self._in_mapping(upper, homes[0][1], below, 0)
        return made, *(self._without(each, home, 0) for each, home in homes[1:])

    def _at(self, upper: _Home, lower: _Home, depth: int) -> Node:
        """Return a node of the upper layer in which the value stands at the rest of the path."""
        if depth == len(self.setting.path):
            return self.setting.value
        node, home = lower if upper[0] is None else upper
        if isinstance(node, SequenceNode):
            return self._in_list(node, home, depth)
        if isinstance(upper[0], MappingNode):
            return self._in_mapping(upper[0], upper[1], lower, depth)
        # What is no mapping is replaced by one, and hides the layer below it.
        key = self.setting.path[depth]
        made = MappingNode(key.start, key.end, True, {}, 1, 1, broken=False)
        below = lower if upper[0] is None else (None, self.text)
        return self._in_mapping(made, self.setting.text, below, depth)

    def _in_mapping(self, upper: MappingNode, home: SourceText, lower: _Home, depth: int) -> MappingNode:
        key = self.setting.path[depth]
        above, below = self._member((upper, home), key.text), self._member(lower, key.text)
        value = self._at(above, below, depth + 1)
        return self._copy(replace(upper, entries={**upper.entries, key.text: (key, value)}), home)

    def _in_list(self, found: SequenceNode, home: SourceText, depth: int) -> SequenceNode:
        key = self.setting.path[depth]
        number = key.text
        index = (
            int(number) if number.isascii() and number.isdigit() and len(number) < 10 else len(found.items)
        )
        if index >= len(found.items):
            raise _NoItemError(key, len(found.items))
        old = found.items[index]
        item = self._at((old, self._home(old, home)), (None, home), depth + 1)
        items = [item if position == index else each for position, each in enumerate(found.items)]
        return self._copy(replace(found, items=items), home)

    def _without(self, node: MappingNode, home: SourceText, depth: int) -> MappingNode:
        """Return a lower layer without the key, so that the value replaces what is there."""
        name = self.setting.path[depth].text
        if name not in node.entries:
            return node
        key, below = node.entries[name]
        if depth == len(self.setting.path) - 1:
            entries = {each: entry for each, entry in node.entries.items() if each != name}
        elif isinstance(below, MappingNode):
            entries = {**node.entries, name: (key, self._without(below, self._home(below, home), depth + 1))}
        else:
            return node
        return self._copy(replace(node, entries=entries), home)

    def _member(self, holder: _Home, name: str) -> _Home:
        node, home = holder
        if not isinstance(node, MappingNode) or name not in node.entries:
            return None, home
        found = node.entries[name][1]
        return found, self._home(found, home)

    def _home(self, node: Node, outer: SourceText) -> SourceText:
        """Return the text of a node, by that of what it is in."""
        return self.texts.get(node, outer)

    def _copy(self, made: _Made, home: SourceText) -> _Made:
        self.texts[made] = home
        return made


def _scalars(node: Node) -> Iterator[Node]:
    match node:
        case MappingNode(entries=entries):
            for _, each in entries.values():
                yield from _scalars(each)
        case SequenceNode(items=items):
            for each in items:
                yield from _scalars(each)
        case _:
            yield node


__all__ = ["OPTION", "Settings"]
