"""Plans that something has corrupted: refused with a reason, or carried out; never a traceback."""

import copy
import hashlib
import json
from functools import cache
from typing import Any

import pytest
from campaign.scenarios import ROLE
from campaign.world import World
from click.testing import CliRunner
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ecsplan.plan.plan import PlanError, read_plan, write_plan
from ecsplan_applier.outcomes.errors import UsageError
from ecsplan_cli.main import group

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(
        [0, -1, 1.5, 2**70, "", "x", "arn:aws:ecs:us-east-1:000000000000:task/x", [], {}, [None]]
    ),
    st.text(max_size=8),
)
"""What stands where something else should."""
STATUSES = {0, 1, 2, 122, 123, 124, 125, 126}


@cache
def plan_text(world: World) -> str:
    manifest = {"name": "fuzzed", "image": "alpine", "execution_role_arn": ROLE, "count": 2}
    return write_plan(world.compile(json.dumps(manifest | {"configure_cloudwatch_logs": True})))


def places(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Return the path of each member and item."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for key, inner in items:
        found += [(*path, key), *places(inner, (*path, key))]
    return found


def corrupted(data: st.DataObject, document: Any) -> Any:
    """Return a document with one to three members removed, replaced or added."""
    changed = copy.deepcopy(document)
    for _ in range(data.draw(st.integers(1, 3), label="how many")):
        found = places(changed)
        if not found:
            return changed
        *way, last = data.draw(st.sampled_from(found), label="where")
        inside = changed
        for key in way:
            inside = inside[key]
        match data.draw(st.sampled_from(["remove", "replace", "add"]), label="how"):
            case "remove":
                del inside[last]
            case "add" if isinstance(inside, dict):
                inside[data.draw(st.sampled_from(["x", "count", "cluster", "role", ""]), label="name")] = (
                    copy.deepcopy(data.draw(ODD))
                )
            case _:
                inside[last] = copy.deepcopy(data.draw(ODD, label="what"))
    return changed


def signed(document: Any) -> str:
    """Return a document with the digest that fits it, as if ecsplan had written it."""
    rest = {name: value for name, value in document.items() if name != "digest"}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
    return json.dumps({**rest, "digest": f"sha256:{digest}"})


def test_signature_fits(world: World) -> None:
    assert read_plan(signed(json.loads(plan_text(world)))) == read_plan(plan_text(world))


@pytest.mark.parametrize("count", [100_001, 10**9, 2**70])
def test_more_tasks_than_fit(world: World, count: int) -> None:
    document = json.loads(plan_text(world))
    document["jobs"][0]["run_request"]["count"] = count
    plan = read_plan(signed(document))
    world.endpoint.forget_calls()

    with pytest.raises(UsageError, match=f"asks for {count} tasks"):
        world.events(plan, None)

    assert world.endpoint.calls() == ()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_corrupted_members(world: World, data: st.DataObject) -> None:
    text = signed(corrupted(data, json.loads(plan_text(world))))
    try:
        plan = read_plan(text)
    except PlanError:
        return
    world.time.advance(4000)
    world.endpoint.set_faults({})

    played = world.apply(plan, None)

    assert played.status in STATUSES
    assert played.status == 0 or played.text


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10**6), cut=st.integers(0, 40), put=st.binary(max_size=6))
@example(place=0, cut=10**6, put=b"")
@example(place=0, cut=0, put=b"\xef\xbb\xbf\xef\xbb\xbf")
@example(place=0, cut=0, put=b"[" * 100_000)
def test_corrupted_bytes(world: World, place: int, cut: int, put: bytes) -> None:
    whole = plan_text(world).encode()
    place %= len(whole)
    text = whole[:place] + put + whole[place + cut :]
    if cut == 0 and put == b"":
        return

    # The run id is refused after the plan is read and before any call: what is still a plan ends there.
    done = CliRunner().invoke(
        group, ["apply", "-", "--run-id", "not one", "--region", "us-east-1"], input=text
    )

    assert done.exit_code in {2, 123}, done.output
    assert isinstance(done.exception, SystemExit), done.exception
    assert "error" in done.stderr.lower()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "the plan is empty", id="empty"),
        pytest.param("{}", "not a plan", id="an object"),
        pytest.param("[]", "not a plan", id="a list"),
        pytest.param('{"plan_version": 2}', "format 2", id="newer"),
        pytest.param('{"plan_version": 1}', "missing key '$schema'", id="nothing in it"),
        pytest.param('{"plan_version": NaN}', "not JSON", id="NaN"),
        pytest.param("[" * 200_000, "nested", id="deep"),
    ],
)
def test_refusals(text: str, says: str) -> None:
    done = CliRunner().invoke(group, ["apply", "-"], input=text)

    assert done.exit_code == 123
    assert says in done.stderr
