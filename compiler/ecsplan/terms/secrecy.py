"""What looks like a credential, and how it is masked wherever a value is shown."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from ecsplan.terms.command_secrets import hidden_in_text, hidden_in_words

MASK: Final = "***"
"""What is shown for any credential, so that not even its length shows."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ENDINGS = ("PASSWORD", "PASSWD", "PASSPHRASE", "TOKEN", "SECRET", "APIKEY", "CREDENTIAL", "CREDENTIALS")
_LAST_WORDS = frozenset({"PASS", "PWD", "SECRETS", "PASSWORDS", "APIKEYS", "AUTHORIZATION", "COOKIE"})
_KEY_KINDS = re.compile(
    "ACCESS|ACCOUNT|API|APP|APPLICATION|AUTH|CLIENT|DECRYPTION|DEPLOY|ENCRYPTION|HMAC|INTEGRATION|LICENSE"
    "|AES|FERNET|JWT|MASTER|PRIVATE|SECRET|SERVICE|SESSION|SHARED|SIGNING|SSH|STORAGE|SUBSCRIPTION|WEBHOOK"
    f"|.*(?:{'|'.join(_ENDINGS)})"
)
"""`KEY` after one of these is a credential; after another word (`PUBLIC`, `PRIMARY`, `SORT`) it is not."""
_ABOUT = re.compile(
    "AGE|ALGORITHM|ARNS?|AUDIENCE|BACKEND|BUCKET|BUDGET|CAPACITY|CLASS|COUNT|DAYS|DIR|DIRECTORY|DURATION|ENABLED"
    "|ENDPOINT|ERROR|EXCEPTION|EXPIRATION|EXPIRES|EXPIRY|FIELD|FILES?|FORMAT|HEADER|HOSTS?|HOURS|IDS?|INTERVAL"
    "|ISSUER|LEN|LENGTH"
    "|LIFETIME|LIMIT|MANAGER|MAX|MIN|MINUTES|MODE|NAMES?|PARAM|PARAMETER|PATHS?|POLICY|PREFIX|PROVIDER|RATE|REF"
    "|REGION|REQUIRED|RETRIES|ROTATION|SECONDS|SERVICE|SIZE|STDIN|STORE|STRATEGY|SUFFIX|TIMEOUT|TTL|TYPE|URIS?|URLS?"
    "|VERSION|WINDOW"
)
"""A name that ends in one of these is about a credential, does not hold it: `SECRET_NAME`, `TOKEN_TTL`."""
_COUNTS = frozenset({"MAX", "MIN", "NUM", "COUNT", "TOTAL"})
_PLAIN_VALUES = re.compile(
    "true|false|yes|no|on|off|none|null|enabled|disabled|required|optional|basic|[01]", re.IGNORECASE
)
_NOT_SECRET_MEMBERS = frozenset(
    {"clientToken", "nextToken", "valueFrom", "credentialsParameter", "credentialSpecs"}
)
"""Members of AWS requests that sound like credentials and hold none."""
REFERENCES = frozenset({"secrets", "secretOptions"})
"""Members that say where secrets are, by name or ARN, and hold none."""
_REFERENCE = re.compile(
    r"arn:[\w-]+:.*|(?:ssm|secretsmanager|vault|file|env|op|s3)://?.*|\$\{[^}]*\}|\$\([^)]*\)|\$[A-Za-z_]\w*"
    r"|\{\{.*\}\}|<[^<>]*>|\*+|\.{0,2}(?:/[\w.@-]{1,32})+/?|[A-Za-z]:\\[^;=]*"
)
"""Values that say where a credential is: an ARN, a path, a variable, a placeholder."""

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
"""Shapes that only credentials have, whatever they are called."""
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
"""A name and its text in a document within a text: JSON, also quoted once more, or Python."""
_QUOTED_NUMBER = re.compile(
    rf"(?P<head>\\?(?P<quote>[\"'])(?P<name>{_NAME})\\?(?P=quote)\s*:\s*)"
    r"(?P<value>-?\d[\d.eE+-]*)(?=\s*(?:[,}]|\Z))"
)
"""A name and its number in such a document."""
_SHAPES = (_URL_PASSWORD, _ASSIGNMENT, _QUOTED_PAIR, _QUOTED_NUMBER)
"""Patterns whose `value` is a credential where `name`, if there is one, speaks for it."""
FLAG = re.compile(rf"--?({_NAME})")
"""An argument whose value is the next one: `--password`."""
_TOKEN = re.compile(r"[A-Za-z0-9+/_=-]{24,}")
_MAX_WORD: Final = 4096
"""Characters by which a word is judged."""
_MAX_SENTENCE: Final = 512
"""Characters of a value that is looked through for pairs of its own: `note: TOKEN=x`."""
_NUMBERS = re.compile(r"\d+")
_AWS_SECRET_KEY_LENGTH: Final = 40
"""Characters of an AWS secret access key; a word of that length needs less to be taken for one."""

