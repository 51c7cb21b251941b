"""The API as boto3 sees it: tokens, lists and pages, clusters, tags, logs, network, identity, parameters."""

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from local_requests import definition, run_request
from local_tasks import MakeClient, MakeEndpoint, advance

from ecsplan_local import Capacity, Endpoint, ScriptedClock

HOUR = 3600
Hello: TypeAlias = Callable[..., tuple[Endpoint, BaseClient, dict[str, Any]]]


def refusal(call: Callable[..., object], **parameters: object) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


@pytest.fixture
def hello(start: MakeEndpoint, client: MakeClient) -> Hello:
    """Return a function that starts an endpoint with a family: endpoint, ECS client, run request."""

    def begin(**options: object) -> tuple[Endpoint, BaseClient, dict[str, object]]:
        endpoint = start(clock=ScriptedClock(), **options)
        ecs = client(endpoint)
        ecs.register_task_definition(**definition())
        return endpoint, ecs, run_request(client(endpoint, "ec2"))

    return begin


def arns(answer: dict[str, Any]) -> list[str]:
    return [each["taskArn"] for each in answer["tasks"]]


def test_token_starts_tasks_once(hello: Hello) -> None:
    _, ecs, request = hello()

    answers = [ecs.run_task(**request, count=2, clientToken="t") for _ in range(3)]

    assert arns(answers[0]) == arns(answers[1]) == arns(answers[2])
    assert sorted(ecs.list_tasks()["taskArns"]) == sorted(arns(answers[0]))
    assert [each["lastStatus"] for each in answers[2]["tasks"]] == ["PROVISIONING"] * 2


def test_token_with_another_request_names_the_tasks(hello: Hello) -> None:
    _, ecs, request = hello()
    first = ecs.run_task(**request, clientToken="t")

    with pytest.raises(ecs.exceptions.ConflictException) as caught:
        ecs.run_task(**request, clientToken="t", startedBy="somebody")

    assert caught.value.response["resourceIds"] == arns(first)


def test_token_replays_failures(hello: Hello) -> None:
    endpoint, ecs, request = hello()
    endpoint.set_faults({"rules": [{"action": "failures", "count": 1, "calls": "1"}]})

    first, again = (ecs.run_task(**request, count=2, clientToken="t") for _ in range(2))

    assert first["failures"] == again["failures"] == [{"reason": "RESOURCE:MEMORY"}]
    assert arns(first) == arns(again)


def test_token_is_not_kept_by_a_refused_call(hello: Hello) -> None:
    _, ecs, request = hello()
    refusal(ecs.run_task, **request, count=11, clientToken="t")

    assert len(ecs.run_task(**request, count=1, clientToken="t")["tasks"]) == 1


def test_tokens_of_clusters_are_apart(hello: Hello) -> None:
    _, ecs, request = hello()
    ecs.create_cluster(clusterName="other")

    first = ecs.run_task(**request, clientToken="t")
    second = ecs.run_task(**request, clientToken="t", cluster="other")

    assert arns(first) != arns(second)


@pytest.mark.parametrize(
    ("script", "seconds", "kept"),
    [
        pytest.param({}, 4 + HOUR, True, id="an hour after the end"),
        pytest.param({}, 4 + HOUR + 1, False, id="later"),
        pytest.param({"tasks": [{"timeline": []}]}, 24 * HOUR, True, id="a day while it runs"),
        pytest.param({"tasks": [{"timeline": []}]}, 24 * HOUR + 1, False, id="more than a day"),
    ],
)
def test_how_long_a_token_is_kept(
    hello: Hello, script: dict[str, object], seconds: float, kept: bool
) -> None:
    endpoint, ecs, request = hello(faults=script)
    first = ecs.run_task(**request, clientToken="t")
    advance(endpoint, seconds)

    assert (arns(ecs.run_task(**request, clientToken="t")) == arns(first)) is kept


def test_stopped_tasks_are_shown_for_an_hour(hello: Hello) -> None:
    endpoint, ecs, request = hello()
    arn = arns(ecs.run_task(**request))[0]
    advance(endpoint, 4)
    ecs.list_tasks()
    advance(endpoint, HOUR)
    assert ecs.list_tasks(desiredStatus="STOPPED")["taskArns"] == [arn]

    advance(endpoint, 1)

    assert ecs.list_tasks(desiredStatus="STOPPED")["taskArns"] == []
    assert ecs.describe_tasks(tasks=[arn])["failures"] == [{"arn": arn, "reason": "MISSING"}]


