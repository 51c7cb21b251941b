"""`--local` and `ecsplan local` as commands: what they serve, what they refuse, and how to come back."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import boto3
import processes
import pytest
from forked import Process
from places import ROOT
from processes import SCRIPT

EXAMPLES = re.search(
    r"examples in `manifests/`, (.*?)\srun\sunchanged", (ROOT / "docs/local.md").read_text("utf-8"), re.DOTALL
)
JOB = 'image: alpine:3\ncommand: [sh, -c, "echo here; exit 3"]\n'


@pytest.fixture
def folder(bare: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a manifest, whose state folder is empty."""
    monkeypatch.setenv("XDG_STATE_HOME", str(bare / "state home"))
    (bare / "job.yaml").write_text(JOB, "utf-8")
    return bare


def ecsplan(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return processes.run(*arguments, env={**os.environ, **variables})


@pytest.fixture
def served(folder: Path) -> Iterator[Process]:
    """Serve the embedded ECS as a command of its own; ended at the end."""
    process = processes.start(
        *("local", "--runner", "process", "--state", str(folder / "served.sqlite3")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    yield process
    process.close()


def tasks(text: str) -> set[str]:
    return set(re.findall(r"task ([0-9a-f]{8})", text))


def exported(process: Process) -> dict[str, str]:
    assert process.stdout is not None
    lines = [process.stdout.readline().decode() for _ in range(5)]
    return dict(re.findall(r"^export (\w+)=(\S+)$", "".join(lines), re.MULTILINE))


def test_the_exported_lines_lead_sdks_to_what_is_served(
    served: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in exported(served).items():
        monkeypatch.setenv(name, value)

    client = boto3.client("ecs")
    clusters = client.list_clusters()["clusterArns"]
    client.close()

    assert clusters == ["arn:aws:ecs:us-east-1:000000000000:cluster/default"]


def test_a_detached_job_runs_on_in_what_is_served(
    served: Process, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in exported(served).items():
        monkeypatch.setenv(name, value)
    ecsplan("compile", "job.yaml", "-o", "plan.json")

    started = ecsplan("apply", "plan.json", "--detach", "--run-id", "once")
    ended = ecsplan("apply", "plan.json", "--run-id", "once")

    assert [started.returncode, ended.returncode] == [0, 3]
    assert re.fullmatch(r"\S+:cluster/default::\S+:task/default/[0-9a-f]{32}\n", started.stdout)
    assert tasks(ended.stderr) == tasks(started.stderr) != set()


def test_serving_with_processes_says_that_no_image_is_used(served: Process) -> None:
    exported(served)
    served.send_signal(signal.SIGINT)
    served.wait(60)

    assert served.stderr is not None
    assert "warning: --runner process does not use the image" in served.stderr.read().decode()


PROXY = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({}, {}, id="no proxy"),
        pytest.param({"NO_PROXY": ".corp"}, {}, id="no proxy, but what is not to go through one"),
        pytest.param({"FTP_PROXY": PROXY}, {}, id="a proxy for something else"),
        pytest.param({"HTTP_PROXY": PROXY}, {"NO_PROXY": "127.0.0.1"}, id="a proxy"),
        pytest.param({"https_proxy": PROXY}, {"NO_PROXY": "127.0.0.1"}, id="in lower case"),
        pytest.param(
            {"HTTP_PROXY": PROXY, "NO_PROXY": ".corp, localhost"},
            {"NO_PROXY": "'.corp, localhost,127.0.0.1'"},
            id="with exceptions",
        ),
        pytest.param(
            {"HTTP_PROXY": PROXY, "no_proxy": ".corp"},
            {"NO_PROXY": ".corp,127.0.0.1", "no_proxy": ".corp,127.0.0.1"},
            id="with exceptions in lower case",
        ),
        pytest.param({"HTTP_PROXY": PROXY, "NO_PROXY": "127.0.0.1"}, {}, id="it is an exception already"),
        pytest.param({"HTTP_PROXY": PROXY, "NO_PROXY": "*"}, {}, id="everything is an exception"),
    ],
)
def test_the_exported_lines_lead_past_a_proxy(
    environment: dict[str, str], expected: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in os.environ if each.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    process = processes.start(
        *("local", "--quiet", "--runner", "process", "--state", str(folder / "served.sqlite3")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    values = exported(process)
    process.send_signal(signal.SIGTERM)
    assert process.stdout is not None
    rest = process.stdout.read().decode()
    process.close()

    assert values.keys() >= {"AWS_ENDPOINT_URL", "AWS_REGION"}
    assert rest == "".join(f"export {name}={value}\n" for name, value in expected.items())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_what_is_served(served: Process, number: int) -> None:
    exported(served)

    served.send_signal(number)

    assert served.wait(60) == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("no database, but somebody's text\n" * 50, "file is not a database", id="a text"),
        pytest.param(None, "written by a newer version (format 99", id="of a newer version"),
    ],
)
@pytest.mark.parametrize("command", [["local"], ["local", "--reset"], ["compile", "job.yaml", "--local"]])
def test_a_state_that_cannot_be_used_is_left_as_it_is(
    folder: Path, command: list[str], content: str | None, said: str
) -> None:
    state = folder / "state.sqlite3"
    if content is None:
        ecsplan("compile", "job.yaml", "--local", "--state", str(state))
        with sqlite3.connect(state) as connection:
            connection.execute("PRAGMA user_version=99")
        connection.close()
    else:
        state.write_text(content, "utf-8")
    before = state.read_bytes()

    done = ecsplan(*command, "--state", str(state))

    assert [done.returncode, done.stdout] == [125, ""]
    assert done.stderr.startswith("error: ")
    assert said in done.stderr
    assert state.read_bytes() == before


def test_a_port_in_use(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = ecsplan("local", "--port", str(port))

    assert done.returncode == 125
    assert f"error: port {port} of 127.0.0.1 cannot be used: Address already in use" in done.stderr


@pytest.mark.parametrize("runner", [[], ["--runner", "podman"]])
def test_without_a_runner_the_message_names_the_ways_to_get_one(folder: Path, runner: list[str]) -> None:
    ecsplan("compile", "job.yaml", "--local", "-o", "plan.json")

    done = ecsplan("apply", "plan.json", "--local", *runner, PATH=str(folder))

    assert done.returncode == 125
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("podman is not installed") == 1
    assert "--runner process" in done.stderr


def test_without_a_runner_nothing_is_registered(folder: Path) -> None:
    ecsplan("compile", "job.yaml", "--local", "-o", "plan.json")

    ecsplan("apply", "plan.json", "--local", PATH=str(folder))

    ecsplan("compile", "job.yaml", "--local", "-o", "again.json")
    assert (folder / "again.json").read_bytes() == (folder / "plan.json").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--runner", "process"], "add --local", id="runner without --local"),
        pytest.param(["--state", "x"], "add --local", id="state without --local"),
        pytest.param(["--local", "--profile", "p"], "has its own endpoint", id="local with a profile"),
        pytest.param(
            ["--local", "--endpoint-url", "http://localhost"], "its own endpoint", id="two endpoints"
        ),
        pytest.param(["--local", "--detach"], "`ecsplan local` in another terminal", id="local, detached"),
    ],
)
def test_options_that_exclude_each_other(folder: Path, arguments: list[str], said: str) -> None:
    ecsplan("compile", "job.yaml", "--local", "-o", "plan.json")

    done = ecsplan("apply", "plan.json", *arguments)

    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())


def test_the_line_that_says_how_to_resume_leads_to_the_same_endpoint(folder: Path) -> None:
    state = ["--state", str(folder / "own state.sqlite3")]
    ecsplan("compile", "job.yaml", "--local", *state, "-o", "plan.json")
    first = ecsplan("apply", "plan.json", "--local", "--runner", "process", *state)
    line = re.search(r"to resume: ecsplan (.*)$", first.stderr, re.MULTILINE)
    assert line is not None

    again = subprocess.run(
        ["sh", "-c", f'"$0" {line[1]}', SCRIPT], capture_output=True, text=True, check=False
    )

    assert [first.returncode, again.returncode] == [3, 3]
    assert tasks(again.stderr) == tasks(first.stderr) != set()


@pytest.mark.parametrize("example", re.findall(r"`(\S+)`", EXAMPLES[1] if EXAMPLES else ""))
def test_an_example_that_is_said_to_run_here_runs(folder: Path, example: str) -> None:
    ecsplan("compile", str(ROOT / "manifests" / f"{example}.yaml"), "--local", "-o", "plan.json")

    done = ecsplan("apply", "plan.json", "--local", "--runner", "process")

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("keys", ["", "stream_output: false\n"], ids=["no log", "not streamed"])
def test_all_output_is_shown(folder: Path, keys: str) -> None:
    (folder / "job.yaml").write_text(JOB + keys, "utf-8")
    ecsplan("compile", "job.yaml", "--local", "-o", "plan.json")

    done = ecsplan("apply", "plan.json", "--local", "--runner", "process")

    assert (done.returncode, done.stdout) == (3, "here\n")
    assert "not kept" not in done.stderr
