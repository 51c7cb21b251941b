"""`ecsplan status`: what it shows of a run, what it says where there is none, and that it changes nothing."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from aws_world import Aws
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from run_world import entry, open_copy, recorded, task_arn, write_entries

from ecsplan.schema.files import bundled_schema_text
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_cli.main import group

ETL = "name: etl\nimage: alpine\n"


def lives(*codes: int | None) -> dict[str, Any]:
    """Return a fault script whose tasks end with these codes, one after the other; None runs on."""
    began = {"at": 0.2, "status": "RUNNING"}
    return {
        "tasks": [
            {
                "copy": number,
                "timeline": [
                    began, *([] if code is None else [{"at": 0.6, "status": "STOPPED", "exitCode": code}])
                ],
            }
            for number, code in enumerate(codes, start=1)
        ]
    }  # fmt: skip


def applied(aws: Aws, manifest: str, *codes: int | None, options: tuple[str, ...] = ()) -> int:
    """Apply a manifest as the run ci/7, and forget the calls that it took; return the exit status."""
    aws.endpoint.set_faults(lives(*codes))
    aws.write("etl.yaml", manifest)
    assert aws.run("compile", "etl.yaml", "-o", "plan.json").exit_code == 0
    done = aws.run("apply", "plan.json", "--run-id", "ci/7", "--result", "result.json", *options)
    aws.endpoint.forget_calls()
    return done.exit_code


def errors(document: object) -> list[str]:
    validator = Draft202012Validator(json.loads(bundled_schema_text("result")))
    return [each.message for each in validator.iter_errors(document)]


@pytest.mark.parametrize(
    ("manifest", "codes"),
    [
        pytest.param(ETL, (0,), id="succeeded"),
        pytest.param(ETL, (9,), id="failed"),
        pytest.param(ETL + "count: 3\n", (0, 4, 0), id="one of three copies failed"),
        pytest.param(ETL + "array: 2\n", (0, 0), id="an array"),
    ],
)
def test_the_json_says_what_the_result_has_said(aws: Aws, manifest: str, codes: tuple[int, ...]) -> None:
    status = applied(aws, manifest, *codes)

    done = aws.run("status", "ci/7", "--format", "json")

    assert (done.exit_code, done.stderr) == (0, "")
    found, result = json.loads(done.stdout), json.loads((aws.folder / "result.json").read_text("utf-8"))
    assert errors(found) == []
    assert found["exit_status"] == status == result["exit_status"]
    # Copies of a count ask for the same, so that nothing shows which one a task was.
    same = ("outcome", "exit_code", "task_arn", "status", "stop_code", "reason", "phases")
    seen, known = (
        sorted([each[name] for name in same] for job in document["jobs"] for each in job["tasks"])
        for document in (found, result)
    )
    assert seen == known


def test_a_run_that_is_under_way_has_no_exit_status(aws: Aws) -> None:
    assert applied(aws, ETL, None, options=("--detach",)) == 0

    done = aws.run("status", "ci/7", "--format", "json")

    found = json.loads(done.stdout)
    (task,) = found["jobs"][0]["tasks"]
    assert errors(found) == []
    assert (found["exit_status"], task["outcome"], task["exit_code"]) == (None, "running", -1)
    assert found["left_running"] == [f"{task['cluster']}::{task['task_arn']}"]


@pytest.mark.parametrize("named", ["ci/7", "result.json"])
def test_the_text_says_what_became_of_it(aws: Aws, named: str) -> None:
    applied(aws, ETL, 9)

    lines = aws.run("status", named).stdout.splitlines()

    assert lines[0].startswith("run ci/7: failed, began 20")
    assert lines[1].startswith("FAILED etl  exit 9  ")
    assert "FAILED etl exited with 9" in lines
    assert any("EssentialContainerExited" in line for line in lines)


def test_the_text_names_what_runs_as_stop_takes_it(aws: Aws) -> None:
    applied(aws, ETL, None, options=("--detach",))

    lines = aws.run("status", "ci/7").stdout.splitlines()

    assert "run ci/7: running, began " in lines[0]
    assert lines[1].startswith(".. etl  RUNNING  ")
    assert lines[-2] == "not stopped:"
    assert aws.run("stop", lines[-1].strip()).exit_code == 0


def test_a_result_may_be_piped(aws: Aws) -> None:
    applied(aws, ETL, 0)

    done = aws.run("status", "-", stdin=(aws.folder / "result.json").read_text("utf-8"))

    assert done.stdout.startswith("run ci/7: succeeded")


def test_quiet_shows_the_run_without_warnings(aws: Aws) -> None:
    applied(aws, ETL, 0)
    options = ("--cluster", "nowhere", "--ledger", str(aws.folder / "another"))

    assert "warning" in aws.run("status", "result.json", *options).stderr
    quiet = aws.run("status", "result.json", *options, "--quiet")

    assert quiet.stdout.startswith("run ci/7: succeeded")
    assert quiet.stderr == ""


def test_only_reading_calls_are_made(aws: Aws) -> None:
    applied(aws, ETL, 0)

    for arguments in (["status", "ci/7"], ["status", "none"], ["runs"], ["runs", "--all"]):
        aws.run(*arguments)

    made = set(aws.operations())
    assert {"ListClusters", "ListTasks", "DescribeTasks"} <= made
    assert all(each.startswith(("List", "Describe", "Get")) for each in made)


@pytest.mark.parametrize(
    ("named", "status", "said"),
    [
        pytest.param("nightly", 125, "the run nightly is not known; looked at:", id="an unknown run"),
        pytest.param("a b", 2, "is neither a file that exists nor a run id", id="odd characters"),
        pytest.param("", 2, "is a variable unset?", id="empty"),
        pytest.param("plan.json", 2, "is not a result of `apply --result`: it is a plan", id="a plan"),
        pytest.param("torn.json", 2, "torn.json is not a result", id="a torn result"),
        pytest.param(task_arn(1), 2, "is a task, not a run", id="an ARN"),
    ],
)  # fmt: skip
def test_what_is_no_run(aws: Aws, named: str, status: int, said: str) -> None:
    applied(aws, ETL, 0)
    text = (aws.folder / "result.json").read_text("utf-8")
    aws.write("torn.json", text[: len(text) // 2])

    done = aws.run("status", named)

    assert (done.exit_code, done.stdout) == (status, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_that_lists_the_known_runs_runs_as_printed(aws: Aws) -> None:
    options = [
        "--region",
        "us-east-1",
        "--endpoint-url",
        aws.endpoint.url,
        "--cluster",
        "default",
        "--ledger",
        "my ledger",
    ]

    said = aws.run("status", "nightly", *options, AWS_ENDPOINT_URL=None).stderr

    command = said.partition("`")[2].partition("`")[0]
    assert shlex.split(command)[1:3] == ["runs", "--all"]
    done = aws.run(*shlex.split(command)[1:], AWS_ENDPOINT_URL=None)
    assert (done.exit_code, done.stdout) == (0, "")


def test_a_run_that_only_the_ledger_knows(aws: Aws) -> None:
    account, failed = "000000000000", recorded(Outcome.FAILED, exit_code=4)
    ended = open_copy(task_arn=task_arn(1), result=failed)
    known = entry(ended, account=account, jobs=("etl", "load"), region="us-east-1")
    write_entries(aws.folder / "ledger", known)

    text = aws.run("status", "nightly", "--ledger", "ledger").stdout
    found = json.loads(aws.run("status", "nightly", "--format", "json", ECSPLAN_LEDGER="ledger").stdout)

    assert text.startswith("run nightly: failed, began ")
    assert "not begun: load" in text.splitlines()
    assert errors(found) == []
    assert [each["name"] for each in found["jobs"]] == ["etl", "load"]
    assert found["exit_status"] is None


def test_names_are_shown_without_control_characters(aws: Aws) -> None:
    ended = open_copy(task_arn=task_arn(1), result=recorded(job="::error::x\x1b[2J"))
    known = entry(ended, job="::error::x\x1b[2J", account="000000000000", region="us-east-1")
    write_entries(aws.folder / "ledger", known)

    shown = aws.run("status", "nightly", "--ledger", "ledger").stdout

    assert "\x1b" not in shown
    assert not [line for line in shown.splitlines() if line.lstrip().startswith("::")]


def test_local_has_a_ledger_beside_its_state(bare: Path) -> None:
    ended = open_copy(result=recorded())
    write_entries(bare / "own.ledger", entry(ended, account="000000000000", region="us-east-1"))

    arguments = ["status", "nightly", "--local", "--state", "own.sqlite3"]
    done = CliRunner().invoke(group, arguments)

    assert (done.exit_code, done.stdout.partition(",")[0]) == (0, "run nightly: succeeded")


@pytest.mark.parametrize(
    ("manifest", "arguments", "expected"),
    [
        pytest.param("name: a\nimage: a\n", [], ["--region", "us-east-1"], id="the region of the plan"),
        pytest.param(
            "name: a\nimage: a\n", ["--region", "us-east-1", "--endpoint-url", "URL"],
            ["--region", "us-east-1", "--endpoint-url", "URL"], id="as the command was given",
        ),
        pytest.param(
            "name: a\nimage: a\naws: {region: eu-west-3}\n", [], ["--region", "eu-west-3"], id="a manifest's"
        ),
        pytest.param(
            "jobs: {a: {image: a, aws: {region: eu-west-3}}, b: {image: a}}\n", [], None, id="several regions"
        ),
        pytest.param(
            "name: a\nimage: a\naws: {assume_role_arn: 'arn:aws:iam::000000000000:role/jobs'}\n", [], None,
            id="a role that the manifest names",
        ),
    ],
)  # fmt: skip
def test_a_detached_run_is_found_with_the_printed_command(
    aws: Aws, manifest: str, arguments: list[str], expected: list[str] | None
) -> None:
    given = [each.replace("URL", aws.endpoint.url) for each in arguments]
    aws.endpoint.set_faults({"tasks": [{"timeline": [{"at": 0.1, "status": "RUNNING"}]}]})
    aws.write("job.yaml", manifest)
    assert aws.run("compile", "job.yaml", "-o", "plan.json").exit_code == 0

    said = aws.run("apply", "plan.json", "--detach", "--run-id", "ci/7", *given).stderr.splitlines()

    commands = [shlex.split(line.partition(": ")[2]) for line in said if line.startswith("to see it: ")]
    if expected is None:
        assert commands == []
    else:
        options = [each.replace("URL", aws.endpoint.url) for each in expected]
        assert commands == [["ecsplan", "status", "ci/7", *options]]
        done = aws.run(*commands[0][1:], AWS_REGION="ap-south-1")
        assert done.stdout.startswith("run ci/7: running")
