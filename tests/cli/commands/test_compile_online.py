"""`ecsplan compile` with what AWS says: asked once a thing, decided, and filled in."""

import json
from pathlib import Path

import processes
import pytest
from aws_world import WEB, Aws, decided, definition
from ec2_network import ec2_network
from pass_counts import counted

HELLO = """
name: hello
image: public.ecr.aws/docker/library/alpine:3
command: [echo, hello world]
"""


def test_what_was_registered_is_reused(aws: Aws) -> None:
    manifest = aws.write("hello.yaml", HELLO)

    first = aws.compiled(manifest)
    arn = aws.register(first["jobs"][0])
    second = aws.compiled(manifest)

    assert first["observed"] is True
    assert (definition(first)["action"], definition(first)["latest"]) == ("register", None)
    assert definition(first)["changes"] == []
    assert first["jobs"][0]["run_request"]["taskDefinition"] == "<registered at apply>"
    assert definition(second) == definition(first) | {"action": "reuse", "arn": arn, "latest": arn}
    assert second["jobs"][0]["run_request"]["taskDefinition"] == arn
    assert aws.compiled(manifest) == second


def test_what_an_apply_registered_is_reused(aws: Aws) -> None:
    manifest = aws.write("hello.yaml", HELLO + "task_watch_poll_interval: 0.05\n")
    aws.run("compile", manifest, "-o", "plan.json")

    done = aws.run("apply", "plan.json", "--detach")
    plan = aws.compiled(manifest)

    assert done.exit_code == 0, done.stderr
    (registered,) = aws.client().list_task_definitions()["taskDefinitionArns"]
    assert decided(plan) == {"hello": ("reuse", registered)}


def test_a_changed_image_registers_and_says_so(aws: Aws) -> None:
    arn = aws.register(aws.compiled(aws.write("hello.yaml", HELLO))["jobs"][0])

    plan = aws.compiled(aws.write("hello.yaml", HELLO.replace("alpine:3", "alpine:4")))

    assert (definition(plan)["action"], definition(plan)["arn"]) == ("register", None)
    assert definition(plan)["latest"] == arn
    assert definition(plan)["changes"] == [
        {
            "op": "replace",
            "path": "/containerDefinitions/main/image",
            "from": "public.ecr.aws/docker/library/alpine:3",
            "to": "public.ecr.aws/docker/library/alpine:4",
        }
    ]


def test_files_keep_their_order_and_get_their_own_answers(aws: Aws) -> None:
    linked = aws.client().register_task_definition(**WEB)["taskDefinition"]["taskDefinitionArn"]
    kept = aws.write("kept.yaml", "image: alpine\nnetwork_configuration: {subnets: [subnet-1]}\n")
    files = [
        aws.write("zulu.yaml", "image: alpine\n"),
        aws.write("mike.yaml", "task_definition_arn: web\n"),
        kept,
        aws.write("alpha.yaml", "image: busybox\n"),
    ]
    arn = aws.register(aws.compiled(kept)["jobs"][0])

    plan = aws.compiled(*files)

    assert list(decided(plan).items()) == [
        ("zulu", ("register", None)),
        ("mike", ("reuse", linked)),
        ("kept", ("reuse", arn)),
        ("alpha", ("register", None)),
    ]


def test_a_changed_secret_is_masked_in_the_changes(aws: Aws) -> None:
    manifest = """
        name: hello
        image: alpine
        task_definition:
          containerDefinitions:
            - name: main
              environment: [{name: DB_PASSWORD, value: %s}]
        """
    aws.register(aws.compiled(aws.write("hello.yaml", manifest % "correct-horse"))["jobs"][0])

    plan = aws.compiled(aws.write("hello.yaml", manifest % "battery-staple"))

    path = "/containerDefinitions/main/environment/DB_PASSWORD"
    assert definition(plan)["changes"] == [{"op": "replace", "path": path, "from": "***", "to": "***"}]


