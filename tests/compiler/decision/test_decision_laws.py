"""Laws of the decision, over definitions generated from the whole RegisterTaskDefinition model."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import botocore.loaders
import botocore.model
import pytest
from botocore.model import Shape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecsplan.decision.canonical import canonical, fingerprint
from ecsplan.decision.decide_revision import decide
from ecsplan.decision.member_kinds import Data, Leaf, Member, Sequence, Struct, Unordered
from ecsplan.decision.members import NOT_COMPARED, TASK_DEFINITION

Json = Any
Path = tuple[str | int, ...]

ACCOUNT = "111122223333"
ARN = f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task-definition/mill:7"
FRESH = 7919
"""Larger than every generated number: a sum with it is always a new value."""

SHAPE = (
    botocore.model.ServiceModel(botocore.loaders.Loader().load_service_model("ecs", "service-2"))
    .operation_model("RegisterTaskDefinition")
    .input_shape
)

LAW = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

KEYS = {
    "containerDefinitions": "name",
    "environment": "name",
    "secrets": "name",
    "secretOptions": "name",
    "volumes": "name",
    "properties": "name",
    "ulimits": "name",
    "mountPoints": "containerPath",
    "tmpfs": "containerPath",
    "devices": "hostPath",
    "dependsOn": "containerName",
    "volumesFrom": "sourceContainer",
    "portMappings": "containerPort",
    "systemControls": "namespace",
    "resourceRequirements": "type",
    "inferenceAccelerators": "deviceName",
    "extraHosts": "hostname",
    "environmentFiles": "value",
    "placementConstraints": "expression",
}
"""What is unique among the items of a list; items without it are not generated."""

MEANINGLESS_ORDER = {
    *KEYS.keys() - {"extraHosts", "environmentFiles"},
    "requiresCompatibilities",
    "links",
    "add",
    "drop",
    "permissions",
    "ignoredExitCodes",
}
SHORTENED = {"cpu": ["256", "1024", "4096"], "memory": ["512", "1024", "30720"]}


# The model, leaf by leaf.


def leaves(shape: Shape, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every single value below a shape: `[]` stands for an item, `{}` for a map's value."""
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield from leaves(member, (*path, name))
    elif shape.type_name == "list":
        yield from leaves(shape.member, (*path, "[]"))
    elif shape.type_name == "map":
        yield (*path, "{}")
    else:
        yield path


LEAVES = [path for path in leaves(SHAPE) if path[0] != "tags"]


def full(shape: Shape, path: tuple[str, ...] = ()) -> Json:
    """Return a document in which every leaf of the model has a value that is nobody's default."""
    match shape.type_name:
        case "structure":
            return {name: full(each, (*path, name)) for name, each in shape.members.items() if name != "tags"}
        case "list":
            return [full(shape.member, (*path, "[]"))]
        case "map":
            return {"label": "text"}
        case "integer":
            return 77
        case "boolean":
            return path[-1] != "essential"
        case _ if path in {("cpu",), ("memory",)}:
            return "2048"
        case _:
            choices = [each for each in shape.enum if each not in {"DISABLED", "APPMESH"}]
            return choices[-1] if choices else f"a-{path[-1]}"


FULL = full(SHAPE)


def mutated(value: Json) -> Json:
    match value:
        case bool():
            return not value
        case int():
            return value + FRESH
        case str() if value.isdigit():
            return str(int(value) + FRESH)
    return f"another-{value}"


def at(document: Json, path: tuple[str, ...]) -> tuple[Json, str | int]:
    """Return the container of the leaf at a path of the model, and the leaf's key in it."""
    keys = [0 if key == "[]" else "label" if key == "{}" else key for key in path]
    for key in keys[:-1]:
        document = document[key]
    return document, keys[-1]


