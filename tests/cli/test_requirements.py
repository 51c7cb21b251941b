"""Libraries that are missing or too old are named with what to install, wherever they make a command fail."""

import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import botocore
import pytest
from places import ROOT

from ecsplan_applier.aws import gateway
from ecsplan_cli import requirements
from ecsplan_cli.crash import crash_report
from ecsplan_cli.main import main
from ecsplan_cli.requirements import Unmet, unmet

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def installed(
    monkeypatch: pytest.MonkeyPatch, versions: Mapping[str, str], *, stated: list[str] | None = None
) -> None:
    """Have these versions installed, and no other library."""

    def version(name: str) -> str:
        if name not in versions:
            raise metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(requirements, "version", version)
    if stated is not None:
        monkeypatch.setattr(requirements, "requires", lambda _: stated)


@pytest.mark.parametrize(
    ("stated", "versions", "expected"),
    [
        pytest.param(["boto3>=1.44"], {"boto3": "1.44"}, [], id="the oldest"),
        pytest.param(["boto3>=1.44"], {"boto3": "1.44.0"}, [], id="the oldest with a zero"),
        pytest.param(["boto3>=1.44.0"], {"boto3": "1.44"}, [], id="the oldest without its zero"),
        pytest.param(["boto3>=1.44"], {"boto3": "1.100.1"}, [], id="numbers, not texts"),
        pytest.param(["boto3>=1.44"], {"boto3": "1.44.0rc1"}, [], id="a candidate"),
        pytest.param(
            ["boto3>=1.44"], {"boto3": "1.43.99"}, [Unmet("boto3", "1.44", "1.43.99")], id="just too old"
        ),
        pytest.param(["boto3>=1.44"], {}, [Unmet("boto3", "1.44", None)], id="missing"),
        pytest.param(
            ["boto3>=1.44", "click>=8.2", "rich>=14"],
            {"click": "8.1.8", "rich": "14.0.0"},
            [Unmet("boto3", "1.44", None), Unmet("click", "8.2", "8.1.8")],
            id="several",
        ),
        pytest.param(["ruamel-yaml (>=0.18.6)"], {"ruamel-yaml": "0.18.6"}, [], id="in parentheses"),
        pytest.param(["pytest>=9; extra == 'dev'"], {}, [], id="an extra"),
        pytest.param(["ruamel-yaml-clib>=0.2.8; platform_python_implementation == 'CPython'"], {}, [],
                     id="one that can be done without"),
    ],
)  # fmt: skip
def test_what_is_unmet(
    stated: list[str], versions: dict[str, str], expected: list[Unmet], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(monkeypatch, versions, stated=stated)

    assert list(unmet()) == expected


def test_every_requirement_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    stated = {
        each.partition(">=")[0].replace(".", "-") for each in PROJECT["dependencies"] if ";" not in each
    }
    installed(monkeypatch, {})

    assert {each.name for each in unmet()} == stated


def test_this_environment_meets_all() -> None:
    assert unmet() == ()


def test_a_copy_without_metadata_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(requirements, "requires", requires)

    assert unmet() == ()


def test_a_crash_with_an_old_library_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, {"click": "8.0.1"}, stated=["click>=8.2", "rich>=14"])

    report = crash_report(AttributeError("a s3cret"))

    assert "click 8.2 or later is required, and 8.0.1 is installed" in report
    assert "rich 14 or later is required, and is not installed" in report
    assert report.splitlines()[1].endswith("-m pip install 'click>=8.2' 'rich>=14'")
    assert "s3cret" not in report
    assert "please report" not in report


def test_a_library_that_is_missing_at_the_first_import() -> None:
    code = (
        "import sys\n"
        "sys.modules['click'] = None\n"
        "from ecsplan_cli import requirements\n"
        "def version(name): raise requirements.PackageNotFoundError(name)\n"
        "requirements.version = version\n"
        "from ecsplan_cli.start import start; start()"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (125, "")
    assert "click 8.2 or later is required, and is not installed" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("version", ["1.43.127", "1.9.0", "0.109.0"])
def test_an_old_sdk_is_named_before_it_is_used(
    version: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = tmp_path / "job.yaml"
    manifest.write_text("image: alpine\ntask_definition_arn: etl\n", "utf-8")
    monkeypatch.setattr(botocore, "__version__", version)

    with pytest.raises(SystemExit) as ended:
        main(["compile", str(manifest), "--region", "us-east-1"])

    shown = capsys.readouterr()
    assert (ended.value.code, shown.out) == (125, "")
    assert (
        f"error: botocore {version} is installed, and ecsplan requires boto3 and botocore 1.44" in shown.err
    )
    assert shown.err.splitlines()[-1].endswith("-m pip install --upgrade 'boto3>=1.44'")


def test_the_oldest_sdk_is_that_of_the_distribution() -> None:
    assert f"boto3>={'.'.join(map(str, gateway.OLDEST_SDK))}" in PROJECT["dependencies"]
