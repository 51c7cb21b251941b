"""Files that are none: every command that reads or writes one refuses it in words, with its own status."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ecsplan_cli.main import group

JOB = "name: hello\nimage: alpine\ncommand: [echo, hi]\n"
DEFINITION = {"family": "x", "containerDefinitions": [{"name": "a", "image": "b"}]}


@pytest.fixture(autouse=True)
def here(bare: Path) -> Path:
    (bare / "job.yaml").write_text(JOB, "utf-8")
    (bare / "definition.json").write_text(json.dumps(DEFINITION), "utf-8")
    assert ecsplan("compile", "--offline", "job.yaml", "-o", "plan.json").exit_code == 0
    (bare / "folder").mkdir()
    (bare / "empty").touch()
    (bare / "binary").write_bytes(b"\x00\x01\xff\xfe\x80binary\xc3")
    (bare / "noise").write_bytes(bytes(range(128, 256)) * 8)
    (bare / "list").write_text("[1, 2]\n", "utf-8")
    (bare / "text").write_text("just words\n", "utf-8")
    (bare / "cut").write_text('{"plan_version": 1, "jobs": [{"na', "utf-8")
    (bare / "dangling").symlink_to("nowhere")
    (bare / "circle").symlink_to("circle")
    return bare


def ecsplan(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(group, arguments, input=stdin)


def files() -> set[str]:
    return {str(each) for each in Path().rglob("*")}


def refused(done: Result, status: int, name: str) -> None:
    """Hold that a command ended with this status and a message that names the input, and made nothing."""
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == status, done.stderr
    assert name in done.stderr
    assert "Traceback" not in done.output
    assert done.stdout == ""


UNREADABLE = ["missing.yaml", "dangling", "circle", "job.yaml/below", "x" * 300]
SENSELESS = ["empty", "binary", "noise", "list", "text", "cut", "/dev/null"]
TAKE_PLANS = ("export", "verify", "iam", "diff", "schedule", "apply")
"""Commands that take a plan: one that is cut off is 123 for them, and a wrong manifest for the others."""
FOLDERS = ["folder"]
READERS = {
    "check": (("check",), 1, 1, 1),
    "compile": (("compile", "--offline"), 1, 1, 1),
    "preview": (("preview",), 1, 1, 1),
    "export": (("export", "--offline", "--to", "terraform"), 1, 1, 1),
    "verify": (("verify", "--local"), 1, 1, 1),
    "iam": (("iam",), 1, 1, 1),
    "prune": (("prune", "--local", "--keep", "1"), 1, 1, 1),
    "diff": (("diff", "--local"), 2, 2, 2),
    "schedule": (("schedule", "--dry-run"), 1, 1, 1),
    "init": (("init",), 2, 1, 1),
    "apply": (("apply", "--local"), 2, 2, 123),
}
"""Commands that read a manifest, a plan or a source; their statuses: unreadable, a folder, no such thing."""


@pytest.mark.parametrize("name", UNREADABLE + FOLDERS + SENSELESS, ids=lambda name: name[:20])
@pytest.mark.parametrize("command", READERS)
def test_an_input_that_is_none(command: str, name: str) -> None:
    arguments, unreadable, folder, senseless = READERS[command]
    status = unreadable if name in UNREADABLE else folder if name in FOLDERS else senseless
    status = 123 if name == "cut" and command in TAKE_PLANS else status
    before = files()

    refused(ecsplan(*arguments, name), status, name[:200])
    assert files() == before


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("source", ["utf16.json", "-"])
def test_a_plan_that_powershell_redirected(source: str, encoding: str) -> None:
    text = "\ufeff" + Path("plan.json").read_text("utf-8")
    Path("utf16.json").write_bytes(text.encode(encoding))

    done = ecsplan("apply", "--local", source, stdin=Path("utf16.json").read_bytes())

    refused(done, 123, "`ecsplan compile -o plan.json` writes it")


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"[1]", b"words", b'{"a": ['], ids=repr)
@pytest.mark.parametrize("command", READERS)
def test_a_standard_input_that_is_none(command: str, content: bytes) -> None:
    arguments, _, _, senseless = READERS[command]

    refused(ecsplan(*arguments, "-", stdin=content), senseless, "<stdin>")


TAKE_VALUES = {
    "check": (("check", "job.yaml"), 1),
    "compile": (("compile", "--offline", "job.yaml"), 1),
    "preview": (("preview", "job.yaml"), 1),
    "export": (("export", "--offline", "--to", "terraform", "job.yaml"), 1),
    "iam": (("iam", "job.yaml"), 1),
    "prune": (("prune", "--local", "--keep", "1", "job.yaml"), 1),
    "diff": (("diff", "--local", "job.yaml"), 2),
    "apply": (("apply", "--local", "plan.json"), 2),
}


@pytest.mark.parametrize("name", UNREADABLE + FOLDERS + SENSELESS, ids=lambda name: name[:20])
@pytest.mark.parametrize("command", TAKE_VALUES)
def test_a_file_of_values_that_is_none(command: str, name: str) -> None:
    arguments, status = TAKE_VALUES[command]

    refused(ecsplan(*arguments, "--var-file", name), status, name[:200])


@pytest.mark.parametrize("name", ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"])
@pytest.mark.parametrize("source", ["-", "/dev/stdin"])
@pytest.mark.parametrize("command", TAKE_VALUES)
def test_standard_input_is_not_read_twice(command: str, source: str, name: str) -> None:
    arguments, _ = TAKE_VALUES[command]

    refused(ecsplan(*arguments[:-1], source, "--var-file", name, stdin=b"a: b\n"), 2, "read once")


WRITERS = {
    "compile": ("compile", "--offline", "job.yaml", "-o"),
    "schema": ("schema", "plan", "-o"),
    "export": ("export", "--offline", "--to", "terraform", "job.yaml", "-o"),
    "init": ("init", "definition.json", "--force", "-o"),
    "apply": ("apply", "--local", "plan.json", "--result"),
}
"""Commands that write a file, up to its name."""


@pytest.mark.parametrize(
    ("target", "said"),
    [
        pytest.param("", "the name is empty", id="no name"),
        pytest.param("folder", "it is a folder", id="a folder"),
        pytest.param("new/", "there is no such folder", id="a folder that is not there"),
        pytest.param("new/file", "there is no folder", id="in a folder that is not there"),
        pytest.param("job.yaml/file", "there is no folder", id="below a file"),
        pytest.param("circle", "the link leads back to itself", id="a link to itself"),
        pytest.param("/proc/self/new", "no file can be created", id="in a folder that takes no files"),
    ],
)
@pytest.mark.parametrize("command", WRITERS)
def test_a_target_that_cannot_be_written(command: str, target: str, said: str) -> None:
    if target.startswith("/proc") and not Path("/proc/self").exists():
        pytest.skip("this system has no /proc")
    before = files()

    refused(ecsplan(*WRITERS[command], target), 2, said)
    assert files() == before


@pytest.mark.parametrize("command", WRITERS)
def test_a_file_in_a_folder_that_takes_no_new_ones(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The file itself would be replaced, by one that is written beside it.
    Path("folder/file").touch()
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere

    refused(ecsplan(*WRITERS[command], "folder/file"), 2, "no file can be created")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("command", [each for each in WRITERS if each != "apply"])
def test_a_target_without_space(command: str) -> None:
    refused(ecsplan(*WRITERS[command], "/dev/full"), 2, "cannot write /dev/full: No space left on device")


def test_a_device_is_no_file_that_init_would_overwrite() -> None:
    done = ecsplan("init", "definition.json", "-o", os.devnull)

    assert (done.exit_code, done.stdout) == (0, "")


@pytest.mark.parametrize("arguments", [("apply", "plan.json", "--local", "--run-id"), ("iam", "--role")])
@pytest.mark.parametrize("value", ["", " "])
def test_a_name_that_an_unset_variable_left_empty(arguments: tuple[str, ...], value: str) -> None:
    refused(ecsplan(*arguments, value), 2, "the name is empty; is a variable unset?")
