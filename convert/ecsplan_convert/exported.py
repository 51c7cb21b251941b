"""What a writer gives: `Exported`, a text or files for another tool."""

from collections.abc import Mapping
from dataclasses import field

from ecsplan.terms.records import dataclass


@dataclass(frozen=True, slots=True)
class Exported:
    """Jobs in the format of another tool.

    Attributes:
        text: The document, or for a format of several files what to run with them; ends with a newline.
        files: Files by their names, for a format of several.
        notes: What the format cannot say, and why, a sentence each; they begin with the job: `etl: …`.
    """

    text: str
    files: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
