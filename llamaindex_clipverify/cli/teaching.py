"""The verb that teaches: finetune."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Annotated

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.options import DetectorName, EncoderName, Models, make_verifier, require
from llamaindex_clipverify.cli.output import say, stage_bars
from llamaindex_clipverify.errors import DataError


@app.command()
def finetune(  # noqa: PLR0913, PLR0917 - one parameter for each flag
    data: Annotated[
        list[Path], typer.Argument(metavar="DATA…", help="LLaVA's conversation JSON, or folders with captions.csv.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the run goes.")],
    llm: Annotated[
        str, typer.Option("--llm", "--model", metavar="tiny|local:ID_OR_FOLDER", help="The LLaVA to fine-tune.")
    ],
    models: Models = None,
    encoder: EncoderName = None,
    detector: DetectorName = None,
    epochs: Annotated[float, typer.Option(help="Times through the training part.")] = 3.0,
    batch_size: Annotated[int, typer.Option(help="Examples at once.")] = 8,
    accumulate: Annotated[int, typer.Option(help="Batches that make one step.")] = 1,
    learning_rate: Annotated[float, typer.Option(help="At its height.")] = 2e-4,
    rank: Annotated[int, typer.Option(help="Of the LoRA matrices.")] = 16,
    learn: Annotated[
        str, typer.Option(metavar="language|vision|both", help="The half that learns: what is said, or what is seen.")
    ] = "language",
    max_length: Annotated[
        int | None, typer.Option(help="Most tokens of an example; the model's window by default.")
    ] = None,
    save_every: Annotated[
        int | None, typer.Option(help="Steps between checkpoints; a tenth of the run by default.")
    ] = None,
    shares: Annotated[
        str, typer.Option(metavar="A,B,C", help="Of training, validation and test part.")
    ] = "0.8,0.1,0.1",
    seed: Annotated[int, typer.Option(help="Of the split and the training.")] = 0,
    device: Annotated[str | None, typer.Option(help="cuda, mps or cpu; the best by default.")] = None,
    min_trust: Annotated[
        float | None, typer.Option(help="Drop sentences of training captions that the verifier trusts less.")
    ] = None,
    drop: Annotated[
        str, typer.Option(metavar="sentences|captions", help="Whether --min-trust drops sentences or whole captions.")
    ] = "sentences",
    weight_by_trust: Annotated[
        bool, typer.Option("--weight-by-trust", help="Let training captions count as much as they are trusted.")
    ] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad rows out and name them.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in DIR.")] = False,
    merge: Annotated[
        bool, typer.Option("--merge", help="Write the whole model too, to be loaded as local:DIR/model.")
    ] = False,
) -> None:
    """Fine-tune a LLaVA with LoRA, and see whether it hallucinates less.

    The models of the verifier judge its descriptions of the test pictures before and after.
    """
    from llamaindex_clipverify.adapting import finetuning

    gc.enable()
    judged = (models, encoder, detector) != (None, None, None)
    if judged:
        require(models, encoder, detector)
    settings = {"epochs": epochs, "batch_size": batch_size, "accumulate": accumulate, "learning_rate": learning_rate,
                "rank": rank, "learn": learn,
                "max_length": max_length, "save_every": save_every, "shares": _numbers(shares), "seed": seed,
                "min_trust": min_trust, "drop": drop, "weight_by_trust": weight_by_trust}  # fmt: skip
    with stage_bars() as step:
        found = finetuning.finetune(
            data, out, llm, verifier=make_verifier(models, encoder, detector) if judged else None, device=device,
            skip_bad=skip_bad, resume=resume, merge=merge, progress=step, **settings,
        )  # fmt: skip
    for fault in found.faults:
        typer.echo(f"clipverify: left out: {fault}", err=True)
    say(str(found))


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise DataError("not a list of numbers", got=text, do="give them as 0.8,0.1,0.1") from error