def test_lists_of_tasks(hello: Hello) -> None:
    _, ecs, request = hello()
    ecs.register_task_definition(**definition(family="other"))
    ecs.create_cluster(clusterName="mine")
    one = arns(ecs.run_task(**request, startedBy="ecsplan/r"))[0]
    two = arns(ecs.run_task(**request | {"taskDefinition": "other"}))[0]
    elsewhere = arns(ecs.run_task(**request, cluster="mine"))[0]
    stopped = arns(ecs.run_task(**request))[0]
    ecs.stop_task(task=stopped)

    found = [
        ecs.list_tasks(**filters)["taskArns"]
        for filters in (
            {},
            {"family": "other"},
            {"startedBy": "ecsplan/r"},
            {"startedBy": "ecsplan/r", "desiredStatus": "RUNNING"},
            {"startedBy": "ecsplan"},
            {"desiredStatus": "STOPPED"},
            {"desiredStatus": "PENDING"},
            {"launchType": "EC2"},
            {"cluster": "mine"},
        )
    ]

    assert found == [[one, two], [two], [one], [one], [], [stopped], [], [], [elsewhere]]


@pytest.mark.parametrize(
    "other", [{"family": "hello"}, {"desiredStatus": "STOPPED"}, {"launchType": "FARGATE"}]
)
def test_started_by_is_the_only_filter(hello: Hello, other: dict[str, str]) -> None:
    _, ecs, _ = hello()

    assert refusal(ecs.list_tasks, startedBy="x", **other) == (
        "InvalidParameterException: startedBy cannot be combined with other filters."
    )


def test_pages(hello: Hello) -> None:
    _, ecs, request = hello()
    started = [arn for _ in range(3) for arn in arns(ecs.run_task(**request, count=10))]

    pages = list(ecs.get_paginator("list_tasks").paginate(PaginationConfig={"PageSize": 7}))

    assert [len(page["taskArns"]) for page in pages] == [7, 7, 7, 7, 2]
    assert [arn for page in pages for arn in page["taskArns"]] == started
    assert refusal(ecs.list_tasks, maxResults=101) == (
        "InvalidParameterException: maxResults must be between 1 and 100."
    )
    assert refusal(ecs.list_tasks, nextToken="forged").startswith("InvalidParameterException: ")


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        pytest.param([], "InvalidParameterException: Tasks cannot be empty.", id="none"),
        pytest.param(
            ["x"] * 101, "InvalidParameterException: Cannot describe more than 100 tasks.", id="101"
        ),
    ],
)
def test_describe_tasks_refuses(hello: Hello, tasks: list[str], expected: str) -> None:
    _, ecs, _ = hello()

    assert refusal(ecs.describe_tasks, tasks=tasks) == expected


def test_unknown_tasks_and_clusters(hello: Hello) -> None:
    _, ecs, request = hello()
    arn = arns(ecs.run_task(**request))[0]
    ecs.create_cluster(clusterName="other")
    unknown = arn[:-1] + "x"

    assert ecs.describe_tasks(tasks=[unknown])["failures"] == [{"arn": unknown, "reason": "MISSING"}]
    assert ecs.describe_tasks(tasks=[arn.rpartition("/")[2]])["tasks"][0]["taskArn"] == arn
    assert ecs.describe_tasks(tasks=[arn], cluster="other")["tasks"] == []
    assert refusal(ecs.stop_task, task=unknown) == (
        "InvalidParameterException: The referenced task was not found."
    )
    for call, parameters in (
        (ecs.describe_tasks, {"tasks": [arn]}),
        (ecs.list_tasks, {}),
        (ecs.stop_task, {"task": arn}),
    ):
        assert refusal(call, cluster="nope", **parameters) == "ClusterNotFoundException: Cluster not found."


def test_capacity(hello: Hello) -> None:
    endpoint, ecs, request = hello(capacity=Capacity(cpu_units=1024, memory_mib=1024))

    first = ecs.run_task(**request, count=3)
    advance(endpoint, 4)
    second = ecs.run_task(**request, count=1)
    large = ecs.run_task(**request, overrides={"cpu": "2048", "memory": "4096"})

    assert [len(first["tasks"]), first["failures"]] == [2, [{"reason": "RESOURCE:MEMORY"}]]
    assert [len(second["tasks"]), second["failures"]] == [1, []]
    assert large["failures"] == [{"reason": "RESOURCE:MEMORY"}]
    assert refusal(ecs.run_task, **request, overrides={"cpu": "300"}).startswith(
        "InvalidParameterException: No Fargate"
    )


