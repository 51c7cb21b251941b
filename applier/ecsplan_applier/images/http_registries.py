"""`HttpRegistries`: registries through their HTTP API, version 2, with anonymous and authenticated access.

Source: OCI distribution specification; Docker registry token authentication (distribution documentation).
"""

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote, urlencode, urljoin, urlsplit

from ecsplan.terms.bodies import as_mapping, as_mappings, as_text
from ecsplan.terms.durations import duration
from ecsplan.terms.image_names import DOCKER_HUB
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.gateway import Trace
from ecsplan_applier.aws.proxies import is_loopback
from ecsplan_applier.aws.registries import ManifestAnswer
from ecsplan_applier.images.challenges import Challenge, challenges, retry_after_s
from ecsplan_applier.images.docker_config import Credentials, Found, credentials_for
from ecsplan_applier.images.http_client import (
    MAX_BYTES,
    HttpAnswer,
    HttpClient,
    TooLargeError,
    TransportError,
    host_of,
)
from ecsplan_applier.images.manifests import MANIFEST_TYPES, digest_of, is_digest
from ecsplan_applier.outcomes.errors import RegistryError

_HUB_HOST: Final = "registry-1.docker.io"
"""Where Docker Hub serves the API (Docker documentation, registry API)."""
_MAX_REDIRECTS: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_NO_HEAD: Final = frozenset({405, 501})
"""With which a registry says that it does not know the method (RFC 9110)."""
_OLD_TYPES: Final = "application/vnd.docker.distribution.manifest.v1+"
"""How the types of manifests begin whose digest is not that of their text (distribution, image manifest v2
schema 1, deprecated)."""
_CLIENT_ID: Final = "ecsplan"
_LOG_IN: Final = "`docker login` stores credentials where ecsplan also reads them"


@dataclass(frozen=True, slots=True)
class _Request:
    """A request to a registry, as it is made again after a challenge.

    Attributes:
        registry: The registry, as images name it.
        repository: The repository.
        method: The HTTP method.
        path: The path below `/v2/REPOSITORY/`.
        accept: The types that the answer may have.
    """

    registry: str
    repository: str
    method: str
    path: str
    accept: str = "*/*"


