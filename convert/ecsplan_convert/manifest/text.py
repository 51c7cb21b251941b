"""Jobs as the text of a manifest: keys in the documented order, and comments above them."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from io import StringIO
from typing import Any, Final

from ecsplan.terms.json_types import Document
from ecsplan.terms.member_order import ordered
from ecsplan.terms.records import dataclass
from ecsplan_convert.found import ConversionError, Suggestion
from ecsplan_convert.manifest.keys import in_documented_order
from ecsplan_convert.references import expandable, has_reference

_WIDTH: Final = 100
"""Columns of a comment, and of a list or mapping on one line."""
_OF_MAPPINGS: Final = frozenset({"env", "labels", "secrets", "task_definition", "network_configuration"})
"""Keys whose mapping has a line for each member, however short."""


@dataclass(frozen=True, slots=True)
class WrittenJob:
    """A job as it is written.

    Attributes:
        name: Its name.
        keys: Its keys, without `name`.
        comments: What is said above them, a paragraph each.
        suggestions: Keys that are written as a comment.
    """

    name: str
    keys: Document
    comments: tuple[str, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()


def manifest_text(
    jobs: Sequence[WrittenJob], variables: Mapping[str, Document], comments: Sequence[str] = ()
) -> str:
    """Return the manifest of these jobs: one at the top level, or several below `jobs:`.

    Args:
        jobs: The jobs, with names that differ.
        variables: Declarations of the variables that they refer to. Where there is none, and no `${` in a
            value, nothing is expanded.
        comments: What is said above all jobs, a paragraph each.

    Raises:
        ConversionError: A value has a character that no YAML can hold.
    """
    expands = bool(variables) or any(_mentions_reference(each.keys) for each in jobs)
    lines = list(_comments(comments))
    if expands:
        lines += _yaml_lines({"variables": dict(variables)})
    if len(jobs) == 1:
        lines += _job_lines(jobs[0], expands=expands, named=True)
    else:
        lines.append("jobs:")
        for each in jobs:
            key = _yaml_lines({each.name: None})[0].removesuffix(" null").removesuffix(" ")
            inner = _job_lines(each, expands=expands, named=False)
            lines += [f"  {key}", *(f"    {line}" if line else line for line in inner)]
    return "\n".join(lines) + "\n"


def _job_lines(job: WrittenJob, *, expands: bool, named: bool) -> Iterator[str]:
    yield from _comments(job.comments)
    keys = {"name": job.name, **in_documented_order(job.keys)} if named else in_documented_order(job.keys)
    yield from _yaml_lines(_expandable(keys) if expands else keys)
    for each in job.suggestions:
        yield from _comments((each.reason,))
        keys = in_documented_order(each.keys)
        yield from (f"# {line}" for line in _yaml_lines(_expandable(keys) if expands else keys))


def _comments(paragraphs: Sequence[str]) -> Iterator[str]:
    for each in paragraphs:
        lines = textwrap.wrap(
            " ".join(each.split()), _WIDTH - 2, break_long_words=False, break_on_hyphens=False
        )
        yield from (f"# {line}" for line in lines)


def _mentions_reference(value: Any) -> bool:
    """Return whether a text in a value would be taken for a reference, or is one."""
    if isinstance(value, Mapping):
        return any(map(_mentions_reference, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_mentions_reference, value))
    return isinstance(value, str) and ("${" in value or has_reference(value))


def _expandable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _expandable(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_expandable(each) for each in value]
    return expandable(value) if isinstance(value, str) else value


def _yaml_lines(document: Document) -> list[str]:
    from ruamel.yaml import YAML  # noqa: PLC0415 - loaded where a manifest is written

    writer = YAML(typ="safe")
    writer.Representer = _representer()
    writer.default_flow_style = False
    writer.allow_unicode = True
    writer.width = 2**31 - 1
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # ruamel declares no bool
    text = StringIO()
    try:
        writer.dump({name: ordered(value) for name, value in document.items()}, text)
    except UnicodeEncodeError:
        raise ConversionError(
            "a value has half of a surrogate pair in it, which is not a character"
        ) from None
    return text.getvalue().splitlines()


@cache
def _representer() -> type:
    """Return what writes a short list of plain values, and a short mapping in a list, on one line."""
    from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode  # noqa: PLC0415 - as above
    from ruamel.yaml.representer import SafeRepresenter  # noqa: PLC0415 - as above

    class Representer(SafeRepresenter):
        """Writes plain data."""

        def ignore_aliases(self, data: Any) -> bool:
            del data
            return True

        def represent_sequence(self, tag: Any, sequence: Any, flow_style: Any = None) -> Any:
            node = super().represent_sequence(tag, sequence, flow_style)
            node.flow_style = _is_short(node.value)
            for each in node.value:
                if isinstance(each, MappingNode):
                    pairs = [part for pair in each.value for part in pair]
                    each.flow_style = node.flow_style or (len(each.value) < 4 and _is_short(pairs))
            return node

    def _is_short(nodes: Sequence[Any]) -> bool:
        """Return whether these are scalars that fit on a line."""
        if not all(isinstance(each, ScalarNode) for each in nodes):
            return False
        return sum(len(each.value) + 2 for each in nodes) < _WIDTH - 20

    del SequenceNode
    return Representer