def test_what_a_task_shows(hello: Hello) -> None:
    _, ecs, request = hello()
    override = {"name": "main", "environment": [{"name": "A", "value": "1"}]}
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    request = {name: value for name, value in request.items() if name != "launchType"}

    task = ecs.run_task(
        **request,
        capacityProviderStrategy=strategy,
        overrides={"containerOverrides": [override], "cpu": "512", "memory": "1024"},
        startedBy="me",
        tags=[{"key": "k", "value": "v"}],
    )["tasks"][0]
    described = ecs.describe_tasks(tasks=[task["taskArn"]])["tasks"][0]

    assert len(task["taskArn"].rpartition("/")[2]) == 32
    assert task["tags"] == [{"key": "k", "value": "v"}]
    assert described["tags"] == []
    assert ecs.describe_tasks(tasks=[task["taskArn"]], include=["TAGS"])["tasks"][0]["tags"] == task["tags"]
    shown = {name: described[name] for name in ("cpu", "memory", "group", "startedBy", "launchType")}
    assert shown == {
        "cpu": "512",
        "memory": "1024",
        "group": "family:hello",
        "startedBy": "me",
        "launchType": "FARGATE",
    }
    assert described["capacityProviderName"] == "FARGATE_SPOT"
    assert described["overrides"]["containerOverrides"] == [override]
    assert described["containers"][0]["taskArn"] == task["taskArn"]
    details = {each["name"]: each["value"] for each in described["attachments"][0]["details"]}
    assert details["subnetId"] in request["networkConfiguration"]["awsvpcConfiguration"]["subnets"]


def test_tags_propagate_from_the_definition(hello: Hello) -> None:
    _, ecs, request = hello()
    ecs.register_task_definition(
        **definition(), tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
    )

    task = ecs.run_task(**request, propagateTags="TASK_DEFINITION", tags=[{"key": "b", "value": "3"}])[
        "tasks"
    ][0]

    assert task["tags"] == [{"key": "a", "value": "1"}, {"key": "b", "value": "3"}]


def test_tags_of_resources(hello: Hello) -> None:
    _, ecs, _ = hello()
    arn = ecs.describe_task_definition(taskDefinition="hello")["taskDefinition"]["taskDefinitionArn"]
    ecs.tag_resource(resourceArn=arn, tags=[{"key": f"k{number:02}", "value": "v"} for number in range(50)])
    ecs.tag_resource(resourceArn=arn, tags=[{"key": "k00", "value": "changed"}])

    assert refusal(ecs.tag_resource, resourceArn=arn, tags=[{"key": "one more", "value": ""}]) == (
        "InvalidParameterException: The number of tags exceeds the limit of 50."
    )
    ecs.untag_resource(resourceArn=arn, tagKeys=[f"k{number:02}" for number in range(1, 50)])
    assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "k00", "value": "changed"}]
    assert refusal(ecs.list_tags_for_resource, resourceArn=arn + "9").startswith("ClientException: ")
    assert refusal(ecs.list_tags_for_resource, resourceArn="arn:x").startswith("InvalidParameterException: ")


def test_definitions_in_all_their_states(hello: Hello) -> None:
    _, ecs, _ = hello()
    for _ in range(2):
        ecs.register_task_definition(**definition())
    ecs.register_task_definition(**definition(family="hello-2"))
    gone = ecs.deregister_task_definition(taskDefinition="hello:3")["taskDefinition"]
    deleted = ecs.delete_task_definitions(taskDefinitions=["hello:3", "hello:2", "hello:9"])

    assert [gone["status"], "deregisteredAt" in gone] == ["INACTIVE", True]
    assert deleted["taskDefinitions"][0]["status"] == "DELETE_IN_PROGRESS"
    assert [each["arn"].rpartition("/")[2] for each in deleted["failures"]] == ["hello:2", "hello:9"]
    assert ecs.describe_task_definition(taskDefinition="hello")["taskDefinition"]["revision"] == 2
    assert (
        ecs.describe_task_definition(taskDefinition="hello:3")["taskDefinition"]["status"]
        == "DELETE_IN_PROGRESS"
    )
    assert ecs.register_task_definition(**definition())["taskDefinition"]["revision"] == 4
    listed = [
        [arn.rpartition("/")[2] for arn in ecs.list_task_definitions(**filters)["taskDefinitionArns"]]
        for filters in (
            {"familyPrefix": "hello"},
            {"sort": "DESC"},
            {"status": "INACTIVE"},
            {"familyPrefix": "hel"},
        )
    ]
    assert listed == [
        ["hello:1", "hello:2", "hello:4"],
        ["hello-2:1", "hello:4", "hello:2", "hello:1"],
        [],
        [],
    ]


