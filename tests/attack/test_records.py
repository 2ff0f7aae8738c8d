"""Altered records, profiles and reports: each value in turn is replaced by fifteen odd ones, or removed."""

from __future__ import annotations

import base64
import json
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from attacking import Attacks

from llamaindex_clipverify import Answer, Profile, Report
from llamaindex_clipverify.evidence.stored import is_sound
from llamaindex_clipverify.facts.encoding import pack, unpack
from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.trust import profile as profiles
from llamaindex_clipverify.verification.verifier import Verifier

sys.path.insert(0, str(Path(__file__).parents[1]))
from altered import variants

TEXT = "There is a yellow cup left of a zebra. There are two clocks."


def test_reports(attacks: Attacks, tiny: Verifier) -> None:
    data = json.loads(tiny.verify(TEXT, [draw_scene(FRESH).image], "What?").to_json())

    def read(changed: object) -> None:
        report = Report.from_dict(changed)  # type: ignore[arg-type]
        assert (
            report.to_json() and str(report) and report._repr_html_() and report.to_markdown() and report.coverage <= 1
        )
        assert str(report.translated("ko"))

    for number, (name, changed) in enumerate(variants(data)):
        if number % 2 == 0:
            attacks.run(name, lambda changed=changed: read(changed))


def test_profiles(attacks: Attacks, tiny: Verifier, tmp_path: Path) -> None:
    data = json.loads((Path(profiles.__file__).parent / "profiles" / "tiny.json").read_text("utf-8"))
    facts = tiny.facts([draw_scene(FRESH).image])
    answer = Answer.of(TEXT, [draw_scene(FRESH).image])
    path = tmp_path / "altered.json"

    def read() -> None:
        verifier = Verifier(tiny.checks, profile=Profile.load(path), encoder=tiny.encoder, detector=tiny.detector)
        assert all(one.trust is None or 0 <= one.trust <= 1 for one in verifier.report(answer, facts).claims)

    for number, (name, changed) in enumerate(variants(data, depth=3)):
        if number % 3 == 0:
            path.write_text(json.dumps(changed))
            attacks.run(name, read)


def test_records(attacks: Attacks, tiny: Verifier) -> None:
    [facts] = tiny.facts([draw_scene(FRESH).image])
    answer = Answer.of(TEXT, [draw_scene(FRESH).image])
    raw = zlib.decompress(base64.b64decode("".join(pack(facts))))
    begin = 4 + int.from_bytes(raw[:4], "big")

    def read(changed: object) -> None:
        text = json.dumps(changed).encode()
        packed = base64.b64encode(zlib.compress(len(text).to_bytes(4, "big") + text + raw[begin:])).decode()
        found = unpack([packed])
        if is_sound(found):
            assert all(one.trust is None or 0 <= one.trust <= 1 for one in tiny.report(answer, [found]).claims)

    for number, (name, changed) in enumerate(variants(json.loads(raw[4:begin]))):
        if number % 2 == 0:
            attacks.run(name, lambda changed=changed: read(changed))
    for size in (0, 1, 100, 100_000_000):
        attacks.run(f"{size} zeros", lambda size=size: unpack([base64.b64encode(zlib.compress(b"\0" * size)).decode()]))


def test_records_of_very_many_boxes(attacks: Attacks, tiny: Verifier) -> None:
    """Every relation compares each box with each, and every count adds them one by one."""
    [facts] = tiny.facts([draw_scene(FRESH).image])
    answer = Answer.of(TEXT, [draw_scene(FRESH).image])
    chance = np.random.default_rng(0)
    for number in (1000, 2000, 2001, 100_000):
        for prefix in ("", "faint_"):
            boxes = {
                f"{prefix}labels": [("cup", "zebra", "clock")[place % 3] for place in range(number)],
                f"{prefix}boxes": chance.uniform(0, 300, (number, 4)).astype(np.float32),
                f"{prefix}scores": chance.uniform(0, 1, number).astype(np.float32),
            }
            crowded = replace(facts, seen={"objects": {**facts.seen["objects"], **boxes}})
            if is_sound(crowded):
                attacks.run(f"{number} {prefix}", lambda crowded=crowded: tiny.report(answer, [crowded]))
            assert is_sound(crowded) == (number <= 2000)
