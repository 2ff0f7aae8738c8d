"""Tables of answers, stopped runs and logs: mutated files of every form, odd cells, formulas, lying sizes and links."""

from __future__ import annotations

import base64
import contextlib
import csv
import io
import json
import os
import random
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attacking import Attacks
from special import special

from llamaindex_clipverify.boundary import tables
from llamaindex_clipverify.cli import main
from llamaindex_clipverify.errors import ClipVerifyError, DataError
from llamaindex_clipverify.evaluation import answers
from llamaindex_clipverify.monitoring import log
from llamaindex_clipverify.monitoring.summary import summary
from llamaindex_clipverify.node_pictures import Access
from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.verification.verifier import Verifier

sys.path.insert(0, str(Path(__file__).parents[1]))
from altered import variants

ROW = {
    "user_input": "What is there?", "response": "A cup.", "images": ["scene.png"], "retrieved_contexts": ["A passage.", "scene.png"], "n": 3,
    "more": {"a": [1, "=1"]},
}  # fmt: skip


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    draw_scene(FRESH).image.save(folder / "scene.png")
    return folder


def used(path: Path, folder: Path, verifier: Verifier | None = None) -> Any:
    """Read a table, verify its first rows, and write the results in every form."""
    rows = answers.read(path)
    if verifier is None:
        return [row.id for row in rows]
    results = answers.verify(verifier, rows[:3], Access([folder]))
    for suffix in tables.WRITTEN:
        results.save(folder / f"out{suffix}")
    assert not any(cell.lstrip().startswith(tuple("=+-@")) for cell in _cells(folder / "out.csv"))
    return results


def _cells(path: Path) -> Iterator[str]:
    csv.field_size_limit(10**9)
    for row in csv.reader(io.StringIO(path.read_text("utf-8"))):
        yield from (cell for cell in row if not cell.lstrip("-").replace(".", "", 1).isdigit())


def test_altered_rows(attacks: Attacks, outside: Path, here: Path, tiny: Verifier) -> None:
    path = here / "rows.json"
    for number, (name, changed) in enumerate(variants([ROW], depth=5)):
        if number % 2 == 0:
            path.write_text(json.dumps(changed))
            attacks.run(name, lambda: used(path, here, tiny))


def _odd_cells(secret: Path) -> list[Any]:
    """Return values for every column: pictures and texts that are none, or lie outside."""
    deep: Any = "x"
    for _ in range(900):
        deep = [deep]
    return [
        str(secret), f"file://{secret}", f"../outside/{secret.name}", "/etc/passwd", "http://127.0.0.1:1/a.png", "data:image/png;base64,AAAA",
        {"bytes": "AAAA", "path": None}, {"bytes": None, "path": str(secret)}, {"bytes": [1], "path": {}}, {"path": "scene.png\x00"}, [[["scene.png"]]],
        "[" * 5000, '["a", ["b"]]', "=cmd|' /C calc'!A0", "+1", "@SUM(A1)", "\t=1", "\r\n-1", "a" * 200_000, "\ud800", deep, 1e400, 10**30, -0.0, b"".hex(),
        base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 50).decode(), ["scene.png"] * 300, "\x1b[31m", "\u202egnp.exe",
    ]  # fmt: skip


def test_odd_cells(attacks: Attacks, outside: Path, here: Path, tiny: Verifier) -> None:
    os.link(here / "scene.png", outside / "secret.png")
    names = [*answers.ANSWER[:2], answers.QUESTION[0], *answers.IMAGES[:2], *answers.CONTEXTS[:2], "more", "=1+1", "@a"]
    for name in names:
        for place, value in enumerate(_odd_cells(outside / "secret.png")):
            path = here / f"cells{place % 2}.{('json', 'jsonl')[place % 2]}"
            row = {**ROW, name: value}
            path.write_text(json.dumps([row] if place % 2 == 0 else row))
            verifier = tiny if place % 3 == 0 else None
            attacks.run(f"{name} {place}", lambda path=path, verifier=verifier: used(path, here, verifier))


def _tables(folder: Path) -> dict[str, bytes]:
    """Return a good table of each form as its bytes."""
    made = {}
    for suffix in tables.WRITTEN:
        target = tables.save([ROW, {**ROW, "response": "A dog."}], folder / f"good{suffix}")
        made[suffix] = target.read_bytes()
    rag = {
        "examples": [{"query": "What?", "reference_contexts": ["x"], "reference_answer": "A dog.", "answer": "A cup."}]
    }
    return {**made, ".json": json.dumps(rag).encode()}


