"""The action as a workflow uses it: the steps of action.yml, one after the other, against an embedded ECS."""

import json
from collections.abc import Callable
from pathlib import Path

from composite_action import interrupted_once
from workflow_job import COMMIT, TOKEN, Job

from ecsplan_local import serve

HELLO = """\
image: example.test/hello:1
command: [sh, -c, "echo hello from $GREETED; exit {exit}"]
env: {{GREETED: "{greeted}"}}
task_watch_poll_interval: 0.2
"""
QUERY = "a=b&c='d' \"e\" $(touch injected) `touch injected`"
STEPS = ["Install ecsplan", "Check the manifests", "Plan", "Comment on the pull request", "Apply"]


def hello(exit_code: int = 0, greeted: str = "here") -> str:
    return HELLO.format(exit=exit_code, greeted=greeted)


def test_a_pull_request_is_checked_planned_and_commented_and_nothing_runs(job: Job) -> None:
    job.write("manifests/hello.yaml", hello())

    done = job.use()

    assert (done.status, done.names) == (0, STEPS[:4]), done.log
    (body,) = job.comments.bodies()
    assert "first revision of" in body
    assert COMMIT in body
    assert f"plan `{done.outputs['digest']}`" in body
    assert "first revision of" in done.summary
    assert done.outputs["changed"] == "true"
    assert done.outputs["comment-url"] == job.comments.rows[0]["html_url"]
    assert json.loads(Path(done.outputs["plan"]).read_text("utf-8"))["digest"] == done.outputs["digest"]
    assert Path(done.outputs["plan"]).stat().st_mode & 0o077 == 0
    assert not job.endpoint.calls("RunTask")
    assert not job.endpoint.calls("RegisterTaskDefinition")
    job.write("manifests/hello.yaml", hello(greeted="there"))

    second = job.use()

    (body,) = job.comments.bodies()
    assert second.outputs["comment-url"] == done.outputs["comment-url"]
    assert second.outputs["digest"] in body
    assert done.outputs["digest"] not in body


def test_the_job_runs_once_in_all_attempts_and_its_exit_code_reaches_the_workflow(job: Job) -> None:
    job.write("manifests/hello.yaml", hello(exit_code=3))
    job.event(ref="refs/heads/main")
    first = job.use({"apply": "true"})
    job.runner.environment["GITHUB_RUN_ATTEMPT"] = "2"
    again = job.use({"apply": "true"})

    assert [each.status for each in (first, again)] == [3, 3], first.log
    assert [each.outputs["exit-code"] for each in (first, again)] == ["3", "3"]
    assert first.outputs["run-id"] == again.outputs["run-id"]
    assert first.outputs["run-id"].startswith("gh-1658821493-")
    assert len(job.endpoint.calls("RunTask")) == 1
    assert "### ecsplan apply: failed" in first.summary
    assert json.loads(Path(first.outputs["result"]).read_text("utf-8"))["exit_status"] == 3
    assert "not done again" in again.annotations("notice")[0]
    assert "There is no ledger" in again.annotations("warning")[0]
    assert not job.comments.rows


def test_a_plan_of_another_job_is_applied_as_it_was_reviewed(job: Job) -> None:
    job.write("manifests/hello.yaml", hello())
    planned = job.use()
    job.write("plan of the review.json", Path(planned.outputs["plan"]).read_text("utf-8"))

    done = job.use(
        {
            "plan": "plan of the review.json",
            "digest": planned.outputs["digest"],
            "apply": "true",
            "comment": "false",
            "run-id": "reviewed/1",
            "ledger": str(job.checkout / "ledger"),
        }
    )

    assert (done.status, done.names) == (0, ["Install ecsplan", "Plan", "Apply"]), done.log
    assert done.outputs["run-id"] == "reviewed/1"
    assert list((job.checkout / "ledger").rglob("*.json"))


def same(text: str) -> str:
    return text


def edited(text: str) -> str:
    return text.replace("hello from", "goodbye from")


def cut_short(text: str) -> str:
    return text[:300]


