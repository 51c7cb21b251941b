"""The benchmark: measure ecsplan and its peers side by side, and write the figures and a plot.

python bench/run.py all                  all parts but soak and suite, into RESULTS.md (`make bench`)
python bench/run.py start tasks --quick  selected parts, few rounds, printed
"""

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from page import page
from results import Findings
from timing import FailedError
from venvs import BENCH, Missing, environment

PARTS: Mapping[str, Mapping[str, str]] = {
    "start": {"start": "Start-up", "embedded": "Start-up"},
    "compile": {"inprocess": "Compile", "folders": "Compile"},
    "check": {"checking": "Check", "recognizing": "Check"},
    "show": {"printing": "What people see", "showing": "What people see"},
    "init": {"converting": "In and out"},
    "verify": {"verifying": "Before and after"},
    "apply": {"applying": "Apply", "lookups": "Apply"},
    "tasks": {"tasks": "Apply"},
    "fleet": {"many_tasks": "Fleets"},
    "order": {"order": "Order"},
    "ledger": {"ledger": "Looking back"},
    "logs": {"reading_logs": "Looking back"},
    "runs": {"listing": "Looking back"},
    "image": {"image_size": "Distribution and documentation"},
    "docs": {"documentation": "Distribution and documentation"},
    "soak": {"soak": "Fleets"},
    "suite": {"suite": "Distribution and documentation"},
}
"""Part -> the modules that measure it, each with the subject that its bounds belong to.

`measure(home, quick=...)` of each module returns `Findings`.
"""
_FAILURES = (
    FailedError,
    RuntimeError,
    ValueError,
    LookupError,
    OSError,
    subprocess.SubprocessError,
    BotoCoreError,
    ClientError,
)
"""What a part may fail with: programs, files, and answers that are not as expected."""
ON_REQUEST = frozenset({"soak", "suite"})
"""The parts that are measured only where they are named."""


def main() -> int:
    arguments = argparse.ArgumentParser(description="Measure ecsplan against its peers.")
    arguments.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        help=f"all (default; without {' and '.join(sorted(ON_REQUEST))}), or of: {', '.join(PARTS)}",
    )
    arguments.add_argument("--quick", action="store_true", help="few rounds, small sizes")
    arguments.add_argument(
        "--output", type=Path, help="file to write [default: RESULTS.md for all, else stdout]"
    )
    options = arguments.parse_args()
    unknown = sorted(set(options.parts) - {*PARTS, "all"})
    if unknown:
        arguments.error(f"{unknown[0]!r} is not a part; choose from: all, {', '.join(PARTS)}")
    everything = not options.parts or "all" in options.parts
    parts = [name for name in PARTS if name in options.parts or (everything and name not in ON_REQUEST)]
    output = options.output or (BENCH / "RESULTS.md" if everything and not options.quick else None)

    findings = measured(parts, quick=options.quick)
    plot = draw(findings, output.parent / "cost.svg") if output and findings.curves else None
    text = page(findings, quick=options.quick, plot=plot)
    if output:
        output.write_text(text, encoding="utf-8")
        print(f"wrote {output.name}", file=sys.stderr)
    else:
        print(text)
    return 1 if findings.failed else 0


def measured(parts: list[str], *, quick: bool) -> Findings:
    """Return the results of the parts, each run with an empty directory of its own."""
    findings = Findings()
    for name, subject in (each for part in parts for each in PARTS[part].items()):
        begin = time.perf_counter()
        print(f"{name} ...", file=sys.stderr, flush=True)
        # Imported here, so that a part without its peers' packages does not prevent the others.
        module = importlib.import_module(name)
        with tempfile.TemporaryDirectory(prefix="ecsplan-bench-") as home:
            try:
                findings.add(module.measure(Path(home), quick=quick), subject)
            except _FAILURES as error:
                # The other parts have taken minutes; their figures must not be lost.
                print(f"{name} failed: {error}", file=sys.stderr)
                findings.failed.append(
                    f"`{name}`: {type(error).__name__}: {str(error).strip().rpartition(chr(10))[2]}"
                )
        print(f"{name}: {time.perf_counter() - begin:.0f} s", file=sys.stderr, flush=True)
    return findings


def draw(findings: Findings, file: Path) -> str | None:
    """Draw the curves into a file and return its name, or None if matplotlib is not available."""
    environ = environment("plot")
    if isinstance(environ, Missing):
        print(f"no plot: {environ.reason}", file=sys.stderr)
        return None
    command = [environ.program("python"), str(BENCH / "plot.py"), str(file)]
    subprocess.run(command, input=json.dumps(findings.curves), text=True, check=True)
    return file.name


if __name__ == "__main__":
    sys.exit(main())
