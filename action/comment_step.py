"""The step that comments on the pull request: one comment for each use of the action, updated by every run.

It never fails the job: the diff stands in the summary of the plan's step, too.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from action_inputs import instance, read
from pull_request import MAX_CHARACTERS, NotAllowedError, PullRequest, UnavailableError
from workflow import annotate, ended, set_outputs

ATTEMPTS = 3
PAUSE_S = 1.0
ELSEWHERE = "The diff is in the summary of the workflow run."


def comment() -> int:
    """Write the comment, where there is a pull request, and return 0."""
    number = _number(_event())
    if number is None:
        return 0
    token = read("token")
    if not token:
        annotate("notice", f"There is no token to comment with. {ELSEWHERE}")
        return 0
    api = os.environ.get("GITHUB_API_URL") or "https://api.github.com"
    pull_request = PullRequest(api, os.environ.get("GITHUB_REPOSITORY", ""), number, token)
    try:
        set_outputs(comment_url=_put(pull_request))
    except NotAllowedError as error:
        annotate(
            "notice",
            f"The token does not allow comments ({error}). {ELSEWHERE} A job needs the permission"
            " pull-requests: write, and a pull request from a fork never has it.",
        )
    except UnavailableError as error:
        annotate("warning", f"GitHub could not be asked to comment ({error}). {ELSEWHERE}")
    return 0


def _put(pull_request: PullRequest) -> str:
    marker = f"<!-- ecsplan {instance()} -->"
    body = body_of(marker, Path(os.environ["ECSPLAN_DIFF"]).read_text("utf-8"))
    for attempt in range(1, ATTEMPTS):
        try:
            # As a whole: after a lost answer, the comment may be there.
            return pull_request.put(marker, body)
        except UnavailableError:
            time.sleep(PAUSE_S * attempt)
    return pull_request.put(marker, body)


def body_of(marker: str, diff: str) -> str:
    """Return the comment: the marker, the key, the diff, and where it comes from.

    A diff that is too long, which that of another version may be, is replaced by where it can be seen.
    """
    key = read("key")
    head = f"{marker}\n" + (f"<code>{_as_text(key)}</code>\n" if key else "")
    server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
    names = ("GITHUB_REPOSITORY", "GITHUB_RUN_ID", "ECSPLAN_DIGEST")
    repository, run_id, digest = (os.environ.get(name, "") for name in names)
    run = f"{server}/{repository}/actions/runs/{run_id}"
    foot = f"\n<sub>{_commit()}, [workflow run]({run}), plan `{digest}`</sub>\n"
    if len(head) + len(diff) + len(foot) > MAX_CHARACTERS:
        diff = f"**ecsplan diff**: too long for a comment. {ELSEWHERE}\n"
    return head + diff + foot


def _as_text(key: str) -> str:
    """Return a key with its punctuation as entities: it may be a branch, whose name anybody chooses."""
    shown = " ".join(key[:200].split())
    return "".join(each if each.isalnum() or each == " " else f"&#{ord(each)};" for each in shown)


def _commit() -> str:
    """Return the commit that was planned: of a pull request its own, not the merge that GitHub checks out."""
    head = (_event().get("pull_request") or {}).get("head") or {}
    return str(head.get("sha") or os.environ.get("GITHUB_SHA", ""))


def _event() -> dict[str, Any]:
    """Return what has started the workflow; {} where the runner does not say it."""
    try:
        event = json.loads(Path(os.environ.get("GITHUB_EVENT_PATH", "")).read_bytes())
    except (OSError, ValueError):
        return {}
    return event if isinstance(event, dict) else {}


def _number(event: dict[str, Any]) -> int | None:
    """Return the number of the pull request that the event is about, or None."""
    issue = event.get("issue") or {}
    about = event.get("pull_request") or (issue if issue.get("pull_request") else {})
    return int(about["number"]) if about else None


if __name__ == "__main__":
    sys.exit(ended(comment))