_QUOTED = r"""(?:"(?:\\.|[^"\\])*(?:"|$)|'(?:''|[^'])*(?:'|$))"""
_KEY = r"""(?P<key>"(?:\\.|[^"\\]){1,200}"|'[^']{1,200}'|[^\s:{}\[\],"'#-][^:{}\[\],"'#]{0,200}?)\s{0,20}:"""
_PAIR = re.compile(
    rf"""(?P<head>{_KEY}(?:\s+|(?=["'])))(?P<value>{_QUOTED}|[^\s{{}}\[\],"'#|>&*!][^,{{}}\[\]]*)"""
)
"""A key and its value, in a flow mapping or alone on its line."""
_BLOCK_PAIR = re.compile(rf"""(?P<head>\s*(?:-\s+)*{_KEY}\s+)(?P<value>[^\s{{}}\[\],"'#|>&*!].*)""")
"""A key and a plain value that runs to the end of its line, commas and all."""


def looks_secret(name: str, value: str) -> bool:
    """Return whether a value is likely a credential, by what it is called or by its own shape.

    Names such as `DB_PASSWORD`, `apiKey`, `splunk-token` speak for a credential, unless the value is a
    reference (an ARN, a path, `${VAR}`), a switch (`true`) or empty. Private keys, access key ids, JSON Web
    Tokens, the tokens of well-known services, URLs, connection strings and JSON with a password in them, and
    long random-looking text are credentials under any name.
    """
    text = value.strip()
    if not text or _PLAIN_VALUES.fullmatch(text):
        return False
    if _names_secret(name) and not _REFERENCE.fullmatch(text):
        return True
    return _is_random(text) or _holds_credential(value)


def mask_text(text: str) -> str:
    """Return a text with the credentials in it masked: a URL's password, `--token …`, `PASSWORD=…`."""
    if _is_random(text.strip()):
        return MASK
    return _mask_inside(text)


def mask_value(keys: Iterable[str], value: Any) -> Any:
    """Return the value at a path of a task definition, masked where it looks like a credential.

    Args:
        keys: The names on the way to the value, as in `Change.path`; the last one names it.
        value: A single value of a JSON document.
    """
    path = tuple(keys)
    if REFERENCES & set(path[:-1]):
        return value
    return _masked_under(path[-1] if path else "", value)


def mask_document(document: Any) -> Any:
    """Return a copy of a JSON document in which every value that looks like a credential is masked.

    Covers maps (`env`, log options, labels), lists of names and values (`environment`, `tags`), arguments
    of commands, and any other text in which a credential stands.
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


def secrets_in(document: Any) -> Iterator[str]:
    """Yield what `mask_document` hides in a JSON document: whole texts, or the hidden parts of texts."""
    yield from _hidden_in(document, mask_document(document))


def _hidden_in(before: Any, after: Any) -> Iterator[str]:
    """Yield what differs between a document and its masked copy, which has the same form."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name, value in before.items():
            yield from _hidden_in(value, after[name])
    elif isinstance(before, (list, tuple)) and isinstance(after, list):
        for one, other in zip(before, after, strict=True):
            yield from _hidden_in(one, other)
    elif before != after:
        yield from _hidden_parts(str(before), str(after))


def _hidden_parts(text: str, shown: str) -> Iterator[str]:
    """Yield the parts of a text that `shown` has as `MASK`; all of it where they cannot be told apart."""
    pattern = "(.+?)".join(re.escape(each) for each in shown.split(MASK))
    found = re.fullmatch(pattern, text, re.DOTALL) if len(text) <= _MAX_WORD else None
    yield from (each.strip("\"'") for each in (found.groups() if found else ()) if each.strip("\"'"))
    if found is None or shown == MASK:
        yield text


def mask_line(text: str) -> str:
    """Return one line of YAML or JSON, without its end, with the credentials in it masked.

    Judges by the line alone: in `value: hunter2` nothing tells what the value is called.
    """
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


