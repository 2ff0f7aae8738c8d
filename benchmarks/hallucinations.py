"""What the bundled LLaVA invents, and whether trust finds it: ``python benchmarks/hallucinations.py``.

The model describes fresh drawn scenes. Every claim of what it says is true or false by the
scene itself; trust is that of the bundled verifier, which never sees the truth. Beside it the same figures for the model's own
mean log-probability of the answer and for the detector alone. Then each answer is revised, as ``on_doubt="revise"`` does, and
what it still claims is counted. Half as many scenes by the generator that nothing was trained on come first. Keeps the figures
in results/hallucinations.json.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from measuring import save

from llamaindex_clipverify import Answer, Prompts, Verifier
from llamaindex_clipverify.models.protocols import VisionModel
from llamaindex_clipverify.models.registry import load_llava
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.report.revision import MARK, revise
from llamaindex_clipverify.testing import FRESH, STYLES, Scene, draw_scene
from llamaindex_clipverify.testing.truth import truth_of
from llamaindex_clipverify.trust.metrics import auroc, average_precision, ece, group_weights, interval
from training.worlds import UNSEEN

QUESTION = Prompts().describe
_AT_ONCE = 24


@dataclass(frozen=True)
class Row:
    """One claim of the model, its truth, and its scores."""

    group: str
    kind: str
    label: bool
    trust: float | None
    logprob: float
    detector: float


@dataclass
class Kept:
    """Claims that answers make before and after they are revised, by their truth."""

    true: int = 0
    false: int = 0
    true_after: int = 0
    false_after: int = 0

    def add(self, scene: Scene, report: Report, verifier: Verifier) -> None:
        """Count one answer; a claim that is marked as not supported is not made any more."""
        revision = revise(report, verifier.splitter)
        marked = Counter(revision.softened)
        for one in report.claims:
            truth = truth_of(one.claim, [scene])
            self.true, self.false = self.true + (truth is True), self.false + (truth is False)
        for claim in verifier.splitter.split(revision.text.replace(MARK, "")):
            if marked[claim.text]:
                marked[claim.text] -= 1
                continue
            truth = truth_of(claim, [scene])
            self.true_after, self.false_after = self.true_after + (truth is True), self.false_after + (truth is False)

    def figures(self) -> dict[str, float]:
        """Return the share of false claims before and after, and the share of true ones that are kept."""
        before, after = self.true + self.false, self.true_after + self.false_after
        return {
            "claims": before,
            "claims_after": after,
            "false_before": round(self.false / before, 4),
            "false_after": round(self.false_after / after, 4),
            "true_kept": round(self.true_after / self.true, 4),
        }


def rows_of(scenes: list[Scene], model: VisionModel, verifier: Verifier, question: str, kept: Kept) -> Iterator[Row]:
    """Let the model answer about each scene, verify, revise, and yield every claim that the scene can decide."""
    for start in range(0, len(scenes), _AT_ONCE):
        part = scenes[start : start + _AT_ONCE]
        said = model.generate([[("user", [scene.image, question])] for scene in part], 120)
        spoken = [(scene, one) for scene, one in zip(part, said, strict=True) if one.text]
        reports = verifier.verify_batch([Answer.of(one.text, [scene.image], question) for scene, one in spoken])
        for (scene, one), report in zip(spoken, reports, strict=True):
            assert isinstance(report, Report), report
            kept.add(scene, report, verifier)
            yield from _claims(scene, report, one.mean_logprob or 0.0)


def _claims(scene: Scene, report: Report, logprob: float) -> Iterator[Row]:
    for one in report.claims:
        truth = truth_of(one.claim, [scene])
        if truth is None:
            continue
        seen = next((e.score for e in one.evidence if e.check == "objects" and e.score is not None), 0.5)
        yield Row(str(scene.seed), one.claim.kind, truth, one.trust, logprob, seen)


def figures(rows: list[Row]) -> dict[str, object]:
    """Return prevalence of false claims, AUROC of trust with its interval, and finding falsehoods by distrust."""
    labels = np.array([row.label for row in rows], dtype=float)
    trust = np.array([0.5 if row.trust is None else row.trust for row in rows])
    if labels.all() or not labels.any():
        return {"n": len(rows), "false": int((1 - labels).sum())}
    weights = group_weights([row.group for row in rows], 200)
    spread = [auroc(trust, labels, one) for one in weights]
    return {
        "n": len(rows),
        "false": int((1 - labels).sum()),
        "prevalence": float(1 - labels.mean()),
        "coverage": float(np.mean([row.trust is not None for row in rows])),
        "auroc": auroc(trust, labels),
        "auroc_interval": interval(spread),
        "average_precision_of_false": average_precision(-trust, 1 - labels),
        "recall_of_false_at_5_percent": recall_at(-trust, 1 - labels, 0.05),
        "ece": ece(trust, labels),
        "auroc_logprob": auroc(np.array([row.logprob for row in rows]), labels),
        "auroc_detector": auroc(np.array([row.detector for row in rows]), labels),
    }


def recall_at(scores: np.ndarray, found: np.ndarray, alarms: float) -> float:
    """Return the share of what is to be found above the threshold that so many of the others pass."""
    others = np.sort(scores[found == 0])[::-1]
    threshold = others[min(len(others) - 1, int(alarms * len(others)))]
    return float(np.mean(scores[found == 1] > threshold))


def main() -> None:
    """Draw, answer, verify, measure, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=1000)
    parser.add_argument("--model", default="tiny")
    options = parser.parse_args()
    model, verifier, started = load_llava(options.model), Verifier.tiny(), time.perf_counter()
    others = [draw(FRESH + 400_000 + n) for draw in UNSEEN.values() for n in range(options.scenes // 2)]
    left_out = figures(list(rows_of(others, model, verifier, QUESTION, Kept())))
    print("generator left out", left_out, flush=True)
    scenes = [draw_scene(FRESH + 400_000 + n, style=STYLES[n % len(STYLES)]) for n in range(options.scenes)]
    kept = Kept()
    rows = list(rows_of(scenes, model, verifier, QUESTION, kept))
    kinds = {kind: figures([row for row in rows if row.kind == kind]) for kind in sorted({row.kind for row in rows})}
    done = {"all claims": figures(rows), **kinds}
    for name, values in done.items():
        print(name, {key: round(v, 4) if isinstance(v, float) else v for key, v in values.items()})
    print("revised", kept.figures())
    print(f"{time.perf_counter() - started:.0f} s")
    command = f"python benchmarks/hallucinations.py --scenes {options.scenes}"
    found = {"scenes": options.scenes, "left_out": left_out, "kinds": done, "revised": kept.figures()}
    save("hallucinations", {"command": command, **found})


if __name__ == "__main__":
    main()
