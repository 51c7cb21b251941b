"""`Seen`: what AWS has answered so far, as checks read it."""

from collections.abc import Mapping
from typing import TypeVar, cast

from ecsplan_applier.verify.questions import Ask, Unanswered

A = TypeVar("A")


class OpenQuestionsError(Exception):
    """A check has asked what is not answered yet: it is run again when it is.

    Attributes:
        questions: What it has asked.
    """

    def __init__(self, *questions: Ask[object]) -> None:
        super().__init__(*questions)
        self.questions = questions


class UnansweredError(Exception):
    """A check has asked what could not be asked: its subject is unknown.

    Attributes:
        why: Why there is no answer.
    """

    def __init__(self, why: Unanswered) -> None:
        super().__init__(why)
        self.why = why


class Seen:
    """What AWS has answered so far.

    Args:
        answers: The answers, or why there is none.
    """

    def __init__(self, answers: Mapping[Ask[object], object]) -> None:
        self._answers = answers

    def of(self, question: Ask[A]) -> A:
        """Return the answer to a question. What it raises ends the check that asks, and is for its runner.

        Raises:
            OpenQuestionsError: It is not answered yet.
            UnansweredError: It could not be asked.
        """
        answer = self.look(question)
        if isinstance(answer, Unanswered):
            raise UnansweredError(answer)
        return answer

    def look(self, question: Ask[A]) -> A | Unanswered:
        """Return the answer to a question, or why there is none, for a check that goes on without it.

        Raises:
            OpenQuestionsError: It is not answered yet.
        """
        asked = cast(Ask[object], question)
        if asked not in self._answers:
            raise OpenQuestionsError(asked)
        return cast("A | Unanswered", self._answers[asked])

    def all_of(self, *questions: Ask[A]) -> tuple[A, ...]:
        """Return the answers to several questions, which are asked together.

        Raises:
            OpenQuestionsError: Some are not answered yet.
            UnansweredError: One could not be asked.
        """
        self.await_all(*questions)
        return tuple(self.of(each) for each in questions)

    def await_all(self, *questions: Ask[A]) -> None:
        """Have all of these questions answered before the check goes on.

        Raises:
            OpenQuestionsError: Some are not answered yet.
        """
        asked = [cast(Ask[object], each) for each in questions]
        still_open = [each for each in asked if each not in self._answers]
        if still_open:
            raise OpenQuestionsError(*still_open)
