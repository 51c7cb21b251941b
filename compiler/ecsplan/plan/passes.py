"""`Passes`: runs the passes of one job, each once for an input, while answers of AWS come in."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

Inputs = ParamSpec("Inputs")
Output = TypeVar("Output")


class Passes:
    """What the passes of one job returned, so that more answers of AWS go on from there.

    A pass is pure, so it returns the same for the same input and need not run for it. Only the last input of
    each pass is kept: what one compilation holds does not grow with the rounds in which AWS is asked.
    """

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: dict[str, tuple[tuple[object, object], object]] = {}

    def run(
        self, name: str, function: Callable[Inputs, Output], *args: Inputs.args, **kwargs: Inputs.kwargs
    ) -> Output:
        """Return what `function` returns for this input.

        Args:
            name: The pass; one that a job goes through for two purposes has a name for each.
            function: The pass. It depends on nothing but its arguments.
            args: Its arguments.
            kwargs: Its arguments by name.
        """
        given = (args, kwargs)
        last = self._last.get(name)
        if last is None or last[0] != given:
            last = given, function(*args, **kwargs)
            self._last[name] = last
        return cast(Output, last[1])

    def forget_all_but(self, *names: str) -> None:
        """Forget what the passes returned, except those of these names."""
        self._last = {name: last for name, last in self._last.items() if name in names}
