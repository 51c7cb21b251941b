"""The first and the last moments of the command, when an interrupt meets imports rather than work."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from processes import SCRIPT

from ecsplan_cli.start import GARBAGE_THRESHOLDS

SLOW = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nraise ImportError('this is never reached')\n"


def interrupted_while(folder: Path, module: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command, and interrupt it while it imports a module."""
    (folder / f"{module}.py").write_text(SLOW, encoding="utf-8")
    (folder / "job.yaml").write_text("image: alpine\n", encoding="utf-8")
    path = os.pathsep.join([str(folder), *filter(None, sys.path)])
    return subprocess.run(
        [SCRIPT, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("module", ["click", "json"], ids=["of every command", "of this command"])
def test_an_interrupt_while_modules_are_imported(tmp_path: Path, module: str) -> None:
    done = interrupted_while(tmp_path, module, "diff", "--help")

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_an_interrupt_once_the_command_runs(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "job.yaml")
    command = subprocess.Popen(
        [SCRIPT, "check", "job.yaml"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with (tmp_path / "job.yaml").open("w"):  # opens once the command reads
        command.send_signal(signal.SIGINT)
        out, err = command.communicate(timeout=60)

    assert (command.returncode, out, err) == (130, "", "\ninterrupted\n")


def test_an_interrupt_that_is_ignored_stays_ignored() -> None:
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "import atexit; atexit.register(lambda: print(signal.getsignal(signal.SIGINT).name))\n"
        "from ecsplan_cli.start import start; start()"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, "--version"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0
    assert done.stdout.splitlines()[1:] == [signal.SIG_IGN.name]


def test_the_objects_of_a_large_plan_are_searched_for_garbage_once() -> None:
    code = (
        "import atexit, gc, sys\n"
        "atexit.register(lambda: print(*gc.get_threshold()[:2], file=sys.stderr))\n"
        "from ecsplan_cli.start import start; start()"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, "--version"], capture_output=True, text=True, check=False
    )

    new, searches = map(int, done.stderr.split())
    assert (new, searches) == GARBAGE_THRESHOLDS
    # A plan of ten thousand jobs is two million objects; new garbage is not left until then.
    assert new * searches > 2_000_000 > 10 * new


def test_nothing_is_searched_for_garbage_at_the_end() -> None:
    code = (
        "import atexit, gc, sys\n"
        "atexit.register(lambda: print(gc.get_freeze_count() > gc.get_count()[0], file=sys.stderr))\n"
        "from ecsplan_cli.start import start; start()"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, "--version"], capture_output=True, text=True, check=False
    )

    assert done.stderr == "True\n"


def test_carrying_a_plan_out_loads_nothing_that_reads_manifests() -> None:
    code = (
        "import sys, ecsplan_cli.commands.apply, ecsplan_cli.session, ecsplan_applier.apply_plan\n"
        "print({'ruamel.yaml', 'ecsplan.source', 'ecsplan.yaml', 'ecsplan.job'} & sys.modules.keys())"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"


NOT_TO_COMPILE = {
    "what talks to AWS or lets others": {
        "boto3",
        "botocore",
        "ecsplan_applier",
        "ecsplan_convert",
        "ecsplan_local",
    },
    "libraries that few manifests need": {"deepdiff", "jsonpatch", "slugify", "rich", "urllib3"},
    "parts of Python that take long": {
        "asyncio",
        "concurrent",
        "difflib",
        "multiprocessing",
        "subprocess",
        "ssl",
    },
    "how other tools' files are recognized": {"ecsplan.foreign"},
    "what only a wrong manifest needs": {
        "ecsplan.schema.report",
        "ecsplan.source.reading_rules",
        "ecsplan.yaml.syntax_errors",
        "traceback",
    },
    "what only some keys need": {
        "ecsplan.decision.compare",
        "ecsplan.variables.placeholder_texts",
        "ecsplan.variables.var_files",
        "ecsplan.yaml.embedded_json",
    },
}
"""Modules that a right manifest without special keys is compiled without."""


def test_compiling_a_plain_manifest_loads_only_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text("image: alpine\ncommand: [date]\nenv: {STAGE: prod}\n", "utf-8")
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr, sep='\\n'))\n"
        "from ecsplan_cli.start import start; start()"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, "compile", "--offline", "job.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = set(done.stderr.splitlines())
    assert "ecsplan.compile" in loaded
    assert {why: loaded & modules for why, modules in NOT_TO_COMPILE.items() if loaded & modules} == {}
