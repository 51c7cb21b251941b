"""How much is printed where much could be: the end of a large apply, and a mistake in hundreds of files."""

from pathlib import Path

from endpoint import served
from jobs import job, life, planned, script
from results import Findings
from timing import FailedError, run
from venvs import clean_environment, ecsplan

_JOBS, _QUICK_JOBS = 200, 20
_FILES, _QUICK_FILES = 450, 45
_MAX_BYTES = 4096
_MAX_LINES = 12
_REGION = "eu-south-1"
_MISTAKEN = """\
image: 111122223333.dkr.ecr.eu-south-1.amazonaws.com/etl:1
command: [load, '{}']
"""
"""An image in ECR that Fargate cannot pull without an execution role."""


def measure(home: Path, *, quick: bool) -> Findings:
    """Return the bytes that an apply prints off a terminal, and the lines of a check of many files."""
    findings = Findings()
    _apply(findings, home, _QUICK_JOBS if quick else _JOBS)
    _check(findings, home / "mistaken", _QUICK_FILES if quick else _FILES)
    return findings


def _apply(findings: Findings, home: Path, count: int) -> None:
    failing = life("failing", 1.5)
    failing["timeline"] = [
        {"at": 0.5, "status": "RUNNING", "log": "connecting to the database"},
        {"at": 1.5, "status": "STOPPED", "exitCode": 7},
    ]
    lives = script()
    jobs = {f"job-{number:03}": job("brief", logs=True) for number in range(count - 1)}
    with served(home, {**lives, "tasks": [failing, *lives["tasks"]]}) as endpoint:
        plan = planned(endpoint, {**jobs, "load": job("failing", logs=True)}, _REGION)
        ran = run([*ecsplan(), "apply", str(plan)], env=endpoint.environment(_REGION), accept=(1,))
    if f"1 of {count} tasks failed: load." not in ran.errors:
        raise FailedError(f"the apply does not say that one job failed: {ran.errors[-300:]}")
    size = len(ran.errors.encode())
    findings.at_most(
        f"`apply` of {count} jobs of which one fails, on stderr off a terminal",
        f"{size:,} bytes in {ran.errors.count(chr(10))} lines",
        ratio=size,
        limit=_MAX_BYTES,
        words="at most 4 KiB",
    )


def _check(findings: Findings, folder: Path, count: int) -> None:
    folder.mkdir()
    for number in range(count):
        (folder / f"job-{number:03}.yaml").write_text(_MISTAKEN.format(number), encoding="utf-8")
    ran = run([*ecsplan(), "check", str(folder)], env=clean_environment(folder.parent), accept=(1,))
    if f"{count} errors" not in ran.errors:
        raise FailedError(f"not every file has its mistake: {ran.errors[-300:]}")
    lines = (ran.output + ran.errors).count("\n")
    findings.at_most(
        f"`check` of {count} files with one repeated mistake",
        f"{lines} lines",
        ratio=lines,
        limit=_MAX_LINES,
        words=f"at most {_MAX_LINES} lines",
    )