def test_families(hello: Hello) -> None:
    _, ecs, _ = hello()
    ecs.register_task_definition(**definition(family="old"))
    ecs.deregister_task_definition(taskDefinition="old:1")

    found = [
        ecs.list_task_definition_families(**f)["families"]
        for f in ({}, {"status": "ACTIVE"}, {"status": "INACTIVE"}, {"familyPrefix": "he"})
    ]

    assert found == [["hello", "old"], ["hello"], ["old"], ["hello"]]
    assert refusal(ecs.describe_task_definition, taskDefinition="old") == (
        "ClientException: Unable to describe task definition."
    )


@pytest.mark.parametrize(
    "reference", ["hello", "nope:1", "arn:aws:ecs:us-east-1:000000000000:task-definition/no:1"]
)
def test_deregister_refuses(hello: Hello, reference: str) -> None:
    _, ecs, _ = hello()

    assert refusal(ecs.deregister_task_definition, taskDefinition=reference).startswith("ClientException: ")


def test_clusters(hello: Hello) -> None:
    _, ecs, request = hello()
    created = ecs.create_cluster(clusterName="mine", tags=[{"key": "k", "value": "v"}])["cluster"]
    assert ecs.create_cluster(clusterName="mine")["cluster"]["clusterArn"] == created["clusterArn"]
    ecs.run_task(**request, cluster=created["clusterArn"])

    answer = ecs.describe_clusters(clusters=["mine", "nope"], include=["TAGS"])

    assert [answer["clusters"][0][name] for name in ("pendingTasksCount", "tags")] == [
        1,
        [{"key": "k", "value": "v"}],
    ]
    assert answer["failures"] == [
        {"arn": "arn:aws:ecs:us-east-1:000000000000:cluster/nope", "reason": "MISSING"}
    ]
    assert refusal(ecs.delete_cluster, cluster="mine").startswith("ClusterContainsTasksException: ")
    ecs.create_cluster(clusterName="empty")
    assert ecs.delete_cluster(cluster="empty")["cluster"]["status"] == "INACTIVE"
    assert refusal(ecs.list_tasks, cluster="empty") == "ClusterNotFoundException: Cluster not found."
    assert [arn.rpartition("/")[2] for arn in ecs.list_clusters()["clusterArns"]] == ["default", "mine"]