NOT_THE_ONE: dict[str, tuple[dict[str, str], Callable[[str], str], int, str]] = {
    "another plan": ({"digest": "sha256:0"}, same, 122, "not the plan that was reviewed"),
    "an edited plan": ({}, edited, 123, "digest"),
    "a plan that was cut short": ({}, cut_short, 123, "JSON"),
    "a manifest": ({}, lambda _: hello(), 123, "is not a plan"),
    "a list": ({}, lambda _: "[]", 123, "is not a plan"),
    "a result": ({}, lambda _: '{"run_id": "r"}', 123, "is not a plan"),
    "what is nested too deep": ({}, lambda _: "[" * 100_000, 123, "is not a plan"),
    "no plan": ({"plan": "none.json"}, same, 2, "has the artifact been downloaded?"),
    "no plan of a long name": ({"plan": "n" * 300}, same, 2, "has the artifact been downloaded?"),
    "manifests as well": ({"manifests": "manifests"}, same, 2, "leave manifests"),
}


def test_a_plan_that_is_not_the_one_is_refused_before_anything_is_started(job: Job) -> None:
    job.write("manifests/hello.yaml", hello())
    planned = job.use({"comment": "false"})
    text = Path(planned.outputs["plan"]).read_text("utf-8")

    for name, (inputs, spoilt, status, said) in NOT_THE_ONE.items():
        job.write("plan.json", spoilt(text))
        done = job.use({"plan": "plan.json", "apply": "true", "comment": "false", **inputs})

        assert done.status == status, (name, done.log)
        assert any(said in each for each in done.annotations("error")), (name, done.log)
        assert "Traceback" not in done.log, name
    assert not job.endpoint.calls("RunTask")


def test_a_plan_that_is_stale_ends_the_workflow_with_its_status(job: Job) -> None:
    job.write("manifests/hello.yaml", hello())
    planned = job.use({"comment": "false"})
    job.write("plan.json", Path(planned.outputs["plan"]).read_text("utf-8"))
    job.write("manifests/hello.yaml", hello().replace("hello:1", "hello:2"))
    assert job.use({"apply": "true", "comment": "false"}).status == 0

    done = job.use({"plan": "plan.json", "apply": "true", "comment": "false"})

    assert (done.status, done.outputs["exit-code"]) == (122, "122")
    assert len(job.endpoint.calls("RunTask")) == 1


def test_a_plan_for_another_account_ends_the_workflow_with_its_status(job: Job) -> None:
    job.write("manifests/hello.yaml", hello())
    planned = job.use({"comment": "false"})
    job.write("plan.json", Path(planned.outputs["plan"]).read_text("utf-8"))
    with serve(runner="scripted", account="111122223333", record=True) as elsewhere:
        job.runner.environment["AWS_ENDPOINT_URL"] = elsewhere.url
        done = job.use({"plan": "plan.json", "apply": "true", "comment": "false"})
        started = elsewhere.calls("RunTask")

    assert (done.status, done.outputs["exit-code"]) == (122, "122"), done.log
    assert "account 000000000000" in done.log
    assert not started


def test_a_pull_request_of_a_fork_has_its_diff_in_the_summary(job: Job) -> None:
    job.write("manifests/hello.yaml", hello())
    job.comments.refusals[0] = (403, "Resource not accessible by integration")

    done = job.use()

    assert (done.status, done.names) == (0, STEPS[:4]), done.log
    (notice,) = done.annotations("notice")
    assert "The diff is in the summary" in notice
    assert "first revision of" in done.summary
    assert done.outputs["comment-url"] == ""


def test_without_credentials_the_message_says_what_to_do(job: Job) -> None:
    job.write("manifests/hello.yaml", hello())
    job.log_out()

    done = job.use({"apply": "true"})
    checked = job.use({"check-only": "true"})

    assert (done.status, done.names) == (125, STEPS[:3])
    (message,) = done.annotations("error")
    assert "log in to AWS in a step before this one" in message
    assert "check-only: true" in message
    assert (checked.status, checked.names) == (0, STEPS[:2])
    assert not job.comments.asked


def test_every_problem_is_annotated_at_its_line(job: Job) -> None:
    job.write("manifests/hello.yaml", "image: alpine:3\ncpu: 256\nmemory: 3072\ncomand: [date]\n")

    done = job.use()

    assert (done.status, done.names) == (1, STEPS[:2])
    assert "::error file=manifests/hello.yaml,line=3,col=9," in done.log
    assert "::error file=manifests/hello.yaml,line=4,col=1," in done.log


def test_missing_manifests_are_an_annotation(job: Job) -> None:
    done = job.use()
    named = job.use({"manifests": "none.yaml"})

    assert (done.status, done.names) == (2, STEPS[:2])
    assert "there is no manifests/ here" in done.annotations("error")[0]
    assert (named.status, named.names) == (1, STEPS[:2])
    assert "file=none.yaml,line=1" in named.log


