"""`pin_image` from end to end: compiled with a registry's digest, and rechecked or filled in by apply."""

from collections.abc import Callable, Iterator

import pytest
from apply_stage import Stage
from registry_server import Registry, listening

from ecsplan.decision.decide_revision import Register, Reuse, Undecided
from ecsplan.plan.plan import Plan, read_plan, write_plan
from ecsplan.terms.json_types import Json
from ecsplan_applier.aws.operations import DESCRIBE_TASK_DEFINITION
from ecsplan_applier.outcomes.errors import NotObservedError, RegistryError, StalePlanError

EXITS = [{"at": 1, "status": "RUNNING"}, {"at": 2, "status": "STOPPED", "exitCode": 0}]
MANIFEST = """
name: hello
image: {image}
pin_image: true
"""


@pytest.fixture
def here(stage: Callable[..., Stage]) -> Stage:
    return stage({"tasks": [{"timeline": EXITS}]})


@pytest.fixture
def registry() -> Iterator[Registry]:
    with listening() as made:
        made.auth = "bearer"
        made.index("team/etl", "1", "linux/amd64", "linux/arm64")
        yield made


def digest(registry: Registry) -> str:
    return next(each for _, each in registry.manifests if each.startswith("sha256:"))


def moved(registry: Registry) -> str:
    """Have the tag name another image, and return the digest of that one."""
    return registry.index("team/etl", "1", "linux/amd64", mark="another build")


def compiled(here: Stage, registry: Registry, *more: str, offline: bool = False) -> Plan:
    manifest = MANIFEST.format(image=f"{registry.host}/team/etl:1") + "\n".join(more)
    return read_plan(write_plan(here.compile(manifest, offline=offline)))


def image_of(plan: Plan) -> Json:
    (container,) = plan.jobs[0].definition.request["containerDefinitions"]
    image: Json = container["image"]
    return image


def ran(here: Stage) -> list[str]:
    """Return the images of the revisions that tasks ran."""
    found = [
        here.ask(DESCRIBE_TASK_DEFINITION, taskDefinition=each["taskDefinitionArn"]) for each in here.tasks()
    ]
    return sorted(each["taskDefinition"]["containerDefinitions"][0]["image"] for each in found)


def test_the_digest_is_compiled_and_run(here: Stage, registry: Registry) -> None:
    plan = compiled(here, registry)
    pinned = f"{registry.host}/team/etl:1@{digest(registry)}"

    played = here.apply(plan)

    assert plan.jobs[0].observed == {"image": pinned}
    assert image_of(plan) == pinned
    assert played.status == 0
    assert ran(here) == [pinned]
    assert isinstance(compiled(here, registry).jobs[0].definition.decision, Reuse)


def test_a_tag_that_has_moved_refuses_the_plan(here: Stage, registry: Registry) -> None:
    plan = compiled(here, registry)
    before, after = digest(registry), moved(registry)

    with pytest.raises(StalePlanError) as raised:
        here.apply(plan)

    name = f"{registry.host}/team/etl:1"
    assert f'the plan observed image = "{name}@{before}"; now it is "{name}@{after}"' in str(raised.value)
    assert raised.value.exit_status == 122
    assert here.revisions() == []
    assert here.tasks() == []


def test_refreshing_takes_the_digest_of_now(here: Stage, registry: Registry) -> None:
    plan = compiled(here, registry)
    after = moved(registry)

    assert here.apply(plan, refresh=True).status == 0
    assert ran(here) == [f"{registry.host}/team/etl:1@{after}"]


def test_an_image_that_is_gone_refuses_the_plan(here: Stage, registry: Registry) -> None:
    plan = compiled(here, registry)
    registry.manifests.clear()

    with pytest.raises(StalePlanError, match="has no image"):
        here.apply(plan)

    assert here.revisions() == []