def test_log_pages_in_both_directions(start: MakeEndpoint, client: MakeClient) -> None:
    logs = client(start(), "logs")
    where = {"logGroupName": "g", "logStreamName": "s"}
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(**where)
    logs.put_log_events(**where, logEvents=[{"timestamp": 100 + n // 3, "message": str(n)} for n in range(7)])

    def read(**options: object) -> tuple[list[str], str, str]:
        answer = logs.get_log_events(**where, **options)
        return (
            [each["message"] for each in answer["events"]],
            answer["nextForwardToken"],
            answer["nextBackwardToken"],
        )

    first, forward, _ = read(limit=3, startFromHead=True)
    second, forward, backward = read(limit=3, nextToken=forward)
    third, end, _ = read(limit=3, nextToken=forward)
    none, still_end, _ = read(limit=3, nextToken=end)
    before, _, _ = read(limit=2, nextToken=backward)

    assert [first, second, third, none, before] == [["0", "1", "2"], ["3", "4", "5"], ["6"], [], ["1", "2"]]
    assert end == still_end
    assert read(limit=2)[0] == ["5", "6"]
    assert read(startTime=101, endTime=102)[0] == ["3", "4", "5"]
    logs.put_log_events(**where, logEvents=[{"timestamp": 102, "message": "late"}])
    assert read(nextToken=end)[0] == ["late"]
    assert refusal(logs.get_log_events, **where, nextToken="x").startswith("InvalidParameterException: ")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({}, ["a one", "b two", "a ERROR three"], id="all"),
        pytest.param({"logStreamNames": ["a"]}, ["a one", "a ERROR three"], id="streams"),
        pytest.param({"logStreamNamePrefix": "b"}, ["b two"], id="prefix"),
        pytest.param({"filterPattern": "ERROR"}, ["a ERROR three"], id="word"),
        pytest.param({"filterPattern": '"ERROR three"'}, ["a ERROR three"], id="phrase"),
        pytest.param({"filterPattern": "?one ?two"}, ["a one", "b two"], id="alternatives"),
        pytest.param({"filterPattern": "-a"}, ["b two"], id="exclusion"),
        pytest.param({"startTime": 2, "endTime": 2}, ["b two"], id="time"),
    ],
)
def test_filtered_log_events(
    start: MakeEndpoint, client: MakeClient, options: dict[str, object], expected: list[str]
) -> None:
    logs = client(start(), "logs")
    logs.create_log_group(logGroupName="g")
    for stream in ("a", "b"):
        logs.create_log_stream(logGroupName="g", logStreamName=stream)
    for at, stream, text in ((1, "a", "a one"), (2, "b", "b two"), (3, "a", "a ERROR three")):
        logs.put_log_events(
            logGroupName="g", logStreamName=stream, logEvents=[{"timestamp": at, "message": text}]
        )

    found = logs.filter_log_events(logGroupName="g", **options)["events"]

    assert [each["message"] for each in found] == expected


@pytest.mark.parametrize(
    ("lines", "options", "pages"),
    [
        pytest.param(["x"] * 5, {"limit": 2}, [2, 2, 1], id="a limit"),
        pytest.param(["x"] * 4, {"limit": 2}, [2, 2, 0], id="a limit that fits"),
        pytest.param(["a", "b"] * 3, {"limit": 2, "filterPattern": "b"}, [2, 1], id="a pattern"),
        pytest.param(["x" * 600_000] * 3, {}, [1, 1, 1], id="one mebibyte"),
    ],
)
def test_pages_of_filtered_log_events(
    start: MakeEndpoint, client: MakeClient, lines: list[str], options: dict[str, object], pages: list[int]
) -> None:
    logs = client(start(), "logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    for number, each in enumerate(lines):
        events = [{"timestamp": 100 + number // 2, "message": each}]
        logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)

    found = logs.get_paginator("filter_log_events").paginate(logGroupName="g", **options)

    # The last page may be empty: whether more follows is not known when a full one is returned.
    assert [len(each["events"]) for each in found if each["events"]] == [each for each in pages if each]


@pytest.mark.parametrize(
    "pattern", ["{ $.level = 1 }", " [at, text]", "%ERROR%"], ids=["JSON", "fields", "regex"]
)
def test_patterns_that_are_not_matched_here_are_refused(
    start: MakeEndpoint, client: MakeClient, pattern: str
) -> None:
    logs = client(start(), "logs")
    logs.create_log_group(logGroupName="g")

    said = refusal(logs.filter_log_events, logGroupName="g", filterPattern=pattern)

    assert (
        said
        == "InvalidParameterException: Invalid filter pattern: the embedded ECS supports unstructured text"
        " only."
    )


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        pytest.param(
            {"logGroupName": "g", "retentionInDays": 8}, "Value '8' at 'retentionInDays'", id="days"
        ),
        pytest.param(
            {"logGroupName": "g", "retentionInDays": 0}, "Value '0' at 'retentionInDays'", id="none"
        ),
        pytest.param(
            {"logGroupName": "other", "retentionInDays": 7}, "ResourceNotFoundException", id="no such group"
        ),
    ],
)
def test_retentions_that_are_refused(
    start: MakeEndpoint, client: MakeClient, request_: dict[str, object], words: str
) -> None:
    logs = client(start(), "logs")
    logs.create_log_group(logGroupName="g")

    assert words in refusal(logs.put_retention_policy, **request_)
    assert "retentionInDays" not in logs.describe_log_groups()["logGroups"][0]


def test_log_groups_by_prefix_and_pattern_are_refused(start: MakeEndpoint, client: MakeClient) -> None:
    logs = client(start(), "logs")

    said = refusal(logs.describe_log_groups, logGroupNamePrefix="a", logGroupNamePattern="b")

    assert said.startswith("InvalidParameterException")


def test_log_groups_and_streams(start: MakeEndpoint, client: MakeClient) -> None:
    logs = client(start(), "logs")
    logs.create_log_group(logGroupName="group-a")
    logs.create_log_group(logGroupName="group-b")
    logs.put_retention_policy(logGroupName="group-a", retentionInDays=7)
    for name, at in (("x", 5), ("y", 3)):
        logs.create_log_stream(logGroupName="group-a", logStreamName=name)
        logs.put_log_events(
            logGroupName="group-a", logStreamName=name, logEvents=[{"timestamp": at, "message": "m"}]
        )

    assert [
        each["logGroupName"] for each in logs.describe_log_groups(logGroupNamePrefix="group-a")["logGroups"]
    ] == ["group-a"]
    assert [
        each["logGroupName"] for each in logs.describe_log_groups(logGroupNamePattern="up-b")["logGroups"]
    ] == ["group-b"]
    assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 7
    streams = logs.describe_log_streams(logGroupName="group-a", orderBy="LastEventTime", descending=True)[
        "logStreams"
    ]
    assert [(each["logStreamName"], each["lastEventTimestamp"]) for each in streams] == [("x", 5), ("y", 3)]
    assert refusal(logs.create_log_group, logGroupName="group-a") == (
        "ResourceAlreadyExistsException: The specified log group already exists"
    )
    assert refusal(logs.create_log_stream, logGroupName="group-a", logStreamName="x") == (
        "ResourceAlreadyExistsException: The specified log stream already exists"
    )
    logs.delete_log_stream(logGroupName="group-a", logStreamName="x")
    assert refusal(logs.get_log_events, logGroupName="group-a", logStreamName="x") == (
        "ResourceNotFoundException: The specified log stream does not exist."
    )
    logs.delete_log_group(logGroupName="group-a")
    assert refusal(logs.get_log_events, logGroupName="group-a", logStreamName="y") == (
        "ResourceNotFoundException: The specified log group does not exist."
    )
    disorder = [{"timestamp": 2, "message": "m"}, {"timestamp": 1, "message": "m"}]
    logs.create_log_stream(logGroupName="group-b", logStreamName="z")
    assert refusal(
        logs.put_log_events, logGroupName="group-b", logStreamName="z", logEvents=disorder
    ).startswith(
        "InvalidParameterException: Log events in a single PutLogEvents request must be in chronological"
    )


def test_network(start: MakeEndpoint, client: MakeClient) -> None:
    ec2 = client(start(), "ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]
    in_vpc = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    subnets = ec2.describe_subnets(Filters=in_vpc)["Subnets"]
    groups = ec2.describe_security_groups(Filters=[*in_vpc, {"Name": "group-name", "Values": ["default"]}])

    assert [each["AvailabilityZone"] for each in subnets] == ["us-east-1a", "us-east-1b", "us-east-1c"]
    assert {each["VpcId"] for each in subnets} == {vpc["VpcId"]}
    assert [each["DefaultForAz"] for each in subnets] == [True] * 3
    (group,) = groups["SecurityGroups"]
    (into,), (out,) = group["IpPermissions"], group["IpPermissionsEgress"]
    assert [each["GroupId"] for each in into["UserIdGroupPairs"]] == [group["GroupId"]]
    assert (out["IpProtocol"], out["IpRanges"]) == ("-1", [{"CidrIp": "0.0.0.0/0"}])
    assert ec2.describe_subnets(SubnetIds=[subnets[1]["SubnetId"]])["Subnets"] == [subnets[1]]
    assert ec2.describe_vpcs(Filters=[{"Name": "vpc-id", "Values": ["vpc-0"]}])["Vpcs"] == []
    assert refusal(ec2.describe_subnets, SubnetIds=["subnet-0"]) == (
        "InvalidSubnetID.NotFound: The subnet ID 'subnet-0' does not exist"
    )
    assert refusal(ec2.describe_vpcs, Filters=[{"Name": "colour", "Values": ["red"]}]) == (
        "InvalidParameterValue: The filter 'colour' is invalid"
    )


@pytest.mark.parametrize(
    ("attribute", "member", "value"),
    [
        ("enableDnsSupport", "EnableDnsSupport", True),
        ("enableDnsHostnames", "EnableDnsHostnames", True),
        ("enableNetworkAddressUsageMetrics", "EnableNetworkAddressUsageMetrics", False),
    ],
)
def test_attributes_of_the_vpc(
    start: MakeEndpoint, client: MakeClient, attribute: str, member: str, value: bool
) -> None:
    ec2 = client(start(), "ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]

    answer = ec2.describe_vpc_attribute(VpcId=vpc, Attribute=attribute)

    assert (answer["VpcId"], answer[member]) == (vpc, {"Value": value})


def test_attributes_that_are_refused(start: MakeEndpoint, client: MakeClient) -> None:
    ec2 = client(start(), "ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]

    assert refusal(ec2.describe_vpc_attribute, VpcId="vpc-0", Attribute="enableDnsSupport") == (
        "InvalidVpcID.NotFound: The vpc ID 'vpc-0' does not exist"
    )
    assert refusal(ec2.describe_vpc_attribute, VpcId=vpc, Attribute="colour").startswith(
        "InvalidParameterValue: "
    )


def test_capacity_providers_of_a_cluster(hello: Hello) -> None:
    _, ecs, request = hello()
    ecs.create_cluster(clusterName="mine", tags=[{"key": "k", "value": "v"}])
    strategy = [{"capacityProvider": "FARGATE", "weight": 1, "base": 1}]

    answer = ecs.put_cluster_capacity_providers(
        cluster="mine", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=strategy
    )["cluster"]

    described = ecs.describe_clusters(clusters=["mine"], include=["TAGS", "SETTINGS"])["clusters"][0]
    assert described == answer
    assert (answer["capacityProviders"], answer["defaultCapacityProviderStrategy"]) == (["FARGATE"], strategy)
    spot = {name: value for name, value in request.items() if name != "launchType"} | {
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    }
    assert refusal(ecs.run_task, **spot, cluster="mine").startswith("InvalidParameterException: ")


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        pytest.param({"cluster": "nope"}, "ClusterNotFoundException: ", id="no cluster"),
        pytest.param(
            {"capacityProviders": ["batch-asg"]},
            "InvalidParameterException: The specified capacity provider was not found.",
            id="no such provider",
        ),
        pytest.param(
            {"defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT"}]},
            "InvalidParameterException: The specified capacity provider strategy cannot contain",
            id="not of the cluster",
        ),
    ],
)
def test_capacity_providers_that_are_refused(hello: Hello, members: dict[str, object], expected: str) -> None:
    _, ecs, _ = hello()
    request = {"cluster": "default", "capacityProviders": ["FARGATE"], "defaultCapacityProviderStrategy": []}

    assert refusal(ecs.put_cluster_capacity_providers, **request | members).startswith(expected)


