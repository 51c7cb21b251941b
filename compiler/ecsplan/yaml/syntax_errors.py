"""Explain YAML syntax errors in terms of what was written, and say what to write instead."""

import re
from collections.abc import Callable

from ecsplan.terms.records import dataclass
from ecsplan.yaml.json_comments import COMMENT, comment_in


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """A syntax error as a parser reports it.

    Attributes:
        text: The text of the file.
        offset: The offset at which the parser stopped.
        problem: What it found there, in its words.
        context: What it was parsing, in its words; "" where it does not say.
        context_offset: The offset at which that began; `offset` where it does not say.
    """

    text: str
    offset: int
    problem: str
    context: str
    context_offset: int

    @property
    def line(self) -> str:
        """The line at which the parser stopped, at most its first 2,000 characters."""
        return _line_at(self.text, self.offset)

    @property
    def line_before(self) -> str:
        """The line before that one."""
        return _line_at(self.text, max(0, _line_start(self.text, self.offset) - 1))


@dataclass(frozen=True, slots=True)
class Explained:
    """An explained syntax error: the offset to point at, what is wrong, and what to write."""

    offset: int
    message: str
    help: str


_MAX_LINE = 2000
_KEY_WITHOUT_SPACE = re.compile(r"\s*(?:- )?([A-Za-z_][\w-]{0,60}):(?=[^\s:/])")
_KEY_AND_VALUE = re.compile(r"(\s*)(?:- )*[\w.\"'-]+:\s+[^\s|>&#]")
_VALUE = re.compile(r"\s*(?:- )*(?:[\w.\"'-]+:[ \t]+)?(.*?)\s*")
_PLACEHOLDER = re.compile(
    r'"(?:[^"\\]|\\.)*"|(?<=[\s,:\[{])\'(?:[^\']|\'\')*\'|(?P<placeholder>\$\{[^{}\n]*\})', re.DOTALL
)
_KEY_AT_END = re.compile(r"([^\s:]+):[ \t]*(?:#.*)?$")
HALF_ESCAPED = re.compile(
    r"\\u(?:[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..\\u)[dD][c-fC-F][0-9a-fA-F]{2})"
)
"""The escape of an unpaired surrogate."""
_RESERVED = {
    "`": "a backtick",
    "@": "an at sign",
    "%": "a percent sign",
    "*": "an asterisk",
    "&": "an ampersand",
    "!": "an exclamation mark",
}
_QUOTE_IT = "put the value in quotes"


def half_of_a_pair(escape: str) -> tuple[str, str]:
    """Return the message and the help for the escape of an unpaired surrogate."""
    help_text = r"write both halves of the pair, such as \ud83d\ude00, or the character itself"
    return f"{escape} is an unpaired surrogate, which is not a character", help_text


def explain(found: SyntaxProblem) -> Explained:
    """Return the explanation of a syntax error: of a known cause, else the parser's own words."""
    # libyaml and ruamel.yaml word and place some errors differently. So a cause is recognized by the text
    # around the place as well, and both parsers lead to the same explanation.
    for recognize in _CAUSES:
        explained = recognize(found)
        if explained is not None:
            return explained
    reading = f" {found.context}" if found.context else ""
    return Explained(found.offset, f"not valid YAML: {found.problem}{reading}", "")


def _tab(found: SyntaxProblem) -> Explained | None:
    """Recognize a tab in the indentation."""
    start = _line_start(found.text, found.offset)
    blank = found.text[start : found.offset + 1]
    if blank.strip() or "\t" not in blank:
        return None
    return Explained(start + blank.index("\t"), "a tab where YAML requires spaces", "indent with spaces")


def _comment(found: SyntaxProblem) -> Explained | None:
    """Recognize a JavaScript comment in JSON, or before it."""
    # The parser stops at or behind the comment, so the search ends with the line at which it stopped.
    begin = found.context_offset if "flow" in found.context else 0
    end = found.offset + len(_line_at(found.text[found.offset :], 0))
    if begin == 0 and not found.text.lstrip().startswith(("//", "/*")) and "flow" not in found.context:
        return None
    marker = comment_in(found.text[begin:end])
    if marker is None:
        return None
    return Explained(begin + marker, *COMMENT)


