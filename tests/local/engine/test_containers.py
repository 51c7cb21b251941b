"""Tasks that run as real containers: podman with runc, and an image made of a static busybox."""

import io
import shutil
import subprocess
import tarfile
import uuid
from pathlib import Path

import pytest
from local_tasks import MakeClient, MakeEndpoint, MakeProcess, MakeTasks, Tasks, exits, wait_until, why

from ecsplan_local import LocalError, serve
from ecsplan_local.engine import supervise
from ecsplan_local.engine.detect import find_required
from ecsplan_local.engine.runner_containers import full_name

IMAGE = "localhost/ecsplan-test:1"
APPLETS = ("sh", "echo", "sleep", "env", "pwd", "id", "ls", "cat", "touch", "true", "test")


def podman(*arguments: str, stdin: bytes | None = None) -> bytes:
    return subprocess.run(
        ["podman", *arguments], capture_output=True, check=True, timeout=120, input=stdin
    ).stdout


def root_archive(busybox: str) -> bytes:
    """Return a tar archive of a root folder that holds nothing but a static busybox."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for folder in ("bin", "etc", "tmp"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777
            tar.addfile(entry)
        for name in APPLETS:
            entry = tarfile.TarInfo(f"bin/{name}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(entry)
        tar.add(busybox, "bin/busybox")
        users = b"root:x:0:0::/tmp:/bin/sh\nworker:x:1000:1000::/tmp:/bin/sh\n"
        entry = tarfile.TarInfo("etc/passwd")
        entry.size = len(users)
        tar.addfile(entry, io.BytesIO(users))
    return archive.getvalue()


@pytest.fixture(scope="session")
def image() -> str:
    """Import the image; skip where podman or busybox is missing or does not work."""
    busybox = shutil.which("busybox")
    if not shutil.which("podman") or not busybox:
        pytest.skip("podman or busybox is not installed (.ci/podman-setup installs them)")
    try:
        podman("info")
        podman(
            "import", '--change=ENTRYPOINT ["/bin/echo", "image"]', "-", IMAGE, stdin=root_archive(busybox)
        )
        serve(runner="podman").close()
    except LocalError as error:
        pytest.skip(f"podman runs no container here: {error}")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"podman does not work here: {error.stderr.decode(errors='replace').strip()[-200:]}")
    return IMAGE


@pytest.fixture
def view(image: str, tasks: MakeTasks) -> Tasks:
    return tasks(runner="podman")


def sh(image: str, script: str, **members: object) -> dict[str, object]:
    return {"image": image, "entryPoint": ["/bin/sh", "-c"], "command": [script]} | members


def containers(arn: str) -> list[bytes]:
    return podman("ps", "--all", "--quiet", f"--filter=name=ecsplan-{arn.rpartition('/')[2]}").split()


def test_output_exit_code_and_clean_up(view: Tasks, image: str) -> None:
    task = view.run_to_the_end(
        sh(
            image,
            'echo out; echo err >&2; id -u; pwd; echo "$A"; ls /; exit 3',
            environment=[{"name": "A", "value": "b\nc"}],
        )
    )

    assert exits(task) == {"main": 3}
    assert why(task) == "EssentialContainerExited: Essential container in task exited"
    lines = view.lines(task)
    # The engine carries the two streams apart, so their order among each other is not kept.
    lines.remove("err")
    assert lines[:5] == ["out", "0", "/", "b", "c"]
    assert "busybox" not in lines
    assert "home" not in lines
    assert containers(task["taskArn"]) == []


def test_entry_point_of_the_image(view: Tasks, image: str) -> None:
    task = view.run_to_the_end({"image": image, "command": ["and", "command"]})

    assert view.lines(task) == ["image and command"]


def test_what_a_process_cannot_be_given(view: Tasks, image: str) -> None:
    container = sh(
        image,
        "id -u; pwd; echo text > /data/file && cat /shared/file; touch /no 2>/dev/null || echo read-only",
        user="1000",
        workingDirectory="/tmp",
        readonlyRootFilesystem=True,
        mountPoints=[
            {"sourceVolume": "scratch", "containerPath": "/data"},
            {"sourceVolume": "scratch", "containerPath": "/shared", "readOnly": True},
        ],
    )

    task = view.run_to_the_end(container, volumes=[{"name": "scratch"}])

    assert view.lines(task) == ["1000", "/tmp", "text", "read-only"]


def test_environment_is_not_among_the_arguments(view: Tasks, image: str) -> None:
    view.register(sh(image, "echo ready; sleep 60", environment=[{"name": "TOKEN", "value": "hush-hush"}]))
    arn = view.run()
    view.wait_for_line(arn, "ready")

    arguments = b"".join(path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists())

    assert arn.rpartition("/")[2].encode() in arguments
    assert b"hush-hush" not in arguments


def test_health_check_runs_inside(view: Tasks, image: str) -> None:
    check = {"command": ["CMD-SHELL", "test -e /tmp/ready"], "interval": 5, "timeout": 5, "retries": 5}
    server = sh(
        image, "touch /tmp/ready; sleep 60", name="server", essential=False, healthCheck=check, stopTimeout=2
    )

    task = view.run_to_the_end(
        sh(image, "echo done", dependsOn=[{"containerName": "server", "condition": "HEALTHY"}]), server
    )

    assert {each["name"]: each["healthStatus"] for each in task["containers"]}["server"] == "HEALTHY"
    assert exits(task) == {"main": 0, "server": 137}


def test_stop_then_kill(view: Tasks, image: str) -> None:
    view.register(sh(image, "trap 'echo asked' TERM; echo ready; while :; do sleep 0.1; done", stopTimeout=2))
    arn = view.run()
    view.wait_for_line(arn, "ready")

    view.ecs.stop_task(task=arn)
    task = view.end(arn)

    assert exits(task) == {"main": 137}
    assert "asked" in view.lines(task)
    assert containers(arn) == []


def test_program_that_the_image_lacks(view: Tasks, image: str) -> None:
    task = view.run_to_the_end({"image": image, "entryPoint": ["/no/such"], "command": ["x"]})

    assert why(task).startswith("TaskFailedToStart: CannotStartContainerError: ResourceInitializationError: ")
    assert 'exec: "/no/such": stat /no/such: no such file or directory: unknown' in why(task)
    assert task["containers"][0]["reason"] == task["stoppedReason"]
    assert exits(task) == {"main": None}
    assert "startedAt" not in task
    assert view.lines(task) == []
    assert containers(task["taskArn"]) == []


def test_user_that_the_image_lacks(view: Tasks, image: str) -> None:
    task = view.run_to_the_end(sh(image, "echo never", user="nobody-here"))

    assert "unable to create new container: unable to find user nobody-here: no matching entries" in why(task)
    assert view.lines(task) == []


@pytest.mark.parametrize("code", [125, 126, 127])
def test_a_job_may_use_the_engine_s_codes_and_words(view: Tasks, image: str, code: int) -> None:
    task = view.run_to_the_end(sh(image, f"echo 'Error: of the job' >&2; exit {code}"))

    assert exits(task) == {"main": code}
    assert why(task) == "EssentialContainerExited: Essential container in task exited"
    assert view.lines(task) == ["Error: of the job"]


def test_memory_that_is_used_up(view: Tasks, image: str) -> None:
    if not find_required("podman").limits_memory:
        pytest.skip("podman cannot limit memory here")
    task = view.run_to_the_end(sh(image, "a=xxxxxxxx; while :; do a=$a$a; done", memory=16))

    assert exits(task) == {"main": 137}
    assert why(task) == "EssentialContainerExited: Essential container in task exited"
    assert task["containers"][0]["reason"] == "OutOfMemoryError: Container killed due to memory usage"


def test_the_exit_code_of_a_kill_alone_says_nothing_of_memory(view: Tasks, image: str) -> None:
    task = view.run_to_the_end(sh(image, "exit 137", memory=16))

    assert exits(task) == {"main": 137}
    assert "reason" not in task["containers"][0]


def test_output_that_looks_like_the_engine_s_is_not_held_for_ever(
    view: Tasks, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "_HELD_S", 0.2)
    view.register(sh(image, "echo 'Error: of the job'; sleep 60"))
    arn = view.run()

    view.wait_for_line(arn, "Error: of the job")

    view.ecs.stop_task(task=arn)


def test_image_that_cannot_be_had(view: Tasks) -> None:
    task = view.run_to_the_end({"image": f"127.0.0.1:9/{uuid.uuid4().hex}:1", "command": ["x"]})

    assert why(task).startswith(
        "TaskFailedToStart: CannotPullContainerError: pull image manifest has been retried 1 time(s):"
        " failed to resolve ref 127.0.0.1:9/"
    )
    assert why(task).endswith("connection refused (podman pull on this machine)")
    assert exits(task) == {"main": None}


def test_containers_end_with_the_endpoint(image: str, start: MakeEndpoint, client: MakeClient) -> None:
    endpoint = start(runner="podman")
    view = Tasks(client(endpoint), client(endpoint, "ec2"), client(endpoint, "logs"))
    view.register(sh(image, "echo ready; sleep 60"))
    arn = view.run()
    view.wait_for_line(arn, "ready")
    assert len(containers(arn)) == 1

    endpoint.close()

    assert containers(arn) == []


def test_containers_end_with_a_killed_endpoint(image: str, other: MakeProcess, tmp_path: Path) -> None:
    process, view = other(tmp_path / "state", "podman")
    view.register(sh(image, "echo ready; sleep 68"))
    arn = view.run()
    view.wait_for_line(arn, "ready")
    assert len(containers(arn)) == 1

    process.kill()
    process.wait()

    wait_until(lambda: containers(arn) == [])


FAKE = """#!/bin/sh
case "$1" in
    info) echo "[cpu memory]" ;;
    image) exit 1 ;;
    pull) echo pulling; sleep 69 ;;
