"""Registries over HTTP: what they answer, how they ask for authentication, and what is refused."""

import base64
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from certificates import self_signed
from registry_server import (
    DOCKER_IMAGE,
    DOCKER_LIST,
    OCI_INDEX,
    Asked,
    Registry,
    Said,
    digest_of,
    listening,
)

from ecsplan_applier.images import docker_config, http_client
from ecsplan_applier.images.http_registries import HttpRegistries
from ecsplan_applier.outcomes.errors import RegistryError

SECRET = "hunter2-of-the-registry"
NAME = "team/etl"
SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
MANIFEST = b'{"schemaVersion": 2}'


@pytest.fixture
def registry() -> Iterator[Registry]:
    with listening() as made:
        yield made


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the tests away from the machine's own Docker configuration and proxies."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://user:proxy-secret@127.0.0.1:9")
    return tmp_path / "config.json"


def refusal(registry: Registry, reference: str = "1") -> RegistryError:
    with pytest.raises(RegistryError) as raised:
        HttpRegistries().manifest(registry.host, NAME, reference)
    said = str(raised.value)
    assert SECRET not in said
    assert registry.host in said
    return raised.value


@pytest.mark.parametrize("media_type", [OCI_INDEX, DOCKER_LIST, DOCKER_IMAGE])
def test_a_head_names_the_digest_without_a_pull(registry: Registry, media_type: str) -> None:
    digest = registry.push(NAME, "1", media_type, {"schemaVersion": 2})

    found = HttpRegistries().head(registry.host, NAME, "1")

    assert found is not None
    assert (found.digest, found.media_type, found.text) == (digest, media_type, "")
    assert registry.methods() == [f"HEAD /v2/{NAME}/manifests/1"]


@pytest.mark.parametrize("auth", ["", "bearer"])
def test_what_is_not_there_is_none(registry: Registry, auth: str) -> None:
    registry.auth = auth
    registries = HttpRegistries()

    assert registries.head(registry.host, NAME, "1") is None
    assert registries.manifest(registry.host, NAME, "1") is None


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Content-Type": OCI_INDEX}, id="no digest"),
        pytest.param({"Content-Type": OCI_INDEX, "Docker-Content-Digest": "sha512:1"}, id="another digest"),
        pytest.param({"Docker-Content-Digest": digest_of(b"x")}, id="no type"),
    ],
)
def test_a_head_without_digest_or_type_is_followed_by_the_manifest(
    registry: Registry, headers: dict[str, str]
) -> None:
    digest = registry.index(NAME, "1", "linux/amd64")
    registry.instead[f"/v2/{NAME}/manifests/1"] = lambda asked: (
        Said(200, headers) if asked.method == "HEAD" else None
    )

    found = HttpRegistries().head(registry.host, NAME, "1")

    assert found is not None
    assert found.digest == digest
    assert "linux" in found.text


@pytest.mark.parametrize("status", [405, 501])
def test_a_registry_without_head_is_asked_for_the_manifest(registry: Registry, status: int) -> None:
    digest = registry.index(NAME, "1", "linux/amd64")
    registry.instead[f"/v2/{NAME}/manifests/1"] = lambda asked: (
        Said(status) if asked.method == "HEAD" else None
    )

    found = HttpRegistries().head(registry.host, NAME, "1")

    assert found is not None
    assert found.digest == digest


def test_a_token_is_fetched_anonymously_and_used_again(registry: Registry) -> None:
    registry.auth = "bearer"
    digest = registry.index(NAME, "1", "linux/amd64")
    registries = HttpRegistries()

    for _ in range(2):
        found = registries.head(registry.host, NAME, "1")
        assert found is not None
        assert found.digest == digest

    (token,) = [each for each in registry.asked if each.path == "/token"]
    assert token.query == {"service": ["test"], "scope": [f"repository:{NAME}:pull"]}
    assert "authorization" not in token.headers
    assert registry.methods() == [
        f"HEAD /v2/{NAME}/manifests/1",
        "GET /token",
        f"HEAD /v2/{NAME}/manifests/1",
        f"HEAD /v2/{NAME}/manifests/1",
    ]


