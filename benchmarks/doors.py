"""What the doors into other frameworks find and cost: ``python benchmarks/doors.py [--only QUESTION]``; ten minutes on one core.

``answers``: 200 answers of three sentences about drawn scenes, one sentence of every second answer made false. LlamaIndex's
BatchEvalRunner with `ClipVerifyEvaluator` and a pytest run with the plugin's fixture say which are wrong; beside them its
MultiModalFaithfulnessEvaluator with the bundled LLaVA for a judge. ``korean``: 1,000 claims about drawn scenes in Korean, and the
same in English. ``engine``: what `ClipVerifyQueryEngine` adds to an engine over an index. All with the bundled models.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as Tree
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from looking import truth_of
from measuring import save_answer

from llamaindex_clipverify import EvidenceIndex, Verifier
from llamaindex_clipverify.claims.wording import sentence
from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.testing.korean import korean_sentence
from llamaindex_clipverify.trust.metrics import auroc, group_weights, interval
from training.fit_profile import claims_of

_SPOILT = ("object", "attribute", "count")
_QUESTIONS = ("What does the picture show?", "Is there a dog?", "What colour is the car?", "How many cups are there?")
_SUITE = """
import json, pathlib, pytest

ROWS = json.loads(pathlib.Path(__file__).with_name("rows.json").read_text())


@pytest.mark.parametrize("row", ROWS, ids=[str(place) for place in range(len(ROWS))])
def test_answer(clipverify, row):
    clipverify.assert_trusted(row["text"], images=[row["path"]])
"""


@dataclass(frozen=True)
class Answer:
    """Three sentences about a picture, and the one that was made false, if any."""

    path: Path
    text: str
    false: str | None


def drawn(number: int, folder: Path) -> list[Answer]:
    """Draw scenes with answers about them; every second answer is corrupted."""
    answers: list[Answer] = []
    seed = FRESH + 710_000
    while len(answers) < number:
        seed += 1
        scene, random = draw_scene(seed), np.random.default_rng(seed)
        rows = [row for row in scene.claims(seed) if row["kind"] in _SPOILT]
        true = list(dict.fromkeys(str(row["claim"]) for row in rows if row["label"]))
        false = [str(row["claim"]) for row in rows if not row["label"]]
        if len(true) < 3 or not false:
            continue
        said = [true[place] for place in random.permutation(len(true))[:3]]
        wrong = None
        if len(answers) % 2:
            wrong = false[int(random.integers(len(false)))]
            said[int(random.integers(3))] = wrong
        path = folder / f"{len(answers):04}.png"
        scene.image.save(path)
        answers.append(Answer(path, " ".join(said), wrong))
    return answers


def found(flagged: list[bool], answers: list[Answer]) -> dict[str, float]:
    """Return precision, recall and accuracy of naming the corrupted answers."""
    wrong = [one.false is not None for one in answers]
    hits = sum(one and other for one, other in zip(flagged, wrong, strict=True))
    right = sum(one == other for one, other in zip(flagged, wrong, strict=True))
    return {
        "precision": round(hits / max(sum(flagged), 1), 3),
        "recall": round(hits / sum(wrong), 3),
        "accuracy": round(right / len(wrong), 3),
    }


def answers(number: int) -> dict[str, Any]:
    """Ask the batch runner, the test suite and the judge."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        rows = drawn(number, folder)
        return {
            "answers": len(rows),
            "evaluator": _by_runner(rows, folder),
            "pytest": _by_suite(rows, folder),
            "judge": _by_judge(rows),
        }


def _by_runner(rows: list[Answer], folder: Path) -> dict[str, Any]:
    from llama_index.core.base.response.schema import Response
    from llama_index.core.evaluation import BatchEvalRunner
    from llama_index.core.schema import ImageNode, NodeWithScore

    from llamaindex_clipverify.llama_index import ClipVerifyEvaluator

    verifier = Verifier.tiny()
    verifier.verify("There is a dog.", [draw_scene(FRESH).image])
    runner = BatchEvalRunner({"clipverify": ClipVerifyEvaluator(verifier, folders=[folder])}, workers=2)
    nodes = [[NodeWithScore(node=ImageNode(image_path=str(one.path)))] for one in rows]
    responses = [Response(one.text, own) for one, own in zip(rows, nodes, strict=True)]
    started = time.perf_counter()
    results = asyncio.run(runner.aevaluate_responses([""] * len(rows), responses))["clipverify"]
    seconds = time.perf_counter() - started
    named = [
        any(claim.claim.text in one.false for claim in result.report.doubtful())
        for one, result in zip(rows, results, strict=True)
        if one.false is not None
    ]
    return {
        **found([result.passing is False for result in results], rows),
        "the false sentence is named": round(sum(named) / len(named), 3),
        "not checkable": sum(bool(result.invalid_result) for result in results),
        "seconds": round(seconds, 1),
        "judge calls": 0,
    }


def _by_suite(rows: list[Answer], folder: Path) -> dict[str, Any]:
    suite = folder / "suite"
    suite.mkdir()
    (suite / "test_answers.py").write_text(_SUITE)
    (suite / "rows.json").write_text(json.dumps([{"text": one.text, "path": str(one.path)} for one in rows]))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-c",
        os.devnull,
        "--rootdir",
        str(suite),
        "--clipverify-models",
        "tiny",
    ]
    times = []
    for _ in range(2):
        started = time.perf_counter()
        subprocess.run([*command, "--junitxml", str(suite / "run.xml"), str(suite)], capture_output=True, check=False)
        times.append(round(time.perf_counter() - started, 1))
    failed = {
        str(case.get("name")): case.find("failure") is not None
        for case in Tree.parse(suite / "run.xml").iter("testcase")
    }
    flagged = [failed[f"test_answer[{place}]"] for place in range(len(rows))]
    return {**found(flagged, rows), "seconds": times[0], "seconds again, cached": times[1], "judge calls": 0}