def _placeholder(found: SyntaxProblem) -> Explained | None:
    """Recognize an unquoted `${NAME}` within brackets or braces, where YAML reads its braces as a mapping."""
    if "flow" not in found.context:
        return None
    end = found.offset + len(_line_at(found.text[found.offset :], 0))
    region = found.text[found.context_offset : end]
    place = next((each for each in _PLACEHOLDER.finditer(region) if each["placeholder"]), None)
    if place is None:
        return None
    return Explained(
        found.context_offset + place.start("placeholder"),
        "an unquoted placeholder, whose braces YAML reads as a mapping",
        "put it in quotes: it is then filled in if the document has `variables:`, and literal text if not",
    )


def _dash_in_brackets(found: SyntaxProblem) -> Explained | None:
    """Recognize a list with dashes within brackets or braces, which mixes JSON and YAML."""
    if "flow" not in found.context or not re.match(r"-\s", found.text[found.offset :][:2]):
        return None
    return Explained(
        found.offset,
        "a list with dashes within brackets or braces",
        "write the list as [ITEM, ITEM], or remove the brackets or braces around it",
    )


def _unclosed_quote(found: SyntaxProblem) -> Explained | None:
    """Recognize a quote that is never closed."""
    if "quoted scalar" not in found.context or "unexpected" not in found.problem:
        return None
    quote = found.text[found.context_offset]
    kind = "double" if quote == '"' else "single"
    doubled = "" if quote == '"' else "; inside single quotes an apostrophe is written twice"
    return Explained(
        found.context_offset, f"the {kind} quote is never closed", f"close it with {quote}{doubled}"
    )


def _brackets(found: SyntaxProblem) -> Explained | None:
    """Recognize a bracket that is never closed, and items without a comma between them."""
    opening = found.text[found.context_offset : found.context_offset + 1]
    closing = {"[": "]", "{": "}"}.get(opening)
    if "flow" not in found.context or closing is None:
        return None
    between = found.text[found.context_offset : found.offset]
    if not found.text[found.offset :].strip():
        return Explained(found.context_offset, f"the {opening} is never closed", f"close it with {closing}")
    lines = len(re.findall(r"\r\n|\r|\n", between))
    # On a later line, the bracket is the better place: what the parser stopped at is usually the next key.
    if lines:
        message = f"the {opening} is still open where something else begins, {lines} lines below"
        help_text = f"close it with {closing}, or put a comma between its items"
        return Explained(found.context_offset, message.replace(" 1 lines", " 1 line"), help_text)
    help_text = (
        f"separate the items with commas, close with {closing}, quote values that contain any of []{{}},:#?"
    )
    return Explained(found.offset, f"expected a comma or {closing} here", help_text)


def _colon(found: SyntaxProblem) -> Explained | None:
    """Recognize a colon in a value, which makes the value look like a key."""
    if "found unexpected ':'" in found.problem:
        return Explained(
            found.offset, "a colon inside brackets", "write a space after it, or put the value in quotes"
        )
    if "mapping values are not allowed" not in found.problem:
        return None
    # The parser reports all of the following in the same words. The causes are tried from the most specific
    # pattern to the least.
    value = _VALUE.fullmatch(found.line)
    if value and value[1].startswith("arn:"):
        return Explained(
            found.offset, "an unquoted value cannot end in a colon", f'quote the ARN: "{value[1]}"'
        )
    squeezed = _KEY_WITHOUT_SPACE.match(found.line_before)
    if squeezed:
        message = f"`{squeezed[1]}:` on the line before has no space after its colon"
        return Explained(found.offset, message, f"write `{squeezed[1]}: ` with a space")
    deeper = _KEY_AND_VALUE.match(found.line_before)
    if deeper and len(found.line) - len(found.line.lstrip()) > len(deeper[1]):
        message = "this key is indented deeper than the one before, which already has a value"
        return Explained(found.offset, message, "indent both keys alike, or remove that value")
    if value and re.match(r"\s*[\w.-]+:[ \t]+[^\"']*:", found.line):
        return Explained(
            found.offset, "a value that contains `: ` or ends in `:` is read as another key", _QUOTE_IT
        )
    return Explained(
        found.offset, "a key is not allowed here", "the line before it is not a complete `key: value`"
    )


def _key_alone(found: SyntaxProblem) -> Explained | None:
    """Recognize a key without a colon."""
    if "could not find expected ':'" not in found.problem:
        return None
    if found.text[found.context_offset : found.context_offset + 1] in {"{", "["}:
        return _unindented(found)
    if _written_above(found).lstrip().startswith("- ") and re.match(
        r"-[^\s-]", found.text[found.context_offset :][:2]
    ):
        help_text = "write `- ` before the item"
        return Explained(found.context_offset, "a dash without a space after it", help_text)
    return Explained(
        found.context_offset, "this is not a `key: value` pair", "write a colon and a space after the key"
    )


