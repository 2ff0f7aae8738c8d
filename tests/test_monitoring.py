"""Answers over time: the log, its summary, and the test for drift."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from conftest import make_report

from llamaindex_clipverify import cli
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.monitoring import AnswerLog, Entry, read, summary
from llamaindex_clipverify.monitoring.summary import two_proportions

_START = datetime(2026, 3, 2, 12, tzinfo=UTC)


def _entries(day: int, answers: int, contradicted: int, supported: int = 4) -> list[Entry]:
    """Return answers of one day; the first of them have a contradicted claim."""
    return [
        Entry(
            at=_START + timedelta(days=day, minutes=place),
            answer=f"answer {day}.{place}",
            trust=0.1 if place < contradicted else 0.9,
            coverage=0.8,
            verdict="contradicted" if place < contradicted else "supported",
            doubtful=("a dog",) if place < contradicted else (),
            kinds={"object": {"supported": supported}, "count": {"contradicted": int(place < contradicted)}},
        )
        for place in range(answers)
    ]


def test_a_log_comes_back(tmp_path):
    log = AnswerLog(tmp_path / "answers.jsonl")
    log.add(make_report("A red clock. A dog.", [0.9, 0.02], [], question="What?"), _START)
    log.add(make_report("A cup.", [None], []), _START - timedelta(days=1))
    early, late = read(log.path)
    assert (early.answer, early.trust, early.verdict) == ("A cup.", None, "unverifiable")
    assert late.at == _START and late.question == "What?" and late.contradicted == 1 and late.claims == 2
    assert len(late.doubtful) == 1


def test_texts_need_not_be_logged(tmp_path):
    log = AnswerLog(tmp_path / "answers.jsonl", texts=False)
    log.add(make_report("A secret.", [0.02], [], question="Why?"))
    assert "secret" not in log.path.read_text() and "Why" not in log.path.read_text()
    assert read(log.path)[0].verdict == "contradicted"


def test_traces_are_read_as_well(tmp_path):
    """The form that the file exporter of an OpenTelemetry collector writes."""

    def attribute(name: str, **value: object) -> dict:
        return {"key": name, "value": value}

    span = {
        "name": "clipverify.judge", "startTimeUnixNano": str(int(_START.timestamp() * 1e9)),
        "attributes": [
            attribute("output.value", stringValue="There is a dog."), attribute("clipverify.trust", doubleValue=0.02),
            attribute("clipverify.coverage", intValue="1"), attribute("clipverify.verdict", stringValue="contradicted"),
            attribute("clipverify.kinds", stringValue='{"object": {"contradicted": 1}}'),
            attribute("clipverify.doubtful", arrayValue={"values": [{"stringValue": "dog"}]}),
        ],
    }  # fmt: skip
    exported = {"resourceSpans": [{"scopeSpans": [{"spans": [span, {"name": "other"}]}]}]}
    for text in (
        json.dumps(exported),
        json.dumps(exported, indent=2),
        json.dumps(exported) + "\n" + json.dumps(exported),
    ):
        (tmp_path / "traces.json").write_text(text)
        entry = read(tmp_path / "traces.json")[0]
        assert (entry.answer, entry.at, entry.doubtful, entry.contradicted) == ("There is a dog.", _START, ("dog",), 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"at": "x"}',
        "[1]",
        '{"at": "2026-01-01", "verdict": "x", "kinds": {}, "trust": 7}',
        "\x00",
        "{" * 9999,
    ],
)
def test_a_damaged_log_is_one_error(tmp_path, text):
    (tmp_path / "log.jsonl").write_text(text)
    with pytest.raises(DataError, match="the log"):
        read(tmp_path / "log.jsonl")


def test_the_last_period_is_compared_with_the_one_before():
    quiet = [entry for day in range(14) for entry in _entries(day, 20, 1)]
    found = summary(quiet, days=7)
    assert len(found.entries) == len(found.before) == 140 and not any(drift.is_drift for drift in found.drifts)
    loud = [entry for day in range(14) for entry in _entries(day, 20, 1 if day < 7 else 8)]
    contradicted, decided = summary(loud, days=7).drifts
    assert contradicted.is_drift and contradicted.now > contradicted.before
    assert str(contradicted).startswith("drift: contradicted claims 1% before, ")
    assert not decided.is_drift


def test_few_claims_are_not_compared():
    found = summary(_entries(0, 3, 1) + _entries(7, 3, 1), days=7)
    assert found.drifts == () and "fewer than 30 claims" in str(found)


def test_the_summary_has_days_kinds_and_the_most_doubtful():
    text = str(summary([*_entries(0, 4, 1), *_entries(1, 4, 2)], days=7))
    lines = text.splitlines()
    assert any(line.split() == ["2026-03-03", "4", "2", "0.50", "80%"] for line in lines)
    assert any(line.split() == ["count", "0", "3", "0"] for line in lines)
    assert lines.index(next(line for line in lines if line.startswith("count"))) < lines.index(
        next(line for line in lines if line.startswith("object"))
    )
    assert "0.10  answer 1.0  “a dog”" in text


def test_the_test_of_two_proportions_keeps_its_level():
    """Under no change a drift is found in about one of a hundred comparisons."""
    random = np.random.default_rng(0)
    draws = random.binomial(400, 0.1, (2000, 2))
    found = np.mean([two_proportions((int(a), 400), (int(b), 400)) < 0.01 for a, b in draws])
    assert 0.004 < found < 0.018
    assert two_proportions((0, 50), (0, 50)) == 1.0
    assert two_proportions((10, 100), (30, 100)) == pytest.approx(0.00041, abs=0.00002)


def test_the_verb_prints_and_fails_on_drift(tmp_path, capsys):
    path = tmp_path / "log.jsonl"
    entries = [entry for day in range(14) for entry in _entries(day, 20, 1 if day < 7 else 8)]
    path.write_text(
        "".join(
            json.dumps(
                {
                    "at": one.at.isoformat(),
                    "trust": one.trust,
                    "coverage": one.coverage,
                    "verdict": one.verdict,
                    "kinds": one.kinds,
                }
            )
            + "\n"
            for one in entries
        )
    )
    for arguments, code in (([], 0), (["--fail-on-drift"], 1), (["--days", "0"], 2)):
        with pytest.raises(SystemExit) as left:
            cli.main(["report", str(path), *arguments])
        assert int(left.value.code or 0) == code
    assert "drift: contradicted claims" in capsys.readouterr().out


def test_threads_share_a_log(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    log, report = AnswerLog(tmp_path / "answers.jsonl"), make_report("A cup.", [0.9], [])
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: log.add(report), range(200)))
    assert len(read(log.path)) == 200 and Path(log.path).read_text().count("\n") == 200
