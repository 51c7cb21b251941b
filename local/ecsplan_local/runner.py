"""What the engine asks of a runner: the processes that start, stop and examine a container."""

from signal import Signals
from typing import Protocol

from .containers import Container
from .loop import Launch


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

    def start_failure(self, code: int, last_words: str) -> str | None:
        """Return why a container was never started, from its launch's exit code and last output, or None."""
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
