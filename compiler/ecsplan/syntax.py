"""What a YAML syntax error means to the person who wrote the manifest, and what to write."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """A syntax error as a parser reports it.

    Attributes:
        problem: What the parser found.
        offset: Where it found it.
        context: What it was reading, "" where it does not say.
        context_offset: Where that began, None where it does not say.
    """

    problem: str
    offset: int
    context: str = ""
    context_offset: int | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """What to tell the reader: the offset to look at, what is wrong, and what to write."""

    offset: int
    message: str
    help: str


_KEY_WITHOUT_SPACE = re.compile(r"^\s*(?:- )?([A-Za-z_][\w-]*):(?=[^\s:/])")
_VALUE = re.compile(r"^\s*(?:- )?(?:[\w.\"'-]+:[ \t]+)?(.*?)\s*$")
_ODD_STARTS = {
    "`": "a backtick",
    "@": "an at sign",
    "%": "a percent sign",
    "*": "an asterisk",
    "&": "an ampersand",
    "!": "an exclamation mark",
}


def explain(found: SyntaxProblem, text: str) -> Explained:
    """Return what a syntax error means, for the causes that people run into, else what the parser says."""
    if "\t" in _blank_before(text, found.offset) or "tab character" in found.problem:
        return Explained(_tab(text, found.offset), "a tab where YAML wants spaces", "indent with spaces")
    for recognize in (_unclosed, _colon_in_value, _odd_start, _escape, _indentation):
        explained = recognize(found, text)
        if explained:
            return explained
    reading = f" {found.context}" if found.context else ""
    return Explained(found.offset, f"not valid YAML: {found.problem}{reading}", "")


def _line_around(text: str, offset: int) -> str:
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    return re.split(r"[\r\n]", text[start : start + 2000], maxsplit=1)[0]


def _blank_before(text: str, offset: int) -> str:
    """Return the blanks around `offset`."""
    start = offset
    while start > 0 and text[start - 1] in " \t":
        start -= 1
    return text[start : offset + 1] if not text[offset : offset + 1].strip(" \t") else text[start:offset]


def _tab(text: str, offset: int) -> int:
    found = text.rfind("\t", max(0, offset - 200), offset + 1)
    return found if found >= 0 else offset


def _unclosed(found: SyntaxProblem, text: str) -> Explained | None:
    """Recognize a quote or a bracket that is never closed."""
    if found.context_offset is None:
        return None
    opening = text[found.context_offset : found.context_offset + 1]
    if "quoted scalar" in found.context and "unexpected" in found.problem:
        kind = "double" if opening == '"' else "single"
        doubled = "" if opening == '"' else "; inside single quotes an apostrophe is written twice"
        return Explained(
            found.context_offset, f"the {kind} quote is never closed", f"close it with {opening}{doubled}"
        )
    closing = {"[": "]", "{": "}"}.get(opening)
    if "flow" not in found.context or closing is None:
        return None
    if not text[found.offset :].strip() or re.search(r"[\r\n]", text[found.context_offset : found.offset]):
        return Explained(found.context_offset, f"the {opening} is never closed", f"close it with {closing}")
    return Explained(
        found.offset,
        f"expected a comma or {closing} here",
        f"separate the items with commas, close with {closing}, quote values that contain any of []{{}},:",
    )


def _colon_in_value(found: SyntaxProblem, text: str) -> Explained | None:
    """Recognize a value with a colon in it that makes it look like another key, and a key without a value."""
    if (
        "mapping values are not allowed" not in found.problem
        and "could not find expected ':'" not in found.problem
    ):
        return None
    line = _line_around(text, found.offset)
    value = _VALUE.match(line)
    written = value.group(1) if value else ""
    message = "a value that contains `: ` or ends in `:` reads as another key"
    if written.startswith("arn:"):
        return Explained(found.offset, message, f'quote the ARN: "{written}"')
    before = _previous_line(text, found.offset)
    missing = _KEY_WITHOUT_SPACE.match(before) if "could not" not in found.problem else None
    if missing:
        return Explained(
            found.offset,
            f"`{missing.group(1)}:` on the line before has no space after its colon",
            f"write `{missing.group(1)}: ` with a space",
        )
    if "could not" in found.problem:
        return Explained(found.offset, "a key without a colon", "write `key: value`")
    return Explained(found.offset, message, "put the value in quotes")


def _previous_line(text: str, offset: int) -> str:
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset))
    return _line_around(text, start - 1) if start > 0 else ""


def _odd_start(found: SyntaxProblem, text: str) -> Explained | None:
    """Recognize a value that begins with a character that YAML keeps for itself."""
    place = found.offset if found.context_offset is None else found.context_offset
    character = text[place : place + 1]
    if character not in _ODD_STARTS or not re.search(
        r"token|alias|anchor|tag|directive", found.context + found.problem
    ):
        return None
    return Explained(
        place, f"a value cannot begin with {_ODD_STARTS[character]} ({character})", "put the value in quotes"
    )


def _escape(found: SyntaxProblem, _text: str) -> Explained | None:
    """Recognize a backslash in double quotes that escapes nothing."""
    if "escape" not in found.problem:
        return None
    return Explained(
        found.offset,
        "not an escape that YAML knows",
        "write the backslash twice, or put the value in single quotes",
    )


def _indentation(found: SyntaxProblem, _text: str) -> Explained | None:
    """Recognize a line that fits neither its neighbours' indentation nor the value before it."""
    if "block mapping" not in found.context and "block collection" not in found.context:
        return None
    return Explained(
        found.offset,
        "this does not continue the mapping or list above",
        "indent it as its neighbours are; text after a closing quote belongs inside the quotes",
    )