def test_tags_of_log_groups(start: MakeEndpoint, client: MakeClient) -> None:
    logs = client(start(), "logs")
    logs.create_log_group(logGroupName="/job/a", tags={"team": "data", "empty": ""})
    logs.create_log_group(logGroupName="/job/b")
    arn = logs.describe_log_groups(logGroupNamePrefix="/job/a")["logGroups"][0]["logGroupArn"]

    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "data", "empty": ""}
    assert logs.list_tags_log_group(logGroupName="/job/a")["tags"] == {"team": "data", "empty": ""}
    assert logs.list_tags_log_group(logGroupName="/job/b")["tags"] == {}
    missing = "ResourceNotFoundException: The specified log group does not exist."
    assert refusal(logs.list_tags_for_resource, resourceArn=arn + "c") == missing
    assert refusal(logs.list_tags_log_group, logGroupName="c") == missing
    assert refusal(logs.list_tags_for_resource, resourceArn="arn:aws:ecs:us-east-1:1:cluster/a").startswith(
        "InvalidParameterException: "
    )
    logs.delete_log_group(logGroupName="/job/a")
    logs.create_log_group(logGroupName="/job/a")
    assert logs.list_tags_log_group(logGroupName="/job/a")["tags"] == {}


def test_descriptions_of_parameters(start: MakeEndpoint, client: MakeClient) -> None:
    ssm = client(start(), "ssm")
    ssm.put_parameter(
        Name="/app/a", Value="1", Type="String", Description="first", Tags=[{"Key": "k", "Value": "v"}]
    )
    ssm.put_parameter(Name="/app/b", Value="2", Type="SecureString", KeyId="alias/k")
    ssm.put_parameter(Name="/other", Value="3", Type="String")

    def names(**request: object) -> list[str]:
        return [each["Name"] for each in ssm.describe_parameters(**request)["Parameters"]]

    (first,) = ssm.describe_parameters(
        ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": ["/app/a"]}]
    )["Parameters"]
    assert (first["Description"], first["Type"], first["Tier"], first["Version"]) == (
        "first",
        "String",
        "Standard",
        1,
    )
    assert "Value" not in first
    assert "Description" not in ssm.get_parameter(Name="/app/a")["Parameter"]
    assert names() == ["/app/a", "/app/b", "/other"]
    assert names(ParameterFilters=[{"Key": "Name", "Option": "BeginsWith", "Values": ["/app/"]}]) == [
        "/app/a",
        "/app/b",
    ]
    assert names(ParameterFilters=[{"Key": "Name", "Option": "Contains", "Values": ["the"]}]) == ["/other"]
    assert names(Filters=[{"Key": "Type", "Values": ["SecureString"]}]) == ["/app/b"]
    beside = {"Key": "Path", "Option": "OneLevel", "Values": ["/app"]}
    assert names(ParameterFilters=[beside]) == ["/app/a", "/app/b"]
    assert names(ParameterFilters=[{**beside, "Option": "Recursive", "Values": ["/"]}]) == names()
    page = ssm.describe_parameters(MaxResults=2)
    assert len(page["Parameters"]) == 2
    assert names(MaxResults=2, NextToken=page["NextToken"]) == ["/other"]
    assert ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/app/a")["TagList"] == [
        {"Key": "k", "Value": "v"}
    ]


