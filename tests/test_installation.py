"""The environment that `make setup` builds: one OpenCV, no desktop libraries, everything that ships in its place."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import distributions
from importlib.resources import files
from pathlib import Path

import llamaindex_clipverify_tiny
import pytest
from packaging.requirements import Requirement

from llamaindex_clipverify import Verifier, doctor
from llamaindex_clipverify.errors import MissingExtraError
from llamaindex_clipverify.models.registry import load_detector, load_encoder, load_llava, loadable, tiny_folder

ROOT = Path(__file__).parents[1]


def test_one_opencv_and_the_headless_one() -> None:
    found = {str(one.metadata["Name"]).lower() for one in distributions()}
    assert {name for name in found if name.startswith("opencv")} == {"opencv-python-headless"}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_desktop_library_is_loaded() -> None:
    """A machine without libGL and libX11 runs everything that this one runs without loading them."""
    code = (
        "import llamaindex_clipverify.models.yolo, llamaindex_clipverify.models.cam, cv2, matplotlib.figure\n"
        "from llamaindex_clipverify.models.registry import load_detector\n"
        "load_detector('tiny').model\n"
        "loaded = {'/' + line.split('/', 1)[1] for line in open('/proc/self/maps').read().split('\\n') if '/' in line}\n"
        "system = [path for path in loaded if path.startswith(('/lib', '/usr/lib'))]\n"
        "names = ('libGL.', 'libX11', 'libxcb', 'libQt', 'libgtk', 'libEGL', 'libglib')\n"
        "assert not [path for path in system if path.split('/')[-1].startswith(names)]\n"
        "assert any('/cv2/' in path for path in loaded)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    "path",
    ["py.typed", "claims/words/english.json", "trust/profiles/tiny.json", "report/html/templates", "testing/sprites/sprites.json"],
)  # fmt: skip
def test_what_ships_is_there(path: str) -> None:
    place = files("llamaindex_clipverify") / path
    assert place.is_file() or place.is_dir()


@pytest.mark.parametrize(
    "path", ["clip/config.json", "llava/config.json", "yolo/model.yaml", "yolo/LICENSE", "yolo/COPYING"]
)
def test_the_weights_are_a_distribution_of_their_own(path: str) -> None:
    assert (tiny_folder() / path).is_file() and tiny_folder() == files("llamaindex_clipverify_tiny")
    assert not (files("llamaindex_clipverify") / "tiny").is_dir()


def test_the_library_is_without_the_licence_of_the_weights() -> None:
    read = [
        tomllib.loads((ROOT / name).read_text("utf-8"))["project"] for name in ("pyproject.toml", "tiny/pyproject.toml")
    ]
    assert ["AGPL" in project["license"] for project in read] == [False, True]
    assert [one for one in read[0]["dependencies"] if "tiny" in one] == []
    [needed] = [Requirement(one) for one in read[0]["optional-dependencies"]["tiny"]]
    assert needed.name == read[1]["name"] and llamaindex_clipverify_tiny.__version__ in needed.specifier


def test_without_the_weights_an_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llamaindex_clipverify_tiny", None)
    for load in (load_encoder, load_detector, load_llava):
        with pytest.raises(
            MissingExtraError,
            match=r"weights of the bundled models\) is not installed; pip install 'llamaindex-clipverify\[tiny\]'",
        ):
            load("tiny")
    with pytest.raises(MissingExtraError):
        Verifier.tiny()
    assert loadable("/models/clip") == "/models/clip"
    [found] = list(doctor._bundled())
    assert (found.state, found.do) == ("note", "pip install 'llamaindex-clipverify[tiny]'")
