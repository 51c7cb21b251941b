"""What names a run: its id or a result file, and what is said of everything else."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from apply_stage import Stage

from ecsplan_applier.outcomes.errors import UsageError
from ecsplan_applier.outcomes.result import refusal_json
from ecsplan_applier.runs.reference import read_reference, result_reference

RESULT: dict[str, Any] = {
    "run_id": "ci/7",
    "exit_status": 0,
    "signal": None,
    "detached": False,
    "seconds": 1.0,
    "jobs": [],
    "left_running": [],
}


@pytest.mark.parametrize("named", ["nightly", "750304645aee05a7", "ci/7/2", "A_b-C", "x" * 120])
def test_a_run_id_names_a_run(named: str) -> None:
    found = read_reference(named)

    assert (found.run_id, found.named) == (named, None)


def test_a_file_wins_over_a_run_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("nightly").write_text(json.dumps(RESULT), "utf-8")
    Path("folder/7").mkdir(parents=True)

    assert read_reference("nightly").run_id == "ci/7"
    assert read_reference("folder").run_id == "folder"
    assert read_reference("folder/7").run_id == "folder/7"


@pytest.mark.parametrize(
    ("named", "said"),
    [
        pytest.param("", "RUN is empty; is a variable unset?", id="empty"),
        pytest.param("run 7", "neither a file that exists nor a run id", id="a blank"),
        pytest.param("result.json", "neither a file that exists nor a run id", id="a file that there is not"),
        pytest.param("nächtlich", "only letters, digits", id="not ASCII"),
        pytest.param("x" * 121, "121 characters long", id="too long"),
        pytest.param("a\nb", "only letters, digits", id="a line feed"),
        pytest.param("\0", "cannot read|neither a file", id="a NUL"),
        pytest.param("./folder", "is a folder", id="a folder"),
        pytest.param("folder/", "is a folder", id="a folder with a slash"),
        pytest.param("/", "is a folder", id="the root"),
        pytest.param(
            "arn:aws:ecs:eu-west-1:111122223333:task/batch/0123", "is a task, not a run", id="a task"
        ),
        pytest.param(
            "batch::arn:aws:ecs:eu-west-1:111122223333:task/batch/0123", "is a task, not a run",
            id="what ecsplan stop takes",
        ),
        pytest.param("arn:aws:ecs:eu-west-1:1:cluster/batch", "neither a file", id="another ARN"),
        pytest.param("{'run_id': 1}", "neither a file", id="a document"),
    ],
)  # fmt: skip
def test_what_names_no_run_is_a_usage_error(
    named: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()

    with pytest.raises(UsageError, match=said) as caught:
        read_reference(named)

    assert caught.value.exit_status == 2


def spoilt(**members: Any) -> str:
    return json.dumps({**RESULT, **members})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("", "it is empty", id="empty"),
        pytest.param(json.dumps(RESULT)[:40], "it is not JSON, or was cut off", id="torn"),
        pytest.param("\xff\xfe", "it is not JSON", id="binary"),
        pytest.param("name: etl\nimage: alpine\n", "it is not JSON", id="a manifest"),
        pytest.param("[1]", "it is not a JSON object", id="a list"),
        pytest.param('{"jobs": [], "compiler": {"name": "ecsplan"}}', "it is a plan", id="a plan"),
        pytest.param('{"event": "run began", "time": "x"}', "apply --events", id="an event"),
        pytest.param(
            '{"event": "run began", "time": "x"}\n{"event": "note", "time": "x"}\n',
            "apply --events",
            id="events",
        ),
        pytest.param('{"event": "run began", "time": "x"}\n{"eve', "apply --events", id="torn events"),
        pytest.param('{"ledger_format": 1, "run_id": "ci/7"}', "the run id in it is ci/7", id="an entry"),
        pytest.param('{"run_id": "7", "status": "ok"}', "it has no exit_status, jobs", id="another tool's"),
        pytest.param(spoilt(run_id=7), "missing or malformed", id="a run id that is a number"),
        pytest.param(spoilt(jobs=None), "missing or malformed", id="jobs that are null"),
        pytest.param(spoilt(jobs=[{"name": "a"}]), "missing or malformed", id="a job without tasks"),
        pytest.param(spoilt(jobs=[7]), "missing or malformed", id="a job that is a number"),
        pytest.param(spoilt(run_id="a b"), "cannot be used", id="a run id that ECS could not have"),
        pytest.param("[" * 100_000, "it is not JSON", id="deeply nested"),
        pytest.param(
            json.dumps(refusal_json(None, 123, "the plan has no jobs\n  help: x")),
            "refused before it began a run: the plan has no jobs",
            id="an apply that was refused",
        ),
    ],
)
def test_another_file_is_not_a_result(content: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    file.write_bytes(content.encode("latin-1"))

    with pytest.raises(UsageError, match=re.escape(said)) as caught:
        read_reference(str(file))

    assert str(file) in str(caught.value)


def test_a_refusal_within_a_run_is_remembered() -> None:
    found = result_reference(json.dumps(refusal_json("ci/7", 122, "stale")).encode(), "r.json")

    assert (found.run_id, found.error, found.jobs) == ("ci/7", "stale", ())


def test_a_result_is_read_as_it_was_written(stage: Callable[..., Stage]) -> None:
    world = stage({"tasks": [{"timeline": [{"at": 1, "status": "STOPPED", "exitCode": 3}]}]})
    played = world.apply(world.compile("name: etl\nimage: alpine\ncount: 2\n"), run_id="ci/7")

    found = result_reference(json.dumps(played.summary.to_json()).encode("utf-8-sig"), "r.json")

    (job,) = found.jobs
    assert (found.run_id, job.name, job.revision) == ("ci/7", "etl", played.summary.jobs[0].revision)
    assert [each.result for each in job.copies] == [*played.summary.tasks]
    assert (found.regions, found.accounts) == (("us-east-1",), ("000000000000",))


def test_a_task_that_was_left_running_has_not_ended(stage: Callable[..., Stage]) -> None:
    world = stage({"tasks": [{"timeline": [{"at": 1, "status": "RUNNING"}]}]})
    played = world.apply(world.compile("name: etl\nimage: alpine\n"), run_id="ci/7", detach=True)

    (job,) = result_reference(json.dumps(played.summary.to_json()).encode(), "r.json").jobs

    assert [(each.task_arn, each.has_ended) for each in job.copies] == [(played.summary.tasks[0].arn, False)]
