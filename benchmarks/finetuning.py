"""Fine-tuning on a drawing style that the model has not seen: ``python benchmarks/finetuning.py``.

Needs the third style in ``data/fluent`` and a profile for it (``training/README.md`` says how both are made), and a LLaVA of the
drawn world. Three questions, all on drawn scenes whose truth is known:

* style: 500 scenes of the third style with true captions. How many of the objects that a description names are not in the scene
  (hallucination), and how many of those in the scene does it name (recall), before and after; on held-out scenes of the third
  style and on fresh ones of the two old styles?
* killed: is a run that is killed by SIGKILL and resumed the same as one left alone?
* corrupted: where 30 % of the captions have a wrong noun, colour or number, does it help to drop those the verifier distrusts?

Without ``--scenes`` the figures go to results/finetuning.json, each question with the command that answered it.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from measuring import RESULTS, save

sys.path.insert(0, str(Path(__file__).parents[1]))

from llamaindex_clipverify import Describer, EnglishSplitter, Verifier
from llamaindex_clipverify.adapting.finetuning import Selection, finetune
from llamaindex_clipverify.answer import sentences
from llamaindex_clipverify.models.llava import Llava
from llamaindex_clipverify.models.registry import tiny_folder
from llamaindex_clipverify.testing import FRESH, NOUNS, STYLES, Scene, draw_scene, register_style, statements
from llamaindex_clipverify.testing.truth import truth_of
from training.talks import described

NEW = "fluent"
LEARNT, OLD = 860_000, 880_000
"""First seeds of the scenes learnt: above those of every training and profile, below `FRESH`."""
HELD = FRESH + 900_000
"""First seed of the scenes measured."""
WRONG = 0.3


# -- data -------------------------------------------------------------------------------------------------------------


def draw(seeds: Sequence[int], style: str | None) -> list[Scene]:
    return [draw_scene(seed, style=style or STYLES[place % 2]) for place, seed in enumerate(seeds)]


def write(folder: Path, scenes: Sequence[Scene], captions: Sequence[str]) -> Path:
    """Write pictures and captions in the form that the product reads."""
    folder.mkdir(parents=True)
    for scene in scenes:
        scene.image.save(folder / f"{scene.seed}.png")
    with (folder / "captions.csv").open("w", newline="", encoding="utf-8") as stream:
        rows = [(f"{scene.seed}.png", caption) for scene, caption in zip(scenes, captions, strict=True)]
        csv.writer(stream).writerows([("image", "caption"), *rows])
    return folder


def caption(scene: Scene) -> str:
    """Return what the model was taught to say: every object, in any order."""
    return described(scene, rng=np.random.default_rng(scene.seed))


def corrupted(scene: Scene, rng: np.random.Generator) -> str:
    """Return a caption that is true but for one noun, colour or number."""
    noun = statements.pick(rng, scene.nouns())
    things, own = list(scene.objects), [thing for thing in scene.objects if thing.noun == noun]
    colours, sort = scene.colours_of(noun), int(rng.integers(3))
    if sort == 0 and statements.article(noun) != noun:  # skis and scissors are not counted
        things = (
            [*things, own[0]] if len(own) == 1 or rng.random() < 0.5 else [one for one in things if one is not own[0]]
        )
    elif sort == 1 and colours and len(colours) == 1:
        wrong = statements.false_colour(scene, noun, rng)
        things = [replace(thing, colour=wrong) if thing.noun == noun else thing for thing in things]
    else:
        wrong = statements.likely_absent(scene, rng)
        things = [replace(thing, noun=wrong) if thing.noun == noun else thing for thing in things]
    return caption(replace(scene, objects=tuple(things)))


# -- figures ----------------------------------------------------------------------------------------------------------


def measure(model: str, scenes: Sequence[Scene], batch_size: int = 16) -> dict[str, Any]:
    """Return the figures of a model's descriptions, with 95 % bootstrap intervals over scenes."""
    describer = Describer(model=Llava(model), batch_size=batch_size, max_new_tokens=96)
    texts = [one.text for one in describer.describe([scene.image for scene in scenes])]
    splitter, rows = EnglishSplitter(), []
    for scene, text in zip(scenes, texts, strict=True):
        claims = [claim for claim in splitter.split(text) if not claim.negated and claim.noun in NOUNS]
        named, there = {str(claim.noun) for claim in claims}, set(scene.nouns())
        false = sum(truth_of(claim, [scene]) is False for claim in claims)
        rows.append([len(named - there), len(named), len(there & named), len(there), false, len(claims)])
    table = np.array(rows, float)
    draws = np.random.default_rng(0).integers(len(table), size=(1000, len(table)))
    figures: dict[str, Any] = {"scenes": len(scenes)}
    for name, (part, whole) in {"hallucination": (0, 1), "recall": (2, 3), "false_claims": (4, 5)}.items():
        shares = [table[draw, part].sum() / max(table[draw, whole].sum(), 1) for draw in draws]
        figures[name] = round(float(table[:, part].sum() / max(table[:, whole].sum(), 1)), 4)
        figures[f"{name}_interval"] = [round(float(one), 4) for one in np.quantile(shares, [0.025, 0.975])]
    return figures