def test_a_family_whose_revisions_are_inactive_registers_its_first(aws: Aws) -> None:
    manifest = aws.write("hello.yaml", HELLO)
    arn = aws.register(aws.compiled(manifest)["jobs"][0])
    aws.client().deregister_task_definition(taskDefinition=arn)

    plan = aws.compiled(manifest)

    assert (definition(plan)["action"], definition(plan)["latest"]) == ("register", None)


def test_a_changed_run_is_no_new_revision(aws: Aws) -> None:
    arn = aws.register(aws.compiled(aws.write("hello.yaml", HELLO))["jobs"][0])
    other = HELLO.replace("hello world", "bye") + "env: {MODE: fast}\nlabels: {team: data}\ncount: 3\n"

    assert decided(aws.compiled(aws.write("hello.yaml", other))) == {"hello": ("reuse", arn)}


def test_the_region_and_the_subnets_are_filled_in(aws: Aws) -> None:
    manifest = HELLO + "stream_output: true\nexecution_role_arn: arn:aws:iam::000000000000:role/run\n"
    subnets = aws.client("ec2", "eu-west-1").describe_subnets()["Subnets"]

    (job,) = aws.compiled(aws.write("hello.yaml", manifest), AWS_REGION="eu-west-1")["jobs"]

    assert job["aws"] == {"region": "eu-west-1"}
    assert job["watch"]["logs"]["region"] == "eu-west-1"
    assert job["run_request"]["networkConfiguration"]["awsvpcConfiguration"] == {
        "assignPublicIp": "ENABLED",
        "securityGroups": [],
        "subnets": sorted(each["SubnetId"] for each in subnets),
    }
    log = job["task_definition"]["request"]["containerDefinitions"][0]["logConfiguration"]["options"]
    assert log["awslogs-region"] == "eu-west-1"
    assert "<" not in json.dumps({**job, "run_request": {**job["run_request"], "taskDefinition": ""}})


@pytest.mark.parametrize(
    ("manifest", "arguments", "environment", "expected"),
    [
        pytest.param("", (), {}, "us-east-1", id="AWS_REGION for a manifest without one"),
        pytest.param(
            "",
            (),
            {"AWS_REGION": None, "AWS_DEFAULT_REGION": "eu-west-3"},
            "eu-west-3",
            id="AWS_DEFAULT_REGION",
        ),
        pytest.param("aws: {region: eu-west-1}", (), {}, "eu-west-1", id="the manifest before the variable"),
        pytest.param(
            "aws: {region: eu-west-1}",
            ("--region", "eu-central-1"),
            {},
            "eu-central-1",
            id="the option before the manifest",
        ),
    ],
)
def test_which_region(
    aws: Aws, manifest: str, arguments: tuple[str, ...], environment: dict[str, str | None], expected: str
) -> None:
    plan = aws.compiled(aws.write("hello.yaml", HELLO + manifest), *arguments, **environment)

    assert plan["jobs"][0]["aws"]["region"] == expected
    assert {each.region for each in aws.endpoint.calls()} == {expected}


def test_the_region_and_endpoint_of_a_profile(aws: Aws, bare: Path) -> None:
    (bare / "config").write_text(
        f"[profile batch]\nregion = eu-north-1\nendpoint_url = {aws.endpoint.url}\n"
        "aws_access_key_id = test\naws_secret_access_key = test\n",
        encoding="utf-8",
    )
    from_file: dict[str, str | None] = {
        "AWS_CONFIG_FILE": str(bare / "config"),
        "AWS_REGION": None,
        "AWS_ENDPOINT_URL": None,
        "AWS_ACCESS_KEY_ID": None,
        "AWS_SECRET_ACCESS_KEY": None,
    }
    named = aws.write("hello.yaml", HELLO + "aws: {profile: batch}\n")
    other = aws.write("other.yaml", HELLO)

    assert aws.compiled(named, **from_file)["jobs"][0]["aws"] == {"region": "eu-north-1", "profile": "batch"}
    by_option = aws.compiled(other, "--profile", "batch", **from_file)
    assert by_option["jobs"][0]["aws"] == {"region": "eu-north-1"}
    assert {each.region for each in aws.endpoint.calls()} == {"eu-north-1"}


