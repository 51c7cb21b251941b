"""The comments of a pull request, through GitHub's REST API."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

MAX_CHARACTERS = 65_536
"""Of the body of a comment; GitHub refuses longer ones (422, "body is too long")."""
_PAGE = 100
"""Comments of a page, the most there may be (docs.github.com, list issue comments)."""
_LIMIT_S = 20.0
_OF_AN_APP = "ghs_"
"""How the tokens of apps begin (docs.github.com, GitHub's token formats). An app may not ask who it is."""


class NotAllowedError(Exception):
    """The token does not allow it, as that of a fork's pull request does not. The message is GitHub's."""


class UnavailableError(Exception):
    """GitHub did not answer, or not as documented."""


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follow redirects of GitHub only, since the token goes with the request."""

    def redirect_request(self, *arguments: Any) -> urllib.request.Request | None:
        request, address = arguments[0], arguments[-1]
        same = urlsplit(address)[:2] == urlsplit(request.full_url)[:2]
        return super().redirect_request(*arguments) if same else None


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request.

    Attributes:
        api: The address of the API.
        repository: `OWNER/NAME`.
        number: Its number.
        token: A token.
    """

    api: str
    repository: str
    number: int
    token: str

    def put(self, marker: str, body: str) -> str:
        """Write the comment that begins with `marker`, the one there is or a new one, and return its address.

        Raises:
            NotAllowedError: The token does not allow it.
            UnavailableError: GitHub could not be asked.
        """
        bodies = ((each["id"], str(each.get("body"))) for each in self._own_comments())
        there = next((number for number, text in bodies if text.startswith(marker)), None)
        if there is None:
            written = self._ask("POST", f"issues/{self.number}/comments", {"body": body})
        else:
            written = self._ask("PATCH", f"issues/comments/{there}", {"body": body})
        return str(written.get("html_url", "")) if isinstance(written, dict) else ""

    def _own_comments(self) -> Iterator[Any]:
        """Yield the comments that this token's user has written.

        Whoever writes a comment can change it later: one of a stranger, with a copied marker, would show the
        reviewers another diff.
        """
        login = self._login()
        for page in range(1, 1000):
            found = self._ask("GET", f"issues/{self.number}/comments?per_page={_PAGE}&page={page}")
            if not isinstance(found, list) or not all(map(_is_comment, found)):
                raise UnavailableError("its answer is no list of comments")
            for each in found:
                if _is_by(each.get("user"), login):
                    yield each
            if len(found) < _PAGE:
                return

    def _login(self) -> str | None:
        """Return the user of the token, or None: it is that of an app, as the workflow's own is."""
        if self.token.startswith(_OF_AN_APP):
            return None
        try:
            user = self._ask("GET", "/user")
        except NotAllowedError:
            return None
        return user.get("login") if isinstance(user, dict) else None

    def _ask(self, method: str, path: str, document: dict[str, str] | None = None) -> Any:
        below = path if path.startswith("/") else f"/repos/{self.repository}/{path}"
        request = urllib.request.Request(  # noqa: S310 - the address is the runner's
            f"{self.api.rstrip('/')}{below}",
            method=method,
            data=None if document is None else json.dumps(document).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "User-Agent": "ecsplan",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        try:
            with urllib.request.build_opener(_SameHost).open(request, timeout=_LIMIT_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise _meaning(error) from error
        except (OSError, ValueError) as error:
            raise UnavailableError(str(getattr(error, "reason", error))) from error


def _is_comment(found: object) -> bool:
    return isinstance(found, dict) and isinstance(found.get("id"), int)


def _is_by(user: Any, login: str | None) -> bool:
    """Return whether a comment's user is the one with this login, or an app where that is None.

    Only apps have logins with brackets. A user that is gone changes nothing any more.
    """
    if not isinstance(user, dict):
        return True
    return user.get("login") == login if login else str(user.get("login")).endswith("[bot]")


def _meaning(error: urllib.error.HTTPError) -> Exception:
    """Return what an answer means: where a rate limit is the cause, 403 says to come back later."""
    try:
        said = str(json.load(error)["message"])
    except (ValueError, KeyError, TypeError, OSError):
        said = str(error.reason)
    text = f"{error.code} {said}"
    limited = error.headers.get("X-RateLimit-Remaining") == "0" or error.headers.get("Retry-After")
    if error.code in {401, 403, 404} and not limited:
        return NotAllowedError(text)
    return UnavailableError(text)
