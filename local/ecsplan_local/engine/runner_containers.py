"""Containers by podman or docker: the command lines that stand for what a task definition says."""

import os
import resource
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, Signals

from ecsplan_local.ecs.task_record import architecture
from ecsplan_local.engine.containers import Container
from ecsplan_local.engine.engine_words import ENGINE_PREFIXES, pull_failure, start_failure
from ecsplan_local.engine.loop import Launch

_ENGINE_ERRORS = (125, 126, 127)
"""Exit codes of `podman run` and `docker run` for a container that never ran; a command may use them too."""

_MAX_LAST_LINES = 4
"""Docker prints a hint or two below its error."""

_GO_NAMES = {"x86_64": "amd64", "arm64": "arm64"}
"""CPU architectures as ECS names them -> as image manifests name them."""

_MAX_FILES = 65535
"""Open files of a container on Fargate (ECS developer guide, task definition parameters, ulimits)."""

_MAX_PROCESSES = 4096

_OWN_SETTINGS = ("PATH", "HOME", "XDG_", "DOCKER_", "CONTAINER", "STORAGE_", "TMPDIR", "LD_", "REGISTRY_")
"""Variables that steer podman and docker themselves; the container's are passed by value."""

_AFTERMATH = (
    'said=$("$1" inspect --format "{{.State.OOMKilled}} {{.State.StartedAt}}" "$2" 2>/dev/null); '
    '"$1" rm --force ${3:+"$3"} "$2" >/dev/null 2>&1; printf %s "$said"'
)
"""Prints whether the kernel killed the container for its memory and when it was started, and removes it."""

_OOM = "oom"
"""The file in which podman's monitor (conmon) notes that the kernel killed a container for its memory."""

_NEVER_STARTED = "0001-01-01"
"""How Go, which both engines are written in, prints a time that was never set."""

_PULL = 'if ! "$1" image inspect "$2" >/dev/null 2>&1; then exec "$1" pull --quiet ${4:+"$4"} "$3"; fi'


@dataclass(frozen=True, slots=True)
class Program:
    """A container engine that works.

    Args:
        path: Its program.
        is_podman: Whether it is podman, else docker.
        limits_memory: Whether it can limit memory on this machine.
    """

    path: str
    is_podman: bool
    limits_memory: bool