def test_a_token_that_has_expired_is_fetched_again(registry: Registry) -> None:
    registry.auth = "bearer"
    registry.index(NAME, "1", "linux/amd64")
    registries = HttpRegistries()
    registries.head(registry.host, NAME, "1")
    path = f"/v2/{NAME}/manifests/1"

    def expired(asked: Asked) -> Said | None:
        del registry.instead[path]
        return (
            None
            if "authorization" not in asked.headers
            else registry._refused(Asked(asked.method, asked.path, {}, {}))
        )

    registry.instead[path] = expired

    assert registries.head(registry.host, NAME, "1") is not None
    assert [each.path for each in registry.asked].count("/token") == 2


def entry(user: str) -> dict[str, str]:
    return {"auth": base64.b64encode(user.encode()).decode()}


@pytest.mark.parametrize("auth", ["bearer", "basic"])
@pytest.mark.parametrize("key", ["{host}", "http://{host}", "https://{host}/v2/"])
@pytest.mark.parametrize(
    "written",
    [
        pytest.param(entry(f"ann:{SECRET}"), id="auth"),
        pytest.param({"username": "ann", "password": SECRET}, id="in clear"),
    ],
)
def test_credentials_come_from_dockers_configuration(
    registry: Registry, config: Path, auth: str, key: str, written: dict[str, str]
) -> None:
    registry.auth, registry.user = auth, f"ann:{SECRET}"
    registry.index(NAME, "1", "linux/amd64")
    config.write_text(json.dumps({"auths": {key.format(host=registry.host): written}}))

    assert HttpRegistries().manifest(registry.host, NAME, "1") is not None


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Give what makes the credential helper `vault` of a shell script."""

    def made(script: str) -> None:
        program = tmp_path / "docker-credential-vault"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    return made


@pytest.mark.parametrize("which", ["credsStore", "credHelpers"])
def test_credentials_come_from_a_helper(
    registry: Registry, config: Path, helper: Callable[[str], None], which: str
) -> None:
    registry.auth, registry.user = "bearer", f"ann:{SECRET}"
    registry.index(NAME, "1", "linux/amd64")
    script = (
        f'read server; test "$1 $server" = "get {registry.host}" &&'
        f""" echo '{{"Username": "ann", "Secret": "{SECRET}"}}'"""
    )
    helper(script)
    config.write_text(json.dumps({which: "vault" if which == "credsStore" else {registry.host: "vault"}}))

    assert HttpRegistries().manifest(registry.host, NAME, "1") is not None


def test_an_identity_token_is_exchanged(registry: Registry, config: Path) -> None:
    registry.auth = "bearer"
    registry.index(NAME, "1", "linux/amd64")
    config.write_text(json.dumps({"auths": {registry.host: {"identitytoken": SECRET}}}))

    def exchanged(asked: Asked) -> Said:
        token = {"access_token": f"token-for-repository:{NAME}:pull"}
        right = asked.method == "POST" and f"refresh_token={SECRET}" in asked.body
        return Said(body=json.dumps(token).encode()) if right else Said(401)

    registry.instead["/token"] = exchanged

    assert HttpRegistries().manifest(registry.host, NAME, "1") is not None


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        pytest.param("echo credentials not found in native keychain; exit 1", "docker login", id="has none"),
        pytest.param(
            f"echo {SECRET}; exit 3", "docker-credential-vault ended with exit status 3", id="fails"
        ),
        pytest.param(f"echo {SECRET}", "docker-credential-vault printed no JSON object", id="no JSON"),
    ],
)
def test_a_helper_that_has_nothing_leaves_access_anonymous(
    registry: Registry, config: Path, helper: Callable[[str], None], script: str, problem: str
) -> None:
    registry.auth, registry.user = "bearer", f"ann:{SECRET}"
    helper(script)
    config.write_text(json.dumps({"credsStore": "vault"}))

    error = refusal(registry)

    assert error.kind == RegistryError.DENIED
    assert problem in str(error)
    assert "anonymous access" in str(error)


def test_a_helper_that_hangs_is_given_up(
    registry: Registry, config: Path, helper: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.auth, registry.user = "bearer", f"ann:{SECRET}"
    helper("exec sleep 20")
    monkeypatch.setattr(docker_config, "_HELPER_LIMIT_S", 0.1)
    config.write_text(json.dumps({"credsStore": "vault"}))

    assert "docker-credential-vault did not answer within 0.1 s" in str(refusal(registry))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(
            "{", "Docker's configuration file could not be read: it is not a JSON object", id="JSON"
        ),
        pytest.param(
            "[]", "Docker's configuration file could not be read: it is not a JSON object", id="list"
        ),
        pytest.param(
            '{"credsStore": "no-such"}', "docker-credential-no-such could not be run", id="no helper"
        ),
        pytest.param('{"credsStore": "../x"}', "is not the name of a program", id="a path"),
        pytest.param('{"auths": {"127.0.0.1": {"auth": "!"}}}', "docker login", id="of another host"),
    ],
)
def test_a_configuration_that_is_wrong_is_named_where_access_is_denied(
    registry: Registry, config: Path, text: str, problem: str
) -> None:
    registry.auth, registry.user = "bearer", f"ann:{SECRET}"
    config.write_text(text)

    assert problem in str(refusal(registry))


def test_wrong_credentials_are_named_without_them(registry: Registry, config: Path) -> None:
    registry.auth, registry.user = "bearer", "ann:right"
    config.write_text(json.dumps({"auths": {registry.host: entry(f"ann:{SECRET}")}}))

    error = refusal(registry)

    assert error.kind == RegistryError.DENIED
    assert "its token service HTTP status 401 UNAUTHORIZED, with the credentials in" in str(error)


@pytest.mark.parametrize(
    ("challenge", "said"),
    [
        pytest.param("", "denies access (HTTP status 401", id="no challenge"),
        pytest.param("Negotiate", "denies access (HTTP status 401", id="another scheme"),
        pytest.param("Bearer service=x", "names a token service that is not a URL", id="no realm"),
        pytest.param('Bearer realm="ftp://a/"', "names a token service that is not a URL", id="ftp"),
        pytest.param('Bearer realm="http://a:x/"', "names a token service that is not a URL", id="port"),
        pytest.param(
            f'Bearer realm="http://ann:{SECRET}@registry.invalid/token?p={SECRET}"',
            "names a token service that is not reached over https: registry.invalid",
            id="plain HTTP elsewhere",
        ),
    ],
)
def test_a_challenge_that_cannot_be_met(registry: Registry, challenge: str, said: str) -> None:
    headers = {"WWW-Authenticate": challenge} if challenge else {}
    registry.instead[f"/v2/{NAME}/manifests/1"] = Said(401, headers)

    assert said in str(refusal(registry))


def test_user_and_password_of_a_realm_are_neither_sent_nor_shown(registry: Registry) -> None:
    realm = f"http://ann:{SECRET}@{registry.host}/elsewhere"
    registry.instead[f"/v2/{NAME}/manifests/1"] = Said(401, {"WWW-Authenticate": f'Bearer realm="{realm}"'})
    registry.instead["/elsewhere"] = Said(500)

    error = refusal(registry)

    assert error.kind == RegistryError.TROUBLE
    (sent,) = [each for each in registry.asked if each.path == "/elsewhere"]
    assert "authorization" not in sent.headers


@pytest.mark.parametrize(
    ("said", "kind", "text"),
    [
        pytest.param(Said(403), RegistryError.DENIED, "denies access (HTTP status 403", id="403"),
        pytest.param(
            Said(429, {"Retry-After": "3600"}, b'{"errors": [{"code": "TOOMANYREQUESTS"}]}'),
            RegistryError.THROTTLED,
            "(HTTP status 429 TOOMANYREQUESTS, and asks to wait 1 h 0 min)",
            id="429",
        ),
        pytest.param(Said(503), RegistryError.TROUBLE, "an error of its own (HTTP status 503)", id="503"),
        pytest.param(Said(418), RegistryError.BAD_ANSWER, "answers with HTTP status 418", id="418"),
        pytest.param(
            Said(200, {"Content-Type": "text/html; charset=utf-8"}, f"<html>{SECRET}</html>".encode()),
            RegistryError.BAD_ANSWER,
            "answers with something of the type text/html that is not a manifest",
            id="HTML",
        ),
        pytest.param(
            Said(200, {"Docker-Content-Digest": digest_of(b"other")}, MANIFEST),
            RegistryError.BAD_ANSWER,
            f"sent a manifest with the digest {digest_of(MANIFEST)} as {digest_of(b'other')}",
            id="another digest",
        ),
        pytest.param(
            Said(
                200,
                {"Content-Type": SCHEMA_1, "Docker-Content-Digest": digest_of(b"without signatures")},
                MANIFEST,
            ),
            RegistryError.BAD_ANSWER,
            "has the image only with a schema 1 manifest",
            id="schema 1",
        ),
        pytest.param(
            Said(200, {"Content-Type": OCI_INDEX}, b" " * (http_client.MAX_BYTES + 1)),
            RegistryError.BAD_ANSWER,
            "sends more than 4 MiB",
            id="too large",
        ),
        pytest.param(
            Said(200, {"Content-Length": "100", "Connection": "close"}, b"{"),
            RegistryError.TROUBLE,
            "closed the connection",
            id="cut off",
        ),
    ],
)
def test_answers_that_are_of_no_use(registry: Registry, said: Said, kind: str, text: str) -> None:
    registry.instead[f"/v2/{NAME}/manifests/1"] = said

    error = refusal(registry)

    assert error.kind == kind
    assert text in str(error)


@pytest.mark.parametrize("method", ["head", "manifest"])
def test_a_digest_is_answered_with_that_digest_alone(registry: Registry, method: str) -> None:
    asked_for = digest_of(b"another")
    media_type, body = OCI_INDEX, b'{"manifests": []}'
    headers = {"Content-Type": media_type, "Docker-Content-Digest": digest_of(body)}
    registry.instead[f"/v2/{NAME}/manifests/{asked_for}"] = Said(200, headers, body)

    with pytest.raises(RegistryError, match=asked_for):
        getattr(HttpRegistries(), method)(registry.host, NAME, asked_for)


def test_a_blob_is_checked_against_its_digest(registry: Registry) -> None:
    registry.blobs[digest_of(b"config")] = b"config"
    registry.blobs[digest_of(b"other")] = b"spoilt"
    registries = HttpRegistries()

    assert registries.blob(registry.host, NAME, digest_of(b"config")) == "config"
    assert registries.download(f"{registry.url}/v2/x/blobs/{digest_of(b'config')}", digest_of(b"config"))
    for digest, said in (
        (digest_of(b"other"), "sent something other"),
        (digest_of(b"none"), "does not have"),
    ):
        with pytest.raises(RegistryError, match=said):
            registries.blob(registry.host, NAME, digest)


def test_redirects_are_followed_without_authorization_to_another_host(
    registry: Registry, config: Path
) -> None:
    registry.auth, registry.user = "basic", f"ann:{SECRET}"
    config.write_text(json.dumps({"auths": {registry.host: entry(f"ann:{SECRET}")}}))
    with listening() as storage:
        storage.index(NAME, "1", "linux/amd64")

        def redirected(asked: Asked) -> Said | None:
            if "authorization" not in asked.headers:
                return None
            return Said(307, {"Location": f"{storage.url}/v2/{NAME}/manifests/1"})

        registry.instead[f"/v2/{NAME}/manifests/1"] = redirected

        assert HttpRegistries().manifest(registry.host, NAME, "1") is not None
        assert ["authorization" in each.headers for each in storage.asked] == [False]


def test_a_redirect_within_a_registry_keeps_authorization(registry: Registry, config: Path) -> None:
    registry.auth, registry.user = "basic", f"ann:{SECRET}"
    config.write_text(json.dumps({"auths": {registry.host: entry(f"ann:{SECRET}")}}))
    registry.index(NAME, "1", "linux/amd64")
    registry.instead["/v2/old/manifests/1"] = lambda asked: (
        Said(308, {"Location": f"/v2/{NAME}/manifests/1"}) if "authorization" in asked.headers else None
    )

    assert HttpRegistries().manifest(registry.host, "old", "1") is not None


@pytest.mark.parametrize(
    ("location", "said"),
    [
        pytest.param(
            f"http://ann:{SECRET}@registry.invalid/x", "redirects to registry.invalid over http", id="HTTP"
        ),
        pytest.param("ftp://registry.invalid/x", "redirects to registry.invalid over ftp", id="FTP"),
        pytest.param("file:///etc/passwd", "redirects to something that is not a URL", id="file"),
        pytest.param("http://a:b:c/", "redirects to something that is not a URL", id="no URL"),
        pytest.param("https://[x/", "redirects to something that is not a URL", id="no IPv6 address"),
        pytest.param("{url}/v2/team/etl/manifests/1", "redirects more than 3 times", id="in circles"),
    ],
)
def test_redirects_that_are_not_followed(registry: Registry, location: str, said: str) -> None:
    headers = {"Location": location.format(url=registry.url)}
    registry.instead[f"/v2/{NAME}/manifests/1"] = Said(302, headers)

    error = refusal(registry)

    assert error.kind == RegistryError.BAD_ANSWER
    assert said in str(error)
    assert len(registry.methods()) <= 4


def test_a_certificate_that_is_not_trusted_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls, certificate = self_signed(tmp_path)
    with listening(tls=tls) as registry:
        registry.index(NAME, "1", "linux/amd64")

        error = refusal(registry)

        assert error.kind == RegistryError.NOT_REACHED
        assert "has a certificate that is not trusted: self-signed certificate" in str(error)
        assert registry.asked == []

        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
        assert HttpRegistries().manifest(registry.host, NAME, "1") is not None


def test_a_registry_on_loopback_may_not_redirect_from_tls_to_plain_http(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls, certificate = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with listening(tls=tls) as safe:
        safe.instead[f"/v2/{NAME}/manifests/1"] = Said(302, {"Location": f"{registry.url}/x"})

        assert "where only https is followed" in str(refusal(safe))
        assert registry.asked == []


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_of_authorities_that_is_of_no_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    path = tmp_path / "authorities.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))

    with pytest.raises(RegistryError, match="the file that REQUESTS_CA_BUNDLE names") as raised:
        HttpRegistries().head("registry.invalid", NAME, "1")

    assert raised.value.kind == RegistryError.NOT_REACHED


@pytest.fixture
def silent() -> Iterator[str]:
    """Give an address that refuses connections: its port is taken, so that nobody else listens there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def test_a_registry_that_does_not_listen(silent: str) -> None:
    with pytest.raises(RegistryError, match="could not be reached: Connection refused") as raised:
        HttpRegistries().head(silent, NAME, "1")

    assert raised.value.kind == RegistryError.NOT_REACHED


