"""docs/order.md: its example is the one in manifests/, and `ecsplan diff` shows what the page says."""

import re
import textwrap

from page_text import texts
from places import ROOT

from ecsplan.compile import compile_manifest
from ecsplan.plan.plan import Plan
from ecsplan_cli.render.diff import render_text
from ecsplan_cli.render.review import review

PAGE = (ROOT / "docs/order.md").read_text("utf-8")
MANIFEST = (ROOT / "manifests/pipeline.yaml").read_text("utf-8")


def compiled(text: str) -> Plan:
    result = compile_manifest(text, file="pipeline.yaml", region="eu-west-1")
    assert result.diagnostics == ()
    assert result.plan is not None
    return result.plan


def test_the_example_is_the_manifest() -> None:
    (example,) = [each for each in texts(PAGE, "yaml") if each.startswith("defaults:")]

    page, file = compiled(example), compiled(MANIFEST)

    sized = [{**each.spec, "cpu": 256, "memory": 512} for each in page.jobs]
    assert sized == [{**each.spec} for each in file.jobs]
    assert [each.policy for each in page.jobs] == [each.policy for each in file.jobs]


def test_the_diff_shows_the_steps_of_the_page() -> None:
    (steps,) = re.findall(r"\n(    Order:\n(?:      .*\n)+)", PAGE)

    assert f"\n\n{textwrap.dedent(steps)}\n" in render_text(review(compiled(MANIFEST)))


def test_the_names_in_the_table_are_those_of_the_jobs() -> None:
    matrix, *changes = re.findall(r"^\| `(matrix|exclude|include)(: .*?)` ", PAGE, re.MULTILINE)
    written = f"name: load\nimage: alpine:3\nmatrix{matrix[1]}\n"
    names = re.findall(r"`(load\[.*?\])`", PAGE.split("| --- | --- |")[1].splitlines()[1])

    assert [each.name for each in compiled(written).jobs] == names
    made = {
        f"{kind}{value}": [each.name for each in compiled(written.replace("]}", f"], {kind}{value}}}")).jobs]
        for kind, value in changes
    }
    assert list(made.values()) == [names[:3], names, [*names, "load[region=ap-south-1,day=1]"]]
