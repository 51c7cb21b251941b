"""Jobs as the text of a manifest: keys in the documented order, and comments above them."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ecsplan.terms.json_types import Document
from ecsplan.terms.member_order import ordered
from ecsplan.terms.records import dataclass
from ecsplan.terms.safe_text import escaped
from ecsplan.yaml.write import yaml_text
from ecsplan_convert.documents import HALF_A_CHARACTER, has_half_a_character
from ecsplan_convert.manifest.keys import in_documented_order
from ecsplan_convert.references import expandable, has_reference
from ecsplan_convert.source import ConversionError, Suggestion

_OF_AWS: Final = frozenset(
    {
        *("task_definition", "task_definition_customizations", "task_customizations"),
        *("network_configuration", "capacity_provider_strategy", "volume_configurations"),
        *("placement_constraints", "placement_strategy", "runtime_platform"),
    }
)
"""Keys whose values are AWS's documents, of which a person looks for some members first."""
_WIDTH: Final = 100
"""Columns of a comment."""


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
    if any(has_half_a_character(each.keys) for each in jobs):
        raise ConversionError(HALF_A_CHARACTER)
    expands = bool(variables) or any(_mentions_reference(each.keys) for each in jobs)
    lines = list(_comments(comments))
    if expands:
        lines += _yaml_lines({"variables": dict(variables)})
    if len(jobs) == 1:
        lines += _job_lines(jobs[0], expands=expands, named=True)
    else:
        lines.append("jobs:")
        for each in jobs:
            inner = _job_lines(each, expands=expands, named=False)
            lines += [f"  {key}" for key in _key_lines(each.name)]
            lines += [f"    {line}" if line else line for line in inner]
    return "\n".join(lines) + "\n"


def _key_lines(name: str) -> list[str]:
    """Return a name as the key of a mapping that follows; a long one is `? name`, with its `:` below."""
    *before, line = _yaml_lines({name: None})
    return [*before, line.removesuffix(" null").removesuffix(" ")]


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
            escaped(" ".join(each.split())), _WIDTH - 2, break_long_words=False, break_on_hyphens=False
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
    text = yaml_text(
        {name: ordered(value) if name in _OF_AWS else value for name, value in document.items()}, compact=True
    )
    # Not `splitlines`: a line separator within a text in quotes ends no line of YAML.
    return text.removesuffix("\n").split("\n")