def test_manifests_and_values_arrive_as_they_are_written(job: Job) -> None:
    job.write(
        "a folder/jobs/one.yaml",
        "variables: {query: {}, text: {}, shards: {type: integer}}\nimage: alpine:3\n"
        "env: {QUERY: '${query}', TEXT: '${text}'}\ncount: ${shards}\n",
    )
    job.write("a folder/more jobs/sub/two.yaml", "image: alpine:3\n")
    job.write("a folder/values of today.yaml", "shards: 2\n")

    done = job.use(
        {
            "working-directory": "a folder",
            "manifests": "jobs\nmore jobs/**/*.yaml\n",
            "vars": f"query={QUERY}\ntext<<END\nfirst\n  second\nEND\n",
            "var-file": "values of today.yaml",
            "set": "labels.team=data platform",
            "comment": "false",
        }
    )

    assert done.status == 0, done.log
    jobs = json.loads(Path(done.outputs["plan"]).read_text("utf-8"))["jobs"]
    assert [each["name"] for each in jobs] == ["one", "two"]
    (container,) = jobs[0]["run_request"]["overrides"]["containerOverrides"]
    assert container["environment"] == [
        {"name": "QUERY", "value": QUERY},
        {"name": "TEXT", "value": "first\n  second"},
    ]
    assert jobs[0]["run_request"]["count"] == 2
    assert jobs[1]["run_request"]["tags"] == [{"key": "team", "value": "data platform"}]
    assert not list(job.checkout.rglob("injected"))


def test_an_input_cannot_inject_commands(job: Job) -> None:
    job.write("manifests/hello.yaml", hello())
    evil = "\"; touch injected; $(touch injected) `touch injected` '\n::error::injected\n${{ github.token }}"
    names = ["manifests", "vars", "set", "working-directory", "plan", "key", "run-id"]
    names += ["version", "python", "apply", "comment", "strict", "check-only", "install"]

    for name in names:
        done = job.runner.use({"python": str(job.installed.with_name("python")), name: evil})

        assert not list(job.checkout.parent.rglob("injected")), name
        assert "\n::error::injected" not in done.log, name
        assert TOKEN not in done.log, name


def test_a_sensitive_value_reaches_the_job_and_neither_the_plan_nor_the_log(job: Job) -> None:
    job.write(
        "manifests/hello.yaml",
        "variables: {token: {sensitive: true}, day: {}}\nimage: none\ntask_watch_poll_interval: 0.2\n"
        "stream_output: true\nexecution_role_arn: logs\nenv: {TOKEN: '${token}', DAY: '${day}'}\n"
        "command: [sh, -c, 'echo \"$TOKEN\" | tr a-z A-Z']\n",
    )

    done = job.use({"apply": "true", "vars": "day=monday"}, env={"ECSPLAN_VAR_token": "s3cret-value"})

    assert done.status == 0, done.log
    assert "S3CRET-VALUE" in done.log
    for text in (
        done.log,
        done.summary,
        Path(done.outputs["plan"]).read_text("utf-8"),
        *job.comments.bodies(),
    ):
        assert "s3cret-value" not in text
        assert TOKEN not in text


def test_a_token_is_handed_to_the_step_that_comments_alone(job: Job) -> None:
    job.write("manifests/hello.yaml", hello())

    done = job.use({"token": "ghp_own"})

    assert [each.name for each in done.steps if "ghp_own" in each.environment.values()] == [STEPS[3]]
    assert {each[2] for each in job.comments.asked} == {"Bearer ghp_own"}
    assert "ghp_own" not in done.log


def test_a_cancelled_job_stops_its_task(job: Job) -> None:
    job.write("manifests/long.yaml", "image: none\ncommand: [sleep, '60']\ntask_watch_poll_interval: 0.2\n")

    done = job.use(
        {"apply": "true"},
        during={"Apply": interrupted_once(lambda: bool(job.endpoint.calls("DescribeTasks")))},
    )

    assert (done.status, done.outputs["exit-code"]) == (130, "130"), done.log
    assert job.endpoint.calls("StopTask")


def test_each_job_of_a_matrix_has_a_comment_of_its_own(job: Job) -> None:
    job.write("manifests/hello.yaml", hello())
    for stage in ("dev", "prod"):
        job.runner.contexts["matrix"] = {"stage": stage}
        assert job.use().status == 0

    assert len(job.comments.rows) == 2
