"""A process that imports what a program needs once, and forks a child for each run of the program.

Arguments: the number of an open socket, a function as `module:function`, and strings that the function is
called with before the first fork; what it imports and keeps, every child has. An order comes as its length
(4 bytes) and a JSON object, with open files attached. The first of them is a socket that reports the child's
process id and, once it has ended, what `Popen.returncode` would be, a line each; the others are its standard
streams, as far as they are open.

    {"entry": "ecsplan_cli.start:start", "argv": ["/usr/bin/ecsplan", "check"], "cwd": "/tmp", "env": {},
     "streams": [true, true, false], "ignored": [1], "terminal": false}

The child is a session of its own, with the signals that Python starts with; `terminal` makes its standard
input the terminal that controls it. It ends as a program does: with the exit handlers, and with the status of
the exception that ends it. One process with one thread can be forked safely; pytest's own, with the
endpoint's threads in it, cannot. When the other end of the socket is closed, the children are killed.
"""

import fcntl
import gc
import importlib
import io
import json
import os
import selectors
import signal
import socket
import sys
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

_AT_START: dict[int, signal.Handlers | Callable[[int, FrameType | None], Any]] = {
    signal.SIGPIPE: signal.SIG_IGN,
    signal.SIGINT: signal.default_int_handler,
}
"""What Python does about signals at its start where nobody has them ignored; it leaves others as they are."""
MAX_FILES = 4
LENGTH_BYTES = 4


def main() -> None:
    sys.path.pop(0)  # this folder, which no program has on its path
    function(sys.argv[2])(*sys.argv[3:])
    gc.freeze()
    orders = socket.socket(fileno=int(sys.argv[1]))
    orders.sendall(b"\n")  # ready
    entry = serve(orders)
    if entry is not None:
        sys.exit(entry())


def function(name: str) -> Callable[..., Any]:
    """Return the function that `module:function` names."""
    module, _, attribute = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return found


def serve(orders: socket.socket) -> Callable[[], Any] | None:
    """Fork for each order; return in each child what it is to call, and None when there is no more to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends pytest, which ends this
    woken, waker = socket.socketpair()
    for each in (woken, waker):
        each.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    children: dict[int, socket.socket] = {}
    selector = selectors.DefaultSelector()
    selector.register(orders, selectors.EVENT_READ)
    selector.register(woken, selectors.EVENT_READ)
    while True:
        ready = {key.fileobj for key, _ in selector.select()}
        if woken in ready:
            with suppress(BlockingIOError):
                woken.recv(4096)
            report_ended(children)
        if orders in ready:
            received = receive(orders)
            if received is None:
                end(children)
                return None
            order, files = received
            report = socket.socket(fileno=files.pop(0))
            child = os.fork()
            if child == 0:
                signal.set_wakeup_fd(-1)
                selector.close()
                for each in (orders, woken, waker, report, *children.values()):
                    each.close()
                return become(order, files)
            children[child] = report
            say(report, child)
            for file in files:
                os.close(file)


def receive(orders: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Return an order and the files that came with it; None where there are no more orders."""
    length, files, _, _ = socket.recv_fds(orders, LENGTH_BYTES, MAX_FILES)
    if not length:
        return None
    with orders.makefile("rb", buffering=0) as stream:
        size = int.from_bytes(length + read(stream, LENGTH_BYTES - len(length)), "big")
        return json.loads(read(stream, size)), files


def read(stream: io.RawIOBase, size: int) -> bytes:
    """Return exactly so many bytes."""
    found = b""
    while len(found) < size:
        piece = stream.read(size - len(found))
        if not piece:
            raise EOFError("the order is cut off")
        found += piece
    return found


def report_ended(children: dict[int, socket.socket]) -> None:
    """Report the children that have ended, and forget them."""
    for child, report in list(children.items()):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            say(report, os.waitstatus_to_exitcode(status))
            del children[child]
            report.close()


def say(report: socket.socket, number: int) -> None:
    with suppress(OSError):  # whoever started the child does not want to know any more
        report.sendall(b"%d\n" % number)


def end(children: dict[int, socket.socket]) -> None:
    """Kill and reap the children, and what they have started."""
    for child, report in children.items():
        with suppress(OSError):
            os.killpg(child, signal.SIGKILL)
        say(report, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def become(order: dict[str, Any], files: list[int]) -> Callable[[], Any]:
    """Turn this child into a process that has just been started, and return what it is to call."""
    os.setsid()
    connect(order["streams"], files)
    if order["terminal"]:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, action in _AT_START.items():
        signal.signal(number, action)
    for number in order["ignored"]:
        signal.signal(number, signal.SIG_IGN)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    time.tzset()
    sys.argv = order["argv"]
    sys.path.insert(0, os.path.dirname(sys.argv[0]))  # noqa: PTH120 - as Python does for a script
    return function(order["entry"])


def connect(open_streams: list[bool], files: list[int]) -> None:
    """Make the files the standard streams, and Python's own objects for them, as Python does at its start."""
    held = iter(files)
    for number, is_open in enumerate(open_streams):
        if is_open:
            os.dup2(next(held), number)
        else:
            os.close(number)
    for file in files:
        os.close(file)
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        stream = standard_stream(number, name, mode) if open_streams[number] else None
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def standard_stream(number: int, name: str, mode: str) -> io.TextIOWrapper:
    """Return a stream with the encoding that this Python has chosen at its start."""
    chosen = getattr(sys, name)
    unbuffered = mode == "w" and chosen.write_through
    return io.TextIOWrapper(
        open(number, f"{mode}b", 0 if unbuffered else -1, closefd=False),
        encoding=chosen.encoding,
        errors=chosen.errors,
        newline=None if mode == "r" else "\n",
        line_buffering=name == "stderr" or os.isatty(number),
        write_through=unbuffered,
    )


if __name__ == "__main__":
    main()