def say(name: str, one: dict[str, Any]) -> None:
    figures = ", ".join(f"{key} {one[key]:.3f}" for key in ("hallucination", "recall", "false_claims"))
    print(f"{name}: {figures}", flush=True)


# -- the three questions --------------------------------------------------------------------------------------------------


class Bench:
    """The scenes, the runs' folder and how long to learn."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.folder = options.work
        shutil.rmtree(self.folder, ignore_errors=True)
        number, tests = options.scenes or 500, options.tests
        self.learnt = draw(range(LEARNT, LEARNT + number), NEW)
        self.tests = {
            style: draw(range(HELD + 10_000 * place, HELD + 10_000 * place + tests), style)
            for place, style in enumerate((NEW, *STYLES))
        }
        self.true = write(self.folder / "true", self.learnt, [caption(scene) for scene in self.learnt])
        self.sources: list[Path] = []
        if options.rehearsal:
            old = draw(range(OLD, OLD + options.rehearsal), None)
            self.sources = [write(self.folder / "old", old, [caption(scene) for scene in old])]
        self.how = {"epochs": options.epochs, "batch_size": options.batch_size, "learning_rate": options.learning_rate,
                    "rank": options.rank, "learn": options.learn, "shares": (0.9, 0.1, 0.0), "seed": options.seed}  # fmt: skip

    def tune(self, name: str, data: Sequence[Path], **more: Any) -> Any:
        started = time.perf_counter()
        out = self.folder / name
        done = finetune(data, out, self.options.model, merge=True, **{**self.how, **more})
        print(f"{name}: {time.perf_counter() - started:.0f} s\n{done}", flush=True)
        return done

    def style(self) -> dict[str, Any]:
        """Measure all three styles before and after."""
        before = {style: measure(self.options.model, scenes) for style, scenes in self.tests.items()}
        tuned, loss = self.options.tuned, None
        if tuned is None:
            done = self.tune("style", [*[self.true] * self.options.repeat, *self.sources])
            tuned, loss = str(done.model), done.history.to_dict()
        after = {style: measure(tuned, scenes) for style, scenes in self.tests.items()}
        for style in self.tests:
            say(f"{style} before", before[style])
            say(f"{style} after", after[style])
        change = {style: _change(before[style], after[style]) for style in self.tests}
        print("change of hallucination", change, flush=True)
        return {"before": before, "after": after, "change": change, "loss": loss}

    def killed(self) -> dict[str, Any]:
        """Run, run and kill, resume, compare."""
        data = write(self.folder / "few", self.learnt[:120], [caption(scene) for scene in self.learnt[:120]])
        how = ["--epochs", "4", "--batch-size", "8", "--shares", "0.8,0.2,0", "--save-every", "5", "--merge",
               "--learning-rate", str(self.options.learning_rate), "--rank", str(self.options.rank)]  # fmt: skip
        whole = self._command(data, self.folder / "whole", *how)
        whole.wait()
        out = self.folder / "killed"
        first = self._command(data, out, *how)
        while not list(out.glob("checkpoints/checkpoint-10/trainer_state.json")) and first.poll() is None:
            time.sleep(0.05)
        first.send_signal(signal.SIGKILL)
        code = first.wait()
        resumed = self._command(data, out, *how, "--resume")
        resumed.wait()
        one, other = (json.loads((folder / "history.json").read_text()) for folder in (self.folder / "whole", out))
        figures = {
            "exit_codes": [whole.returncode, code, resumed.returncode],
            "steps": len(one["train"]),
            "greatest_difference_of_training_loss": _apart(one["train"], other["train"]),
            "greatest_difference_of_validation_loss": _apart(one["validation"], other["validation"]),
            "uninterrupted": measure(str(self.folder / "whole" / "model"), self.tests[NEW]),
            "resumed": measure(str(out / "model"), self.tests[NEW]),
        }
        print("killed", json.dumps(figures), flush=True)
        return figures

    def _command(self, data: Path, out: Path, *how: str) -> subprocess.Popen[bytes]:
        code = "from llamaindex_clipverify.cli import run; run()"
        given = ["finetune", str(data), "--llm", f"local:{self.options.model}", "--out", str(out), *how]
        return subprocess.Popen([sys.executable, "-c", code, *given])

    def corrupted(self) -> dict[str, Any]:
        """Learn from captions of which some are wrong: all of them, those trusted, all by trust, and the true ones alone."""
        rng = np.random.default_rng(1)
        wrong = [bool(rng.random() < WRONG) for _ in self.learnt]
        captions = [
            corrupted(scene, rng) if bad else caption(scene) for scene, bad in zip(self.learnt, wrong, strict=True)
        ]
        data = write(self.folder / "corrupted", self.learnt, captions)
        verifier = Verifier.from_profile(str(self.options.profile))
        figures: dict[str, Any] = {"profile": verifier.profile.data if verifier.profile else None}
        runs: dict[str, dict[str, Any]] = {
            "unfiltered": {},
            "filtered": {"verifier": verifier, "min_trust": self.options.min_trust},
            "weighted": {"verifier": verifier, "weight_by_trust": True},
        }
        for name, more in runs.items():
            done = self.tune(f"corrupted-{name}", [data], **more)
            figures[name] = measure(str(done.model), self.tests[NEW])
            say(name, figures[name])
            if name == "filtered":
                figures["left_out"] = _left_out(done.selection, self.learnt, captions)
                print(figures["left_out"], flush=True)
        return figures


def _left_out(selection: Selection, scenes: Sequence[Scene], captions: Sequence[str]) -> dict[str, int]:
    """Count the sentences that were left out and those that say something false, among the training part's captions."""
    by_row = {row: (scene, text) for row, (scene, text) in enumerate(zip(scenes, captions, strict=True))}
    splitter = EnglishSplitter()

    def false(row: int, sentence: str) -> bool:
        return any(truth_of(claim, [by_row[row][0]]) is False for claim in splitter.split(sentence))

    kept = [(_row(one.name), text) for one in selection.examples for text in _sentences(" ".join(one.answers))]
    cut = [(_row(name), sentence) for name, sentence, _ in selection.cut]
    cut += [(_row(name), text) for name, _ in selection.dropped for text in _sentences(by_row[_row(name)][1])]
    return {
        "sentences": len(kept) + len(cut), "false": sum(false(*one) for one in [*kept, *cut]),
        "left_out": len(cut), "false_left_out": sum(false(*one) for one in cut),
    }  # fmt: skip


