"""The rules of what the command line names and sets, beside those of manifests."""

INPUT_RULES = {
    "unreadable-file": ("error", "Every manifest given exists and is readable."),
    "no-manifests": ("error", "Every directory given contains a `*.yaml` or `*.yml` file, at any depth."),
    "unnamed-job": ("error", "A manifest on standard input names its job, or `--name` does."),
    "variable-file": (
        "error",
        "A file of `--var-file` is a mapping of names to values, or the output of `terraform output -json`.",
    ),
    "setting-job": ("error", "The job in `--set JOB:KEY=VALUE` exists."),
    "setting-key": (
        "error",
        "A number in the key of `--set` is the index of an item in a list, counted from 0.",
    ),
    "setting-value": (
        "error",
        "The value of a `--set` is a YAML scalar, or a list or mapping in brackets or braces.",
    ),
    "source": (
        "error",
        "The source of `ecsplan init` is readable and can be converted to a manifest.",
    ),
    "link-cycle": ("warning", "A link that leads back to a directory above itself is not followed."),
}
"""Severity and summary of each rule."""
