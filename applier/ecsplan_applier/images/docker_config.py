"""Credentials for registries from Docker's configuration file, and from the helpers that it names."""

import base64
import binascii
import json
import os
import re
import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from ecsplan.terms.bodies import as_mapping, as_text
from ecsplan.terms.image_names import DOCKER_HUB
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass

_HUB_SERVER: Final = "https://index.docker.io/v1/"
"""What Docker calls Docker Hub where credentials are stored (docker login, reference)."""
_HELPER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_HELPER_LIMIT_S: Final = 10.0
_MAX_BYTES: Final = 1 << 20
_TOKEN_USER: Final = "<token>"  # noqa: S105 - a name that helpers give, not a secret
"""The user name with which a helper says that the secret is an identity token (docker login, credential
helper protocol)."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to authenticate with a registry.

    Attributes:
        username: The user; "" with an identity token.
        secret: The password, or the identity token.
        is_identity_token: Whether the secret is exchanged for a token (OAuth 2.0, refresh token).
    """

    username: str
    secret: str
    is_identity_token: bool = False

    def __repr__(self) -> str:
        """Return nothing that is secret."""
        return "Credentials(***)"


@dataclass(frozen=True, slots=True)
class Found:
    """What Docker's configuration has for a registry.

    Attributes:
        credentials: The credentials; None where there are none, or they could not be read.
        problem: Why they could not be read; "" where nothing is wrong.
    """

    credentials: Credentials | None
    problem: str = ""


def config_file() -> Path:
    """Return where Docker's configuration is (docker CLI reference, configuration files)."""
    folder = os.environ.get("DOCKER_CONFIG")
    return (Path(folder) if folder else Path("~/.docker").expanduser()) / "config.json"


def credentials_for(registry: str) -> Found:
    """Return the credentials that Docker would use for a registry.

    A helper for the registry alone (`credHelpers`) comes before the one for all (`credsStore`), and the
    entries of the file itself (`auths`) come last (docker login reference, credential helpers).
    """
    try:
        path = config_file()
        with path.open("rb") as file:
            config = _object(file.read(_MAX_BYTES))
    except FileNotFoundError:
        return Found(None)
    except (OSError, RuntimeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a JSON object"
        return Found(None, f"Docker's configuration file could not be read: {reason}")
    server = _HUB_SERVER if registry == DOCKER_HUB else registry
    helpers = as_mapping(config.get("credHelpers"))
    helper = (
        as_text(helpers.get(server)) or as_text(helpers.get(registry)) or as_text(config.get("credsStore"))
    )
    found = Found(None) if helper is None else _from_helper(helper, server)
    if found.credentials is not None:
        return found
    entry = _entry(as_mapping(config.get("auths")), {_host(server), registry})
    if entry is None:
        return found
    written = _written(entry)
    return found if written is None else Found(written)


def _entry(auths: Body, hosts: Collection[str]) -> Body | None:
    """Return the entry of a registry, whose key may be a URL."""
    found = (each for name, each in auths.items() if _host(name) in hosts and isinstance(each, dict))
    return next(found, None)


def _host(server: str) -> str:
    return re.sub(r"^https?://", "", server).partition("/")[0]


def _written(entry: Body) -> Credentials | None:
    identity = as_text(entry.get("identitytoken"))
    if identity is not None:
        return Credentials("", identity, is_identity_token=True)
    username, secret = as_text(entry.get("username")), as_text(entry.get("password"))
    encoded = as_text(entry.get("auth"))
    if encoded is not None:
        try:
            decoded = base64.b64decode(encoded, validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            return None
        username, _, secret = decoded.partition(":")
    return Credentials(username, secret) if username and secret else None


def _from_helper(name: str, server: str) -> Found:
    """Return what a credential helper has for a registry.

    It reads the server's name and prints JSON, or says that it has none (docker-credential-helpers, README).
    """
    program = f"docker-credential-{name}"
    if _HELPER.fullmatch(name) is None:
        return Found(
            None, "Docker's configuration names a credential helper that is not the name of a program"
        )
    try:
        done = subprocess.run(  # noqa: S603 - the program that the user's configuration names
            [program, "get"],
            input=server.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_HELPER_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Found(None, f"{program} did not answer within {_HELPER_LIMIT_S:g} s")
    except OSError as error:
        return Found(None, f"{program} could not be run: {error.strerror}")
    if done.returncode != 0:
        missing = b"credentials not found" in done.stdout
        return Found(None, "" if missing else f"{program} ended with exit status {done.returncode}")
    try:
        answer = _object(done.stdout[:_MAX_BYTES])
    except (ValueError, RecursionError):
        return Found(None, f"{program} printed no JSON object")
    username, secret = as_text(answer.get("Username")), as_text(answer.get("Secret"))
    if username is None or secret is None:
        return Found(None)
    if username == _TOKEN_USER:
        return Found(Credentials("", secret, is_identity_token=True))
    return Found(Credentials(username, secret))


def _object(text: bytes) -> Body:
    body: Any = json.loads(text)
    if not isinstance(body, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - as what is not JSON at all
    return body
