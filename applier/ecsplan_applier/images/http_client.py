"""`HttpClient`: HTTP requests with checked certificates, bounds and proxies. The only urllib3."""

import os
import ssl
import threading
import urllib.request
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, unquote, urlsplit

from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.proxies import is_loopback

if TYPE_CHECKING:
    import urllib3

MAX_BYTES: Final = 4 << 20
"""The largest manifest that registries have to accept (OCI distribution specification, pushing manifests)."""
_CONNECT_LIMIT_S: Final = 5.0
_READ_LIMIT_S: Final = 15.0
"""How long a host may say nothing in the middle of an answer."""
_WHOLE_LIMIT_S: Final = 20.0
"""How long a request may take as a whole, from looking up the name of the host to the end of the answer."""
_CHUNK: Final = 1 << 16
_NO_HOST: Final = "cannot be reached: its name is not a valid host name"
_CA_VARIABLES: Final = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
"""Variables of the AWS SDK, of requests and of OpenSSL that name a file of certificate authorities; the first
that is set takes the place of all others."""


class TransportError(Exception):
    """A request got no answer; the message is a clause about the host, without the URL.

    Attributes:
        is_broken: Whether a connection was there and broke, which is worth another try.
        speaks_other: Whether what listens may speak TLS where plain HTTP was spoken.
    """

    def __init__(self, text: str, *, is_broken: bool = False, speaks_other: bool = False) -> None:
        super().__init__(text)
        self.is_broken = is_broken
        self.speaks_other = speaks_other


class TooLargeError(Exception):
    """An answer is larger than what it can be."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer.

    Attributes:
        status: The HTTP status.
        headers: The headers, by their names in lower case.
        body: The body.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The type of the body, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class HttpClient:
    """Makes requests, each once and without following redirects; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._managers: dict[tuple[str, str], urllib3.PoolManager] = {}

    def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> HttpAnswer:
        """Return the answer to a request.

        Raises:
            TransportError: There was none.
            TooLargeError: It is larger than `MAX_BYTES`.
        """
        # The timeouts of sockets start again with each byte, and name lookups have none: what takes too long
        # is left to a thread that nobody waits for.
        outcome: Future[HttpAnswer] = Future()

        def ask() -> None:
            try:
                outcome.set_result(self._answer(method, url, headers, body))
            except (TransportError, TooLargeError) as error:
                outcome.set_exception(error)
            finally:
                outcome.cancel()

        threading.Thread(target=ask, name="ecsplan-registry", daemon=True).start()
        try:
            return outcome.result(_WHOLE_LIMIT_S)
        except TimeoutError:
            text = f"did not finish its answer within {_WHOLE_LIMIT_S:g} s"
            raise TransportError(text, is_broken=True) from None

    def _answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> HttpAnswer:
        import urllib3  # noqa: PLC0415 - only where a registry is asked
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        is_plain = url.startswith("http:")
        try:
            response = self._manager(urlsplit(url)).request(
                method,
                url,
                body=body,
                headers={"User-Agent": "ecsplan", "Accept-Encoding": "identity", **headers},
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
                timeout=urllib3.Timeout(connect=_CONNECT_LIMIT_S, read=_READ_LIMIT_S),
            )
            try:
                return HttpAnswer(
                    response.status,
                    # A header that is sent more than once is joined, as RFC 9110, section 5.3, has it.
                    {name.lower(): response.headers[name] for name in response.headers},
                    _read(response),
                )
            finally:
                response.close()
        except HTTPError as error:
            raise _failure(error, is_plain=is_plain) from error
        except OSError as error:
            raise TransportError(f"could not be asked: {_words(error)}") from error
        except ValueError:
            # Its words may quote any part of the request.
            raise TransportError(_NO_HOST) from None

    def _manager(self, parts: SplitResult) -> "urllib3.PoolManager":
        import urllib3  # noqa: PLC0415

        proxy = _proxy_for(parts)
        with self._lock:
            key = (parts.scheme, proxy)
            if key not in self._managers:
                # Plain HTTP, spoken to this machine alone, needs no certificates, which take a while to read.
                is_plain = parts.scheme == "http" and not proxy
                self._managers[key] = urllib3.PoolManager(maxsize=16) if is_plain else _made(proxy)
            return self._managers[key]


def host_of(registry: str) -> str | None:
    """Return the host of a registry, without its port; None where it is not a host."""
    try:
        return urlsplit(f"//{registry}").hostname
    except ValueError:
        return None


