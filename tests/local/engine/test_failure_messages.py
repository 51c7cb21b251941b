"""What podman and docker print when a container does not start, in the words of ECS."""

import pytest

from ecsplan_local.engine.failure_messages import command_failure, pull_failure, start_failure

PULL = "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
RESOLVE = f"{PULL}failed to resolve ref r.test/a:1: "
START = "CannotStartContainerError: ResourceInitializationError: "
SHIM = "failed to create shim task: OCI runtime create failed: "
TASK = f"{START}failed to create new container runtime task: {SHIM}"
RUNC = "runc create failed: unable to start container process: "


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        pytest.param(
            "Trying to pull r.test/a:1...\nError: initializing source docker://r.test/a:1: reading manifest"
            " 1 in r.test/a: manifest unknown",
            f"{RESOLVE}r.test/a:1: not found",
            id="podman, no such tag",
        ),
        pytest.param(
            "Error response from daemon: manifest for r.test/a:1 not found: manifest unknown: manifest"
            " unknown",
            f"{RESOLVE}r.test/a:1: not found",
            id="docker, no such tag",
        ),
        pytest.param(
            "Error response from daemon: pull access denied for a, repository does not exist or may require"
            " 'docker login'",
            f"{RESOLVE}pull access denied, repository does not exist or may require authorization: server"
            " message:"
            " insufficient_scope: authorization failed",
            id="docker, denied",
        ),
        pytest.param(
            "Error: initializing source docker://r.test/a:1: unable to retrieve auth token: invalid"
            " username/password: unauthorized: authentication required",
            f"{RESOLVE}pull access denied, repository does not exist or may require authorization: server"
            " message:"
            " insufficient_scope: authorization failed",
            id="podman, denied",
        ),
        pytest.param(
            "Error: choosing an image from manifest list docker://a:1: no image found in manifest list for"
            ' architecture arm64, variant "v8", OS linux',
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does"
            " not contain descriptor matching platform 'linux/arm64'",
            id="podman, platform",
        ),
        pytest.param(
            "Error response from daemon: toomanyrequests: You have reached your pull rate limit.",
            "CannotPullContainerError: toomanyrequests: You have reached your pull rate limit",
            id="docker, too many",
        ),
        pytest.param(
            "Error: copying system image from manifest list: writing blob: /var/tmp/x: no space left on"
            " device",
            "CannotPullContainerError: ref pull has been retried 1 time(s): failed to extract layer:"
            " copying system image from manifest list: writing blob: /var/tmp/x: no space left on device",
            id="podman, disk",
        ),
        pytest.param(
            "Error: initializing source docker://r.test/a:1: pinging container registry r.test: Get"
            ' "https://r.test/v2/": dial tcp: lookup r.test: no such host',
            f"{RESOLVE}failed to do request: initializing source docker://r.test/a:1: pinging container"
            " registry r.test:"
            ' Get "https://r.test/v2/": dial tcp: lookup r.test: no such host (podman pull on this machine)',
            id="podman, no network",
        ),
        pytest.param(
            "", f"{RESOLVE}failed to do request: no reason given (podman pull on this machine)", id="nothing"
        ),
    ],
)
def test_pulls(output: str, expected: str) -> None:
    assert pull_failure("podman", "r.test/a:1", "linux/arm64", output) == expected


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        pytest.param(
            f'Error: runc: {RUNC}exec: "x": executable file not found in'
            " $PATH: OCI runtime attempted to invoke a command that was not found",
            f'{TASK}{RUNC}exec: "x": executable file not found in $PATH: unknown',
            id="podman with runc",
        ),
        pytest.param(
            "Error: crun: executable file `x` not found in $PATH: No such file or directory: OCI runtime"
            " attempted to invoke a command that was not found",
            f'{TASK}{RUNC}exec: "x": executable file not found in $PATH: unknown',
            id="podman with crun",
        ),
        pytest.param(
            "docker: Error response from daemon: failed to create task for container: failed to create shim"
            f' task: OCI runtime create failed: {RUNC}exec: "/a": permission denied:'
            " unknown.\n\nRun 'docker run --help' for more information",
            f'{TASK}{RUNC}exec: "/a": permission denied: unknown',
            id="docker",
        ),
        pytest.param(
            "Error: unable to find user nobody: no matching entries in passwd file",
            f"{START}unable to create new container: unable to find user nobody: no matching entries in"
            " passwd file",
            id="user",
        ),
    ],
)
def test_starts(output: str, expected: str) -> None:
    assert start_failure(output) == expected


@pytest.mark.parametrize(
    ("program", "why", "expected"),
    [
        ("x", "No such file or directory", 'exec: "x": executable file not found in $PATH: unknown'),
        ("/x", "No such file or directory", 'exec: "/x": stat /x: no such file or directory: unknown'),
        ("/x", "Permission denied", 'exec: "/x": permission denied: unknown'),
        ("/x", "Exec format error", 'exec: "/x": exec format error: unknown'),
    ],
)
def test_commands(program: str, why: str, expected: str) -> None:
    assert command_failure(program, why).endswith(expected)
