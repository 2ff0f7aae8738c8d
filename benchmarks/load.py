"""Eight clients on one verifier for some minutes: latency, errors and memory.

    python benchmarks/load.py --minutes 10

Each client verifies an answer about a drawn scene, half of them seen before, one after the other. Memory is that of the process,
at the end of the first minute and at the end.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from pathlib import Path

import numpy as np

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.testing import FRESH, draw_scene

TEXTS = ("There is a yellow cup.", "The clock is red. There are two zebras.", "A dog stands left of a cup.")


def resident() -> float:
    """Return the resident memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    verifier = Verifier.tiny()
    verifier.verify("A cup.", [draw_scene(FRESH).image])
    scenes = [draw_scene(FRESH + 5_000 + place).image for place in range(200)]
    times: list[float] = []
    errors: list[str] = []
    end = time.monotonic() + 60 * options.minutes

    def client(number: int) -> None:
        turn = 0
        while time.monotonic() < end:
            started = time.perf_counter()
            scene = (
                scenes[(number * 25 + turn) % len(scenes)]
                if turn % 2
                else draw_scene(FRESH + 10**5 * number + turn).image
            )
            try:
                verifier.verify(TEXTS[turn % len(TEXTS)], [scene])
            except Exception as error:  # noqa: BLE001 - counted
                errors.append(repr(error))
            times.append(time.perf_counter() - started)
            turn += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(options.clients)]
    for thread in threads:
        thread.start()
    time.sleep(min(60, 20 * options.minutes))
    early = resident()
    for thread in threads:
        thread.join()
    shares = {f"p{share}_ms": round(1000 * float(np.percentile(times, share))) for share in (50, 95, 99)}
    memory = {"mb_after_a_minute": round(early), "mb_at_the_end": round(resident())}
    print(json.dumps({"answers": len(times), "errors": len(errors), **shares, **memory}))
    print("\n".join(errors[:5]))


if __name__ == "__main__":
    main()
