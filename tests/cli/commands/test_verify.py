"""`ecsplan verify` as a user and a pipeline run it: what it asks, what it says, and how it ends."""

import json
import shlex
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aws_world import Aws
from click.testing import Result

from ecsplan.plan.plan import read_plan, write_plan

HELLO = "name: hello\nimage: 127.0.0.1:9/etl:1\n"
ON_BATCH = "name: hello\nimage: 127.0.0.1:9/etl:1\ncluster: batch\n"
NO_CLUSTER = "cluster batch does not exist in us-east-1"
FOUND = "`aws ecs list-clusters` lists them; check the name, the region and the account"
DENIED: dict[str, Any] = {
    "rules": [
        {"operation": "DescribeClusters", "action": "error", "code": "AccessDeniedException", "message": "no"}
    ]
}


def clusters(aws: Aws, *arguments: str, status: int) -> list[dict[str, Any]]:
    """Return the findings about clusters, as `--format json` has them."""
    done = aws.run("verify", "--format", "json", *arguments)
    assert done.exit_code == status, done.stderr
    return [each for each in json.loads(done.stdout) if each["check"] == "cluster-active"]


def ended(done: Result) -> tuple[int, str]:
    return done.exit_code, done.stderr.splitlines()[-1]


def calls(aws: Aws) -> Counter[str]:
    return Counter(aws.operations())


def test_what_fails_is_shown_at_its_place(aws: Aws) -> None:
    done = aws.run("verify", "-q", aws.write("job.yaml", ON_BATCH))

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        f"job.yaml:3:10: fails[cluster-active]: {NO_CLUSTER}\n"
        "  3 | cluster: batch\n"
        "    |          ^^^^^\n"
        f"  help: {FOUND}\n"
    )


def test_what_is_ok_is_a_line_for_each_check(aws: Aws) -> None:
    done = aws.run("verify", aws.write("job.yaml", HELLO))

    assert (done.exit_code, done.stdout) == (0, "")
    lines = [" ".join(each.split()) for each in done.stderr.splitlines()]
    assert "ok cluster-active cluster default is ACTIVE" in lines
    assert lines[-1].startswith("1 job: ")
    assert " 0 fail, " in lines[-1]


def test_quiet_prints_nothing_where_nothing_fails(aws: Aws) -> None:
    done = aws.run("verify", "-q", aws.write("job.yaml", HELLO))

    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")


def test_json_has_these_members_in_this_order(aws: Aws) -> None:
    (found,) = clusters(aws, aws.write("job.yaml", ON_BATCH), status=1)

    assert list(found.items()) == [
        ("path", "job.yaml"),
        ("line", 3),
        ("column", 10),
        ("state", "fails"),
        ("check", "cluster-active"),
        ("message", NO_CLUSTER),
        ("help", FOUND),
    ]


def test_github_gets_annotations(aws: Aws) -> None:
    done = aws.run("verify", "--format", "github", aws.write("job.yaml", ON_BATCH))

    assert done.exit_code == 1
    assert (
        f"::error file=job.yaml,line=3,col=10,endColumn=14,title=ecsplan%3A cluster-active::{NO_CLUSTER}%0A"
        f"help: {FOUND}\n"
    ) in done.stdout


def test_one_wrong_manifest_of_many_is_in_the_form_that_was_asked_for(aws: Aws) -> None:
    names = [aws.write("good.yaml", HELLO), aws.write("wrong.yaml", "name: wrong\nimage: 7\n")]

    listed = aws.run("verify", "--format", "json", *names)
    annotated = aws.run("verify", "--format", "github", *names)

    assert (listed.exit_code, annotated.exit_code) == (1, 1)
    assert [each for each in json.loads(listed.stdout) if each["path"] == "wrong.yaml"] == [
        {
            "path": "wrong.yaml",
            "line": 2,
            "column": 8,
            "state": "fails",
            "check": "wrong-type",
            "message": "image: expected a string, got 7",
            "help": "put it in quotes",
        }
    ]
    assert "wrong.yaml:2:8: error[wrong-type]" in listed.stderr
    assert annotated.stdout.startswith("::error file=wrong.yaml,line=2,col=8,")


