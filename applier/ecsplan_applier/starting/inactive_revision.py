"""RunTask refuses a revision that was deregistered in the meantime."""

import re
from typing import Final

from ecsplan_applier.outcomes.errors import AwsError

_INACTIVE: Final = re.compile("taskdefinition is inactive", re.IGNORECASE)
"""InvalidParameterException for a revision that was deregistered (DefangLabs/defang#775)."""


class InactiveError(AwsError):
    """The revision to run was deregistered in the meantime."""


def is_inactive(error: AwsError) -> bool:
    """Return whether RunTask refuses a revision that was deregistered."""
    return bool(_INACTIVE.search(error.text))
