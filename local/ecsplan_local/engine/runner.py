"""What the engine asks of a runner: the processes that start, stop and examine a container."""

from signal import Signals
from typing import Protocol

from ecsplan_local.engine.containers import Container
from ecsplan_local.engine.loop import Launch


class Runner(Protocol):
    """Turns containers into processes of this machine."""

    @property
    def name(self) -> str:
        """What runs the containers: `podman`, `docker` or `process`."""
        ...

    def refusal(self, container: Container) -> str | None:
        """Return why a container cannot be run faithfully here, or None."""
        ...

    def preparation(self, container: Container) -> Launch | None:
        """Return what has to succeed before the start, such as a pull of the image."""
        ...

    def launch(self, container: Container) -> Launch:
        """Return the process that is the container, or stands for it as long as it runs."""
        ...

    @property
    def own_prefixes(self) -> tuple[bytes, ...]:
        """How lines may begin that are the engine's own messages, in the launched process's output."""
        ...

    def aftermath(self, container: Container) -> Launch | None:
        """Return what says how a container has ended, and removes it; None where there is nothing to do."""
        ...

    def start_failure(self, code: int, said: str, last_words: str) -> str | None:
        """Return why a container was never started, or None for one that has run.

        Args:
            code: Exit code of the launched process.
            said: What `aftermath` printed.
            last_words: The launched process's last output.
        """
        ...

    def killed_for_memory(self, container: Container, said: str) -> bool:
        """Return whether a container that nobody stopped was killed for using more memory than it may."""
        ...

    def exec_failure(self, container: Container, why: str) -> str:
        """Return the reason where the launched process could not even be executed."""
        ...

    def pull_failure(self, container: Container, output: str) -> str:
        """Return the reason where `preparation` failed with this output."""
        ...

    def signal(self, container: Container, number: Signals) -> Launch | None:
        """Return what sends SIGTERM or SIGKILL; None: send it to the launched process."""
        ...

    def examination(self, container: Container, command: tuple[str, ...]) -> Launch:
        """Return the process that runs a health check's command inside the container."""
        ...

    def discard(self, task_id: str) -> None:
        """Remove what an ended task leaves behind."""
        ...
