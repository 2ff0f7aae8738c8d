"""Fine-tune a LLaVA on conversations or captions, and measure with the verifier whether it hallucinates less.

```python
from llamaindex_clipverify import Verifier
from llamaindex_clipverify.finetuning import finetune

verifier = Verifier.from_defaults(encoder="openai/clip-vit-base-patch32", detector="yolov8n.pt")
print(finetune("pictures", "run", "llava-hf/llava-1.5-7b-hf", verifier=verifier, min_trust=0.5))
```
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from llamaindex_clipverify.adapting.finetuning.examples import Example, Fault, read
from llamaindex_clipverify.adapting.finetuning.history import History
from llamaindex_clipverify.adapting.finetuning.judging import Judgement, judgement, table
from llamaindex_clipverify.adapting.finetuning.selection import Selection, select, trusts
from llamaindex_clipverify.adapting.finetuning.settings import Settings
from llamaindex_clipverify.adapting.finetuning.split import Parts, split
from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.description import Describer
from llamaindex_clipverify.errors import DataError, MissingExtraError
from llamaindex_clipverify.models.registry import load_llava
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.verification.verifier import Verifier

__all__ = ["Example", "Fault", "FinetuneResult", "History", "Judgement", "Selection", "Settings", "finetune"]

Progress = Callable[[str, int, int], None]
"""Progress callback: called with (stage, done, total)."""


@dataclass(frozen=True, kw_only=True)
class FinetuneResult:
    """Results of a fine-tuning run."""

    out: Path
    adapter: Path
    """Folder of the LoRA adapter, of a few megabytes."""
    model: Path | None
    """Folder of the whole model, if it was merged; load it as ``local:FOLDER``."""
    parts: dict[str, int]
    """Examples in each part, before any were dropped for lack of trust."""
    faults: tuple[Fault, ...]
    """Invalid rows that were left out."""
    selection: Selection
    history: History
    before: Judgement | None
    """Figures on the test pictures; None without a verifier or test pictures."""
    after: Judgement | None
    note: str = ""
    """Reason if there are no figures."""

    def __str__(self) -> str:
        """Return the result as text."""
        sizes = ", ".join(f"{size} {name}" for name, size in self.parts.items())
        left = f" · {len(self.faults)} bad rows left out" if self.faults else ""
        losses = []
        if self.history.train:
            losses += [f"training loss {self.history.train[0][1]:.3f} → {self.history.train[-1][1]:.3f}"]
        if self.history.best is not None:
            least = min(loss for _, loss in self.history.validation)
            losses += [f"best validation loss {least:.3f} at step {self.history.best}"]
        shown = table(self.before, self.after) if self.before and self.after else f"not evaluated: {self.note}"
        where = self.model or self.adapter
        return "\n".join([f"{sizes}{left}", str(self.selection), " · ".join(losses), shown, str(where)])


def finetune(
    data: str | Path | Sequence[str | Path],
    out: str | Path,
    model: str,
    *,
    verifier: Verifier | None = None,
    device: str | None = None,
    skip_bad: bool = False,
    resume: bool = False,
    merge: bool = False,
    progress: Progress | None = None,
    **settings: Any,
) -> FinetuneResult:
    """Fine-tune a LLaVA with LoRA.

    Writes into `out`: ``run.json``, ``checkpoints/``, ``history.json``, ``loss.png``, ``adapter/``, ``model/`` when merged,
    ``selection.json`` and ``evaluation.json`` with a verifier.

    Args:
        data: One source or several; adding old data keeps the model from forgetting. Each is LLaVA's conversation JSON,
            or a folder with ``captions.csv``.
        out: Folder of the run.
        model: ``tiny``, a hub id, or a folder; a prefix ``local:`` is ignored.
        verifier: Judges descriptions of the test pictures before and after, and training captions where that is asked for.
        device: torch device. Default: the fastest available. Uses bfloat16 or float16 on a GPU, float32 on a CPU.
        skip_bad: Leave out invalid rows instead of raising an error.
        resume: Continue the run in `out`.
        merge: Also write the whole model.
        progress: Progress callback: called with (stage, done, total).
        **settings: See `Settings`.

    Raises:
        DataError: The data, the settings or the folder are invalid.
        ModelError: The model cannot be loaded, or is no LLaVA.
        MissingExtraError: peft or accelerate is not installed.
    """
    chosen, folder = Settings.of(**settings), Path(out)
    if chosen.by_trust and verifier is None:
        raise DataError(
            "captions are weighed by a verifier", do="name its models: --models, or --encoder and --detector"
        )
    _free(folder, resume)
    lora = _lora()
    sources = [data] if isinstance(data, (str, Path)) else list(data)
    examples, faults = read(sources, skip_bad=skip_bad, progress=_stage(progress, "checking the data"))
    parts = split(examples, chosen.shares, chosen.seed)
    llava = _llava(model, device)
    run = _Run(folder, verifier, progress, llava)
    run.claim({"model": llava.id, "data": _fingerprint(examples), "settings": chosen.to_dict()})
    pictures = list(dict.fromkeys(picture for example in parts.test for picture in example.pictures))
    selection = run.selected(parts, chosen)
    if not selection.examples:
        raise DataError("no training caption is trusted enough", got=str(selection), do="lower the least trust")
    before = run.judged("before", pictures, chosen.batch_size)
    trained, log = lora.train(
        llava,
        (selection.examples, selection.weights, parts.validation),
        folder / "checkpoints",
        chosen,
        _stage(progress, "training"),
    )
    history = History.of(log)
    history.save(folder)
    lora.save(trained, folder / "adapter")
    after = run.judged("after", pictures, chosen.batch_size)
    if merge:
        lora.merge(trained, llava, folder / "model")
    return FinetuneResult(
        out=folder,
        adapter=folder / "adapter",
        model=folder / "model" if merge else None,
        parts=parts.sizes,
        faults=tuple(faults),
        selection=selection,
        history=history,
        before=before,
        after=after,
        note="no models of a verifier are named"
        if verifier is None
        else ""
        if pictures
        else "there are no test pictures",
    )


@dataclass
class _Run:
    """The folder of a run with the judgements of the verifier, which are read back when the run resumes."""

    folder: Path
    verifier: Verifier | None
    progress: Progress | None
    llava: Any

    def claim(self, made_of: dict[str, Any]) -> None:
        """Write the run's inputs to its folder, or compare them with those already there.

        Raises:
            DataError: The run in the folder has other inputs.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / _RUN
        if not path.exists():
            _write(path, made_of)
            return
        before = files.read_json(path, *_RECORD)
        changed = [name for name, value in made_of.items() if before.get(name) != value]
        if changed:
            differing = {key for key, value in made_of["settings"].items() if before["settings"].get(key) != value}
            what = ", ".join([*(name for name in changed if name != "settings"), *sorted(differing)])
            raise DataError("the run in the folder was made of other things", got=f"another {what}", do=_OTHER)

    def selected(self, parts: Parts, settings: Settings) -> Selection:
        """Return the training examples, filtered or weighted by trust if requested."""
        if not settings.by_trust or self.verifier is None:
            return Selection(examples=parts.train, weights=(1.0,) * len(parts.train))
        path = self.folder / "selection.json"
        known = files.read_json(path, *_RECORD)["trust"] if path.exists() else None
        found = known or trusts(self.verifier, parts.train, _stage(self.progress, "checking the captions"))
        selection = select(parts.train, found, settings)
        left_out = {name: getattr(selection, name) for name in ("dropped", "cut", "unverifiable")}
        _write(path, {"trust": found, **left_out})
        return selection

    def judged(self, when: str, pictures: Sequence[Picture], batch_size: int) -> Judgement | None:
        """Describe the test pictures and judge it."""
        if self.verifier is None or not pictures:
            return None
        path = self.folder / "evaluation.json"
        kept = files.read_json(path, *_RECORD) if path.exists() else {}
        if when == "before" and when in kept:
            return Judgement(**kept[when])
        describer = Describer(model=self.llava, verifier=self.verifier, batch_size=batch_size, max_new_tokens=128)
        described = describer.describe(pictures, _stage(self.progress, f"describing {when}"))
        found = judgement(described)
        _write(path, {**kept, when: found.to_dict(), f"descriptions_{when}": [one.to_dict() for one in described]})
        return found


