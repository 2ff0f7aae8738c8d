"""Train the tiny detector: the YOLOv8 architecture, narrow, from scratch on drawn scenes.

Run it again to go on where it stopped; ``--minutes`` stops it cleanly after the epoch under way. ``--from FOLDER`` starts with
the weights of an exported detector.

    python -m training.yolo train  --data /data/drawn --run /data/runs/yolo --epochs 10 [--from FOLDER] [--minutes 9]
    python -m training.yolo export --run /data/runs/yolo
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from math import cos, pi
from pathlib import Path
from typing import Any

from llamaindex_clipverify.boundary.scratch import scratch_folder

if "YOLO_CONFIG_DIR" not in os.environ:
    os.environ["YOLO_CONFIG_DIR"] = str(scratch_folder("clipverify-yolo-"))
os.environ.update(YOLO_OFFLINE="True", YOLO_AUTOINSTALL="False", YOLO_VERBOSE="False", ULTRALYTICS_SAFE_LOAD="1")

import torch
import yaml
from safetensors.torch import load_file, save_file
from ultralytics import YOLO, settings

from llamaindex_clipverify.models.registry import tiny_folder
from llamaindex_clipverify.testing import NOUNS
from training.llava_weights import mean

SIDE = 320
EXPORT = tiny_folder() / "yolo"

ARCHITECTURE: dict[str, Any] = {
    "nc": len(NOUNS),
    "scales": {"t": [0.33, 0.1875, 1024]},
    "scale": "t",
    "backbone": [
        [-1, 1, "Conv", [64, 3, 2]],
        [-1, 1, "Conv", [128, 3, 2]],
        [-1, 3, "C2f", [128, True]],
        [-1, 1, "Conv", [256, 3, 2]],
        [-1, 6, "C2f", [256, True]],
        [-1, 1, "Conv", [512, 3, 2]],
        [-1, 6, "C2f", [512, True]],
        [-1, 1, "Conv", [1024, 3, 2]],
        [-1, 3, "C2f", [1024, True]],
        [-1, 1, "SPPF", [1024, 5]],
    ],
    "head": [
        [-1, 1, "nn.Upsample", ["None", 2, "nearest"]],
        [[-1, 6], 1, "Concat", [1]],
        [-1, 3, "C2f", [512]],
        [-1, 1, "nn.Upsample", ["None", 2, "nearest"]],
        [[-1, 4], 1, "Concat", [1]],
        [-1, 3, "C2f", [256]],
        [-1, 1, "Conv", [256, 3, 2]],
        [[-1, 12], 1, "Concat", [1]],
        [-1, 3, "C2f", [512]],
        [-1, 1, "Conv", [512, 3, 2]],
        [[-1, 9], 1, "Concat", [1]],
        [-1, 3, "C2f", [1024]],
        [[15, 18, 21], 1, "Detect", ["nc"]],
    ],
}
"""YOLOv8's layers and connections; only the width (0.1875 of the published table) is this project's."""


class OutOfTime(Exception):
    """The time of this run is up; the last checkpoint is complete."""


@dataclass(frozen=True)
class Course:
    """How long and how fast to train, and from which weights."""

    epochs: int = 10
    batch: int = 16
    rate: float = 0.002
    threads: int = 0
    start: Path | None = None
    minutes: float | None = None
    anneal: float | None = None
    """Minutes after which the rate has ended and the training with it, whatever epoch it is in."""


@dataclass
class Pace:
    """A learning rate that falls with the time of this run along half a cosine, and ends the training with it."""

    peak: float
    started: float
    seconds: float
    saved: float = 0.0

    def slow_down(self, trainer: Any) -> None:
        """Set the rate of the coming batch; the trainer's warm-up changes it after that."""
        share = min(1.0, (time.time() - self.started) / self.seconds)
        for group in trainer.optimizer.param_groups:
            group["lr"] = self.peak * (0.02 + 0.98 * 0.5 * (1 + cos(pi * share)))

    def stop_at_end(self, trainer: Any) -> None:
        """Save every five minutes, and stop when the time is up."""
        spent = time.time() - self.started
        if spent >= self.seconds or spent - self.saved > 300:
            self.saved = spent
            trainer.save_model()
            print(
                f"{spent:.0f} s, epoch {trainer.epoch + 1}, rate {trainer.optimizer.param_groups[0]['lr']:.6f}",
                flush=True,
            )
        if spent >= self.seconds:
            raise OutOfTime("the rate has ended")


