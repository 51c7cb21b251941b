"""The size of the image: what the steps of the Dockerfile add, and its base image."""

import sys
from pathlib import Path

from results import Findings, Table
from timing import FailedError
from venvs import ROOT

# Where the tests keep what carries out the steps of the Dockerfile.
sys.path.append(str(ROOT / "tests" / "support"))

from image_steps import BASE_MIB, MAX_MIB, carry_out_build, carry_out_trial, size_of


def measure(home: Path, **_: bool) -> Findings:
    """Return the size of the image, from carrying out its steps on this machine."""
    findings = Findings()
    root, work, compiled = home / "image", home / "work", home / "compiled"
    for each in (root, work, compiled):
        each.mkdir()
    try:
        carry_out_build(root)
        library_mib = carry_out_trial(root, work, compiled) / 2**20
    except AssertionError as error:
        raise FailedError(f"a step of the Dockerfile failed: {error}") from None
    packages_mib = size_of(root / "opt" / "ecsplan") / 2**20
    all_mib = BASE_MIB + packages_mib + library_mib
    findings.at_most(
        "the image, from the steps of its Dockerfile",
        f"{all_mib:.0f} MiB",
        against=f"of which {BASE_MIB} MiB are its base, as Docker lists it",
        ratio=all_mib,
        limit=MAX_MIB,
        words=f"under {MAX_MIB} MiB",
    )
    rows = [
        ("the base image", str(BASE_MIB)),
        ("ecsplan and the packages that it needs", f"{packages_mib:.1f}"),
        ("Python's library, compiled", f"{library_mib:.1f}"),
    ]
    note = (
        "No container engine takes part: the steps of the Dockerfile were carried out on this machine,\n"
        "below a folder in place of `/`, with this machine's Python. The base image is python:3.x-alpine,\n"
        "which Docker lists with 43 to 50 MB."
    )
    findings.tables.append(Table("The image", ("part", "MiB"), rows, note))
    return findings
