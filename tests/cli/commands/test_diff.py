"""`ecsplan diff` as a user and a pipeline run it: what it asks, what it says, and how it ends."""

import json
import os
from typing import Any

import processes
import pytest
import terminals
from aws_world import Aws

from ecsplan_cli.render.short_names import short_name

HELLO = """\
name: hello
image: alpine:3
command: [echo, hello world]
cpu: 256
memory: 512
"""
SUBNETS = ("subnet-1cfa35ca000000002", "subnet-85f36470000000001", "subnet-f2f454e6000000000")
WHERE = "us-east-1 of account 000000000000"
NETWORK = f"3 subnets ({', '.join(SUBNETS)}), public IP"


def register(aws: Aws, text: str, name: str = "job.yaml") -> list[str]:
    """Register the jobs of a manifest, and forget the calls."""
    arns = [aws.register(each) for each in aws.compiled(aws.write(name, text))["jobs"]]
    aws.endpoint.forget_calls()
    return arns


def shown(aws: Aws, *arguments: str, stdin: str = "") -> str:
    done = aws.run("diff", "--quiet", *arguments, stdin=stdin)
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


def test_a_first_revision(aws: Aws) -> None:
    assert shown(aws, aws.write("job.yaml", HELLO)) == (
        "+ hello: register the first revision of hello: it has no ACTIVE one\n"
        '    + /family: "hello"\n'
        '    + /containerDefinitions/main/image: "alpine:3"\n'
        '    + /networkMode: "awsvpc"\n'
        '    + /requiresCompatibilities: ["FARGATE"]\n'
        '    + /cpu: "256"\n'
        '    + /memory: "512"\n'
        f"  run 1 task on the default cluster in {WHERE}: FARGATE, 0.25 vCPU, 512 MiB, {NETWORK}\n"
        "    container: main\n"
        "    command: echo 'hello world'\n"
        "\n"
        "1 job: 1 to register, 0 to reuse.\n"
    )


def test_nothing_to_register(aws: Aws) -> None:
    (arn,) = register(aws, HELLO)
    role = "arn:aws:iam::000000000000:role/r"
    run = f"count: 3\ncluster: batch\nenv: {{MODE: fast, API_TOKEN: abc123}}\ntask_role_arn: {role}\n"

    assert shown(aws, aws.write("job.yaml", HELLO + run)) == (
        f"= hello: reuse {short_name(arn)}: the newest revision matches\n"
        f"  run 3 tasks on cluster batch in {WHERE}: FARGATE, 0.25 vCPU, 512 MiB, {NETWORK}\n"
        "    container: main\n"
        "    command: echo 'hello world'\n"
        "    environment: API_TOKEN=*** MODE=fast\n"
        f"    task role: {role}\n"
        "\n"
        "1 job: 0 to register, 1 to reuse.\n"
    )


def test_what_changes(aws: Aws) -> None:
    before = HELLO + (
        "task_definition: {containerDefinitions: [{name: main, user: app, "
        "environment: [{name: MODE, value: slow}, {name: DB_PASSWORD, value: hunter2hunter2}]}]}\n"
    )
    (arn,) = register(aws, before)
    after = (
        before.replace("alpine:3", "alpine:4").replace("user: app, ", "").replace("hunter2hunter2", "correct")
    )
    after = after.replace("value: slow}", "value: slow}, {name: NEW, value: '1'}")

    text = shown(aws, aws.write("job.yaml", after))

    assert text.startswith(
        f"~ hello: register a revision of hello: 4 changes from {short_name(arn)}\n"
        '    ~ /containerDefinitions/main/environment/DB_PASSWORD: "***" -> "***" (values are masked)\n'
        '    + /containerDefinitions/main/environment/NEW: "1"\n'
        '    ~ /containerDefinitions/main/image: "alpine:3" -> "alpine:4"\n'
        '    - /containerDefinitions/main/user: "app"\n'
        "  run 1 task "
    )
    assert text.endswith("\n1 job: 1 to register, 0 to reuse.\n")


