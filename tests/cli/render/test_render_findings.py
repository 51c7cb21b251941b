"""How findings of `verify` look: as text, as JSON, and as GitHub's annotations."""

import json
from dataclasses import replace

import pytest

from ecsplan.terms.diagnostic import Location
from ecsplan_applier.verify.finding import Cause, Finding, State, Unasked
from ecsplan_cli.render.findings import render_github, render_json, render_text, verify_summary

PLACE = Location("job.yaml", 2, 10, 5, "/cluster", "cluster: batch")
FAILS = Finding("fails", "cluster-active", PLACE, "cluster batch does not exist", "check the name")
OK = Finding("ok", "role-trust", PLACE, "ECS tasks may assume role batch")
NOT_CHECKED = "could not be checked (--all shows each)"
SAID = (
    "job.yaml:2:10: fails[cluster-active]: cluster batch does not exist\n"
    "  2 | cluster: batch\n"
    "    |          ^^^^^\n"
    "  help: check the name\n"
)


def unasked(number: int, operation: str = "GetRole", cause: Cause = "denied") -> list[Finding]:
    """Return findings about calls that could not be made, each at a place of its own."""
    at = [Location("job.yaml", line, 1) for line in range(1, number + 1)]
    why = Unasked(operation, cause)
    return [Finding("unknown", "role-trust", each, f"role r{each.line}: denied", "", why) for each in at]


def finding(state: State, message: str = "something") -> Finding:
    return replace(FAILS, state=state, message=message)


def test_what_fails_looks_like_a_diagnostic() -> None:
    assert render_text([FAILS]) == SAID


def test_what_is_unknown_looks_like_a_diagnostic() -> None:
    assert render_text([replace(FAILS, state="unknown")]) == SAID.replace("fails[", "unknown[")


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        pytest.param(unasked(3), ["job.yaml:1:1: unknown[role-trust]: role r1: denied"], id="few are shown"),
        pytest.param(
            unasked(4),
            [
                f"unknown: 4 things {NOT_CHECKED}: GetRole is denied",
                "  help: `ecsplan docs permissions` lists what verify calls",
            ],
            id="more are counted",
        ),
        pytest.param(
            [*unasked(3, "GetRole", "not served"), *unasked(2, "DescribeSecret", "not served")],
            [f"unknown: 5 things {NOT_CHECKED}: this endpoint has no DescribeSecret and GetRole"],
            id="of several operations",
        ),
        pytest.param(
            unasked(1, cause="not served"),
            [f"unknown: 1 thing {NOT_CHECKED}: this endpoint has no GetRole"],
            id="what an endpoint lacks is counted",
        ),
        pytest.param(
            unasked(4, cause="not reached"),
            [
                f"unknown: 4 things {NOT_CHECKED}: GetRole did not reach its service",
            ],
            id="out of reach",
        ),
    ],
)
def test_calls_that_could_not_be_made(findings: list[Finding], expected: list[str]) -> None:
    lines = render_text(findings, see_all="--all").splitlines()

    assert lines[: len(expected)] == expected
    assert len(render_text(findings, see_all="--all", show_all=True).splitlines()) == len(findings)


def test_what_is_ok_is_a_line_for_each_check() -> None:
    many = [replace(OK, message=f"ECS tasks may assume role {name}") for name in "abb"]
    cluster = replace(FAILS, state="ok", message="cluster batch is ACTIVE")

    assert render_text([*many, cluster]) == (
        "ok  cluster-active  cluster batch is ACTIVE\n"
        "ok  role-trust      ECS tasks may assume role a; and 1 more\n"
    )
    assert (
        render_text([OK], show_all=True) == "job.yaml:2:10: ok[role-trust]: ECS tasks may assume role batch\n"
    )


def test_long_lists_of_what_is_ok_are_cut() -> None:
    found = [replace(OK, message="x" * 100), replace(OK, check="other", message="y" * 101)]

    assert render_text(found) == f"ok  other       {'y' * 99}…\nok  role-trust  {'x' * 100}\n"
    assert "y" * 101 in render_text(found, show_all=True)


def test_only_some_states() -> None:
    found = [FAILS, replace(FAILS, state="unknown"), OK]

    assert render_text(found, states=("fails",)) == SAID


def test_equal_findings_are_shown_once() -> None:
    others = [replace(FAILS, location=Location(f"job{n}.yaml", 1, 1)) for n in range(3)]

    assert "  the same in 3 more files (--all shows them): job0.yaml, job1.yaml, job2.yaml\n" in render_text(
        [FAILS, *others], see_all="--all"
    )


def test_hidden_characters_are_written_out() -> None:
    found = [replace(OK, message="role \x1b[1m"), replace(FAILS, message="role \x1b[1m")]

    assert "\x1b" not in render_text(found) + render_text(found, show_all=True) + render_json(found)


def test_json_is_the_list_of_all() -> None:
    assert json.loads(render_json([FAILS, OK])) == [FAILS.to_json(), OK.to_json()]
    assert render_json([]) == "[]\n"


def test_github_annotates_what_is_not_ok() -> None:
    assert render_github([FAILS, replace(FAILS, state="unknown"), OK]) == "".join(
        f"::{kind} file=job.yaml,line=2,col=10,endColumn=14,title=ecsplan%3A cluster-active"
        "::cluster batch does not exist%0Ahelp: check the name\n"
        for kind in ("error", "warning")
    )


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], "2 jobs: 0 ok, 0 fail, 0 unknown"),
        (["ok", "ok", "fails", "unknown"], "2 jobs: 2 ok, 1 fails, 1 unknown"),
        (["fails", "fails"], "2 jobs: 0 ok, 2 fail, 0 unknown"),
    ],
)
def test_the_last_line_counts(states: list[State], expected: str) -> None:
    assert verify_summary(2, map(finding, states)) == expected