def _proxy_for(parts: SplitResult) -> str:
    """Return the proxy that the environment names for a URL; "" for none, and always for loopback."""
    if is_loopback(parts.hostname) or urllib.request.proxy_bypass(parts.netloc.rpartition("@")[2]):
        return ""
    found = urllib.request.getproxies()
    proxy = found.get(parts.scheme) or found.get("all") or ""
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def _made(proxy: str) -> "urllib3.PoolManager":
    """Return what makes connections, by way of a proxy if there is one.

    Raises:
        TransportError: The certificate authorities that the environment names cannot be read, or the proxy
            is not the URL of one.
    """
    import urllib3  # noqa: PLC0415

    trust = trusted()
    if not proxy:
        return urllib3.PoolManager(ssl_context=trust, maxsize=16)
    try:
        parts = urlsplit(proxy)
        is_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        # Its words quote the proxy, which may have a password.
        is_url = False
    if not is_url or parts.hostname is None:
        raise TransportError("could not be asked: the proxy in the environment is not an http or https URL")
    user = unquote(parts.username or "")
    word = unquote(parts.password or "")
    headers = urllib3.make_headers(proxy_basic_auth=f"{user}:{word}") if user else None
    host = parts.hostname if ":" not in parts.hostname else f"[{parts.hostname}]"
    address = f"{parts.scheme}://{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    return urllib3.ProxyManager(
        address, proxy_headers=headers, proxy_ssl_context=trust, ssl_context=trust, maxsize=16
    )


def trusted() -> ssl.SSLContext:
    """Return what certificates are checked against.

    These are the authorities in the file that a variable names, else those of the system together with those
    that come with the AWS SDK: an image of a container may have none of its own.

    Raises:
        TransportError: The file that a variable names cannot be read, or has no certificates.
    """
    import botocore  # noqa: PLC0415

    variable = next((each for each in _CA_VARIABLES if os.environ.get(each)), None)
    if variable is not None:
        return _of_file(variable, Path(os.environ[variable]))
    context = ssl.create_default_context()
    bundle = Path(botocore.__file__).with_name("cacert.pem")
    if bundle.exists():
        context.load_verify_locations(bundle)
    return context


def _of_file(variable: str, path: Path) -> ssl.SSLContext:
    """Return what checks certificates against the authorities in a file or, as OpenSSL has them, a folder."""
    try:
        if path.is_dir():
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except OSError as error:
        text = f"could not be asked: the file that {variable} names has no certificate authorities"
        raise TransportError(f"{text}: {error.strerror or 'no certificates'}") from error


def _read(response: "urllib3.BaseHTTPResponse") -> bytes:
    """Return a body, read in parts so that its size does not exceed the bound."""
    parts: list[bytes] = []
    size = 0
    while part := response.read(_CHUNK):
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES:
            raise TooLargeError
    return b"".join(parts)


def _failure(error: Exception, *, is_plain: bool) -> TransportError:
    """Return why there is no answer, without the URL, which may hold a token."""
    from urllib3 import exceptions as http  # noqa: PLC0415

    match error:
        case http.ProxyError():
            return TransportError("could not be reached through the proxy that the environment names")
        case http.SSLError():
            return TransportError(_of_certificate(error))
        # From the narrower to the wider: each is a kind of the next.
        case http.NameResolutionError():
            return TransportError("could not be reached: its name is not known")
        case http.NewConnectionError():
            return TransportError(f"could not be reached: {_words(error.__cause__)}")
        case http.ConnectTimeoutError():
            return TransportError(f"could not be reached within {_CONNECT_LIMIT_S:g} s")
        case http.ReadTimeoutError():
            return TransportError(f"did not answer within {_READ_LIMIT_S:g} s", is_broken=True)
        case http.LocationParseError() | http.LocationValueError():
            return TransportError(_NO_HOST)
        case _:
            return TransportError(
                "closed the connection without an HTTP response", is_broken=True, speaks_other=is_plain
            )


def _of_certificate(error: BaseException) -> str:
    """Return what is wrong with the certificate of a host, or with its TLS."""
    seen: BaseException | None = error
    for _ in range(5):
        if isinstance(seen, ssl.SSLCertVerificationError):
            return f"has a certificate that is not trusted: {seen.verify_message}"
        inner = next((each for each in getattr(seen, "args", ()) if isinstance(each, BaseException)), None)
        seen = inner or getattr(seen, "__cause__", None) or getattr(seen, "__context__", None)
    return "could not be reached over TLS; it may speak plain HTTP, which is used for loopback only"


def _words(error: BaseException | None) -> str:
    """Return the system's words for a failure."""
    return str(getattr(error, "strerror", None) or "no connection")
