"""The comment on a pull request: found again, never a stranger's, and never a reason for the job to fail."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from github_comments import Comments, GitHub

import comment_step
from action_inputs import instance
from comment_step import body_of, comment

TOKEN = "ghs_a-secret-token"
STRANGER = {"login": "mallory", "type": "User"}


@pytest.fixture
def comments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Comments]:
    """Return the comments of the pull request that the step is about."""
    event = {"pull_request": {"number": 7, "head": {"sha": "4acf55ce"}}}
    (tmp_path / "event.json").write_text(json.dumps(event), "utf-8")
    (tmp_path / "diff.md").write_text("**ecsplan diff**: 1 job\n", "utf-8")
    monkeypatch.setattr(comment_step, "PAUSE_S", 0.0)
    found = Comments()
    with GitHub(found) as github:
        for name, value in {
            "GITHUB_API_URL": github.url,
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "GITHUB_REPOSITORY": "octo/jobs",
            "GITHUB_RUN_ID": "12",
            "ECSPLAN_DIFF": str(tmp_path / "diff.md"),
            "ECSPLAN_DIGEST": "sha256:1",
            "INPUT_TOKEN": TOKEN,
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("no_proxy", "*")
        yield found


def marker() -> str:
    return f"<!-- ecsplan {instance()} -->"


def test_a_comment_is_made_once(comments: Comments) -> None:
    assert comment() == 0
    assert comment() == 0

    run = "https://github.com/octo/jobs/actions/runs/12"
    foot = f"<sub>4acf55ce, [workflow run]({run}), plan `sha256:1`</sub>\n"
    assert comments.bodies() == [f"{marker()}\n**ecsplan diff**: 1 job\n\n{foot}"]
    assert {each[2] for each in comments.asked} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize("before", [0, 99, 100, 101, 250])
def test_it_is_found_among_many(comments: Comments, before: int) -> None:
    for number in range(before):
        comments.add(f"comment {number}")
    found = comments.add(f"{marker()}\nan earlier diff")
    comments.add("one more")

    assert comment() == 0

    assert len(comments.rows) == before + 2
    assert "an earlier diff" not in comments.bodies()[before]
    assert comments.asked[-1][:2] == ("PATCH", f"/repos/octo/jobs/issues/comments/{found}")


@pytest.mark.parametrize(
    ("user", "author", "is_own"),
    [
        pytest.param(None, {"login": "github-actions[bot]", "type": "Bot"}, True, id="a workflow's token"),
        pytest.param(None, STRANGER, False, id="a workflow's token and a stranger's comment"),
        pytest.param({"login": "kim"}, {"login": "kim", "type": "User"}, True, id="a user's token"),
        pytest.param({"login": "kim"}, STRANGER, False, id="a user's token and a stranger's comment"),
    ],
)
def test_a_comment_of_a_stranger_with_the_marker_is_left_alone(
    comments: Comments,
    user: dict[str, str] | None,
    author: dict[str, str],
    is_own: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if user is not None:
        comments.user = user
        monkeypatch.setenv("INPUT_TOKEN", "ghp_own")
    comments.add(f"{marker()}\nwritten before", author)

    assert comment() == 0

    assert len(comments.rows) == (1 if is_own else 2)
    assert ("written before" in comments.bodies()[0]) != is_own


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        pytest.param((401, "Bad credentials"), "notice", id="a wrong token"),
        pytest.param((403, "Resource not accessible by integration"), "notice", id="a fork"),
        pytest.param((404, "Not Found"), "notice", id="a token that sees nothing"),
        pytest.param((429, "too many"), "warning", id="too many requests"),
        pytest.param((500, "boom"), "warning", id="a fault"),
        pytest.param((503, "No server is available"), "warning", id="an outage"),
    ],
)
def test_a_refusal_is_no_failure(
    comments: Comments,
    refusal: tuple[int, str],
    kind: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    comments.refusals[0] = refusal

    assert comment() == 0

    printed = capsys.readouterr().out
    assert printed.startswith(f"::{kind} title=ecsplan::")
    assert f"({refusal[0]} {refusal[1]})" in printed
    assert "The diff is in the summary" in printed
    assert TOKEN not in printed


def test_a_token_that_reads_only_is_a_notice(comments: Comments, capsys: pytest.CaptureFixture[str]) -> None:
    comments.refusals[2] = (403, "Resource not accessible by integration")

    assert comment() == 0

    assert capsys.readouterr().out.startswith("::notice ")
    assert [each[0] for each in comments.asked] == ["GET", "POST"]


@pytest.mark.parametrize(("number", "is_late"), [(1, False), (2, False), (2, True)])
def test_a_passing_fault_is_tried_again_and_comments_once(
    comments: Comments, number: int, is_late: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    comments.refusals[number] = (502, "Bad Gateway")
    if is_late:
        comments.late.add(number)

    assert comment() == 0

    assert len(comments.rows) == 1
    assert capsys.readouterr().out == ""


def test_an_api_that_does_not_answer_is_a_warning(
    comments: Comments, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")

    assert comment() == 0

    assert capsys.readouterr().out.startswith("::warning title=ecsplan::GitHub could not be asked to comment")


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        pytest.param({"ref": "refs/heads/main"}, 0, id="a push"),
        pytest.param({"issue": {"number": 7}}, 0, id="a comment on an issue"),
        pytest.param({"issue": {"number": 7, "pull_request": {}}}, 0, id="an issue that says nothing of one"),
        pytest.param({"issue": {"number": 7, "pull_request": {"url": "x"}}}, 1, id="a comment on one"),
        pytest.param({"pull_request": {"number": 7}}, 1, id="a pull request"),
    ],
)
def test_which_events_have_a_pull_request(
    comments: Comments, event: dict[str, object], expected: int, tmp_path: Path
) -> None:
    (tmp_path / "event.json").write_text(json.dumps(event), "utf-8")

    assert comment() == 0

    assert len(comments.rows) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(None, id="no file"),
        pytest.param("", id="an empty file"),
        pytest.param("[]", id="a list"),
        pytest.param("{", id="no JSON"),
    ],
)
def test_an_event_that_says_nothing_has_none(text: str | None, comments: Comments, tmp_path: Path) -> None:
    (tmp_path / "event.json").unlink()
    if text is not None:
        (tmp_path / "event.json").write_text(text, "utf-8")

    assert comment() == 0

    assert not comments.asked


def test_comments_without_a_text_are_left_alone(comments: Comments) -> None:
    comments.add("another")
    comments.rows[0]["body"] = None

    assert comment() == 0

    assert len(comments.rows) == 2


def test_without_a_token_nothing_is_asked(
    comments: Comments, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INPUT_TOKEN", "")

    assert comment() == 0

    assert "::notice" in capsys.readouterr().out
    assert not comments.asked


@pytest.mark.parametrize(("length", "is_whole"), [(60_000, True), (65_536, False), (1_000_000, False)])
def test_a_body_has_at_most_what_github_takes(
    comments: Comments, length: int, is_whole: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "diff.md").write_text("é" * length, "utf-8")
    monkeypatch.setenv("INPUT_KEY", "<b>" * 1000)

    assert comment() == 0

    (body,) = comments.bodies()
    assert ("é" * length in body) == is_whole
    assert ("too long for a comment" in body) != is_whole
    assert len(body) <= 65_536


def test_a_key_is_shown_as_text(comments: Comments, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INPUT_KEY", "<img>\n\n# **stage** @everyone [x](y)")

    body = body_of(marker(), "diff")

    shown = "<code>&#60;img&#62; &#35; &#42;&#42;stage&#42;&#42; &#64;everyone &#91;x&#93;&#40;y&#41;</code>"
    assert body.splitlines()[1] == shown


def test_a_comment_whose_user_is_gone_is_updated(comments: Comments) -> None:
    comments.add(f"{marker()}\nwritten before")
    comments.rows[0]["user"] = None

    assert comment() == 0

    assert len(comments.rows) == 1


def test_a_token_that_may_not_ask_who_it_is_counts_as_that_of_an_app(
    comments: Comments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INPUT_TOKEN", "github_pat_own")
    comments.add(f"{marker()}\nwritten before")

    assert comment() == 0

    assert len(comments.rows) == 1


@pytest.mark.parametrize("answer", [{"unexpected": 1}, "text", None, [None], [{"body": "no id"}]])
def test_an_answer_that_is_no_list_is_a_warning(
    comments: Comments, answer: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Comments, "_done", lambda *_: (200, answer))

    assert comment() == 0

    assert capsys.readouterr().out.startswith("::warning ")
