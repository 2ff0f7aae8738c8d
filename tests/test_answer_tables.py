"""Answers in the tables of others: ragas, deepeval, RagDataset, Hugging Face datasets, CSV, Parquet; results, resuming."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import pandas as pd
import pytest

from llamaindex_clipverify import Verifier, cli
from llamaindex_clipverify.boundary import cells, tables
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.evaluation import answers, read_rows
from llamaindex_clipverify.node_pictures import Access
from llamaindex_clipverify.testing import FRESH, draw_scene

_TRUE, _FALSE = "There is a cup in the picture.", "There is a giraffe in the picture."


@pytest.fixture(scope="module")
def tiny() -> Verifier:
    return Verifier.tiny()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    draw_scene(FRESH).image.save(tmp_path / "scene.png")
    return tmp_path


def _png() -> bytes:
    buffer = io.BytesIO()
    draw_scene(FRESH).image.save(buffer, "PNG")
    return buffer.getvalue()


def _jsonl(path: Path, *rows: dict) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return path


def _verdicts(verifier: Verifier, rows: list[answers.AnswerRow], folder: Path) -> list[str]:
    return [result.values["verdict"] for result in answers.verify(verifier, rows, Access([folder])).rows]


_FORMS = {
    "ragas": {"user_input": "What?", "response": _TRUE, "retrieved_contexts": ["scene.png", "A passage on cups."]},
    "ragas, base64": {"response": _TRUE, "retrieved_contexts": [base64.b64encode(_png()).decode()]},
    "deepeval": {"input": "What?", "actual_output": _TRUE, "retrieval_context": ["scene.png"], "expected_output": "no"},
    "own": {"question": "What?", "answer": _TRUE, "images": ["scene.png"], "passages": []},
    "one image": {"output": _TRUE, "image": "scene.png", "question": None},
}


@pytest.mark.parametrize("form", _FORMS)
def test_rows_of_every_form_are_read(tiny, folder, form):
    path = _jsonl(folder / "rows.jsonl", _FORMS[form], {**_FORMS[form], "id": 2})
    rows = answers.read(path)
    assert [row.text for row in rows] == [_TRUE, _TRUE]
    assert _verdicts(tiny, rows, folder) == ["supported", "supported"]
    assert rows[0].question in ("What?", None)


def test_a_rag_dataset_and_its_predictions_stand_in_two_files(tiny, folder):
    """The JSON of llama-index's LabelledRagDataset and RagPredictionDataset."""
    examples = {
        "examples": [{"query": "What?", "query_by": None, "reference_contexts": ["x"], "reference_answer": "A dog."}]
    }
    predictions = {"predictions": [{"response": _FALSE, "contexts": ["scene.png"]}]}
    (folder / "rag.json").write_text(json.dumps(examples))
    (folder / "said.json").write_text(json.dumps(predictions))
    rows = answers.read(folder / "rag.json", folder / "said.json")
    assert (rows[0].text, rows[0].question, rows[0].contexts) == (_FALSE, "What?", ("scene.png",))
    assert _verdicts(tiny, rows, folder) == ["contradicted"]
    (folder / "said.json").write_text(json.dumps({"predictions": [{}, {}]}))
    with pytest.raises(DataError, match="different lengths; got 1 rows and 2 predictions"):
        answers.read(folder / "rag.json", folder / "said.json")


def test_tables_of_hugging_face_have_pictures_as_features(tiny, folder):
    datasets = pytest.importorskip("datasets", reason="needs the extra [data]")
    images = datasets.Features({"response": datasets.Value("string"), "image": datasets.Image()})
    made = datasets.Dataset.from_dict({"response": [_TRUE, _FALSE], "image": [str(folder / "scene.png")] * 2}, images)
    datasets.DatasetDict({"train": made.select([0]), "test": made}).save_to_disk(str(folder / "saved"))
    rows = answers.read(folder / "saved")
    assert _verdicts(tiny, rows, folder / "nothing") == ["supported", "contradicted"]
    assert "image" not in str(answers.verify(tiny, rows).to_rows()[0]["image"])
    in_memory = answers.answers_of(made)
    assert [row.text for row in in_memory] == [_TRUE, _FALSE]
    assert _verdicts(tiny, in_memory, folder) == ["supported", "contradicted"]


