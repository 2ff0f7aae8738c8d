"""LoRA (Hu et al. 2021) on a LLaVA's language model, vision tower or both, and its projector, through transformers and peft.

The loss covers answers only: prompt, pictures and padding are masked.
"""

from __future__ import annotations

import json
import math
import random
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from accelerate.utils import set_seed
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import PrinterCallback, ProgressCallback, Trainer, TrainerCallback, TrainingArguments

from llamaindex_clipverify.adapting.finetuning.examples import Example
from llamaindex_clipverify.adapting.finetuning.settings import Settings
from llamaindex_clipverify.errors import DataError, ModelError
from llamaindex_clipverify.models.llava import Llava
from llamaindex_clipverify.picture import Picture

_PROJECTOR = r".*multi_modal_projector\.linear_[12]"
_LANGUAGE = r".*language_model.*\.(?:q|k|v|o)_proj"
_VISION = r".*vision_tower.*\.(?:(?:q|k|v|out)_proj|fc[12])"
LAYERS = {
    "language": (_LANGUAGE, _PROJECTOR),
    "vision": (_VISION, _PROJECTOR),
    "both": (_LANGUAGE, _VISION, _PROJECTOR),
}
"""By `Settings.learn`, the full names of the layers that learn; attention alone of the language model."""
_IGNORED = -100
_CHECKPOINTS = 10


def adapted(llava: Llava, settings: Settings) -> PeftModel:
    """Add new LoRA matrices, initialised from the seed, to a model; its output is unchanged until they are trained.

    Raises:
        ModelError: The model has no layers of LLaVA's names.
    """
    model = llava.model
    layers = LAYERS[settings.learn]
    if not all(any(re.fullmatch(layer, name) for name, _ in model.named_modules()) for layer in layers):
        raise ModelError("the model has no layers that could learn", got=llava.name, do="take a LLaVA")
    set_seed(settings.seed)
    config = LoraConfig(
        r=settings.rank, lora_alpha=2 * settings.rank, lora_dropout=0.05, target_modules="|".join(layers)
    )
    made = get_peft_model(model, config)
    made.peft_config["default"].base_model_name_or_path = _place(llava.name)
    return made


def train(
    llava: Llava,
    parts: tuple[Sequence[Example], Sequence[float], Sequence[Example]],
    folder: Path,
    settings: Settings,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[PeftModel, list[dict[str, Any]]]:
    """Fine-tune a model in place and return it with the Trainer's log.

    Goes on from the last whole checkpoint in the folder, if there is one: weights, optimiser, schedule, random numbers and
    the place in the data. The weights kept are the best on the validation part, or the last where there is none.

    Args:
        llava: The model; its weights are read now.
        parts: Training examples, their weights, validation examples.
        folder: For checkpoints.
        settings: See `Settings`.
        progress: Progress callback: called with (steps done, steps in total).
    """
    examples, weights, validation = parts
    with _own_randomness():
        model = adapted(llava, settings)
        trainer = _Trainer(
            model=model,
            args=_arguments(llava, folder, settings, len(examples), bool(validation)),
            data_collator=Collator(llava, settings.max_length),
            train_dataset=list(zip(examples, weights, strict=True)),
            eval_dataset=[(example, 1.0) for example in validation] or None,
            callbacks=[_Steps(progress, bool(validation))],
        )
        for printing in (PrinterCallback, ProgressCallback):
            trainer.remove_callback(printing)
        trainer.train(resume_from_checkpoint=last_checkpoint(folder))
    model.eval()
    return model, trainer.state.log_history


def save(model: PeftModel, folder: Path) -> None:
    """Write the adapter alone; it names the model that it belongs to."""
    with _replacing(folder) as staged:
        model.save_pretrained(str(staged))


def merge(model: PeftModel, llava: Llava, folder: Path) -> None:
    """Work the adapter into the weights and write a whole model folder with its processor."""
    merged = model.merge_and_unload()
    with _replacing(folder) as staged:
        merged.save_pretrained(str(staged))
        llava.processor.save_pretrained(str(staged))


def last_checkpoint(folder: Path) -> str | None:
    """Return the newest checkpoint that is whole; the Trainer writes its state last, so one cut off by a kill has none."""
    whole = [path.parent for path in folder.glob("checkpoint-*/trainer_state.json") if _readable(path)]
    newest = max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)
    return str(newest) if newest else None


