"""docs/plan.md: its example is what `compile` writes, its tables say what the schema says."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from followed_pages import Reader
from page_commands import run, shell_in
from page_text import shown, texts
from places import ROOT
from printed_output import same

from ecsplan.plan.plan import PLAN_VERSION
from ecsplan.schema.files import load_schema
from ecsplan_local import serve

PAGE = (ROOT / "docs/plan.md").read_text("utf-8")
SUBNET = re.compile(r"subnet-[0-9a-f]+")


def block(language: str) -> str:
    """Return the one block of a language."""
    (found,) = texts(PAGE, language)
    return found


def steady(text: str) -> dict[str, Any]:
    """Return a plan without what is another with each version of ecsplan and each account."""
    plan: dict[str, Any] = json.loads(SUBNET.sub("SUBNET", text))
    plan["compiler"]["version"] = plan["digest"] = ""
    return plan


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """Give somebody in a shell with an account, who has written the manifest."""
    shell = shell_in(
        tmp_path,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_REGION="eu-west-1",
        AWS_EC2_METADATA_DISABLED="true",
    )
    (tmp_path / "job.yaml").write_text(block("yaml"), "utf-8")
    with serve(runner="process", account="111122223333", region="eu-west-1") as endpoint:
        yield Reader(tmp_path, {**shell, "AWS_ENDPOINT_URL": endpoint.url})


def test_the_plan_is_what_compile_writes(reader: Reader) -> None:
    run(block("sh"), reader.folder, reader.shell)

    assert steady((reader.folder / "plan.json").read_text("utf-8")) == steady(block("json"))


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_the_plan_is_read_as_the_page_shows(reader: Reader) -> None:
    (reader.folder / "plan.json").write_text(block("json"), "utf-8")

    for command, expected in shown(block("console")):
        assert same(expected, run(command, reader.folder, reader.shell)), command


def test_every_member_is_in_a_table() -> None:
    schema = load_schema("plan")
    described = [schema, *schema["$defs"].values()]
    members = {name for each in described for name in each.get("properties", {})}

    assert len(members) > 40
    assert [
        each for each in sorted(members) if not re.search(rf"^\| `{re.escape(each)}` \|", PAGE, re.M)
    ] == []


def test_the_format_has_the_number_of_the_page() -> None:
    assert f"| `plan_version` | `{PLAN_VERSION}` |" in PAGE
    assert json.loads(block("json"))["plan_version"] == PLAN_VERSION
