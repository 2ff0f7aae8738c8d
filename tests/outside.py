"""Files outside the repository that some tests read: photographs with claims, and real weights. Absent, the tests are skipped.

They are looked for in ``../shared`` beside the repository, or in the folder named by CLIPVERIFY_SHARED. CLIPVERIFY_PHOTOS and
CLIPVERIFY_YOLO name the photographs and the weights alone.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("CLIPVERIFY_SHARED", Path(__file__).parents[2] / "shared"))
PHOTOS = Path(os.environ.get("CLIPVERIFY_PHOTOS", SHARED / "photos"))
YOLO = Path(os.environ.get("CLIPVERIFY_YOLO", SHARED / "weights" / "yolov8n.pt"))


def require(*paths: Path) -> None:
    """Skip the test, with the reason, unless every path is there."""
    for path in paths:
        if not path.exists():
            pytest.skip(f"reads a file outside the repository that is not there: {path}; set CLIPVERIFY_SHARED")
