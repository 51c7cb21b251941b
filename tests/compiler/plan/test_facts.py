"""The facts that a job rests on: their questions, each asked once, and what a plan shows of the answers."""

from dataclasses import replace

import pytest

from ecsplan.compile import read_jobs
from ecsplan.job.spec import JobSpec
from ecsplan.plan.facts import Fact, Facts, facts_of, observed_facts
from ecsplan.source.job_source import JobSource
from ecsplan.terms.observed import (
    Answer,
    AskExport,
    AskParameter,
    AskStackOutput,
    AskSubnets,
    Aws,
    NotThere,
    Observed,
    Question,
    Subnet,
    Value,
)

AWS = Aws(region="eu-west-1")
GONE = NotThere("it is not there", "", "lookup")


def job_with(*lookups: str) -> JobSpec:
    (job,) = read_jobs("image: alpine\n", file="job.yaml", region="eu-west-1").jobs
    assert isinstance(job.written, JobSource)
    return replace(job, written=replace(job.written, lookups=lookups))


@pytest.mark.parametrize(
    ("lookup", "question", "answer", "shown"),
    [
        ("ssm:/a/b", AskParameter(AWS, "/a/b"), Value("x"), "x"),
        ("ssm:plain", AskParameter(AWS, "plain"), Value(("x", "y")), ["x", "y"]),
        ("ssm:/a:3", AskParameter(AWS, "/a:3"), Value("x"), "x"),
        ("cfn:my-stack.Output", AskStackOutput(AWS, "my-stack", "Output"), Value("x"), "x"),
        ("cfn-export:net:Subnets", AskExport(AWS, "net:Subnets"), Value("x"), "x"),
    ],
)
def test_each_kind_of_fact(lookup: str, question: Question, answer: Answer, shown: object) -> None:
    job = job_with(lookup)
    assert facts_of(job, Observed()) == (Fact(lookup, question),)
    assert observed_facts(job, Observed({question: answer})) == {lookup: shown}
    assert observed_facts(job, Observed({question: GONE})) == {}
    assert observed_facts(job, Observed()) == {}


def test_facts_of_several_jobs_are_asked_once() -> None:
    jobs = (job_with("ssm:/a", "ssm:/b"), job_with("ssm:/b", "ssm:/c"))
    asked = Facts(jobs)
    assert asked.questions == tuple(AskParameter(AWS, each) for each in ("/a", "/b", "/c"))
    done = asked.with_answers({AskParameter(AWS, "/a"): Value("1"), AskParameter(AWS, "/b"): Value("2")})
    assert done.questions == (AskParameter(AWS, "/c"),)
    done = done.with_answers({AskParameter(AWS, "/c"): GONE})
    assert list(done.found()) == [{"ssm:/a": "1", "ssm:/b": "2"}, {"ssm:/b": "2"}]
    assert list(done.not_there()) == [{}, {"ssm:/c": GONE}]


TIER = (("tier", "private"),)


def test_a_fact_may_depend_on_the_value_of_a_lookup() -> None:
    text = "variables: {}\nimage: alpine\nvpc_id: ${ssm:/vpc}\nsubnets: {tags: {tier: private}}\n"
    jobs = read_jobs(text, file="job.yaml", region="eu-west-1").jobs
    first = Facts(jobs)
    then = first.with_answers({AskParameter(AWS, "/vpc"): Value("vpc-7")})
    last = then.with_answers({AskSubnets(AWS, "vpc-7", TIER): (Subnet("subnet-1", "a"),)})

    assert first.questions == (AskParameter(AWS, "/vpc"),)
    assert then.questions == (AskSubnets(AWS, "vpc-7", TIER),)
    assert last.questions == ()
    assert list(last.found()) == [{"ssm:/vpc": "vpc-7", "subnets": ["subnet-1"]}]
