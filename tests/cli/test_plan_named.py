"""What a command that wants a plan says of a manifest in its place."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from ecsplan_cli.main import group

MANIFEST = "image: alpine:3\n"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        pytest.param("job.yaml", MANIFEST, "`ecsplan compile job.yaml -o plan.json`", id="a manifest"),
        pytest.param("my job.yml", MANIFEST, "`ecsplan compile 'my job.yml' -o plan.json`", id="a blank"),
        pytest.param("job.yaml", "", "the plan is empty", id="an empty file"),
        pytest.param("plan.yaml", '{"a": 1}', "it has no plan_version", id="JSON that is named so"),
        pytest.param("plan.json", MANIFEST, "this is not JSON", id="YAML that is named like a plan"),
    ],
)
def test_what_apply_says_of_what_is_no_plan(
    name: str, content: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(content, encoding="utf-8")

    done = CliRunner().invoke(group, ["apply", name], prog_name="ecsplan")

    assert done.exit_code == 123
    assert said in done.stderr
