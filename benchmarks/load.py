"""Eight clients on one verifier for some minutes: latency, errors and memory.

    python benchmarks/load.py --minutes 10

Each client verifies an answer about a drawn scene, half of them seen before, one after the other. Latency is that of
`Verifier.verify`; memory is that of the process, once a minute. Writes ``benchmarks/results/load.json``; `security.py` makes the
table of it.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.testing import FRESH, draw_scene

RESULTS = Path(__file__).parent / "results" / "load.json"
TEXTS = ("There is a yellow cup.", "The clock is red. There are two zebras.", "A dog stands left of a cup.")


def resident() -> float:
    """Return the resident memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


def measured(minutes: float, clients: int) -> dict[str, Any]:
    """Return the figures."""
    verifier = Verifier.tiny()
    verifier.verify("A cup.", [draw_scene(FRESH).image])
    scenes = [draw_scene(FRESH + 5_000 + place).image for place in range(200)]
    times: list[float] = []
    errors: list[str] = []
    end = time.monotonic() + 60 * minutes

    def client(number: int) -> None:
        turn = 0
        while time.monotonic() < end:
            known = scenes[(number * 25 + turn) % len(scenes)]
            scene = known if turn % 2 else draw_scene(FRESH + 10**5 * number + turn).image
            started = time.perf_counter()
            try:
                verifier.verify(TEXTS[turn % len(TEXTS)], [scene])
            except Exception as error:  # noqa: BLE001 - counted
                errors.append(repr(error))
            times.append(time.perf_counter() - started)
            turn += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    memory = []
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(60, left))
        memory.append(round(resident()))
    for thread in threads:
        thread.join()
    shares = {f"p{share}_ms": round(1000 * float(np.percentile(times, share))) for share in (50, 95, 99)}
    return {
        "minutes": minutes,
        "clients": clients,
        "cores": len(os.sched_getaffinity(0)),
        "answers": len(times),
        "errors": len(errors),
        "first_errors": errors[:5],
        **shares,
        "slowest_ms": round(1000 * max(times)),
        "mb_each_minute": memory,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    figures = measured(options.minutes, options.clients)
    options.out.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
