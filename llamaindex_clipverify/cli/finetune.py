"""clipverify finetune: fine-tune a LLaVA with LoRA."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.groups import with_groups
from llamaindex_clipverify.cli.options import ModelOptions
from llamaindex_clipverify.cli.output import say, skipped, stage_bars
from llamaindex_clipverify.errors import DataError


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """Settings of the training; see `adapting.finetuning.Settings`."""

    epochs: Annotated[float, typer.Option(help="Passes over the training part.")] = 3.0
    batch_size: Annotated[int, typer.Option(help="Examples per batch.")] = 8
    accumulate: Annotated[int, typer.Option(help="Batches per optimiser step (gradient accumulation).")] = 1
    learning_rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 2e-4
    rank: Annotated[int, typer.Option(help="Rank of the LoRA matrices.")] = 16
    learn: Annotated[
        str, typer.Option(metavar="language|vision|both", help="Which half is trained: language model or vision tower.")
    ] = "language"
    max_length: Annotated[
        int | None, typer.Option(help="Maximum tokens of an example. Default: the model's context window.")
    ] = None
    save_every: Annotated[int | None, typer.Option(help="Steps between checkpoints. Default: a tenth of the run.")] = (
        None
    )
    shares: Annotated[str, typer.Option(metavar="A,B,C", help="Shares of training, validation and test part.")] = (
        "0.8,0.1,0.1"
    )
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0
    min_trust: Annotated[float | None, typer.Option(help="Drop sentences of training captions with a lower trust.")] = (
        None
    )
    drop: Annotated[
        str, typer.Option(metavar="sentences|captions", help="Whether --min-trust drops sentences or whole captions.")
    ] = "sentences"
    weight_by_trust: Annotated[
        bool, typer.Option("--weight-by-trust", help="Weight training captions by their trust.")
    ] = False

    def settings(self) -> dict[str, Any]:
        """Return the settings by name, `shares` as numbers."""
        return {**asdict(self), "shares": _numbers(self.shares)}


@app.command()
@with_groups
def finetune(
    data: Annotated[
        list[Path], typer.Argument(metavar="DATA…", help="LLaVA's conversation JSON, or folders with captions.csv.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the run.")],
    llm: Annotated[
        str, typer.Option("--llm", "--model", metavar="tiny|local:ID_OR_FOLDER", help="The LLaVA to fine-tune.")
    ],
    models: ModelOptions,
    training: TrainingOptions,
    device: Annotated[str | None, typer.Option(help="cuda, mps or cpu. Default: the best available.")] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Skip bad rows and name them.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Resume the run in DIR.")] = False,
    merge: Annotated[
        bool, typer.Option("--merge", help="Also write the merged model, to be loaded as local:DIR/model.")
    ] = False,
) -> None:
    """Fine-tune a LLaVA with LoRA, and measure whether it hallucinates less.

    The models of the verifier judge its descriptions of the test pictures before and after.
    """
    from llamaindex_clipverify.adapting import finetuning

    if models.given:
        models.require()
    settings = training.settings()
    with stage_bars() as step:
        result = finetuning.finetune(
            data,
            out,
            llm,
            verifier=models.verifier() if models.given else None,
            device=device,
            skip_bad=skip_bad,
            resume=resume,
            merge=merge,
            progress=step,
            **settings,
        )
    skipped(result.faults)
    say(str(result))


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise DataError("not a list of numbers", got=text, do="give them as 0.8,0.1,0.1") from error
