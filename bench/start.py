"""Measure whole commands as seen from the shell, compared with the minimum that any such command needs."""

import re
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path

from results import Findings, Table
from timing import interleave, run
from venvs import BENCH, Missing, clean_environment, ecsplan, environment

MANIFEST = BENCH / "nightly.yaml"
_ROUNDS, _QUICK_ROUNDS = 20, 3
_SLOW_ROUNDS = 3


def measure(home: Path, *, quick: bool) -> Findings:
    """Return the start-up times of commands, each run in fresh processes and in turns."""
    env, python, own = clean_environment(home), sys.executable, ecsplan()
    cli, prefect = environment("aws-cli"), environment("prefect")
    commands = {
        "python -c pass": [python, "-c", "pass"],
        "import click": [python, "-c", "import click"],
        "ecsplan --help": [*own, "--help"],
        "ecsplan --version": [*own, "--version"],
        "import click, ruamel.yaml, jsonschema": [python, "-c", "import click, ruamel.yaml, jsonschema"],
        "ecsplan compile --offline": [*own, "compile", "--offline", str(MANIFEST)],
        "ecsplan check": [*own, "check", str(MANIFEST)],
    }
    if not isinstance(cli, Missing):
        commands["aws --version"] = [cli.program("aws"), "--version"]

    def wall_ms(command: list[str]) -> float:
        return run(command, env=env).wall_s * 1000

    took = interleave(
        {name: partial(wall_ms, each) for name, each in commands.items()},
        _QUICK_ROUNDS if quick else _ROUNDS,
    )
    if not isinstance(prefect, Missing):
        command = [prefect.program("python"), "-c", "import prefect_aws.workers.ecs_worker"]
        slow = {"import Prefect's ECS worker": partial(wall_ms, command)}
        took |= interleave(slow, 1 if quick else _SLOW_ROUNDS)
    median = {name: each.median for name, each in took.items()}
    floor = median["import click, ruamel.yaml, jsonschema"]

    findings = Findings()

    def compare(name: str, other: str, limit: float) -> None:
        findings.at_most(
            f"`{name}`, whole process",
            f"{took[name]:.0f} ms",
            against=f"`{other}`: {took[other]:.0f} ms",
            ratio=median[name] / median[other],
            limit=limit,
        )

    compare("ecsplan compile --offline", "import click, ruamel.yaml, jsonschema", 1.5)
    if isinstance(cli, Missing):
        findings.not_measured("`ecsplan compile --offline` and `aws --version`", "under 0.6", cli.reason)
    else:
        compare("ecsplan compile --offline", "aws --version", 0.6)
    for name in ("ecsplan --help", "ecsplan --version"):
        compare(name, "import click", 1.3)
    rows = [(f"`{name}`", f"{each:.0f}", f"{each.median / floor:.2f}") for name, each in took.items()]
    findings.tables += [
        Table("Start-up: whole processes", ("command", "ms", "of the three imports"), rows),
        _imports(env),
    ]
    return findings


def _imports(env: dict[str, str]) -> Table:
    """Return the import time of `compile --offline` by package, as measured by Python."""
    main = "from ecsplan_cli.main import main; main()"
    command = [sys.executable, "-X", "importtime", "-c", main, "compile", "--offline", str(MANIFEST)]
    rows = []
    listing = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stderr
    self_us: Counter[str] = Counter()
    modules: Counter[str] = Counter()
    # The second column is cumulative; only the time of a module itself can be summed up.
    for took, name in re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)", listing):
        whose = _whose(name.partition(".")[0])
        self_us[whose] += int(took)
        modules[whose] += 1
    for whose, took_us in self_us.most_common():
        rows.append((whose, str(modules[whose]), f"{took_us / 1000:.0f}"))
    rows.append(("all", str(modules.total()), f"{self_us.total() / 1000:.0f}"))
    note = "One run with `-X importtime`, which itself slows each import down."
    return Table("Start-up: imports of `ecsplan compile --offline`", ("package", "modules", "ms"), rows, note)


def _whose(package: str) -> str:
    if package in {"ecsplan", "ecsplan_cli", "ecsplan_applier", "ecsplan_local"}:
        return package
    if package in sys.stdlib_module_names or package.startswith("_"):
        return "standard library"
    return package