def train(data: Path, run: Path, course: Course) -> None:
    """Train, or go on from the last checkpoint."""
    settings.update({"sync": False})
    if course.threads:
        torch.set_num_threads(course.threads)
    last = run / "weights" / "last.pt"
    resumed = last.exists()
    model = YOLO(last) if resumed else YOLO(_architecture_file(run))
    started = time.time()
    model.add_callback("on_train_start", _half_precision_on_cpu)
    model.add_callback("on_fit_epoch_end", lambda trainer: _log(trainer, started))
    if course.start is not None and not resumed:
        weights = load_file(course.start / "model.safetensors")
        model.add_callback("on_train_start", lambda trainer: _start_from(trainer, weights))
    if course.anneal is not None:
        pace = Pace(course.rate, started, 60 * course.anneal)
        model.add_callback("on_train_batch_start", pace.slow_down)
        model.add_callback("on_train_batch_end", pace.stop_at_end)
    if course.minutes is not None:
        due = started + 60 * course.minutes
        model.add_callback("on_model_save", lambda trainer: _stop_when_due(trainer, due))
    try:
        if resumed:
            model.train(resume=True)
        else:
            model.train(
                data=_data_file(data, run), epochs=course.epochs, batch=course.batch, nbs=course.batch, lr0=course.rate,
                **_options(run) | (_GENTLE if course.start else {}),
            )  # fmt: skip
    except OutOfTime as reason:
        print(f"stopped: {reason}", flush=True)


def _options(run: Path) -> dict[str, Any]:
    return {
        "imgsz": SIDE, "project": str(run.parent.resolve()), "name": run.name, "exist_ok": True, "seed": 0, "val": False,
        "plots": False, "device": 0 if torch.cuda.is_available() else "cpu",
        "workers": 0, "cache": "ram", "amp": torch.cuda.is_available(),
        "optimizer": "AdamW", "weight_decay": 0.01, "momentum": 0.9, "lrf": 0.02, "cos_lr": True, "warmup_epochs": 0.5,
        "mosaic": 0.5, "close_mosaic": 2, "mixup": 0.0, "erasing": 0.0, "hsv_h": 0.01, "hsv_s": 0.2, "hsv_v": 0.2,
        "degrees": 0.0, "translate": 0.05, "scale": 0.5, "shear": 0.0, "fliplr": 0.5, "flipud": 0.0, "verbose": False,
    }  # fmt: skip


_GENTLE = {"warmup_epochs": 0.05, "warmup_bias_lr": 0.0}
"""The warm-up of weights that are not new."""


def _architecture_file(run: Path) -> Path:
    run.mkdir(parents=True, exist_ok=True)
    path = run / "model.yaml"
    path.write_text(yaml.safe_dump(ARCHITECTURE, sort_keys=False), encoding="utf-8")
    return path


def _data_file(data: Path, run: Path) -> Path:
    path = run / "data.yaml"
    images = (data / "detector" / "images").resolve()
    few = run / "few.txt"
    few.write_text("\n".join(map(str, sorted(images.iterdir())[:64])) + "\n", encoding="utf-8")
    # The 64 only satisfy the trainer, which wants a validation set; evaluate.py measures on fresh scenes.
    table = {"train": str(images), "val": str(few.resolve()), "names": dict(enumerate(NOUNS))}
    path.write_text(yaml.safe_dump(table, sort_keys=False), encoding="utf-8")
    return path


