"""A Python file as a syntax tree, with the parent of each node; it is parsed and never executed."""

import ast
import warnings
from collections.abc import Iterator, Mapping
from typing import Final

from ecsplan.terms.records import dataclass
from ecsplan_convert.source import ConversionError

MAX_LENGTH: Final = 2**20
"""Characters of a file, for which the parser may take a few seconds and 200 MB; no DAG comes near it."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A Python file.

    Attributes:
        tree: Its syntax tree.
        parents: The parent of each node of the tree but the first.
    """

    tree: ast.Module
    parents: Mapping[ast.AST, ast.AST]

    def calls(self) -> list[ast.Call]:
        """Return all calls, in the order in which they are written."""
        found = [each for each in self.parents if isinstance(each, ast.Call)]
        return sorted(found, key=lambda each: (each.lineno, each.col_offset))

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the nodes that contain a node, the innermost first."""
        while node in self.parents:
            node = self.parents[node]
            yield node


def parse(text: str) -> Parsed:
    """Return a file's syntax tree.

    Raises:
        ConversionError: The text is not Python 3, too long, or nested too deeply; with the line where one is
            to blame.
    """
    if len(text) > MAX_LENGTH:
        raise ConversionError(
            f"the Python source has {len(text):,} characters, more than {MAX_LENGTH:,}",
            help="convert a file that has the calls of interest alone",
        )
    tree = _tree(text.removeprefix("\ufeff"))
    parents: dict[ast.AST, ast.AST] = {}
    rest: list[ast.AST] = [tree]
    while rest:
        node = rest.pop()
        for child in ast.iter_child_nodes(node):
            # The parser has one object for each kind of operator and of context, which have no one parent.
            if not isinstance(child, ast.expr_context | ast.operator | ast.unaryop | ast.boolop | ast.cmpop):
                parents[child] = node
                rest.append(child)
    return Parsed(tree, parents)


def _tree(text: str) -> ast.Module:
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ConversionError("the Python source has a null byte, which no Python file has", line=line)
    try:
        with warnings.catch_warnings():
            # Such as invalid escapes in strings: they are the author's business.
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        message = f"the Python source cannot be parsed: {error.msg}"
        raise ConversionError(message, help=_PYTHON_3, line=error.lineno or None) from error
    except (RecursionError, MemoryError) as error:
        raise ConversionError("the Python source is nested too deeply to be read") from error
    except ValueError as error:
        # A text with half of a surrogate pair, which no encoding of a file has.
        raise ConversionError("the Python source is not valid text") from error


_PYTHON_3: Final = "the file must be valid Python 3; code of Python 2 can be converted with 2to3 first"
