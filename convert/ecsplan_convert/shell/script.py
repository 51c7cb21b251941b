"""What a shell script does with `aws ecs`, read once from its beginning to its end."""

import re
from collections.abc import Sequence
from dataclasses import field
from typing import Final

from ecsplan.terms.records import dataclass
from ecsplan_convert.references import has_reference
from ecsplan_convert.shell.aws_command import Call, call_of
from ecsplan_convert.shell.aws_options import REGISTER, SKELETON
from ecsplan_convert.shell.commands import DECLARES, commands_of
from ecsplan_convert.shell.parameters import Parameters
from ecsplan_convert.shell.requests import Request, request_of
from ecsplan_convert.shell.syntax import Command, Opaque, Output, Parameter, Word
from ecsplan_convert.shell.values import Value, joined, literal, lost, registered
from ecsplan_convert.shell.wrappers import aws_arguments
from ecsplan_convert.source import ReadSourceFile

MAX_DEPTH: Final = 8
"""Scripts within scripts: `bash -c "…"`."""
_SHELLS: Final = frozenset({"sh", "bash", "dash", "zsh", "ksh"})
_RESERVED: Final = re.compile("[\ue000-\ue003]")
_REGIONS: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")
_DESCRIBE: Final = ("ecs", "describe-task-definition")


@dataclass(frozen=True, slots=True)
class Called:
    """A call of an operation that makes a job.

    Attributes:
        call: The call.
        request: The request that it sends.
        within: The compound commands around it, the outermost first.
        region: The region that it or the script names; None where there is none.
        profile: Whether it or the script chooses a profile.
    """

    call: Call
    request: Request
    within: tuple[str, ...]
    region: Value | None
    profile: bool


@dataclass(slots=True)
class Script:
    """What is in a script.

    Attributes:
        registered: Its calls of `register-task-definition`, in their order.
        run: Its calls of `run-task`, in their order.
        parameters: Its parameters as they are at its end.
        operations: Other operations of AWS that it calls: `ecs wait`.
        others: The names of other commands that it runs.
        notes: What could not be kept that belongs to no call.
    """

    parameters: Parameters
    registered: list[Called] = field(default_factory=list)
    run: list[Called] = field(default_factory=list)
    operations: dict[str, None] = field(default_factory=dict)
    others: dict[str, None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)


def read_script(text: str, read: ReadSourceFile) -> Script:
    """Return what a script does with `aws ecs`.

    Raises:
        ConversionError: The script, or the value of an option, cannot be read.
    """
    commands = commands_of(clean(text))
    reader = _Reader(commands, read)
    reader.commands(commands)
    return reader.script


def clean(text: str) -> str:
    """Return a text without the characters that stand for references and for lost expansions."""
    return _RESERVED.sub("\ufffd", text)


def _normalized(path: str) -> str:
    """Return a path without `./` at its beginning."""
    while path.startswith("./"):
        path = path[2:].lstrip("/")
    return path


def _is_own_folder(commands: Sequence[Command]) -> bool:
    """Return whether commands print the folder of the script, or the one that it is run in."""
    names = [each.words[0].keyword for each in commands if each.words]
    parts = [part for each in commands for word in each.words for part in word.parts]
    if names == ["dirname"]:
        shown = (part.shown if isinstance(part, Opaque) else "" for part in parts)
        named = (part.name if isinstance(part, Parameter) else "" for part in parts)
        return any(each == "0" or "BASH_SOURCE" in each for each in (*shown, *named))
    nested = [part.commands for part in parts if isinstance(part, Output)]
    goes_there = names == ["cd", "pwd"] and len(nested) == 1 and _is_own_folder(nested[0])
    return names == ["pwd"] or goes_there