def test_parquet_and_csv_go_in_and_out(tiny, folder):
    pytest.importorskip("pyarrow", reason="needs the extra [data]")
    table = pd.DataFrame({"answer": [_TRUE, _FALSE], "images": [["scene.png"], ["scene.png"]], "n": [1, 2]})
    table.to_parquet(folder / "rows.parquet")
    rows = answers.read(folder / "rows.parquet")
    assert rows == answers.answers_of(table)
    results = answers.verify(tiny, rows, Access([folder]))
    saved = pd.read_parquet(results.save(folder / "out.parquet"))
    assert list(saved["verdict"]) == ["supported", "contradicted"] and list(saved["n"]) == [1, 2]
    assert list(saved["doubtful"][1]) == ["giraffe"]
    results.save(folder / "out.csv")
    again = answers.read(folder / "out.csv")  # lists of a CSV are JSON
    assert [row.images for row in again] == [("scene.png",), ("scene.png",)]
    assert list(results.to_pandas()["error"]) == ["", ""] and "1 supported, 1 contradicted" in str(results)


def test_a_cell_of_a_csv_is_no_formula(tmp_path):
    tables.save([{"answer": "=HYPERLINK(1)", "list": ["a"]}, {"answer": "- a cup", "list": []}], tmp_path / "r.csv")
    assert list(pd.read_csv(tmp_path / "r.csv")["answer"]) == ["'=HYPERLINK(1)", "'- a cup"]


@pytest.mark.parametrize(
    "texts", [[], ["a"], ["it's", 'say "so"', "both ' and \""], ["a\nb\\c\t", "새빨간 컵", "\x00\u2028\U0001f600"]]
)
def test_a_list_as_python_or_json_prints_it_is_a_list(texts):
    assert cells.list_in(f" {texts!r} ") == texts == cells.list_in(json.dumps(texts))


@pytest.mark.parametrize(
    "cell",
    ["", "[", "a list", "['a'", "['a' 'b']", "['a',]", "[a]", "[1, 'a']", "[{[]: 1}]", "[{{}}]", "['a'] and", "['\\q']",
     "['\\U99999999']", "[" * 100_000 + "]" * 100_000, "[" + "-" * 100_000 + "1]", "[f'{1}']", "[b'a']", "['a']\0"],
)  # fmt: skip
def test_what_is_no_list_of_texts_stays_a_text(cell):
    assert cells.list_in(cell) is None
    [row] = answers.answers_of([{"answer": "A cup.", "contexts": cell}])
    assert row.contexts == ((cell,) if cell else ())


def test_one_bad_row_is_named_and_the_others_are_verified(tiny, folder):
    rows = answers.answers_of([
        {"answer": _TRUE, "images": ["scene.png"]},
        {"answer": " ", "images": ["scene.png"]},
        {"answer": _TRUE, "images": ["gone.png"]},
        {"answer": _TRUE, "images": ["/etc/passwd.png", "scene.png"]},
        {"answer": _TRUE},
    ])  # fmt: skip
    found = [result.values for result in answers.verify(tiny, rows, Access([folder])).rows]
    assert [bool(one["error"]) for one in found] == [False, True, True, False, True]
    assert "the answer is empty" in found[1]["error"]
    assert len(found[3]["gaps"]) == 1 and found[3]["verdict"] == "partly_checked"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([{"claim": "x"}], "row 1 has no answer; got claim"),
        ([{"answer": 3}], "row 1 has no answer"),
        (["x"], "row 1 is no object"),
        ([], "there are no rows"),
    ],
)
def test_rows_without_an_answer_are_one_error(data, message):
    with pytest.raises(DataError, match=message):
        answers.answers_of(data)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", b'{"answer": "x"}\n{"answer'),
        ("a.json", b"[" * 100_000),
        ("a.json", b'{"rows": [1]}'),
        ("a.json", b'{"rows": [], "data": []}'),
        ("a.csv", b'a,b\n"x'),
        ("a.csv", b"\xff\xfe\x00"),
        ("a.parquet", b"PAR1 no PAR1"),
        ("a.xlsx", b"x"),
    ],
)
def test_a_damaged_table_is_one_error(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError):
        tables.rows_of(tmp_path / name)