class HttpRegistries:
    """Registries through their HTTP API; safe to use from several threads.

    Args:
        client: Makes the requests; None is a client of its own.
        trace: Called with each request for a manifest or blob, for `--verbose`.
    """

    def __init__(self, client: HttpClient | None = None, *, trace: Trace | None = None) -> None:
        self._client = client or HttpClient()
        self._trace = trace
        self._schemes: dict[str, str] = {}
        self._authorizations: dict[tuple[str, str], str] = {}

    def head(self, registry: str, repository: str, reference: str) -> ManifestAnswer | None:
        """Return the head of a manifest; None where there is no such image."""
        asked = _Request(registry, repository, "HEAD", f"manifests/{reference}", ", ".join(MANIFEST_TYPES))
        answer = self._answer(asked)
        if answer is None:
            return None
        digest = answer.headers.get("docker-content-digest", "")
        if not is_digest(digest) or answer.media_type not in MANIFEST_TYPES:
            # A registry need not name the digest, and what is not a registry names a digest of nothing.
            return self.manifest(registry, repository, reference)
        if is_digest(reference) and digest != reference:
            raise _bad(registry, f"answers with {digest} where {reference} was asked for")
        return ManifestAnswer(digest, answer.media_type)

    def manifest(self, registry: str, repository: str, reference: str) -> ManifestAnswer | None:
        """Return a manifest with its text; None where there is no such image."""
        asked = _Request(registry, repository, "GET", f"manifests/{reference}", ", ".join(MANIFEST_TYPES))
        answer = self._answer(asked)
        if answer is None:
            return None
        digest = digest_of(answer.body)
        if answer.media_type.startswith(_OLD_TYPES):
            raise RegistryError(
                registry,
                RegistryError.BAD_ANSWER,
                "has the image only with a schema 1 manifest, which cannot be pinned or checked",
                help="pull the image and push it again: Docker has written newer manifests since 2016",
            )
        named = answer.headers.get("docker-content-digest")
        if answer.media_type not in MANIFEST_TYPES and not answer.body.lstrip().startswith(b"{"):
            shown = f" of the type {answer.media_type}" if _is_plain(answer.media_type) else ""
            raise _bad(registry, f"answers with something{shown} that is not a manifest")
        for expected in (named if is_digest(named) else None, reference if is_digest(reference) else None):
            if expected is not None and expected != digest:
                raise _bad(registry, f"sent a manifest with the digest {digest} as {expected}")
        return ManifestAnswer(digest, answer.media_type, answer.body.decode("utf-8", "replace"))

    def blob(self, registry: str, repository: str, digest: str) -> str:
        """Return the text of a blob."""
        answer = self._answer(_Request(registry, repository, "GET", f"blobs/{digest}"))
        if answer is None:
            raise _bad(registry, f"does not have {digest}, which the image's manifest names")
        return _checked(registry, answer, digest)

    def download(self, url: str, digest: str) -> str:
        """Return the text of a blob at a URL that carries its own authorization."""
        registry = urlsplit(url).hostname or ""
        answer = self._followed(registry, "GET", url, {})
        if answer.status != 200:
            raise self._refused(registry, answer, Found(None))
        return _checked(registry, answer, digest)

    def _answer(self, asked: _Request) -> HttpAnswer | None:
        """Return a registry's answer with status 200, authenticated if it asks for that; None for 404."""
        if self._trace is not None:
            place = {"registry": asked.registry, "repository": asked.repository}
            self._trace(f"{asked.method} {asked.path}", json.dumps(place))
        key = (asked.registry, asked.repository)
        sent = self._authorizations.get(key)
        answer, scheme = self._sent(asked, sent)
        found = Found(None)
        if answer.status == 401:
            found = credentials_for(asked.registry)
            header = self._authorization(asked, answer, found, scheme)
            if header is not None:
                sent = header
                answer, _ = self._sent(asked, header)
                if answer.status != 401:
                    self._authorizations[key] = header
        if asked.method == "HEAD" and answer.status in _NO_HEAD:
            answer, _ = self._sent(replace(asked, method="GET"), sent)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise self._refused(asked.registry, answer, found)
        return answer

    def _sent(self, asked: _Request, authorization: str | None) -> tuple[HttpAnswer, str]:
        """Return the answer to a request, and the scheme of the URL that it was sent to."""
        headers = {"Accept": asked.accept}
        if authorization is not None:
            headers["Authorization"] = authorization
        scheme = self._schemes.get(asked.registry) or self._scheme_of(asked.registry)
        host = _HUB_HOST if asked.registry == DOCKER_HUB else asked.registry
        path = quote(f"/v2/{asked.repository}/{asked.path}", safe="/:@")
        return self._followed(asked.registry, asked.method, f"{scheme}://{host}{path}", headers), scheme

    def _scheme_of(self, registry: str) -> str:
        """Return `http` for a registry on loopback that speaks it, otherwise `https`."""
        host, scheme = host_of(registry), "https"
        if host is None:
            raise _bad(registry, "cannot be reached: its name is not a valid host name")
        if is_loopback(host):
            try:
                answer = self._client.request("GET", f"http://{registry}/v2/", {})
                # Servers of TLS answer plain HTTP with this status, or not at all.
                scheme = "https" if answer.status == 400 and b"HTTPS" in answer.body else "http"
            except TransportError as error:
                if not error.speaks_other:
                    raise _unreached(registry, error) from error
            except TooLargeError:
                scheme = "http"
        self._schemes[registry] = scheme
        return scheme

    def _followed(self, registry: str, method: str, url: str, headers: Mapping[str, str]) -> HttpAnswer:
        """Return the answer after redirects: to https alone, and without `Authorization` to another host."""
        sent = dict(headers)
        for _ in range(_MAX_REDIRECTS + 1):
            answer = self._made(registry, method, url, sent)
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            before, url = url, _redirected(registry, url, answer.headers["location"])
            if _origin(before) != _origin(url):
                sent.pop("Authorization", None)
        raise _bad(registry, f"redirects more than {_MAX_REDIRECTS} times")

    def _made(
        self, registry: str, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> HttpAnswer:
        try:
            return self._client.request(method, url, headers, body)
        except TransportError as error:
            raise _unreached(registry, error, _host_beside(registry, url)) from error
        except TooLargeError as error:
            raise _bad(
                registry, f"sends more than {MAX_BYTES >> 20} MiB, the maximum for a manifest"
            ) from error

    def _authorization(self, asked: _Request, refused: HttpAnswer, found: Found, scheme: str) -> str | None:
        """Return the header that answers a challenge; None where there is nothing to answer with."""
        offered = {each.scheme: each for each in challenges(refused.headers.get("www-authenticate", ""))}
        if "bearer" in offered:
            return f"Bearer {self._token(asked, offered['bearer'], found, scheme)}"
        credentials = found.credentials
        if "basic" in offered and credentials is not None and not credentials.is_identity_token:
            return _basic(credentials)
        return None

    def _token(self, asked: _Request, challenge: Challenge, found: Found, scheme: str) -> str:
        """Return a token of the service that a challenge names."""
        realm = challenge.parameters.get("realm", "")
        wanted = {
            "service": challenge.parameters.get("service", ""),
            "scope": challenge.parameters.get("scope") or f"repository:{asked.repository}:pull",
        }
        wanted = {name: value for name, value in wanted.items() if value}
        url = _checked_realm(asked.registry, realm, is_plain=scheme == "http")
        credentials = found.credentials
        if credentials is not None and credentials.is_identity_token:
            form = {**wanted, "grant_type": "refresh_token", "client_id": _CLIENT_ID}
            body = urlencode({**form, "refresh_token": credentials.secret}).encode()
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = self._made(asked.registry, "POST", url, headers, body)
        else:
            headers = {} if credentials is None else {"Authorization": _basic(credentials)}
            mark = "&" if urlsplit(url).query else "?"
            answer = self._followed(asked.registry, "GET", f"{url}{mark}{urlencode(wanted)}", headers)
        if answer.status != 200:
            raise self._refused(asked.registry, answer, found, "its token service ")
        body_read = as_mapping(_json(answer.body))
        token = as_text(body_read.get("token")) or as_text(body_read.get("access_token"))
        if token is None or not token.isascii() or not token.isprintable():
            raise _bad(asked.registry, "has a token service that answers without a token")
        return token

    def _refused(self, registry: str, answer: HttpAnswer, found: Found, what: str = "") -> RegistryError:
        """Return the error for a status that is not 200."""
        status, said = answer.status, _code(answer.body)
        shown = f"HTTP status {status}{f' {said}' if said else ''}"
        if status in {401, 403}:
            given = "the credentials in Docker's configuration" if found.credentials else "anonymous access"
            return RegistryError(
                registry,
                RegistryError.DENIED,
                f"denies access ({what}{shown}, with {given})",
                help=f"{found.problem or _LOG_IN}; many registries also deny access to what does not exist",
            )
        if status == 429:
            wait = retry_after_s(answer.headers.get("retry-after"), time.time())
            when = "" if wait is None else f", and asks to wait {duration(wait)}"
            return RegistryError(
                registry,
                RegistryError.THROTTLED,
                f"accepts no more requests for now ({what}{shown}{when})",
                help=f"try again later; {_LOG_IN}, and Docker Hub allows more to those who log in",
                retry_after_s=wait,
            )
        if status >= 500:
            wait = retry_after_s(answer.headers.get("retry-after"), time.time())
            text = f"reports an error of its own ({what}{shown})"
            return RegistryError(registry, RegistryError.TROUBLE, text, retry_after_s=wait)
        return _bad(registry, f"answers with {what}{shown}, which is not an answer of the registry protocol")


def _checked(registry: str, answer: HttpAnswer, digest: str) -> str:
    if digest_of(answer.body) != digest:
        raise _bad(registry, f"sent something other than {digest}")
    return answer.body.decode("utf-8", "replace")


def _redirected(registry: str, before: str, location: str) -> str:
    """Return where a redirect leads: to https alone, and to this machine from this machine alone."""
    try:
        url = urljoin(before, location)
        old, new = urlsplit(before), urlsplit(url)
        is_host = bool(new.hostname) and (new.port or 1) > 0
    except ValueError:
        is_host = False
    if not is_host:
        raise _bad(registry, "redirects to something that is not a URL")
    from_here, to_here = is_loopback(old.hostname), is_loopback(new.hostname)
    if new.scheme != "https" and not (
        new.scheme == "http" and old.scheme == "http" and from_here and to_here
    ):
        raise _bad(registry, f"redirects to {_place(url)} over {new.scheme}, where only https is followed")
    if to_here and not from_here:
        raise _bad(registry, f"redirects to {_place(url)}, which is this machine and not the registry's")
    return url


def _checked_realm(registry: str, realm: str, *, is_plain: bool) -> str:
    """Return the URL of a token service without user and password; plain HTTP beside loopback alone."""
    try:
        parts = urlsplit(realm)
        is_url = bool(parts.hostname) and parts.scheme in {"http", "https"} and (parts.port or 1) > 0
    except ValueError:
        is_url = False
    if not is_url:
        raise _bad(registry, "names a token service that is not a URL")
    if parts.scheme == "http" and not (is_plain and is_loopback(parts.hostname)):
        raise _bad(registry, f"names a token service that is not reached over https: {_place(realm)}")
    if is_loopback(parts.hostname) and not is_loopback(host_of(registry)):
        raise _bad(registry, f"names a token service on this machine, which is not its own: {_place(realm)}")
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _place(url: str) -> str:
    """Return the host of a URL, without user, password, path and query."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _basic(credentials: Credentials) -> str:
    pair = f"{credentials.username}:{credentials.secret}".encode()
    return f"Basic {base64.b64encode(pair).decode('ascii')}"


def _json(body: bytes) -> object:
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found


def _code(body: bytes) -> str:
    """Return the code of an error answer, such as MANIFEST_UNKNOWN; its words may quote anything."""
    errors = as_mappings(as_mapping(_json(body)).get("errors"))
    code = as_text(errors[0].get("code")) if errors else None
    return code if code is not None and len(code) <= 40 and code.replace("_", "").isupper() else ""


def _is_plain(media_type: str) -> bool:
    return 0 < len(media_type) <= 80 and media_type.isascii() and media_type.isprintable()


def _bad(registry: str, text: str) -> RegistryError:
    return RegistryError(registry, RegistryError.BAD_ANSWER, text, help="check the registry in `image`")


def _host_beside(registry: str, url: str) -> str:
    """Return the host of a URL with words that name it beside the registry's; "" for the registry itself."""
    place = _place(url)
    return "" if place in {registry, _HUB_HOST} else f"sends ecsplan to {place}, which "


def _unreached(registry: str, error: TransportError, other: str = "") -> RegistryError:
    kind, text = RegistryError.TROUBLE if error.is_broken else RegistryError.NOT_REACHED, f"{other}{error}"
    if "has a certificate" in text:
        todo = (
            "give it a certificate of a trusted authority, or name a file with its authority in AWS_CA_BUNDLE"
        )
        return RegistryError(registry, RegistryError.NOT_REACHED, text, help=todo)
    return RegistryError(registry, kind, text, help="check the registry in `image`, and the network")