@pytest.mark.parametrize(
    ("text", "rule", "said"),
    [
        pytest.param("name: wrong\nimage: 7\n", "wrong-type", "2:8", id="its schema"),
        pytest.param("name: wrong\nimage: [\n", "yaml-syntax", "3:1", id="its syntax"),
        pytest.param(ON_BATCH, "duplicate-job", "1:7", id="with another manifest"),
        pytest.param(
            "name: wrong\nvariables: {}\nimage: ${ssm:/none}\n", "lookup-not-found", "3:8", id="for AWS"
        ),
    ],
)
@pytest.mark.parametrize("position", ["before", "z-after"])
def test_the_manifests_beside_a_wrong_one_are_verified(
    aws: Aws, text: str, rule: str, said: str, position: str
) -> None:
    if rule == "duplicate-job" and position == "before":
        position = "z-other"  # the later one is the wrong one
    names = sorted([aws.write("good.yaml", ON_BATCH), aws.write(f"{position}.yaml", text)])

    shown = aws.run("verify", *names)
    listed = aws.run("verify", "--format", "json", *names)
    annotated = aws.run("verify", "--format", "github", *names)

    assert (shown.exit_code, listed.exit_code, annotated.exit_code) == (1, 1, 1)
    assert f"{position}.yaml:{said}: error[{rule}]: " in shown.stderr
    assert f"good.yaml:3:10: fails[cluster-active]: {NO_CLUSTER}\n" in shown.stderr
    assert shown.stderr.splitlines()[-1].startswith("1 job: ")
    assert shown.stderr.endswith("; the jobs of manifests with an error are not verified\n")
    rows = json.loads(listed.stdout)
    assert {(each["path"], each["check"]) for each in rows if each["state"] == "fails"} == {
        ("good.yaml", "cluster-active"),
        (f"{position}.yaml", rule),
    }
    assert [each["path"] for each in rows] == sorted(each["path"] for each in rows)
    assert f"::error file={position}.yaml,line={said[0]}," in annotated.stdout
    assert "::error file=good.yaml,line=3," in annotated.stdout


def test_a_missing_input_keeps_no_other_from_being_verified(aws: Aws) -> None:
    done = aws.run("verify", aws.write("good.yaml", ON_BATCH), "missing.yaml")

    assert done.exit_code == 1
    assert "missing.yaml:1:1: error[" in done.stderr
    assert f"fails[cluster-active]: {NO_CLUSTER}" in done.stderr


def test_a_wrong_option_keeps_everything_from_being_verified(aws: Aws) -> None:
    done = aws.run("verify", aws.write("good.yaml", ON_BATCH), "--set", "no-such-job:cluster=c")

    assert done.exit_code == 1
    assert "cluster-active" not in done.stderr
    assert calls(aws) == Counter()


@pytest.mark.parametrize(("form", "begins"), [("json", "["), ("github", "::error file=job.yaml,line=")])
def test_what_aws_says_is_wrong_with_an_offline_plan(aws: Aws, form: str, begins: str) -> None:
    aws.write("job.yaml", "name: job\nvariables: {}\nimage: 127.0.0.1:9/etl:1\ncluster: ${ssm:/none}\n")
    assert aws.run("compile", "--offline", "job.yaml", "-o", "plan.json").exit_code == 0

    done = aws.run("verify", "--format", form, "plan.json")

    assert done.exit_code == 1
    assert done.stdout.startswith(begins)
    assert form == "github" or [each["state"] for each in json.loads(done.stdout)] == ["fails"]


def test_what_is_denied_is_unknown_and_no_failure(aws: Aws) -> None:
    aws.endpoint.set_faults(DENIED)
    name = aws.write("job.yaml", ON_BATCH)

    (found,) = clusters(aws, name, status=0)
    annotated = aws.run("verify", "--format", "github", name)

    assert (found["state"], found["message"]) == ("unknown", "cluster batch: DescribeClusters is denied")
    assert annotated.exit_code == 0
    assert "::warning file=job.yaml,line=3,col=10," in annotated.stdout
    assert "::error" not in annotated.stdout


@pytest.mark.parametrize("operation", ["DescribeVpcs", "DescribeSubnets", "DescribeSecurityGroups"])
@pytest.mark.parametrize("inputs", [["job.yaml"], ["plan.json"]], ids=["manifest", "offline plan"])
@pytest.mark.parametrize("keys", ["", "security_groups: [web]\n"], ids=["default", "a name"])
def test_a_denied_look_up_of_the_network_is_unknown(
    aws: Aws, operation: str, inputs: list[str], keys: str
) -> None:
    if keys and operation != "DescribeSecurityGroups":
        keys = "security_groups: [default]\n"
    aws.write("job.yaml", HELLO + keys)
    assert aws.run("compile", "--offline", "job.yaml", "-o", "plan.json").exit_code == 0
    refusal = {"operation": operation, "action": "error", "code": "UnauthorizedOperation", "message": "no"}
    aws.endpoint.set_faults({"rules": [refusal]})

    done = aws.run("verify", "--format", "json", *inputs)

    assert done.exit_code == 0, done.stderr
    states = {each["check"]: each["state"] for each in json.loads(done.stdout)}
    assert states["cluster-active"] == "ok"
    assert "fails" not in states.values()
    named = "security-group-exists" if keys else "egress"
    assert states[named if operation == "DescribeSecurityGroups" else "subnet-exists"] == "unknown"