def test_the_enumeration_is_complete() -> None:
    def paths(document: Json, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        if isinstance(document, dict):
            for key, each in document.items():
                yield from paths(each, (*path, "{}" if key == "label" else key))
        elif isinstance(document, list):
            yield from paths(document[0], (*path, "[]"))
        else:
            yield path

    assert sorted(paths(FULL)) == sorted(LEAVES)
    assert len(LEAVES) >= 126


def test_every_member_of_the_model_is_known() -> None:
    def kinds(member: Member, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        match member:
            case Struct():
                for name, each in member.members.items():
                    yield from kinds(each, (*path, name))
            case Sequence() | Unordered():
                yield from kinds(member.item, (*path, "[]"))
            case Data():
                yield (*path, "{}")
            case Leaf():
                yield path

    assert sorted(kinds(TASK_DEFINITION)) == sorted(LEAVES)
    described = botocore.loaders.Loader().load_service_model("ecs", "service-2")["shapes"]["TaskDefinition"][
        "members"
    ]
    assert set(described) - set(TASK_DEFINITION.members) == NOT_COMPARED - {"tags"}


@pytest.mark.parametrize("path", LEAVES, ids="/".join)
def test_every_leaf_with_another_meaning_registers(path: tuple[str, ...]) -> None:
    desired = copy.deepcopy(FULL)
    parent, key = at(desired, path)
    parent[key] = mutated(parent[key])

    for one, other in ((desired, FULL), (FULL, desired)):
        decision = decide(one, described(other, random.Random(7)))

        assert decision.action == "register"
        assert all(set(change.path.split("/")) & set(path) for change in decision.changes)


@pytest.mark.parametrize("path", LEAVES, ids="/".join)
def test_every_leaf_left_out_registers(path: tuple[str, ...]) -> None:
    desired = copy.deepcopy(FULL)
    parent, key = at(desired, path)
    del parent[key]

    assert decide(desired, described(FULL, random.Random(7))).action == "register"
    assert decide(FULL, described(desired, random.Random(7))).action == "register"


# Definitions that a person could write.

TEXTS = st.sampled_from(["", "a", "b", "ab", "B", "0", "tcp", "/", "a b", "DISABLED", "é", "x:y", "none"])
NAMES = st.sampled_from(["a", "b", "c", "web", "A", "x-1", "__a", "a/b", "it's", '"q"', "[0]", "a (2)"])


def structures(shape: Shape, path: tuple[str, ...]) -> st.SearchStrategy[Json]:
    required = {*shape.required_members, "name"} & set(shape.members)
    if path and KEYS.get(path[-2] if path[-1] == "[]" else ""):
        required |= {KEYS[path[-2]]}
    members = {
        name: documents(each, (*path, name))
        for name, each in shape.members.items()
        if (*path, name) != ("tags",)
    }
    return st.fixed_dictionaries(
        {name: each for name, each in members.items() if name in required},
        optional={name: each for name, each in members.items() if name not in required},
    )


def documents(shape: Shape, path: tuple[str, ...] = ()) -> st.SearchStrategy[Json]:
    name = path[-1] if path else ""
    if path in {("cpu",), ("memory",)}:
        return st.sampled_from(SHORTENED[name])
    match shape.type_name:
        case "structure":
            return structures(shape, path)
        case "list":
            key = KEYS.get(name)
            unique: Callable[[Json], Json] = (lambda each: each[key]) if key else json.dumps
            items = documents(shape.member, (*path, "[]"))
            unique_by = unique if name in MEANINGLESS_ORDER else None
            return st.lists(items, min_size=name == "containerDefinitions", max_size=3, unique_by=unique_by)
        case "map":
            return st.dictionaries(NAMES, TEXTS, max_size=2)
        case "integer":
            ports = name in {"containerPort", "memory", "memoryReservation"}
            return st.integers(min_value=1 if ports else 0, max_value=9)
        case "boolean":
            return st.booleans()
        case _ if shape.enum:
            return st.sampled_from(shape.enum)
        case _:
            named = name in set(KEYS.values()) or name.endswith("RoleArn") or name == "family"
            return NAMES if named else TEXTS


DEFINITIONS = documents(SHAPE)
RANDOMS = st.integers(0, 2**32).map(random.Random)


# What ECS returns for a definition: the rules of docs/decision.md written a second time.


def described(request: Json, rng: random.Random) -> Json:
    """Return a definition as ECS may describe it, some of what it may or may not do left to chance."""
    body = copy.deepcopy(request)
    windows = "WINDOWS" in body.get("runtimePlatform", {}).get("operatingSystemFamily", "")
    mode = body.get("networkMode") or ("default" if windows else "bridge")
    for each in body["containerDefinitions"]:
        echo_container(each, mode, rng)
    for each in body.get("volumes", []):
        echo_volume(each, rng)
    if not windows and rng.random() < 0.5:
        body.setdefault("networkMode", "bridge")
    for role in {"taskRoleArn", "executionRoleArn"} & body.keys():
        if body[role] and not body[role].startswith("arn:"):
            body[role] = f"arn:aws:iam::{ACCOUNT}:role/{body[role]}"
    if "proxyConfiguration" in body:
        body["proxyConfiguration"].setdefault("type", "APPMESH")
    sometimes(body, rng, enableFaultInjection=False, volumes=[], placementConstraints=[], pidMode="", tags=[])
    shuffle(body, rng)
    known = {"taskDefinitionArn": ARN, "revision": 7, "status": "ACTIVE", "compatibilities": ["EC2"]}
    return shuffled_keys({**body, **known, "requiresAttributes": [{"name": "x"}], "registeredBy": "y"}, rng)


def sometimes(body: Json, rng: random.Random, **members: Json) -> None:
    for name, value in members.items():
        if name not in body and rng.random() < 0.5:
            body[name] = value


def echo_container(body: Json, mode: str, rng: random.Random) -> None:
    body.setdefault("essential", True)
    body.setdefault("cpu", 0)
    for name in ("environment", "mountPoints", "portMappings", "volumesFrom"):
        body.setdefault(name, [])
    body["environment"] = [each for each in body["environment"] if "value" in each]
    for each in body["portMappings"]:
        each.setdefault("protocol", "tcp")
        if each.get("hostPort", 0) == 0:
            each["hostPort"] = each["containerPort"] if mode in {"awsvpc", "host"} else 0
    if body.get("healthCheck", {}).get("command"):
        for name, default in (("interval", 30), ("timeout", 5), ("retries", 3)):
            body["healthCheck"].setdefault(name, default)
    if "firelensConfiguration" in body and not body.get("user"):
        body["user"] = "0"
    capabilities = body.get("linuxParameters", {}).get("capabilities")
    if capabilities:
        capabilities.setdefault("add", [])
        capabilities.setdefault("drop", [])
    if "restartPolicy" in body:
        sometimes(body["restartPolicy"], rng, restartAttemptPeriod=300, ignoredExitCodes=[])
    if "logConfiguration" in body:
        sometimes(body["logConfiguration"], rng, options={}, secretOptions=[])
    for each in [*body["mountPoints"], *body["volumesFrom"]]:
        sometimes(each, rng, readOnly=False)
    sometimes(body, rng, systemControls=[], privileged=False, readonlyRootFilesystem=False, interactive=False)
    sometimes(body, rng, pseudoTerminal=False, disableNetworking=False, versionConsistency="enabled")
    sometimes(
        body, rng, secrets=[], dockerLabels={}, ulimits=[], links=[], dependsOn=[], command=[], entryPoint=[]
    )
    sometimes(body, rng, environmentFiles=[], extraHosts=[], dnsServers=[], linuxParameters={}, hostname="")
    sometimes(body, rng, somethingNew=False, somethingElse={"a": False, "b": [], "c": {"d": ""}, "e": None})


def echo_volume(body: Json, rng: random.Random) -> None:
    if body.keys() == {"name"}:
        body["host"] = {}
    if "dockerVolumeConfiguration" in body:
        body["dockerVolumeConfiguration"].setdefault("scope", "task")
        sometimes(body["dockerVolumeConfiguration"], rng, driverOpts={}, labels={})
    for kind in {"efsVolumeConfiguration", "s3filesVolumeConfiguration"} & body.keys():
        if not body[kind].get("rootDirectory"):
            body[kind]["rootDirectory"] = "/"
    if "efsVolumeConfiguration" in body:
        sometimes(body["efsVolumeConfiguration"], rng, transitEncryption="DISABLED", authorizationConfig={})
        if "authorizationConfig" in body["efsVolumeConfiguration"]:
            sometimes(body["efsVolumeConfiguration"]["authorizationConfig"], rng, iam="DISABLED")
    sometimes(body, rng, configuredAtLaunch=False)


def shuffle(body: Json, rng: random.Random, name: str = "") -> None:
    if isinstance(body, dict):
        for key, each in body.items():
            shuffle(each, rng, key)
    elif isinstance(body, list):
        if name in MEANINGLESS_ORDER:
            rng.shuffle(body)
        for each in body:
            shuffle(each, rng)


def shuffled_keys(body: Json, rng: random.Random) -> Json:
    if isinstance(body, list):
        return [shuffled_keys(each, rng) for each in body]
    if not isinstance(body, dict):
        return body
    keys = list(body)
    rng.shuffle(keys)
    return {key: shuffled_keys(body[key], rng) for key in keys}


def respelled(request: Json, rng: random.Random) -> Json:
    """Return a request as another person might have written it."""
    body = copy.deepcopy(request)
    if "cpu" in body:
        units = int(body["cpu"])
        vcpus = str(units / 1024)
        body["cpu"] = rng.choice(
            [units, body["cpu"], f"{vcpus} vCPU", f"{vcpus}vcpu", f"{vcpus.lstrip('0')} VCPU"]
        )
    if "memory" in body:
        mib = int(body["memory"])
        body["memory"] = rng.choice([mib, body["memory"], f"{mib / 1024} GB", f"{mib / 1024}gb"])
    for each in body["containerDefinitions"]:
        each.setdefault("environment", []).append({"name": "NEVER_SET"})
        sometimes(
            each, rng, portMappings=[], secrets=[], command=[], dockerLabels={}, privileged=False, cpu=0
        )
        sometimes(
            each, rng, essential=True, linuxParameters={"capabilities": {"add": [], "drop": []}, "tmpfs": []}
        )
        sometimes(each, rng, versionConsistency="enabled")
    sometimes(body, rng, volumes=[], placementConstraints=[], enableFaultInjection=False)
    body["tags"] = [{"key": "a", "value": "b"}]
    shuffle(body, rng)
    return shuffled_keys(body, rng)


@LAW
@given(DEFINITIONS, RANDOMS)
def test_canonical_is_idempotent_and_pure(request: Json, rng: random.Random) -> None:
    for document in (request, described(request, rng)):
        before = copy.deepcopy(document)

        once = canonical(document)

        assert document == before
        assert canonical(once) == once
        assert fingerprint(once) == fingerprint(document) or "RoleArn" in json.dumps(document)


@LAW
@given(DEFINITIONS, RANDOMS)
def test_a_definition_and_its_echo_reuse(request: Json, rng: random.Random) -> None:
    live = described(request, rng)

    for desired in (request, respelled(request, rng), live):
        decision = decide(desired, live)

        assert (decision.action, decision.changes) == ("reuse", ())
    assert fingerprint(respelled(request, rng)) == fingerprint(request)


@LAW
@given(DEFINITIONS, RANDOMS, st.data())
def test_any_leaf_with_another_meaning_registers(
    request: Json, rng: random.Random, data: st.DataObject
) -> None:
    live = described(request, rng)
    path = data.draw(st.sampled_from(sorted(meaningful(request), key=repr)))
    desired = copy.deepcopy(request)
    parent: Json = desired
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = mutated(parent[path[-1]])

    decision = decide(desired, live)

    assert decision.action == "register"
    assert decision.changes
    assert decide(respelled(desired, rng), live) == decision


def meaningful(body: Json, path: Path = ()) -> Iterator[Path]:
    """Yield the places of all values; a variable without a value is none."""
    if isinstance(body, dict):
        if len(path) > 1 and path[-2] == "environment" and "value" not in body:
            return
        for key, each in body.items():
            yield from meaningful(each, (*path, key))
    elif isinstance(body, list):
        for index, each in enumerate(body):
            yield from meaningful(each, (*path, index))
    else:
        yield path


@LAW
@given(DEFINITIONS, DEFINITIONS, RANDOMS)
def test_the_order_of_keys_means_nothing(one: Json, other: Json, rng: random.Random) -> None:
    live = described(other, rng)
    decision = decide(one, live)

    for _ in range(3):
        again = decide(shuffled_keys(one, rng), shuffled_keys(live, rng))
        assert again == decision
        assert json.dumps([each.to_json() for each in again.changes]) == json.dumps(
            [each.to_json() for each in decision.changes]
        )


SAYS_NOTHING: st.SearchStrategy[Json] = st.recursive(
    st.sampled_from([None, False, ""]),
    lambda each: st.dictionaries(NAMES, each, max_size=2) | st.just([]),
    max_leaves=4,
)
SAYS_SOMETHING = st.sampled_from(
    [True, 0, 0.0, 1, -1, 0.5, "on", "DISABLED", [0], [""], [False], {"a": 1}, {"a": {"b": [None]}}]
)


def mappings(body: Json) -> Iterator[dict[str, Json]]:
    """Yield the mappings of a described definition that have fixed members, labels and options left out."""
    if isinstance(body, dict):
        yield body
        for name, each in body.items():
            if name not in {"dockerLabels", "options", "labels", "driverOpts", "requiresAttributes"}:
                yield from mappings(each)
    elif isinstance(body, list):
        for each in body:
            yield from mappings(each)


@LAW
@given(DEFINITIONS, RANDOMS, SAYS_NOTHING)
def test_a_member_that_is_new_and_says_nothing_is_no_change(
    request: Json, rng: random.Random, nothing: Json
) -> None:
    live = described(request, rng)
    for each in list(mappings(live)):
        each["aMemberOfTomorrow"] = nothing

    assert decide(request, live).action == "reuse"


@LAW
@given(DEFINITIONS, RANDOMS, SAYS_SOMETHING)
def test_a_member_that_is_new_and_says_something_is_a_change(
    request: Json, rng: random.Random, value: Json
) -> None:
    live = described(request, rng)
    rng.choice([live, live["containerDefinitions"][0]])["aMemberOfTomorrow"] = value

    decision = decide(request, live)

    assert decision.action == "register"
    assert [each.path.rsplit("/", 1)[1] for each in decision.changes] == ["aMemberOfTomorrow"]
