"""A profile fitted on labelled rows or captions, through the commands that people use."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from llamaindex_clipverify import EnglishSplitter, EvidenceIndex, Policy, Profile, Verifier
from llamaindex_clipverify.claims.wording import sentence
from llamaindex_clipverify.cli import main
from llamaindex_clipverify.evaluation.calibration import fit, from_captions, from_rows
from llamaindex_clipverify.evaluation.evaluation import Row, read_rows
from llamaindex_clipverify.evaluation.label_page import serve
from llamaindex_clipverify.evaluation.labelling import Ledger, candidates
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.testing import FRESH, draw_scene

FIRST = FRESH + 500_000
SPLITTER = EnglishSplitter()


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty-eight scenes with their claims as rows, and captions."""
    folder = tmp_path_factory.mktemp("scenes")
    rows, captions = [], ["image,caption"]
    for place in range(48):
        scene = draw_scene(FIRST + place)
        name = f"{place}.png"
        scene.image.save(folder / name)
        rows += [
            {"images": [name], "claim": row["claim"], "label": row["label"], "kind": row["kind"]}
            for row in scene.claims(place)
        ]
        captions += [f'{name},"{caption}"' for caption in scene.captions(place)[:2]]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "captions.csv").write_text("\n".join(captions))
    return folder