def test_jobs_come_in_the_order_of_the_plan(aws: Aws) -> None:
    jobs = "jobs:\n  zeta: {image: a}\n  alpha: {image: a}\n  mid: {image: a}\n"
    register(aws, "name: alpha\nimage: a\n")

    text = shown(aws, aws.write("jobs.yaml", jobs), "--all")

    heads = [line[:8] for line in text.splitlines() if line[:2] in {"+ ", "~ ", "= "}]
    assert heads == ["+ zeta: ", "= alpha:", "+ mid: r"]
    assert text.endswith("\n3 jobs: 2 to register, 1 to reuse.\n")


def test_a_linked_definition(aws: Aws) -> None:
    (arn,) = register(aws, "name: web\nimage: web:1\n", "web.yaml")
    as_it_is = aws.write("one.yaml", "task_definition_arn: web\nname: migrate\n")
    changed = aws.write("two.yaml", "task_definition_arn: web\nname: other\nimage: web:2\n")

    done = aws.run("diff", as_it_is, changed, "--all")

    assert f"= migrate: reuse {short_name(arn)}: the linked revision runs as it is\n" in done.stdout
    assert (
        f"~ other: register a revision of web: 1 change from {short_name(arn)}; made of web\n" in done.stdout
    )
    assert '    ~ /containerDefinitions/main/image: "web:1" -> "web:2"\n' in done.stdout
    assert done.stderr.startswith("two.yaml:1:22: warning[linked-changed]: ")
    assert aws.run("diff", as_it_is, changed, "--quiet").stderr == ""


@pytest.mark.parametrize(
    ("arguments", "change", "expected"),
    [
        pytest.param((), "", 0, id="nothing to register"),
        pytest.param(("--exit-code",), "", 0, id="nothing to register, asked"),
        pytest.param((), "image: other\n", 0, id="a change"),
        pytest.param(("--exit-code",), "image: other\n", 1, id="a change, asked"),
        pytest.param(("--exit-code",), "family: other\n", 1, id="a first revision, asked"),
        pytest.param((), "cpu: 300\n", 2, id="a wrong manifest"),
        pytest.param(("--exit-code",), "cpu: 300\n", 2, id="a wrong manifest, asked"),
        pytest.param(("--format", "yaml"), "", 2, id="a wrong command line"),
        pytest.param(("nowhere.yaml",), "", 2, id="a file that is not there"),
        pytest.param(("--exit-code", "--endpoint-url", "http://127.0.0.1:9"), "", 125, id="nobody there"),
    ],
)
def test_exit_status(aws: Aws, arguments: tuple[str, ...], change: str, expected: int) -> None:
    register(aws, HELLO)
    (key, _, _) = change.partition(":")
    lines = [each for each in HELLO.splitlines() if not key or not each.startswith(f"{key}:")]
    manifest = aws.write("job.yaml", "\n".join(lines) + "\n" + change)

    done = aws.run("diff", manifest, *arguments)

    assert done.exit_code == expected, done.stderr
    assert (done.stdout == "") == (expected > 1)
    assert (done.stderr == "") == (expected <= 1)


def test_a_wrong_manifest_shows_diagnostics_and_asks_nothing(aws: Aws) -> None:
    done = aws.run("diff", aws.write("job.yaml", HELLO + "vpc_id: 7\nimages: x\n"), "--format", "json")

    assert "job.yaml:6:9: error[" in done.stderr
    assert "job.yaml:7:1: error[" in done.stderr
    assert (done.stdout, aws.operations()) == ("", [])


@pytest.mark.parametrize("as_stdin", [False, True])
def test_an_observed_plan_is_shown_as_it_stands(aws: Aws, as_stdin: bool) -> None:
    register(aws, HELLO)
    changed = aws.write("job.yaml", HELLO.replace("alpine:3", "alpine:4"))
    expected = shown(aws, changed)
    plan = json.dumps(aws.compiled(changed), indent=4)
    aws.register(json.loads(plan)["jobs"][0])
    aws.endpoint.forget_calls()

    given = ("-",) if as_stdin else (aws.write("the plan", plan),)

    assert shown(aws, *given, stdin=plan) == expected
    assert aws.operations() == []


