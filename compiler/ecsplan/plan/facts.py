"""The facts that a job rests on: what was looked up for it, its name in a plan, and how it is asked for.

A fact is named as the manifest names it: a lookup by its reference (`ssm:/path`, `cfn:STACK.OUTPUT`,
`cfn-export:NAME`), anything else by its key (`image`, `vpc_id`, `subnets`, `security_groups`, `service`).
The compiler asks for the facts of a job, writes them into its plan as `observed`, and apply asks again
whether they still hold.

`ROWS` has one row for each kind of fact. To add one:

1. Write a function `(job, observed)` that yields a `Fact` for each question the job raises. It is called
   again with every answer: where one question depends on the answer to another (the subnets of a VPC that is
   found by its tags), yield the second only once `observed` has the first.
2. Say what the plan shows of the answers: `as_found` does for texts, subnets, and lists of them; `shown` is
   given the job, too, for a fact of which a job may take only a part.
3. Add the row to `ROWS`, and a case to `tests/compiler/plan/test_facts.py`.

A row sees the job with what it takes from its service, once that is known. It never sees a lookup that is
still open: as long as a job has one, nothing else is asked about it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from ecsplan.draft.draft import define
from ecsplan.draft.network_lookup import named_questions
from ecsplan.draft.pinned_image import image_question
from ecsplan.job.from_service import liked, service_elsewhere, service_question, taken_from
from ecsplan.job.looked_up import looked_up
from ecsplan.job.spec import JobSpec
from ecsplan.terms.json_types import Json
from ecsplan.terms.observed import Answer, AskLinked, NotThere, Observed, Question, Service, Subnet, Value
from ecsplan.terms.placeholders import REGION_AT_APPLY
from ecsplan.terms.records import dataclass
from ecsplan.variables.lookups import lookup_of

NOTHING_OBSERVED: Final = Observed()


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a job rests on.

    Attributes:
        name: Its name in a plan's `jobs[].observed`. Facts of one name are shown together.
        question: What is asked to know it.
    """

    name: str
    question: Question


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of fact.

    Attributes:
        rests_on: Yields the facts of this kind that a job rests on, as far as the answers so far show them.
        shown: Returns what the plan of a job shows of the answers to the questions of one name, in order.
    """

    rests_on: Callable[[JobSpec, Observed], Iterator[Fact]]
    shown: Callable[[JobSpec, Sequence[Answer]], Json]


def _lookups(job: JobSpec, _: Observed) -> Iterator[Fact]:
    return (Fact(each, lookup_of(each, job.aws)) for each in job.written.lookups)


def _service(job: JobSpec, observed: Observed) -> Iterator[Fact]:
    question = service_question(job)
    if question is not None and service_elsewhere(job, observed) is None:
        yield Fact("service", question)


def _of_service(job: JobSpec, answers: Sequence[Answer]) -> Json:
    """Return what a job takes of its service; what its own keys override is not what it rests on."""
    (answer,) = answers
    return taken_from(job, answer) if isinstance(answer, Service) else None


def as_found(_: JobSpec, answers: Sequence[Answer]) -> Json:
    """Return what was found as it was found: a text, or a list of texts; a list of several answers."""
    found = [_as_json(each) for each in answers]
    return found[0] if len(found) == 1 else found


def _as_json(answer: Answer) -> Json:
    match answer:
        case Value(value=str() as text):
            return text
        case Value(value=texts):
            return list(texts)
        case tuple():
            return [each.subnet_id for each in answer if isinstance(each, Subnet)]
        case str():
            return answer
        case _:
            return None


def _of_network(key: str) -> Callable[[JobSpec, Observed], Iterator[Fact]]:
    """Return what yields the facts that one key of the network rests on."""

    def rests_on(job: JobSpec, observed: Observed) -> Iterator[Fact]:
        return (Fact(name, question) for name, question in named_questions(job, observed) if name == key)

    return rests_on


def _image(job: JobSpec, observed: Observed) -> Iterator[Fact]:
    """Yield what is asked about the image of a job that pins it: its definition first, if that is linked."""
    if not job.pin_image:
        return
    linked = None if job.linked is None else AskLinked(job.aws, job.linked)
    revision = None if linked is None else observed.revision(linked)
    question = None
    if linked is None or revision is not None:
        question = image_question(define(job, revision, region=job.aws.region or REGION_AT_APPLY))
        if question is None:
            return
    yield from (Fact("image", each) for each in (linked, question) if each is not None)


def _pinned(_: JobSpec, answers: Sequence[Answer]) -> Json:
    """Return the name of the image with its digest; what its definition says comes before it."""
    return next((each for each in answers if isinstance(each, str)), None)


def _subnet_ids(_: JobSpec, answers: Sequence[Answer]) -> Json:
    """Return the ids of the subnets with some tags, sorted: their order says nothing."""
    found = (each for answer in answers if isinstance(answer, tuple) for each in answer)
    return sorted(each.subnet_id for each in found if isinstance(each, Subnet))


def _group_ids(_: JobSpec, answers: Sequence[Answer]) -> Json:
    """Return the ids of security groups in the order in which the manifest names them."""
    return [each for each in answers if isinstance(each, str)]


LOOKUPS: Final = Row(_lookups, as_found)
SERVICE: Final = Row(_service, _of_service)
ROWS: Final = (
    LOOKUPS,
    SERVICE,
    Row(_image, _pinned),
    Row(_of_network("vpc_id"), as_found),
    Row(_of_network("subnets"), _subnet_ids),
    Row(_of_network("security_groups"), _group_ids),
)
"""Every kind of fact that a plan can hold."""


def facts_of(job: JobSpec, observed: Observed) -> tuple[Fact, ...]:
    """Return the facts that a job rests on, as far as the answers show them, each once.

    Args:
        job: The job, with the values of its lookups where these are known.
        observed: What AWS has said: an answer may lead to a further fact.
    """
    return tuple(dict.fromkeys(fact for fact, _ in _facts(job, observed)))


def observed_facts(job: JobSpec, observed: Observed) -> dict[str, Json]:
    """Return what was found, by the name of each fact: `observed` of a job in a plan.

    What was not asked for, and what is not there, is left out.
    """
    asked: dict[str, list[Question]] = {}
    shown_by: dict[str, Row] = {}
    for fact, row in dict.fromkeys(_facts(job, observed)):
        asked.setdefault(fact.name, []).append(fact.question)
        shown_by[fact.name] = row
    return {
        name: shown_by[name].shown(job, [observed.answers[each] for each in questions])
        for name, questions in asked.items()
        if all(observed.knows(each) and observed.not_there(each) is None for each in questions)
    }


def answers_of(job: JobSpec, observed: Observed) -> dict[str, Value | NotThere]:
    """Return what AWS said about the lookups of a job, by their names; what nobody asked is left out."""
    found = ((name, observed.value(lookup_of(name, job.aws))) for name in job.written.lookups)
    return {name: each for name, each in found if each is not None}


def has_open_lookups(job: JobSpec, observed: Observed) -> bool:
    """Return whether a lookup of a job has no value: nobody asked for it, or it is not there."""
    found = answers_of(job, observed)
    return any(not isinstance(found.get(each), Value) for each in job.written.lookups)


def _facts(job: JobSpec, observed: Observed) -> Iterator[tuple[Fact, Row]]:
    """Yield the facts of a job with their rows; only its lookups as long as one of them has no value."""
    job = liked(job, observed)
    for row in (LOOKUPS,) if has_open_lookups(job, observed) else (SERVICE,) if job.awaits_service else ROWS:
        yield from ((fact, row) for fact in row.rests_on(job, observed))


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of some jobs, asked for in rounds as a compilation's questions are (`observe_jobs.answered`).

    Attributes:
        jobs: The jobs, as `spec_of` returns them from a plan.
        observed: What AWS has said.
        known: The same jobs, with the values of their lookups: other facts may depend on these.
    """

    jobs: tuple[JobSpec, ...]
    observed: Observed = NOTHING_OBSERVED
    known: tuple[JobSpec, ...] = ()

    @property
    def questions(self) -> tuple[Question, ...]:
        """What is still to be asked, each question once however many jobs rest on its answer."""
        jobs = self.known or self.jobs
        asked = dict.fromkeys(fact.question for job in jobs for fact in facts_of(job, self.observed))
        return tuple(each for each in asked if not self.observed.knows(each))

    def with_answers(self, answers: Mapping[Question, Answer]) -> "Facts":
        """Return the facts with these answers as well."""
        observed = self.observed.with_answers(answers)
        return Facts(
            self.jobs, observed, tuple(looked_up(each, answers_of(each, observed))[0] for each in self.jobs)
        )

    def found(self) -> Iterator[dict[str, Json]]:
        """Yield what was found for each job, as its plan has it; what is not there is left out."""
        return (observed_facts(job, self.observed) for job in self.known or self.jobs)

    def not_there(self) -> Iterator[dict[str, NotThere]]:
        """Yield what was not found for each job, by the names that its plan has."""
        for job in self.known or self.jobs:
            facts = facts_of(job, self.observed)
            lost = ((each.name, self.observed.not_there(each.question)) for each in facts)
            yield {name: each for name, each in lost if each is not None}
