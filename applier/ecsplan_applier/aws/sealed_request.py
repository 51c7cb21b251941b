"""A request with sensitive values: it shows placeholders, and only what sends the request opens it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ecsplan.terms.json_types import Json
from ecsplan.terms.observed import Body


class SealedRequest(dict[str, Any]):
    """A RunTask request as the plan has it, whose placeholders stand for values that nothing else holds.

    Whatever is printed, recorded or compared as a request is therefore free of the values.

    Args:
        request: The request with placeholders.
        values: The value of each placeholder.
    """

    __slots__ = ("_values",)

    def __init__(self, request: Body, values: Mapping[str, str]) -> None:
        super().__init__(request)
        self._values = dict(values)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values, to mask them in what AWS says about the request."""
        return tuple(each for each in self._values.values() if each)

    def having(self, **members: Any) -> "SealedRequest":
        """Return the request with other members as well."""
        return SealedRequest({**self, **members}, self._values)

    def with_environment(self, container: str, variables: Sequence[Json]) -> "SealedRequest":
        """Return the request with variables added to those of a container's override."""
        overrides = self.get("overrides")
        members = dict(overrides) if isinstance(overrides, Mapping) else {}
        containers = [dict(each) for each in members.get("containerOverrides", ())]
        if all(each.get("name") != container for each in containers):
            containers.append({"name": container})
        for each in containers:
            if each.get("name") == container:
                each["environment"] = [*each.get("environment", ()), *variables]
        return self.having(overrides={**members, "containerOverrides": containers})

    def opened(self) -> dict[str, Any]:
        """Return the request with the values in the environment variables of its overrides."""
        overrides = self.get("overrides")
        if not self._values or not isinstance(overrides, Mapping):
            return dict(self)
        containers = [self._container(each) for each in overrides.get("containerOverrides", ())]
        return {**self, "overrides": {**overrides, "containerOverrides": containers}}

    def _container(self, container: Any) -> Any:
        variables = container.get("environment") if isinstance(container, Mapping) else None
        if not isinstance(variables, (list, tuple)):
            return container
        return {**container, "environment": [self._variable(each) for each in variables]}

    def _variable(self, variable: Any) -> Any:
        text = variable.get("value") if isinstance(variable, Mapping) else None
        if not isinstance(text, str) or "<variable " not in text:
            return variable
        # In one pass, so that a value which looks like a placeholder stays what it is.
        pattern = "|".join(map(re.escape, self._values))
        return {**variable, "value": re.sub(pattern, lambda found: self._values[found[0]], text)}


def opened(request: Body) -> Body:
    """Return a request as it is sent."""
    return request.opened() if isinstance(request, SealedRequest) else request


def secrets_beside(request: Body) -> tuple[str, ...]:
    """Return the values that a request does not show."""
    return request.secrets if isinstance(request, SealedRequest) else ()
