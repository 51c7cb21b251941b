"""Proxies between this machine and AWS: which addresses need none, and how a proxy fails."""

import re
from typing import Final
from urllib.parse import urlsplit

from ecsplan_applier.aws.sdk_object import SdkObject
from ecsplan_applier.outcomes.errors import SessionError

_USER: Final = re.compile(r'"(\w+://).*@')
"""The part of the proxy's URL, as botocore quotes it, that may hold a password. botocore itself masks it, but
not in a URL whose scheme it does not know."""

_NOT_A_URL: Final = (
    "the proxy in the environment is not an http or https URL\n"
    "  help: HTTPS_PROXY has the form http://proxy.example.com:3128; in a user name or password, characters"
    " such as / : @ are written as %2F %3A %40"
)


def is_loopback(host: str | None) -> bool:
    """Return whether a host is this machine: `localhost`, 127.0.0.0/8 or ::1."""
    import ipaddress  # noqa: PLC0415 - most commands do not need it, and their start is quick

    if host is None:
        return False
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_needlessly_proxied(url: str) -> bool:
    """Return whether the environment names a proxy for a URL of this machine, which no proxy can reach."""
    return _has_proxy() and is_loopback(urlsplit(url).hostname)


def unreached(error: SdkObject) -> str:
    """Return botocore's words for a connection that was not made, with what they leave out about a proxy.

    That is the answer of the proxy or of the system, such as `Tunnel connection failed: 407 Proxy
    Authentication Required`.
    """
    cause = error.kwargs.get("error")
    if "proxy_url" not in error.kwargs:
        return str(error)
    shown = _USER.sub(r'"\1***:***@', str(error))
    # urllib3 puts the connection's type and address in front.
    reason = str(getattr(cause, "original_error", "")).rpartition("): ")[2]
    return f"{shown}: {reason}" if reason else shown


def refuse_malformed_proxy(operation: str, error: SdkObject) -> None:
    """Refuse a proxy that is not a URL; botocore reports it as a failed call.

    Args:
        operation: What was called, for the message.
        error: An HTTPClientError.

    Raises:
        SessionError: That is what the error is about. It is not chained: the SDK's words quote the URL, which
            may have a password.
    """
    cause = error.kwargs.get("error")
    if isinstance(cause, ValueError) and not isinstance(cause, UnicodeError) and _has_proxy():
        raise SessionError(f"{operation}: {_NOT_A_URL}") from None


def _has_proxy() -> bool:
    from urllib.request import getproxies  # noqa: PLC0415 - the SDK has imported it when this is asked

    return bool(getproxies())
