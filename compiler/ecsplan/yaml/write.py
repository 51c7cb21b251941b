"""Plain data -> YAML text, in which nothing is hidden and nothing reads like a command to a pipeline."""

import re
from collections.abc import Sequence
from functools import cache
from io import StringIO
from typing import Any, Final

from ecsplan.terms.json_types import Document
from ecsplan.terms.safe_text import escaped_yaml, has_hidden, without_commands

_SHORT: Final = 80
"""Characters of a list or mapping on one line."""
_FEW: Final = 3
"""Members of a mapping on one line."""
_ODD_ON_A_LINE: Final = re.compile(r"\A(?=[^\n]*\Z)(?::|[^\n]*(?:\?|[\"'\]}]:))")
"""Texts of one line that would be written without quotes and mean something else in `[…]` and `{…}`."""


def yaml_text(document: Document, *, compact: bool = False) -> str:
    """Return a document as YAML in block style, its members in the order that they have.

    Args:
        document: The document; its texts have no half of a surrogate pair.
        compact: Whether short lists of scalars, and short mappings in lists, are written on one line.
    """
    from ruamel.yaml import YAML  # noqa: PLC0415 - few commands write YAML

    writer = YAML(typ="safe", pure=True)
    writer.Representer = _representer(compact=compact)
    writer.default_flow_style = False
    writer.allow_unicode = True
    writer.width = 2**31  # a line of a text that is broken up could look like a pipeline's command
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # ruamel declares no bool
    text = StringIO()
    writer.dump(document, text)
    return escaped_yaml(text.getvalue())


@cache
def _representer(*, compact: bool) -> type:
    """Return what decides on quotes, double ones where something is escaped, and on what is on one line."""
    from ruamel.yaml.nodes import MappingNode, ScalarNode  # noqa: PLC0415 - as above
    from ruamel.yaml.representer import SafeRepresenter  # noqa: PLC0415 - as above

    class Representer(SafeRepresenter):
        """Writes plain data."""

        def represent_sequence(self, tag: Any, sequence: Any, flow_style: Any = None) -> Any:
            """Return the node of a list."""
            node = super().represent_sequence(tag, sequence, flow_style)
            if compact:
                node.flow_style = is_short(node.value)
                for each in node.value:
                    if isinstance(each, MappingNode) and len(each.value) <= _FEW:
                        each.flow_style = is_short([part for pair in each.value for part in pair])
            return node

        def ignore_aliases(self, data: Any) -> bool:
            """Write what occurs twice as what it is, twice."""
            return compact or bool(super().ignore_aliases(data))

    def is_short(nodes: Sequence[Any]) -> bool:
        """Return whether these are scalars that fit on a line."""
        return (
            all(isinstance(each, ScalarNode) and each.style in {None, "'"} for each in nodes)
            and sum(len(each.value) + 2 for each in nodes) <= _SHORT
        )

    def text(representer: SafeRepresenter, value: str) -> object:
        style = '"' if _is_tricky(value) else "'" if compact and _ODD_ON_A_LINE.search(value) else None
        return representer.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Representer.add_representer(str, text)
    return Representer


def _is_tricky(value: str) -> bool:
    """Return whether a text has something in it that is written as an escape."""
    return without_commands(value) != value or has_hidden(value)
