"""Files that ecsplan writes: their modes, links that stay links, and inputs that are never overwritten."""

import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ecsplan_cli.main import group

JOB = "name: hello\nimage: alpine\ncommand: [echo, hi]\n"


@pytest.fixture(autouse=True)
def here(bare: Path) -> Path:
    (bare / "job.yaml").write_text(JOB, "utf-8")
    return bare


@pytest.fixture(autouse=True)
def _umask() -> object:
    before = os.umask(0o022)
    yield
    os.umask(before)


def ecsplan(*arguments: str) -> Result:
    return CliRunner().invoke(group, arguments)


def compiled(output: str, *inputs: str) -> Result:
    return ecsplan("compile", "--offline", *(inputs or ("job.yaml",)), "-o", output)


def mode(name: str) -> int:
    return stat.S_IMODE(Path(name).stat().st_mode)


def test_a_new_plan_is_its_owners_alone() -> None:
    assert compiled("plan.json").exit_code == 0
    assert mode("plan.json") == 0o600


@pytest.mark.parametrize("before", [0o644, 0o640, 0o600, 0o664, 0o400])
def test_an_existing_file_keeps_its_mode(before: int) -> None:
    Path("plan.json").touch(before)
    Path("plan.json").chmod(before)

    assert compiled("plan.json").exit_code == 0
    assert mode("plan.json") == before
    assert Path("plan.json").read_text("utf-8").startswith("{")


def test_a_file_without_secrets_has_the_usual_mode() -> None:
    assert ecsplan("schema", "manifest", "-o", "schema.json").exit_code == 0
    assert mode("schema.json") == 0o644


@pytest.mark.parametrize("exists", [True, False], ids=["to a file", "to nothing yet"])
def test_a_link_stays_a_link(exists: bool) -> None:
    Path("real").mkdir()
    if exists:
        Path("real/plan.json").touch(0o640)
        Path("real/plan.json").chmod(0o640)
    Path("between").symlink_to("real/plan.json")
    Path("plan.json").symlink_to("between")

    assert compiled("plan.json").exit_code == 0
    assert Path("plan.json").is_symlink()
    assert Path("between").is_symlink()
    assert Path("real/plan.json").read_text("utf-8").startswith("{")
    assert mode("real/plan.json") == (0o640 if exists else 0o600)


@pytest.mark.parametrize(
    ("inputs", "output"),
    [
        pytest.param(["job.yaml"], "job.yaml", id="the manifest"),
        pytest.param(["job.yaml"], "./folder/../job.yaml", id="by another name"),
        pytest.param(["job.yaml"], "link", id="through a link"),
        pytest.param(["link"], "job.yaml", id="read through a link"),
        pytest.param(["job.yaml"], "second name", id="through a hard link"),
        pytest.param(["folder"], "folder/other.yaml", id="one of a folder"),
        pytest.param(["job.yaml", "folder/other.yaml"], "folder/other.yaml", id="one of several"),
    ],
)
def test_an_input_is_never_overwritten(inputs: list[str], output: str) -> None:
    Path("folder").mkdir()
    Path("folder/other.yaml").write_text(JOB.replace("hello", "other"), "utf-8")
    Path("link").symlink_to("job.yaml")
    os.link("job.yaml", "second name")
    before = Path(output).read_bytes()

    done = compiled(output, *inputs)

    assert done.exit_code == 2
    assert f"--output {output} would overwrite an input" in done.stderr
    assert Path(output).read_bytes() == before


def test_manifests_that_nobody_names_are_inputs_too() -> None:
    Path("manifests").mkdir()
    Path("manifests/job.yaml").write_text(JOB, "utf-8")

    assert ecsplan("compile", "--offline", "-o", "manifests/job.yaml").exit_code == 2
    assert Path("manifests/job.yaml").read_text("utf-8") == JOB


@pytest.mark.parametrize("output", ["folder/definition.json", "link"])
def test_definition_files_are_inputs_too(output: str) -> None:
    Path("folder").mkdir()
    definition = Path("folder/definition.json")
    definition.write_text('{"containerDefinitions": [{"name": "main", "image": "alpine"}]}', "utf-8")
    Path("folder/job.yaml").write_text("task_definition: definition.json\n", "utf-8")
    Path("link").symlink_to(definition)
    before = definition.read_bytes()

    done = compiled(output, "folder/job.yaml")

    assert done.exit_code == 2
    assert "would overwrite an input: folder/definition.json is the same file" in done.stderr
    assert definition.read_bytes() == before


@pytest.mark.parametrize("result", ["plan.json", "link"])
def test_a_result_never_overwrites_its_plan(result: str) -> None:
    compiled("plan.json")
    Path("link").symlink_to("plan.json")
    before = Path("plan.json").read_bytes()

    done = ecsplan("apply", "plan.json", "--local", "--result", result)

    assert done.exit_code == 2
    assert f"--result {result} would overwrite an input: plan.json is the same file" in done.stderr
    assert Path("plan.json").read_bytes() == before


def test_nor_the_state_of_the_embedded_ecs() -> None:
    compiled("plan.json")
    Path("own.sqlite3").write_bytes(b"x")

    done = ecsplan("apply", "plan.json", "--local", "--state", "own.sqlite3", "--result", "own.sqlite3")

    assert (done.exit_code, Path("own.sqlite3").read_bytes()) == (2, b"x")


@pytest.mark.parametrize(
    ("target", "said"),
    [
        pytest.param("folder", "folder cannot be written: it is a folder", id="a folder"),
        pytest.param("folder/", "it is a folder", id="a folder with a slash"),
        pytest.param("to folder", "it is a folder", id="a link to a folder"),
        pytest.param("nowhere/x.json", "there is no folder", id="in no folder"),
        pytest.param("to nowhere", "there is no folder", id="a link into no folder"),
    ],
)
@pytest.mark.parametrize("option", ["--result", "-o"])
def test_what_cannot_be_written_is_refused_before_anything_is_done(
    target: str, said: str, option: str
) -> None:
    compiled("plan.json")
    Path("folder").mkdir()
    Path("to folder").symlink_to("folder")
    Path("to nowhere").symlink_to("nowhere/at/all")

    command = (
        ("apply", "plan.json", "--local") if option == "--result" else ("compile", "job.yaml", "--local")
    )
    done = ecsplan(*command, option, target)

    assert done.exit_code == 2
    assert said in done.stderr
    assert "run id" not in done.stderr