def _mutants(data: bytes, number: int) -> Iterator[bytes]:
    chance = random.Random(len(data))
    yield from (data[: len(data) * part // 9] for part in range(9))
    for _ in range(number):
        changed = bytearray(data)
        for _ in range(chance.choice((1, 1, 2, 8, 40))):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        yield bytes(changed)
    yield from (
        data + data,
        b"\xff\xfe" + data,
        data.replace(b"\n", b"\0"),
        b"\xef\xbb\xbf" + data,
        b"",
        b"\0" * 100,
        os.urandom(1000),
    )


def test_mutated_tables(attacks: Attacks, here: Path) -> None:
    for suffix, data in _tables(here).items():
        path = here / f"mutant{suffix}"
        for number, changed in enumerate(_mutants(data, 160 if suffix == ".parquet" else 60)):
            path.write_bytes(changed)
            attacks.run(f"{suffix} {number}", lambda path=path: used(path, here))


def test_lying_sizes(attacks: Attacks, here: Path) -> None:
    """Tables of few bytes that stand for very many: rows, columns, cells, digits and levels."""
    made = {
        "deep.json": b"[" * 100_000, "deep row.jsonl": b'{"response":' + b"[" * 900 + b"]" * 900 + b"}", "digits.json": b'[{"response": "A", "n": ' + b"9" * 5000 + b"}]",
        "columns.csv": b"response" + b",a" * 100_000 + b"\nA cup.\n", "quote.csv": b'response\n"' + b"A cup.\n" * 50_000, "commas.csv": b"response\n" + b"," * 300_000,
        "lines.jsonl": b"{}\n" * 100_000, "blank.jsonl": b"\n" * 1_000_000, "nan.json": b'[{"response": "A cup.", "trust": NaN, "images": NaN}]',
        "list.csv": b'response,contexts\nA cup.,"[' + b"'b'," * 500_000 + b"'b']\"\n", "sum.csv": b'response,contexts\nA cup.,"[' + b"1+" * 500_000 + b'1]"\n',
        "footer.parquet": b"PAR1" + b"\0" * 100 + struct.pack("<I", 2**31) + b"PAR1", "short.parquet": b"PAR1PAR1",
    }  # fmt: skip
    for name, data in made.items():
        (here / name).write_bytes(data)
        attacks.run(name, lambda name=name: used(here / name, here))
    pd, pa = pytest.importorskip("pandas"), pytest.importorskip("pyarrow", reason="needs the extra [data]")
    import pyarrow.parquet as pq

    same = pa.DictionaryArray.from_arrays(pa.array([0] * 10_000_000, pa.int8()), pa.array(["A cup."]))
    pq.write_table(pa.table({"response": same}), here / "rows.parquet", row_group_size=10_000_000, compression="zstd")
    assert (here / "rows.parquet").stat().st_size < 100_000
    attacks.run("ten million equal rows", lambda: used(here / "rows.parquet", here))
    pd.DataFrame({"response": ["A cup." * 20_000_000]}).to_parquet(here / "cell.parquet", compression="zstd")
    assert (here / "cell.parquet").stat().st_size < 1_000_000
    attacks.run("a cell of 120 MB", lambda: used(here / "cell.parquet", here))
    assert attacks.came["refused"] >= 8, attacks.came


# -- the command, and its journal ----------------------------------------------------------------------------------------


def run(*arguments: object) -> None:
    """Run the command line; whatever is no result is one line."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    shown = err.getvalue()
    assert left.value.code in (0, 1, 2) and "Traceback" not in shown and "fault of the package" not in shown, shown[
        -400:
    ]
    assert not any(sign in shown + out.getvalue() for sign in ("\x1b", "\u202e"))
    if left.value.code == 2:
        raise DataError(shown.strip().splitlines()[-1])


def test_special_files_as_tables(attacks: Attacks, here: Path) -> None:
    (here / "rows.jsonl").write_text(json.dumps(ROW) + "\n")
    for number, name in enumerate(special(here / "special")):
        if name in ("/", "~", "..", "."):
            continue
        lines: list[Callable[[], Any]] = [
            lambda name=name: run("verify-file", name, "--out", "out.csv", "--models", "tiny"),
            lambda name=name: run(
                "verify-file", "rows.jsonl", "--predictions", name, "--out", "out.csv", "--models", "tiny"
            ),
            lambda name=name: run(
                "verify-file", "rows.jsonl", "--images", name, "--out", "out.csv", "--models", "tiny"
            ),
            lambda name=name: run("verify-file", "rows.jsonl", "--out", f"{name}.csv", "--models", "tiny"),
            lambda name=name: run("report", name),
        ]
        for place in (number % 5, (number + 2) % 5):
            attacks.run(f"{place} {name!r}"[:80], lines[place])


def test_stopped_runs(attacks: Attacks, outside: Path, here: Path) -> None:
    """The journal of a stopped run, altered, or something else in its place; nothing outside is written."""
    (here / "rows.jsonl").write_text(json.dumps(ROW) + "\n")
    command = ("verify-file", "rows.jsonl", "--out", "out.csv", "--models", "tiny")
    [row] = answers.read(here / "rows.jsonl")
    first = json.dumps({"models": ["tiny", None, None], "rows": [row.id]})
    values = answers.values_of(DataError("no"), 0.1)
    journal = here / ".out.csv.part"
    for number, (name, changed) in enumerate(variants({"id": row.id, "values": values})):
        if number % 3 == 0:
            journal.write_text(f"{first}\n{json.dumps(changed)}\n")
            attacks.run(name, lambda: run(*command, "--resume"))
    for name, text in {
        "empty": "",
        "noise": "\x00\xff",
        "first": first[:-5],
        "list": f"{first}\n[1]\n5}}\n",
        "deep": f"{first}\n{'[' * 5000}}}\n",
    }.items():
        journal.write_text(text)
        attacks.run(name, lambda: run(*command, "--resume"))
    journal.unlink(missing_ok=True)
    target = outside / "written"
    for name, make in {
        "link": lambda: journal.symlink_to(target),
        "pipe": lambda: os.mkfifo(journal),
        "folder": journal.mkdir,
        "loop": lambda: journal.symlink_to(journal),
    }.items():
        make()
        attacks.run(name, lambda: run(*command))
        assert not target.exists(), name
        with contextlib.suppress(OSError):
            journal.unlink()
        with contextlib.suppress(OSError):
            journal.rmdir()


# -- logs ------------------------------------------------------------------------------------------------------------------

LINE = {
    "at": "2026-11-30T10:00:00.000+00:00", "trust": 0.9, "coverage": 0.5, "verdict": "supported", "question": "What?", "answer": "A cup.",
    "kinds": {"object": {"supported": 2, "contradicted": 1}}, "doubtful": ["cup"],
}  # fmt: skip


def _span() -> dict[str, Any]:
    attributes = {
        "clipverify.trust": {"doubleValue": 0.9}, "clipverify.coverage": {"doubleValue": 0.5}, "clipverify.verdict": {"stringValue": "supported"},
        "clipverify.kinds": {"stringValue": json.dumps(LINE["kinds"])}, "clipverify.doubtful": {"arrayValue": {"values": [{"stringValue": "cup"}]}},
        "clipverify.claims": {"intValue": "3"},
    }  # fmt: skip
    span = {
        "name": "clipverify.judge",
        "startTimeUnixNano": "1796032800000000000",
        "attributes": [{"key": key, "value": value} for key, value in attributes.items()],
    }
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def test_altered_logs(attacks: Attacks, here: Path) -> None:
    path = here / "log.jsonl"

    def read() -> None:
        entries = log.read(path)
        shown = str(summary(entries))
        assert shown and not any(sign in shown for sign in ("\x1b", "\u202e"))

    for form in (LINE, _span()):
        for number, (name, changed) in enumerate(variants(form, depth=9)):
            if number % 2 == 0:
                path.write_text(f"{json.dumps(form)}\n{json.dumps(changed)}\n")
                attacks.run(name, read)
    texts = {
        "cut": json.dumps(LINE)[:-20], "list": "[]", "words": "5\ntrue\n", "deep": "[" * 100_000, "nul": "\0" * 500, "blank": "\n" * 1000,
        "old": json.dumps({**LINE, "at": "0001-01-01T00:00:00+23:59"}), "new": json.dumps({**LINE, "at": "9999-12-31T23:59:59.999-23:59"}),
        "without zone": json.dumps({**LINE, "at": "2026-11-30"}), "numbers": json.dumps({**LINE, "kinds": {"object": {"supported": 10**300}}}),
        "negative": json.dumps({**LINE, "kinds": {"object": {"supported": -5, "contradicted": 3}}}), "escape": json.dumps({**LINE, "doubtful": ["\x1b[31m\u202e"], "answer": "\x1b]0;x\x07"}),
        "kinds": json.dumps({**LINE, "kinds": {f"\x1b{n}": {"supported": 1} for n in range(3000)}}), "times": json.dumps(_span()).replace("1796032800000000000", "9" * 40),
    }  # fmt: skip
    for name, text in texts.items():
        path.write_text(text)
        attacks.run(name, read)
        attacks.run(f"report {name}", lambda: run("report", path))
        attacks.run(f"report {name} by day", lambda: run("report", path, "--days", "1", "--fail-on-drift"))
    assert attacks.came["read"] >= 20
    assert issubclass(DataError, ClipVerifyError)
