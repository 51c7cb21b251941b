"""The settings of a command laid over the jobs of a manifest: their nodes replace those that are written."""

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from functools import lru_cache

from ecsplan.settings.setting import (
    OPTION,
    Setting,
    command_setting,
    job_prefix,
    looks_job_specific,
    setting_of,
)
from ecsplan.source.defaults import Texts
from ecsplan.source.jobs import Laid
from ecsplan.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ecsplan.source.text import SourceText
from ecsplan.terms.diagnostic import Diagnostic, error
from ecsplan.terms.records import dataclass

_DEFINITION = "task_definition"


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
        self, names: tuple[str, ...], layers: tuple[MappingNode, ...], texts: Texts, *, definition: bool
    ) -> tuple[Laid, tuple[Diagnostic, ...]]:
        """Return the layers of a job with what is set in it, and what is wrong; see `Overlay`."""
        all_texts = dict(texts)
        written: set[Node] = set()
        found: list[Diagnostic] = []
        for setting in self._of_job(names, found):
            if (len(setting.path) > 1 and setting.path[0].text == _DEFINITION) is definition:
                try:
                    layers = _Placing(setting, all_texts, written).placed(layers)
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
        message = f"`{self.key.text[:80]}` is not the number of an item in this list of {self.count}"
        help_text = f"the items are 0 to {self.count - 1}" if self.count else "set the list as a whole"
        return error("setting-key", text.location(self.key.start, self.key.end), message, help=help_text)


@dataclass(frozen=True, slots=True)
class _Placing:
    """Puts the value of one setting into the layers of a job; nodes that others use stay as they are."""

    setting: Setting
    texts: dict[Node, SourceText]
    written: set[Node]

    def placed(self, layers: tuple[MappingNode, ...]) -> tuple[MappingNode, ...]:
        """Return the layers with the value in the upper one, and without the key in the lower one."""
        upper, *lower = layers
        below = lower[0] if lower else None
        self.written.update(_scalars(self.setting.value))
        self.texts.update(dict.fromkeys((self.setting.value, *self.setting.path), self.setting.text))
        return self._in_mapping(upper, below, 0), *(self._without(each, 0) for each in lower)

    def _at(self, upper: Node | None, lower: Node | None, depth: int) -> Node:
        """Return a node of the upper layer in which the value stands at the rest of the path."""
        if depth == len(self.setting.path):
            return self.setting.value
        effective = lower if upper is None else upper
        if isinstance(effective, SequenceNode):
            return self._in_list(effective, self.setting.path[depth], depth)
        if isinstance(upper, MappingNode):
            return self._in_mapping(upper, lower, depth)
        # What is no mapping is replaced by one, and hides the layer below it.
        key = self.setting.path[depth]
        made = MappingNode(key.start, key.end, True, {}, 1, 1, broken=False)
        self.texts[made] = self.setting.text
        return self._in_mapping(made, lower if upper is None else None, depth)

    def _in_mapping(self, upper: MappingNode, lower: Node | None, depth: int) -> MappingNode:
        key = self.setting.path[depth]
        value = self._at(_member(upper, key.text), _member(lower, key.text), depth + 1)
        return self._copied(replace(upper, entries={**upper.entries, key.text: (key, value)}), upper)

    def _in_list(self, found: SequenceNode, key: ScalarNode, depth: int) -> Node:
        number = key.text
        index = (
            int(number) if number.isascii() and number.isdigit() and len(number) < 10 else len(found.items)
        )
        if index >= len(found.items):
            raise _NoItemError(key, len(found.items))
        item = self._at(found.items[index], None, depth + 1)
        items = [item if position == index else each for position, each in enumerate(found.items)]
        made = replace(found, items=items)
        if found in self.texts:
            self.texts[made] = self.texts[found]
        return made

    def _without(self, node: MappingNode, depth: int) -> MappingNode:
        """Return a lower layer without the key, so that the value replaces what is there."""
        name = self.setting.path[depth].text
        if name not in node.entries:
            return node
        key, below = node.entries[name]
        if depth == len(self.setting.path) - 1:
            entries = {each: entry for each, entry in node.entries.items() if each != name}
        elif isinstance(below, MappingNode):
            entries = {**node.entries, name: (key, self._without(below, depth + 1))}
        else:
            return node
        return self._copied(replace(node, entries=entries), node)

    def _copied(self, made: MappingNode, node: MappingNode) -> MappingNode:
        if node in self.texts:
            self.texts[made] = self.texts[node]
        return made


def _member(node: Node | None, name: str) -> Node | None:
    return node.entries[name][1] if isinstance(node, MappingNode) and name in node.entries else None


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