@pytest.mark.parametrize("where", ["redirect", "token service"])
def test_a_host_that_a_registry_leads_to_is_named(registry: Registry, where: str, silent: str) -> None:
    registry.instead[f"/v2/{NAME}/manifests/1"] = (
        Said(302, {"Location": f"http://{silent}/x"})
        if where == "redirect"
        else Said(401, {"WWW-Authenticate": f'Bearer realm="http://{silent}/x"'})
    )

    said = f"the registry {registry.host} sends ecsplan to {silent}, which could not be reached"
    assert said in str(refusal(registry))


@pytest.mark.parametrize("host", ["127.0.0.1:99999", "[:]"])
def test_what_is_not_a_host_is_not_asked(host: str) -> None:
    with pytest.raises(RegistryError, match="its name is not a valid host name"):
        HttpRegistries().head(host, NAME, "1")


def test_challenges_in_several_headers_are_all_read(registry: Registry) -> None:
    registry.auth = "bearer"
    registry.index(NAME, "1", "linux/amd64")
    path = f"/v2/{NAME}/manifests/1"
    ours = registry._refused(Asked("GET", path, {}, {}))
    assert ours is not None
    headers = {"WWW-Authenticate": ours.headers["WWW-Authenticate"], "www-authenticate": "Basic realm=x"}
    registry.instead[path] = lambda asked: None if "authorization" in asked.headers else Said(401, headers)

    assert HttpRegistries().manifest(registry.host, NAME, "1") is not None


