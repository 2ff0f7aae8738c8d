"""Descriptions with a trust each: the bundled LLaVA and the bundled verifier on drawn scenes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from llamaindex_clipverify import Describer, Picture, Verifier
from llamaindex_clipverify.description import COLUMNS, Description, save, to_pandas
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.models.conversation import Generated
from llamaindex_clipverify.models.registry import load_llava
from llamaindex_clipverify.testing import FRESH, draw_scene


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("described")
    for place in range(5):
        draw_scene(FRESH + 800 + place, objects=(1, 2)).image.save(folder / f"{place}.png")
    return sorted(folder.glob("*.png"))


@pytest.fixture(scope="module")
def llava() -> Any:
    return load_llava("tiny")


class Saying:
    """A model that says prepared texts: the first round, then the second, …"""

    def __init__(self, *rounds: str) -> None:
        self.rounds, self.asked = list(rounds), []

    def generate(
        self, conversations: Sequence[Any], max_new_tokens: int = 0, temperature: float = 0.0, seed: int | None = None
    ) -> list[Generated]:
        self.asked.append((len(conversations), temperature, seed))
        text = self.rounds[(len(self.asked) - 1) % len(self.rounds)]
        return [Generated(text=text, token_logprobs=(-0.5, -0.1)) for _ in conversations]


def test_each_picture_has_its_description_and_trust(llava: Any, tiny: Verifier, files: list[Path]) -> None:
    told: list[tuple[int, int]] = []
    found = Describer(model=llava, verifier=tiny, batch_size=2).describe(
        files, lambda done, total: told.append((done, total))
    )
    assert [one.picture.uri for one in found] == [str(file) for file in files] and told[-1] == (5, 5)
    for one in found:
        assert one.text and one.error == "" and one.report is not None and one.mean_logprob is not None
        assert one.mean_logprob <= 0 and one.report.answer == one.text
        assert one.trust == one.report.trust and 0 <= (one.mean_trust or 0) <= 1
    alone = Describer(model=llava, verifier=None).describe(files[:1])[0]
    assert alone.text == found[0].text and alone.trust is None


def test_bad_pictures_have_their_error_and_cost_the_others_nothing(
    llava: Any, tiny: Verifier, files: list[Path], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(files[0].read_bytes()[:200])
    found = Describer(model=llava, verifier=tiny, batch_size=2).describe(
        [files[0], broken, tmp_path / "gone.png", files[1]]
    )
    assert [bool(one.text) for one in found] == [True, False, False, True]
    assert "cannot be decoded" in found[1].error and "no such picture" in found[2].error
    assert str(found[2]).startswith("  –   gone.png  no such picture")


def test_the_most_trusted_candidate_is_kept(tiny: Verifier, scene_file: Path) -> None:
    true, false = "There is a zebra.", "There is a pizza."
    model = Saying(false, true, false)
    (one,) = Describer(model=model, verifier=tiny, candidates=3, seed=7).describe([scene_file])
    assert one.text == true and one.trust is not None and one.trust > 0.6
    assert model.asked == [(1, 0.0, 7), (1, 0.7, 8), (1, 0.7, 9)]
    (longer,) = Describer(
        model=Saying(true, "There is a zebra. There is a clock."), verifier=tiny, candidates=2
    ).describe([scene_file])
    assert longer.text.endswith("clock."), "of equally trusted ones that with more supported claims"


def test_a_doubtful_description_says_which_words(tiny: Verifier, scene_file: Path) -> None:
    (one,) = Describer(model=Saying("There is a zebra and a pizza."), verifier=tiny).describe([scene_file])
    assert one.doubtful == ["pizza"] and str(one).endswith("There is a zebra and a pizza.  (doubtful: pizza)")
    (mute,) = Describer(model=Saying(" "), verifier=tiny).describe([scene_file])
    assert mute.error == "the model said nothing" and mute.trust is None


def test_pixels_are_let_go(tiny: Verifier, files: list[Path]) -> None:
    found = Describer(model=Saying("There is a zebra."), verifier=tiny, batch_size=1).describe(files)
    assert not any("image" in vars(one.picture) for one in found)


def test_rows_through_pandas(tiny: Verifier, files: list[Path], tmp_path: Path) -> None:
    found = Describer(model=Saying("There is a zebra, „wirklich“."), verifier=tiny).describe(files)
    table = to_pandas(found)
    assert list(table.columns) == COLUMNS == list(found[0].to_dict()) and len(table) == 5
    lines = save(found, tmp_path / "new" / "d.jsonl").read_text("utf-8").splitlines()
    assert json.loads(lines[0])["description"] == "There is a zebra, „wirklich“."
    assert pd.read_csv(save(found, tmp_path / "d.csv"))["picture"].tolist() == [str(file) for file in files]
    assert list(to_pandas([]).columns) == COLUMNS
    with pytest.raises(DataError, match=r"saved as \.jsonl or \.csv; got d\.txt"):
        save(found, tmp_path / "d.txt")


def test_numbers_that_make_no_sense(tiny: Verifier) -> None:
    for wrong in ({"candidates": 0}, {"batch_size": 0}):
        with pytest.raises(DataError, match="begin at 1"):
            Describer(model=Saying("x"), verifier=tiny, **wrong)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="chosen by trust"):
        Describer(model=Saying("x"), candidates=2)
    assert Description(picture=Picture.of(b"x")).trust is None


def test_the_verb(clipverify: Any, files: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "d.jsonl"
    ran = clipverify("describe", files[0].parent, "--llm", "tiny", "--models", "tiny", "--out", out, "--json", "-")
    assert ran.code == 0, ran.err
    rows = json.loads(ran.out)
    assert len(rows) == 5 and [json.loads(line)["description"] for line in out.open()] == [
        r["description"] for r in rows
    ]
    for arguments, words in (
        (["describe", files[0], "--llm", "gpt-99", "--models", "tiny"], "no such LLM; got gpt-99; give tiny, local:"),
        (["describe", tmp_path / "gone", "--llm", "tiny", "--models", "tiny"], "no such picture or folder"),
        (["describe", files[0], "--llm", "tiny"], "no models are named"),
        (
            ["describe", __file__, "--llm", "tiny", "--models", "tiny"],
            "no picture could be described; got 1, the first: not a p",
        ),
        (["describe", files[0], "--llm", "tiny", "--models", "tiny", "--out", "d.txt"], "saved as .jsonl or .csv"),
    ):
        ran = clipverify(*arguments)
        assert (ran.code, len(ran.err.splitlines())) == (2, 1) and words in ran.err, ran.err


def test_index_and_ask(clipverify: Any, files: list[Path], tmp_path: Path) -> None:
    store, page = tmp_path / "store", tmp_path / "r.html"
    ran = clipverify("index", files[0].parent, "--store", store, "--models", "tiny")
    assert (ran.code, ran.out.strip()) == (0, f"read 5, looked at 5, left out 0; pictures in {store}: 5"), ran.err
    again = clipverify("index", files[0], "--store", store, "--models", "tiny")
    assert again.out.startswith("read 1, looked at 0, left out 0; pictures in")
    ran = clipverify(
        "ask", "What is in the picture?", "--store", store, "--llm", "tiny", "--top-k", 1, "--report", page
    )
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[2].startswith("trust ") and "data:image" in page.read_text("utf-8")
    asked = clipverify("ask", "What is in the picture?", "--store", store, "--llm", "tiny", "--top-k", 1, "--json", "-")
    assert json.loads(asked.out)["answer"] == ran.out.splitlines()[0]
    for arguments, words in (
        (["ask", "x", "--store", tmp_path / "none", "--llm", "tiny"], "no index there"),
        (["ask", " ", "--store", store, "--llm", "tiny"], "the question is empty"),
        (
            ["ask", "x", "--store", store, "--llm", "tiny", "--report", "r.txt"],
            "a report is saved as .html, .md or .json",
        ),
        (["index", tmp_path / "none", "--store", store, "--models", "tiny"], "no such picture or folder"),
        (["index", files[0], "--store", store, "--detector", "tiny"], "an index needs an encoder"),
    ):
        ran = clipverify(*arguments)
        assert (ran.code, len(ran.err.splitlines())) == (2, 1) and words in ran.err, ran.err
