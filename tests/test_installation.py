"""The environment that `make setup` builds: one OpenCV, no desktop libraries, everything that ships in its place."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import distributions
from importlib.resources import files

import pytest


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
    ["py.typed", "claims/words/english.json", "trust/profiles/tiny.json", "tiny/clip/config.json", "tiny/yolo/model.yaml", "tiny/yolo/LICENSE", "tiny/llava/config.json",
     "report/html/templates", "testing/sprites/sprites.json"],
)  # fmt: skip
def test_what_ships_is_there(path: str) -> None:
    place = files("llamaindex_clipverify") / path
    assert place.is_file() or place.is_dir()
