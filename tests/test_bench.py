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


def printed(code: str) -> str:
    """Return what code among the benchmark's modules prints.

    In a process of its own: the benchmark's modules are scripts side by side, no package.
    """
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, cwd=BENCH).stdout


def documents(make: str) -> str:
    """Return what an expression on `inprocess`, the module that makes documents, and `manifest` gives."""
    read = "import inprocess; from pathlib import Path; manifest = Path('nightly.yaml').read_text()"
    return printed(f"{read}; print({make})")


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
    assert (
        "| `apply` of one job that reuses its revision, API calls | 1 DescribeTaskDefinition, 1 RunTask, "
        in text
    )
    assert "| 0 | 0 besides describe, run, the polls and a last look for tasks of the run | held |" in text
    assert "not measured: ECSPLAN_BENCH_PEERS is no" in text
    lookups = "1 DescribeStacks, 2 GetParameters, 1 ListExports |  | 4"
    assert (
        f"| compiling 100 jobs with the same 20 lookups, calls for these | {lookups} | at most 4 | held |"
        in text
    )
    assert f"| `apply` of a plan with 20 facts, calls to check them | {lookups} | at most 6 | held |" in text
    assert str(BENCH.parent) not in text
    assert str(tmp_path.parent) not in text


PAGE = """\
import results
from page import page

start, order = results.Findings(), results.Findings()
start.at_most("one", "1 ms", against="another: 1 ms", ratio=1, limit=1.3, why="never asked for")
start.not_measured("two", "at most 2", "no peer")
order.at_most("three", "3 s", ratio=3, limit=2, why=lambda: "because of four")
order.at_least("five", "5 s", ratio=5, limit=6)
order.side_by_side("starting up, ms", {results.OWN: "12", results.CLI: results.NOT_MEASURED})
findings = results.Findings()
findings.add(order, "Order")
findings.add(start, "Start-up")
print(page(findings, quick=False, plot=None))
"""


def test_bounds_are_grouped_by_subject_and_those_missed_are_explained() -> None:
    text = printed(PAGE)

    assert "1 held, 2 missed, 1 not measured." in text
    assert text.index("### Start-up") < text.index("| one | 1 ms | another: 1 ms | 1 | at most 1.3 | held |")
    assert text.index("| two | not measured: no peer |") < text.index("### Order")
    assert text.index("### Order") < text.index("| three | 3 s |  | 3 | at most 2 | **missed** |")
    assert "- Missed: three, at most 2: because of four\n" in text
    assert "- Missed: five, at least 6: nothing that was measured here explains it.\n" in text
    assert "never asked for" not in text


def test_a_tool_that_cannot_do_a_task_has_a_dash_and_one_that_was_not_run_says_so() -> None:
    text = printed(PAGE)

    assert "|  | ecsplan | boto3 script | AWS CLI | Prefect's ECS worker | ecs-deploy | " in text
    dash = "\N{EN DASH}"
    row = " | ".join(["12", dash, "not measured", *[dash] * 4])
    assert f"| starting up, ms | {row} |" in text


def test_a_contestant_without_a_column_is_refused() -> None:
    refused = "import results\ntry:\n    results.Findings().side_by_side('x', {'make': '1'})"

    assert printed(f"{refused}\nexcept ValueError as error:\n    print(error)") == "make has no column\n"


def test_every_module_of_a_part_exists_and_belongs_to_a_subject() -> None:
    listed = json.loads(
        printed(
            "import json, results, run\n"
            "modules = {name: subject for part in run.PARTS.values() for name, subject in part.items()}\n"
            "print(json.dumps([modules, results.SUBJECTS, sorted(run.ON_REQUEST - run.PARTS.keys())]))"
        )
    )
    modules, subjects, unknown = listed

    assert [name for name in modules if not (BENCH / f"{name}.py").is_file()] == []
    assert set(modules.values()) == set(subjects)
    assert unknown == []


def test_start_is_measured_without_peers_and_says_which_are_missing(tmp_path: Path) -> None:
    page = tmp_path / "figures.md"

    ran = bench("start", "--quick", "--output", str(page))

    assert ran.returncode == 0, ran.stderr
    text = page.read_text(encoding="utf-8")
    assert "`ecsplan compile --offline`, whole process, and `aws --version` | not measured: ECSPLAN_" in text
    row = next(line for line in text.splitlines() if line.startswith("| starting up"))
    assert row.endswith(" | not measured" * 6 + " |")
    for each in ("until it listens", "memory", "a call"):
        assert f"| `ecsplan local`: {each} | " in text