@pytest.mark.parametrize(
    ("key", "is_found"),
    [
        ("https://index.docker.io/v1/", True),
        ("docker.io", True),
        ("https://index.docker.io.example.com/v1/", False),
    ],
)
def test_credentials_for_docker_hub_have_its_old_name(config: Path, key: str, is_found: bool) -> None:
    config.write_text(json.dumps({"auths": {key: entry(f"ann:{SECRET}")}}))

    found = docker_config.credentials_for("docker.io")

    assert (found.credentials is not None) is is_found
    assert SECRET not in repr(found)


def test_requests_are_traced_without_credentials(registry: Registry, config: Path) -> None:
    registry.auth, registry.user = "bearer", f"ann:{SECRET}"
    config.write_text(json.dumps({"auths": {registry.host: entry(f"ann:{SECRET}")}}))
    registry.index(NAME, "1", "linux/amd64")
    traced: list[tuple[str, str]] = []

    HttpRegistries(trace=lambda *each: traced.append(each)).head(registry.host, NAME, "1")

    image = json.dumps({"registry": registry.host, "repository": NAME})
    assert traced == [("HEAD manifests/1", image)]


class Answering(http_client.HttpClient):
    """Gives the same answer to each request."""

    def __init__(self, status: int, headers: Mapping[str, str]) -> None:
        super().__init__()
        self._answered = http_client.HttpAnswer(status, headers, b"")

    def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> http_client.HttpAnswer:
        del method, headers, body
        assert url == f"https://registry.invalid/v2/{NAME}/manifests/1"
        return self._answered


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8443", "[::1]"])
@pytest.mark.parametrize(
    ("status", "header", "said"),
    [
        pytest.param(302, "location={url}", "redirects to {host}, which is this machine", id="redirect"),
        pytest.param(
            401,
            'www-authenticate=Bearer realm="{url}"',
            "names a token service on this machine, which is not its own: {host}",
            id="token service",
        ),
    ],
)
def test_a_registry_elsewhere_does_not_lead_to_this_machine(
    host: str, status: int, header: str, said: str
) -> None:
    name, _, value = header.format(url=f"https://{host}/x").partition("=")

    with pytest.raises(RegistryError) as raised:
        HttpRegistries(Answering(status, {name: value})).head("registry.invalid", NAME, "1")

    assert raised.value.kind == RegistryError.BAD_ANSWER
    assert said.format(host=host) in str(raised.value)


