"""The rules of what the command line names and sets, beside those of manifests."""

INPUT_RULES = {
    "unreadable-file": ("error", "A manifest that is named exists and can be read."),
    "no-manifests": ("error", "A directory that is named has a `*.yaml` or `*.yml` file in it or below it."),
    "unnamed-job": ("error", "A manifest on standard input names its job, or `--name` does."),
    "variable-file": (
        "error",
        "A file of `--var-file` is a mapping of names to values, or the output of `terraform output -json`.",
    ),
    "setting-job": ("error", "A `--set` that begins with the name of a job names one that exists."),
    "setting-key": (
        "error",
        "A number in the key of a `--set` is that of an item of a list, from 0.",
    ),
    "setting-value": (
        "error",
        "The value of a `--set` is a YAML scalar, or a list or mapping in brackets or braces.",
    ),
    "source": (
        "error",
        "What `ecsplan init` is given can be read, and a manifest can be made of it.",
    ),
    "link-cycle": ("warning", "A link that leads back to a directory above itself is not followed."),
}
"""Severity and summary of each rule."""