def test_the_endpoint_of_the_command_line(aws: Aws) -> None:
    manifest = aws.write("hello.yaml", HELLO)

    plan = aws.compiled(manifest, "--endpoint-url", aws.endpoint.url, AWS_ENDPOINT_URL="http://127.0.0.1:9")

    assert definition(plan)["action"] == "register"


def test_more_subnets_than_a_task_takes(aws: Aws) -> None:
    zones = {
        "us-east-1a": [f"subnet-a{number:02}" for number in range(12)],
        "us-east-1b": [f"subnet-b{number:02}" for number in range(9)],
        "us-east-1c": ["subnet-c00"],
    }
    manifest = aws.write("hello.yaml", HELLO)
    with ec2_network({"vpc-0": zones, "vpc-1": {"us-east-1a": ["subnet-x"]}}, "vpc-0") as (url, asked):
        done = aws.run("compile", manifest, AWS_ENDPOINT_URL_EC2=url)

    request = json.loads(done.stdout)["jobs"][0]["run_request"]
    a, b = zones["us-east-1a"], zones["us-east-1b"]
    assert request["networkConfiguration"]["awsvpcConfiguration"]["subnets"] == [*a[:8], *b[:7], "subnet-c00"]
    assert asked == ["DescribeVpcs"] + 4 * ["DescribeSubnets"]
    assert done.stderr.startswith(
        "hello.yaml:2:1: warning[subnets-left-out]: the default VPC has 22 subnets;"
    )


def test_as_many_subnets_as_a_task_takes(aws: Aws) -> None:
    names = [f"subnet-{number:02}" for number in range(16)]
    manifest = aws.write("hello.yaml", HELLO)
    with ec2_network({"vpc-0": {"us-east-1a": names[::-1]}}, "vpc-0") as (url, _):
        done = aws.run("compile", manifest, "--quiet", AWS_ENDPOINT_URL_EC2=url)

    network = json.loads(done.stdout)["jobs"][0]["run_request"]["networkConfiguration"]
    assert network["awsvpcConfiguration"]["subnets"] == names
    assert done.stderr == ""


def test_the_subnets_of_a_named_vpc(aws: Aws) -> None:
    manifest = aws.write("hello.yaml", HELLO + "vpc_id: vpc-0123456789abcdef0\n")
    vpcs = {"vpc-0": {"z": ["subnet-0"]}, "vpc-0123456789abcdef0": {"y": ["subnet-2"], "z": ["subnet-1"]}}
    with ec2_network(vpcs, "vpc-0") as (url, asked):
        plan = aws.compiled(manifest, AWS_ENDPOINT_URL_EC2=url)

    network = plan["jobs"][0]["run_request"]["networkConfiguration"]["awsvpcConfiguration"]
    assert network["subnets"] == ["subnet-1", "subnet-2"]
    assert asked == ["DescribeSubnets"]


def test_each_thing_is_asked_for_once(aws: Aws) -> None:
    aws.client().register_task_definition(**WEB)
    jobs = "".join(
        f"  job{number}: {{image: alpine, family: shared}}\n  web{number}: {{task_definition_arn: web}}\n"
        for number in range(20)
    )
    aws.write("one.yaml", f"jobs:\n{jobs}")
    aws.write("two.yaml", "image: alpine\nfamily: shared\naws: {account_id: '000000000000'}\n")
    aws.endpoint.forget_calls()

    plan = aws.compiled("one.yaml", "two.yaml")

    assert len(plan["jobs"]) == 41
    assert aws.operations() == [
        "DescribeSubnets",
        "DescribeTaskDefinition",
        "DescribeTaskDefinition",
        "DescribeVpcs",
        "GetCallerIdentity",
    ]