def test_revisions_are_not_asked_for(aws: Aws) -> None:
    jobs = "".join(f"---\nname: job{number}\nimage: 127.0.0.1:9/etl:1\n" for number in range(20))

    done = aws.run("verify", "-q", aws.write("jobs.yaml", jobs))

    assert done.exit_code == 0
    made = calls(aws)
    assert made["DescribeTaskDefinition"] == made["ListTaskDefinitions"] == 0
    assert made["GetCallerIdentity"] == made["DescribeClusters"] == 1
    assert made["DescribeSubnets"] == 2, "to compile the jobs, and to verify their subnets"


def test_a_linked_definition_is_asked_for(aws: Aws) -> None:
    aws.register(aws.compiled(aws.write("web.yaml", "name: web\nimage: 127.0.0.1:9/etl:1\n"))["jobs"][0])
    aws.operations()

    done = aws.run("verify", aws.write("job.yaml", "task_definition_arn: web\ncluster: batch\n"))

    assert done.exit_code == 1
    assert calls(aws)["DescribeTaskDefinition"] >= 1
    assert "job.yaml:2:10: fails[cluster-active]" in done.stderr


@pytest.mark.parametrize("offline", [False, True], ids=["observed", "offline"])
def test_a_plan_is_verified_at_the_lines_of_its_jobs(aws: Aws, offline: bool) -> None:
    aws.write("jobs.yaml", f"{HELLO}---\nname: other\nimage: 127.0.0.1:9/etl:1\ncluster: batch\n")
    more = ["--offline"] if offline else []
    assert aws.run("compile", "jobs.yaml", "-o", "plan.json", *more).exit_code == 0
    aws.operations()

    found = clusters(aws, "plan.json", status=1)

    places = [(each["path"], each["line"], each["column"], each["state"]) for each in found]
    assert places == [("jobs.yaml", 1, 1, "ok"), ("jobs.yaml", 4, 1, "fails")]
    made = calls(aws)
    assert made["DescribeTaskDefinition"] == 0
    assert (made["DescribeVpcs"] > 0) is offline
    assert made["GetCallerIdentity"] == made["DescribeClusters"] == 1


def test_what_is_verified_where_nothing_is_named(aws: Aws) -> None:
    none = aws.run("verify")
    Path("manifests").mkdir()
    aws.write("manifests/job.yaml", ON_BATCH)

    assert ended(none) == (
        2,
        "Error: there is neither manifests/ nor plan.json here: name a manifest, a directory, a plan, or -",
    )
    assert [each["path"] for each in clusters(aws, status=1)] == ["manifests/job.yaml"]


def test_values_settings_and_standard_input(aws: Aws) -> None:
    text = "variables: {which: {}}\nimage: 127.0.0.1:9/etl:1\ncluster: ${which}\n"

    done = aws.run(
        "verify", "-", "--name", "piped", "--var", "which=batch", "--set", "cpu=256", "--format", "json",
        stdin=text,
    )  # fmt: skip

    assert done.exit_code == 1
    (found,) = [each for each in json.loads(done.stdout) if each["check"] == "cluster-active"]
    assert (found["path"], found["line"], found["state"]) == ("<stdin>", 3, "fails")
    assert found["help"] == f"{FOUND}\nwhich='batch' from --var"


@pytest.mark.parametrize(
    ("text", "arguments", "status", "said"),
    [
        pytest.param("image: 7\n", ["job.yaml"], 1, "job.yaml:1:8: error[", id="a wrong manifest"),
        pytest.param('{"plan_version": 1', ["job.yaml"], 123, "this is not JSON", id="a plan that was cut"),
        pytest.param(HELLO, ["none.yaml"], 1, "error[unreadable-file]", id="no such file"),
        pytest.param(HELLO, ["--format", "csv"], 2, "'csv' is not one of", id="no such format"),
    ],
)
def test_what_cannot_be_verified(aws: Aws, text: str, arguments: list[str], status: int, said: str) -> None:
    aws.write("job.yaml", text)

    done = aws.run("verify", *arguments)

    assert done.exit_code == status, done.stderr
    assert said in done.stderr
    assert calls(aws)["DescribeClusters"] == 0