@pytest.fixture(scope="module")
def fitted(scenes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("profiles") / "own.json"
    with pytest.raises(SystemExit) as left:
        main(["calibrate", str(scenes / "rows.jsonl"), "--models", "tiny", "--out", str(out)])
    assert left.value.code == 0
    return out


def test_a_fitted_profile_is_loaded_by_its_path_and_calibrates(fitted: Path, scenes: Path) -> None:
    profile = Profile.load(fitted)
    assert {"object", "count"} <= set(profile.kinds)
    assert profile.gate is not None
    assert not profile.weak
    assert profile.data.endswith("claims on 48 pictures of rows.jsonl")
    assert profile.holdout is not None and 3 <= len(profile.holdout.trusts) <= 30
    verifier = Verifier.from_profile(str(fitted))
    report = verifier.verify("There is a zebra.", [scenes / "0.png"])
    assert (report.calibration, report.profile) == ("calibrated", "own")


def test_a_guarantee_is_drawn_from_the_profile(fitted: Path, scenes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    strict = Verifier.from_profile(str(fitted), policy=Policy(alpha=0.1))
    notes = strict.verify("There is a zebra.", [scenes / "0.png"]).notes
    assert sum("supported" in note or "contradicted" in note for note in notes) == 2
    with pytest.raises(SystemExit):
        main(["verify", "--answer", "There is a zebra.", "--image", str(scenes / "0.png"), "--models", "tiny",
              "--alpha", "0.2", "--delta", "0.2"])  # fmt: skip
    assert "with confidence 80%" in capsys.readouterr().out


def test_false_rows_of_several_claims_are_left_out() -> None:
    rows = [Row(images=("a.png",), claim="There is a cat and a dog.", label=label) for label in (0, 1)]
    found = from_rows(
        [
            *rows,
            Row(images=("a.png",), claim="There is no bus.", label=0),
            Row(images=("a.png",), claim="How nice!", label=1),
        ],
        SPLITTER,
    )
    assert [(one.claim.noun, one.label, one.claim.negated) for one in found] == [
        ("cat", 1, False),
        ("dog", 1, False),
        ("bus", 0, True),
    ]


def test_captions_are_true_and_foils_of_them_false() -> None:
    captions = {Path("a.png"): ["A red car beside two dogs.", "A cat sleeps."]}
    found = from_captions(captions, SPLITTER)
    true = {one.claim.phrase for one in found if one.label}
    false = {one.claim for one in found if not one.label}
    assert {"a red car", "two dogs", "a cat"} <= true
    assert len(false) == len(true)
    assert not any(claim.kind == "object" and claim.noun in ("car", "dog", "cat") for claim in false)
    assert from_captions(captions, SPLITTER) == found, "drawn from a seed"


def test_weak_labels_are_marked(scenes: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as left:
        main(["calibrate", "--from-captions", str(scenes / "captions.csv"), "--models", "tiny",
              "--out", str(tmp_path / "weak.json")])  # fmt: skip
    assert left.value.code == 0
    profile = Profile.load(tmp_path / "weak.json")
    assert profile.weak
    assert "weakly labelled" in profile.data


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--out", "p.json"], "one source"),
        (["rows.jsonl", "--coco", "c.json", "--out", "p.json"], "got DATA and --coco"),
        (["rows.jsonl", "--out", "p.txt"], "JSON file"),
        (["--coco", "c.json", "--out", "p.json"], "--images"),
        (["missing.jsonl", "--out", "p.json"], "missing.jsonl"),
        (["--from-captions", "missing.csv", "--out", "p.json"], "captions cannot be read"),
    ],
)
def test_bad_usage_is_one_line(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["calibrate", *arguments, "--models", "tiny"])
    shown = capsys.readouterr().err.strip()
    assert left.value.code == 2
    assert told in shown
    assert "\n" not in shown


def test_too_few_claims_are_counted(tiny: Verifier, scenes: Path) -> None:
    claims = from_rows(read_rows(scenes / "rows.jsonl")[:20], SPLITTER)
    with pytest.raises(Exception, match="too few labelled claims"):
        fit(tiny, claims, "few")


def test_an_unreadable_picture_is_named_and_left_out(tiny: Verifier, scenes: Path) -> None:
    rows = [row for row in read_rows(scenes / "rows.jsonl") if int(Path(row.images[0]).stem) < 20]
    broken = [Row(images=("none.png",), claim="There is a cat.", label=1, folder=scenes), *rows]
    profile, errors = fit(tiny, from_rows(broken, SPLITTER), "own")
    assert len(errors) == 1 and "none.png" in errors[0]
    assert "on 20 pictures" in profile.data


# -- labels -----------------------------------------------------------------------------------------------------------


def test_doubtful_claims_are_asked_first_and_read_as_they_were_meant(tiny: Verifier, scenes: Path) -> None:
    pictures = [Picture.of(scenes / f"{place}.png") for place in range(8)]
    asked = candidates(tiny, pictures, 24)
    assert len({one.picture.id for one in asked[:8]}) == 8, "one of each picture first"
    assert len({(one.picture.id, one.text) for one in asked}) == 24
    assert {"object", "count"} <= {one.kind for one in asked}
    for one in asked:
        (claim,) = SPLITTER.split(one.text)
        assert claim.kind == one.kind
        assert sentence(claim) == one.text


def test_keys_become_rows_and_a_second_run_goes_on(
    scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "store"
    EvidenceIndex.from_documents([scenes / f"{place}.png" for place in range(6)], store, "tiny", "tiny")
    out = tmp_path / "labels.jsonl"

    def label(keys: str, number: int) -> list[dict[str, Any]]:
        left = iter(keys)
        monkeypatch.setattr("click.getchar", lambda: next(left))
        with pytest.raises(SystemExit) as code:
            main(["label", str(store), "--n", str(number), "--out", str(out)])
        assert code.value.code == 0
        return [json.loads(line) for line in out.read_text().splitlines()]

    first = label("yxnsq", 10)
    assert [row["label"] for row in first] == [1, 0]
    second = label("yy", 4)
    assert len(second) == 4 and second[:2] == first
    assert len({(row["images"][0], row["claim"]) for row in second}) == 4
    assert label("", 4) == second, "nothing is asked when there are enough"
    assert "labelled already" in capsys.readouterr().out
    assert all(Path(row["images"][0]).is_file() for row in second)
    assert len(read_rows(out)) == 4


def test_labels_of_a_folder_are_found_from_anywhere(
    tiny: Verifier, scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(scenes)
    (one,) = candidates(tiny, [Picture.of("0.png")], 1)
    ledger = Ledger(tmp_path / "deep" / "labels.jsonl")
    ledger.add(one, True)
    assert one in ledger and one in Ledger(ledger.path)
    assert read_rows(ledger.path)[0].paths[0].is_file()


def test_labelling_in_a_browser_serves_only_what_is_asked(tiny: Verifier, scenes: Path, tmp_path: Path) -> None:
    asked = candidates(tiny, [Picture.of(scenes / f"{place}.png") for place in range(3)], 3)
    ledger = Ledger(tmp_path / "labels.jsonl")
    ready: list[str] = []
    known = threading.Event()
    thread = threading.Thread(target=serve, args=(asked, ledger, 0, lambda url: (ready.append(url), known.set())))
    thread.start()
    assert known.wait(10)
    url = ready[0]
    assert url.startswith("http://127.0.0.1:")
    page = urllib.request.urlopen(url, timeout=10).read().decode()
    assert asked[0].text in page and "1 of 3" in page
    with urllib.request.urlopen(f"{url}picture/0", timeout=10) as stream:
        assert Image.open(stream).format == "JPEG"
    for wrong in ("picture/3", "picture/-1", "labels.jsonl", "../etc/passwd"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(url + wrong, timeout=10)

    def press(key: str, place: int, **headers: str) -> str:
        data = urllib.parse.urlencode({"place": place, "key": key}).encode()
        request = urllib.request.Request(url, data, headers)
        return urllib.request.urlopen(request, timeout=10).read().decode()

    with pytest.raises(urllib.error.HTTPError, match="403"):
        press("y", 0, Origin="http://elsewhere.example")
    assert "2 of 3" in press("y", 0)
    assert "2 of 3" in press("n", 0), "a second click on the same claim changes nothing"
    assert "3 of 3" in press("s", 1)
    assert "2 claims labelled" in press("n", 2)
    thread.join(10)
    assert not thread.is_alive()
    assert [row.label for row in read_rows(ledger.path)] == [1, 0]
