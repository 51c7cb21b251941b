"""The step that carries the plan out, under a run id that is the same in each attempt of a workflow run."""

import json
import os
import sys
from pathlib import Path

from action_inputs import enter_working_directory, instance, options_for_apply, read, region_options
from workflow import StepError, annotate, ended, run, set_outputs

LEDGER = "ECSPLAN_LEDGER"


def apply() -> int:
    """Apply the plan and return its exit status, which is the job's where the plan has one task."""
    enter_working_directory()
    plan = Path(os.environ["ECSPLAN_PLAN"])
    result = Path(os.environ["ECSPLAN_DIFF"]).with_name("result.json")
    run_id = read("run-id") or run_id_of_the_workflow_run()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INPUT_")}
    if read("ledger"):
        environment[LEDGER] = read("ledger")
    _warn_of_attempts(environment)
    options = [*region_options(), *options_for_apply(json.loads(plan.read_text("utf-8")))]
    set_outputs(run_id=run_id, result=str(result))
    status = run(["apply", str(plan), "--run-id", run_id, "--result", str(result), *options], environment)
    set_outputs(exit_code=str(status))
    return status


def run_id_of_the_workflow_run() -> str:
    """Return a run id that each attempt of this workflow run has, and no other one.

    `GITHUB_RUN_ID` "does not change if you re-run the workflow run" (docs.github.com, default environment
    variables).

    Raises:
        StepError: The runner does not say which workflow run this is.
    """
    workflow_run = os.environ.get("GITHUB_RUN_ID")
    if not workflow_run:
        raise StepError("run-id: give one, as the runner does not say which workflow run this is")
    return f"gh-{workflow_run}-{instance()}"


def _warn_of_attempts(environment: dict[str, str]) -> None:
    """Say in a re-run that nothing is run again, and where that ends."""
    if os.environ.get("GITHUB_RUN_ATTEMPT", "1") == "1" or read("run-id"):
        return
    annotate(
        "notice",
        "This is a re-run: what the job did in an earlier attempt is reported, and not done again. To run it"
        " again, start a new workflow run, or give run-id a value with github.run_attempt in it.",
    )
    if not environment.get(LEDGER):
        annotate(
            "warning",
            "There is no ledger: ECS forgets a task an hour after its end, and a later re-run starts"
            " the job again. Give `ledger` a place in S3.",
        )


if __name__ == "__main__":
    sys.exit(ended(apply))
