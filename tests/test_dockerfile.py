"""What the Dockerfile promises, read from its text; `tests/image.py` carries its steps out."""

import json
import re
import tomllib

import pytest
from dockerfile import instructions, words_of
from places import ROOT

BUILD, IMAGE = 0, 1
IGNORED = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PINNED = {
    line.partition("==")[0].lower().replace("_", "-").replace(".", "-")
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
}


def test_it_starts_ecsplan_as_a_user_that_is_not_root() -> None:
    assert json.loads(words_of("ENTRYPOINT", IMAGE)[0]) == ["ecsplan"]
    (user,) = words_of("USER", IMAGE)
    # A number: Kubernetes cannot see of a name whether it is root.
    uid, gid = map(int, user.split(":"))
    assert uid > 0
    assert gid > 0
    names = [each.name for each in instructions() if each.stage == IMAGE]
    assert "RUN" not in names[names.index("USER") :]


def test_both_stages_have_one_python_that_can_be_chosen() -> None:
    (base,) = words_of("ARG", -1)
    name, _, image = base.partition("=")

    assert words_of("FROM", BUILD) == [f"${{{name}}} AS build"]
    assert words_of("FROM", IMAGE) == [f"${{{name}}}"]
    tag = re.fullmatch(r"docker\.io/library/python:(\d\.\d+)-alpine", image)
    assert tag is not None
    assert f"Programming Language :: Python :: {tag[1]}" in PYPROJECT["project"]["classifiers"]


def test_everything_is_pinned_and_nothing_is_compiled() -> None:
    (steps,) = words_of("RUN", BUILD)
    installs = [each for each in steps.split("&&") if " install " in each]

    assert len(installs) == 2
    for each in installs:
        assert "--only-binary :all:" in each
        assert "--constraint constraints.txt" in each
    assert "--no-build-isolation" in steps
    needed = [*PYPROJECT["project"]["dependencies"], *PYPROJECT["build-system"]["requires"]]
    for each in needed:
        name = re.split(r"[>=;\[]", each)[0].strip().lower().replace(".", "-")
        assert name in PINNED, each
    for each in PYPROJECT["build-system"]["requires"]:
        assert each.partition(">=")[0] in installs[0]


@pytest.mark.parametrize("path", PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"])
def test_what_the_wheel_includes_is_sent_to_the_builder(path: str) -> None:
    assert f"!{path.partition('/')[0]}" in IGNORED


def test_all_that_is_not_named_is_kept_from_the_builder() -> None:
    assert "*" in IGNORED
    sent = {each[1:] for each in IGNORED if each.startswith("!")}

    packages = {
        each.partition("/")[0] for each in PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    }
    assert packages <= sent
    assert all((ROOT / each).exists() for each in sent)
    assert not sent & {".git", ".venv", "tests", "bench"}
