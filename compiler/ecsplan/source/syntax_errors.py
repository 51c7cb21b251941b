"""What a YAML syntax error means to the person who wrote the manifest, and what to write."""

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """A syntax error as a parser reports it.

    Attributes:
        text: The text of the file.
        offset: Where the parser gave up.
        problem: What it found there.
        context: What it was reading, "" where it does not say.
        context_offset: Where that began, `offset` where it does not say.
    """

    text: str
    offset: int
    problem: str
    context: str
    context_offset: int

    @property
    def line(self) -> str:
        """The line where the parser gave up, at most its first 2,000 characters."""
        return _line_at(self.text, self.offset)

    @property
    def line_before(self) -> str:
        """The line before that one."""
        return _line_at(self.text, max(0, _line_start(self.text, self.offset) - 1))


@dataclass(frozen=True, slots=True)
class Explained:
    """What to tell the reader: the offset to look at, what is wrong, and what to write."""

    offset: int
    message: str
    help: str


_MAX_LINE = 2000
_KEY_WITHOUT_SPACE = re.compile(r"\s*(?:- )?([A-Za-z_][\w-]{0,60}):(?=[^\s:/])")
_KEY_AND_VALUE = re.compile(r"(\s*)(?:- )*[\w.\"'-]+:\s+[^\s|>&#]")
_VALUE = re.compile(r"\s*(?:- )*(?:[\w.\"'-]+:[ \t]+)?(.*?)\s*")
_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*"|(?:(?<=[\s,{}\[\]"])|^)(?P<comment>//|/\*)', re.DOTALL)
_PLACEHOLDER = re.compile(
    r'"(?:[^"\\]|\\.)*"|(?<=[\s,:\[{])\'(?:[^\']|\'\')*\'|(?P<placeholder>\$\{[^{}\n]*\})', re.DOTALL
)
_KEY_AT_END = re.compile(r"([^\s:]+):[ \t]*(?:#.*)?$")
HALF_ESCAPED = re.compile(
    r"\\u(?:[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..\\u)[dD][c-fC-F][0-9a-fA-F]{2})"
)
"""The escape of half of a surrogate pair, the other half missing."""
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
    """Return what to say about the escape of half of a surrogate pair."""
    help_text = r"write both halves, such as \ud83d\ude00, or the character itself"
    return f"{escape} is half of a surrogate pair, which is no character", help_text


def explain(found: SyntaxProblem) -> Explained:
    """Return what a syntax error means, for the causes that people run into, else what the parser says."""
    for recognize in _CAUSES:
        explained = recognize(found)
        if explained is not None:
            return explained
    reading = f" {found.context}" if found.context else ""
    return Explained(found.offset, f"not valid YAML: {found.problem}{reading}", "")


def _tab(found: SyntaxProblem) -> Explained | None:
    """Recognize a tab where YAML wants spaces."""
    start = _line_start(found.text, found.offset)
    blank = found.text[start : found.offset + 1]
    if blank.strip() or "\t" not in blank:
        return None
    return Explained(start + blank.index("\t"), "a tab where YAML wants spaces", "indent with spaces")


def _comment(found: SyntaxProblem) -> Explained | None:
    """Recognize a comment of JavaScript in JSON, or before it."""
    begin = found.context_offset if "flow" in found.context else 0
    end = found.offset + len(_line_at(found.text[found.offset :], 0))
    if begin == 0 and not found.text.lstrip().startswith(("//", "/*")) and "flow" not in found.context:
        return None
    marker = comment_in(found.text[begin:end])
    if marker is None:
        return None
    return Explained(begin + marker, *COMMENT)


COMMENT = (
    "a comment as JavaScript writes it, and YAML does not",
    "begin the comment with # and a space, or remove it",
)
"""What to say about a comment of JavaScript, and what to do."""


def begins_with_comment(text: str) -> bool:
    """Return whether a text that YAML takes for a value begins with a comment of JavaScript."""
    return text.startswith(("//", "/*"))


def comment_in(text: str) -> int | None:
    """Return where in a text of JSON a comment of JavaScript begins; None where there is none."""
    found = (each for each in _COMMENT.finditer(text) if each["comment"])
    return next((each.start("comment") for each in found), None)


def _placeholder(found: SyntaxProblem) -> Explained | None:
    """Recognize `${NAME}` outside quotes within brackets or braces, where its braces are YAML's."""
    if "flow" not in found.context:
        return None
    end = found.offset + len(_line_at(found.text[found.offset :], 0))
    region = found.text[found.context_offset : end]
    place = next((each for each in _PLACEHOLDER.finditer(region) if each["placeholder"]), None)
    if place is None:
        return None
    return Explained(
        found.context_offset + place.start("placeholder"),
        "a placeholder outside quotes, where its braces are YAML's own",
        "ecsplan fills in no placeholders: write the value, or put quotes around what is meant as it stands",
    )


def _dash_in_brackets(found: SyntaxProblem) -> Explained | None:
    """Recognize a list with dashes within brackets or braces: half JSON, half YAML."""
    if "flow" not in found.context or not re.match(r"-\s", found.text[found.offset :][:2]):
        return None
    return Explained(
        found.offset,
        "a list with dashes within brackets or braces",
        "write the list as [ITEM, ITEM], or take the brackets and braces around it away",
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
    if lines:
        message = f"the {opening} is not closed where something else begins, {lines} lines below"
        help_text = f"close it with {closing}, or put a comma between its items"
        return Explained(found.context_offset, message.replace(" 1 lines", " 1 line"), help_text)
    help_text = (
        f"separate the items with commas, close with {closing}, quote values that contain []{{}},: or #"
    )
    return Explained(found.offset, f"expected a comma or {closing} here", help_text)


def _colon(found: SyntaxProblem) -> Explained | None:
    """Recognize a value with a colon in it that makes it look like another key."""
    if "found unexpected ':'" in found.problem:
        return Explained(
            found.offset, "a colon inside brackets", "write a space after it, or put the value in quotes"
        )
    if "mapping values are not allowed" not in found.problem:
        return None
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
        message = "this key stands deeper than the one before, which has a value already"
        return Explained(found.offset, message, "indent both keys alike, or remove that value")
    if value and re.match(r"\s*[\w.-]+:[ \t]+[^\"']*:", found.line):
        return Explained(
            found.offset, "a value that contains `: ` or ends in `:` reads as another key", _QUOTE_IT
        )
    return Explained(found.offset, "a key where none can stand", "the line before it is no `key: value`")


def _key_alone(found: SyntaxProblem) -> Explained | None:
    """Recognize a key without a colon."""
    if "could not find expected ':'" not in found.problem:
        return None
    if found.text[found.context_offset : found.context_offset + 1] in {"{", "["}:
        return _unindented(found)
    return Explained(
        found.context_offset, "this is no `key: value`", "write a colon and a space after the key"
    )


def _unindented(found: SyntaxProblem) -> Explained:
    """Explain JSON that begins no deeper than the key before it."""
    lines = found.text[max(0, found.context_offset - _MAX_LINE) : found.context_offset].splitlines()
    written = [each for each in lines if each.strip() and not each.lstrip().startswith("#")]
    key = _KEY_AT_END.search(written[-1]) if written else None
    if key is None:
        return Explained(found.context_offset, "a bracket where a key is expected", "write a key before it")
    message = f"what belongs to `{key[1][:60]}:` is not indented below it"
    help_text = "begin it on the line of the key, or indent it by two spaces more than the key"
    return Explained(found.context_offset, message, help_text)


def _list_in_line(found: SyntaxProblem) -> Explained | None:
    """Recognize `key: - item`."""
    if "sequence entries are not allowed" not in found.problem:
        return None
    return Explained(
        found.offset, "a list with dashes cannot begin here", "begin it on a line of its own, or write [a, b]"
    )


def _reserved(found: SyntaxProblem) -> Explained | None:
    """Recognize a value that begins with a character that YAML keeps for itself."""
    character = found.text[found.context_offset : found.context_offset + 1]
    reading = found.context + found.problem
    if character not in _RESERVED or not re.search(r"token|alias|anchor|tag|directive|node", reading):
        return None
    message = f"a value cannot begin with {_RESERVED[character]} ({character})"
    return Explained(found.context_offset, message, _QUOTE_IT)


def _escape(found: SyntaxProblem) -> Explained | None:
    """Recognize a backslash in double quotes that escapes nothing."""
    half = HALF_ESCAPED.search(found.text, max(0, found.offset - 2), found.offset + 6)
    if half is not None and half.start() <= found.offset:
        return Explained(half.start(), *half_of_a_pair(half.group()))
    if "escape" not in found.problem and "hexdecimal" not in found.problem:
        return None
    help_text = "write the backslash twice, or put the value in single quotes"
    return Explained(found.offset, "not an escape that YAML knows", help_text)


def _indentation(found: SyntaxProblem) -> Explained | None:
    """Recognize a line that fits neither its neighbours' indentation nor the value before it."""
    if "block mapping" not in found.context and "block collection" not in found.context:
        return None
    if found.text[found.offset : found.offset + 1] == ",":
        help_text = "remove the comma; JSON keeps its braces: { before the first key, } after the last"
        return Explained(found.offset, "a comma between keys that stand in no braces", help_text)
    help_text = "indent it as its neighbours are; text after a closing quote belongs inside the quotes"
    return Explained(found.offset, "this does not continue the mapping or list above", help_text)


def _after_the_end(found: SyntaxProblem) -> Explained | None:
    """Recognize what follows the closing brace of a document."""
    if "<document start>" not in found.problem:
        return None
    if not found.text[: found.offset].rstrip().endswith(("}", "]")):
        return None
    help_text = "put it within the braces, or write the manifest without them"
    return Explained(found.offset, "this stands behind the brace that ends the document", help_text)


def _nothing_between(found: SyntaxProblem) -> Explained | None:
    """Recognize two commas in a row."""
    if "node content" not in found.problem or found.text[found.offset : found.offset + 1] != ",":
        return None
    return Explained(found.offset, "a comma with nothing before it", "remove it")


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
