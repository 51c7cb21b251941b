"""`ecsplan exec` as a process: what the plugin gets, its signals and its exit status; and without it."""

import json
import os
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from apply_stage import Command, Ended
from forked import Process

from ecsplan_cli.session_plugin import _install_command
from ecsplan_local import Endpoint, serve

EXEC = "enable_execute_command: true\ntask_role_arn: arn:aws:iam::000000000000:role/task\n"
JOB = f"image: alpine\nname: etl\n{EXEC}"
SCRIPT = {
    "tasks": [
        {
            "timeline": [
                {"at": 0, "status": "RUNNING"},
                {"at": 0, "agent": "RUNNING"},
                {"at": 600, "status": "STOPPED", "exitCode": 0},
            ]
        }
    ]
}
RECORDER = """#!{python}
import json, os, signal, sys, time
from pathlib import Path
folder = Path({folder!r})
if sys.argv[1:] == ["--version"]:
    print({version!r})
    sys.exit(0)
variable = os.environ.get("AWS_SSM_START_SESSION_RESPONSE")
seen = {{"argv": sys.argv[1:], "variable": variable, "stdin": sys.stdin.read() if {reads} else ""}}
def note(number, frame):
    (folder / "signal").write_text(str(number))
    sys.exit(40 + number)
if {waits}:
    for each in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGTERM, signal.SIGHUP):
        assert signal.getsignal(each) is not signal.SIG_IGN
        signal.signal(each, note)
(folder / "seen.json.new").write_text(json.dumps(seen))
(folder / "seen.json.new").rename(folder / "seen.json")
print("of the plugin")
while {waits}:
    time.sleep(0.05)
{end}
"""
"""A program in the plugin's place that notes what it gets."""


class Place:
    """A folder that is first on the path, with a recorder in it, and a run of one job."""

    def __init__(self, endpoint: Endpoint, folder: Path) -> None:
        self.command = Command(endpoint, folder)
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        # Nothing else is on the path: a plugin of this machine is not found.
        self.command.env["PATH"] = str(self.bin)

    def install(self, name: str = "session-manager-plugin", **settings: Any) -> None:
        given = {"version": "1.2.707.0", "reads": False, "waits": False, "end": "sys.exit(7)"} | settings
        program = self.bin / name
        text = RECORDER.format(python=sys.executable, folder=str(self.folder), **given)
        program.write_text(text, encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def detach(self, manifest: str = JOB) -> str:
        self.command.compile(manifest)
        done = self.command.run("apply", "plan.json", "--detach", "--run-id", "nightly")
        assert done.status == 0, done
        self.command.endpoint.forget_calls()
        return done.out.split()[0]

    def run(self, *arguments: str, **options: Any) -> Ended:
        return self.command.run("exec", "nightly", *arguments, **options)

    @property
    def seen(self) -> dict[str, Any]:
        seen: dict[str, Any] = json.loads((self.folder / "seen.json").read_text(encoding="utf-8"))
        return seen


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    endpoint = serve(runner="scripted", faults=SCRIPT, record=True)
    yield Place(endpoint, tmp_path)
    endpoint.close()


@pytest.mark.parametrize(
    ("version", "by_variable"),
    [
        pytest.param("1.2.707.0", True, id="newer"),
        pytest.param("1.2.498.0", True, id="the first that does"),
        pytest.param("1.2.497.0", False, id="the last that does not"),
        pytest.param("1.3", True, id="short"),
        pytest.param("1.2", False, id="short and old"),
        pytest.param("built by hand", False, id="no version"),
    ],
)
def test_the_session_reaches_the_plugin(place: Place, version: str, by_variable: bool) -> None:
    place.install(version=version)
    identifier = place.detach()

    done = place.run()

    assert (done.status, done.out) == (7, "of the plugin\n")
    first, *rest = place.seen["argv"]
    session = json.loads(place.seen["variable"] if by_variable else first)
    assert sorted(session) == ["sessionId", "streamUrl", "tokenValue"]
    if by_variable:
        assert first == "AWS_SSM_START_SESSION_RESPONSE"
        assert session["tokenValue"] not in "".join(place.seen["argv"])
    target = json.loads(rest.pop(3))
    assert rest == ["us-east-1", "StartSession", "", place.command.endpoint.url]
    assert target["Target"].startswith(f"ecs:default_{identifier.rpartition('/')[2]}_")


def test_region_and_profile_are_those_of_the_command(place: Place) -> None:
    place.install()
    place.detach()
    config = "[profile ops]\nregion = us-east-1\naws_access_key_id = local\naws_secret_access_key = local\n"
    place.command.write("config", config)
    env = {"AWS_CONFIG_FILE": str(place.folder / "config")}

    done = place.run("--profile", "ops", "--region", "us-east-1", env=env)

    assert done.status == 7
    assert place.seen["argv"][1:4] == ["us-east-1", "StartSession", "ops"]


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        pytest.param((), "sh", id="default"),
        pytest.param(("--", "ls", "-l", "a b"), "ls -l 'a b'", id="words"),
        pytest.param(("--job", "etl", "--", "env", "--help"), "env --help", id="an option of its own"),
    ],
)
def test_the_command_behind_the_dashes(place: Place, arguments: tuple[str, ...], sent: str) -> None:
    place.install()
    place.detach()

    assert place.run(*arguments).status == 7

    (call,) = place.command.endpoint.calls("ExecuteCommand")
    assert call.parameters["command"] == sent