# -- batches --------------------------------------------------------------------------------------------------------


class Collator:
    """Makes batches of examples: tokens as the model's own chat template and processor make them, and what is learnt."""

    def __init__(self, llava: Llava, max_length: int | None = None) -> None:
        """Read the processor.

        Args:
            llava: The model.
            max_length: Most tokens of an example; the model's window by default.
        """
        self.processor = llava.processor
        self.max_length = min(max_length or llava.context_window, llava.context_window)
        self._tokenizer = self.processor.tokenizer
        self._picture = getattr(llava.config, "image_token_index", None) or getattr(
            llava.config, "image_token_id", None
        )
        first = self._tokenizer("a").input_ids[:1]
        self._start = self._tokenizer.bos_token if first == [self._tokenizer.bos_token_id] else ""

    def __call__(self, rows: Sequence[tuple[Example, float]]) -> dict[str, Any]:
        """Return ``input_ids``, ``attention_mask``, ``labels`` (B, T), the pictures, and ``weights`` (B,)."""
        pieces = [self._pieces(example) for example, _ in rows]
        pictures = [picture.image for example, _ in rows for picture in example.pictures]
        encoded = self._encoded([text for row in pieces for text, _ in row], pictures)
        for example, _ in rows:
            _forget(example.pictures)
        tokens = iter(zip(encoded.pop("input_ids"), encoded.pop("attention_mask"), strict=True))
        made = []
        for (example, _), row in zip(rows, pieces, strict=True):
            made.append(self._row([(*next(tokens), learnt) for _, learnt in row], example.name))
        ids, labels = zip(*made, strict=True)
        mask = _padded([torch.ones_like(row) for row in ids], 0)
        return {
            **encoded,
            "input_ids": _padded(ids, self._tokenizer.pad_token_id or 0),
            "attention_mask": mask,
            "labels": _padded(labels, _IGNORED),
            "weights": torch.tensor([weight for _, weight in rows], dtype=torch.float32),
        }

    def _pieces(self, example: Example) -> list[tuple[str, bool]]:
        """Return the template's text in pieces, each with whether it is learnt: prompts and answers in turn.

        The cuts are where generation starts, so that an answer has the tokens that the model would generate.
        """
        messages = [{"role": role, "content": [_content(part) for part in parts]} for role, parts in example.messages]
        pieces, prefix = [], ""
        for place, message in enumerate(messages):
            if message["role"] != "assistant":
                continue
            asked = self._rendered(messages[:place], prompt=True)
            whole = self._rendered(messages[: place + 1], prompt=False)
            if not asked.startswith(prefix) or not whole.startswith(asked):
                raise ModelError("the model's chat template cannot be read turn by turn", got=example.name)
            pieces += [
                (
                    (self._start if not prefix and not asked.startswith(self._start) else "") + asked[len(prefix) :],
                    False,
                )
            ]
            pieces += [(self._ended(whole[len(asked) :]), True)]
            prefix = whole
        return pieces

    def _rendered(self, messages: Sequence[dict[str, Any]], prompt: bool) -> str:
        text: str = self.processor.apply_chat_template(list(messages), add_generation_prompt=prompt, tokenize=False)
        return text

    def _ended(self, answer: str) -> str:
        """Return the answer with the end token that some templates leave out: the model must learn to stop."""
        end = self._tokenizer.eos_token
        return answer if not end or end in answer else answer.rstrip() + end

    def _encoded(self, texts: list[str], pictures: list[Any]) -> dict[str, Any]:
        out = self.processor(text=texts, images=pictures, add_special_tokens=False, padding=True, return_tensors="pt")
        return {key: value for key, value in out.items() if key != "token_type_ids"}

    def _row(self, pieces: Sequence[tuple[Any, Any, bool]], name: str) -> tuple[Any, Any]:
        """Join the tokens of an example's pieces and their labels, both cut at the greatest length."""
        ids = [tokens[mask.bool()] for tokens, mask, _ in pieces]
        learnt = [one for _, _, one in pieces]
        labels = [
            self._learnt(one) if said else torch.full_like(one, _IGNORED) for one, said in zip(ids, learnt, strict=True)
        ]
        whole, wanted = torch.cat(ids), torch.cat(labels)
        kept, lost = wanted[: self.max_length], whole[self.max_length :]
        if self._picture in lost.tolist() or not (kept != _IGNORED).any():
            got = f"{name}: {len(whole)} tokens, {self.max_length} allowed"
            raise DataError(
                "the greatest length leaves nothing to learn", got=got, do="raise --max-length (max_length=)"
            )
        return whole[: self.max_length], kept

    def _learnt(self, answer: Any) -> Any:
        """Return labels up to the last end token; the template's line break behind it is nothing that a model says."""
        ends = (answer == self._tokenizer.eos_token_id).nonzero()
        labels = answer.clone()
        if len(ends):
            labels[int(ends[-1]) + 1 :] = _IGNORED
        return labels


