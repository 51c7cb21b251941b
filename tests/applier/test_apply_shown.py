"""What people see of `ecsplan apply`: on terminals of any kind, in logs, and in GitHub Actions."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from apply_stage import LOGGING, Command
from terminals import on_terminal, resize

Begin = Callable[..., Command]

UTF_8 = {"LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
RUNNING = {"at": 0.1, "status": "RUNNING"}
BAR = "  5 %\r 50 %\r100 %\rdone"
MIXED = f"""
jobs:
  extract-customers:
    {LOGGING.strip().replace(chr(10), chr(10) + "    ")}
  load:
    {LOGGING.strip().replace(chr(10), chr(10) + "    ")}
    cloudwatch_logs_options: {{awslogs-group: /jobs/load}}
  report: {{image: alpine, count: 3}}
"""


def ended(at: float, code: int = 0) -> dict[str, Any]:
    return {"at": at, "status": "STOPPED", "exitCode": code}


def plays(*steps: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"timeline": list(steps), **rest}


@pytest.fixture
def mixed(command: Begin) -> Command:
    """Give a plan of three jobs, of which `load` fails."""
    here = command()
    here.compile(MIXED)
    here.endpoint.set_faults(
        {
            "tasks": [
                plays(RUNNING, {"at": 0.2, "log": ["connecting to db", BAR, "boom"]}, ended(0.5, 7))
                | {"family": "load"},
                plays(RUNNING, {"at": 0.2, "log": "one"}, ended(1.6)),
            ]
        }
    )
    return here


@pytest.mark.parametrize("columns", [60, 100])
@pytest.mark.parametrize(
    ("env", "good", "bad"),
    [
        pytest.param({}, "✓", "✗", id="colour"),
        pytest.param({"NO_COLOR": "1"}, "ok    ", "FAILED", id="no colour"),
        pytest.param({"TERM": "dumb"}, "ok    ", "FAILED", id="dumb"),
        pytest.param({"LC_ALL": "C"}, "ok    ", "FAILED", id="no UTF-8"),
        pytest.param({"PYTHONIOENCODING": "ascii:strict"}, "ok    ", "FAILED", id="an encoding that refuses"),
    ],
)
def test_the_end_on_a_terminal(
    mixed: Command, columns: int, env: dict[str, str], good: str, bad: str
) -> None:
    shown = on_terminal(mixed.spawn, "apply", "plan.json", columns=columns, env=UTF_8 | env)

    lines = shown.screen
    end = lines[lines.index(next(line for line in lines if line.startswith(good))) :]
    assert shown.status == 1
    assert re.fullmatch(f"{good} extract-customers  exit 0 +[12] s  [0-9a-f]{{8}}", end[0])
    assert re.fullmatch(f"{bad} load               exit 7 +[0-9.]+ s  [0-9a-f]{{8}}", end[2])
    assert [line for line in end if line.startswith(f"{bad.strip()} load exited")]
    tail = end.index("    connecting to db")
    assert end[tail : tail + 3] == ["    connecting to db", "    done", "    boom"]
    assert "RUNNING" not in "".join(end)
    assert ("\x1b[3" in shown.output) == (not env or "LC_ALL" in env or "PYTHONIOENCODING" in env)
    assert ("\x1b[1A" in shown.output) == (env.get("TERM") != "dumb")


@pytest.mark.parametrize("columns", [20, 7, 1])
@pytest.mark.parametrize(
    "name", ["n" * 200, "מטלה-לילית", "日本語の仕事", "a"], ids=["long", "right to left", "wide", "short"]
)
def test_the_view_fits_a_narrow_window(command: Begin, name: str, columns: int) -> None:
    here = command()
    here.compile(f"name: {name}\nfamily: hello\nimage: alpine\nstream_output: false\ncount: 2\n")
    here.endpoint.set_faults({"tasks": [plays(RUNNING, ended(1.5))]})

    shown = on_terminal(here.spawn, "apply", "plan.json", columns=columns, env=UTF_8)

    whole = "".join(shown.screen).replace(" ", "")
    assert shown.status == 0
    assert "2of2taskssucceeded." in whole
    assert "RUNNING" not in whole
    assert whole.count("✓") == 1


def test_a_window_that_is_made_narrow_meanwhile(mixed: Command) -> None:
    done: list[int] = []

    def narrow(terminal: int, output: bytes) -> None:
        if b"RUNNING" in output and not done:
            done.append(1)
            resize(terminal, 20)

    shown = on_terminal(mixed.spawn, "apply", "plan.json", columns=100, then=narrow, env=UTF_8)

    assert shown.status == 1
    assert done
    assert "✗ load exited with 7" in "\n".join(shown.screen)
    assert "Traceback" not in shown.output


def test_states_stand_in_the_view_alone(mixed: Command) -> None:
    mixed.endpoint.set_faults({"tasks": [plays(RUNNING, ended(4))]})

    shown = on_terminal(mixed.spawn, "apply", "plan.json", env=UTF_8)

    assert re.search(r"extract-customers +RUNNING  \d", shown.output)
    assert not [line for line in shown.screen if "RUNNING" in line or "started task" in line]
    assert [line for line in shown.screen if line.startswith("extract-customers: registered ")]


@pytest.mark.parametrize(
    ("env", "waits"),
    [
        pytest.param({"ECSPLAN_HEARTBEAT_SECONDS": "0.4"}, True, id="another interval"),
        pytest.param({}, False, id="a minute"),
    ],
)
def test_off_a_terminal_a_line_says_what_is_waited_for(
    command: Begin, env: dict[str, str], waits: bool
) -> None:
    here = command()
    here.compile("image: alpine\n")
    here.endpoint.set_faults({"tasks": [plays({"at": 0.2, "status": "PENDING"}, ended(2.5))]})

    done = here.run("apply", "plan.json", env=env)
    quiet = here.run("apply", "plan.json", "--quiet", env=env)

    said = re.findall(r"^still waiting for hello \(PENDING for [0-9.]+ s\)$", done.err, re.MULTILINE)
    assert bool(said) == waits
    assert (quiet.status, quiet.err) == (0, "")


@pytest.mark.parametrize("seconds", ["0", "-1", "x", "nan"])
def test_an_interval_has_to_be_a_number(command: Begin, seconds: str) -> None:
    here = command()
    here.compile("image: alpine\n")

    done = here.run("apply", "plan.json", env={"ECSPLAN_HEARTBEAT_SECONDS": seconds})

    assert done.status == 2
    assert "ECSPLAN_HEARTBEAT_SECONDS must be a number above 0" in done.err


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        pytest.param("image: alpine\n", True, id="no log"),
        pytest.param("image: alpine\nstream_output: false\n", False, id="not wanted"),
        pytest.param(LOGGING, False, id="CloudWatch"),
        pytest.param(LOGGING + "stream_output: false\n", False, id="CloudWatch, not shown"),
        pytest.param(
            "task_definition:\n  containerDefinitions:\n    - {name: main, image: a, logConfiguration:"
            " {logDriver: splunk, options: {splunk-url: x}, secretOptions:"
            " [{name: splunk-token, valueFrom: /a}]}}\n"
            "execution_role_arn: arn:aws:iam::000000000000:role/x\n",
            False,
            id="another driver",
        ),
    ],
)
def test_that_output_is_not_kept_is_announced_once(command: Begin, keys: str, said: bool) -> None:
    here = command()
    here.compile(f"{keys}count: 3\n")
    here.endpoint.set_faults({"tasks": [plays(RUNNING, ended(0.2))]})

    done = here.run("apply", "plan.json")

    assert done.status == 0, done.err
    assert done.err.count("is not kept") == said
    assert ("`stream_output: true` with an `execution_role_arn`" in done.err) == said


def test_the_log_of_a_task_that_never_started_is_not_asked_for(command: Begin) -> None:
    here = command()
    here.compile(LOGGING)
    failed = {"at": 0.2, "status": "STOPPED", "stopCode": "TaskFailedToStart", "stoppedReason": "x"}
    here.endpoint.set_faults({"tasks": [plays(failed)]})

    done = here.run("apply", "plan.json")

    assert done.status == 126
    assert here.endpoint.calls("GetLogEvents") == ()


@pytest.mark.parametrize(
    ("steps", "state", "key"),
    [
        pytest.param([], "still PROVISIONING", "`task_start_timeout_seconds`", id="provisioning"),
        pytest.param(
            [{"at": 0.1, "status": "PENDING"}], "still PENDING", "`task_start_timeout_seconds`", id="pending"
        ),
    ],
)
def test_a_start_timeout_names_state_and_key(command: Begin, steps: list[Any], state: str, key: str) -> None:
    here = command()
    here.compile("image: alpine\ntask_start_timeout_seconds: 1\n")
    here.endpoint.set_faults({"tasks": [plays(*steps)]})

    done = here.run("apply", "plan.json", "--quiet")

    assert done.status == 124
    assert state in done.err
    assert key in done.err


GITHUB = {"GITHUB_ACTIONS": "true"}


def test_github_gets_a_group_for_each_job_and_an_annotation_for_a_failure(mixed: Command) -> None:
    env = GITHUB | {"GITHUB_STEP_SUMMARY": str(mixed.folder / "summary.md")}
    (mixed.folder / "summary.md").write_text("before\n", "utf-8")

    done = mixed.run("apply", "plan.json", env=env)

    commands = [line for line in done.err.splitlines() if line.startswith("::")]
    groups = [each for each in commands if each.startswith("::group::")]
    errors = [each for each in commands if each.startswith("::error ")]
    summary = (mixed.folder / "summary.md").read_text("utf-8")
    assert set(groups) == {"::group::extract-customers", "::group::load", "::group::report"}
    assert commands.count("::endgroup::") == len(groups)
    assert [each.partition("::Essential")[0] for each in errors] == [
        "::error file=hello.yaml,line=7,title=load exited with 7"
    ]
    assert "::" not in done.out
    assert summary.startswith("before\n### ecsplan apply: failed\n")
    assert "| ❌ | `load` | exit 7 |" in summary
    assert "    1 of 5 tasks failed: load. " in summary
    assert "https://us-east-1.console.aws.amazon.com/ecs/v2/clusters/default/tasks/" in summary
    assert done.err.splitlines()[-2].startswith("1 of 5 tasks failed: load. ")


def test_groups_are_closed_and_never_within_each_other(mixed: Command) -> None:
    done = mixed.run("apply", "plan.json", env=GITHUB)

    depth = 0
    for line in done.err.splitlines():
        depth += line.startswith("::group::") - (line == "::endgroup::")
        assert depth in {0, 1}
    assert depth == 0


@pytest.mark.parametrize("env", [{}, {"GITHUB_ACTIONS": "false"}, {"GITHUB_ACTIONS": ""}], ids=str)
def test_elsewhere_there_are_no_workflow_commands(mixed: Command, env: dict[str, str]) -> None:
    target = mixed.folder / "summary.md"

    done = mixed.run("apply", "plan.json", env=env | {"GITHUB_STEP_SUMMARY": str(target)})

    assert not [line for line in done.err.splitlines() if line.lstrip().startswith("::")]
    assert not target.exists()


def test_a_summary_that_cannot_be_written_is_one_warning(mixed: Command) -> None:
    env = GITHUB | {"GITHUB_STEP_SUMMARY": str(mixed.folder / "no" / "summary.md")}

    done = mixed.run("apply", "plan.json", env=env)

    assert done.status == 1
    assert done.err.count("the summary of the step cannot be written") == 1


def test_a_refusal_is_annotated(mixed: Command) -> None:
    mixed.endpoint.set_faults(
        {
            "rules": [
                {"operation": "DescribeTaskDefinition", "action": "error", "code": "AccessDeniedException"}
            ]
        }
    )

    done = mixed.run("apply", "plan.json", "--quiet", env=GITHUB)

    assert done.status == 125
    assert len([line for line in done.err.splitlines() if line.startswith("::error title=")]) == 1


@pytest.mark.parametrize(
    ("plan", "status"),
    [
        pytest.param(lambda text: text, 122, id="stale"),
        pytest.param(lambda _: "{}", 123, id="no plan"),
        pytest.param(lambda _: "::error::x", 123, id="no JSON"),
        pytest.param(None, 2, id="no file"),
    ],
)
def test_a_refused_apply_has_an_annotation_of_one_line_and_a_summary(
    command: Begin, plan: Callable[[str], str] | None, status: int
) -> None:
    here = command()
    here.compile("image: alpine\n")
    if plan is not None:
        here.write("wrong.json", plan((here.folder / "plan.json").read_text("utf-8")))
    here.endpoint.set_faults({"tasks": [plays(RUNNING, ended(0.2))]})
    here.compile("image: busybox\n")
    here.run("apply", "plan.json")
    env = GITHUB | {"GITHUB_STEP_SUMMARY": str(here.folder / "summary.md")}

    done = here.run("apply", "wrong.json", env=env)

    said = re.search(r"^[Ee]rror: ((?:.|\n)*)", done.err, re.MULTILINE)
    commands = [line for line in done.err.splitlines() if line.startswith("::")]
    summary = (here.folder / "summary.md").read_text("utf-8")
    assert done.status == status
    assert said is not None
    first, *rest = said[1].splitlines()
    assert commands == [f"::error title=ecsplan apply was refused::{first}"]
    assert summary.splitlines() == ["### ecsplan apply: refused", "", *(f"    {x}" for x in (first, *rest))]


def test_an_annotation_has_the_first_line_of_what_is_said_of_a_failure(command: Begin) -> None:
    here = command()
    here.compile("image: alpine\n")
    here.endpoint.set_faults(
        {"tasks": [plays(RUNNING, ended(0.3, 137) | {"stoppedReason": "OutOfMemoryError: killed"})]}
    )

    done = here.run("apply", "plan.json", env=GITHUB)

    errors = [line for line in done.err.splitlines() if line.startswith("::error ")]
    assert len(errors) == 1
    assert "OutOfMemoryError" in errors[0]
    assert "%0A" not in errors[0]
    assert "  help: " in done.err


def test_a_timeout_is_told_once(command: Begin) -> None:
    here = command()
    here.compile("image: alpine\ntask_timeout_seconds: 0.5\n")
    here.endpoint.set_faults({"tasks": [plays(RUNNING)]})

    done = here.run("apply", "plan.json", "--quiet")

    assert done.status == 124
    assert done.err.count("0.5 s") == 1
    assert done.err.count("stopped") == 1
    assert done.err.count("`task_timeout_seconds` allows no more") == 1


@pytest.mark.parametrize("where", ["sub", "sub/deeper"])
def test_annotations_have_paths_in_the_workspace(command: Begin, where: str) -> None:
    here = command()
    here.compile("image: alpine\n")
    here.endpoint.set_faults({"tasks": [plays(RUNNING, ended(0.2, 7))]})
    workspace = here.folder
    here.folder = here.folder / where
    here.folder.mkdir(parents=True)
    here.compile("image: alpine\n", "own")

    done = here.run("apply", "plan.json", env=GITHUB | {"GITHUB_WORKSPACE": str(workspace)})

    assert f"::error file={where}/own.yaml,line=1," in done.err


def test_tricks_of_logs_are_no_workflow_commands(command: Begin) -> None:
    here = command()
    here.compile(LOGGING)
    log = ["::error::trick", "  ::set-output name=a::b", "##[group]x", "##vso[task.x]y"]
    here.endpoint.set_faults({"tasks": [plays(RUNNING, {"at": 0.2, "log": log}, ended(0.3, 3))]})

    done = here.run("apply", "plan.json", env=GITHUB)

    assert done.out.splitlines() == log
    commands = [line for line in done.err.splitlines() if line.lstrip().startswith("::")]
    assert all(re.match("::(group|endgroup|error )", each) for each in commands)
    assert not re.search(r"##\[|##vso\[", done.err)


def test_failures_link_to_the_console(mixed: Command) -> None:
    done = mixed.run("apply", "plan.json")

    links = re.findall(r"^    (https://\S+)$", done.err, re.MULTILINE)
    assert [each.split("/")[3] for each in links] == ["ecs", "cloudwatch"]
    assert "$252Fjobs$252Fload" in links[1]


def test_only_what_failed_is_run_again_as_a_new_run(mixed: Command) -> None:
    first = mixed.run("apply", "plan.json")
    line = re.search(r"again, only what failed:  ecsplan (.*)$", first.err, re.MULTILINE)
    assert line is not None
    mixed.endpoint.set_faults({"tasks": [plays(RUNNING, ended(0.2))]})

    again = mixed.run(*line[1].split())

    assert (line[1], again.status) == ("apply plan.json --only load", 0)
    assert len(set(re.findall("Run ([0-9a-f]{16})", first.err + again.err))) == 2
    assert "1 of 1 task succeeded" in again.err


@pytest.mark.parametrize(
    ("options", "jobs", "line"),
    [
        pytest.param([], "a b", "again:  ecsplan apply plan.json", id="all failed"),
        pytest.param(
            ["--only", "a", "--only", "a"], "a b",
            "again, only what failed:  ecsplan apply plan.json --only a", id="all of some",
        ),
        pytest.param(
            ["--only", "b", "--only", "a"], "a b", "again:  ecsplan apply plan.json", id="all, named"
        ),
        pytest.param(
            [], "a", "again, only what failed:  ecsplan apply plan.json --only a", id="one of two"
        ),
    ],
)  # fmt: skip
def test_how_to_run_again_what_failed(command: Begin, options: list[str], jobs: str, line: str) -> None:
    here = command()
    here.compile("jobs: {a: {image: alpine}, b: {image: alpine}}\n")
    fails = [plays(RUNNING, ended(0.2, 7)) | {"family": each} for each in jobs.split()]
    here.endpoint.set_faults({"tasks": [*fails, plays(RUNNING, ended(0.2))]})

    done = here.run("apply", "plan.json", *options)

    named = list(dict.fromkeys(options[1::2]))
    resumes = [word for name in named for word in ("--only", name)]
    assert done.err.splitlines()[-1] == f"  {line}"
    assert done.err.splitlines()[0].endswith(" ".join(["--run-id", done.err[8:24], *resumes]))


def test_detached_tasks_are_named_on_stdout(mixed: Command) -> None:
    mixed.endpoint.set_faults({"tasks": [plays(RUNNING, ended(3600))]})

    done = mixed.run("apply", "plan.json", "--detach", "--run-id", "d")
    quiet = mixed.run("apply", "plan.json", "--detach", "--run-id", "e", "--quiet")

    assert re.fullmatch(r"(\S+::arn:aws:ecs:\S+:task/default/[0-9a-f]{32}\n){5}", done.out)
    assert done.err.splitlines()[-4].startswith("5 of 5 tasks started. ")
    assert done.err.splitlines()[-3:] == [
        "to come back: ecsplan apply plan.json --run-id d",
        "to see it: ecsplan status d --region us-east-1",
        "to stop it: ecsplan stop d --region us-east-1",
    ]
    assert (quiet.out.count("\n"), quiet.err) == (5, "")


def test_a_task_that_has_failed_already_is_not_shown_as_left_running(command: Begin) -> None:
    here = command()
    here.compile("jobs: {load: {image: alpine}, rep: {image: alpine, count: 3}}\n")
    here.endpoint.set_faults({"tasks": [plays(ended(0, 9))]})
    env = GITHUB | {"GITHUB_STEP_SUMMARY": str(here.folder / "summary.md")}

    done = here.run("apply", "plan.json", "--detach", env=env)

    summary = (here.folder / "summary.md").read_text("utf-8")
    assert (done.status, done.out.count("\n")) == (0, 4)
    assert not [line for line in done.err.splitlines() if line.startswith("ok")]
    assert "FAILED rep   0 of 3" in done.err
    assert "4 of 4 tasks failed: load, rep/1, rep/2 and rep/3. " in done.err
    assert summary.startswith("### ecsplan apply: failed\n")
    assert "✅" not in summary


def test_two_hundred_jobs_with_one_failure(command: Begin) -> None:
    here = command()
    jobs = "".join(f"  job-{n}: {{image: alpine, family: f{n % 2}}}\n" for n in range(200))
    here.compile(f"jobs:\n{jobs}  load: {{image: alpine, family: load}}\n")
    here.endpoint.set_faults(
        {
            "tasks": [
                plays(RUNNING, ended(0.3, 7)) | {"family": "load"},
                plays(RUNNING, ended(0.3)),
            ]
        }
    )

    done = here.run("apply", "plan.json", "--result", "result.json")

    result = json.loads((here.folder / "result.json").read_text("utf-8"))
    assert done.status == 1
    assert len(done.err.encode()) <= 4096
    assert len(result["jobs"]) == 201
    assert "1 of 201 tasks failed: load. " in done.err
