"""The benchmark: measure ecsplan and its peers side by side, and write the figures and a plot.

python bench/run.py all                  everything except the soak, into bench/RESULTS.md (`make bench`)
python bench/run.py start tasks --quick  selected parts, few rounds, printed
"""

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from results import Findings, page
from timing import FailedError
from venvs import BENCH, Missing, environment

PARTS = {
    "start": ("start",),
    "compile": ("inprocess", "folders"),
    "check": ("checking",),
    "init": ("converting",),
    "verify": ("verifying",),
    "apply": ("applying", "showing", "lookups"),
    "tasks": ("tasks", "noticing"),
    "fleet": ("many_tasks", "order"),
    "ledger": ("ledger",),
    "logs": ("reading_logs",),
    "runs": ("listing",),
    "soak": ("soak",),
}
"""Part -> the modules that measure it: `measure(home, quick=...)` of each returns `Findings`."""


def main() -> int:
    arguments = argparse.ArgumentParser(description="Measure ecsplan against its peers.")
    arguments.add_argument(
        "parts", nargs="*", metavar="PART", help=f"all (default; without soak), or of: {', '.join(PARTS)}"
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
    parts = [name for name in PARTS if name in options.parts or (everything and name != "soak")]
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
    for name in (module for part in parts for module in PARTS[part]):
        begin = time.perf_counter()
        print(f"{name} ...", file=sys.stderr, flush=True)
        # Imported here, so that a part without its peers' packages does not prevent the others.
        module = importlib.import_module(name)
        with tempfile.TemporaryDirectory(prefix="ecsplan-bench-") as home:
            try:
                findings.add(module.measure(Path(home), quick=quick))
            except (FailedError, RuntimeError, ValueError, OSError) as error:
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