def test_an_open_plan_is_decided(aws: Aws) -> None:
    register(aws, HELLO)
    changed = aws.write("job.yaml", HELLO.replace("alpine:3", "alpine:4"))
    plan = json.dumps(aws.compiled("--offline", changed))

    assert shown(aws, aws.write("plan.json", plan)) == shown(aws, changed)
    assert (
        json.loads(shown(aws, "plan.json", "--format", "json", "--region", "eu-west-1"))["jobs"][0]["reason"]
        == "first"
    )


def test_a_plan_through_a_pipe_of_the_shell(aws: Aws) -> None:
    plan = json.dumps(aws.compiled(aws.write("job.yaml", HELLO)))
    ours, theirs = os.pipe()
    os.write(theirs, plan.encode())
    os.close(theirs)

    try:
        assert shown(aws, f"/dev/fd/{ours}").endswith("1 job: 1 to register, 0 to reuse.\n")
    finally:
        os.close(ours)


def test_a_manifest_on_standard_input(aws: Aws) -> None:
    assert "+ hello: register" in shown(aws, "-", stdin=HELLO)
    assert "+ json: register" in shown(aws, "-", stdin='{"name": "json", "image": "a"}')


def test_a_manifest_that_speaks_of_plans(aws: Aws) -> None:
    speaking = HELLO.replace("hello world", "'{\"plan_version\": 1}'")

    assert "+ hello: register" in shown(aws, aws.write("job.yaml", speaking))


def edited(plan: dict[str, object], **members: object) -> str:
    return json.dumps(plan | members)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        pytest.param(
            lambda plan: edited(plan, observed=False), "was edited after it was compiled", id="edited"
        ),
        pytest.param(lambda plan: edited(plan, plan_version=99), "the plan has format 99", id="newer"),
        pytest.param(lambda plan: json.dumps(plan)[:900], "this is not JSON", id="cut"),
        pytest.param(lambda plan: edited(plan, jobs=7), "this is not a plan", id="no list of jobs"),
        pytest.param(lambda plan: json.dumps({"digest": plan["digest"]}), "not a plan", id="a piece of one"),
    ],
)
@pytest.mark.parametrize("options", [(), ("--exit-code", "--format", "markdown")])
def test_a_broken_plan(aws: Aws, spoil: Any, expected: str, options: tuple[str, ...]) -> None:
    plan = aws.compiled(aws.write("job.yaml", HELLO))
    aws.endpoint.forget_calls()

    done = aws.run("diff", aws.write("plan.json", spoil(plan)), *options)

    assert (done.exit_code, done.stdout) == (123, "")
    assert done.stderr.startswith("error: plan.json: ")
    assert expected in done.stderr
    assert aws.operations() == []


def test_a_plan_stands_alone(aws: Aws) -> None:
    plan = aws.write("plan.json", json.dumps(aws.compiled(aws.write("job.yaml", HELLO))))

    done = aws.run("diff", "job.yaml", plan)

    assert (done.exit_code, done.stdout) == (2, "")
    assert "plan.json is a plan: give it alone" in done.stderr


def test_a_plan_without_jobs(aws: Aws) -> None:
    from ecsplan.plan.plan import Plan, write_plan  # noqa: PLC0415

    plan = aws.write("plan.json", write_plan(Plan(observed=True, jobs=())))

    assert shown(aws, plan, "--exit-code") == "No jobs.\n"
    assert shown(aws, plan, "--format", "markdown") == "**ecsplan diff**: No jobs.\n"


