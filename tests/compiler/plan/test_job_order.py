"""`after` over all jobs of a compile: names that are no jobs, cycles, and what is left open."""

import json
from pathlib import Path
from typing import Any

import pytest

from ecsplan.compile import compile_manifest, recompile
from ecsplan.plan.job_order import MAX_LISTED, JobOrder, order_faults
from ecsplan.terms.diagnostic import Location
from ecsplan.terms.observed import Observed
from ecsplan_cli.compiling import compile_manifests, nothing


def manifest(**after: list[str]) -> str:
    """Return a manifest of jobs by what they wait for; one key a line, so that lines count jobs."""
    lines = [f"  {name}: {{image: 'alpine:3', after: {json.dumps(names)}}}" for name, names in after.items()]
    return "\n".join(["jobs:", *lines, ""])


def found(text: str) -> list[tuple[str, int, str]]:
    """Return the rules of the diagnostics, their lines, and what the message says behind its colon."""
    compiled = compile_manifest(text, file="job.yaml")
    assert (compiled.plan is None) == bool(compiled.diagnostics)
    return [(each.rule, each.line, each.message.rpartition(": ")[2]) for each in compiled.diagnostics]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param({"a": [], "b": ["a"], "c": ["a", "b"]}, [], id="an order"),
        pytest.param({"b": ["a"], "a": []}, [], id="written later"),
        pytest.param({"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}, [], id="a diamond"),
        pytest.param({"a": ["a"]}, [("after-cycle", 2, "a → a")], id="itself"),
        pytest.param({"a": ["b"], "b": ["a"]}, [("after-cycle", 2, "a → b → a")], id="each other"),
        pytest.param(
            {"x": [], "c": ["b", "x"], "b": ["a"], "a": ["c"]},
            [("after-cycle", 3, "c → b → a → c")],
            id="in a ring",
        ),
        pytest.param(
            {"a": ["b"], "b": ["a"], "c": ["d", "a"], "d": ["c"]},
            [("after-cycle", 2, "a → b → a"), ("after-cycle", 4, "c → d → c")],
            id="two rings, one behind the other",
        ),
        pytest.param({"a": ["b"], "b": ["c"], "c": ["b"]}, [("after-cycle", 3, "b → c → b")], id="a way in"),
        pytest.param(
            {"a": ["b", "b"], "b": []}, [("repeated-item", 2, "'b' is listed twice")], id="a name twice"
        ),
    ],
)
def test_cycles(after: dict[str, list[str]], expected: list[tuple[str, int, str]]) -> None:
    assert found(manifest(**after)) == expected


@pytest.mark.parametrize(
    ("names", "help_text"),
    [
        pytest.param(["extrct"], "did you mean extract?", id="a slip"),
        pytest.param(["quite-another"], "name a job of a manifest of the same command", id="no such job"),
    ],
)
def test_a_name_that_is_no_job(names: list[str], help_text: str) -> None:
    (found,) = compile_manifest(manifest(extract=[], load=names), file="job.yaml").diagnostics

    assert (found.rule, found.line, found.pointer) == ("after-unknown", 3, "/after/0")
    assert (found.message, found.help) == (f"there is no job {names[0]!r} to wait for", help_text)


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        pytest.param("extract", "wrong-type", id="a text"),
        pytest.param([1], "wrong-type", id="a number"),
        pytest.param([""], "wrong-format", id="empty"),
        pytest.param([["extract"]], "wrong-type", id="a list in a list"),
        pytest.param({"extract": None}, "wrong-type", id="a mapping"),
    ],
)
def test_what_is_no_list_of_names(value: object, rule: str) -> None:
    text = json.dumps({"jobs": {"extract": {"image": "a"}, "load": {"image": "a", "after": value}}})

    assert [each.rule for each in compile_manifest(text, file="job.json").diagnostics] == [rule]


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        pytest.param(
            "jobs:\n  a: {image: alpine, after: [b]}\n  b:\n", ["job-not-a-mapping"], id="not a mapping"
        ),
        pytest.param("image: a\nafter: [b]\n---\nname: b\nimage: [\n", ["yaml-syntax"], id="cannot be read"),
        pytest.param(
            "image: a\nafter: [b]\n---\napiVersion: v1\nkind: Pod\n", ["not-a-manifest"], id="foreign"
        ),
        pytest.param(
            "image: a\nafter: [b]\n---\nname: [b]\nimage: a\n", ["wrong-type"], id="its name is not valid"
        ),
        pytest.param(
            "image: a\nafter: [b]\n---\nvariables: {x: {}}\nname: '${x}'\nimage: a\n",
            ["variable-missing"],
            id="its name is not known",
        ),
        pytest.param(
            "image: a\nafter: [b]\n---\nname: b\n", ["image-missing"], id="wrong for another reason"
        ),
    ],
)
def test_a_job_that_failed_to_compile_is_not_called_unknown(text: str, rules: list[str]) -> None:
    assert [each.rule for each in compile_manifest(text, file="a.yaml").diagnostics] == rules