def test_several_parameters_at_once(start: MakeEndpoint, client: MakeClient) -> None:
    ssm = client(start(), "ssm")
    for name, kind in (("/app/b", "SecureString"), ("/app/a", "String")):
        ssm.put_parameter(Name=name, Value=f"value of {name}", Type=kind)

    answer = ssm.get_parameters(Names=["/app/b", "/gone", "/app/a"])
    decrypted = ssm.get_parameters(Names=["/app/b"], WithDecryption=True)["Parameters"][0]["Value"]

    assert [each["Name"] for each in answer["Parameters"]] == ["/app/a", "/app/b"]
    assert answer["InvalidParameters"] == ["/gone"]
    assert answer["Parameters"][0]["Value"] == "value of /app/a"
    assert "value of" not in answer["Parameters"][1]["Value"]
    assert decrypted == "value of /app/b"
    assert refusal(ssm.get_parameters, Names=["/a"] * 11).startswith("ValidationException: ")


def test_descriptions_that_are_refused(start: MakeEndpoint, client: MakeClient) -> None:
    ssm = client(start(), "ssm")

    def said(**each: object) -> str:
        return refusal(ssm.describe_parameters, ParameterFilters=[each]).partition(":")[0]

    assert said(Key="Colour", Values=["red"]) == "InvalidFilterKey"
    assert said(Key="Name", Option="Resembles", Values=["x"]) == "InvalidFilterOption"
    assert refusal(ssm.describe_parameters, NextToken="x").startswith("InvalidNextToken: ")
    assert refusal(ssm.list_tags_for_resource, ResourceType="Parameter", ResourceId="x").startswith(
        "InvalidResourceId: "
    )


