"""`ecsplan init`: where sources come from, where the manifest goes, what is said, and how it ends."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from aws_world import Aws
from click.testing import CliRunner, Result

from ecsplan.yaml.decode import MAX_BYTES
from ecsplan_cli.main import group

CONTAINERS = [{"name": "app", "image": "alpine:3", "memory": 64}]
DEFINITION: dict[str, Any] = {
    "family": "etl",
    "requiresCompatibilities": ["FARGATE"],
    "networkMode": "awsvpc",
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [{"name": "app", "image": "alpine:3", "essential": True}],
}
RUN: dict[str, Any] = {
    "taskDefinition": "etl",
    "launchType": "FARGATE",
    "startedBy": "me",
    "clientToken": "s3cret",
}


def run(*arguments: str, text: str | bytes = "") -> Result:
    return CliRunner().invoke(group, arguments, input=text)


@pytest.fixture
def source(bare: Path) -> Path:
    path = bare / "task-def.json"
    path.write_text(json.dumps(DEFINITION), "utf-8")
    return path


def test_the_manifest_goes_to_standard_output_or_a_file(source: Path) -> None:
    printed = run("init", "task-def.json")
    written = run("init", "task-def.json", "-o", "job.yaml")

    assert (printed.exit_code, printed.stderr) == (0, "")
    assert (written.exit_code, written.stdout) == (0, "")
    assert source.with_name("job.yaml").read_text("utf-8") == printed.stdout
    assert run("check", "job.yaml").exit_code == 0


def test_a_file_that_exists_is_kept(source: Path) -> None:
    (source.parent / "job.yaml").write_text("mine", "utf-8")

    refused = run("init", "task-def.json", "-o", "job.yaml")

    assert refused.exit_code == 2
    assert "--force overwrites it" in refused.stderr
    assert (source.parent / "job.yaml").read_text("utf-8") == "mine"
    assert run("init", "task-def.json", "-o", "job.yaml", "--force").exit_code == 0
    assert "task_definition" in (source.parent / "job.yaml").read_text("utf-8")


def test_the_source_is_never_overwritten(source: Path) -> None:
    refused = run("init", "task-def.json", "-o", "task-def.json", "--force")

    assert refused.exit_code == 2
    assert json.loads(source.read_text("utf-8")) == DEFINITION


def test_what_is_left_out_is_said_but_no_value(bare: Path) -> None:
    (bare / "run.json").write_text(json.dumps(RUN), "utf-8")

    done = run("init", "run.json")

    assert done.exit_code == 0
    assert done.stderr.startswith("note: startedBy")
    assert "s3cret" not in done.stderr + done.stdout
    assert run("init", "run.json", "-q").stderr == ""


def test_a_note_is_one_line(bare: Path) -> None:
    (bare / "odd.json").write_text(json.dumps({**DEFINITION, "x\n::error::y\r\u2028": 1}), "utf-8")

    made = run("init", "odd.json")

    assert made.stderr.split("\n") == [
        r"note: x\n::error::y\r\u2028 is left out: RegisterTaskDefinition has no such member",
        "",
    ]


def test_standard_input(bare: Path) -> None:
    done = run("init", "-", text=json.dumps(DEFINITION))

    assert done.exit_code == 0
    assert "# Made by `ecsplan init` of <stdin>.\n" in done.stdout


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_files_as_windows_writes_them(bare: Path, encoding: str) -> None:
    (bare / "task-def.json").write_text(json.dumps(DEFINITION, indent=1), encoding, newline="\r\n")

    assert run("init", "task-def.json").exit_code == 0


def test_a_folder(source: Path) -> None:
    (source.parent / "run.json").write_text(json.dumps(RUN), "utf-8")
    (source.parent / "notes.txt").write_text("no source", "utf-8")
    (source.parent / ".hidden.json").write_text("no source", "utf-8")

    done = run("init", ".", "-o", "job.yaml")

    assert done.exit_code == 0
    assert "hidden" not in done.stderr
    text = (source.parent / "job.yaml").read_text("utf-8")
    assert text.count("name: etl") == 1
    assert run("check", "job.yaml").exit_code == 0


def test_a_folder_with_files_that_cannot_be_read(source: Path) -> None:
    folder = source.parent / "folder"
    folder.mkdir()
    source.rename(folder / source.name)
    (folder / "latin.py").write_bytes(b"# caf\xe9\n")
    (folder / "large.json").write_bytes(b" " * (MAX_BYTES + 1))
    (folder / "twice.json").write_text('{"family": "a", "family": "b", "containerDefinitions": []}', "utf-8")
    (folder / "half.json").write_text(json.dumps({"family": "\ud800", **DEFINITION, "x": "\ud800"}), "utf-8")
    (folder / "nameless.json").write_text(json.dumps({"containerDefinitions": CONTAINERS}), "utf-8")

    done = run("init", "folder", "-o", "job.yaml")

    assert done.exit_code == 0
    for name in ("latin.py", "large.json", "twice.json", "half.json"):
        assert f"note: folder/{name}: " in done.stderr
    text = (source.parent / "job.yaml").read_text("utf-8")
    assert "  etl:\n" in text
    assert "  nameless:\n" in text
    assert run("check", "job.yaml").exit_code == 0


def test_the_folder_that_one_is_in_has_its_name(source: Path) -> None:
    assert run("init", ".").stdout.startswith(f"# Made by `ecsplan init` of {source.parent.name}.\n")


def test_two_hundred_definitions(bare: Path) -> None:
    (bare / "definitions").mkdir()
    for number in range(200):
        text = json.dumps({**DEFINITION, "family": f"etl-{number}"})
        (bare / "definitions" / f"{number}.json").write_text(text, "utf-8")

    assert run("init", "definitions", "-o", "jobs.yaml").exit_code == 0
    assert "200 jobs" in run("check", "jobs.yaml").stderr


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        pytest.param(
            b'{"family": "etl",\n"containerDefinitions": [', ":2:", "half-written", id="half-written"
        ),
        pytest.param(b'{"family": "etl",\n"cpu": "25', ":2:", "half-written", id="half-written text"),
        pytest.param(b'{"family": "etl",\n"x": "caf\xe9"}', ":2:", ": the byte 0xE9", id="Latin-1"),
        pytest.param(
            b'{"family": "etl", "x": {}}',
            ":1:",
            "cannot convert this file to a manifest",
            id="few keys of a manifest",
        ),
        pytest.param(
            b'{"tasks": [], "failures": [{"arn": "arn:x", "reason": "MISSING"}]}',
            ":1:",
            "arn:x is not in it: MISSING",
            id="an answer without a task",
        ),
        pytest.param(b"", ":1:", "contains nothing", id="empty"),
        pytest.param(b"\xff\xfe\x00", ":1:", "not valid", id="binary"),
        pytest.param(b"apiVersion: v1\nkind: Pod\n", ":1:", "Kubernetes", id="another tool's"),
        pytest.param(b"image: alpine\n", ":1:", "a manifest already", id="a manifest"),
        pytest.param(b" " * (MAX_BYTES + 1), ":1:", "10 MiB", id="too large"),
    ],
)
def test_what_is_no_source(bare: Path, content: bytes, place: str, message: str) -> None:
    (bare / "file.json").write_bytes(content)

    done = run("init", "file.json", "-o", "job.yaml")

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"file.json{place}")
    assert message in done.stderr
    assert not (bare / "job.yaml").exists()


def test_a_source_of_nearly_ten_mebibytes(bare: Path) -> None:
    environment = [{"name": f"A{number}", "value": "x" * 1_000_000} for number in range(10)]
    containers = [{"name": "app", "image": "alpine", "environment": environment}]
    (bare / "file.json").write_text(json.dumps({**DEFINITION, "containerDefinitions": containers}), "utf-8")

    done = run("init", "file.json", "-o", "job.yaml")

    assert done.exit_code == 0
    assert done.stderr.startswith("note: `ecsplan check` will refuse it: this task definition has 10,000,")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param((), "give a SOURCE", id="nothing"),
        pytest.param(("task-def.json", "--", "aws"), "give a SOURCE", id="a file and a command line"),
        pytest.param(("no-such.json",), "there is no file no-such.json", id="no such file"),
        pytest.param(("",), "the name is empty", id="an empty name"),
        pytest.param(("task-def.json", "-o", "none/job.yaml"), "there is no folder", id="no such folder"),
        pytest.param(("--job", "etl2", "two"), "did you mean `etl`", id="no such job"),
    ],
)
def test_a_wrong_command_line(source: Path, arguments: tuple[str, ...], message: str) -> None:
    (source.parent / "two").mkdir()
    for name in ("etl", "report"):
        (source.parent / "two" / f"{name}.json").write_text(
            json.dumps({**DEFINITION, "family": name}), "utf-8"
        )

    done = run("init", *arguments)

    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_command_line_in_quotes_is_read_as_a_shell_reads_it(bare: Path) -> None:
    line = "aws ecs run-task --task-definition etl --launch-type FARGATE --cluster $CLUSTER"

    done = run("init", "--", line)

    assert done.exit_code == 0
    assert "cluster: ${CLUSTER}\n" in done.stdout


def test_a_command_line(bare: Path) -> None:
    words = shlex.split("aws ecs run-task --cluster batch --task-definition etl --launch-type FARGATE")

    done = run("init", "--job", "nightly", "--", *words)

    assert done.exit_code == 0
    assert done.stdout == (
        "# Made by `ecsplan init` of <command line>.\n"
        "name: nightly\ncluster: batch\ntask_definition_arn: etl\n"
    )


def test_a_family_at_aws(aws: Aws) -> None:
    aws.client("ecs").register_task_definition(**DEFINITION)
    aws.endpoint.forget_calls()

    done = run("init", "etl", "-o", "job.yaml")

    assert (done.exit_code, done.stderr) == (0, "")
    assert {each.operation for each in aws.endpoint.calls()} <= {
        "DescribeTaskDefinition",
        "ListTagsForResource",
    }
    plan = run("compile", "job.yaml")
    assert json.loads(plan.stdout)["jobs"][0]["task_definition"]["action"] == "reuse"


def test_an_unknown_family(aws: Aws) -> None:
    done = run("init", "unknown")

    assert (done.exit_code, done.stdout) == (125, "")
    assert "unknown" in done.stderr