def _sentences(text: str) -> list[str]:
    return [text[begin:end] for begin, end in sentences(text)]


def _row(name: str) -> int:
    return int(name.rpartition(":")[2]) - 2


def _change(before: dict[str, Any], after: dict[str, Any]) -> float | None:
    return round(float(after["hallucination"] / before["hallucination"] - 1), 4) if before["hallucination"] else None


def _apart(one: Sequence[Sequence[float]], other: Sequence[Sequence[float]]) -> float:
    assert [row[0] for row in one] == [row[0] for row in other]
    return max(abs(first[1] - second[1]) for first, second in zip(one, other, strict=True))


def main() -> None:
    """Ask what is asked for, and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=str(tiny_folder() / "llava"), help="folder of a LLaVA of the drawn world")
    parser.add_argument("--style", type=Path, default=Path("data/fluent"), help="folder of the third style")
    parser.add_argument(
        "--profile", type=Path, default=Path("data/fluent.json"), help="profile fitted on the third style"
    )
    parser.add_argument("--work", type=Path, default=Path("data/runs/finetuning"), help="emptied and written to")
    parser.add_argument("--scenes", type=int, help="fewer scenes to learn, for trying")
    parser.add_argument("--tests", type=int, default=200, help="scenes measured, of each style")
    parser.add_argument(
        "--rehearsal",
        type=int,
        default=0,
        help="scenes of the old styles learnt beside the new ones, in the first question",
    )
    parser.add_argument(
        "--repeat", type=int, default=1, help="times that the new scenes are learnt in an epoch, beside old ones"
    )
    parser.add_argument("--epochs", type=float, default=10)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--rank", type=int, default=32)
    parser.add_argument(
        "--learn", choices=("language", "vision", "both"), default="language", help="the half that learns"
    )
    parser.add_argument("--tuned", help="folder of a model that is tuned already: the first question measures it")
    parser.add_argument("--min-trust", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("style", "killed", "corrupted"), help="one question alone")
    options = parser.parse_args()
    register_style(NEW, options.style)
    bench = Bench(options)
    questions: dict[str, Callable[[], dict[str, Any]]] = {
        "style": bench.style, "killed": bench.killed, "corrupted": bench.corrupted}  # fmt: skip
    command = f"python benchmarks/finetuning.py {' '.join(sys.argv[1:])}".strip()
    for name, ask in questions.items():
        if options.only in (None, name):
            found = {"command": command, **ask()}
            if options.scenes is None:
                path = RESULTS / "finetuning.json"
                kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
                save(
                    "finetuning", {**kept, "data": f"{len(bench.learnt)} drawn scenes of the style {NEW}", name: found}
                )


if __name__ == "__main__":
    main()
