"""What ShellCheck says of a script."""

import json
import subprocess
import sys
from pathlib import Path

SHELLCHECK = Path(sys.executable).with_name("shellcheck")


def complaints(script: str, shell: str) -> list[str]:
    """Return ShellCheck's findings in a script, as `LINE: MESSAGE`."""
    done = subprocess.run(
        [str(SHELLCHECK), "--norc", "--shell", shell, "--format", "json", "-"],
        input=script,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode in {0, 1}, done.stderr
    return [f"{each['line']}: SC{each['code']} {each['message']}" for each in json.loads(done.stdout)]
