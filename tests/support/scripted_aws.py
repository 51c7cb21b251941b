"""An AWS whose answers a test writes down: a gateway without a network, and the calls that were made."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ecsplan.terms.observed import Answer, Aws, Body, Question
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.observing.observer import Observer
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_local import ScriptedClock

REGION = "us-east-1"

Said = Body | AwsError | Callable[[Body], Body] | Sequence[Body]
"""What an operation answers: always the same, what a function makes of the request, or pages."""


def denied(operation: str, code: str = "AccessDeniedException") -> AwsError:
    """Return the refusal of an operation that is not allowed."""
    return AwsError(operation, code, "is not authorized to perform this", status=400)


class JumpingClock:
    """A time that moves when somebody waits."""

    def __init__(self) -> None:
        self._clock = ScriptedClock()

    def now(self) -> float:
        return self._clock.now()

    def elapsed(self) -> float:
        return self._clock.now()

    def advance(self, seconds: float) -> None:
        self._clock.advance(seconds)

    def wait(self, mail: Any, seconds: float | None) -> Any:
        if not mail.empty():
            return mail.get_nowait()
        assert seconds is not None, "nothing will bring this about"
        self._clock.advance(seconds)
        return None


@dataclass
class ScriptedAws:
    """A gateway that answers as `says` has it; what is not in it is denied.

    Attributes:
        says: Operation -> what it answers.
        requests: The requests so far, by operation.
    """

    says: Mapping[str, Said]
    requests: list[tuple[str, Body]] = field(default_factory=list)

    def target(self, aws: Aws) -> Target:
        return Target(aws.region or REGION, aws.profile, aws.assume_role_arn, aws.endpoint_url)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        del target
        self.requests.append((operation.name, request))
        said = self.says.get(operation.name, denied(operation.name))
        match said:
            case AwsError():
                # A new one each time: whoever raises an error may complete it.
                raise AwsError(operation.name, said.code, said.text, status=said.status)
            case Mapping():
                return said
            case Sequence():
                token = str(request.get("NextToken") or request.get("nextToken") or 0)
                return said[int(token)]
            case _:
                return said(request)

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        del target, operation, request
        return ()

    @property
    def calls(self) -> Counter[str]:
        """How often each operation was called."""
        return Counter(name for name, _ in self.requests)

    def answers(self, *questions: Question) -> dict[Question, Answer]:
        """Return what an observer makes of it."""
        return Observer(gateway=self, clock=JumpingClock(), workers=0).answer(questions)

    def answer(self, question: Question) -> Answer:
        """Return the answer to one question."""
        return self.answers(question)[question]
