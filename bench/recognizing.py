"""What it costs to recognize files of other tools, as a part of checking a manifest."""

import sys
from functools import partial
from pathlib import Path

from imports import imports_of
from inprocess import best_ms
from results import Findings, Table
from venvs import BENCH, clean_environment

from ecsplan import compile_manifest
from ecsplan.source.jobs import foreign_of
from ecsplan.yaml.parse import parse

_MANIFEST = BENCH / "nightly.yaml"
_CALLS = 100
_SHARE = 0.02
_WORDS = f"at most {_SHARE:.0%}"


def measure(home: Path, *, quick: bool) -> Findings:
    """Return which part of checking a manifest goes into recognizing that it is one."""
    findings, least_s = Findings(), 0.1 if quick else 1.0
    manifest = _MANIFEST.read_text(encoding="utf-8")
    right = _took_ms(manifest, least_s)
    misspelt = _took_ms(manifest.replace("\ncommand:", "\ncomand:"), least_s)
    _bound(findings, "recognizing foreign files, part of checking a manifest in process", *right)
    check = ["-c", "from ecsplan_cli.main import main; main()", "check", str(_MANIFEST)]
    imports = imports_of([sys.executable, *check], clean_environment(home))
    loading_ms = imports.of_ms("ecsplan.foreign")
    _bound(
        findings,
        "the modules that recognize foreign files, part of the imports of `check`",
        loading_ms,
        imports.all_ms(),
    )
    rows = [
        (name, f"{recognizing_ms:.4f}", f"{checking_ms:.2f}", f"{recognizing_ms / checking_ms:.2%}")
        for name, (recognizing_ms, checking_ms) in (("right", right), ("with a misspelt key", misspelt))
    ]
    note = "Only a document with a key that no manifest has is compared with the formats of other tools."
    head = ("a manifest that is", "recognizing, ms", "checking, ms", "part")
    findings.tables.append(Table("Recognizing foreign files, in one process", head, rows, note))
    return findings


def _took_ms(text: str, least_s: float) -> tuple[float, float]:
    """Return the milliseconds of recognizing what a text is, and those of checking it."""
    (root,) = parse(text, _MANIFEST.name).roots

    def recognize() -> None:
        for _ in range(_CALLS):
            if foreign_of(root) is not None:
                raise ValueError("the manifest of the benchmark was taken for a foreign file")

    checking_ms = best_ms(partial(compile_manifest, text, file=_MANIFEST.name), least_s)
    return best_ms(recognize, least_s) / _CALLS, checking_ms


def _bound(findings: Findings, what: str, part_ms: float, whole_ms: float) -> None:
    findings.at_most(
        what,
        f"{part_ms:.2g} ms",
        against=f"all of it: {whole_ms:.3g} ms",
        ratio=part_ms / whole_ms,
        limit=_SHARE,
        words=_WORDS,
    )
