"""Rules about commands that need a shell, and about variables that nothing expands."""

import re
from collections.abc import Iterator, Sequence
from posixpath import basename

from ecsplan.draft.draft import Draft
from ecsplan.job.overridden import overridden
from ecsplan.rules.views import own_container_of
from ecsplan.terms.diagnostic import Diagnostic, warning
from ecsplan.terms.json_types import Document, mapping, mappings
from ecsplan.terms.pointers import child
from ecsplan.variables.lookups import is_lookup, kind_of
from ecsplan.variables.references import MATRIX, OPENING

_SHELLS = frozenset({"ash", "bash", "cmd", "dash", "fish", "ksh", "powershell", "pwsh", "sh", "zsh"})
_WRAPPERS = frozenset(
    {
        *(
            "busybox",
            "chroot",
            "dumb-init",
            "env",
            "exec",
            "gosu",
            "ionice",
            "nice",
            "nohup",
            "setpriv",
            "setsid",
        ),
        *("stdbuf", "su-exec", "sudo", "time", "timeout", "tini", "xvfb-run"),
    }
)
"""Programs that run the command given as their arguments."""

_TAKES_SCRIPT = re.compile(r"[-+][A-Za-z]*c[A-Za-z]*|/[cC]|-[cC]ommand|-CommandWithArgs")
_TAKES_WORD = re.compile(r"[-+][A-Za-z]*[oO]|--(?:rcfile|init-file)")
"""Options of a shell that take a script, and options that take the name of a setting or file."""

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_QUOTED = re.compile(r"'[^']*'|\\.", re.DOTALL)
_DOUBLE_QUOTED = re.compile(r'"[^"]*"')
_EXPANDED = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*|\$\(|`")
_OPERATOR = re.compile(r"&&|\|\|?|2?>&[12]|[0-9]?>>?|&>|<<?|[;&](?=\s|$)")
_GLOB = re.compile(r"[*?]|\[[^\]\s]+\]")
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://\S*")
_REFERENCE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_.]*(?:[:\-+?=#%/^,@\[][^{}]*)?\}")
"""`${NAME}`, also with a shell's modifiers within the braces."""


def command_shell(draft: Draft) -> Iterator[Diagnostic]:
    """ECS runs no shell: shell syntax in a command is literal text, unless the command is a shell with `-c`.

    Shell syntax is a leading NAME=value, `$NAME`, `$(…)`, a backquote, a glob, `|`, `&&` or `>` outside of
    quotes. In a list only the first word is checked: the others are arguments, whatever they look like.

    Source: botocore ecs model, ContainerDefinition.command;
    aws-actions/amazon-ecs-render-task-definition#296.

    Example:
        image: alpine
        command: echo hello > /tmp/greeting
    """
    words = draft.job.command or ()
    entry_point = own_container_of(draft).texts("entryPoint")
    if not words or script_index((*entry_point, *words)) is not None:
        return
    written = draft.job.written.command_text()
    if written is not None:
        found = _for_a_shell(written, is_program=not entry_point)
    else:
        found = None if entry_point else _for_a_shell(words[0], is_program=True, is_word=True)
    if found is not None:
        message, help_text = found
        place = draft.at("/command" if written is not None else "/command/0")
        yield warning("command-shell", place, message, help=help_text)


def unexpanded_variable(draft: Draft) -> Iterator[Diagnostic]:
    """`${NAME}` is not expanded in a manifest without `variables:`.

    Only a shell expands it, in the script after its `-c`.

    Example:
        image: alpine
        env: {BUCKET: "${STAGE}-data"}
    """
    job = draft.job
    if job.written.expands or not _refers(job.written.data):
        return
    scripts, replaced = _scripts(draft), overridden(job)
    of_matrix = job.policy.matrix is not None
    for pointer, text in _texts("", job.written.data):
        references = _REFERENCE.finditer(scripts.get(pointer, text))
        # In a job of a matrix such a reference is literal because it is written so, with `$${`.
        found = next((each for each in references if not (of_matrix and _is_to_matrix(each))), None)
        if found is None or pointer in replaced or job.spoiled(pointer) or _is_in_env_file(draft, pointer):
            continue
        yield warning(
            "unexpanded-variable",
            draft.at(pointer),
            f"{found.group()[:_MAX_SHOWN]} is literal text: nothing expands it",
            help=f"{_to_expand(found.group())}{_BY_A_SHELL if _is_run(pointer) else ''}",
        )


def _is_in_env_file(draft: Draft, pointer: str) -> bool:
    """Return whether a text is in an env file, in which nothing is expanded, as in docker."""
    path = draft.at(pointer).path
    return pointer.startswith("/env/") and path != draft.job.written.path and not path.startswith("--")


def _is_to_matrix(found: re.Match[str]) -> bool:
    return found.group().startswith(OPENING + MATRIX)


def _to_expand(reference: str) -> str:
    """Return what would give a reference its value."""
    name = reference.removeprefix(OPENING).removesuffix("}")
    if name.startswith(MATRIX):
        return "give the job a `matrix`"
    if is_lookup(name) and kind_of(name) is not None:
        return "write the value itself, or write `variables: {}` at the top, so that it is looked up"
    return "write the value itself, or declare it under `variables:`"


_BY_A_SHELL = "; a shell expands it in the script of [sh, -c, …]"


def _is_run(pointer: str) -> bool:
    """Return whether the text at a pointer is part of a command."""
    return pointer.startswith(("/command", "/entry_point")) or (
        pointer.startswith("/task_definition/containerDefinitions/")
        and not {"command", "entryPoint"}.isdisjoint(pointer.split("/"))
    )


_MAX_SHOWN = 60
"""Characters of a reference that the message shows."""


def script_index(words: Sequence[str]) -> int | None:
    """Return the index of the script that a shell runs; None where these words run no shell with `-c`.

    A wrapper such as `env` or `timeout` may precede the shell. If the script is missing, the index is that
    behind the last word.
    """
    shell = next((index for index, each in enumerate(words) if _name(each) in _SHELLS), None)
    if shell is None or (shell > 0 and _name(words[0]) not in _WRAPPERS):
        return None
    takes_script = False
    index = shell + 1
    # Invariant: the words between the shell and `index` are options and their values. The script is the first
    # word that is neither: other options may follow `-c`.
    while index < len(words) and words[index][:1] in {"-", "+", "/"}:
        word = words[index]
        if _TAKES_SCRIPT.fullmatch(word):
            takes_script = True
        elif word[:1] == "/":
            break
        index += 2 if _TAKES_WORD.fullmatch(word) else 1
    return index if takes_script else None


def _name(word: str) -> str:
    """Return the name of the program that a word runs."""
    return basename(word.replace("\\", "/")).removesuffix(".exe")


def _for_a_shell(text: str, *, is_program: bool, is_word: bool = False) -> tuple[str, str] | None:
    """Return the message and help for shell syntax in a command, or None without any.

    Args:
        text: The command as it is written, or the one word of it to check.
        is_program: Whether its first word is the program, rather than an argument of the entry point.
        is_word: Whether it is a single word, in which quotes are literal.
    """
    assignment = _ASSIGNMENT.match(text.lstrip()) if is_program else None
    if assignment is not None:
        message = f"no shell runs this command: {assignment[1]}=… is taken as the program to run"
        return message, f'put {assignment[1]} under `env`, or write [sh, -c, "…"]'
    # Within double quotes a shell still expands variables, but neither operators nor globs.
    outside = text if is_word else _QUOTED.sub(" ", text)
    expanded = _EXPANDED.search(outside)
    bare = outside if is_word else _DOUBLE_QUOTED.sub(" ", outside)
    found = expanded or _OPERATOR.search(bare) or _GLOB.search(_URL.sub(" ", bare))
    if found is None:
        return None
    shown = {"$(": "$(…)", "`": "`…`"}.get(found.group(), found.group())
    return f"no shell runs this command: {shown} is passed literally", 'to use a shell, write [sh, -c, "…"]'


def _scripts(draft: Draft) -> dict[str, str]:
    """Return the texts that contain a script for a shell: their pointer -> their text without the script."""
    job = draft.job
    found: dict[str, str] = {}
    entry_point = own_container_of(draft).texts("entryPoint")
    command = job.command or ()
    index = script_index((*entry_point, *command))
    if index is not None and index < len(entry_point) and job.says("entry_point"):
        found[f"/entry_point/{index}"] = ""
    elif index is not None:
        # Negative where the script is in the image's or the definition's entry point, not in `command`.
        index -= len(entry_point)
        if isinstance(job.written.data.get("command"), list):
            found[f"/command/{index}"] = ""
        else:
            found["/command"] = " ".join((*command[: max(0, index)], *command[index + 1 :]))
    for number, each in enumerate(mappings(job.task_definition, "containerDefinitions")):
        place = f"/task_definition/containerDefinitions/{number}"
        found.update(dict.fromkeys(_scripts_of(each, place), ""))
    return found


def _scripts_of(container: Document, place: str) -> Iterator[str]:
    """Yield the pointers of the scripts in a container of the definition."""
    entry_point, command = _words(container.get("entryPoint")), _words(container.get("command"))
    index = script_index((*entry_point, *command))
    if index is not None:
        inner = index - len(entry_point)
        yield f"{place}/entryPoint/{index}" if inner < 0 else f"{place}/command/{inner}"
    check = _words(mapping(container, "healthCheck").get("command"))
    if check[:1] == ("CMD-SHELL",):
        yield f"{place}/healthCheck/command/1"
    elif (index := script_index(check[1:])) is not None:
        yield f"{place}/healthCheck/command/{index + 1}"


def _words(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _refers(data: object) -> bool:
    """Return whether any text of the data contains `${`."""
    # Most manifests have none. A loop over values alone is several times as fast as `_texts`, which builds a
    # pointer for each of them.
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if "${" in value:
                return True
        elif isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return False


def _texts(pointer: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield the pointer and text of every string in the data of a manifest."""
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _texts(child(pointer, name), each)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(f"{pointer}/{index}", each)
