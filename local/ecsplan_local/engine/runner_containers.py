"""Run containers by podman or docker: translate task definitions into command lines."""

import os
import resource
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, Signals

from ecsplan_local.ecs.task_record import architecture
from ecsplan_local.engine.containers import Container
from ecsplan_local.engine.failure_messages import ENGINE_PREFIXES, pull_failure, start_failure
from ecsplan_local.engine.loop import Launch
from ecsplan_local.json_types import Body, child, children, text, texts

_ENGINE_ERRORS = (125, 126, 127)
"""Exit codes of `podman run` and `docker run` for a container that never ran; commands may use them, too."""

_MAX_LAST_LINES = 4
"""How many lines from the end the error may be: docker prints hints below it."""

_GO_NAMES = {"x86_64": "amd64", "arm64": "arm64"}
"""CPU architectures in the spelling of ECS -> of image manifests."""

_MAX_FILES = 65535
"""Limit of open files on Fargate (ECS developer guide, task definition parameters, ulimits)."""

_MAX_PROCESSES = 4096

_OWN_SETTINGS = ("PATH", "HOME", "XDG_", "DOCKER_", "CONTAINER", "STORAGE_", "TMPDIR", "LD_", "REGISTRY_")
"""Prefixes of variables that configure podman and docker themselves; a container's are passed by value."""

_INSPECT_AND_REMOVE = (
    'said=$("$1" inspect --format "{{.State.OOMKilled}} {{.State.StartedAt}}" "$2" 2>/dev/null); '
    '"$1" rm --force ${3:+"$3"} "$2" >/dev/null 2>&1; printf %s "$said"'
)
"""Prints whether the kernel killed the container for its memory use and when it started, then removes it."""

_OOM = "oom"
"""The file in which podman's monitor (conmon) records that the kernel killed a container for memory."""

_NEVER_STARTED = "0001-01-01"
"""The prefix of an unset time in Go, in which both engines are written."""

_PULL = 'if ! "$1" image inspect "$2" >/dev/null 2>&1; then exec "$1" pull --quiet ${4:+"$4"} "$3"; fi'


@dataclass(frozen=True, slots=True)
class Program:
    """A working container engine.

    Args:
        path: Path of its program.
        is_podman: True for podman, False for docker.
        limits_memory: Whether it can limit memory on this machine.
    """

    path: str
    is_podman: bool
    limits_memory: bool