class ContainerRunner:
    """Runs containers with podman or docker, all in the machine's network.

    Args:
        program: The engine.
        folder: Where the tasks' volumes are made.
    """

    def __init__(self, program: Program, folder: Path) -> None:
        self._program = program
        self._folder = folder

    @property
    def name(self) -> str:
        """The engine's name."""
        return "podman" if self._program.is_podman else "docker"

    def refusal(self, container: Container) -> str | None:
        """Return why a container cannot be run here, or None."""
        wrong = []
        for volume in container.task_definition["volumes"]:
            kinds = [name for name in volume if name.endswith("VolumeConfiguration")]
            if kinds or volume.get("configuredAtLaunch"):
                wrong.append(f"volume {volume['name']} is not on this machine")
        if container.definition.get("resourceRequirements"):
            wrong.append("it asks for a GPU")
        if container.definition.get("firelensConfiguration"):
            wrong.append("log routers are not run")
        platform = container.task_definition.get("runtimePlatform", {})
        if platform.get("operatingSystemFamily", "LINUX") != "LINUX":
            wrong.append("it is for Windows")
        return (
            f"CannotStartContainerError: {self.name}: container {container.name}: {'; '.join(wrong)}"
            if wrong
            else None
        )

    def preparation(self, container: Container) -> Launch | None:
        """Return a pull of the image, which does nothing where the image is there already."""
        image = container.image
        platform = platform_of(container)
        pull = ("sh", "-c", _PULL, "sh", self._program.path, image, full_name(image))
        argv = (*pull, f"--platform={platform}") if platform else pull
        return Launch(argv, dict(os.environ))

    def launch(self, container: Container) -> Launch:
        """Return the engine's `run`, attached to the container's output."""
        given = dict(container.environment)
        by_name = {name: value for name, value in given.items() if not name.startswith(_OWN_SETTINGS)}
        # By name where that works: everybody on the machine can read the arguments of a process.
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
        (home / _OOM).unlink(missing_ok=True)
        return Launch(argv, dict(os.environ) | by_name, home, cleanup=self._removal(container))

    @property
    def own_prefixes(self) -> tuple[bytes, ...]:
        """How the engine's own messages begin."""
        return tuple(each.encode() for each in ENGINE_PREFIXES)

    def aftermath(self, container: Container) -> Launch | None:
        """Return a look at how the container has ended, and its removal."""
        at_once = ("--time=0",) if self._program.is_podman else ()
        argv = ("sh", "-c", _AFTERMATH, "sh", self._program.path, self._name(container), *at_once)
        return Launch(argv, dict(os.environ), cleanup=self._removal(container))

    def start_failure(self, code: int, said: str, last_words: str) -> str | None:
        """Return the engine's own error for a container that it has not started.

        A container that was never made is not known to the engine, which then says nothing about it.
        """
        _, _, started = said.partition(" ")
        unknown = not started and any(
            line.startswith(ENGINE_PREFIXES) for line in last_words.splitlines()[-_MAX_LAST_LINES:]
        )
        if code in _ENGINE_ERRORS and (started.startswith(_NEVER_STARTED) or unknown):
            return start_failure(last_words)
        return None

    def killed_for_memory(self, container: Container, said: str) -> bool:
        """Return whether the engine says so, or podman's monitor has left its note of it.

        The monitor notes a kill in a file of its working folder; podman 4.3 looks for it elsewhere.
        """
        return said.startswith("true") or (self._home(container) / _OOM).exists()

    def exec_failure(self, container: Container, why: str) -> str:
        """Return why the engine itself could not be executed."""
        return start_failure(f"{self.name}: {why} (container {container.name})")

    def pull_failure(self, container: Container, output: str) -> str:
        """Return why the image could not be pulled."""
        platform = platform_of(container) or f"linux/{_GO_NAMES[architecture()]}"
        return pull_failure(self.name, full_name(container.image), platform, output)

    def signal(self, container: Container, number: Signals) -> Launch | None:
        """Return the removal of the container for SIGKILL; the attached client passes SIGTERM on."""
        return Launch(self._removal(container), dict(os.environ)) if number is SIGKILL else None

    def examination(self, container: Container, command: tuple[str, ...]) -> Launch:
        """Return the engine's `exec`."""
        return Launch((self._program.path, "exec", self._name(container), *command), dict(os.environ))

    def discard(self, task_id: str) -> None:
        """Remove a task's volumes; the engine has removed its containers."""
        shutil.rmtree(self._folder / task_id, ignore_errors=True)

    def _home(self, container: Container) -> Path:
        """Return the engine's working folder for a container; no volume's name begins with a dot."""
        return self._folder / container.task_id / f".{container.name}"

    def _name(self, container: Container) -> str:
        return f"ecsplan-{container.task_id}-{container.name}"

    def _removal(self, container: Container) -> tuple[str, ...]:
        at_once = ("--time=0",) if self._program.is_podman else ()
        return (self._program.path, "rm", "--force", *at_once, self._name(container))

    def _options(self, container: Container) -> Iterator[str]:
        definition = container.definition
        if self._program.is_podman:
            # Podman would pass on this machine's proxy variables, which are not the container's.
            yield "--http-proxy=false"
        linux = definition.get("linuxParameters", {})
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
        for each in linux.get("tmpfs", []):
            options = [f"size={each['size']}m", *each.get("mountOptions", [])]
            yield f"--tmpfs={each['containerPath']}:{','.join(options)}"
        for how in ("add", "drop"):
            yield from (f"--cap-{how}={each}" for each in linux.get("capabilities", {}).get(how, []))
        yield from (f"--label={name}={value}" for name, value in definition.get("dockerLabels", {}).items())
        yield from self._limits(container)

    def _limits(self, container: Container) -> Iterator[str]:
        if container.memory_mib and self._program.limits_memory:
            yield f"--memory={container.memory_mib}m"
        if container.cpu_units and self._program.limits_memory:
            yield f"--cpu-shares={max(2, container.cpu_units)}"
        asked = {each["name"]: each for each in container.definition.get("ulimits", [])}
        for name, each in asked.items():
            yield f"--ulimit={name}={each['softLimit']}:{each['hardLimit']}"
        if self._program.is_podman:
            yield from (option for name, option in root_limits().items() if name not in asked)

    def _mounts(self, container: Container) -> Iterator[str]:
        """Yield the container's mounts and those of the containers in its `volumesFrom`."""
        siblings = {each["name"]: each for each in container.task_definition["containerDefinitions"]}
        borrowed = [
            (siblings[each["sourceContainer"]], bool(each.get("readOnly")))
            for each in container.definition["volumesFrom"]
        ]
        for definition, read_only in [(container.definition, False), *borrowed]:
            for mount in definition["mountPoints"]:
                yield self._mount(container.task_id, mount, read_only=read_only)

    def _mount(self, task_id: str, mount: Mapping[str, str], *, read_only: bool) -> str:
        folder = self._folder / task_id / mount["sourceVolume"]
        folder.mkdir(parents=True, exist_ok=True)
        # The container's user need not be ours.
        folder.chmod(0o777)
        flag = ":ro" if read_only or mount.get("readOnly") else ""
        return f"--volume={folder}:{mount['containerPath']}{flag}"


def root_limits() -> dict[str, str]:
    """Return the limits that podman has to be given as root, as name -> option.

    By itself it asks for more than a machine that is itself a container may give.
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
    """Return an image's name with its registry: without one, ECS means Docker Hub."""
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return image
    return f"docker.io/{image}" if slash else f"docker.io/library/{image}"


def platform_of(container: Container) -> str | None:
    """Return the platform to ask for where it is not this machine's own."""
    wanted = container.task_definition.get("runtimePlatform", {}).get("cpuArchitecture", "").lower()
    if not wanted or wanted == architecture():
        return None
    return f"linux/{_GO_NAMES[wanted]}"