_RUN = "run.json"
_RECORD = ("the record of the run cannot be read", "begin anew in another folder")
_OTHER = "resume with the settings, data and model it began with, or name another folder"


def _free(folder: Path, resume: bool) -> None:
    if folder.is_file():
        raise DataError("the output is a folder", got=folder)
    if (folder / _RUN).exists() and not resume:
        raise DataError(
            "the folder holds another run", got=folder, do="go on with it by --resume, or name another folder"
        )
    if folder.exists() and not (folder / _RUN).exists() and any(folder.iterdir()):
        raise DataError("the folder holds other files", got=folder, do="name a new folder")


def _lora() -> Any:
    for library in ("peft", "accelerate"):
        if find_spec(library) is None:
            raise MissingExtraError(library, "finetune")
    return importlib.import_module("llamaindex_clipverify.adapting.finetuning.lora")


def _llava(model: str, device: str | None) -> Any:
    """Return the model, known to be one that sees pictures; its weights are read when they are needed."""
    llava = load_llava(model.removeprefix("local:"), device=device)
    if llava.device.startswith("mps"):
        llava.dtype = "float32"  # half precision needs a gradient scaler, which there is none of
    _ = llava.processor
    return llava


def _stage(progress: Progress | None, name: str) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    return lambda done, total: progress(name, done, total)


def _fingerprint(examples: Sequence[Example]) -> str:
    return hashlib.sha256("".join(example.fingerprint for example in examples).encode()).hexdigest()[:16]


def _write(path: Path, content: Any) -> None:
    files.write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
