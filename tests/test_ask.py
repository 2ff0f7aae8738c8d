"""The exit code and the JSON of ``clipverify ask``: an answer in doubt does not pass for a good one."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from test_engines import Fixed, nodes_of

from llamaindex_clipverify import Report, Verifier
from llamaindex_clipverify.cli import main
from llamaindex_clipverify.cli.options import ReadingModelOptions
from llamaindex_clipverify.llama_index import ClipVerifyQueryEngine

FALSE = "There is a pizza in the picture."


def asked(monkeypatch, capsys, scene_file: Path, verifier: Verifier, text: str, *options: str) -> tuple[int, str]:
    def opened(_self: object, _store: str) -> SimpleNamespace:
        def engine(_llm: str, _top_k: int, *, on_doubt=None, min_coverage: float = 0.0) -> ClipVerifyQueryEngine:
            bare = Fixed(text=text, nodes=nodes_of(scene_file))
            return ClipVerifyQueryEngine(
                bare, verifier, on_doubt=on_doubt, min_coverage=min_coverage, folders=scene_file.parent
            )

        return SimpleNamespace(verifier=verifier, as_query_engine=engine)

    monkeypatch.setattr(ReadingModelOptions, "open_index", opened)
    with pytest.raises(SystemExit) as left:
        main(["ask", "What is there?", "--store", "store", "--llm", "tiny", *options])
    return int(left.value.code or 0), capsys.readouterr().out


def test_a_contradicted_answer_exits_with_1_as_long_as_it_is_shown(monkeypatch, capsys, scene_file, tiny) -> None:
    assert asked(monkeypatch, capsys, scene_file, tiny, FALSE)[0] == 1
    assert asked(monkeypatch, capsys, scene_file, tiny, FALSE, "--on-doubt", "annotate")[0] == 1
    for way in ("abstain", "revise"):
        code, text = asked(monkeypatch, capsys, scene_file, tiny, FALSE, "--on-doubt", way)
        assert code == 0 and not text.startswith(FALSE)


def test_a_good_answer_exits_with_0_and_below_the_minimum_with_1(monkeypatch, capsys, scene_file, tiny) -> None:
    seen = tiny.facts([scene_file])[0].seen["objects"]["labels"][0]
    true = f"There is a {seen}."
    assert asked(monkeypatch, capsys, scene_file, tiny, true, "--min-trust", "0.5")[0] == 0
    assert asked(monkeypatch, capsys, scene_file, tiny, "It smells of rain.", "--min-trust", "0.5")[0] == 1


def test_the_json_has_the_shown_text_and_reads_as_a_report(monkeypatch, capsys, scene_file, tiny, tmp_path) -> None:
    file = tmp_path / "out.json"
    asked(monkeypatch, capsys, scene_file, tiny, FALSE, "--on-doubt", "abstain", "--json", str(file))
    data = json.loads(file.read_text("utf-8"))
    assert data["answer"] == FALSE and data["shown"] and data["shown"] != FALSE
    assert Report.from_dict(data).answer == FALSE
