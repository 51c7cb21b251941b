"""Recognize files of other tools by their content, so that a message can name them."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from ecsplan.foreign.format import Format
from ecsplan.foreign.formats import CONVERT, FORMATS, LISTS, SHELL_ADVICE
from ecsplan.foreign.signatures import calls_aws

MAX_TELLING: Final = 100_000
"""Characters of a text that are searched for signs of its format."""


def _matches(pattern: str) -> Callable[[str], bool]:
    # `re` compiles the pattern with the first text that is searched: few texts are.
    return lambda text: re.search(pattern, text, re.MULTILINE) is not None


_IMPORTED: Final = r"\w[\w.]*(?: as \w+)?"

_is_for_a_shell: Final = _matches(r"\A#!.*\b(?:ba|da|z|k)?sh\b")
_is_around_scripts: Final = _matches(
    r'^(?:[ \t]*```|(?:resource|data|variable|module|provider|output) "|pipeline *\{)'
)
"""Terraform, Jenkins and Markdown may have calls of the AWS CLI in them."""

# Python comes before templates, since texts in it often are templates, and shell scripts that have Python
# in them are none.
TEXTS: Final[tuple[Format, ...]] = (
    Format(
        "python",
        "Python source",
        (),
        _matches(
            r"\A(?!#!.*\b(?:ba|da|z|k)?sh\b)(?![\s\S]*^```)"
            r"(?:.*\n)*?(?:from [\w.]+ import [\w(*]|def \w+\(|class \w+[(:]"
            rf"|import {_IMPORTED}(?:, *{_IMPORTED})*[ \t\r]*(?:#.*)?$)"
        ),
        "convert it with `ecsplan init {path}` if it has Airflow's EcsRunTaskOperator or Prefect's ECSTask",
    ),
    # Before the rest: a script may have a template or a Dockerfile in it, as a here-document.
    Format(
        "shell",
        "a shell script",
        (),
        lambda text: _is_for_a_shell(text) or (calls_aws(text) and not _is_around_scripts(text)),
        SHELL_ADVICE,
    ),
    # Before templates: only rendering shows what a configuration with statements holds.
    Format(
        "ecspresso",
        "an ecspresso configuration",
        (),
        _matches(
            r"\A(?=[\s\S]*^[ \t]*task_definition:)(?=[\s\S]*^[ \t]*(?:region|service_definition|plugins):)"
            r"(?=[\s\S]*(?:\{\{|^local ))"
        ),
        CONVERT,
    ),
    Format(
        "task-definition-template",
        "a template of a task definition",
        (),
        _matches(r'\A(?=[\s\S]*"?containerDefinitions"?\s*:)(?=[\s\S]*[:\[,]\s*(?:\{\{|\$\{))'),
        CONVERT,
    ),
    Format(
        "helm-template",
        "a Helm chart template",
        (),
        _matches(
            r"\{\{-?\s*(?:(?:if|else|range|with|end|include|define|template|toYaml|tpl)\b"
            r"|\(?\$?\.(?:Values|Release|Chart|Files|Capabilities|Template)\b|/\*)"
        ),
    ),
    Format(
        "jinja-template",
        "a Jinja template",
        (),
        _matches(r"\{%-?\s*(?:if|for|set|block|extends|include|macro|import|from|raw)\b"),
        "render it first; ecsplan does not fill in placeholders",
    ),
    Format(
        "terraform-source",
        "a Terraform configuration",
        (),
        _matches(
            r'^(?:(?:resource|data|variable|module|provider|output) "[^"\n]+"|terraform|locals)[^\n]*\{\s*$'
        ),
    ),
    Format("dockerfile", "a Dockerfile", (), _matches(r"\A(?:\s++|#[^\n]*+\n|ARG [^\n]*+\n)*+FROM \S+")),
)
"""Formats whose files are not YAML."""


def recognized(document: Any) -> Format | None:
    """Return the format of a document; None where it may be a manifest or is not recognized.

    Args:
        document: Plain data, of which the upper four levels are enough.
    """
    if isinstance(document, Mapping):
        return next((each for each in FORMATS if each.fits(document)), None)
    if isinstance(document, list) and document and all(isinstance(each, Mapping) for each in document):
        return next((each for each in LISTS if each.fits(document)), None)
    return None


def all_recognized(document: Any) -> tuple[Format, ...]:
    """Return every format that a document fits, the most specific one first; see `recognized`."""
    first = recognized(document)
    if first is None:
        return ()
    formats = FORMATS if isinstance(document, Mapping) else LISTS
    return (first, *(each for each in formats if each is not first and each.fits(document)))


def recognized_text(text: str) -> Format | None:
    """Return the format of a text that is not YAML; None where it is not recognized."""
    beginning = text[:MAX_TELLING]
    return next((each for each in TEXTS if each.fits(beginning)), None)
