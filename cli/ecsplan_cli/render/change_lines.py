"""A change of a task definition as lines to read: long values shortened, texts compared line by line."""

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff
from itertools import islice
from typing import Literal

from ecsplan.decision.compare import Change
from ecsplan.terms.observed import Body
from ecsplan.terms.pointers import child
from ecsplan.terms.records import dataclass
from ecsplan.terms.safe_text import escaped
from ecsplan.terms.secrecy import MASK

Sign = Literal["+", "-", "~", " "]

LONG = 100
"""Characters of a value, as JSON, beyond which it is shortened."""
AROUND = 24
"""Characters of what two long values share that are shown on either side of their difference."""
MAX_LINES = 40
"""Lines of one value or of one comparison that are shown."""
MAX_COMPARED = 2000
"""Lines of a value that are compared, from the first that differs; ECS takes 64 KiB (ECS service quotas)."""
_AT_THE_START = ("@@ -0,0 ", "@@ -1 ", "@@ -1,")
"""How the heading of a difference begins that has no line before it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line about a change.

    Attributes:
        sign: `+` for what comes, `-` for what goes, `~` for what changes, a space for what stays.
        text: The line, without its sign; indented where it belongs to the line before.
    """

    sign: Sign
    text: str


def change_lines(change: Change, *, split: bool = False) -> Iterator[Line]:
    """Yield the lines about one change; its values must be masked already.

    Args:
        change: The change.
        split: Write the old and the new value on a line each, as a colouring of `diff` needs it.
    """
    match change.op:
        case "add":
            yield from value_lines("+", change.path, change.after)
        case "remove":
            yield from value_lines("-", change.path, change.before)
        case _:
            yield from _replaced(change, split=split)


def value_lines(sign: Sign, path: str, value: object) -> Iterator[Line]:
    """Yield the lines about a value that comes or goes; a structure member by member."""
    if isinstance(value, str) and "\n" in value.rstrip("\n"):
        yield Line(sign, f"{escaped(path)}:")
        yield from _bounded(Line(sign, f"    {_short(each)}") for each in value.splitlines())
        return
    members = _members(value)
    if members is None:
        yield Line(sign, f"{escaped(path)}: {_short(_json(value))}")
        return
    for name, each in members:
        yield from value_lines(sign, child(path, name), each)


def _members(value: object) -> Iterator[tuple[str, object]] | None:
    """Return the members of a structure that is not shown on one line: those of lists by their name."""
    if isinstance(value, Mapping) and value:
        return iter(value.items())
    if not isinstance(value, list) or not value or not all(isinstance(each, Mapping) for each in value):
        return None
    names = [_name(each) for each in value]
    if None in names or len(set(names)) < len(names):
        # Names that are missing or repeated would give two lines the same path: items go by number then.
        return None if len(_json(value)) <= LONG else ((str(n), each) for n, each in enumerate(value, 1))
    return ((str(name), _without_name(each)) for name, each in zip(names, value, strict=True))


_NAMED_BY = ("name", "key", "containerName")
"""Members that name the items of a list, the first that an item has."""


def _name(item: Body) -> str | None:
    found = next((item[each] for each in _NAMED_BY if each in item), None)
    return found if isinstance(found, str) else None


def _without_name(item: Body) -> object:
    """Return an item without what names it; of a pair such as `{name, value}` the value alone."""
    by = next(each for each in _NAMED_BY if each in item)
    rest = {name: each for name, each in item.items() if name != by}
    return rest["value"] if rest.keys() == {"value"} else rest


def _replaced(change: Change, *, split: bool) -> Iterator[Line]:
    before, after, path = change.before, change.after, escaped(change.path)
    # Both sides are masked by now: a change in a secret leaves two equal documents.
    if before != MASK and _json(before) == _json(after):
        yield Line("~", f"{path}: {_short(_json(after))} (what differs in it is masked)")
        return
    if _is_block(before) or _is_block(after):
        yield Line("~", f"{path}:")
        yield from _bounded(_compared(*_line_pair(before, after)))
        return
    old, new = _short_pair(before, after)
    hint = " (values are masked)" if before == after == MASK else ""
    if split:
        yield Line("-", f"{path}: {old}")
        yield Line("+", f"{path}: {new}{hint}")
    else:
        yield Line("~", f"{path}: {old} -> {new}{hint}")


