"""JSON and YAML that is a template: read as it is, with its placeholders in the places of values.

`{{ … }}` may stand within a text, or where a number would, without quotes around it. A placeholder that has a
default value is replaced by it; the others stay in the texts, where `templated` finds them. Comments are
skipped. The functions are those of ecspresso (https://github.com/kayac/ecspresso#template-syntax).
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from ecsplan.terms.records import dataclass
from ecsplan_convert.aws.conformed import refuse_deep
from ecsplan_convert.aws.templated import PLACEHOLDER, shown
from ecsplan_convert.documents import read_document
from ecsplan_convert.source import ConversionError

_STATEMENT: Final = re.compile(
    r"\{\{-?\s*(?:if|else|end|range|with|block|define|template|include)\b|\{%", re.MULTILINE
)
_BEGIN: Final = "\ue100"
_BARE: Final = "\ue102"
_END: Final = "\ue101"
_MARK: Final = re.compile(f"{_BEGIN}([0-9]+){_END}")
_PART: Final = re.compile(
    r'"(?:[^"\\]|\\.)*"'
    r"|'[^'\n]*'"
    r"|(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z)|(?<![\w#])\#[^\n]*)"
    rf"|(?P<bare>(?<![\w.-])[\w.-]*(?:{_BEGIN}[0-9]+{_END}[\w.-]*)+)"
    r"|(?P<shell>\$\{(?P<name>[^{}\n]{0,200})\})",
    re.DOTALL,
)
_QUOTED: Final = r"""(?:`[^`]*`|"(?:[^"\\]|\\.)*")"""
_DEFAULT: Final = re.compile(rf"env\s+{_QUOTED}\s+(?P<value>{_QUOTED})")
_MAX_PLACEHOLDERS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Template:
    """What a template holds.

    Attributes:
        data: Its document, as plain data; placeholders without a default are in its texts.
        notes: Which members have a default value, a sentence each.
    """

    data: Any
    notes: tuple[str, ...] = ()


def read_template(text: str, name: str) -> Template:
    """Return the document of a text that may have placeholders.

    Raises:
        ConversionError: It is neither JSON nor YAML, or only rendering it shows what it holds.
    """
    statement = _STATEMENT.search(text)
    if statement is not None:
        raise ConversionError(
            f"{name} is a template with statements, which decide what it holds",
            help="render it first, and name what comes out of that",
            line=text.count("\n", 0, statement.start()) + 1,
        )
    found = PLACEHOLDER.findall(text)
    if len(found) > _MAX_PLACEHOLDERS:
        raise ConversionError(f"{name} has more than {_MAX_PLACEHOLDERS} placeholders")
    placeholders: list[str] = []
    marked = PLACEHOLDER.sub(lambda match: _mark(match[0], placeholders), text)
    if marked.lstrip()[:1] in {"{", "["} or marked.lstrip()[:2] in {"//", "/*"}:
        marked = _PART.sub(lambda match: _quoted(match, placeholders), marked)
    document = read_document(marked, name)
    refuse_deep(document)
    notes: list[str] = []
    return Template(_restored(document, "", placeholders, notes), tuple(notes))


def with_defaults(document: Mapping[str, Any]) -> Template:
    """Return a document with the defaults of placeholders in its texts in place of these."""
    notes: list[str] = []
    return Template(_defaulted(document, "", notes), tuple(notes))


def _defaulted(value: Any, at: str, notes: list[str]) -> Any:
    if isinstance(value, str):
        return _with_default(value, at, notes) if "{{" in value else value
    if isinstance(value, Mapping):
        return {name: _defaulted(each, f"{at}.{name}" if at else name, notes) for name, each in value.items()}
    if isinstance(value, list):
        return [_defaulted(each, f"{at}[{index}]", notes) for index, each in enumerate(value)]
    return value


def _with_default(text: str, at: str, notes: list[str]) -> str:
    """Return a text with the default of each placeholder; the text itself where one has none."""
    written = [match[0] for match in PLACEHOLDER.finditer(text)]
    defaults = [_default(each) for each in written]
    if not written or any(each is None for each in defaults):
        return text
    asked = ", ".join(dict.fromkeys(_shown(each) for each in written))
    notes.append(f"{at} has the value that the template gives it by default: {asked}")
    return PLACEHOLDER.sub(lambda match: _default(match[0]) or "", text)


def _mark(written: str, placeholders: list[str]) -> str:
    placeholders.append(written)
    return f"{_BEGIN}{len(placeholders) - 1}{_END}"


def _quoted(match: re.Match[str], placeholders: list[str]) -> str:
    """Return a part of JSON without what JSON does not have: comments, and placeholders outside of texts."""
    if match["comment"] is not None:
        # The lines of what follows stay what they are, for messages.
        return "\n" * match["comment"].count("\n") + " "
    if match["bare"] is not None:
        return f'"{_BARE}{match["bare"]}"'
    if match["shell"] is not None:
        name = match["name"].strip()
        return f'"{_mark(f"{{{{ {name} }}}}", placeholders)}"'
    return match[0]


def _restored(value: Any, at: str, placeholders: list[str], notes: list[str]) -> Any:
    """Return a value with defaults, and with the other placeholders as they were written."""
    if isinstance(value, str):
        return _text(value, at, placeholders, notes) if _BEGIN in value else value
    if isinstance(value, Mapping):
        return {
            _text(str(name), f"a name in {at}", placeholders, notes): _restored(
                each, f"{at}.{name}" if at else str(name), placeholders, notes
            )
            for name, each in value.items()
        }
    if isinstance(value, list):
        items = enumerate(value)
        return [_restored(each, f"{at}[{index}]", placeholders, notes) for index, each in items]
    return value


def _text(value: str, at: str, placeholders: list[str], notes: list[str]) -> Any:
    """Return a text with its placeholders as they were written, or with their defaults."""
    marks = [int(each) for each in _MARK.findall(value)]
    if any(each >= len(placeholders) for each in marks):
        return value
    written = _MARK.sub(lambda match: placeholders[int(match[1])], value.removeprefix(_BARE))
    whole = _with_default(written, at, notes)
    return _scalar(whole) if value.startswith(_BARE) and whole != written else whole


def _shown(placeholder: str) -> str:
    found = PLACEHOLDER.fullmatch(placeholder)
    return shown(found["expression"]) if found else placeholder


def _default(placeholder: str) -> str | None:
    """Return the default value of `env`; None for any other placeholder."""
    found = PLACEHOLDER.fullmatch(placeholder)
    default = None if found is None else _DEFAULT.fullmatch(found["expression"].strip("- \t\r\n"))
    if default is None:
        return None
    value = default["value"]
    return value[1:-1] if value.startswith("`") else _unescaped(value)


def _unescaped(quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        return quoted[1:-1]


def _scalar(text: str) -> Any:
    """Return what a default value is where no quotes stand around the placeholder."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float) else text
