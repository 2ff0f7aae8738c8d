"""Trust on fresh drawn scenes of both styles: ``python benchmarks/claims.py``; twenty minutes on two cores.

Writes the scenes' claims as eval rows, verifies them with the bundled models as `clipverify eval` does, and keeps the figures in
results/claims.json. Beside them, on the same rows, CLIPScore pooled over the sentence and its nouns (F-CLIPScore, Oh & Hwang);
and, on some of them, LlamaIndex's own MultiModalFaithfulnessEvaluator with the bundled LLaVA as its judge. All figures are on
drawn scenes.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from measuring import save

from llamaindex_clipverify import Picture, Verifier
from llamaindex_clipverify.evaluation.evaluation import Evaluation, Judged, evaluate, read_rows
from llamaindex_clipverify.testing import FRESH
from llamaindex_clipverify.testing.__main__ import main as write_scenes
from llamaindex_clipverify.trust.metrics import auroc, group_weights, interval


def pooled(verifier: Verifier, done: Evaluation) -> dict[str, Any]:
    """Return the AUROC of the mean cosine of a sentence and each of its nouns, by kind."""
    scores = np.array([_pooled(verifier, one) for one in done.rows])
    labels = np.array([one.row.label for one in done.rows], float)
    kinds = np.array([one.row.kind for one in done.rows])
    found = {
        kind: round(auroc(scores[kinds == kind], labels[kinds == kind]), 4) for kind in dict.fromkeys(kinds.tolist())
    }
    return {"overall": round(auroc(scores, labels), 4), **found}


def _pooled(verifier: Verifier, one: Judged) -> float:
    assert verifier.encoder is not None
    claims = verifier.splitter.split(one.row.claim)
    nouns = {noun for claim in claims for noun in (claim.noun, claim.reference) if noun}
    texts = verifier.encoder.encode_texts([one.row.claim, *sorted(nouns)])
    facts = verifier.facts([Picture.of(path) for path in one.row.paths])
    return max(float((texts @ (seen.of("similarity") or {})["vector"]).mean()) for seen in facts)


def judge(done: Evaluation, number: int) -> dict[str, Any]:
    """Return what LlamaIndex's evaluator makes of a random part of the rows, beside trust on the same."""
    from llama_index.core.evaluation.multi_modal import MultiModalFaithfulnessEvaluator

    from llamaindex_clipverify.llama_index import LlavaLLM

    folders = sorted({str(one.row.folder) for one in done.rows})
    evaluator = MultiModalFaithfulnessEvaluator(
        multi_modal_llm=LlavaLLM(model="tiny", max_new_tokens=4, folders=folders)
    )
    chosen = [done.rows[place] for place in np.random.default_rng(0).permutation(len(done.rows))[:number]]
    started = time.perf_counter()
    said = [_said(evaluator, one) for one in chosen]
    seconds = (time.perf_counter() - started) / len(chosen)
    kinds = dict.fromkeys(one.row.kind for one in chosen)
    found = {kind: _beside([(one, score) for one, score in zip(chosen, said, strict=True) if kind in ("overall", one.row.kind)])
             for kind in ("overall", *kinds)}  # fmt: skip
    return {"rows": len(chosen), "seconds_a_claim": round(seconds, 4), "kinds": found}


def _said(evaluator: Any, one: Judged) -> float:
    paths = [str(path) for path in one.row.paths]
    return float(evaluator.evaluate(response=one.row.claim, contexts=[], image_paths=paths).score)


def _beside(rows: Sequence[tuple[Judged, float]]) -> dict[str, Any]:
    labels = np.array([one.row.label for one, _ in rows], float)
    judged, trusts = np.array([score for _, score in rows]), np.array([one.score for one, _ in rows])
    weights = group_weights([one.row.group for one, _ in rows], 500)
    ends = interval([auroc(trusts, labels, one) - auroc(judged, labels, one) for one in weights])
    return {
        "n": len(rows),
        "accuracy": round(float(((judged > 0.5) == (labels == 1)).mean()), 4),
        "auroc": round(auroc(judged, labels), 4),
        "trust_accuracy": round(float(((trusts >= 0.5) == (labels == 1)).mean()), 4),
        "trust_auroc": round(auroc(trusts, labels), 4),
        "trust_minus_judge_interval": ends and [round(end, 4) for end in ends],
    }


def _lines(found: dict[str, Any]) -> Iterator[str]:
    for kind, one in found["kinds"].items():
        trust = f"trust {one['trust_accuracy']} ({one['trust_auroc']})"
        yield f"{kind}: judge {one['accuracy']} ({one['auroc']}), {trust}, n {one['n']}"


def main() -> None:
    """Draw, verify, measure, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=2600)
    parser.add_argument("--seed", type=int, default=FRESH + 100_000)
    parser.add_argument("--judged", type=int, default=1000, help="rows that the LLM judges")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_scenes(["--scenes", str(options.scenes), "--seed", str(options.seed), "--out", folder, "--balanced"])
        rows = read_rows(Path(folder) / "claims.jsonl")
        started = time.perf_counter()
        verifier = Verifier.tiny(remember=options.scenes + 1)
        done = evaluate(verifier, rows)
        seconds = time.perf_counter() - started
        print(done.table())
        print(f"{len(rows)} claims on {options.scenes} drawn scenes in {seconds:.0f} s", flush=True)
        figures = done.to_dict()
        figures["noun_pooled_clipscore"] = pooled(verifier, done)
        print(figures["noun_pooled_clipscore"], flush=True)
        if options.judged:
            figures["judge"] = judge(done, options.judged)
            print("\n".join(_lines(figures["judge"])))
    data = f"{len(rows)} claims on {options.scenes} drawn scenes"
    save("claims", {"command": f"python benchmarks/claims.py --scenes {options.scenes}", "data": data, **figures})


if __name__ == "__main__":
    main()
