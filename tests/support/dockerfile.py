"""The Dockerfile as its instructions, by stage; enough of the format for ours."""

import re
from dataclasses import dataclass

from places import ROOT

_CONTINUED = re.compile(r"\\\n(?:[ \t]*#.*\n)*")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its name, the number of its stage from 0 on (-1 before the first), and its words."""

    name: str
    stage: int
    words: str


def instructions() -> tuple[Instruction, ...]:
    """Return the instructions of the Dockerfile in their order."""
    text = "\n".join(
        each for each in (ROOT / "Dockerfile").read_text("utf-8").splitlines() if not each.startswith("#")
    )
    stage, found = -1, []
    for line in filter(None, _CONTINUED.sub("", text).splitlines()):
        name, words = line.split(maxsplit=1)
        stage += name == "FROM"
        found.append(Instruction(name, stage, re.sub(r"\s+", " ", words)))
    return tuple(found)


def words_of(name: str, stage: int) -> list[str]:
    """Return the words of each instruction of a name in a stage."""
    return [each.words for each in instructions() if (each.name, each.stage) == (name, stage)]
