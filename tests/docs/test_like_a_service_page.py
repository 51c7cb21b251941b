"""docs/like-a-service.md: its scripts make a service; its commands print what it shows."""

from pathlib import Path

import pytest
from page_commands import run, shell_in
from page_text import shown, texts
from places import ROOT
from printed_output import same

from ecsplan.compile import read_jobs
from ecsplan.plan.plan import read_plan

PAGE = (ROOT / "docs/like-a-service.md").read_text("utf-8")
MANIFEST = ROOT / "manifests/like-a-service.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the files that the page shows."""
    (manifest,) = texts(PAGE, "yaml")
    (tmp_path / "migrate-web.yaml").write_text(manifest, "utf-8")
    for name, script in zip(("shop.py", "change.py"), texts(PAGE, "python"), strict=True):
        (tmp_path / name).write_text(script, "utf-8")
    return tmp_path


def test_its_commands_print_what_it_shows(folder: Path) -> None:
    shell = shell_in(folder)
    commands = [each for block in texts(PAGE, "console") for each in shown(block)]

    for command, expected in commands:
        printed = run(command, folder, shell)
        assert same(expected, printed), (command, printed)

    (job,) = read_plan((folder / "plan.json").read_text("utf-8")).jobs
    assert job.definition.decision.action == "reuse"
    assert [command.split()[1] for command, _ in commands] == [
        *("shop.py", "compile", "diff", "apply", "change.py", "apply", "preview"),
    ]


def test_a_plan_of_a_service_that_has_changed_is_stale(folder: Path) -> None:
    shell = shell_in(folder)
    local = "--local --state shop.sqlite3"
    run(
        f"python shop.py && ecsplan compile migrate-web.yaml {local} -o plan.json && python change.py",
        folder,
        shell,
    )

    stale = run(f"ecsplan apply plan.json {local} --runner process; echo $?", folder, shell)
    again = run(f"ecsplan apply plan.json {local} --runner process --refresh; echo $?", folder, shell)

    assert stale.endswith("\n122\n")
    assert "service.platform_version" in stale
    assert again.endswith("\n0\n")


def test_its_manifest_is_the_one_in_manifests() -> None:
    (ours,) = read_jobs(texts(PAGE, "yaml")[0], file="page.yaml").jobs
    (example,) = read_jobs(MANIFEST.read_text("utf-8"), file="example.yaml").jobs

    assert {**example.spec, "labels": None} == {**ours.spec, "labels": None}