class ContainerRunner:
    """Runs containers with podman or docker, all in the network of this machine.

    Args:
        program: The engine.
        folder: Where the volumes of tasks are created.
    """

    def __init__(self, program: Program, folder: Path) -> None:
        self._program = program
        self._folder = folder

    @property
    def name(self) -> str:
        """The engine's name."""
        return "podman" if self._program.is_podman else "docker"

    def unsupported_reason(self, container: Container) -> str | None:
        """Return the reason why a container cannot be run here, or None."""
        wrong = []
        for volume in children(container.task_definition, "volumes"):
            kinds = [name for name in volume if name.endswith("VolumeConfiguration")]
            if kinds or volume.get("configuredAtLaunch"):
                wrong.append(f"volume {volume['name']} is not on this machine")
        if container.definition.get("resourceRequirements"):
            wrong.append("GPUs are not supported")
        if container.definition.get("firelensConfiguration"):
            wrong.append("log routers are not supported")
        platform = child(container.task_definition, "runtimePlatform")
        if text(platform, "operatingSystemFamily", "LINUX") != "LINUX":
            wrong.append("it is for Windows")
        return (
            f"CannotStartContainerError: {self.name}: container {container.name}: {'; '.join(wrong)}"
            if wrong
            else None
        )

    def preparation(self, container: Container) -> Launch | None:
        """Return a pull of the image, which does nothing if the image is already present."""
        image = container.image
        platform = platform_of(container)
        pull = ("sh", "-c", _PULL, "sh", self._program.path, image, full_name(image))
        argv = (*pull, f"--platform={platform}") if platform else pull
        return Launch(argv, dict(os.environ))

    def launch(self, container: Container) -> Launch:
        """Return the engine's `run` command, attached to the output of the container."""
        given = dict(container.environment)
        by_name = {name: value for name, value in given.items() if not name.startswith(_OWN_SETTINGS)}
        # By name where possible: every user of the machine can read the arguments of a process.
        variables = [f"--env={name}" if name in by_name else f"--env={name}={given[name]}" for name in given]
        entry, command = container.entry_point or (), container.command or ()
        argv = (
            *(self._program.path, "run", f"--name={self._name(container)}"),
            *("--network=host", "--log-driver=none", "--no-healthcheck", "--pull=never"),
            *self._options(container),
            *self._mounts(container),
            *variables,
            *((f"--entrypoint={entry[0]}",) if entry else ()),
            container.image,
            *entry[1:],
            *command,
        )
        home = self._home(container)
        home.mkdir(parents=True, exist_ok=True)
        # Left by an earlier run of the same container, if it was restarted.
        (home / _OOM).unlink(missing_ok=True)
        return Launch(argv, dict(os.environ) | by_name, home, cleanup=self._removal(container))

    @property
    def engine_prefixes(self) -> tuple[bytes, ...]:
        """Prefixes of the engine's own messages."""
        return tuple(each.encode() for each in ENGINE_PREFIXES)

    def inspection(self, container: Container) -> Launch | None:
        """Return the command that prints how the container ended and removes it."""
        at_once = ("--time=0",) if self._program.is_podman else ()
        argv = ("sh", "-c", _INSPECT_AND_REMOVE, "sh", self._program.path, self._name(container), *at_once)
        return Launch(argv, dict(os.environ), cleanup=self._removal(container))

    def start_failure(self, code: int, inspected: str, last_output: str) -> str | None:
        """Return the engine's error for a container that was never started.

        The engine does not know a container that was never created, so its inspection prints nothing.
        """
        _, _, started = inspected.partition(" ")
        unknown = not started and any(
            line.startswith(ENGINE_PREFIXES) for line in last_output.splitlines()[-_MAX_LAST_LINES:]
        )
        if code in _ENGINE_ERRORS and (started.startswith(_NEVER_STARTED) or unknown):
            return start_failure(last_output)
        return None

    def killed_for_memory(self, container: Container, inspected: str) -> bool:
        """Return whether the engine or podman's monitor reports it.

        The monitor records a kill in a file in its working directory; podman 4.3 looks for it elsewhere.
        """
        return inspected.startswith("true") or (self._home(container) / _OOM).exists()

    def exec_failure(self, container: Container, why: str) -> str:
        """Return the reason why the engine itself could not be executed."""
        return start_failure(f"{self.name}: {why} (container {container.name})")

    def pull_failure(self, container: Container, output: str) -> str:
        """Return the reason why the image could not be pulled."""
        platform = platform_of(container) or f"linux/{_GO_NAMES[architecture()]}"
        return pull_failure(self.name, full_name(container.image), platform, output)

    def signal(self, container: Container, number: Signals) -> Launch | None:
        """Return the removal of the container for SIGKILL; the attached client forwards SIGTERM."""
        return Launch(self._removal(container), dict(os.environ)) if number is SIGKILL else None

    def health_check_process(self, container: Container, command: tuple[str, ...]) -> Launch:
        """Return the engine's `exec` command."""
        return Launch((self._program.path, "exec", self._name(container), *command), dict(os.environ))

    def discard(self, task_id: str) -> None:
        """Remove the volumes of a task; the engine has already removed its containers."""
        shutil.rmtree(self._folder / task_id, ignore_errors=True)

    def _home(self, container: Container) -> Path:
        """Return the engine's working directory for a container; no volume name begins with a dot."""
        return self._folder / container.task_id / f".{container.name}"

    def _name(self, container: Container) -> str:
        return container_name(container.task_id, container.name)

    def _removal(self, container: Container) -> tuple[str, ...]:
        at_once = ("--time=0",) if self._program.is_podman else ()
        return (self._program.path, "rm", "--force", *at_once, self._name(container))

    def _options(self, container: Container) -> Iterator[str]:
        definition = container.definition
        if self._program.is_podman:
            # Podman would otherwise pass the proxy variables of this machine to the container.
            yield "--http-proxy=false"
        linux = child(definition, "linuxParameters")
        if definition.get("user"):
            yield f"--user={definition['user']}"
        if definition.get("workingDirectory"):
            yield f"--workdir={definition['workingDirectory']}"
        if definition.get("readonlyRootFilesystem"):
            yield from (
                ("--read-only", "--read-only-tmpfs=false") if self._program.is_podman else ("--read-only",)
            )
        if linux.get("initProcessEnabled"):
            yield "--init"
        for each in children(linux, "tmpfs"):
            options = [f"size={each['size']}m", *texts(each, "mountOptions")]
            yield f"--tmpfs={each['containerPath']}:{','.join(options)}"
        for how in ("add", "drop"):
            yield from (f"--cap-{how}={each}" for each in texts(child(linux, "capabilities"), how))
        yield from (f"--label={name}={value}" for name, value in child(definition, "dockerLabels").items())
        yield from self._limits(container)

    def _limits(self, container: Container) -> Iterator[str]:
        if container.memory_mib and self._program.limits_memory:
            yield f"--memory={container.memory_mib}m"
        if container.cpu_units and self._program.limits_memory:
            # Two is the smallest share that the kernel accepts.
            yield f"--cpu-shares={max(2, container.cpu_units)}"
        asked = {text(each, "name"): each for each in children(container.definition, "ulimits")}
        for name, each in asked.items():
            yield f"--ulimit={name}={each['softLimit']}:{each['hardLimit']}"
        if self._program.is_podman:
            yield from (option for name, option in root_limits().items() if name not in asked)

    def _mounts(self, container: Container) -> Iterator[str]:
        """Yield the mounts of the container and those of the containers in its `volumesFrom`."""
        siblings = {
            text(each, "name"): each for each in children(container.task_definition, "containerDefinitions")
        }
        borrowed = [
            (siblings[text(each, "sourceContainer")], bool(each.get("readOnly")))
            for each in children(container.definition, "volumesFrom")
        ]
        for definition, read_only in [(container.definition, False), *borrowed]:
            for mount in children(definition, "mountPoints"):
                yield self._mount(container.task_id, mount, read_only=read_only)

    def _mount(self, task_id: str, mount: Body, *, read_only: bool) -> str:
        folder = self._folder / task_id / text(mount, "sourceVolume")
        folder.mkdir(parents=True, exist_ok=True)
        # The container may run as another user.
        folder.chmod(0o777)
        flag = ":ro" if read_only or mount.get("readOnly") else ""
        return f"--volume={folder}:{mount['containerPath']}{flag}"


