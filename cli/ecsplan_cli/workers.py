"""Worker processes: interrupts do not reach them, and none outlives the command."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Protocol, TypeVar

import click

from ecsplan_cli.exits import USAGE

MAX_PROCESSES = 61
"""The most that Windows takes (Python's documentation of ProcessPoolExecutor); more pay nowhere."""

Given = TypeVar("Given")
Made = TypeVar("Made")


class Share(Protocol):
    """A map over processes."""

    def __call__(
        self, function: Callable[[Given], Made], over: Iterable[Given], *, at_once: int
    ) -> Iterator[Made]:
        """Yield what `function` makes of each, in their order; a process takes `at_once` at a time."""
        ...


class WorkerKilled(click.ClickException):
    """A worker process was killed, so that its results are missing."""

    exit_code = USAGE


@contextmanager
def workers(count: int) -> Iterator[Share]:
    """Give a map over `count` processes; where its user fails or is interrupted, they are ended at once.

    Raises:
        WorkerKilled: Somebody has killed one of them.
    """
    pool = ProcessPoolExecutor(min(count, MAX_PROCESSES), initializer=_end_with_the_command)

    def share(function: Callable[[Given], Made], over: Iterable[Given], *, at_once: int) -> Iterator[Made]:
        # Processes inherit what their maker holds back. One that an interrupt reached would print a
        # traceback, and the pool would wait for ever where it is reached while the pool starts.
        with _interrupts_held_back():
            return pool.map(function, over, chunksize=at_once)

    try:
        yield share
    except BrokenProcessPool as reason:
        raise WorkerKilled(
            "a process that compiled manifests was killed; the usual cause is a lack of memory"
        ) from reason
    except BaseException:
        for each in multiprocessing.active_children():
            each.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Hold interrupts back, where the system can (Windows: its console sends them to all processes)."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_the_command() -> None:
    """Have this process end when the command has: it would otherwise wait for work for ever."""
    threading.Thread(target=_wait_for_the_end, daemon=True).start()


def _wait_for_the_end() -> None:
    command = multiprocessing.parent_process()
    if command is not None:
        command.join()
        os._exit(1)
