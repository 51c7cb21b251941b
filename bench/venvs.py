"""The virtual environments of peers, built from pinned requirements in a git-ignored directory."""

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
"""Environment -> the packages that the tables mention. `peers/NAME.txt` pins all packages of it."""
PEERS_WANTED = "ECSPLAN_BENCH_PEERS"
"""If this variable is `no`, the benchmark measures ecsplan alone and builds no environment."""
_LIMIT_S = 900


@dataclass(frozen=True, slots=True)
class Environment:
    """An existing environment."""

    folder: Path

    def program(self, name: str) -> str:
        """Return the path of a program in it."""
        return str(self.folder / "bin" / name)


@dataclass(frozen=True, slots=True)
class Missing:
    """An environment that could not be built, with the reason."""

    reason: str


def environment(name: str) -> Environment | Missing:
    """Return the environment of a peer, built if it is missing or its pins have changed."""
    if os.environ.get(PEERS_WANTED) == "no":
        return Missing(f"{PEERS_WANTED} is no")
    pins = BENCH / "peers" / f"{name}.txt"
    folder = ROOT / ".venvs" / name
    stamp, want = folder / ".ready", hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == want:
        return Environment(folder)
    print(f"building the environment {name} ...", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    # The constraints of this project do not apply to the peers.
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
    # Written last, so that an interrupted build is repeated.
    stamp.write_text(want)
    return Environment(folder)


def versions() -> dict[str, str]:
    """Return package -> pinned version of the peers."""
    found = {}
    for name, packages in PEERS.items():
        pinned = dict(
            line.split("==") for line in (BENCH / "peers" / f"{name}.txt").read_text().splitlines() if line
        )
        found.update({package: pinned[package] for package in packages})
    return found


def program(name: str) -> str:
    """Return the path of a program in the environment that runs the benchmark."""
    return str(Path(sys.executable).with_name(name))


def ecsplan() -> list[str]:
    """Return the command of the measured ecsplan, from the environment that runs the benchmark."""
    script = Path(sys.executable).with_name("ecsplan")
    if script.is_file():
        return [str(script)]
    return [sys.executable, "-c", "from ecsplan_cli.start import start; start()"]


def clean_environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return environment variables without any of the caller's: no profile, region or proxy.

    Args:
        home: An empty directory, for home and state.
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