@pytest.mark.parametrize("option", [["--name", "a"], ["--set", "cpu=256"], ["--var", "a=b"]])
def test_a_plan_takes_no_options_that_change_manifests(aws: Aws, option: list[str]) -> None:
    aws.write("job.yaml", HELLO)
    assert aws.run("compile", "--offline", "job.yaml", "-o", "plan.json").exit_code == 0

    assert aws.run("verify", "plan.json", *option).exit_code == 2


def planned(aws: Aws, account: str | None = None) -> str:
    """Write the plan of a job, for another account if one is given; return its file."""
    assert aws.run("compile", aws.write("job.yaml", HELLO), "-o", "plan.json").exit_code == 0
    if account is not None:
        plan = read_plan(Path("plan.json").read_text("utf-8"))
        jobs = tuple(replace(each, account=account) for each in plan.jobs)
        aws.write("plan.json", write_plan(replace(plan, jobs=jobs)))
    aws.operations()
    return "plan.json"


def test_a_plan_for_another_region_is_refused(aws: Aws) -> None:
    plan = planned(aws)

    elsewhere = aws.run("verify", plan, "--region", "eu-west-1")

    said = "Error: --region eu-west-1: the jobs of a plan already have a region; pass manifests instead"
    assert ended(elsewhere) == (2, said)
    assert aws.run("verify", "-q", plan, "--region", "us-east-1").exit_code == 0


def test_a_plan_for_another_account_is_refused(aws: Aws) -> None:
    done = aws.run("verify", planned(aws, "999988887777"))

    assert done.exit_code == 122
    assert (
        "hello: the plan is for account 999988887777, and the credentials are for 000000000000" in done.stderr
    )
    assert calls(aws) == {"GetCallerIdentity": 1}


def test_what_aws_could_not_be_asked_is_125(aws: Aws) -> None:
    plan = planned(aws)
    broken = {"operation": "DescribeClusters", "action": "error", "code": "ServiceSick", "message": "no"}
    aws.endpoint.set_faults({"rules": [broken]})

    done = aws.run("verify", plan)

    assert done.exit_code == 125, done.stderr
    assert "ServiceSick" in done.stderr


def test_compile_writes_no_plan_where_something_fails(aws: Aws) -> None:
    aws.write("job.yaml", ON_BATCH)

    done = aws.run("compile", "--verify", "job.yaml", "-o", "plan.json")

    assert (done.exit_code, done.stdout) == (1, "")
    assert f"job.yaml:3:10: fails[cluster-active]: {NO_CLUSTER}\n" in done.stderr
    assert not Path("plan.json").exists()


def test_compile_goes_on_where_something_is_unknown(aws: Aws) -> None:
    aws.endpoint.set_faults(DENIED)
    plain = aws.run("compile", aws.write("job.yaml", HELLO))

    done = aws.run("compile", "--verify", "job.yaml")
    quiet = aws.run("compile", "--verify", "-q", "job.yaml")

    assert (done.exit_code, done.stdout) == (0, plain.stdout)
    assert "DescribeClusters" in done.stderr
    assert "verified 1 job: " in done.stderr
    assert (quiet.exit_code, quiet.stdout, quiet.stderr) == (0, plain.stdout, "")


EVERYTHING = (
    "execution_role_arn: arn:aws:iam::000000000000:role/a\n"
    "secrets: {A: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:a'}\n"
)