def test_the_plugin_reads_what_ecsplan_is_given(place: Place) -> None:
    place.install(reads=True)
    place.detach()

    place.run(text=b"echo hello\n")

    assert place.seen["stdin"] == "echo hello\n"


def test_verbose_shows_no_token(place: Place) -> None:
    place.install()
    place.detach()

    done = place.run("--verbose")

    assert "ExecuteCommand" in done.err
    session = json.loads(place.seen["variable"])
    assert session["tokenValue"] not in done.err + done.out
    assert session["streamUrl"] not in done.err + done.out


KEYS = [signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP]
"""What a terminal sends, to all processes in its foreground."""


@pytest.fixture
def waiting(place: Place) -> Iterator[Process]:
    """Return an `exec` whose plugin waits for a signal and then ends with 40 and its number."""
    place.install(waits=True)
    place.detach()
    process = place.command.start("exec", "nightly")
    wait_for(place.folder / "seen.json")
    yield process
    process.close()


@pytest.mark.parametrize("number", KEYS, ids=lambda number: number.name)
def test_keys_reach_the_plugin(waiting: Process, number: signal.Signals) -> None:
    os.killpg(waiting.pid, number)
    waiting.communicate(timeout=60)

    assert waiting.wait() == 40 + number


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_signals_are_passed_on(waiting: Process, number: signal.Signals) -> None:
    os.kill(waiting.pid, number)
    waiting.communicate(timeout=60)

    assert waiting.wait() == 40 + number


def test_keys_are_not_passed_on(place: Place, waiting: Process) -> None:
    for number in KEYS:
        os.kill(waiting.pid, number)
    time.sleep(0.3)

    assert waiting.poll() is None
    assert not (place.folder / "signal").exists()
    os.kill(waiting.pid, signal.SIGTERM)
    waiting.communicate(timeout=60)
    assert waiting.wait() == 40 + signal.SIGTERM


def wait_for(file: Path) -> None:
    for _ in range(1200):
        if file.exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"there is no {file}")


@pytest.mark.parametrize(
    ("end", "status"),
    [
        pytest.param("sys.exit(0)", 0, id="success"),
        pytest.param("sys.exit(255)", 255, id="an error"),
        pytest.param("os.kill(os.getpid(), signal.SIGKILL)", 137, id="a signal"),
    ],
)
def test_the_exit_status_is_the_plugins(place: Place, end: str, status: int) -> None:
    place.install(end=end)
    place.detach()

    assert place.run().status == status


def not_there(place: Place) -> None:
    del place


def not_executable(place: Place) -> None:
    place.install()
    (place.bin / "session-manager-plugin").chmod(0o600)


def not_a_program(place: Place) -> None:
    (place.bin / "session-manager-plugin").write_bytes(b"\\x7fELF, of another machine")
    (place.bin / "session-manager-plugin").chmod(0o700)


@pytest.mark.parametrize("prepare", [not_there, not_executable, not_a_program])
def test_without_the_plugin_nothing_is_asked(place: Place, prepare: Callable[[Place], None]) -> None:
    place.detach()
    prepare(place)

    done = place.run()

    assert done.status == 125
    assert "Session Manager plugin is not installed" in done.err
    assert "session-manager-working-with-install-plugin.html" in done.err
    assert place.command.endpoint.calls() == ()


