"""Facts as pieces of text: they come back as they were, and every piece fits a database's value."""

from __future__ import annotations

import numpy as np
import pytest

from llamaindex_clipverify import Picture, Verifier
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.facts.encoding import PIECE, pack, unpack
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.testing import FRESH, draw_scene


def _same(one: Facts, other: Facts) -> bool:
    assert (one.picture, one.size, one.made_by) == (other.picture, other.size, other.made_by)
    assert one.seen.keys() == other.seen.keys()
    for check, seen in one.seen.items():
        assert seen.keys() == other.seen[check].keys()
        for key, value in seen.items():
            found = other.seen[check][key]
            if isinstance(value, np.ndarray):
                assert (found.dtype, found.shape) == (value.dtype, value.shape) and (found == value).all()
            else:
                assert found == value
    return True


def test_facts_come_back_as_they_were(tiny: Verifier) -> None:
    for seed in range(3):
        (facts,) = tiny.facts([Picture.of(draw_scene(FRESH + 830_000 + seed).image)])
        pieces = pack(facts)
        assert all(len(piece.encode()) <= PIECE for piece in pieces)
        assert _same(facts, unpack(pieces))


def test_arrays_kept_elsewhere_are_left_out(tiny: Verifier) -> None:
    (facts,) = tiny.facts([Picture.of(draw_scene(FRESH + 830_005).image)])
    back = unpack(pack(facts, without={("similarity", "vector"), ("regions", "vectors")}))
    assert "vector" not in back.seen["similarity"] and "vectors" not in back.seen["regions"]
    assert (back.seen["regions"]["boxes"] == facts.seen["regions"]["boxes"]).all()
    assert sum(map(len, pack(back))) < 4 * PIECE


def test_empty_arrays_and_nothing_at_all() -> None:
    facts = Facts(
        picture="x",
        size=(3, 4),
        seen={"objects": {"boxes": np.zeros((0, 4), np.float32), "labels": []}},
        made_by={"objects": (1, "m")},
    )
    assert _same(facts, unpack(pack(facts)))
    assert _same(Facts(picture="x", size=(1, 1)), unpack(pack(Facts(picture="x", size=(1, 1)))))


@pytest.mark.parametrize("pieces", [[], ["nothing"], ["!!"]])
def test_what_is_not_whole_is_one_error(pieces: list[str]) -> None:
    with pytest.raises(DataError, match=r"stored facts cannot be read.*index the picture again"):
        unpack(pieces)


def test_a_lost_piece_is_noticed(tiny: Verifier) -> None:
    (facts,) = tiny.facts([Picture.of(draw_scene(FRESH + 830_006).image)])
    pieces = pack(facts)
    assert len(pieces) > 1
    with pytest.raises(DataError):
        unpack(pieces[:-1])