def test_a_registry_that_cannot_be_asked_ends_apply(here: Stage, registry: Registry) -> None:
    plan = compiled(here, registry)
    registry.auth, registry.user = "bearer", "ann:secret"

    with pytest.raises(RegistryError, match="denies access") as raised:
        here.apply(plan)

    assert raised.value.exit_status == 125
    assert here.revisions() == []


def test_what_was_open_offline_is_filled_in(here: Stage, registry: Registry) -> None:
    plan = compiled(here, registry, offline=True)

    assert isinstance(plan.jobs[0].definition.decision, Undecided)
    assert image_of(plan) == f"{registry.host}/team/etl:1@<digest at apply>"
    assert registry.asked == []
    assert here.apply(plan).status == 0
    assert ran(here) == [f"{registry.host}/team/etl:1@{digest(registry)}"]


def test_an_offline_plan_of_an_image_that_is_not_there_starts_nothing(
    here: Stage, registry: Registry
) -> None:
    plan = compiled(here, registry, offline=True)
    registry.manifests.clear()

    with pytest.raises(NotObservedError, match=r"/image: the registry .* has no image"):
        here.apply(plan)

    assert here.revisions() == []


def test_a_linked_definition_gets_a_revision_of_its_own(here: Stage, registry: Registry) -> None:
    tag = f"{registry.host}/team/etl:1"
    first = here.register(
        containerDefinitions=[{"name": "main", "image": tag}],
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
    )
    manifest = f"name: hello\ntask_definition_arn: {first}\npin_image: true\n"

    plan = here.compile(manifest)

    assert isinstance(plan.jobs[0].definition.decision, Register)
    assert image_of(plan) == f"{tag}@{digest(registry)}"
    assert here.apply(plan).status == 0
    assert ran(here) == [f"{tag}@{digest(registry)}"]
    assert isinstance(here.compile(manifest).jobs[0].definition.decision, Reuse)
    after = moved(registry)
    with pytest.raises(StalePlanError, match=after):
        here.apply(plan)


def test_a_family_that_is_linked_by_its_name_follows_the_tag(here: Stage, registry: Registry) -> None:
    tag, first = f"{registry.host}/team/etl:1", digest(registry)
    here.register(
        containerDefinitions=[{"name": "main", "image": tag}],
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
    )
    manifest = "name: hello\ntask_definition_arn: hello\npin_image: true\n"
    plan = here.compile(manifest)

    # The newest revision is its own by the second time, and has a digest.
    assert [here.apply(plan).status for _ in range(2)] == [0, 0]
    assert here.revisions() == [1, 2]
    assert isinstance(here.compile(manifest).jobs[0].definition.decision, Reuse)
    second = moved(registry)
    with pytest.raises(StalePlanError, match=second):
        here.apply(plan)
    assert here.apply(here.compile(manifest)).status == 0
    assert ran(here) == sorted([f"{tag}@{first}", f"{tag}@{first}", f"{tag}@{second}"])


def test_a_plan_of_a_task_that_was_started_goes_on_though_the_tag_has_moved(
    here: Stage, registry: Registry
) -> None:
    plan = compiled(here, registry)
    run_id = "0123456789abcdef0123456789abcdef"
    assert here.apply(plan, run_id=run_id).status == 0
    moved(registry)

    assert here.apply(plan, run_id=run_id).status == 0
    assert len(here.tasks()) == 1


def test_many_jobs_with_one_image_ask_once(here: Stage, registry: Registry) -> None:
    jobs = "".join(f"  j{number}: {{}}\n" for number in range(10))
    image = f"{registry.host}/team/etl:1"
    manifest = f"defaults: {{image: '{image}', pin_image: true}}\njobs:\n{jobs}"

    here.compile(manifest)

    assert registry.methods() == [
        "HEAD /v2/team/etl/manifests/1",
        "GET /token",
        "HEAD /v2/team/etl/manifests/1",
        f"GET /v2/team/etl/manifests/{digest(registry)}",
    ]