def test_json(aws: Aws) -> None:
    (arn,) = register(aws, HELLO)
    aws.write("job.yaml", HELLO.replace("alpine:3", "alpine:4") + "env: {API_TOKEN: abc123}\n")

    assert json.loads(shown(aws, "job.yaml", "--format", "json")) == {
        "diff_version": 1,
        "summary": {"jobs": 1, "register": 1, "reuse": 0},
        "jobs": [
            {
                "name": "hello",
                "source": {"path": "job.yaml", "line": 1},
                "action": "register",
                "reason": "changed",
                "message": f"register a revision of hello: 1 change from {short_name(arn)}",
                "family": "hello",
                "arn": None,
                "latest": arn,
                "linked": None,
                "changes": [
                    {
                        "op": "replace",
                        "path": "/containerDefinitions/main/image",
                        "from": "alpine:3",
                        "to": "alpine:4",
                    }
                ],
                "request": {
                    "family": "hello",
                    "containerDefinitions": [{"name": "main", "image": "alpine:4"}],
                    "networkMode": "awsvpc",
                    "requiresCompatibilities": ["FARGATE"],
                    "cpu": "256",
                    "memory": "512",
                },
                "run": {
                    "count": 1,
                    "cluster": None,
                    "region": "us-east-1",
                    "account_id": None,
                    "launch": "FARGATE",
                    "cpu": "256",
                    "memory": "512",
                    "subnets": list(SUBNETS),
                    "security_groups": [],
                    "public_ip": True,
                    "container": "main",
                    "image": "alpine:4",
                    "command": ["echo", "hello world"],
                    "environment": {"API_TOKEN": "***"},
                    "task_role_arn": None,
                    "execution_role_arn": None,
                },
                "account": "000000000000",
                "run_request": {
                    "taskDefinition": "<registered at apply>",
                    "launchType": "FARGATE",
                    "networkConfiguration": {
                        "awsvpcConfiguration": {
                            "assignPublicIp": "ENABLED",
                            "securityGroups": [],
                            "subnets": list(SUBNETS),
                        }
                    },
                    "overrides": {
                        "containerOverrides": [
                            {
                                "name": "main",
                                "command": ["echo", "hello world"],
                                "environment": [{"name": "API_TOKEN", "value": "***"}],
                                "cpu": 256,
                                "memory": 512,
                            }
                        ],
                        "cpu": "256",
                        "memory": "512",
                    },
                    "tags": [],
                },
                "watch": {
                    "container": "main",
                    "start_timeout_seconds": 120,
                    "timeout_seconds": None,
                    "poll_interval_seconds": 5.0,
                    "stream_output": False,
                    "logs": None,
                    "deregister": False,
                },
                "aws": {"region": "us-east-1"},
            }
        ],
    }


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_no_credential_is_shown(aws: Aws, form: str) -> None:
    manifest = (
        "name: hello\nimage: a\ncommand: [sync, --password, s3cretOne, 'postgres://u:s3cretTwo@db/x']\n"
        "env: {API_TOKEN: s3cretThree}\n"
        "task_definition: {containerDefinitions: [{name: main, environment: "
        "[{name: DB_PASSWORD, value: s3cretFour}], logConfiguration: {logDriver: splunk, "
        "options: {splunk-token: s3cretFive, splunk-url: https://log.example}}}]}\n"
    )
    first = shown(aws, aws.write("job.yaml", manifest), "--format", form)
    register(aws, manifest)
    changed = shown(aws, aws.write("job.yaml", manifest.replace("s3cretF", "an0ther")), "--format", form)

    assert "s3cret" not in first + changed
    assert "an0ther" not in changed
    assert "***" in first
    assert "***" in changed


def test_colour_on_a_terminal_only(aws: Aws) -> None:
    manifest = aws.write("job.yaml", HELLO)
    plain = shown(aws, manifest)

    assert "\x1b[" not in plain
    assert "\x1b[32m" in on_terminal(aws, manifest)
    assert on_terminal(aws, manifest, NO_COLOR="1").replace("\r\n", "\n") == plain
    assert "\x1b[" not in on_terminal(aws, manifest, "--format", "json")


def on_terminal(aws: Aws, *arguments: str, **environment: str) -> str:
    """Return what the command prints to a terminal."""
    found = terminals.on_terminal(
        processes.start, "diff", *arguments, cwd=aws.folder, env={**os.environ, **environment}
    )
    assert found.status == 0
    return found.output