class Noting(http_client.HttpClient):
    """Notes the URLs, and answers that nothing is there."""

    def __init__(self, sent: list[str]) -> None:
        super().__init__()
        self._sent = sent

    def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> http_client.HttpAnswer:
        del method, headers, body
        self._sent.append(url)
        return http_client.HttpAnswer(404, {}, b"")


@pytest.mark.parametrize("host", ["registry.invalid", "registry.invalid:5000"])
def test_plain_http_is_spoken_on_loopback_alone(host: str) -> None:
    sent: list[str] = []

    assert HttpRegistries(Noting(sent)).head(host, NAME, "1") is None
    assert sent == [f"https://{host}/v2/{NAME}/manifests/1"]


def test_docker_hub_is_asked_where_it_serves_the_api() -> None:
    sent: list[str] = []

    assert HttpRegistries(Noting(sent)).head("docker.io", "library/alpine", "3") is None
    assert sent == ["https://registry-1.docker.io/v2/library/alpine/manifests/3"]


def test_an_answer_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "_READ_LIMIT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        held: list[socket.socket] = []
        thread = threading.Thread(target=lambda: held.append(silent.accept()[0]))
        thread.start()

        with pytest.raises(RegistryError, match=r"did not answer within 0\.1 s") as raised:
            HttpRegistries().head(f"127.0.0.1:{port}", NAME, "1")

        thread.join()
        for each in held:
            each.close()
    assert raised.value.kind == RegistryError.TROUBLE


