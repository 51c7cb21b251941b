"""A plan's requests as YAML, for people."""

import re
from collections.abc import Iterator
from functools import cache
from io import StringIO
from typing import Any

from ecsplan.plan import Plan, PlannedJob

_OLD_LINE_ENDS = re.compile("[\x85\u2028\u2029]")


def preview(plan: Plan) -> str:
    """Return both requests of every job as a stream of YAML documents; what is open stands in `<…>`."""
    return "".join(text for job in plan.jobs for text in _documents(job))


def _documents(job: PlannedJob) -> Iterator[str]:
    title = (
        "what is known of the task definition" if job.spec.get("task_definition_arn") else "task definition"
    )
    yield f"---\n# {job.name}: {title} (RegisterTaskDefinition)\n{_yaml(job.definition.request)}"
    yield f"---\n# {job.name}: run request (RunTask)\n{_yaml(job.run_request)}"


def _yaml(document: Any) -> str:
    from ruamel.yaml import YAML  # noqa: PLC0415 - writing YAML is preview's alone

    writer = YAML(typ="safe", pure=True)
    writer.Representer = _representer()
    writer.default_flow_style = False
    writer.allow_unicode = True
    writer.width = 4096
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # ruamel declares no bool
    text = StringIO()
    writer.dump(document, text)
    return text.getvalue()


@cache
def _representer() -> type:
    """Return what decides on the quotes of a text: double ones, with escapes, for line ends of YAML 1.1."""
    from ruamel.yaml.representer import SafeRepresenter  # noqa: PLC0415 - as above

    class Representer(SafeRepresenter):
        """Writes plain data."""

    def text(representer: SafeRepresenter, value: str) -> Any:
        style = '"' if _OLD_LINE_ENDS.search(value) else None
        return representer.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Representer.add_representer(str, text)
    return Representer
