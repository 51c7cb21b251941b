"""Apply one job with a ledger in S3, and with one in a folder: requests, and what they add to the time."""

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from endpoint import LATENCY_S, Endpoint, served
from jobs import compiled, job, life
from results import Findings, Table
from timing import Ran, Spread, run
from venvs import ROOT, ecsplan

# Where the tests keep the S3 that the ledger is in.
sys.path.append(str(ROOT / "tests" / "support"))

from bucket_endpoint import BucketEndpoint
from buckets import Buckets

_ROUNDS = 3
_REGION = "us-east-1"
_BUCKET = "ledger"
_POLL_S = 1.0
_LIVES_S = {"nine": 9.0, "longer": 18.0}
_QUICK_LIVES_S = {"nine": 9.0, "longer": 12.0}
_MOST_REQUESTS = 2
_MOST_TIME = 1.05
_IN_S3, _IN_FOLDER = "in S3", "in a folder"


@dataclass
class _Measured:
    """The applies of one job, by where the ledger is."""

    ran: dict[str, list[Ran]] = field(default_factory=lambda: {_IN_FOLDER: [], _IN_S3: []})
    calls: dict[str, Counter[str]] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)

    def wall(self, place: str) -> Spread:
        return Spread(tuple(each.wall_s for each in self.ran[place]))

    def times_as_long(self) -> float:
        """Return how many times as long an apply takes with S3 as the one before it, with a folder."""
        pairs = zip(self.ran[_IN_S3], self.ran[_IN_FOLDER], strict=True)
        return Spread(tuple(one.wall_s / other.wall_s for one, other in pairs)).median

    def cpu(self, place: str) -> Spread:
        return Spread(tuple(each.cpu_s for each in self.ran[place]))


def measure(home: Path, *, quick: bool) -> Findings:
    """Return the requests to S3 of an apply, and how much longer it takes than with a ledger in a folder."""
    lives, findings = _QUICK_LIVES_S if quick else _LIVES_S, Findings()
    script = {"tasks": [life(family, seconds) for family, seconds in lives.items()]}
    buckets = Buckets()
    buckets.make(_BUCKET)
    with served(home, script) as endpoint, BucketEndpoint(buckets, latency_s=LATENCY_S) as bucket:
        found = {
            family: _measured(endpoint, bucket, family, 1 if family == "longer" or quick else _ROUNDS)
            for family in lives
        }
    nine, longer = found["nine"], found["longer"]
    what = f"`apply` of one job of {lives['nine']:g} s with a ledger in S3"
    findings.at_most(
        f"{what}, requests to S3",
        _named(nine.requests),
        ratio=nine.requests.total(),
        limit=_MOST_REQUESTS,
    )
    findings.at_most(
        f"the same job running for {lives['longer']:g} s, requests to S3 more than with {lives['nine']:g} s",
        _named(longer.requests),
        ratio=longer.requests.total() - nine.requests.total(),
        limit=0,
        words="none for polling",
    )
    folder, s3 = nine.wall(_IN_FOLDER), nine.wall(_IN_S3)
    findings.at_most(
        f"{what}, wall time",
        f"{s3:.2f} s",
        against=f"in a folder: {folder:.2f} s",
        ratio=nine.times_as_long(),
        limit=_MOST_TIME,
        words="at most 5 % more",
    )
    rows = [
        (
            f"{family}, ledger {place}",
            f"{each.wall(place):.2f}",
            f"{each.cpu(place):.2f}",
            _named(each.calls[place]),
        )
        for family, each in found.items()
        for place in (_IN_FOLDER, _IN_S3)
    ]
    head = ("a job of", "seconds", "CPU seconds", "calls to ECS")
    findings.tables.append(Table("Applying one job with a ledger", head, rows))
    return findings


def _measured(endpoint: Endpoint, bucket: BucketEndpoint, family: str, rounds: int) -> _Measured:
    """Apply a job with both ledgers in turns; the first apply, which registers, does not count."""
    plan = _planned(endpoint, family)
    measured = _Measured()
    for _ in range(rounds):
        for place in (_IN_FOLDER, _IN_S3):
            endpoint.forget()
            bucket.buckets.disturb()
            measured.ran[place].append(_applied(endpoint, bucket, plan, place))
            measured.calls[place] = Counter(each.operation for each in endpoint.calls(_REGION))
    measured.requests = Counter(each.operation for each in bucket.buckets.calls)
    return measured


def _planned(endpoint: Endpoint, family: str) -> Path:
    """Return the path of a plan that reuses its revision."""
    jobs = {family: job(family, task_watch_poll_interval=_POLL_S)}
    folder = endpoint.home / family
    folder.mkdir(exist_ok=True)
    env = endpoint.environment(_REGION)
    first = compiled(endpoint, jobs, _REGION, folder / "first.json")
    run([*ecsplan(), "apply", str(first), "--detach"], env=env)
    plan = compiled(endpoint, jobs, _REGION, folder / "plan.json")
    document = json.loads(plan.read_text(encoding="utf-8"))
    if any(each["task_definition"]["action"] != "reuse" for each in document["jobs"]):
        raise ValueError("the job must reuse its revision")
    return plan


def _applied(endpoint: Endpoint, bucket: BucketEndpoint, plan: Path, place: str) -> Ran:
    ledger = f"s3://{_BUCKET}/bench" if place == _IN_S3 else str(endpoint.home / "ledger")
    env = endpoint.environment(_REGION) | {"AWS_ENDPOINT_URL_S3": bucket.url}
    return run([*ecsplan(), "apply", str(plan), "--ledger", ledger], env=env)


def _named(calls: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in calls.items()) or "none"
