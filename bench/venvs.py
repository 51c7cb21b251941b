"""The virtual environments that peers run in: built from pinned lists, in an ignored folder."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
PEERS = {
    "aws-cli": ("awscli",),
    "boto3": ("boto3",),
    "ecs-deploy": ("ecs-deploy",),
    "prefect": ("prefect-aws", "prefect"),
    "checkers": ("check-jsonschema", "cfn-lint"),
    "plot": ("matplotlib",),
}
"""Environment -> the packages in it that the tables name. `peers/NAME.txt` pins all of its packages."""
PEERS_WANTED = "ECSPLAN_BENCH_PEERS"
"""Set to `no`, it has the benchmark measure ecsplan alone and build no environment."""
_LIMIT_S = 900


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment that is there."""

    folder: Path

    def program(self, name: str) -> str:
        """Return the path of one of its programs."""
        return str(self.folder / "bin" / name)


@dataclass(frozen=True, slots=True)
class Missing:
    """An environment that could not be built, and why."""

    reason: str


def environment(name: str) -> Environment | Missing:
    """Return a peer's environment, built if it is not there or its pins have changed."""
    if os.environ.get(PEERS_WANTED) == "no":
        return Missing(f"{PEERS_WANTED} is no")
    pins = BENCH / "peers" / f"{name}.txt"
    folder = ROOT / ".venvs" / name
    stamp, want = folder / ".ready", hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == want:
        return Environment(folder)
    print(f"building the environment {name} ...", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    # The constraints of the project itself are not the peers'.
    env = {key: value for key, value in os.environ.items() if key != "PIP_CONSTRAINT"}
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps", "-r", str(pins)],
    ):
        try:
            subprocess.run(command, env=env, check=True, capture_output=True, timeout=_LIMIT_S)
        except subprocess.CalledProcessError as error:
            return Missing(f"its environment could not be built: {command[2]} ended with {error.returncode}")
        except (OSError, subprocess.TimeoutExpired) as error:
            return Missing(f"its environment could not be built: {type(error).__name__}")
    stamp.write_text(want)
    return Environment(folder)


def versions() -> dict[str, str]:
    """Return package -> version of the peers, as pinned."""
    found = {}
    for name, packages in PEERS.items():
        pinned = dict(
            line.split("==") for line in (BENCH / "peers" / f"{name}.txt").read_text().splitlines() if line
        )
        found.update({package: pinned[package] for package in packages})
    return found


def ecsplan() -> list[str]:
    """Return the command of the ecsplan under measurement: of the environment that runs the benchmark."""
    script = Path(sys.executable).with_name("ecsplan")
    if script.is_file():
        return [str(script)]
    return [sys.executable, "-c", "from ecsplan_cli.start import start; start()"]


def clean_environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return environment variables that hold nothing of the caller's: no profile, no region, no proxy.

    Args:
        home: An empty folder, as home and for state.
        extra: Variables to add.
    """
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "XDG_STATE_HOME": str(home / "state"),
        "LANG": "C.UTF-8",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_COLOR": "1",
        **(extra or {}),
    }
