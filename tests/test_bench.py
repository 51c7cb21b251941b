"""The benchmark's own pieces: its documents, its command, its page. No figure is asserted."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT

from ecsplan import compile_manifest, write_plan

BENCH = ROOT / "bench"
MANIFEST = (BENCH / "nightly.yaml").read_text(encoding="utf-8")


def documents(make: str) -> str:
    """Return what an expression on `inprocess`, the module that makes documents, and `manifest` gives.

    In a process of its own: the benchmark's modules are scripts side by side, no package.
    """
    read = "import inprocess; from pathlib import Path; manifest = Path('nightly.yaml').read_text()"
    code = f"{read}; print({make})"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, cwd=BENCH).stdout


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the benchmark without peers to its end."""
    command = [sys.executable, str(BENCH / "run.py"), *arguments]
    env = {**os.environ, "ECSPLAN_BENCH_PEERS": "no"}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=240, env=env)


def test_apply_is_measured_against_the_endpoint(tmp_path: Path) -> None:
    page = tmp_path / "figures.md"

    ran = bench("apply", "--quick", "--output", str(page))

    assert ran.returncode == 0, ran.stderr
    text = page.read_text(encoding="utf-8")
    assert "| the same, API calls | 1 DescribeTaskDefinition, 1 RunTask, " in text
    assert "| 0 | 0 besides describe, run, the polls and a last look for tasks of the run | held |" in text
    assert "not measured: ECSPLAN_BENCH_PEERS is no" in text
    assert text.count("| at most 3 % |") == 2
    lookups = "1 DescribeStacks, 2 GetParameters, 1 ListExports |  | 4"
    assert (
        f"| compiling 100 jobs with the same 20 lookups, calls for these | {lookups} | at most 4 | held |"
        in text
    )
    assert f"| `apply` of a plan with 20 facts, calls to check them | {lookups} | at most 6 | held |" in text
    assert str(BENCH.parent) not in text
    assert str(tmp_path.parent) not in text


def test_init_is_measured_against_check(tmp_path: Path) -> None:
    page = tmp_path / "figures.md"

    ran = bench("init", "--quick", "--output", str(page))

    assert ran.returncode == 0, ran.stderr
    text = page.read_text(encoding="utf-8")
    assert "| `ecsplan init` of a task definition | " in text
    assert " | at most 1.5 x | " in text
    assert "| `ecsplan init` of a folder of 20 task definitions | " in text


def test_verify_is_measured_against_an_emulator(tmp_path: Path) -> None:
    page = tmp_path / "figures.md"

    ran = bench("verify", "--quick", "--output", str(page))

    assert "## Failed" not in page.read_text(encoding="utf-8"), ran.stderr
    text = page.read_text(encoding="utf-8")
    assert "| `ecsplan verify` of 20 jobs that share what they need, with 20 ms a call | " in text
    assert " | at most 3 s | " in text
    assert " | at most 25 | held |" in text


def test_a_part_that_does_not_exist_is_refused_with_those_that_do() -> None:
    ran = bench("speed")

    assert ran.returncode == 2
    parts = "all, start, compile, check, init, verify, apply, tasks, fleet, ledger, logs, runs, soak"
    assert f"'speed' is not a part; choose from: {parts}" in ran.stderr


def test_the_manifest_has_sixty_lines_and_no_problem() -> None:
    assert len(MANIFEST.splitlines()) == 60
    assert compile_manifest(MANIFEST, file="nightly.yaml").diagnostics == ()


def test_a_longer_manifest_has_the_lines_asked_for_in_its_task_definition() -> None:
    longer = documents("inprocess.longer(manifest, 120)").removesuffix("\n")

    assert len(longer.splitlines()) == 120
    plan = compile_manifest(longer, file="longer.yaml").plan
    assert plan is not None
    proxy = json.loads(write_plan(plan))["jobs"][0]["task_definition"]["request"]["containerDefinitions"][1]
    assert len(proxy["environment"]) == 1 + 60


def test_ten_variables_make_the_plan_that_their_values_make() -> None:
    declared, expanded, written = (
        documents(f"inprocess.with_variables(manifest)[{each}]") for each in range(3)
    )

    one, other = (compile_manifest(each, file="bench.yaml") for each in (declared + expanded, written))
    assert one.plan is not None
    assert other.plan is not None
    assert one.diagnostics == other.diagnostics == ()
    assert len(one.plan.jobs[0].variables) == 10
    assert one.plan.jobs[0].spec == other.plan.jobs[0].spec


def test_jobs_that_share_variables_use_all_ten() -> None:
    shared = "''.join(v[:1]) + inprocess.many(v[1], 3)"
    plan = compile_manifest(
        documents(shared.replace("v[", "inprocess.with_variables(manifest)[")), file="many.yaml"
    ).plan

    assert plan is not None
    assert [len(job.variables) for job in plan.jobs] == [10, 10, 10]


def test_many_jobs_differ_in_their_name_and_family_only() -> None:
    plan = compile_manifest(documents("inprocess.many(manifest, 3)"), file="many.yaml").plan

    assert plan is not None
    jobs = json.loads(write_plan(plan))["jobs"]
    families = [each["task_definition"]["request"].pop("family") for each in jobs]
    assert families == ["nightly-export-00000", "nightly-export-00001", "nightly-export-00002"]
    assert [each["name"] for each in jobs] == families


@pytest.mark.parametrize("name", ["aws-cli", "boto3", "checkers", "ecs-deploy", "plot", "prefect"])
def test_every_package_of_a_peer_is_pinned(name: str) -> None:
    lines = (BENCH / "peers" / f"{name}.txt").read_text(encoding="utf-8").splitlines()

    assert lines
    assert [each for each in lines if each.count("==") != 1 or "@" in each] == []