@pytest.mark.parametrize(
    ("start", "part"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nX: ", b"x", id="headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"{", id="body"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n", id="chunked body"
        ),
    ],
)
def test_an_answer_that_comes_bit_by_bit_is_given_up(
    monkeypatch: pytest.MonkeyPatch, start: bytes, part: bytes
) -> None:
    monkeypatch.setattr(http_client, "_WHOLE_LIMIT_S", 0.2)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            with listener.accept()[0] as connection, suppress(OSError):
                connection.recv(4096)
                connection.sendall(start)
                while not over.wait(0.02):
                    connection.sendall(part)

        thread = threading.Thread(target=drip)
        thread.start()

        with pytest.raises(RegistryError, match=r"did not finish its answer within 0\.2 s") as raised:
            HttpRegistries().head(f"127.0.0.1:{listener.getsockname()[1]}", NAME, "1")

        over.set()
        thread.join()
    assert raised.value.kind == RegistryError.TROUBLE


@pytest.mark.parametrize("proxy", ["http://ann:{0}/x@127.0.0.1:9", "ann:x@127.0.0.1:{0}", "http://[{0}"])
def test_no_part_of_a_proxy_that_is_no_url_is_shown(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("https_proxy", proxy.format(SECRET))

    with pytest.raises(RegistryError, match="the proxy in the environment is not an http") as raised:
        HttpRegistries().head("registry.invalid", NAME, "1")

    assert SECRET not in repr(raised.value) + str(raised.value)


def test_a_proxy_is_used_for_other_hosts_and_its_password_is_not_shown() -> None:
    with pytest.raises(RegistryError) as raised:
        HttpRegistries().head("registry.invalid", NAME, "1")

    assert "could not be reached through the proxy" in str(raised.value)
    assert "proxy-secret" not in repr(raised.value) + str(raised.value)