def test_no_pass_runs_again_for_what_did_not_change(aws: Aws) -> None:
    """Four files with a job each: each is read once, and drafted again only where an answer changes it."""
    aws.client().register_task_definition(**WEB)
    tags = "task_customizations: [{op: add, path: /tags/-, value: {key: a, value: b}}]\n"
    files = [
        aws.write("plain.yaml", "image: alpine\n"),
        aws.write("kept.yaml", "image: alpine\nnetwork_configuration: {subnets: [subnet-1]}\n"),
        aws.write("patched.yaml", "image: alpine\n" + tags),
        aws.write("linked.yaml", "task_definition_arn: web\n"),
    ]
    with counted() as counts:
        plan = aws.compiled("--region", "us-east-1", *files)

    assert len(plan["jobs"]) == len(files)
    assert {counts[each] for each in ("read", "accept", "bind", "decide", "plan")} == {4}
    assert (counts["define"], counts["fingerprint"]) == (5, 4)
    assert (counts["draft"], counts["check"]) == (8, 8)


def test_jobs_in_two_regions_are_two_things(aws: Aws) -> None:
    jobs = "".join(
        f"  {each}: {{image: alpine, aws: {{region: {each}}}}}\n" for each in ("eu-west-1", "eu-west-3")
    )

    plan = aws.compiled(aws.write("jobs.yaml", f"defaults: {{family: shared}}\njobs:\n{jobs}"))

    assert [each["aws"]["region"] for each in plan["jobs"]] == ["eu-west-1", "eu-west-3"]
    asked = aws.endpoint.calls("DescribeTaskDefinition")
    assert sorted(each.region for each in asked) == ["eu-west-1", "eu-west-3"]


def test_nothing_is_looked_up_that_the_manifest_says(aws: Aws) -> None:
    network = "network_configuration: {subnets: [subnet-0a1b2c3d4e5f60718]}\n"

    aws.compiled(aws.write("hello.yaml", HELLO + network))

    assert aws.operations() == ["DescribeTaskDefinition", "GetCallerIdentity"]


def test_a_wrong_manifest_asks_nothing(aws: Aws) -> None:
    done = aws.run("compile", aws.write("hello.yaml", HELLO + "cpu: 300\n"))

    assert (done.exit_code, done.stdout, aws.operations()) == (1, "", [])


def test_offline_asks_nothing(aws: Aws) -> None:
    plan = aws.compiled("--offline", aws.write("hello.yaml", HELLO))

    assert (plan["observed"], definition(plan)["action"], aws.operations()) == (False, "undecided", [])


def test_a_role_is_assumed_once_and_its_account_checked(aws: Aws) -> None:
    where = "aws: {assume_role_arn: 'arn:aws:iam::111122223333:role/deploy', account_id: '111122223333'}\n"
    manifest = aws.write("hello.yaml", HELLO + where)

    plan = aws.compiled(manifest)

    assert plan["jobs"][0]["aws"]["assume_role_arn"] == "arn:aws:iam::111122223333:role/deploy"
    assert aws.operations() == [
        "AssumeRole",
        "DescribeSubnets",
        "DescribeTaskDefinition",
        "DescribeVpcs",
        "GetCallerIdentity",
    ]


def test_a_throttled_question_is_asked_again(aws: Aws) -> None:
    aws.endpoint.set_faults(
        {"rules": [{"operation": "DescribeTaskDefinition", "action": "throttle", "calls": "1"}]}
    )

    plan = aws.compiled(aws.write("hello.yaml", HELLO))

    assert definition(plan)["action"] == "register"
    assert aws.operations().count("DescribeTaskDefinition") == 2


def test_as_a_process_into_a_file(aws: Aws) -> None:
    manifest = aws.write("hello.yaml", HELLO)

    done = processes.run("compile", manifest, "-o", "plan.json", cwd=aws.folder)

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == (
        "1 job: 1 to register (account 000000000000, region us-east-1)\nnext: ecsplan diff plan.json\n"
    )
    assert json.loads((aws.folder / "plan.json").read_text("utf-8")) == aws.compiled(manifest)


def test_verbose_shows_requests(aws: Aws) -> None:
    done = aws.run("compile", "--verbose", aws.write("hello.yaml", HELLO))

    assert 'DescribeTaskDefinition {"taskDefinition": "hello", "include": ["TAGS"]}\n' in done.stderr
    assert json.loads(done.stdout)["observed"] is True