class _Reader:
    """Follows the commands of a script."""

    def __init__(self, commands: Sequence[Command], read: ReadSourceFile) -> None:
        self.script = Script(Parameters(commands, self._output))
        self._read = read
        self._files: dict[str, Value | None] = {}
        self._within: tuple[str, ...] = ()
        self.script.parameters.define("PWD", ".")
        self._depth = 0

    def commands(self, commands: Sequence[Command]) -> Value | None:
        """Follow commands; return what the last of them prints, None where that is not known."""
        printed: Value | None = None
        around = self._within
        for each in commands:
            self._within = (*around, *each.within)
            printed = self._command(each)
        self._within = around
        return printed

    def _command(self, command: Command) -> Value | None:
        parameters = self.script.parameters
        name = command.words[0].plain if command.words else None
        if name in {"for", "select"}:
            self._loop(command)
            return None
        if not command.words or name in DECLARES:
            for each in command.assignments:
                parameters.assign(each, self._within, command.line)
            return None
        given = {each.name: parameters.value(each.value) for each in command.assignments if each.value}
        values = list(parameters.words(command.words))
        document = None if command.document is None else parameters.value(command.document)
        if command.is_header or not values:
            return None
        printed = self._effect(command, values, given, document)
        self._write(command, values, printed)
        return printed

    def _loop(self, command: Command) -> None:
        # Command substitutions among the items may call `aws`, too.
        list(self.script.parameters.words(command.words[2:]))
        if len(command.words) > 1 and (name := command.words[1].plain):
            self.script.parameters.compute(name, "it is the variable of a loop")

    def _effect(
        self, command: Command, values: list[Value], given: dict[str, Value], document: Value | None
    ) -> Value | None:
        """Note what a command does; return what it prints, None where that is not known."""
        found = aws_arguments(values)
        if found is not None:
            arguments, texts = found
            for each in texts:
                key, _, value = each.partition("=")
                given[key] = literal(value, command.line)
            return self._aws(arguments, given, command.line)
        name = values[0].text.rpartition("/")[2]
        if name in {"cat", "tee"} and document is not None:
            return document
        if name == "cat" and len(values) == 2:
            return self._file(values[1])
        if name in {"echo", "printf"}:
            return self._printed(name, values[1:], command.line)
        if name in {"read", "getopts"}:
            variables = [each for word in command.words[1:] if (each := word.keyword).isidentifier()]
            reads_all = any(each.text == "-d" for each in values) and len(variables) == 1
            for variable in variables:
                if document is not None and reads_all:
                    # `read -r -d '' NAME <<EOF` reads the whole here-document.
                    self.script.parameters.bind(variable, document.mapped(str.strip))
                else:
                    self.script.parameters.compute(variable, "the script reads it when it runs")
            return None
        if (name in _SHELLS and len(values) > 2 and values[1].text.endswith("c")) or name == "eval":
            return self._inner(values[2 if name in _SHELLS else 1 :][:1] if name in _SHELLS else values[1:])
        if values[0].text and not values[0].lost and not has_reference(values[0].text):
            self.script.others.setdefault(name)
        return None

    def _inner(self, values: list[Value]) -> Value | None:
        """Follow a script that is an argument."""
        text = " ".join(each.resolved for each in values)
        if self._depth >= MAX_DEPTH or "aws" not in text:
            return None
        if any(each.lost for each in values) or has_reference(text):
            self.script.notes.setdefault(
                "a script within the script has values of its variables in it, and is not read"
            )
            return None
        self._depth += 1
        printed = self.commands(commands_of(text))
        self._depth -= 1
        return printed

    def _printed(self, name: str, values: list[Value], line: int) -> Value | None:
        texts = [each for each in values if each.text not in {"-n", "-e", "-r"}]
        if name == "printf":
            if not texts or texts[0].text not in {"%s", "%s\n", "%s\\n"}:
                return None
            texts = texts[1:]
        return joined(texts, line, " ")

    def _file(self, name: Value) -> Value | None:
        if name.lost or has_reference(name.resolved):
            return None
        try:
            return self._content(name.resolved, name.line)
        except (OSError, UnicodeError):
            return None

    def _content(self, path: str, line: int) -> Value:
        """Return the text of a file: of one that the script writes, what it writes there."""
        known = _normalized(path)
        if known in self._files:
            written = self._files[known]
            if written is None:
                raise OSError(0, "the script writes this file when it runs")
            return written
        return literal(clean(self._read(known)), line)

    def _write(self, command: Command, values: list[Value], printed: Value | None) -> None:
        targets = [] if command.target is None else [self.script.parameters.value(command.target)]
        if values[0].text == "tee":
            targets += [each for each in values[1:] if not each.text.startswith("-")]
        for each in targets:
            if not each.lost and not has_reference(each.resolved) and not each.resolved.startswith("/dev/"):
                self._files[_normalized(each.resolved)] = printed

    def _output(self, output: Output) -> Value:
        """Return what a command substitution stands for."""
        line = output.commands[0].line if output.commands else 0
        before = len(self.script.registered)
        self._depth += 1
        printed = self.commands(output.commands) if self._depth <= MAX_DEPTH else None
        self._depth -= 1
        if len(output.commands) == 1 and printed is not None:
            # A shell removes the newlines at the end of what a command prints.
            return printed.mapped(lambda text: text.rstrip("\n"))
        if _is_own_folder(output.commands):
            return literal(".", line)
        if len(self.script.registered) > before:
            return registered(len(self.script.registered) - 1, line)
        described = self._described(output.commands)
        if described is not None:
            return described
        names = (each.words[0].plain for each in output.commands if each.words)
        shown = f"$({next((each for each in names if each), '')} …)"
        return lost(shown, line, self._linked(output.commands))

    def _described(self, commands: Sequence[Command]) -> Value | None:
        """Return the family whose newest definition commands look up; None where they do something else."""
        if not any("taskDefinitionArn" in (word.plain or "") for each in commands for word in each.words):
            return None
        for command in commands:
            arguments, _ = aws_arguments(list(self.script.parameters.words(command.words))) or ([], [])
            texts = [each.text for each in arguments]
            if all(each in texts for each in _DESCRIBE) and "--task-definition" in texts[:-1]:
                return arguments[texts.index("--task-definition") + 1]
        return None

    def _linked(self, commands: Sequence[Command]) -> int | None:
        """Return the registered definition whose description commands take apart; None without one."""
        words: list[Word] = []
        for each in commands:
            words += each.words
            if each.document is not None:
                words.append(each.document)
        values = (each for word in words for each in self.script.parameters.words([word]))
        return next((each.definition for each in values if each.definition is not None), None)

    def _aws(self, arguments: list[Value], given: dict[str, Value], line: int) -> Value | None:
        call = call_of(arguments, line)
        if not isinstance(call, Call):
            self.script.operations.setdefault(" ".join(call))
            return None
        if SKELETON in call.options:
            self.script.notes.setdefault(
                f"`aws ecs {call.operation}` on line {line} prints a skeleton and makes no request"
            )
            return None
        request = request_of(call, self._content)
        parameters = self.script.parameters
        region = call.global_options.get("--region", (None,))[0]
        for name in _REGIONS:
            region = region or given.get(name) or parameters.exported(name)
        profile = "--profile" in call.global_options or "AWS_PROFILE" in given
        called = Called(
            call, request, self._within, region, profile or parameters.exported("AWS_PROFILE") is not None
        )
        if call.operation == REGISTER:
            self.script.registered.append(called)
            return registered(len(self.script.registered) - 1, line)
        self.script.run.append(called)
        return None
