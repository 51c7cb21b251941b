"""The step that compiles the manifests, or takes a plan that is given, and shows what it would do."""

import json
import os
import sys
import tempfile
from pathlib import Path

from action_inputs import enter_working_directory, lines, manifests, read, region_options, value_options
from workflow import StepError, annotate, ended, output_of, set_outputs, summarize

OTHER_PLAN = 122
"""The exit status where a plan is not the one that was reviewed, as that of a plan that is stale."""
INVALID_PLAN = 123
"""The exit status where it is no plan, as ecsplan's own."""
CHANGED = 1
"""The exit status of `diff --exit-code` where anything would be registered."""
NO_CREDENTIALS = (
    "  in a workflow: log in to AWS in a step before this one, such as aws-actions/configure-aws-credentials"
    " with OIDC. A pull request from a fork gets neither secrets nor OIDC tokens: with check-only: true,"
    " manifests are checked without AWS"
)


def plan() -> int:
    """Make the plan and its diff, and return the exit status."""
    enter_working_directory()
    folder = Path(tempfile.mkdtemp(prefix="ecsplan-", dir=os.environ.get("RUNNER_TEMP")))
    path = _given() or _compiled(folder / "plan.json")
    markdown, changed = _diff(path)
    # Not before: `diff` refuses a plan whose digest is not that of its content.
    digest = str(json.loads(path.read_text("utf-8"))["digest"])
    diff = folder / "diff.md"
    diff.write_text(markdown, "utf-8")
    set_outputs(
        plan=str(path),
        digest=digest,
        changed="true" if changed else "false",
        diff=str(diff),
    )
    summarize(f"{markdown}\nPlan `{digest}`\n\n")
    return _compared(digest)


def _given() -> Path | None:
    """Return the path of the plan that the workflow names, or None.

    Raises:
        StepError: There is no such file, it is no plan, or manifests are named, too.
    """
    named = read("plan")
    if not named:
        return None
    if lines("manifests") or lines("set"):
        raise StepError("plan: leave manifests and set out, the plan has been compiled")
    if not os.path.isfile(named):  # noqa: PTH113 - a Path raises for a long name
        raise StepError(
            f"plan: there is no file '{named}' in {Path.cwd()}; has the artifact been downloaded?"
        )
    if not _is_plan(Path(named)):
        raise StepError(
            f"plan: '{named}' is not a plan, the JSON that `ecsplan compile` writes, or was cut short;"
            " manifests are named by manifests",
            INVALID_PLAN,
        )
    return Path(named).absolute()


def _is_plan(path: Path) -> bool:
    """Return whether a file looks like a plan; `diff` judges one, but takes manifests, too."""
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(document, dict) and "plan_version" in document


def _compiled(path: Path) -> Path:
    arguments = (*region_options(), *value_options(), "-o", str(path), *manifests())
    output_of("ecsplan compile", "compile", *arguments, hint=NO_CREDENTIALS)
    return path


def _diff(path: Path) -> tuple[str, bool]:
    """Return the diff of a plan, Markdown, and whether anything would be registered."""
    arguments = ("diff", *region_options(), str(path), "--format", "markdown", "--exit-code")
    done = output_of("ecsplan diff", *arguments, hint=NO_CREDENTIALS, good=(0, CHANGED))
    return done.stdout, done.status == CHANGED


def _compared(digest: str) -> int:
    wanted = read("digest")
    if wanted and wanted != digest:
        annotate(
            "error",
            f"this is not the plan that was reviewed: its digest is {digest}, and digest is {wanted}\n"
            "  help: apply the artifact of the run whose diff was reviewed, or review this plan",
        )
        return OTHER_PLAN
    return 0


if __name__ == "__main__":
    sys.exit(ended(plan))
