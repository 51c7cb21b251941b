"""Reading the challenge with which a registry asks for authentication, and the times of `Retry-After`."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from ecsplan.terms.records import dataclass

_SCHEME: Final = re.compile(r"\s*,?\s*([A-Za-z][A-Za-z0-9-]*)(?:\s+|$)")
_PARAMETER: Final = re.compile(r'\s*,?\s*([A-Za-z][A-Za-z0-9_-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to authenticate that a registry offers.

    Attributes:
        scheme: `bearer` or `basic`, in lower case; others exist.
        parameters: Its parameters, such as `realm`, by their names in lower case.
    """

    scheme: str
    parameters: Mapping[str, str]


def challenges(header: str) -> Iterator[Challenge]:
    """Yield the challenges of a `WWW-Authenticate` header (RFC 9110, section 11.6.1)."""
    position = 0
    while (scheme := _SCHEME.match(header, position)) is not None:
        position = scheme.end()
        parameters: dict[str, str] = {}
        while (found := _PARAMETER.match(header, position)) is not None:
            text = re.sub(r"\\(.)", r"\1", found[2]) if found[2] is not None else found[3]
            parameters[found[1].lower()] = text
            position = found.end()
        yield Challenge(scheme[1].lower(), parameters)


def retry_after_s(header: str | None, now: float) -> float | None:
    """Return the seconds that a `Retry-After` header asks to wait (RFC 9110, section 10.2.3), or None.

    Args:
        header: A number of seconds, or a date.
        now: Seconds since the epoch.
    """
    if header is None:
        return None
    if re.fullmatch(r"\s*[0-9]{1,9}\s*", header):
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.fromtimestamp(now, UTC)).total_seconds())
