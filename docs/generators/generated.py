"""All pages that are generated, or have places that are."""

from docs.generators import (
    commands,
    conversions,
    failures,
    man,
    manifest,
    permissions,
    plan,
    rules,
    verify,
)


def generated() -> dict[str, str]:
    """Return the text of each page, by its path below docs/."""
    return {
        "commands.md": commands.page(),
        "ecsplan.1": man.page(),
        "failures.md": failures.page(),
        "manifest.md": manifest.page(),
        "permissions.md": permissions.page(),
        "plan.md": plan.page(),
        "rules.md": rules.page(),
        "verify.md": verify.page(),
        **conversions.pages(),
    }