def container_name(task_id: str, name: str) -> str:
    """Return what the engine calls a container of a task."""
    return f"ecsplan-{task_id}-{name}"


def root_limits() -> dict[str, str]:
    """Return the limits that podman needs when run as root, as name -> option.

    By default it requests more than is allowed on a machine that is itself a container.
    """
    limits = {}
    if os.geteuid() == 0:
        for name, kind, most in (
            ("nofile", resource.RLIMIT_NOFILE, _MAX_FILES),
            ("nproc", resource.RLIMIT_NPROC, _MAX_PROCESSES),
        ):
            hard = resource.getrlimit(kind)[1]
            limit = most if hard == resource.RLIM_INFINITY else min(hard, most)
            limits[name] = f"--ulimit={name}={limit}:{limit}"
    return limits


def full_name(image: str) -> str:
    """Return an image name with its registry; ECS uses Docker Hub if there is none."""
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return image
    return f"docker.io/{image}" if slash else f"docker.io/library/{image}"


def platform_of(container: Container) -> str | None:
    """Return the platform to request if it differs from this machine's, else None."""
    wanted = text(child(container.task_definition, "runtimePlatform"), "cpuArchitecture").lower()
    if not wanted or wanted == architecture():
        return None
    return f"linux/{_GO_NAMES[wanted]}"