esac
"""


def test_stop_ends_a_pull(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tasks: MakeTasks) -> None:
    program = tmp_path / "podman"
    program.write_text(FAKE)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    view = tasks(runner="auto")
    view.register({"image": "slow", "command": ["true"]})
    arn = view.run()
    view.until(arn, "PENDING")

    view.ecs.stop_task(task=arn, reason="too slow")
    task = view.end(arn)

    assert why(task) == "UserInitiated: too slow"
    assert exits(task) == {"main": None}


def test_engine_that_does_not_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(LocalError, match="podman is not installed; to run containers, install podman"):
        serve(runner="podman")


BROKEN = """#!/bin/sh
case "$1" in
    info) echo "[cpu memory]" ;;
    run) echo "Error: crun: mount proc to proc: Operation not permitted" >&2; exit 126 ;;
esac
"""
WORKING = """#!/bin/sh
case "$1" in
    version) echo 27.0 ;;
    image) exit 0 ;;
    run) echo "from docker" ;;
esac
"""


def programs(folder: Path, **scripts: str) -> str:
    for name, script in scripts.items():
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


def test_auto_passes_over_an_engine_that_runs_no_container(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tasks: MakeTasks
) -> None:
    monkeypatch.setenv("PATH", programs(tmp_path, podman=BROKEN, docker=WORKING))

    view = tasks(runner="auto")
    task = view.run_to_the_end({"image": "any", "command": ["true"]})

    assert view.lines(task) == ["from docker"]
    assert exits(task) == {"main": 0}


def test_an_engine_that_runs_no_container_is_refused_with_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", programs(tmp_path, podman=BROKEN))

    with pytest.raises(
        LocalError, match="podman cannot run a container: Error: crun: mount proc to proc: Operation"
    ):
        serve(runner="podman")


def test_no_engine_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tasks: MakeTasks) -> None:
    view = tasks(runner="auto")
    view.register({"command": ["true"]})
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(view.ecs.exceptions.ClientException) as caught:
        view.run()

    text = caught.value.response["Error"]["Message"]
    assert "podman is not installed" in text
    assert "docker is not installed" in text
    assert "--runner process" in text
    assert view.ecs.list_tasks()["taskArns"] == []


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("alpine", "docker.io/library/alpine"),
        ("alpine:3", "docker.io/library/alpine:3"),
        ("owner/name", "docker.io/owner/name"),
        ("localhost/name", "localhost/name"),
        ("host:5000/name", "host:5000/name"),
        ("public.ecr.aws/docker/library/alpine:3", "public.ecr.aws/docker/library/alpine:3"),
    ],
)
def test_registry_of_an_image(image: str, expected: str) -> None:
    assert full_name(image) == expected
