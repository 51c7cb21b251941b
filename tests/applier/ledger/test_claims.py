"""Claims in a ledger: as JSON and back, by conditional writes, and documents that are none."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ecsplan.schema.check import violations
from ecsplan_applier.arns import cluster_name_of
from ecsplan_applier.ledger.claims import Claim, ClaimKey, Claims
from ecsplan_applier.ledger.folder import FolderStore
from ecsplan_applier.ledger.keys import claim_key
from ecsplan_applier.ledger.store import ConflictError, Document
from ecsplan_applier.outcomes.errors import LedgerError
from ecsplan_applier.scheduling.clock import SystemClock
from ecsplan_applier.scheduling.scheduler import Coro, Loop, T

KEY = ClaimKey("111122223333", "us-east-1", "default", "etl")
CLAIM = Claim(KEY, "first", {"etl": 1}, 1000.5, 120.0, "6f2a")
FILE = claim_key("111122223333", "us-east-1", "default", "etl")


def run(coro: "Coro[T]") -> "T":
    return Loop(SystemClock(), workers=0).run(coro)


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param(CLAIM, id="one job"),
        pytest.param(replace(CLAIM, jobs={"a": 0, "b[x=1]": 10_000}), id="several jobs"),
        pytest.param(replace(CLAIM, jobs={}, released_at=1010.0), id="released"),
    ],
)
def test_a_claim_that_is_read_back_is_the_one_that_was_written(tmp_path: Path, claim: Claim) -> None:
    claims = Claims(FolderStore(tmp_path, "ledger"))

    written = run(claims.write(claim))

    assert run(claims.read(KEY)) == written
    assert written.claim == claim
    assert list(violations(claim.to_json(), part="ledger-claim")) == []


def test_of_several_that_claim_a_family_one_has_it(tmp_path: Path) -> None:
    claims = Claims(FolderStore(tmp_path, "ledger"))
    second = replace(CLAIM, run_id="second", written_as="77aa")

    first = run(claims.write(CLAIM))

    with pytest.raises(ConflictError):
        run(claims.write(second))
    run(claims.write(second, first.version))
    with pytest.raises(ConflictError):
        run(claims.write(CLAIM, first.version))


class LosesAnswers(FolderStore):
    """Writes a document, and reports of the repeated write that another one is there."""

    async def write(self, key: str, text: str, version: str) -> str:
        await super().write(key, text, version)
        return await super().write(key, text, version)


def test_a_write_whose_answer_was_lost_finds_its_own_document(tmp_path: Path) -> None:
    claims = Claims(LosesAnswers(tmp_path, "ledger"))

    assert run(claims.read(KEY)) is None
    assert run(claims.write(CLAIM)) == run(claims.read(KEY))


def changed(**members: Any) -> str:
    return json.dumps({**CLAIM.to_json(), **members})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "is not a ledger document", id="empty"),
        pytest.param(json.dumps(CLAIM.to_json())[:-20], "is not a ledger document", id="torn"),
        pytest.param("[" * 100_000, "is not a ledger document", id="deep"),
        pytest.param("[]", "is not a ledger document", id="a list"),
        pytest.param("null", "is not a ledger document", id="null"),
        pytest.param(changed(ledger_format=2), "has format 2", id="a newer format"),
        pytest.param(changed(ledger_format=True), "/ledger_format", id="a format that is no number"),
        pytest.param(changed(claimed_at="soon"), "/claimed_at", id="a time that is text"),
        pytest.param(
            changed(claimed_at=float("nan")), "NaN is not a number of JSON", id="a time that is no number"
        ),
        pytest.param(changed(jobs=["etl"]), "/jobs", id="jobs as a list"),
        pytest.param(changed(jobs={"etl": -1}), "/jobs/etl", id="fewer tasks than none"),
        pytest.param(changed(run_id=""), "/run_id", id="no run"),
        pytest.param(changed(more=1), "more", id="a member that is unknown"),
        pytest.param("{}", "ledger_format", id="no members"),
        pytest.param(
            changed(family="other"), "is about family other in cluster default", id="another family"
        ),
        pytest.param(
            changed(cluster="b"),
            "is about family etl in cluster b, which its name does not match",
            id="another cluster",
        ),
    ],
)
def test_a_document_that_is_no_claim_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).write_text(text, encoding="utf-8")

    with pytest.raises(LedgerError) as raised:
        run(Claims(FolderStore(tmp_path, "ledger")).read(KEY))

    assert str(raised.value).startswith(f"{tmp_path / FILE}: ")
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("spelled", "name"),
    [
        pytest.param(None, "default", id="none"),
        pytest.param("", "default", id="empty"),
        pytest.param("default", "default", id="the default cluster's name"),
        pytest.param("batch", "batch", id="name"),
        pytest.param("arn:aws:ecs:us-east-1:111122223333:cluster/batch", "batch", id="ARN"),
        pytest.param(
            "arn:aws-cn:ecs:cn-north-1:111122223333:cluster/default", "default", id="ARN of default"
        ),
    ],
)
def test_a_cluster_has_one_name_however_it_is_spelled(spelled: str | None, name: str) -> None:
    assert cluster_name_of(spelled) == name


def test_claims_are_apart_from_entries(tmp_path: Path) -> None:
    store = FolderStore(tmp_path, "ledger")
    run(Claims(store).write(CLAIM))

    assert run(store.keys("111122223333/us-east-1/runs/")) == []
    found = run(store.read(FILE))
    assert isinstance(found, Document)
