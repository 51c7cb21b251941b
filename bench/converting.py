"""Make manifests of what people have: one task definition, and a folder of two hundred."""

import json
import sys
from functools import partial
from pathlib import Path

from imports import imports_of
from results import Findings
from timing import interleave, run
from venvs import BENCH, clean_environment, ecsplan

from ecsplan import compile_manifest, write_plan

DEFINITIONS, QUICK_DEFINITIONS = 200, 20
_ROUNDS = 7
_TIMES_CHECK = 1.5
_FOLDER_S = 5.0


def measure(home: Path, *, quick: bool) -> Findings:
    """Return the time of `init` of one definition against `check` of the manifest, and of a whole folder."""
    findings, env = Findings(), clean_environment(home)
    count = QUICK_DEFINITIONS if quick else DEFINITIONS
    folder = home / "definitions"
    one = write_definitions(folder, count)[0]
    manifest = home / "one.yaml"
    run([*ecsplan(), "init", str(one), "-o", str(manifest)], env=env)
    commands = {
        "init": [*ecsplan(), "init", str(one)],
        "check": [*ecsplan(), "check", str(manifest)],
        "folder": [*ecsplan(), "init", str(folder)],
    }

    def wall_s(command: list[str]) -> float:
        return run(command, env=env).wall_s

    took = interleave(
        {name: partial(wall_s, each) for name, each in commands.items()}, 1 if quick else _ROUNDS
    )
    findings.at_most(
        "`ecsplan init` of a task definition",
        f"{took['init']:.2f} s",
        against=f"`ecsplan check` of the manifest: {took['check']:.2f} s",
        ratio=took["init"].median / took["check"].median,
        limit=_TIMES_CHECK,
        words=f"at most {_TIMES_CHECK} x",
        why=lambda: _imported(home, commands["init"], commands["check"]),
    )
    findings.at_most(
        f"`ecsplan init` of a folder of {count} task definitions",
        f"{took['folder']:.2f} s",
        ratio=took["folder"].median,
        limit=_FOLDER_S,
        words=f"at most {_FOLDER_S:g} s",
    )
    return findings


def _imported(home: Path, *commands: list[str]) -> str:
    """Return in words what the first command imports, beside the second."""
    env, main = clean_environment(home), [sys.executable, "-c", "from ecsplan_cli.main import main; main()"]
    one, other = (imports_of([*main, *each[len(ecsplan()) :]], env) for each in commands)
    return one.explained(other)


def write_definitions(folder: Path, count: int) -> list[Path]:
    """Write task definitions of a family each, made of the manifest of the benchmark; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    plan = compile_manifest((BENCH / "nightly.yaml").read_text(encoding="utf-8"), file="nightly.yaml").plan
    if plan is None:
        raise ValueError("the manifest of the benchmark is wrong")
    request = json.loads(write_plan(plan))["jobs"][0]["task_definition"]["request"]
    files = []
    for number in range(count):
        file = folder / f"nightly-export-{number:03}.json"
        file.write_text(json.dumps({**request, "family": file.stem}, indent=2), encoding="utf-8")
        files.append(file)
    return files
