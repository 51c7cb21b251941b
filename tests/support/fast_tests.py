"""Which tests `pytest --fast` runs: those that start neither a process nor an endpoint, and a few that apply.

Nothing is listed: a test is slow where its code, that of its fixtures, or a function or class of the tests
that they use names something that starts a process or an endpoint, or gives the command `--local`.
Properties with many examples and the fault campaign are slow, too. Of each test of the applier on a `stage`,
whose clock does not wait, the first case counts as fast.
"""

import functools
import inspect
import multiprocessing
import runpy
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import boto3
import bucket_endpoint
import forked
import processes
import pytest
import registry_server
from places import TESTS

import ecsplan_local
from ecsplan_cli.workers import workers

STARTERS: frozenset[int] = frozenset(
    map(
        id,
        (
            subprocess,
            multiprocessing,
            processes,
            forked.ForkServer,
            bucket_endpoint.BucketEndpoint,
            boto3,
            ecsplan_local.serve,
            registry_server.listening,
            runpy,
            workers,
        ),
    )
)
"""What starts a process or an endpoint, or talks to one."""
STARTING_OPTION = "--local"
"""Has the command serve an endpoint itself, whose tasks are processes."""
ON_A_STAGE = "stage"
SLOW_FOLDERS = frozenset({"campaign", "emulators"})


def split(items: Sequence[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Return the fast tests and the slow ones."""
    fast: list[pytest.Item] = []
    slow: list[pytest.Item] = []
    applied: set[str] = set()
    for each in items:
        if ON_A_STAGE in fixtures(each) and not reaches(test_of(each)):
            name = each.nodeid.partition("[")[0]
            is_fast = name not in applied
            applied.add(name)
        else:
            is_fast = not is_slow(each)
        (fast if is_fast else slow).append(each)
    return fast, slow


def is_slow(item: pytest.Item) -> bool:
    """Return whether a test starts something, or draws many examples."""
    return (
        not SLOW_FOLDERS.isdisjoint(item.path.parts)
        or getattr(test_of(item), "is_hypothesis_test", False)
        or says(STARTING_OPTION, parameters(item))
        or any(map(reaches, (test_of(item), *fixtures(item).values())))
    )


def parameters(item: pytest.Item) -> list[Any]:
    """Return the values of a parametrized test."""
    return list(item.callspec.params.values()) if hasattr(item, "callspec") else []


def says(text: str, thing: Any) -> bool:
    """Return whether a value is a text, or a list or tuple that holds it somewhere."""
    return (
        thing == text
        if isinstance(thing, str)
        else isinstance(thing, (list, tuple)) and any(says(text, each) for each in thing)
    )


def test_of(item: pytest.Item) -> Any:
    return getattr(item, "function", None)


def fixtures(item: pytest.Item) -> dict[str, Any]:
    """Return the functions of the fixtures of a test, the indirect ones included."""
    known = getattr(item, "_fixtureinfo").name2fixturedefs  # noqa: B009 - pytest has no public name for it
    return {name: found[-1].func for name, found in known.items()}


@functools.cache
def reaches(thing: Any) -> bool:
    """Return whether a function or class of the tests comes to name one of the `STARTERS`."""
    seen: set[int] = set()
    left = [thing]
    while left:
        each = unwrapped(left.pop())
        if id(each) in STARTERS or says(STARTING_OPTION, each):
            return True
        if id(each) not in seen and is_of_the_tests(each):
            seen.add(id(each))
            left += named_in(each)
    return False


def is_of_the_tests(thing: Any) -> bool:
    if not isinstance(thing, (FunctionType, MethodType, type)):
        return False
    return is_file_of_the_tests(sys.modules.get(thing.__module__))


def is_file_of_the_tests(module: ModuleType | None) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).is_relative_to(TESTS)


def unwrapped(thing: Any) -> Any:
    """Return what a decorator such as `functools.cache` was given, or the thing itself."""
    return inspect.unwrap(thing) if callable(thing) else thing


def named_in(thing: Any) -> Iterator[Any]:
    """Yield the methods of a class, or the constants of a function and the globals that it names."""
    if isinstance(thing, type):
        for each in vars(thing).values():
            yield getattr(each, "__func__", getattr(each, "fget", each)) or each
        return
    yield from constants(thing.__code__)
    named = names(thing.__code__)
    for name in named:
        # A module may be imported within the function.
        found = thing.__globals__.get(name, sys.modules.get(name))
        yield found
        if isinstance(found, ModuleType) and is_file_of_the_tests(found):
            yield from (getattr(found, each) for each in named if hasattr(found, each))


@functools.cache
def forbid_processes() -> None:
    """Make every further start of a process in this one an error: a test of it should count as slow."""

    def refuse(event: str, _: tuple[Any, ...]) -> None:
        if event in {"subprocess.Popen", "os.fork", "os.posix_spawn"}:
            raise AssertionError("a test starts a process, and `fast_tests` counts it as fast")

    sys.addaudithook(refuse)


def constants(code: CodeType) -> Iterator[Any]:
    """Yield the constants of code, those of the functions within it included."""
    for each in code.co_consts:
        yield from constants(each) if isinstance(each, CodeType) else [each]


def names(code: CodeType) -> set[str]:
    """Return the names that code uses, that of the functions within it included."""
    within = [names(each) for each in code.co_consts if isinstance(each, CodeType)]
    return set(code.co_names).union(*within)
