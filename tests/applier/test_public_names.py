"""The library as others use it: the names that the package gives, and what importing it costs."""

import subprocess
import sys
from collections.abc import Callable

from apply_stage import Stage

import ecsplan_applier


def test_apply_yields_events_that_end_with_the_summary(stage: Callable[..., Stage]) -> None:
    world = stage()
    plan = world.compile("image: alpine\n")

    *_, last = ecsplan_applier.apply(
        plan, gateway=world.gateway, clock=world.clock, workers=0, locks=world.folder, state=world.folder
    )

    assert isinstance(last, ecsplan_applier.Finished)
    assert last.summary.exit_status == 0


def test_every_public_name_is_there() -> None:
    assert all(
        callable(getattr(ecsplan_applier, name)) or name == "Event" for name in ecsplan_applier.__all__
    )


def test_importing_the_package_imports_neither_the_sdk_nor_the_compiler() -> None:
    heavy = ("boto3", "botocore", "ecsplan")
    code = f"import sys, ecsplan_applier; print([name for name in {heavy} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
