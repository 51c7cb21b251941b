"""Resolve a job's `env_file`: the variables of a file in docker's format, laid under its `env`.

The format is that of `docker run --env-file` (Docker CLI reference, docker container run): a line is
KEY=VALUE, blank or a comment that begins with `#`. A value is everything behind the first `=`, quotes and
blanks included, and nothing in it is expanded.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import field, replace
from functools import partial
from typing import Final

from ecsplan.source.definition_files import MAX_VALUES, DefinitionFiles, cannot_read
from ecsplan.terms.records import dataclass
from ecsplan.yaml.decode import MAX_BYTES, characters
from ecsplan.yaml.nodes import MappingNode, Node, ScalarNode, scalar_value
from ecsplan.yaml.text import REPLACEMENT, Problem, SourceText

KEY: Final = "env_file"
_ENV: Final = "env"
_RULE: Final = "env-file"

_FORM: Final = "write KEY=VALUE, as for docker's --env-file"
_NO_VALUE: Final = (
    "docker takes the value from its environment, which a manifest does not have: write KEY=VALUE, or a "
    "reference to a variable with `env: KEY` into the manifest's `env`"
)
_BARE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}")
_REFUSED: Final = re.compile("[\0\ud800-\udfff]")
"""What no environment variable can hold: NUL, and halves of characters."""
_JUDGED_AS: Final = "DB_PASSWORD"
"""The name under which an excerpt masks a text of which it is unknown what it is."""

_Entries = dict[str, tuple[ScalarNode, Node]]


@dataclass(slots=True)
class EnvFile:
    """A file of variables.

    Attributes:
        source: Its text.
        problems: What is wrong with it.
        entries: Its variables: name -> (its node, the value's node); the last of several of one name.
    """

    source: SourceText
    problems: list[Problem]
    entries: _Entries = field(default_factory=dict)


@dataclass(slots=True)
class EnvFiles:
    """The env files of one manifest, each read once.

    Attributes:
        definitions: The manifest's definition files, beside which these are read; the nodes of variables are
            among its `texts` and `literal`.
        parsed: The files that were read, by their names as written.
    """

    definitions: DefinitionFiles
    parsed: dict[str, EnvFile] = field(default_factory=dict)
    _entries: dict[str, _Entries | None] = field(default_factory=dict)
    _values: int = 0

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of the files that were read."""
        return tuple(self.definitions.path_of(each) for each in self.parsed)

    def entries(self, node: ScalarNode, report: Callable[[Problem], None]) -> _Entries | None:
        """Return the variables of the file that a node names; report where there are none, and return None.

        Args:
            node: The name.
            report: Called with each problem of the manifest.
        """
        name = node.text
        if name not in self._entries:
            # Recorded before the file is read, so that one which cannot be read is not tried for each job.
            self._entries[name] = None
            wrong = self._load(name)
            if wrong is not None:
                report(Problem(_RULE, node.start, node.end, *wrong, pointer=f"/{KEY}"))
        found = self._entries[name]
        self._values += len(found or ())
        if self._values > MAX_VALUES:
            message = f"the jobs use more than {MAX_VALUES:,} variables of env files"
            help_text = "split the jobs over several manifests"
            report(Problem("too-large", node.start, node.end, message, help_text, pointer=f"/{KEY}"))
            return None
        return found

    def _load(self, name: str) -> tuple[str, str] | None:
        """Read a file; return the message and help where its name is wrong, else None."""
        if not name.strip() or "\0" in name or "\n" in name:
            return "env_file does not name a file", "name one, relative to the manifest's folder"
        if self.definitions.read is None:
            return (
                f"env_file names the file `{name[:80]}`, but files cannot be read here",
                "write `env` instead",
            )
        try:
            text = self.definitions.read(name)
        except (OSError, UnicodeError) as reason:
            return cannot_read(name, reason), "a file name is relative to the manifest's folder"
        parsed = parsed_env_file(text, self.definitions.path_of(name))
        self.parsed[name] = parsed
        self._entries[name] = parsed.entries
        for key, value in parsed.entries.values():
            self.definitions.texts.update(dict.fromkeys((key, value), parsed.source))
            self.definitions.literal.add(value)
        return None


def under_env(
    layers: tuple[MappingNode, ...], key: ScalarNode, name: Node, entries: _Entries
) -> tuple[MappingNode, ...]:
    """Return the layers of a job with the variables of its env file under its `env`, and without the file.

    Args:
        layers: The job's mapping, then that of `defaults:` if there is one.
        key: The node of the key `env_file`.
        name: The node of the name.
        entries: The variables of the file.
    """
    bare = tuple(_without(each, KEY) for each in layers)
    written = [each.entries[_ENV] for each in layers if _ENV in each.entries]
    # What is not a mapping hides the layer below it: null stands for no variables, the rest is reported.
    if written and isinstance(written[0][1], ScalarNode) and scalar_value(written[0][1]) is None:
        written, bare = [], tuple(_without(each, _ENV) for each in bare)
    if any(not isinstance(node, MappingNode) for _, node in written):
        return bare
    merged = dict(entries)
    for _, node in reversed(written):
        merged |= node.entries if isinstance(node, MappingNode) else {}
    env_key, place = written[0] if written else (key, name)
    flow = place.flow if isinstance(place, MappingNode) else True
    env = MappingNode(place.start, place.end, flow, merged, len(merged) + 1, 2, broken=False)
    top, *others = bare
    upper = replace(top, entries={**top.entries, _ENV: (env_key, env)})
    return upper, *(_without(each, _ENV) for each in others)


def parsed_env_file(raw: str | bytes, path: str) -> EnvFile:
    """Return the variables of a text in docker's format and its problems; no text makes it raise."""
    if len(raw) > MAX_BYTES:
        message = f"the file has more than {MAX_BYTES // 2**20} MiB"
        return EnvFile(SourceText(path, ""), [Problem("too-large", 0, 0, message, "name another file")])
    text, problems = (raw, []) if isinstance(raw, str) else characters(raw)
    text = text.removeprefix("\ufeff")
    bad = _REFUSED.search(text)
    if bad is not None:
        code = f"U+{ord(bad.group()):04X}"
        message = f"the character {code} cannot be in an environment variable"
        problems.append(Problem(_RULE, bad.start(), bad.end(), message, "remove it"))
    file = EnvFile(SourceText(path, _REFUSED.sub(REPLACEMENT, text)), problems)
    for start, end in _lines(file.source.text):
        _read_line(file, start, end)
    return file


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of the lines that are neither blank nor comments, without the blanks before them."""
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        last = end - 1 if text[start:end].endswith("\r") else end
        first = last - len(text[start:last].lstrip())
        if first < last and text[first] != "#":
            yield first, last
        start = end + 1


def _read_line(file: EnvFile, start: int, end: int) -> None:
    """Add the variable in a line to a file, or what is wrong with the line."""
    name, equals, value = file.source.text[start:end].partition("=")
    behind = start + len(name)
    refuse = partial(_refuse, file, start, behind)
    key = ScalarNode(start, behind, name, plain=False)
    node = ScalarNode(min(behind + 1, end), end, value, plain=False)
    if not equals and _BARE_NAME.fullmatch(name):
        refuse("this variable has no value", _NO_VALUE)
        return
    if not equals or not name or re.search(r"\s", name):
        # Of a line that is not understood, an excerpt shows nothing that might be a credential.
        masked = ScalarNode(start if not equals else node.start, end, value or name, plain=False)
        _add_root(file, _JUDGED_AS, key, masked)
        if not equals:
            refuse("this line is not KEY=VALUE", _FORM)
        elif not name:
            refuse("there is no name before the =", _FORM)
        else:
            refuse("there are blanks in the name of this variable", _help_for_blanks(name))
        return
    _add_root(file, name, key, node)
    if name in file.entries:
        message = f"{name[:80]!r} is set twice; the last value counts"
        found = Problem(
            "env-file-duplicate", start, behind, message, "remove one of them", severity="warning"
        )
        file.problems.append(found)
    file.entries[name] = key, node


def _refuse(file: EnvFile, start: int, end: int, message: str, help_text: str) -> None:
    file.problems.append(Problem(_RULE, start, max(end, start + 1), message, help_text))


def _help_for_blanks(name: str) -> str:
    if name.split(maxsplit=1)[0] == "export":
        return "leave `export` out: this is docker's format, not a shell's"
    return "write KEY=VALUE without blanks around the ="


def _add_root(file: EnvFile, name: str, key: ScalarNode, value: ScalarNode) -> None:
    """Let excerpts judge a value by the name of its variable."""
    file.source.roots.append(
        MappingNode(key.start, value.end, True, {name: (key, value)}, 2, 1, broken=False)
    )


def _without(layer: MappingNode, name: str) -> MappingNode:
    if name not in layer.entries:
        return layer
    return replace(layer, entries={each: entry for each, entry in layer.entries.items() if each != name})
