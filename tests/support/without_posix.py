"""Run `ecsplan` as on a system that has none of the modules and functions of POSIX, such as Windows.

Run as a script, it hides them and then starts the command with the script's arguments. What it cannot show is
how Windows itself behaves: its paths, its console and its processes.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

MODULES = (
    *("fcntl", "pwd", "grp", "resource", "termios", "pty", "tty", "readline", "syslog", "curses"),
    *("crypt", "nis", "ossaudiodev", "spwd", "posixshmem"),
)
"""Modules that Python's documentation says are not available on Windows."""
OS_NAMES = (
    *(
        "fork",
        "forkpty",
        "getuid",
        "geteuid",
        "getgid",
        "getegid",
        "getgroups",
        "getpgid",
        "getsid",
        "setsid",
    ),
    *(
        "setuid",
        "setgid",
        "killpg",
        "uname",
        "wait3",
        "wait4",
        "waitid",
        "WNOHANG",
        "mkfifo",
        "statvfs",
        "chown",
    ),
    *("sched_getaffinity", "sched_setaffinity", "posix_spawn", "pread", "pwrite", "sysconf", "getloadavg"),
    *(
        "O_NONBLOCK",
        "O_CLOEXEC",
        "O_DIRECTORY",
        "O_NOFOLLOW",
        "O_SYNC",
        "register_at_fork",
        "openpty",
        "fchown",
    ),
)
SIGNAL_NAMES = (
    *("SIGHUP", "SIGKILL", "SIGPIPE", "SIGALRM", "SIGCHLD", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGTSTP"),
    *("SIGCONT", "SIGSTOP", "SIGQUIT", "SIGTTIN", "SIGTTOU", "pthread_sigmask", "pthread_kill", "setitimer"),
    *("siginterrupt", "sigwait", "sigpending", "alarm", "pause"),
)


def run(*arguments: str | Path, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run `ecsplan` there to its end."""
    return subprocess.run(
        [sys.executable, __file__, *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def hide() -> None:
    """Take what only POSIX has out of this process."""
    # Those of these that the standard library needs on a system that has them.
    import multiprocessing.popen_spawn_posix  # noqa: F401, PLC0415
    import tempfile  # noqa: F401, PLC0415

    for name in MODULES:
        sys.modules[name] = None  # type: ignore[assignment] # an import of it then fails
    for module, names in ((os, OS_NAMES), (signal, SIGNAL_NAMES)):
        for name in names:
            if hasattr(module, name):
                delattr(module, name)


if __name__ == "__main__":
    hide()
    from ecsplan_cli.start import start

    start()