def test_operations_that_are_not_there(start: MakeEndpoint, client: MakeClient) -> None:
    endpoint = start()

    assert refusal(client(endpoint).list_attributes, targetType="container-instance").startswith(
        "UnknownOperationException: "
    )
    assert refusal(client(endpoint, "ec2").describe_instances).startswith("InvalidAction: ")
    assert refusal(client(endpoint, "sts").get_session_token).startswith("InvalidAction: ")
    assert refusal(client(endpoint, "sqs").list_queues).startswith("UnknownOperationException: ")
    with pytest.raises(ClientError):
        client(endpoint, "s3").list_buckets()


def test_identity(start: MakeEndpoint, client: MakeClient) -> None:
    answer = client(start(account="123456789012"), "sts").get_caller_identity()

    assert [answer["Account"], answer["Arn"]] == ["123456789012", "arn:aws:iam::123456789012:user/local"]


def test_parameters_and_secrets(start: MakeEndpoint, client: MakeClient) -> None:
    endpoint = start()
    ssm, secrets = client(endpoint, "ssm"), client(endpoint, "secretsmanager")
    ssm.put_parameter(Name="/a/b", Value="1", Type="String")
    secrets.create_secret(Name="s", SecretString="1")

    assert refusal(ssm.put_parameter, Name="/a/b", Value="2", Type="String").startswith(
        "ParameterAlreadyExists: "
    )
    assert ssm.put_parameter(Name="/a/b", Value="2", Type="String", Overwrite=True)["Version"] == 2
    secrets.put_secret_value(SecretId="s", SecretString="2")
    assert ssm.get_parameter(Name="/a/b", WithDecryption=True)["Parameter"]["Value"] == "2"
    assert secrets.get_secret_value(SecretId="s")["SecretString"] == "2"
    assert refusal(secrets.create_secret, Name="s", SecretString="x").startswith("ResourceExistsException: ")
    ssm.delete_parameter(Name="/a/b")
    secrets.delete_secret(SecretId="s", ForceDeleteWithoutRecovery=True)
    assert refusal(ssm.get_parameter, Name="/a/b").startswith("ParameterNotFound: ")
    assert refusal(secrets.get_secret_value, SecretId="s") == (
        "ResourceNotFoundException: Secrets Manager can't find the specified secret."
    )


@pytest.mark.parametrize(
    ("size", "taken"),
    [(5, True), (1000, True), (1001, False)],
    ids=["the fewest", "the most", "too many"],
)
def test_page_size_of_subnets(start: MakeEndpoint, client: MakeClient, size: int, taken: bool) -> None:
    ec2 = client(start(), "ec2")

    if taken:
        assert len(ec2.describe_subnets(MaxResults=size)["Subnets"]) == 3
    else:
        assert refusal(ec2.describe_subnets, MaxResults=size).startswith("InvalidParameterValue: ")


ON_DEMAND = {"capacityProvider": "FARGATE", "weight": 1}


@pytest.mark.parametrize(
    ("members", "provider"),
    [
        pytest.param({}, "FARGATE_SPOT", id="nothing said"),
        pytest.param({"launchType": "FARGATE"}, None, id="a launch type"),
        pytest.param({"capacityProviderStrategy": [ON_DEMAND]}, "FARGATE", id="another"),
    ],
)
def test_strategy_of_the_cluster_where_the_request_says_nothing(
    hello: Hello, members: dict[str, object], provider: str | None
) -> None:
    _, ecs, request = hello()
    ecs.create_cluster(
        clusterName="spot",
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
    )
    del request["launchType"]

    (task,) = ecs.run_task(**request, **members, cluster="spot")["tasks"]

    assert (task.get("capacityProviderName"), task["launchType"]) == (provider, "FARGATE")