def _content(part: str | Picture) -> dict[str, str]:
    return {"type": "text", "text": part} if isinstance(part, str) else {"type": "image"}


def _forget(pictures: Sequence[Picture]) -> None:
    for picture in pictures:
        picture.forget()


def _padded(rows: Sequence[Any], value: int) -> Any:
    return torch.nn.utils.rnn.pad_sequence(list(rows), batch_first=True, padding_value=value)


# -- the Trainer ----------------------------------------------------------------------------------------------------


class _Trainer(Trainer):  # type: ignore[misc]
    """Weighs each example's tokens."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.model_accepts_loss_kwargs = False

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Return the mean cross-entropy of the learnt tokens, each times its example's weight.

        The mean is over tokens, not over weights: a batch of doubtful captions moves the model less than one of good ones.
        """
        weights, labels = inputs.pop("weights"), inputs["labels"][:, 1:]
        outputs = model(**{key: value for key, value in inputs.items() if key != "labels"}, use_cache=False)
        learnt = labels != _IGNORED
        losses = functional.cross_entropy(outputs.logits[:, :-1][learnt].float(), labels[learnt], reduction="none")
        loss = (losses * weights[:, None].expand(labels.shape)[learnt]).mean()
        return (loss, outputs) if return_outputs else loss


class _Steps(TrainerCallback):  # type: ignore[misc]
    """Reports progress, and evaluates at the last step too."""

    def __init__(self, progress: Callable[[int, int], None] | None, measured: bool) -> None:
        self.progress, self.measured = progress, measured

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Report progress."""
        if self.progress is not None:
            self.progress(state.global_step, state.max_steps)
        if self.measured and state.global_step >= state.max_steps:
            control.should_evaluate = True


def _arguments(llava: Llava, folder: Path, settings: Settings, examples: int, measured: bool) -> TrainingArguments:
    steps = math.ceil(math.ceil(examples / settings.batch_size) / settings.accumulate * settings.epochs)
    every = settings.save_every or max(1, math.ceil(steps / _CHECKPOINTS))
    when = "steps" if measured else "no"
    made = TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.accumulate,
        num_train_epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=0.03,
        seed=settings.seed,
        data_seed=settings.seed,
        logging_steps=max(1, steps // 200),
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        eval_strategy=when,
        eval_steps=every,
        load_best_model_at_end=measured,
        metric_for_best_model="loss",
        greater_is_better=False,
        prediction_loss_only=True,
        label_names=["labels"],
        remove_unused_columns=False,
        bf16=llava.dtype == "bfloat16" and llava.device != "cpu",
        fp16=llava.dtype == "float16" and llava.device.startswith("cuda"),
        use_cpu=llava.device == "cpu",
        dataloader_pin_memory=llava.device.startswith("cuda"),
        disable_tqdm=True,
        report_to="none",
    )
    made._n_gpu = min(made.n_gpu, 1)
    return made


@contextmanager
def _own_randomness() -> Iterator[None]:
    """Restore the global random state afterwards, because the Trainer seeds all generators."""
    python, numbers = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numbers)


# -- files ----------------------------------------------------------------------------------------------------------


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder that replaces the target folder when it is complete."""
    staged = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    staged.chmod(0o755)
    try:
        yield staged
        shutil.rmtree(folder, ignore_errors=True)
        staged.rename(folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _readable(path: Path) -> bool:
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return True


def _place(name: str) -> str:
    return str(Path(name).resolve()) if Path(name).is_dir() else name