@pytest.mark.parametrize(
    ("code", "text"),
    [
        pytest.param(
            "from endpoint import Call, launching\n"
            "times = (('RunTask', 12), ('DescribeTasks', 13), ('RunTask', 23))\n"
            "calls = [Call(name, at, 'us-east-1', {}) for name, at in times]\n"
            "print(launching(calls, 10, 10))",
            "the first RunTask call comes 2.0 s after the start of the process, the last one 11.0 s after "
            "the first, which is 1.10 x the floor.",
            id="launching",
        ),
        pytest.param(
            "from imports import Imports\n"
            "one, other = Imports(), Imports()\n"
            "one.own_us.update({'ecsplan': 3000, 'ecsplan_cli': 1000, 'click': 4000})\n"
            "one.own_us['standard library'] = 2000\n"
            "one.modules.update({'ecsplan': 5, 'ecsplan_cli': 1, 'click': 9})\n"
            "other.own_us.update({'standard library': 2000, 'click': 4000})\n"
            "print(one.explained(other))",
            "under `-X importtime`, its imports take 10 ms, of which 4 ms are 6 modules of ecsplan and 2 ms "
            "Python's; those of the other take 6 ms, 2 ms of them Python's.",
            id="imports",
        ),
        pytest.param(
            "from inprocess import _per_job\n"
            "from results import Findings\n"
            "findings = Findings()\n"
            "_per_job(findings, 'jobs', 1000, ((3000, 1000), (200, 0)))\n"
            "print(findings.bounds[0].why)",
            "the garbage collector takes 1.00 ms of a job among 1,000 and 0.00 ms of one among 100; without "
            "it the ratio is 1",
            id="the garbage collector",
        ),
    ],
)
def test_a_reason_is_made_of_what_was_measured(code: str, text: str) -> None:
    assert printed(code) == f"{text}\n"


def test_imports_are_counted_by_package() -> None:
    code = (
        "import os, sys\n"
        "from imports import imports_of\n"
        "found = imports_of([sys.executable, '-c', 'import json, click'], os.environ)\n"
        "print(found.modules['click'] > 1, found.modules['standard library'] > 1, found.of_ms('json') > 0,\n"
        "      found.of_ms('jso'), found.of_ms('json') < found.all_ms())"
    )

    assert printed(code) == "True True True 0.0 True\n"


def test_what_people_see_is_bounded(tmp_path: Path) -> None:
    page = tmp_path / "figures.md"

    ran = bench("show", "--quick", "--output", str(page))

    assert ran.returncode == 0, ran.stderr
    text = page.read_text(encoding="utf-8")
    assert text.count("| at most 3 % |") == 2
    assert "| `apply` of 20 jobs of which one fails, on stderr off a terminal | " in text
    assert (
        "| `check` of 45 files with one repeated mistake | 6 lines |  | 6 | at most 12 lines | held |" in text
    )


SITE = """\
import sys
from pathlib import Path
from documentation import clicks_from_home

site = Path(sys.argv[1])
for page, clicks in sorted(clicks_from_home(site).items()):
    print(page.relative_to(site).as_posix(), clicks)
"""


def test_clicks_are_counted_along_the_links_in_the_texts_of_a_site(tmp_path: Path) -> None:
    pages = {
        "index.html": '<nav><a href="far/">far</a></nav><article><a href="how-to/">How do I</a></article>',
        "how-to/index.html": (
            '<article><a href="one/#top">1</a> <a href="../how-to/two/">2</a> <a href="//example.com/">x</a>'
            ' <a href="../../outside.html">y</a> <a href="missing/">z</a> <a>no target</a></article>'
        ),
        "how-to/one/index.html": '<article><a href="../../far/">on</a> <a href="..">back</a></article>',
        "how-to/two/index.html": '<article><a href="#here">here</a></article>',
        "far/index.html": "<article></article>",
    }
    for name, body in pages.items():
        page = tmp_path / "site" / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    (tmp_path / "outside.html").write_text("", encoding="utf-8")
    command = [sys.executable, "-c", SITE, str(tmp_path / "site")]

    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, cwd=BENCH)

    found = dict(line.split() for line in ran.stdout.splitlines())
    assert found == {
        "index.html": "0",
        "how-to/index.html": "1",
        "how-to/one/index.html": "2",
        "how-to/two/index.html": "2",
        "far/index.html": "3",
    }


def test_the_documentation_has_its_bounds_whether_it_can_be_built_or_not() -> None:
    ran = bench("docs", "--quick")

    assert ran.returncode == 0, ran.stderr
    for what, bound in (
        ("`make docs`", "at most 60 s"),
        ("the longest how-to page", "at most 60 lines"),
        ("from the home page to any how-to page", "at most 2 clicks"),
    ):
        assert [line for line in ran.stdout.splitlines() if line.startswith(f"| {what}") and bound in line]


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
    assert "| `ecsplan iam` of the 20 jobs: calls | 0 calls | " in text


def test_a_part_that_does_not_exist_is_refused_with_those_that_do() -> None:
    ran = bench("speed")

    assert ran.returncode == 2
    parts = (
        "all, start, compile, check, show, init, verify, apply, tasks, fleet, order, ledger, logs, runs, "
        "image, docs, soak, suite"
    )
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