def _by_judge(rows: list[Answer]) -> dict[str, Any]:
    from llama_index.core.evaluation.multi_modal import MultiModalFaithfulnessEvaluator

    from llamaindex_clipverify.llama_index import LlavaLLM

    llm = LlavaLLM(model="tiny", max_tokens=4, folders=[str(rows[0].path.parent)])
    judge = MultiModalFaithfulnessEvaluator(multi_modal_llm=llm)
    started = time.perf_counter()
    passing = [judge.evaluate(response=one.text, contexts=[], image_paths=[str(one.path)]).passing for one in rows]
    seconds = time.perf_counter() - started
    said = round(sum(map(bool, passing)) / len(rows), 3)
    return {
        **found([not one for one in passing], rows), "says yes": said, "seconds": round(seconds, 1),
        "judge calls": len(rows),
    }  # fmt: skip


def korean(number: int) -> dict[str, Any]:
    """Return the AUROC of trust in Korean claims, and in the same claims in English."""
    verifier, random = Verifier.tiny(), np.random.default_rng(0)
    rows: list[dict[str, Any]] = []
    seed = FRESH + 720_000
    while len(rows) < number:
        seed += 1
        scene = draw_scene(seed)
        for claim, negated in claims_of(scene):
            text = korean_sentence(claim, negated, random)
            plain = sentence(claim) if claim.kind != "relation" else f"There is {claim.phrase}."
            if negated:
                plain = re.sub(r"^There (is|are) (?:an? )?", r"There \1 no ", plain)
            if text is None or len(rows) >= number:
                continue
            trusts = {}
            for language, said in (("ko", text), ("en", plain)):
                report = verifier.verify(said, [scene.image])
                trusts[language] = report.trust
            label = int((truth_of(claim, [scene]) is True) != negated)
            kind = "negated" if negated else claim.kind
            rows.append({"kind": kind, "label": label, "seed": seed, "text": text, **trusts})
    return {"claims": len(rows), **{language: _judged(rows, language) for language in ("ko", "en")},
            "examples": [row["text"] for row in rows[:6]]}  # fmt: skip


def _judged(rows: list[dict[str, Any]], language: str) -> dict[str, Any]:
    known = [row for row in rows if row[language] is not None]
    kinds = ("all", *dict.fromkeys(row["kind"] for row in rows))
    result: dict[str, Any] = {"unverifiable": len(rows) - len(known)}
    for kind in kinds:
        some = [row for row in known if kind in ("all", row["kind"])]
        trusts, labels = np.array([row[language] for row in some]), np.array([row["label"] for row in some], float)
        weights = group_weights([str(row["seed"]) for row in some], 300)
        ends = interval([auroc(trusts, labels, one) for one in weights])
        result[kind] = {"claims": len(some), "auroc": round(auroc(trusts, labels), 4),
                        "interval": None if ends is None else [round(end, 4) for end in ends]}  # fmt: skip
    return result


def engine(number: int) -> dict[str, Any]:
    """Return the milliseconds of an engine over an index of so many pictures, and what verification adds."""
    from llama_index.core.query_engine import RetrieverQueryEngine

    from llamaindex_clipverify.llama_index import ClipVerifyQueryEngine, LlavaSynthesizer, load_llm

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for one in range(number):
            draw_scene(FRESH + 730_000 + one).image.save(folder / f"{one:04}.png")
        index = EvidenceIndex.from_documents([folder], folder / "store", "tiny", "tiny")
        bare = RetrieverQueryEngine(index.as_retriever(4), LlavaSynthesizer(load_llm("tiny"), folders=index.folders))
        wrapped = ClipVerifyQueryEngine(bare, index.verifier, folders=index.folders)
        wrapped.query(_QUESTIONS[0])
        times: dict[str, list[float]] = {"engine": [], "verified engine": [], "added": []}
        questions = [
            question.replace("dog", noun) for noun in ("dog", "cat", "bus", "clock", "cup") for question in _QUESTIONS
        ]
        for question in questions:
            took = {}
            for name, one in (("engine", bare), ("verified engine", wrapped)):
                index.verifier._facts.clear()
                started = time.perf_counter()
                one.query(question)
                took[name] = 1000 * (time.perf_counter() - started)
                times[name].append(took[name])
            times["added"].append(took["verified engine"] - took["engine"])
    added = sorted(times["added"])
    return {
        "pictures": number, "questions": len(questions), "pictures an answer": 4,
        "ms": {name: round(statistics.median(some), 1) for name, some in times.items()},
        "added, 95th percentile": round(added[int(0.95 * (len(added) - 1))], 1),
    }  # fmt: skip


def main() -> None:
    """Ask what is asked for, and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("answers", "korean", "engine"), help="one question alone")
    parser.add_argument("--answers", type=int, default=200)
    parser.add_argument("--claims", type=int, default=1000, help="Korean claims")
    parser.add_argument("--pictures", type=int, default=200, help="in the index of the engine")
    options = parser.parse_args()
    questions = {
        "answers": lambda: answers(options.answers),
        "korean": lambda: korean(options.claims),
        "engine": lambda: engine(options.pictures),
    }
    for name, ask in questions.items():
        if options.only in (None, name):
            result = ask()
            print(name, json.dumps(result, ensure_ascii=False, indent=1), flush=True)
            save_answer("doors", name, result, command="python benchmarks/doors.py", data="drawn scenes")


if __name__ == "__main__":
    main()
