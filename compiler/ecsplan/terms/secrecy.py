"""Recognize values that look like credentials, and mask them wherever a value is shown."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from ecsplan.terms.command_secrets import hidden_in_text, hidden_in_words
from ecsplan.terms.credential_names import NOT_CREDENTIALS, names_credential

MASK: Final = "***"
"""Shown in place of every credential, of whatever length."""

_PLAIN_VALUES = re.compile(
    "true|false|yes|no|on|off|none|null|enabled|disabled|required|optional|basic|[01]", re.IGNORECASE
)
REFERENCES = frozenset({"secrets", "secretOptions"})
"""Members that refer to secrets by name or ARN and contain none."""
_REFERENCE = re.compile(
    r"arn:[\w-]+:.*|(?:ssm|secretsmanager|vault|file|env|op|s3)://?.*|\$\{[^}]*\}|\$\([^)]*\)|\$[A-Za-z_]\w*"
    r"|\{\{.*\}\}|<[^<>]*>|\*+|\.{0,2}(?:/[\w.@-]{1,32})+/?|[A-Za-z]:\\[^;=]*"
)
"""Values that refer to a credential: an ARN, a path, a variable, a placeholder."""

_NAME = r"[A-Za-z_][\w.-]*"
_CREDENTIAL = re.compile(
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*"
    r"|\bgh[opsur]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bxox[abeoprs]-[\w-]{10,}"
    r"|\b[rs]k_(?:live|test)_\w{10,}|\bsk-[\w-]{20,}|\bAIza[\w-]{30,}|\bnpm_\w{30,}|\bpypi-[\w-]{30,}"
    r"|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bhf_[A-Za-z]{30,}|\bdop_v1_\w{30,}|\bdapi[0-9a-f]{30,}|\bhv[sbr]\.[\w-]{20,}"
    r"|\bshp(?:at|ca|pa|ss)_\w{20,}|\bAGE-SECRET-KEY-\w+"
    r"|(?<=hooks\.slack\.com/services/)[\w/]+"
    r"|(?:(?<=;[Pp][Ww][Dd]=)|(?<=;\s[Pp][Ww][Dd]=))(?![/$.~<{*])[^\s;\"']+(?=\s*(?:[;\"']|\Z))"
    r"|(?:(?<=;[Pp][Ww][Dd]=)|(?<=;\s[Pp][Ww][Dd]=))(?:'[^';]+'|\"[^\";]+\")"
    r"|(?:(?<=\A[Pp][Ww][Dd]=)|(?<=[\s\"'][Pp][Ww][Dd]=))(?![/$.~<{*])[^\s;\"']+"
    r"(?=\s*;\s*(?i:server|data source|database|initial catalog|driver|dsn|host|port|uid|user(?: id)?)\s*=)"
    r"|(?i:(?<=authorization: )|(?<=authorization:)|(?<=authorization=))"
    r"(?:(?i:bearer|basic|token|digest|negotiate|apikey) +)?(?![/$~<{*]|(?i:bearer|basic|token)\b)[^\s\"',;]+"
    r"|(?<=\bBearer )[\w.~+/=-]{8,}|(?<=\bBasic )[A-Za-z0-9+/=]{12,}",
    re.DOTALL,
)
"""Shapes that only credentials have, whatever their name."""
_URL_PASSWORD = re.compile(
    r"(?<![\w+.-])(?P<head>[A-Za-z][\w+.-]*://[^/\s:@'\"]{0,256}:)(?P<value>[^/\s'\"][^\s'\"]{0,1024}?)(?=@[\w\[.-])"
)
_ASSIGNMENT = re.compile(
    rf"(?<![\w.-])(?P<head>(?P<flag>--?)?(?P<name>{_NAME})(?:\s*=\s*|(?(flag)\s+|:\s+)))"
    r"(?P<value>\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z)|[^\s;&,\"']+)"
)
_QUOTED_PAIR = re.compile(
    rf"(?P<head>(?P<quote>\\?[\"'])(?P<name>{_NAME})(?P=quote)\s*:\s*(?P=quote))"
    r"(?P<value>(?:(?!(?P=quote))(?:\\.|[^\\]))+)",
    re.DOTALL,
)
"""A name and its string in a document embedded in a text: Python, or JSON, possibly quoted once more."""
_QUOTED_NUMBER = re.compile(
    rf"(?P<head>\\?(?P<quote>[\"'])(?P<name>{_NAME})\\?(?P=quote)\s*:\s*)"
    r"(?P<value>-?\d[\d.eE+-]*)(?=\s*(?:[,}]|\Z))"
)
"""A name and its number in such a document."""
_SHAPES = (_URL_PASSWORD, _ASSIGNMENT, _QUOTED_PAIR, _QUOTED_NUMBER)
"""Patterns whose group `value` is a credential if their group `name`, where they have one, names one."""
FLAG = re.compile(rf"--?({_NAME})")
"""An argument whose value is the next one: `--password`."""
_TOKEN = re.compile(r"[A-Za-z0-9+/_=-]{24,}")
_MAX_WORD: Final = 4096
"""Characters by which a word is judged."""
_MAX_SENTENCE: Final = 512
"""Characters of a value that is searched for pairs in it: `note: TOKEN=x`."""
_NUMBERS = re.compile(r"\d+")
_AWS_SECRET_KEY_LENGTH: Final = 40
"""Characters of an AWS secret access key; a word of this length is recognized with fewer digits."""

_QUOTED = r"""(?:"(?:\\.|[^"\\])*(?:"|$)|'(?:''|[^'])*(?:'|$))"""
_KEY = r"""(?P<key>"(?:\\.|[^"\\]){1,200}"|'[^']{1,200}'|[^\s:{}\[\],"'#-][^:{}\[\],"'#]{0,200}?)\s{0,20}:"""
_PAIR = re.compile(
    rf"""(?P<head>{_KEY}(?:\s+|(?=["'])))(?P<value>{_QUOTED}|[^\s{{}}\[\],"'#|>&*!][^,{{}}\[\]]*)"""
)
"""A key and its value, in a flow mapping or alone on its line."""
_BLOCK_PAIR = re.compile(rf"""(?P<head>\s*(?:-\s+)*{_KEY}\s+)(?P<value>[^\s{{}}\[\],"'#|>&*!].*)""")
"""A key and a plain value that runs to the end of its line, commas and all."""


def looks_secret(name: str, value: str) -> bool:
    """Return whether a value is likely a credential, by its name or by its own shape.

    A value named `DB_PASSWORD`, `apiKey` or `splunk-token` is one, unless it is a reference (an ARN, a path,
    `${VAR}`), a switch (`true`) or empty. Under any name, private keys, access key ids, JSON Web Tokens,
    tokens of well-known services, URLs, connection strings and JSON with a password in them, and long
    random-looking texts are credentials.
    """
    text = value.strip()
    if not text or _PLAIN_VALUES.fullmatch(text):
        return False
    if names_credential(name) and not _REFERENCE.fullmatch(text):
        return True
    return _is_random(text) or _holds_credential(value)


def mask_text(text: str) -> str:
    """Return a text with the credentials in it masked, such as a URL's password or `PASSWORD=…`."""
    if _is_random(text.strip()):
        return MASK
    return _mask_inside(text)


def mask_value(keys: Iterable[str], value: object) -> Any:
    """Return the value at a path of a task definition, masked if it looks like a credential.

    Args:
        keys: The names that lead to the value, as in `Change.path`; the last one is its own.
        value: A value of a JSON document.
    """
    path = tuple(keys)
    if REFERENCES & set(path[:-1]):
        return value
    return _masked_under(path[-1] if path else "", value)


def mask_document(document: object) -> Any:
    """Return a copy of a JSON document with every value that looks like a credential masked.

    This covers maps (`env`, log options, labels), lists of names and values (`environment`, `tags`),
    arguments of commands, and credentials inside any other text.
    """
    if isinstance(document, Mapping):
        pair = _pair_name(document)
        return {
            name: each
            if name in REFERENCES
            else _masked_under(pair if pair is not None and name == "value" else str(name), each)
            for name, each in document.items()
        }
    if isinstance(document, (list, tuple)):
        return _mask_arguments(document)
    return mask_text(document) if isinstance(document, str) else document


def secrets_in(document: object) -> Iterator[str]:
    """Yield what `mask_document` hides in a JSON document: whole texts or parts of texts."""
    yield from _hidden_in(document, mask_document(document))


def _hidden_in(before: object, after: object) -> Iterator[str]:
    """Yield the texts that differ between a document and its masked copy, which has the same structure."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name, value in before.items():
            yield from _hidden_in(value, after[name])
    elif isinstance(before, (list, tuple)) and isinstance(after, list):
        for one, other in zip(before, after, strict=True):
            yield from _hidden_in(one, other)
    elif before != after:
        yield from _hidden_parts(str(before), str(after))


def _hidden_parts(text: str, shown: str) -> Iterator[str]:
    """Yield the parts of a text that are `MASK` in `shown`; the whole text where they cannot be found."""
    # What is between the masks occurs in both, so it splits the text. The non-greedy groups may split a text
    # that repeats itself elsewhere; where nothing matches, hiding everything is the safe answer.
    pattern = "(.+?)".join(re.escape(each) for each in shown.split(MASK))
    found = re.fullmatch(pattern, text, re.DOTALL) if len(text) <= _MAX_WORD else None
    yield from (each.strip("\"'") for each in (found.groups() if found else ()) if each.strip("\"'"))
    if found is None or shown == MASK:
        yield text


def mask_line(text: str) -> str:
    """Return one line of YAML or JSON, without its line break, with the credentials in it masked.

    Only the line itself is judged: nothing in `value: hunter2` gives the name of the value.
    """
    # A plain value in block style may contain commas, which end a value in braces, so it is tried first.
    remark = ""
    block = _BLOCK_PAIR.fullmatch(text)
    if block is not None:
        value, comment, remark = block["value"].partition(" #")
        remark = comment + mask_text(remark)
        if looks_secret(_unquoted(block["key"]), value):
            return f"{block['head']}{MASK}{remark}"
        text = block["head"] + value
    pairs = {_unquoted(each["key"]): _unquoted(each["value"]) for each in _PAIR.finditer(text)}
    pair = _pair_name(pairs) if "value" in pairs else None
    return _mask_inside(_PAIR.sub(lambda each: _masked_pair(each, pair), text)) + remark


def _masked_pair(found: re.Match[str], pair: str | None) -> str:
    key, value = _unquoted(found["key"]), found["value"]
    if not looks_secret(pair if pair is not None and key == "value" else key, _unquoted(value)):
        return found[0]
    quote = value[0] if value[0] in "\"'" else ""
    return f"{found['head']}{quote}{MASK}{quote}"


def _unquoted(text: str) -> str:
    return text.strip("\"'") if text[:1] in {'"', "'"} else text


def _is_random(text: str) -> bool:
    """Return whether a text is one long word that mixes letters and digits as random text does.

    A long text is judged by its beginning.
    """
    # Words of a language and identifiers keep to one kind of character for longer: in base64, two neighbours
    # are of different kinds (lower case, upper case, digit, other) about two times in three.
    text = text[:_MAX_WORD]
    if not _TOKEN.fullmatch(text):
        return False
    kinds = [0 if each.islower() else 1 if each.isupper() else 2 if each.isdigit() else 3 for each in text]
    turns = sum(one != other for one, other in pairwise(kinds))
    numbers = len(_NUMBERS.findall(text))
    wanted = 1 if len(text) == _AWS_SECRET_KEY_LENGTH else 3
    return {0, 1} <= set(kinds) and numbers >= wanted and turns >= 0.4 * len(text)


def hidden_arguments(words: Sequence[str]) -> dict[int, tuple[int, int]]:
    """Return the credentials that programs take from these words: index -> span within the word."""
    spans = hidden_in_words(words)
    return {
        index: span for index, span in spans.items() if not _REFERENCE.fullmatch(words[index][slice(*span)])
    }


def _mask_commands(text: str) -> str:
    """Return a script in which the credentials that well-known programs take as arguments are masked."""
    # Invariant: `pieces` is the masked text up to the offset `end`. A credential that begins before it is in
    # one that is masked already.
    pieces, end = [], 0
    for _, (start, stop) in hidden_in_text(text):
        if start >= end and not _REFERENCE.fullmatch(_unquoted(text[start:stop])):
            pieces += [text[end:start], MASK]
            end = stop
    return "".join(pieces) + text[end:]


def _mask_inside(text: str) -> str:
    # One shape after the other, each on the result of the last: `MASK` is a reference to all of them, so what
    # is masked stays masked.
    text = _mask_commands(_CREDENTIAL.sub(MASK, text))
    for shape in _SHAPES:
        pieces, end = [], 0
        for each in _credentials(shape, text):
            pieces += [text[end : each.start()], _masked_match(each)]
            end = each.end()
        text = "".join(pieces) + text[end:]
    return text


def _holds_credential(text: str) -> bool:
    """Return whether `_mask_inside` would change this text; stops at the first credential."""
    if _CREDENTIAL.search(text) or _mask_commands(text) != text:
        return True
    return any(True for shape in _SHAPES for _ in _credentials(shape, text))


def _credentials(shape: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield the credentials that a pattern finds, also those within a value that is not one itself."""
    # Starting again inside such a value costs at most its length for each, so a long value is skipped:
    # otherwise a megabyte of `a=a=a=…` would take quadratic time.
    at = 0
    while found := shape.search(text, at):
        at = found.end()
        if _masked_match(found) != found[0]:
            yield found
        elif len(found["value"]) <= _MAX_SENTENCE:
            at = found.start("value")


def _masked_match(found: re.Match[str]) -> str:
    value = _unquoted(found["value"])
    named = found.groupdict().get("name")
    if _REFERENCE.fullmatch(value) or _PLAIN_VALUES.fullmatch(value):
        return found[0]
    return f"{found['head']}{MASK}" if named is None or names_credential(named) else found[0]


def _masked_under(name: str, value: object) -> Any:
    if isinstance(value, str):
        return MASK if name not in NOT_CREDENTIALS and looks_secret(name, value) else value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return MASK if names_credential(name) else value
    if isinstance(value, (list, tuple)) and names_credential(name):
        return [mask_document(each) if isinstance(each, (Mapping, list, tuple)) else MASK for each in value]
    return mask_document(value)


def _pair_name(document: Mapping[str, object]) -> str | None:
    """Return the name of the `value` in a mapping such as `{name, value}` or `{key, value}`; else None."""
    return next((each for key in ("name", "key") if isinstance(each := document.get(key), str)), None)


def _mask_arguments(items: Iterable[object]) -> list[object]:
    """Return the items masked one by one; an item after `--password` is masked as its value."""
    items = list(items)
    hidden = hidden_arguments([each if isinstance(each, str) else "" for each in items])
    shown: list[object] = []
    flag = ""
    for index, item in enumerate(items):
        if index in hidden and isinstance(item, str):
            start, end = hidden[index]
            shown.append(f"{item[:start]}{MASK}{item[end:]}")
        else:
            shown.append(_masked_argument(flag, item) if isinstance(item, str) else mask_document(item))
        found = FLAG.fullmatch(item) if isinstance(item, str) else None
        flag = found[1] if found else ""
    return shown


def _masked_argument(flag: str, item: str) -> str:
    if flag and not item.startswith("-") and names_credential(flag) and not _REFERENCE.fullmatch(item):
        return MASK
    return mask_text(item)
