"""Trust on fresh drawn scenes of both styles: ``python benchmarks/claims.py``; a few minutes on two cores.

Writes the scenes' claims as eval rows, verifies them with the bundled models as `clipverify eval` does, and keeps the figures in
results/claims.json. All figures are on drawn scenes.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from measuring import save

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.evaluation import evaluate, read_rows
from llamaindex_clipverify.testing import FRESH
from llamaindex_clipverify.testing.__main__ import main as write_scenes


def main() -> None:
    """Draw, verify, measure, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=450)
    parser.add_argument("--seed", type=int, default=FRESH + 100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_scenes(["--scenes", str(options.scenes), "--seed", str(options.seed), "--out", folder, "--balanced"])
        rows = read_rows(Path(folder) / "claims.jsonl")
        started = time.perf_counter()
        done = evaluate(Verifier.tiny(), rows)
        seconds = time.perf_counter() - started
    print(done.table())
    print(f"{len(rows)} claims on {options.scenes} drawn scenes in {seconds:.0f} s")
    command = f"python benchmarks/claims.py --scenes {options.scenes}"
    save(
        "claims", {"command": command, "data": f"{len(rows)} claims on {options.scenes} drawn scenes", **done.to_dict()}
    )


if __name__ == "__main__":
    main()