def _is_block(value: object) -> bool:
    """Return whether a value is compared line by line: a text of several lines, a long structure."""
    if isinstance(value, str):
        return "\n" in value.rstrip("\n")
    return isinstance(value, list | Mapping) and len(_json(value)) > LONG


def _line_pair(before: object, after: object) -> tuple[list[str], list[str]]:
    """Return two values as lines; as JSON where they differ only in how their lines end."""
    old, new = _as_lines(before), _as_lines(after)
    return (old, new) if old != new else (_with_ends(before), _with_ends(after))


def _as_lines(value: object) -> list[str]:
    """Return a value as lines: a text's own, a list's items, otherwise its JSON."""
    if isinstance(value, str):
        return value.splitlines()
    if isinstance(value, list):
        return [line for each in value for line in _item_lines(each)]
    return json.dumps(value, ensure_ascii=False, indent=2).splitlines()


def _item_lines(item: object) -> Sequence[str]:
    return item.splitlines() if isinstance(item, str) and _is_block(item) else [_json(item)]


def _with_ends(value: object) -> list[str]:
    if isinstance(value, str):
        value = value.splitlines(keepends=True)
    return [_json(each) for each in value] if isinstance(value, list) else [_json(value)]


def _compared(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    """Yield what differs with a line of context; `…` stands for lines left out before it."""
    gone: list[str] = []
    come: list[str] = []
    # difflib takes quadratic time: of long values it gets a window from the first line that differs.
    same = _shared(before, after)
    first = max(0, same - 1) if max(len(before), len(after)) > MAX_COMPARED else 0
    if first:
        yield Line(" ", "    …")
    end = first + MAX_COMPARED
    found = unified_diff(before[first:end], after[first:end], n=1, lineterm="")
    for each in islice(found, 2, None):  # the first two name the files
        if each[0] in "+-":
            (come if each[0] == "+" else gone).append(each[1:])
            continue
        yield from _exchanged(gone, come)
        gone, come = [], []
        if each[0] == " ":
            yield Line(" ", f"    {_short(each[1:])}")
        elif not each.startswith(_AT_THE_START):
            yield Line(" ", "    …")
    yield from _exchanged(gone, come)


def _exchanged(gone: Sequence[str], come: Sequence[str]) -> Iterator[Line]:
    """Yield lines that go and those in their place; one for one, long ones are cut to where they differ."""
    # Line for line only where there are equally many: otherwise nobody knows which line became which.
    if len(gone) == len(come):
        cut = [_cut(old, new) for old, new in zip(gone, come, strict=True)]
        old, new = [each for each, _ in cut], [each for _, each in cut]
    else:
        old, new = [_short(each) for each in gone], [_short(each) for each in come]
    yield from (Line("-", f"    {each}") for each in old)
    yield from (Line("+", f"    {each}") for each in new)


def _bounded(lines: Iterator[Line]) -> Iterator[Line]:
    yield from islice(lines, MAX_LINES)
    rest = sum(1 for _ in lines)
    if rest:
        yield Line(" ", f"    … {rest} more line{'s' if rest > 1 else ''}")


def _short_pair(before: object, after: object) -> tuple[str, str]:
    """Return two values as JSON, long texts cut to where they differ."""
    old, new = _json(before), _json(after)
    if isinstance(before, str) and isinstance(after, str):
        return _cut(old, new)
    return _short(old), _short(new)


def _cut(old: str, new: str) -> tuple[str, str]:
    """Return two texts as a terminal shows them, long ones cut to where they differ."""
    if max(len(old), len(new)) <= LONG:
        return _short(old), _short(new)
    # The tail is looked for after the head, so that the two never overlap: "aa" and "aaa" share each
    # character once.
    head = _shared(old, new)
    tail = _shared(old[head:][::-1], new[head:][::-1])
    first, last = max(0, head - AROUND), max(0, tail - AROUND)

    def cut(text: str) -> str:
        middle = text[first : len(text) - last]
        return f"{'…' if first else ''}{_short(middle)}{'…' if last else ''}"

    return cut(old), cut(new)


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many characters two texts begin with alike, or how many lines."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))


def _short(text: str) -> str:
    """Return a text on one line as a terminal shows it, the end of a long one left out."""
    if len(text) <= LONG:
        return escaped(text)
    return f"{escaped(text[: LONG - AROUND])}… ({len(text):,} characters)"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
