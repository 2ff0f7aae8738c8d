"""Calibrating trust on pictures of your own, from their captions: what a caption says counts as true, foils of it as false.

With labels in hand use `from_rows`, or on the command line ``clipverify label`` and ``clipverify calibrate``.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.evaluation.calibration import fit, from_captions
from llamaindex_clipverify.testing import FRESH, draw_scene

with TemporaryDirectory() as folder:
    captions: dict[Path, list[str]] = {}
    for number in range(60):
        scene = draw_scene(FRESH + 900 + number, objects=(1, 4))
        path = Path(folder) / f"{number}.png"
        scene.image.save(path)
        captions[path] = scene.captions(number)  # yours: a table of file names and captions

    verifier = Verifier.from_defaults("tiny", "tiny", regions=4)
    profile, unread = fit(
        verifier, from_captions(captions, verifier.splitter), "mine", data="claims from captions", weak=True
    )
    saved = profile.save(Path(folder) / "mine.json")

    mine = Verifier.from_defaults("tiny", "tiny", profile=str(saved), regions=4)
    print(mine.verify("There is a zebra. There is a pizza.", [draw_scene(FRESH).image]))
    for kind, model in profile.kinds.items():
        print(f"{kind}: {model.claims} claims, calibration error {model.ece}")
