"""Which manifests a command line names: files and folders, what cannot be read, and links in circles."""

import errno
import os
from pathlib import Path

import click
import pytest

from ecsplan.terms.diagnostic import Diagnostic
from ecsplan_cli.inputs import Inputs, find_inputs


@pytest.fixture(autouse=True)
def here(bare: Path) -> Path:
    return bare


def write(*paths: str) -> None:
    for each in paths:
        Path(each).parent.mkdir(parents=True, exist_ok=True)
        Path(each).write_text("image: alpine\n", encoding="utf-8")


def paths(inputs: Inputs) -> list[str]:
    return [each.path for each in inputs.manifests]


def problems(inputs: Inputs) -> list[tuple[str, str, str]]:
    return [(each.location.path, each.rule, each.message) for each in sorted(inputs.diagnostics, key=place)]


def place(diagnostic: Diagnostic) -> str:
    return diagnostic.location.path


def test_a_folder_is_searched_in_the_order_of_paths() -> None:
    write(
        "jobs/b.yml", "jobs/a/z.yaml", "jobs/a.yaml", "jobs/notes.txt", "jobs/.hidden/c.yaml", "jobs/.d.yaml"
    )

    assert find_inputs(["jobs"]) == find_inputs(["jobs", "jobs/b.yml"])
    assert paths(find_inputs(["jobs"])) == ["jobs/a.yaml", "jobs/a/z.yaml", "jobs/b.yml"]


@pytest.mark.parametrize(
    ("files", "remark"),
    [
        pytest.param((), "", id="nothing"),
        pytest.param(
            ("job.yaml", "notes.txt", ".hidden.yaml", "old.yaml/x.txt"), " (job.yaml is here)", id="one"
        ),
        pytest.param(("job.yaml", "nightly.yml"), " (`.` has 2 YAML files)", id="two"),
    ],
)
def test_who_names_nothing_learns_what_is_at_hand(files: tuple[str, ...], remark: str) -> None:
    write(*files)

    with pytest.raises(click.UsageError) as caught:
        find_inputs(())

    assert caught.value.message == f"there is no manifests/ here: name a manifest, a directory, or -{remark}"


def test_what_is_named_keeps_its_order() -> None:
    write("z.yaml", "jobs/a.yaml", "hello")

    assert paths(find_inputs(["z.yaml", "jobs", "-", "hello"])) == [
        "z.yaml", "jobs/a.yaml", "<stdin>", "hello",
    ]  # fmt: skip


def test_a_folder_without_manifests() -> None:
    write("jobs/readme.md")

    found = find_inputs(["jobs"])

    assert problems(found) == [("jobs", "no-manifests", "no .yaml or .yml file is below this directory")]


@pytest.mark.parametrize("target", [".", "..", "../.."], ids=["itself", "the top", "above the top"])
def test_a_link_to_a_folder_above_is_not_followed(target: str) -> None:
    write("other.yaml", "jobs/a.yaml", "jobs/team/b.yaml")
    Path("jobs/team/loop").symlink_to(target)

    found = find_inputs(["jobs"])

    assert paths(found) == ["jobs/a.yaml", "jobs/team/b.yaml"]
    assert problems(found) == [
        ("jobs/team/loop", "link-cycle", "this link leads back to a folder above it; not followed")
    ]


def test_a_link_to_another_folder_is_followed() -> None:
    write("shared/a.yaml", "jobs/b.yaml")
    Path("jobs/shared").symlink_to("../shared")

    found = find_inputs(["jobs"])

    assert (paths(found), problems(found)) == (["jobs/b.yaml", "jobs/shared/a.yaml"], [])


def test_links_to_themselves() -> None:
    write("jobs/a.yaml")
    Path("jobs/round").symlink_to("round")
    Path("jobs/round.yaml").symlink_to("round.yaml")

    found = find_inputs(["jobs"])

    assert paths(found) == ["jobs/a.yaml"]
    assert problems(found) == [
        ("jobs/round", "link-cycle", "this link leads to itself"),
        ("jobs/round.yaml", "unreadable-file", "cannot read this file: Too many levels of symbolic links"),
    ]


def test_what_is_called_a_manifest_and_cannot_be_read() -> None:
    write("jobs/a.yaml")
    Path("jobs/lost").symlink_to("nowhere")
    Path("jobs/lost.yaml").symlink_to("nowhere.yaml")
    os.mkfifo("jobs/pipe.yaml")

    found = find_inputs(["jobs"])

    assert paths(found) == ["jobs/a.yaml"]
    assert problems(found) == [
        ("jobs/lost.yaml", "unreadable-file", "cannot read this file: No such file or directory"),
        ("jobs/pipe.yaml", "unreadable-file", "cannot read this file: it is not a regular file"),
    ]


def test_a_folder_below_one_that_may_not_be_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    write("jobs/a.yaml", "jobs/team/b.yaml")
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: map(Closed, scandir(folder)))

    found = find_inputs(["jobs"])

    assert [each for each in problems(found) if each[0] == "jobs/team"] == [
        ("jobs/team", "unreadable-file", "cannot read this file: Permission denied")
    ]


class Closed:
    """An entry of a folder that may be listed and not entered."""

    def __init__(self, entry: "os.DirEntry[str]") -> None:
        self.name = entry.name
        self._entry = entry

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        return self._entry.is_dir(follow_symlinks=follow_symlinks)

    def stat(self) -> os.stat_result:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def test_a_name_that_is_too_long_to_exist() -> None:
    (only,) = find_inputs(["n" * 5000]).manifests

    with pytest.raises(OSError, match="File name too long"):
        only.read()


def test_folders_deeper_than_calls_can_be(here: Path) -> None:
    depth = 1100
    for _ in range(depth):
        Path("d").mkdir()
        os.chdir("d")
    write("a.yaml")
    os.chdir(here)

    assert paths(find_inputs(["."])) == ["d/" * depth + "a.yaml"]
    for _ in range(depth):  # a folder so deep is more than the cleaning-up of old temporary folders can do
        Path("d").rename("up")
        for each in Path("up").iterdir():
            each.rename(each.name)
        Path("up").rmdir()