def _unindented(found: SyntaxProblem) -> Explained:
    """Return the explanation of JSON that is not indented below the key before it."""
    key = _KEY_AT_END.search(_written_above(found))
    if key is None:
        return Explained(found.context_offset, "a bracket where a key is expected", "write a key before it")
    message = f"the value of `{key[1][:60]}:` is not indented below it"
    help_text = "begin it on the line of the key, or indent it two spaces deeper than the key"
    return Explained(found.context_offset, message, help_text)


def _written_above(found: SyntaxProblem) -> str:
    """Return the line above the beginning of what was read, but for blank lines and comments; "" for none."""
    lines = found.text[max(0, found.context_offset - _MAX_LINE) : found.context_offset].splitlines()
    written = [each for each in lines if each.strip() and not each.lstrip().startswith("#")]
    return written[-1] if written else ""


def _list_in_line(found: SyntaxProblem) -> Explained | None:
    """Recognize `key: - item`."""
    if "sequence entries are not allowed" not in found.problem:
        return None
    return Explained(
        found.offset, "a list with dashes cannot begin here", "begin it on a line of its own, or write [a, b]"
    )


def _reserved(found: SyntaxProblem) -> Explained | None:
    """Recognize a value that begins with a character reserved by YAML."""
    character = found.text[found.context_offset : found.context_offset + 1]
    reading = found.context + found.problem
    if character not in _RESERVED or not re.search(r"token|alias|anchor|tag|directive|node", reading):
        return None
    message = f"a value cannot begin with {_RESERVED[character]} ({character})"
    return Explained(found.context_offset, message, _QUOTE_IT)


def _escape(found: SyntaxProblem) -> Explained | None:
    """Recognize an invalid escape in double quotes."""
    # The parser stops at the backslash or up to two characters behind it.
    half = HALF_ESCAPED.search(found.text, max(0, found.offset - 2), found.offset + 6)
    if half is not None and half.start() <= found.offset:
        return Explained(half.start(), *half_of_a_pair(half.group()))
    if "escape" not in found.problem and "hexdecimal" not in found.problem:
        return None
    help_text = "write the backslash twice, or put the value in single quotes"
    return Explained(found.offset, "not a valid YAML escape", help_text)


def _indentation(found: SyntaxProblem) -> Explained | None:
    """Recognize a line that matches neither the indentation of its neighbours nor the value before it."""
    if "block mapping" not in found.context and "block collection" not in found.context:
        return None
    if found.text[found.offset : found.offset + 1] == ",":
        help_text = "remove the comma, or keep the braces of JSON: { before the first key, } after the last"
        return Explained(found.offset, "a comma between keys that are not in braces", help_text)
    help_text = "indent it like its neighbours; text after a closing quote belongs inside the quotes"
    return Explained(found.offset, "this does not continue the mapping or list above", help_text)


def _after_the_end(found: SyntaxProblem) -> Explained | None:
    """Recognize text after the closing brace of a document."""
    if "<document start>" not in found.problem:
        return None
    if not found.text[: found.offset].rstrip().endswith(("}", "]")):
        return None
    help_text = "put it inside the braces, or write the manifest without them"
    return Explained(found.offset, "this comes after the brace that ends the document", help_text)


def _nothing_between(found: SyntaxProblem) -> Explained | None:
    """Recognize two commas in a row."""
    if "node content" not in found.problem or found.text[found.offset : found.offset + 1] != ",":
        return None
    return Explained(found.offset, "a comma with nothing before it", "remove it")


# A comment or a placeholder in JSON also looks like an open bracket, and a bracket like an indentation error:
# the specific causes come first.
_CAUSES: tuple[Callable[[SyntaxProblem], Explained | None], ...] = (
    _tab,
    _comment,
    _placeholder,
    _dash_in_brackets,
    _unclosed_quote,
    _brackets,
    _colon,
    _key_alone,
    _list_in_line,
    _reserved,
    _escape,
    _indentation,
    _after_the_end,
    _nothing_between,
)


def _line_start(text: str, offset: int) -> int:
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def _line_at(text: str, offset: int) -> str:
    start = _line_start(text, offset)
    return re.split(r"[\r\n]", text[start : start + _MAX_LINE], maxsplit=1)[0]
