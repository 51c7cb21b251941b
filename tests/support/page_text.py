"""What a page of the documentation has its reader type: its blocks, and its commands."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

SHELLS = {"console", "sh"}
NOT_RUN = {"text", "powershell"}
"""What a block may be that is neither a file nor run here. Commands in it are parsed."""
_BLOCK = re.compile(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r'\btitle="([^"]+)"')
_COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)$", re.MULTILINE)
_INLINE = re.compile(r"(?<!`)`(ecsplan [^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, the name of its file, and its text."""

    language: str
    title: str | None
    text: str


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page, in their order."""
    found = []
    for each in _BLOCK.finditer(text):
        language, _, rest = each["info"].partition(" ")
        title = _TITLE.search(rest)
        found.append(Block(language, title[1] if title else None, each["text"]))
    return found


def texts(page: str, language: str) -> list[str]:
    """Return the blocks of a language, in their order."""
    return [each.text for each in blocks(page) if each.language == language]


def prose(page: str) -> str:
    """Return a page without its blocks."""
    return _BLOCK.sub("", page)


def shown(block: str) -> list[tuple[str, str]]:
    """Return the commands of a console block and what it shows below each."""
    parts = _COMMAND.split(block)
    assert not parts[0].strip(), f"a console block begins with a command: {parts[0]!r}"
    return [
        (command.replace("\\\n", ""), printed.removeprefix("\n"))
        for command, printed in zip(parts[1::2], parts[2::2], strict=True)
    ]


def mentioned(text: str) -> list[str]:
    """Return the commands that a page mentions but has nobody run: in sentences, and for other shells."""
    unrun = [each.text for each in blocks(text) if each.title is None and each.language in NOT_RUN]
    lines = [line.strip() for block in unrun for line in block.splitlines()]
    return [
        *_INLINE.findall(prose(text)),
        *(line for line in lines if line.startswith("ecsplan ")),
    ]


def scripts(text: str) -> Iterator[str]:
    """Yield what the steps of a pipeline hand to a shell."""
    yield from _scripts(YAML(typ="safe", pure=True).load(text))


def _scripts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "run" and isinstance(inner, str):
                yield inner
            elif key in {"script", "before_script"} and isinstance(inner, list):
                yield "\n".join(inner)
            else:
                yield from _scripts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _scripts(inner)
