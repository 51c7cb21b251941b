"""A runner for composite actions: it carries out the steps of an action.yml as GitHub's runner does.

Only what this project's action uses is understood; anything else fails the test rather than being skipped.
Sources: docs.github.com, metadata syntax, expressions, workflow commands; actions/runner, `action_yaml.json`.
"""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

LIMIT_S = 120.0
_EXPRESSION = re.compile(r"\$\{\{(?P<inner>.*?)\}\}", re.DOTALL)
_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<sign>==|!=|&&|\|\||[()])|(?P<name>[\w.-]+))")
_SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
"""`shell: bash`, as the runner starts it."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was carried out.

    Attributes:
        name: Its name.
        status: Its exit status.
        log: What it printed, both streams.
        environment: The names and values that its `env` has set.
    """

    name: str
    status: int
    log: str
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a use of the action."""

    steps: tuple[Step, ...]
    outputs: Mapping[str, str]
    summary: str

    @property
    def status(self) -> int:
        """The exit status of the step that failed, or 0."""
        return next((each.status for each in self.steps if each.status), 0)

    @property
    def names(self) -> list[str]:
        return [each.name for each in self.steps]

    @property
    def log(self) -> str:
        return "".join(each.log for each in self.steps)

    def annotations(self, kind: str) -> list[str]:
        """Return the messages of the annotations of one kind."""
        found = re.findall(rf"^::{kind}(?: [^:]*)?::(.*)$", self.log, re.MULTILINE)
        return [each.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%") for each in found]


@dataclass
class Runner:
    """A job of a workflow whose steps use an action.

    Args:
        action: The folder of the action.
        folder: A folder for the runner's files.
        workspace: The folder of the checkout.
        environment: The environment of the job, without the files of a step.
        contexts: `github`, `matrix` and so on.
    """

    action: Path
    folder: Path
    workspace: Path
    environment: dict[str, str]
    contexts: dict[str, Any] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    _count: int = 0

    def use(
        self,
        inputs: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        *,
        during: Mapping[str, Callable[["subprocess.Popen[bytes]"], None]] | None = None,
    ) -> Outcome:
        """Carry out the steps of the action.

        Args:
            inputs: `with` of the step that uses it.
            env: `env` of that step.
            during: What to do with the process of a step while it runs, by the step's name.
        """
        document = YAML(typ="safe", pure=True).load((self.action / "action.yml").read_text("utf-8"))
        given = dict(inputs or {})
        declared = document["inputs"]
        assert set(given) <= set(declared), "GitHub warns of an input that is not declared"
        steps: dict[str, Any] = {}
        contexts = {"matrix": None, **self.contexts, "steps": steps}
        contexts["inputs"] = {
            name: given.get(name, expanded(str(each["default"]), contexts)) for name, each in declared.items()
        }
        done: list[Step] = []
        summary = ""
        for step in document["runs"]["steps"]:
            # Without a status function in it, a condition stands for `success() && (…)`.
            if any(each.status for each in done) or not condition(step.get("if", "true"), contexts):
                continue
            result, outputs, written = self._carry_out(step, contexts, dict(env or {}), dict(during or {}))
            done.append(result)
            summary += written
            if "id" in step:
                steps[step["id"]] = {"outputs": outputs}
        values = {name: expanded(each["value"], contexts) for name, each in document["outputs"].items()}
        return Outcome(tuple(done), values, summary)

    def _carry_out(
        self,
        step: Mapping[str, Any],
        contexts: Mapping[str, Any],
        env: Mapping[str, str],
        during: Mapping[str, Callable[["subprocess.Popen[bytes]"], None]],
    ) -> tuple[Step, dict[str, str], str]:
        assert set(step) <= {"name", "id", "if", "shell", "run", "env"}, step
        assert step["shell"] == "bash"
        assert not _EXPRESSION.search(step["run"]), "an expression in a shell's text can inject commands"
        self._count += 1
        folder = self.folder / f"step {self._count}"
        folder.mkdir()
        script = folder / "script.sh"
        script.write_text(step["run"], "utf-8")
        files = {
            name: folder / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")
        }
        for each in files.values():
            each.touch()
        own = {name: expanded(str(value), contexts) for name, value in step.get("env", {}).items()}
        environment = {
            **self.environment,
            **env,
            **own,
            **{name: str(path) for name, path in files.items()},
            "GITHUB_ACTION_PATH": str(self.action),
            "PATH": os.pathsep.join([*self.path, self.environment["PATH"]]),
        }
        process = subprocess.Popen(
            [*_SHELL, str(script)],
            cwd=self.workspace,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=(log := (folder / "log").open("wb")),
            stderr=subprocess.STDOUT,
        )
        try:
            if step["name"] in during:
                during[step["name"]](process)
            status = process.wait(LIMIT_S)
        finally:
            process.kill()
            process.wait()
            log.close()
        self.path = [*reversed(files["GITHUB_PATH"].read_text("utf-8").splitlines()), *self.path]
        text = (folder / "log").read_text("utf-8", "replace")
        outputs = assignments(files["GITHUB_OUTPUT"].read_text("utf-8"))
        done = Step(step["name"], status if status >= 0 else 128 - status, text, own)
        return done, outputs, files["GITHUB_STEP_SUMMARY"].read_text("utf-8")


def interrupted_once(there: Callable[[], bool]) -> Callable[["subprocess.Popen[bytes]"], None]:
    """Return what cancels a job once something is there: SIGINT to the process of the step alone."""

    def cancel(process: "subprocess.Popen[bytes]") -> None:
        while not there():
            assert process.poll() is None, "the step has ended before it could be cancelled"
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)

    return cancel


def assignments(text: str) -> dict[str, str]:
    """Return what a file of outputs says: NAME=VALUE, or NAME<<END, lines, END."""
    found: dict[str, str] = {}
    rows = iter(text.splitlines())
    for row in rows:
        if heredoc := re.fullmatch(r"([^=<]+)<<(.+)", row):
            value = []
            for line in rows:
                if line == heredoc[2]:
                    break
                value.append(line)
            else:
                raise AssertionError(f"the value of {heredoc[1]} does not end")
            found[heredoc[1]] = "\n".join(value)
        else:
            name, sign, value_text = row.partition("=")
            assert sign, row
            found[name] = value_text
    return found


def expanded(text: str, contexts: Mapping[str, Any]) -> str:
    """Return a text with its expressions replaced by their values."""
    return _EXPRESSION.sub(lambda found: _text(_evaluated(found["inner"], contexts)), text)


def condition(text: str, contexts: Mapping[str, Any]) -> bool:
    """Return whether an `if` holds, with or without `${{ }}` around it."""
    found = _EXPRESSION.fullmatch(text.strip())
    return bool(_evaluated(found["inner"] if found else text, contexts))


def _evaluated(text: str, contexts: Mapping[str, Any]) -> Any:
    tokens = []
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        assert found, f"not understood: {text[at:]}"
        tokens.append(found[0].strip())
        at = found.end()
    value, rest = _either(tokens, contexts)
    assert not rest, f"not understood: {rest}"
    return value


def _either(tokens: list[str], contexts: Mapping[str, Any]) -> tuple[Any, list[str]]:
    left, tokens = _both(tokens, contexts)
    while tokens[:1] == ["||"]:
        right, tokens = _both(tokens[1:], contexts)
        left = left or right
    return left, tokens


def _both(tokens: list[str], contexts: Mapping[str, Any]) -> tuple[Any, list[str]]:
    left, tokens = _compared(tokens, contexts)
    while tokens[:1] == ["&&"]:
        right, tokens = _compared(tokens[1:], contexts)
        left = left and right
    return left, tokens


def _compared(tokens: list[str], contexts: Mapping[str, Any]) -> tuple[Any, list[str]]:
    left, tokens = _single(tokens, contexts)
    if tokens[:1] in (["=="], ["!="]):
        right, rest = _single(tokens[1:], contexts)
        # GitHub compares texts without regard to case.
        same = _text(left).lower() == _text(right).lower()
        return same == (tokens[0] == "=="), rest
    return left, tokens


def _single(tokens: list[str], contexts: Mapping[str, Any]) -> tuple[Any, list[str]]:
    first, *rest = tokens
    if first == "(":
        value, rest = _either(rest, contexts)
        assert rest[:1] == [")"]
        return value, rest[1:]
    if first == "toJSON" and rest[:1] == ["("]:
        value, rest = _either(rest[1:], contexts)
        assert rest[:1] == [")"]
        return json.dumps(value, indent=2), rest[1:]
    if first.startswith("'"):
        return first[1:-1].replace("''", "'"), rest
    if first in {"true", "false"}:
        return first == "true", rest
    name, *members = first.split(".")
    assert name in contexts, f"there is no context '{name}'"
    value = contexts[name]
    for each in members:
        # What is not there is the empty text, as of a step that was not carried out.
        value = (value or {}).get(each, "") if isinstance(value, Mapping) or not value else ""
    return value, rest


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