def test_other_manifests_of_the_command_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("image: alpine:3\nafter: [b, c]\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("image: alpine:3\nafter: [a]\n", encoding="utf-8")

    def rules() -> list[str]:
        paths = sorted(str(each) for each in tmp_path.iterdir())
        return [each.rule for each in compile_manifests(paths, nothing).diagnostics()]

    assert rules() == ["after-cycle", "after-unknown"]
    (tmp_path / "c.yaml").write_text("image: [\n", encoding="utf-8")
    assert rules() == ["after-cycle", "yaml-syntax"]
    (tmp_path / "c.yaml").write_text("image: alpine:3\n", encoding="utf-8")
    assert rules() == ["after-cycle"]


def test_ten_thousand_jobs_in_a_ring_are_one_cycle() -> None:
    count = 10_000
    ring = [
        JobOrder(f"j{n}", None, ((f"j{(n + 1) % count}", Location("a.yaml", n + 1, 1)),))
        for n in range(count)
    ]

    (found,) = order_faults(ring, complete=True)

    assert found.line == 1
    assert found.message.endswith(f" → (9,{count - 9000 - MAX_LISTED + 1} more) → j0")


def test_the_plan_says_when_a_job_starts_and_what_becomes_of_its_ends() -> None:
    keys: dict[str, Any] = {
        "after": ["extract"],
        "array": 4,
        "max_parallel": 2,
        "succeed_on": [3, 0],
        "retry": {"attempts": 5, "on": ["failure", "start", {"exit_codes": [75.0, 1]}]},
        "concurrency": "wait",
        "log_retention_days": 30,
        "configure_cloudwatch_logs": True,
        "execution_role_arn": "logs",
    }
    text = json.dumps({"jobs": {"extract": {"image": "a"}, "load": {"image": "a", **keys}}})

    plan = compile_manifest(text, file="job.json").plan

    assert plan is not None
    load = plan.jobs[1]
    assert load.policy.after == ("extract",)
    assert (load.policy.array, load.policy.max_parallel) == (4, 2)
    assert load.policy.succeed_on == (0, 3)
    assert load.policy.retry.to_json() == {
        "attempts": 5,
        "on": ["start", "failure", {"exit_codes": [1, 75]}],
    }
    assert load.policy.concurrency == "wait"
    assert load.policy.log_retention is not None
    assert load.policy.log_retention.days == 30
    assert "count" not in load.run_request
    # Compiled again by itself, it still waits for a job that is elsewhere in the plan.
    again = recompile(load, Observed())
    assert again.plan is not None
    assert again.plan.jobs[0].policy == load.policy


@pytest.mark.parametrize("retry", [None, {}, {"attempts": 3}, {"attempts": 1}, {"on": ["start"]}])
def test_a_retry_that_is_written_is_kept_apart_from_the_default(retry: dict[str, object] | None) -> None:
    keys = {} if retry is None else {"retry": retry}
    plan = compile_manifest(json.dumps({"image": "a", **keys}), file="job.json").plan

    assert plan is not None
    found = plan.jobs[0].policy.retry
    assert found.written == (retry is not None)
    assert found.attempts == (retry or {}).get("attempts", 3)
    written = (retry or {}).get("on")
    assert found.causes == ({"start"} if retry is None or written else {"start", "interruption"})
