"""Observing: one call a thing, all pages, and one message for what cannot be had."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from apply_stage import Stage
from scripted_aws import ScriptedAws

from ecsplan.terms.observed import (
    Answer,
    AskAccount,
    AskExport,
    AskLatest,
    AskLinked,
    AskParameter,
    AskRegion,
    AskService,
    AskSubnets,
    AskVpc,
    Aws,
    Body,
    Question,
    Revision,
    Subnet,
)
from ecsplan_applier.aws.gateway import Gateway, SdkGateway, SessionOptions, Target
from ecsplan_applier.aws.operations import (
    DESCRIBE_SUBNETS,
    DESCRIBE_TASK_DEFINITION,
    DESCRIBE_VPCS,
    LIST_TASK_DEFINITIONS,
    TAG_RESOURCE,
    Operation,
)
from ecsplan_applier.observing.observer import Observer
from ecsplan_applier.outcomes.errors import ApplierError

Begin = Callable[..., Stage]

HERE = Aws()


def ask(world: Stage, *questions: Question, gateway: Gateway | None = None) -> dict[Question, Answer]:
    return Observer(gateway=gateway or world.gateway, clock=world.clock, workers=0).answer(questions)


def refused(world: Stage, question: Question, gateway: Gateway | None = None) -> str:
    with pytest.raises(ApplierError) as caught:
        ask(world, question, gateway=gateway)
    assert caught.value.exit_status == 125
    return str(caught.value)


class Answering:
    """A gateway with answers of its own for some operations."""

    def __init__(self, world: Stage, answers: Mapping[str, Callable[[Body], Body]]) -> None:
        self._inner = world.gateway
        self._answers = answers

    def target(self, aws: Aws) -> Target:
        return self._inner.target(aws)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        if operation.name in self._answers:
            return self._answers[operation.name](request)
        return self._inner.call(target, operation, request)

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        return self._inner.unknown(target, operation, request)


def test_the_region_and_the_account_are_those_of_the_session(stage: Begin) -> None:
    world = stage(account="123456789012")

    answers = ask(world, AskRegion(HERE), AskRegion(Aws(region="eu-west-1")), AskAccount(HERE))

    assert list(answers.values()) == ["us-east-1", "eu-west-1", "123456789012"]


def test_a_family_without_revisions_is_none_and_no_error(stage: Begin) -> None:
    world = stage()

    assert ask(world, AskLatest(HERE, "hello")) == {AskLatest(HERE, "hello"): None}


def test_the_latest_active_revision_comes_with_its_tags(stage: Begin) -> None:
    world = stage()
    world.register()
    arn = world.register(tags=[{"key": "team", "value": "data"}])

    latest = ask(world, AskLatest(HERE, "hello"))[AskLatest(HERE, "hello")]

    assert isinstance(latest, Revision)
    assert (latest.arn, latest.tags) == (arn, ({"key": "team", "value": "data"},))


def test_an_inactive_answer_is_not_taken_for_the_latest_active_one(stage: Begin) -> None:
    world = stage()
    first, second = world.register(), world.register()
    world.deregister(second)

    def newest_of_all(request: Body) -> Body:
        if request["taskDefinition"] != "hello":
            return world.ask(DESCRIBE_TASK_DEFINITION, **request)
        return world.ask(DESCRIBE_TASK_DEFINITION, taskDefinition=second)

    def by_prefix_and_unsorted(request: Body) -> Body:
        return {"taskDefinitionArns": [first.replace("hello", "hello-other").replace(":1", ":9"), first]}

    answers = {
        DESCRIBE_TASK_DEFINITION.name: newest_of_all,
        LIST_TASK_DEFINITIONS.name: by_prefix_and_unsorted,
    }
    latest = ask(world, AskLatest(HERE, "hello"), gateway=Answering(world, answers))

    assert getattr(latest[AskLatest(HERE, "hello")], "arn", None) == first


def test_a_family_whose_revisions_are_all_inactive_has_none(stage: Begin) -> None:
    world = stage()
    world.deregister(world.register())

    assert ask(world, AskLatest(HERE, "hello"))[AskLatest(HERE, "hello")] is None


def test_each_thing_is_asked_for_once_however_many_share_it(stage: Begin) -> None:
    world = stage()
    world.register()
    named = Aws(region="us-east-1", account_id="000000000000")
    world.endpoint.forget_calls()

    answers = ask(
        world,
        *(AskLatest(aws, "hello") for aws in (HERE, named)),
        *(AskSubnets(aws, None) for aws in (HERE, named)),
        *(AskAccount(aws) for aws in (HERE, named)),
        *(AskLinked(aws, "hello:1") for aws in (HERE, named)),
    )

    assert len(answers) == 8
    assert Counter(world.calls()) == {
        "DescribeTaskDefinition": 2,
        "DescribeVpcs": 1,
        "DescribeSubnets": 1,
        "GetCallerIdentity": 1,
    }


@pytest.mark.parametrize(
    "reference", ["hello", "hello:1", "arn:aws:ecs:us-east-1:000000000000:task-definition/hello:1"]
)
def test_a_linked_definition_is_found_by_family_revision_or_arn(stage: Begin, reference: str) -> None:
    world = stage()
    arn = world.register()

    found = ask(world, AskLinked(HERE, reference))[AskLinked(HERE, reference)]

    assert getattr(found, "arn", None) == arn


def test_all_pages_of_subnets_are_read_in_a_fixed_order(stage: Begin) -> None:
    world = stage()
    pages: list[Body] = [
        {"Subnets": [{"SubnetId": "subnet-b", "AvailabilityZone": "us-east-1b"}], "NextToken": "1"},
        {"Subnets": [], "NextToken": "2"},
        {"Subnets": [{"SubnetId": "subnet-a", "AvailabilityZone": "us-east-1a"}]},
    ]
    answers = {DESCRIBE_SUBNETS.name: lambda request: pages[int(request.get("NextToken", 0))]}

    found = ask(world, AskSubnets(HERE, "vpc-1"), gateway=Answering(world, answers))

    assert found[AskSubnets(HERE, "vpc-1")] == (
        Subnet("subnet-a", "us-east-1a"),
        Subnet("subnet-b", "us-east-1b"),
    )


@pytest.mark.parametrize(
    ("question", "said", "remedy"),
    [
        pytest.param(
            AskLinked(HERE, "gone:3"), "DescribeTaskDefinition: task_definition_arn gone:3 does not exist",
            "list-task-definitions", id="linked missing",
        ),
        pytest.param(AskLinked(HERE, "old:1"), "old:1 is INACTIVE", "link an ACTIVE revision", id="inactive"),
        pytest.param(
            AskLinked(HERE, "arn:aws:ecs:eu-west-1:000000000000:task-definition/x:1"),
            "is in eu-west-1, and the job runs in us-east-1", "set aws.region", id="linked elsewhere",
        ),
        pytest.param(
            AskSubnets(HERE, "vpc-0"), "DescribeVpcs: there is no VPC vpc-0 in us-east-1", "check vpc_id",
            id="VPC missing",
        ),
    ],
)  # fmt: skip
def test_what_is_missing_is_one_message(stage: Begin, question: Question, said: str, remedy: str) -> None:
    world = stage()
    world.deregister(world.register(family="old"))

    message = refused(world, question)

    assert said in message
    assert remedy in message.partition("help:")[2]


def test_an_account_without_a_default_vpc_is_named(stage: Begin) -> None:
    world = stage()

    message = refused(world, AskSubnets(HERE, None), Answering(world, {DESCRIBE_VPCS.name: lambda _: {}}))

    assert "DescribeVpcs: the account has no default VPC in us-east-1" in message
    assert "vpc_id" in message


def test_a_vpc_without_subnets_is_named(stage: Begin) -> None:
    world = stage()
    answers: dict[str, Callable[[Body], Body]] = {
        DESCRIBE_VPCS.name: lambda _: {"Vpcs": [{"VpcId": "vpc-1"}]},
        DESCRIBE_SUBNETS.name: lambda _: {"Subnets": []},
    }

    assert "VPC vpc-1 has no subnets" in refused(world, AskSubnets(HERE, "vpc-1"), Answering(world, answers))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param(
            {"action": "error", "code": "AccessDeniedException", "message": "not authorized"},
            "these credentials are not allowed to do this", id="denied",
        ),
        pytest.param(
            {"action": "error", "code": "ExpiredTokenException", "message": "expired"},
            "sign in again", id="expired",
        ),
        pytest.param({"action": "throttle"}, "try again later", id="throttled for ever"),
        pytest.param({"action": "error"}, "AWS reports a server error", id="500 for ever"),
    ],
)  # fmt: skip
def test_what_could_not_be_asked_is_one_message(stage: Begin, fault: dict[str, object], said: str) -> None:
    world = stage({"rules": [{"operation": "DescribeTaskDefinition", **fault}]})

    message = refused(world, AskLatest(HERE, "hello"))

    assert "DescribeTaskDefinition of task definition hello" in message
    assert said in message


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"action": "throttle", "calls": "1-3"}, id="throttled"),
        pytest.param({"action": "error", "calls": "1-2"}, id="500"),
        pytest.param({"action": "reset-before", "calls": "1-2"}, id="reset"),
    ],
)
def test_what_passes_is_asked_again(stage: Begin, fault: dict[str, object]) -> None:
    world = stage()
    arn = world.register()
    world.endpoint.set_faults({"rules": [{"operation": "DescribeTaskDefinition", **fault}]})

    latest = ask(world, AskLatest(HERE, "hello"))

    assert getattr(latest[AskLatest(HERE, "hello")], "arn", None) == arn


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({}, id="empty"),
        pytest.param({"taskDefinition": None}, id="null"),
        pytest.param({"taskDefinition": "hello:1"}, id="a text"),
        pytest.param({"taskDefinition": {}}, id="no ARN"),
        pytest.param({"taskDefinition": {"taskDefinitionArn": 7}}, id="an ARN is a number"),
        pytest.param({"taskDefinition": {"taskDefinitionArn": "a"}, "tags": "x"}, id="tags are a text"),
        pytest.param({"taskDefinition": {"taskDefinitionArn": "a"}, "tags": [1]}, id="a tag is a number"),
    ],
)
def test_a_garbled_answer_is_a_message(stage: Begin, answer: Body) -> None:
    world = stage()
    garbled = Answering(world, {DESCRIBE_TASK_DEFINITION.name: lambda _: answer})

    assert "DescribeTaskDefinition" in refused(world, AskLatest(HERE, "hello"), garbled)


def test_several_things_are_asked_for_side_by_side(stage: Begin) -> None:
    world = stage()
    families = [f"family-{number}" for number in range(12)]
    for family in families:
        world.register(family=family)
    gateway = SdkGateway(world.session, connections=4)

    answers = Observer(gateway=gateway, workers=4).answer([AskLatest(HERE, each) for each in families])

    assert [getattr(each, "definition", {}).get("family") for each in answers.values()] == families


def test_kinds_of_questions_are_answered_side_by_side() -> None:
    together = threading.Barrier(4)

    def meet(answer: Body) -> Callable[[Body], Body]:
        def said(request: Body) -> Body:
            del request
            together.wait(timeout=60)
            return answer

        return said

    aws = ScriptedAws(
        {
            "GetParameters": meet({"Parameters": [{"Name": "/a", "Type": "String", "Value": "x"}]}),
            "ListExports": meet({"Exports": [{"Name": "b", "Value": "x"}]}),
            "DescribeVpcs": meet({"Vpcs": [{"VpcId": "vpc-1"}]}),
            "DescribeServices": meet({"services": [{"serviceName": "web", "status": "DRAINING"}]}),
        }
    )
    questions = (
        AskParameter(HERE, "/a"),
        AskExport(HERE, "b"),
        AskVpc(HERE, ()),
        AskService(HERE, None, "web"),
    )

    answers = Observer(gateway=aws, workers=4).answer(questions)

    assert [*answers] == [*questions]
    assert aws.calls.total() == 4


def test_without_any_region_the_message_says_where_one_could_stand(
    stage: Begin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    gateway = SdkGateway(SessionOptions(static_credentials=("a", "b")))

    assert "AWS_REGION" in refused(stage(), AskRegion(HERE), gateway)


def test_tags_can_be_changed_without_a_new_revision(stage: Begin) -> None:
    world = stage()
    arn = world.register()
    world.ask(TAG_RESOURCE, resourceArn=arn, tags=[{"key": "a", "value": "b"}])

    latest = ask(world, AskLatest(HERE, "hello"))[AskLatest(HERE, "hello")]

    assert getattr(latest, "tags", ()) == ({"key": "a", "value": "b"},)
