"""The rules of finding the manifests that a command names, before any of them is read."""

INPUT_RULES = {
    "unreadable-file": ("error", "A manifest that is named exists and can be read."),
    "no-manifests": ("error", "A directory that is named has a `*.yaml` or `*.yml` file in it or below it."),
    "unnamed-job": ("error", "A manifest on standard input names its job, or `--name` does."),
    "link-cycle": ("warning", "A link that leads back to a directory above itself is not followed."),
}
"""Severity and summary of each rule."""