@lru_cache(maxsize=4096)
def _names_secret(name: str) -> bool:
    """Return whether a name is that of a credential, by its words: `dbPassword` and `DB_PASSWORD` alike."""
    words = [word.upper() for word in _WORDS.findall(name)]
    while words and words[-1].isdigit():
        words.pop()
    if not words or _COUNTS & set(words) or name in _NOT_SECRET_MEMBERS:
        return False
    if words[-3:] == ["ACCESS", "KEY", "ID"]:
        return True
    if _ABOUT.fullmatch(words[-1]):
        return False
    if words[-1] == "AUTH":
        return words[-2:-1] in (["BASIC"], ["HTTP"], ["NPM"], ["PROXY"], ["REDIS"], ["REDISCLI"])
    if words[-1] in {"KEY", "KEYS"}:
        return len(words) > 1 and _KEY_KINDS.fullmatch(words[-2]) is not None
    if words[-1] in _LAST_WORDS:
        return len(words) > 1 or words[-1] not in {"PWD", "SECRETS"}
    return any(word.endswith(_ENDINGS) for word in words)


def _is_random(text: str) -> bool:
    """Return whether a text is one long word whose letters and digits change kind as random ones do.

    A text of megabytes is as random as it begins.
    """
    text = text[:_MAX_WORD]
    if not _TOKEN.fullmatch(text):
        return False
    kinds = [0 if each.islower() else 1 if each.isupper() else 2 if each.isdigit() else 3 for each in text]
    turns = sum(one != other for one, other in pairwise(kinds))
    numbers = len(_NUMBERS.findall(text))
    wanted = 1 if len(text) == _AWS_SECRET_KEY_LENGTH else 3
    return {0, 1} <= set(kinds) and numbers >= wanted and turns >= 0.4 * len(text)


def hidden_arguments(words: Sequence[str]) -> dict[int, tuple[int, int]]:
    """Return the credentials that programs take among these words: by index, as parts of the words."""
    parts = hidden_in_words(words, _names_secret)
    return {
        index: part for index, part in parts.items() if not _REFERENCE.fullmatch(words[index][slice(*part)])
    }


def _mask_commands(text: str) -> str:
    """Return a script with the credentials masked that well-known programs take as arguments."""
    pieces, end = [], 0
    for _, (start, stop) in hidden_in_text(text, _names_secret):
        if start >= end and not _REFERENCE.fullmatch(_unquoted(text[start:stop])):
            pieces += [text[end:start], MASK]
            end = stop
    return "".join(pieces) + text[end:]


def _mask_inside(text: str) -> str:
    text = _mask_commands(_CREDENTIAL.sub(MASK, text))
    for shape in _SHAPES:
        pieces, end = [], 0
        for each in _credentials(shape, text):
            pieces += [text[end : each.start()], _masked_match(each)]
            end = each.end()
        text = "".join(pieces) + text[end:]
    return text


def _holds_credential(text: str) -> bool:
    """Return whether `_mask_inside` would change this text; it ends at the first credential."""
    if _CREDENTIAL.search(text) or _mask_commands(text) != text:
        return True
    return any(True for shape in _SHAPES for _ in _credentials(shape, text))


def _credentials(shape: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield where the shape finds a credential, also within the value of what is none."""
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
    return f"{found['head']}{MASK}" if named is None or _names_secret(named) else found[0]


def _masked_under(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return MASK if name not in _NOT_SECRET_MEMBERS and looks_secret(name, value) else value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return MASK if _names_secret(name) else value
    if isinstance(value, (list, tuple)) and _names_secret(name):
        return [mask_document(each) if isinstance(each, (Mapping, list, tuple)) else MASK for each in value]
    return mask_document(value)


def _pair_name(document: Mapping[str, Any]) -> str | None:
    """Return what names the `value` of a mapping such as `{name, value}` or `{key, value}`."""
    return next((each for key in ("name", "key") if isinstance(each := document.get(key), str)), None)


def _mask_arguments(items: Iterable[Any]) -> list[Any]:
    """Mask items one by one; one that follows `--password` is masked as its value."""
    items = list(items)
    hidden = hidden_arguments([each if isinstance(each, str) else "" for each in items])
    shown: list[Any] = []
    flag = ""
    for index, item in enumerate(items):
        if index in hidden:
            start, end = hidden[index]
            shown.append(f"{item[:start]}{MASK}{item[end:]}")
        else:
            shown.append(_masked_argument(flag, item) if isinstance(item, str) else mask_document(item))
        found = FLAG.fullmatch(item) if isinstance(item, str) else None
        flag = found[1] if found else ""
    return shown


def _masked_argument(flag: str, item: str) -> str:
    if flag and not item.startswith("-") and _names_secret(flag) and not _REFERENCE.fullmatch(item):
        return MASK
    return mask_text(item)