def _half_precision_on_cpu(trainer: Any) -> None:
    """Run the layers in bfloat16 where a processor has it and ultralytics has no mixed precision; the rest stays in float32."""
    if trainer.device.type != "cpu" or not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return
    network = trainer.model.to(memory_format=torch.channels_last)
    layers = network._predict_once

    def predict(pixels: torch.Tensor, *args: Any, **options: Any) -> Any:
        with torch.autocast("cpu", torch.bfloat16):
            return _in_float32(layers(pixels.contiguous(memory_format=torch.channels_last), *args, **options))

    network._predict_once = predict


def _start_from(trainer: Any, weights: dict[str, torch.Tensor]) -> None:
    """Put exported weights into the network and into its running mean."""
    state = {name: value.float() if value.is_floating_point() else value for name, value in weights.items()}
    trainer.model.load_state_dict(state)
    trainer.ema.ema.load_state_dict(state)


def _in_float32(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.float()
    if isinstance(value, dict):
        return {key: _in_float32(one) for key, one in value.items()}
    return type(value)(map(_in_float32, value)) if isinstance(value, list | tuple) else value


def _log(trainer: Any, started: float) -> None:
    if trainer.epoch >= trainer.epochs:
        return
    means = trainer.tloss.values() if isinstance(trainer.tloss, dict) else trainer.tloss
    losses = " ".join(f"{float(v):.3f}" for v in means)
    rate = trainer.optimizer.param_groups[0]["lr"]
    print(
        f"epoch {trainer.epoch + 1}/{trainer.epochs} box/cls/dfl {losses} lr {rate:.5f} {time.time() - started:.0f} s",
        flush=True,
    )


def _stop_when_due(trainer: Any, due: float) -> None:
    if time.time() >= due and trainer.epoch + 1 < trainer.epochs:
        raise OutOfTime("the time is up; run the same command to go on")


def export(run: Path, folder: Path, start: Path | None = None, average: float = 1.0) -> None:
    """Write the weights without pickle: half-precision safetensors and the architecture with its names.

    Args:
        run: Folder of the training.
        folder: Where to write.
        start: Folder of an exported detector, to write the mean with.
        average: Share 0-1 of the trained weights in that mean.
    """
    network = YOLO(run / "weights" / "last.pt").model
    staged = Path(tempfile.mkdtemp(dir=run))
    state = {k: v.half().contiguous() if v.is_floating_point() else v for k, v in network.state_dict().items()}
    if start is not None:
        state = mean(state, load_file(start / "model.safetensors"), average)
    save_file(state, staged / "model.safetensors", metadata={"format": "pt"})
    table = {**ARCHITECTURE, "imgsz": SIDE, "names": list(NOUNS)}
    (staged / "model.yaml").write_text(yaml.safe_dump(table, sort_keys=False), encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    for file in staged.iterdir():
        part = folder / f".{file.name}"
        shutil.copyfile(file, part)
        part.replace(folder / file.name)
    shutil.rmtree(staged)
    print(f"exported {sum(v.numel() for v in state.values()):,} numbers to {folder}")


def main() -> None:
    """Train or export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("train")
    one.add_argument("--data", type=Path, required=True, help="folder that render.py wrote")
    one.add_argument("--run", type=Path, required=True, help="folder for checkpoints")
    one.add_argument("--epochs", type=int, default=10)
    one.add_argument("--batch", type=int, default=16)
    one.add_argument("--rate", type=float, default=0.002)
    one.add_argument("--threads", type=int, default=0, help="CPU threads; all of them when 0")
    one.add_argument("--from", dest="start", type=Path, help="folder of an exported detector to start from")
    one.add_argument("--minutes", type=float)
    one.add_argument("--anneal", type=float, help="minutes in which the rate ends, and the training with it")
    two = commands.add_parser("export")
    two.add_argument("--run", type=Path, required=True)
    two.add_argument("--folder", type=Path, default=EXPORT)
    two.add_argument("--from", dest="start", type=Path, help="folder of an exported detector, to write the mean with")
    two.add_argument("--average", type=float, default=1.0, help="share of the trained weights in that mean")
    arguments = vars(parser.parse_args())
    if arguments.pop("command") == "export":
        export(**arguments)
    else:
        data, run = arguments.pop("data"), arguments.pop("run")
        train(data, run, Course(**arguments))


if __name__ == "__main__":
    main()