def test_what_this_endpoint_does_not_have_is_one_line(aws: Aws) -> None:
    jobs = "".join(f"---\nname: job{n}\nimage: 127.0.0.1:9/etl:1\n{EVERYTHING}" for n in range(4))
    name = aws.write("jobs.yaml", jobs)

    local = aws.run("verify", "--local", name)
    compiled = aws.run("compile", "--local", "--verify", name, "-o", "plan.json")
    applied = aws.run("apply", "--local", "plan.json", "--verify", "--runner", "process", "--only", "job0")

    assert (local.exit_code, compiled.exit_code) == (0, 0)
    (line,) = [each for each in local.stderr.splitlines() if each.startswith("unknown")]
    assert "(--all shows each): this endpoint has no " in line
    assert all(each in line for each in ("DescribeSecret", "GetRole", "GetServiceQuota"))
    again = "`ecsplan verify --all jobs.yaml --local`"
    assert f" things could not be checked ({again} shows each): this endpoint has no " in compiled.stderr
    assert aws.run(*shlex.split(again.strip("`"))[1:]).exit_code == 0
    assert "verified 1 job: " in applied.stderr


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [(["-"], True), (["jobs.yaml", "--name", "x"], False), (["jobs.yaml", "--set", "cpu=512"], False)],
    ids=["standard input", "a name", "a setting"],
)
def test_no_command_is_named_that_would_verify_something_else(
    aws: Aws, arguments: list[str], stdin: bool
) -> None:
    text = f"image: 127.0.0.1:9/etl:1\n{EVERYTHING}"
    text = f"name: x\n{text}" if "--set" in arguments or stdin else text
    aws.write("jobs.yaml", text)

    done = aws.run("compile", "--verify", *arguments, stdin=text if stdin else None)

    assert done.exit_code == 0, done.stderr
    assert "could not be checked" not in done.stderr or "ecsplan verify" not in done.stderr


def test_offline_nothing_can_be_verified(aws: Aws) -> None:
    done = aws.run("compile", "--offline", "--verify", aws.write("job.yaml", HELLO))

    said = "Error: --verify asks AWS, and --offline does not: omit one of them"
    assert ended(done) == (2, said)


@pytest.mark.parametrize("offline", [False, True], ids=["observed", "offline"])
def test_apply_starts_nothing_where_something_fails(aws: Aws, offline: bool) -> None:
    more = ["--offline"] if offline else []
    assert aws.run("compile", aws.write("job.yaml", ON_BATCH), "-o", "plan.json", *more).exit_code == 0
    aws.operations()

    done = aws.run("apply", "plan.json", "--verify", "--result", "r.json", "--events", "e.ndjson")

    assert (done.exit_code, done.stdout) == (1, ""), done.stderr
    assert f"job.yaml:1:1: fails[cluster-active]: {NO_CLUSTER}\n" in done.stderr
    assert ended(done)[1] == "error: the jobs would fail; nothing was registered or started"
    assert not {"RegisterTaskDefinition", "RunTask"} & calls(aws).keys()
    result = json.loads(Path("r.json").read_text("utf-8"))
    assert (result["exit_status"], result["jobs"], result["run_id"]) == (1, [], None)
    (event,) = map(json.loads, Path("e.ndjson").read_text("utf-8").splitlines())
    assert (event["event"], event["exit_status"]) == ("run ended", 1)


def test_apply_verifies_the_jobs_that_it_carries_out(aws: Aws) -> None:
    aws.write("jobs.yaml", f"{HELLO}---\nname: other\nimage: 127.0.0.1:9/etl:1\ncluster: batch\n")
    assert aws.run("compile", "jobs.yaml", "-o", "plan.json").exit_code == 0

    fine = aws.run("apply", "plan.json", "--verify", "--detach", "--only", "hello")
    wrong = aws.run("apply", "plan.json", "--verify", "--only", "nobody")

    assert fine.exit_code == 0, fine.stderr
    assert "verified 1 job: " in fine.stderr
    assert wrong.exit_code == 2


@pytest.mark.parametrize(
    ("keys", "check"),
    [
        pytest.param("cluster: batch", "cluster-active", id="no cluster"),
        pytest.param("launch_type: EC2", "cluster-capacity", id="no instances"),
        pytest.param("launch_type: EXTERNAL", "cluster-capacity", id="no external instances"),
        pytest.param("launch_type: null", "cluster-capacity", id="no default strategy"),
        pytest.param(
            "capacity_provider_strategy: [{capacityProvider: own, weight: 1}]",
            "capacity-provider-active",
            id="no such provider",
        ),
        pytest.param("launch_type: FARGATE_SPOT", None, id="on Spot"),
    ],
)
def test_what_fails_is_what_runtask_refuses(aws: Aws, keys: str, check: str | None) -> None:
    aws.write("job.yaml", f"{HELLO}{keys}\n")
    assert aws.run("compile", "job.yaml", "-o", "plan.json").exit_code == 0

    verified = aws.run("verify", "--format", "json", "plan.json")
    applied = aws.run("apply", "plan.json", "--detach")

    failing = {each["check"] for each in json.loads(verified.stdout) if each["state"] == "fails"}
    assert failing == ({check} if check else set())
    assert (applied.exit_code, verified.exit_code) == ((125, 1) if check else (0, 0)), applied.stderr