@pytest.mark.parametrize(
    ("system", "machine", "release", "command"),
    [
        pytest.param("darwin", "arm64", "", "brew install --cask session-manager-plugin", id="macOS"),
        pytest.param(
            "linux", "x86_64", "ubuntu debian", "/ubuntu_64bit/session-manager-plugin.deb", id="deb"
        ),
        pytest.param("linux", "aarch64", "debian", "/ubuntu_arm64/session-manager-plugin.deb", id="deb, ARM"),
        pytest.param("linux", "x86_64", "amzn fedora", "/linux_64bit/session-manager-plugin.rpm", id="rpm"),
        pytest.param(
            "linux", "aarch64", "rocky rhel", "/linux_arm64/session-manager-plugin.rpm", id="rpm, ARM"
        ),
        pytest.param("linux", "x86_64", "alpine", "apk add aws-session-manager-plugin", id="apk"),
        pytest.param("linux", "x86_64", "nixos", None, id="another distribution"),
        pytest.param("win32", "AMD64", "", None, id="Windows"),
    ],
)
def test_how_to_install(system: str, machine: str, release: str, command: str | None) -> None:
    found = _install_command(system, machine, release)

    assert (found is None) is (command is None)
    assert (command or "") in (found or "")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        pytest.param(("exec",), 2, "Missing argument 'RUN'", id="no run"),
        pytest.param(("exec", "nightly", "sh"), 2, "`ecsplan exec RUN -- sh`", id="a command without dashes"),
        pytest.param(("exec", "nightly", "--"), 2, "followed by no command", id="an empty command"),
        pytest.param(("exec", "a b"), 2, "neither a file", id="no run id"),
        pytest.param(("exec", "other"), 125, "the run other is not known", id="an unknown run"),
        pytest.param(("exec", "nightly", "--job", "etc"), 2, "its jobs: etl", id="an unknown job"),
    ],
)
def test_what_is_wrong(place: Place, arguments: tuple[str, ...], status: int, said: str) -> None:
    place.install()
    place.detach()

    done = place.command.run(*arguments)

    assert done.status == status
    assert said in done.err
    assert not (place.folder / "seen.json").exists()


def test_a_job_without_ecs_exec(place: Place) -> None:
    place.install()
    place.detach("image: alpine\nname: etl\n")

    done = place.run()

    assert done.status == 125
    assert "`enable_execute_command: true`" in done.err
    assert place.command.endpoint.calls("ExecuteCommand") == ()


def test_the_printed_command_has_the_options_of_this_one(place: Place) -> None:
    place.install()
    identifier = place.detach()
    arn = identifier.partition("::")[2]
    place.command.run("stop", arn)

    done = place.run("--cluster", "default")

    assert done.status == 125
    assert "`ecsplan status nightly --cluster default`" in done.err


ENGINE = """#!{python}
import json, sys
from pathlib import Path
if sys.argv[1:3] == ["container", "inspect"]:
    sys.exit(0 if {has} else 1)
Path({file!r}).write_text(json.dumps(sys.argv[1:]))
sys.exit(9)
"""
"""A program in podman's place."""


@pytest.mark.parametrize(("has", "status"), [(True, 9), (False, 125)], ids=["a container", "a process"])
def test_local_uses_the_engine_of_the_container(tmp_path: Path, has: bool, status: int) -> None:
    state = tmp_path / "state.sqlite3"
    with serve(runner="scripted", faults=SCRIPT, state=state) as endpoint:
        here = Place(endpoint, tmp_path)
        identifier = here.detach()
        podman = here.bin / "podman"
        file = tmp_path / "podman.json"
        podman.write_text(ENGINE.format(python=sys.executable, has=has, file=str(file)), encoding="utf-8")
        podman.chmod(0o700)
        env = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}

        done = here.run("--local", "--state", str(state), "--", "ls", "a b", env=env)

    assert done.status == status, done
    if has:
        container = f"ecsplan-{identifier.rpartition('/')[2]}-main"
        assert json.loads(file.read_text(encoding="utf-8")) == ["exec", "-i", container, "ls", "a b"]
    else:
        assert "tasks of `--runner process` have none" in done.err