def test_a_folder_that_is_no_dataset_is_one_error(tmp_path):
    with pytest.raises(DataError, match="the table cannot be read"):
        tables.rows_of(tmp_path)
    with pytest.raises(DataError):
        tables.rows_of(tmp_path / "gone.jsonl")


def test_labelled_rows_may_be_a_table(folder):
    _jsonl(folder / "metadata.jsonl", {"file_name": "scene.png", "claim": _TRUE, "label": 1})
    (folder / "rows.csv").write_text(
        f'image,claim,label,kind\nscene.png,{_TRUE},true,object\n"[""scene.png""]",{_FALSE},0,object\n'
    )
    (row,) = read_rows(folder)
    assert (row.images, row.label, row.paths) == (("scene.png",), 1, (folder / "scene.png",))
    assert [(row.images, row.label) for row in read_rows(folder / "rows.csv")] == [
        (("scene.png",), 1),
        (("scene.png",), 0),
    ]
    (folder / "rows.csv").write_text("image,claim,label\nscene.png,x,perhaps\n")
    with pytest.raises(DataError, match="row 1 is not a row"):
        read_rows(folder / "rows.csv")


def _code(*arguments: object) -> int:
    with pytest.raises(SystemExit) as left:
        cli.main([str(argument) for argument in arguments])
    return int(left.value.code or 0)


def test_the_verb_writes_rows_and_goes_on_where_it_stopped(folder, capsys, monkeypatch):
    data = _jsonl(folder / "rows.jsonl", *({"answer": _TRUE, "image": "scene.png", "n": n} for n in range(3)),
                  {"answer": "", "image": "scene.png"}, {"answer": _FALSE, "image": "scene.png"})  # fmt: skip
    out = folder / "out.jsonl"
    command = ("verify-file", data, "--models", "tiny", "--out", out)
    assert _code(*command, "--resume") == 2 and "no run to go on with" in capsys.readouterr().err
    real, calls = Verifier.verify_batch, []

    def stops(self, given):
        calls.append(len(given))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(self, given)

    monkeypatch.setattr(answers, "_AT_ONCE", 2)
    monkeypatch.setattr(Verifier, "verify_batch", stops)
    assert _code(*command) == 130 and not out.exists()
    assert _code(*command, "--resume") == 0
    assert calls == [2, 1, 1]  # the row that is like the first is not verified again; the empty one is no answer
    captured = capsys.readouterr()
    assert (
        "clipverify: row 4: the answer is empty" in captured.err
        and "5 answers, 3 supported, 1 contradicted, 1 with an error" in captured.out
    )
    rows = tables.rows_of(out)
    assert [row.get("n") for row in rows] == [0, 1, 2, None, None]
    assert [row["verdict"] for row in rows] == ["supported"] * 3 + [None, "contradicted"]
    assert not list(folder.glob(".out*"))


@pytest.mark.slow  # two processes that load the bundled models
def test_several_processes_give_the_same_rows(folder):
    data = _jsonl(folder / "rows.jsonl", *({"answer": text, "image": "scene.png"} for text in (_TRUE, _FALSE) * 12))
    for workers in (1, 2):
        assert (
            _code("verify-file", data, "--models", "tiny", "--out", folder / f"{workers}.jsonl", "--workers", workers)
            == 0
        )
    one, two = (
        [
            {name: value for name, value in row.items() if name != "seconds"}
            for row in tables.rows_of(folder / f"{n}.jsonl")
        ]
        for n in (1, 2)
    )
    assert one == two
