"""Measure whole commands as seen from the shell, compared with the minimum that any such command needs."""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from imports import imports_of
from results import BOTO3, CLI, DEPLOY, LINT, NOT_MEASURED, OWN, PREFECT, SCHEMA, Findings, Table
from timing import Spread, interleave, run
from venvs import BENCH, Missing, clean_environment, ecsplan, environment

MANIFEST = BENCH / "nightly.yaml"
_ROUNDS, _QUICK_ROUNDS = 20, 3
_PEER_ROUNDS = 3
_COMPILE, _FLOOR, _AWS = "ecsplan compile --offline", "import click, ruamel.yaml, jsonschema", "aws --version"
_TIMES_FLOOR, _TIMES_AWS = 1.3, 0.5
_VALIDATING_FLOOR, _VALIDATING_AWS = 1.5, 0.6
"""The bounds of a command that validates every manifest with jsonschema itself, as it does."""
_TIMES_CLICK = 1.3
_PEERS = {
    BOTO3: ("boto3", "import boto3", ("python", "-c", "import boto3")),
    CLI: ("aws-cli", _AWS, ("aws", "--version")),
    PREFECT: (
        "prefect",
        "import Prefect's ECS worker",
        ("python", "-c", "import prefect_aws.workers.ecs_worker"),
    ),
    DEPLOY: ("ecs-deploy", "ecs --version", ("ecs", "--version")),
    SCHEMA: ("checkers", "check-jsonschema --version", ("check-jsonschema", "--version")),
    LINT: ("checkers", "cfn-lint --version", ("cfn-lint", "--version")),
}
"""Peer -> its environment, the name of what starts it, and the program in its environment with arguments."""


def measure(home: Path, *, quick: bool) -> Findings:
    """Return the start-up times of commands, each run in fresh processes and in turns."""
    env, python, own = clean_environment(home), sys.executable, ecsplan()
    commands = {
        "python -c pass": [python, "-c", "pass"],
        "import click": [python, "-c", "import click"],
        "ecsplan --help": [*own, "--help"],
        "ecsplan --version": [*own, "--version"],
        _FLOOR: [python, "-c", _FLOOR],
        _COMPILE: [*own, "compile", "--offline", str(MANIFEST)],
        "ecsplan check": [*own, "check", str(MANIFEST)],
    }
    peers, reasons = _peers()
    # A bound refers to it: it takes part in the turns of ecsplan.
    if _AWS in peers:
        commands[_AWS] = peers.pop(_AWS)

    def wall_ms(command: list[str]) -> float:
        return run(command, env=env).wall_s * 1000

    took = interleave(
        {name: partial(wall_ms, each) for name, each in commands.items()},
        _QUICK_ROUNDS if quick else _ROUNDS,
    )
    if peers:
        took |= interleave(
            {name: partial(wall_ms, each) for name, each in peers.items()}, 1 if quick else _PEER_ROUNDS
        )
    main = ["-c", "from ecsplan_cli.main import main; main()"]
    imports = imports_of([python, *main, "compile", "--offline", str(MANIFEST)], env)
    findings = Findings()
    least = imports_of([python, "-c", _FLOOR], env)
    _bounds(findings, took, imports.explained(least), reasons)
    names = {OWN: "ecsplan --version"} | {peer: name for peer, (_, name, _) in _PEERS.items()}
    findings.side_by_side(
        "starting up (`--version`; boto3 and Prefect: the import), ms",
        {peer: f"{took[name]:.0f}" if name in took else NOT_MEASURED for peer, name in names.items()},
    )
    floor = took[_FLOOR].median
    rows = [(f"`{name}`", f"{each:.0f}", f"{each.median / floor:.2f}") for name, each in took.items()]
    findings.tables += [
        Table("Start-up: whole processes", ("command", "ms", "of the three imports"), rows),
        imports.table("Start-up: imports of `ecsplan compile --offline`"),
    ]
    return findings


def _peers() -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the commands that start the peers, and why others cannot be started, by their names."""
    commands, reasons = {}, {}
    for where, name, (program, *arguments) in _PEERS.values():
        place = environment(where)
        if isinstance(place, Missing):
            reasons[name] = place.reason
        else:
            commands[name] = [place.program(program), *arguments]
    return commands, reasons


def _bounds(
    findings: Findings, took: Mapping[str, Spread], imported: str, reasons: Mapping[str, str]
) -> None:
    """Add the bounds.

    Args:
        findings: What they are added to.
        took: Command -> its milliseconds.
        imported: What compiling imports, beside the three imports, in words.
        reasons: Command that could not be measured -> the reason.
    """

    def compare(name: str, other: str, limit: float, why: str = "") -> None:
        what = f"`{name}`, whole process"
        if other not in took:
            findings.not_measured(f"{what}, and `{other}`", f"at most {limit:g}", reasons[other])
            return
        findings.at_most(
            what,
            f"{took[name]:.0f} ms",
            against=f"`{other}`: {took[other]:.0f} ms",
            ratio=took[name].median / took[other].median,
            limit=limit,
            why=why,
        )

    for other, limit, validating in (
        (_FLOOR, _TIMES_FLOOR, _VALIDATING_FLOOR),
        (_AWS, _TIMES_AWS, _VALIDATING_AWS),
    ):
        if other in took:
            held = took[_COMPILE].median / took[other].median <= validating
            why = (
                f"{imported} Since jsonschema validates every manifest, the bound is {validating}, "
                f"which is {'held' if held else 'missed as well'}."
            )
        compare(_COMPILE, other, limit, why if other in took else "")
    for name in ("ecsplan --help", "ecsplan --version"):
        compare(name, "import click", _TIMES_CLICK)
