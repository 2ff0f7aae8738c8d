"""Descriptions beside the bare model: ``python benchmarks/describing.py``; a few minutes on two cores.

The same fresh drawn scenes, as files, in batches of the same size: through the model's `generate` (opened and described, nothing
else), through `Describer` without a verifier, and with the bundled verifier, which looks at every picture for the first time. The
three take turns, some scenes each, so that noise falls on all alike. Keeps the figures in results/describing.json.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from measuring import save

from llamaindex_clipverify import Describer, Picture, Prompts, Verifier
from llamaindex_clipverify.models.registry import load_llava
from llamaindex_clipverify.testing import FRESH, draw_scene

_TURN = 64
"""Scenes that one way describes before it is the next one's turn."""


def main() -> None:
    """Draw, describe three times in turn, compare, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=500)
    parser.add_argument("--batch-size", type=int, default=16)
    options = parser.parse_args()
    model, size = load_llava("tiny"), options.batch_size
    verifier = Verifier.tiny(remember=1)
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for place in range(options.scenes):
            files.append(Path(folder) / f"{place:04}.png")
            draw_scene(FRESH + 500_000 + place).image.save(files[-1])

        def bare(part: list[Path]) -> list[str]:
            said = []
            for start in range(0, len(part), size):
                images = [Picture.of(file).image for file in part[start : start + size]]
                said += [
                    one.text for one in model.generate([[("user", [image, Prompts().describe])] for image in images])
                ]
            return said

        def described(by: Verifier | None, part: list[Path]) -> list[str]:
            return [one.text for one in Describer(model=model, verifier=by, batch_size=size).describe(part)]

        tasks: dict[str, Callable[[list[Path]], list[str]]] = {
            "bare generate": bare,
            "Describer": partial(described, None),
            "Describer with trust": partial(described, verifier),
        }
        model.generate([[("user", [Picture.of(files[0]).image, Prompts().describe])]])
        verifier.verify("There is a dog.", [files[0]])
        seconds = dict.fromkeys(tasks, 0.0)
        texts: dict[str, list[str]] = {name: [] for name in tasks}
        for start in range(0, len(files), _TURN):
            for name, task in tasks.items():
                started = time.perf_counter()
                texts[name] += task(files[start : start + _TURN])
                seconds[name] += time.perf_counter() - started
        for name, value in seconds.items():
            print(f"{name}: {value:.1f} s, {len(files) / value:.1f} pictures a second", flush=True)
        assert len({tuple(said) for said in texts.values()}) == 1, "all three say the same"
    ratios = {name: seconds["bare generate"] / value for name, value in seconds.items()}
    print({name: round(value, 3) for name, value in ratios.items()})
    command = f"python benchmarks/describing.py --scenes {options.scenes}"
    save("describing", {"command": command, "scenes": options.scenes, "seconds": seconds, "throughput_ratio": ratios})


if __name__ == "__main__":
    main()
