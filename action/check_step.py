"""The step that checks the manifests: every problem becomes an annotation at its line. It needs no AWS."""

import subprocess
import sys

from action_inputs import enter_working_directory, manifests, read, value_options
from workflow import USAGE, annotate, ecsplan, ended


def check() -> int:
    """Check the manifests and return the exit status."""
    enter_working_directory()
    strict = ["--strict"] if read("strict") == "true" else []
    # A value may follow an option in a word of its own whatever it begins with; a path may not.
    arguments = ["check", "--format", "github", *strict, *value_options(), *manifests()]
    done = subprocess.run(ecsplan(*arguments), stderr=subprocess.PIPE, check=False)
    sys.stderr.buffer.write(done.stderr)
    if done.returncode == USAGE:
        annotate("error", done.stderr.decode("utf-8", "replace").strip(), title="ecsplan check")
    return done.returncode


if __name__ == "__main__":
    sys.exit(ended(check))
