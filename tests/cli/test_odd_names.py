"""Names of files and folders that are no text: results stay UTF-8, and messages name them all the same."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from processes import SCRIPT

import ecsplan
from ecsplan_cli.main import group


def ecsplan_of(*arguments: bytes) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run([os.fsencode(SCRIPT), *arguments], capture_output=True, check=False)


@pytest.fixture
def folder(bare: Path) -> Path:
    """Work in a folder with such names."""
    names = (b"jobs/\xff-ly.yaml", b"\xfe/job.yaml", b"wrong-\xff.yaml")
    for each, text in zip(names, (b"image: alpine\n", b"image: alpine\n", b"imag: alpine\n"), strict=True):
        path = Path(os.fsdecode(each))
        try:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text)
        except OSError:
            pytest.skip("the file system takes no such names")
    return bare


@pytest.mark.parametrize(
    ("given", "name", "path"),
    [
        pytest.param(b"jobs", "\\udcff-ly", "jobs/\\udcff-ly.yaml", id="a file in a folder"),
        pytest.param(b"jobs/\xff-ly.yaml", "\\udcff-ly", "jobs/\\udcff-ly.yaml", id="a file"),
        pytest.param(b"\xfe", "job", "\\udcfe/job.yaml", id="a folder"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_plan_is_utf_8(given: bytes, name: str, path: str) -> None:
    done = ecsplan_of(b"compile", b"--offline", given)

    assert done.returncode == 0
    assert ("warning[family-slug]" in done.stderr.decode("utf-8")) == (name != "job")
    plan = ecsplan.read_plan(done.stdout.decode("utf-8"))
    assert [(each.name, each.source.path) for each in plan.jobs] == [(name, path)]


@pytest.mark.usefixtures("folder")
def test_a_preview_is_utf_8() -> None:
    done = ecsplan_of(b"preview", b"jobs")

    assert done.returncode == 0
    assert "\\udcff-ly" in done.stdout.decode("utf-8")


@pytest.mark.parametrize("form", ["text", "json", "github"])
@pytest.mark.usefixtures("folder")
def test_what_is_wrong_is_reported_in_utf_8(form: str) -> None:
    done = ecsplan_of(b"check", b"--format", form.encode(), b"wrong-\xff.yaml")

    assert done.returncode == 1
    assert "wrong-\\udcff.yaml" in (done.stdout + done.stderr).decode("utf-8")
    if form == "json":
        assert [each["rule"] for each in json.loads(done.stdout)] == ["unknown-key", "family-slug"]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((b"check", b"missing-\xff"), id="manifest"),
        pytest.param((b"apply", b"missing-\xff"), id="plan"),
        pytest.param((b"compile", b"--offline", b"jobs", b"-o", b"missing-\xff/plan.json"), id="output"),
        pytest.param((b"compile", b"--offline", b"jobs", b"--region", b"missing-\xff"), id="region"),
        pytest.param((b"missing-\xff",), id="command"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_is_not_there_is_named(arguments: tuple[bytes, ...]) -> None:
    done = ecsplan_of(*arguments)

    assert done.returncode in {1, 2}
    assert done.stdout == b""
    assert "missing-\\udcff" in done.stderr.decode("utf-8")
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["check", ""], id="manifest"),
        pytest.param(["diff", "job.yaml", ""], id="one of two"),
        pytest.param(["apply", ""], id="plan"),
        pytest.param(["compile", "--offline", "job.yaml", "-o", ""], id="output"),
        pytest.param(["compile", "--local", "--state", "", "job.yaml"], id="state"),
        pytest.param(["apply", "plan.json", "--result", ""], id="result"),
        pytest.param(["schema", "plan", "-o", ""], id="schema"),
    ],
)
def test_an_empty_name_is_a_variable_that_is_not_set(bare: Path, arguments: list[str]) -> None:
    (bare / "job.yaml").write_text("image: alpine\n", encoding="utf-8")

    done = CliRunner().invoke(group, arguments)

    assert (done.exit_code, done.stdout) == (2, "")
    assert "the name is empty; is a variable unset?" in done.stderr


@pytest.mark.parametrize(
    "line",
    ["check ma", "compile ma", "diff ma", "preview ma", "apply ma", "compile -o ma", "local --state ma"],
)
def test_shells_complete_names_of_files(line: str) -> None:
    words = f"ecsplan {line}"
    settings = {
        "_ECSPLAN_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }

    done = CliRunner().invoke(group, prog_name="ecsplan", env=settings)

    assert done.stdout == "file,ma\n"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        pytest.param(["diff", "{long}"], 2, id="plan or manifest"),
        pytest.param(["diff", "job.yaml", "{long}.json"], 2, id="one of two"),
        pytest.param(["check", "{long}"], 1, id="manifest"),
        pytest.param(["compile", "--offline", "job.yaml", "-o", "{long}"], 2, id="output"),
        pytest.param(["apply", "missing.json", "--result", "{long}/result.json"], 2, id="result"),
        pytest.param(["compile", "--offline", "job.yaml", "-o", "circle"], 2, id="output in a circle"),
    ],
)
def test_names_that_no_file_can_have(bare: Path, arguments: list[str], status: int) -> None:
    (bare / "job.yaml").write_text("image: alpine\n", encoding="utf-8")
    (bare / "circle").symlink_to("circle")

    done = CliRunner().invoke(group, [each.format(long="n" * 300) for each in arguments])

    assert (done.exit_code, done.stdout) == (status, "")
    assert "n" * 300 in done.stderr or "circle cannot be written: " in done.stderr
    assert (bare / "circle").is_symlink()
