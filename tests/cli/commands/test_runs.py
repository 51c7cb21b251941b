"""`ecsplan runs`: the table, the list, and what it says where there is nothing to list."""

import json
import shlex
from pathlib import Path

import pytest
from aws_world import Aws
from bucket_endpoint import BucketEndpoint
from buckets import Buckets
from click.testing import CliRunner
from run_world import entry, open_copy, recorded, write_entries

from ecsplan_applier.outcomes.result import Phases
from ecsplan_cli.commands.completion import SHELLS
from ecsplan_cli.main import group

HERE = {"account": "000000000000", "region": "us-east-1"}


def started(aws: Aws, run_id: str, manifest: str = "name: etl\nimage: alpine\n") -> None:
    """Start a run whose tasks run on."""
    aws.endpoint.set_faults({"tasks": [{"timeline": [{"at": 0.1, "status": "RUNNING"}]}]})
    aws.write("etl.yaml", manifest)
    assert aws.run("compile", "etl.yaml", "-o", "plan.json").exit_code == 0
    assert aws.run("apply", "plan.json", "--run-id", run_id, "--detach").exit_code == 0


def test_runs_are_listed_the_newest_first(aws: Aws) -> None:
    started(aws, "first")
    started(aws, "second/2", "name: load\nimage: alpine\ncount: 2\n")

    lines = aws.run("runs").stdout.splitlines()

    assert lines[0].split() == ["RUN", "STATE", "TASKS", "BEGAN", "TOOK", "JOBS"]
    assert [line.split()[:3] for line in lines[1:]] == [
        ["second/2", "running", "2"],
        ["first", "running", "1"],
    ]
    assert [line.split()[-1] for line in lines[1:]] == ["load", "etl"]


def test_the_list_for_programs(aws: Aws) -> None:
    started(aws, "ci/7")

    (found,) = json.loads(aws.run("runs", "--format", "json").stdout)

    began = found.pop("began_at")
    (copy,) = found.pop("copies")
    assert copy.pop("phases").keys() >= {"image_pull_seconds", "running_seconds"}
    assert copy == {
        "job": "etl",
        "copy": 1,
        "label": "etl",
        "outcome": "running",
        "exit_code": -1,
        "attempt": 1,
    }
    assert found.pop("seconds") >= 0
    assert began.startswith("20")
    assert began.endswith("Z")
    assert found == {
        "run_id": "ci/7",
        "state": "running",
        "exit_status": None,
        "jobs": ["etl"],
        "tasks": {"pending": 0, "running": 1, "succeeded": 0, "failed": 0},
        "ended_at": None,
        "account": "000000000000",
        "region": "us-east-1",
    }


def test_nothing_is_one_line_and_an_empty_list(aws: Aws) -> None:
    text, listed = aws.run("runs", "--cluster", "default"), aws.run("runs", "--format", "json", "--all")
    quiet = aws.run("runs", "--quiet")

    assert (text.exit_code, text.stdout, len(text.stderr.splitlines())) == (0, "", 1)
    assert (listed.exit_code, json.loads(listed.stdout), len(listed.stderr.splitlines())) == (0, [], 1)
    assert (quiet.exit_code, quiet.stdout, quiet.stderr) == (0, "", "")
    command = text.stderr.rpartition(": ")[2]
    assert aws.run(*shlex.split(command)[1:]).exit_code == 0


def test_all_lists_what_the_ledger_remembers(aws: Aws) -> None:
    ended = open_copy(result=recorded())
    write_entries(aws.folder / "ledger", *(entry(ended, run_id=each, **HERE) for each in ("past", "other")))
    started(aws, "ci/7")

    recent = aws.run("runs", "--ledger", "ledger").stdout.splitlines()
    lines = aws.run("runs", "--all", "--ledger", "ledger").stdout.splitlines()

    assert [line.split()[0] for line in recent] == ["RUN", "ci/7"]
    assert {line.split()[0] for line in lines} == {"RUN", "ci/7", "past", "other"}


def test_a_ledger_in_a_bucket_is_read(aws: Aws) -> None:
    buckets = Buckets()
    buckets.make("jobs")
    took = Phases(provisioning_s=9.2, image_pull_s=12.4, running_s=724.3, stopping_s=1.1)
    document = json.dumps(entry(open_copy(result=recorded(phases=took)), run_id="past", **HERE).to_json())
    buckets.put("jobs", "ci/000000000000/us-east-1/runs/past/etl.json", document)
    with BucketEndpoint(buckets) as served:
        place = {"AWS_ENDPOINT_URL_S3": served.url, "ECSPLAN_LEDGER": "s3://jobs/ci"}

        listed = aws.run("runs", "--all", "--format", "json", **place)
        shown = aws.run("status", "past", **place)
        gone = aws.run("status", "past", **{**place, "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"})

    (found,) = json.loads(listed.stdout)
    assert found["run_id"] == "past"
    assert [each["phases"]["running_seconds"] for each in found["copies"]] == [724.3]
    assert shown.stdout.startswith("run past: succeeded")
    assert (gone.exit_code, gone.stdout) == (125, "")
    assert {name for name, _ in buckets.numbered()} <= {"GetObject", "ListObjectsV2"}


def test_a_cluster_that_there_is_not_is_an_error(aws: Aws) -> None:
    done = aws.run("runs", "--cluster", "btach", "--format", "json")

    assert (done.exit_code, done.stdout) == (125, "")
    assert "btach" in done.stderr


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("ecsplan status ", ["nightly", "other/7"], id="all"),
        pytest.param("ecsplan status n", ["nightly"], id="those that begin like this"),
        pytest.param("ecsplan status --local ", ["of/local"], id="those of the embedded ECS"),
        pytest.param("ecsplan status --ledger named o", ["of/another"], id="those of another ledger"),
        pytest.param("ecsplan status --ledger nowhere ", [], id="a ledger that there is not"),
        pytest.param("ecsplan status --ledger s3://b/p ", [], id="a bucket, which no shell asks"),
    ],
)  # fmt: skip
def test_shells_are_offered_the_runs_of_the_ledger(bare: Path, line: str, expected: list[str]) -> None:
    kept = {
        "state/ecsplan/ledger": ["nightly", "other/7", "X" * 120],
        "state/ecsplan/local.ledger": ["of/local"],
        "named": ["of/another"],
    }
    for folder, runs in kept.items():
        write_entries(bare / folder, *(entry(run_id=each, **HERE) for each in runs))
    words = shlex.split(line)
    settings = {
        "XDG_STATE_HOME": str(bare / "state"),
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - (0 if line.endswith(" ") else 1)),
        "_ECSPLAN_COMPLETE": f"{SHELLS[0]}_complete",
    }

    done = CliRunner().invoke(group, env=settings, prog_name="ecsplan")

    offered = [each.partition(",")[2] for each in done.output.split() if each.startswith("plain,")]
    assert offered == expected
