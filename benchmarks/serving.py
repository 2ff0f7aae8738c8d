"""The service under load: ``python benchmarks/serving.py [--minutes 10] [--clients 8]``.

``clipverify serve`` runs in a process of its own with the bundled models and an index of drawn scenes. Clients ask without a
pause, each on a connection of its own, for the reports on answers of three sentences about indexed pictures. Before and after,
one client asks one answer at a time.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measuring import save

from llamaindex_clipverify import EvidenceIndex, Verifier
from llamaindex_clipverify.answer import Source
from llamaindex_clipverify.errors import ClipVerifyError
from llamaindex_clipverify.remote.connection import Connection
from llamaindex_clipverify.testing import FRESH, draw_scene

SEED = 11
SENTENCES = 3


def forms_of(number: int, store: str, folder: Path, pictures: int, each: int) -> list[bytes]:
    """Index drawn scenes and return bodies: answers of three sentences, true and false, each on its own picture and others."""
    scenes = [draw_scene(FRESH + place) for place in range(pictures)]
    files = [folder / f"{place:03}.png" for place in range(pictures)]
    for scene, file in zip(scenes, files, strict=True):
        scene.image.save(file)
    index = EvidenceIndex.from_documents(files, store, "tiny", "tiny")
    ids = {Path(hit.uri).name: hit.id for hit in index.hits()}
    rng = random.Random(SEED)
    forms = []
    while len(forms) < number:
        place = rng.randrange(pictures)
        rows = scenes[place].claims(len(forms))
        said = " ".join(str(row["claim"]) for row in rng.sample(rows, min(SENTENCES, len(rows))))
        others = rng.sample([one for one in range(pictures) if one != place], each - 1)
        named = [{"id": ids[files[one].name]} for one in (place, *others)]
        forms.append(json.dumps({"answer": said, "pictures": named}).encode())
    return forms


class Load:
    """Clients that ask in turn for the same forms, until it is over."""

    def __init__(self, url: str, forms: Sequence[bytes], clients: int, start: int) -> None:
        self.url, self.forms, self.clients = url, forms, clients
        self.next, self.end = start, 0.0
        self.times: list[float] = []
        self.errors: Counter[str] = Counter()
        self.lock = threading.Lock()

    def run(self, seconds: float) -> dict[str, Any]:
        began = time.perf_counter()
        self.end = began + seconds
        threads = [threading.Thread(target=self._ask) for _ in range(self.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - began
        cuts = statistics.quantiles(self.times, n=100)
        return {
            "requests": len(self.times),
            "errors": dict(self.errors),
            "p50_ms": round(1000 * cuts[49], 1),
            "p95_ms": round(1000 * cuts[94], 1),
            "p99_ms": round(1000 * cuts[98], 1),
            "per_second": round(len(self.times) / took, 1),
        }

    def _ask(self) -> None:
        connection = Connection(self.url, None, 60.0)
        while time.perf_counter() < self.end:
            with self.lock:
                body = self.forms[self.next % len(self.forms)]
                self.next += 1
            began = time.perf_counter()
            try:
                connection.ask("POST", "/v1/verify", body)
            except ClipVerifyError as error:
                self.errors[str(error)] += 1
                continue
            self.times.append(time.perf_counter() - began)


def metric(url: str, name: str) -> float:
    """Return one of the service's metrics."""
    text = Connection(url, None, 60.0).ask("GET", "/metrics", accept="*/*").body.decode()
    found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else float("nan")


def watched(url: str, over: threading.Event, memory: list[float]) -> None:
    """Note the memory of the service every ten seconds, in MB."""
    while not over.wait(10):
        memory.append(round(metric(url, "process_resident_memory_bytes") / 2**20, 1))


def serve(store: str) -> tuple[subprocess.Popen[str], str]:
    """Start the service and wait until its models are loaded."""
    command = [sys.executable, "-m", "llamaindex_clipverify", "serve", "--store", store, "--port", "0", "--rate", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    url = process.stdout.readline().split()[1]
    for _ in range(600):
        try:
            Connection(url, None, 5.0).ask("GET", "/ready")
            break
        except (TimeoutError, ClipVerifyError):
            time.sleep(0.2)
    return process, url


def streamed(url: str, forms: Sequence[bytes], number: int) -> dict[str, float]:
    """Return the milliseconds from the end of a sentence to its verdict, of growing answers one after the other."""
    verifier = Verifier.remote(url)
    first, later = [], []
    for body in forms[:number]:
        form = json.loads(body)
        sources = [Source(picture=verifier.picture(one["id"])) for one in form["pictures"]]
        stream = verifier.stream(sources)
        for place, sentence in enumerate(re.split(r"(?<=\.) ", form["answer"])):
            stream.add(sentence)
            began = time.perf_counter()
            verdicts = stream.add(" ")
            (later if place else first).append(1000 * (time.perf_counter() - began))
            assert len(verdicts) == 1, (sentence, stream.report)
        stream.finish()
    cuts = [statistics.quantiles(times, n=20) for times in (first, later)]
    return {
        "streams": number,
        "first_p50_ms": round(cuts[0][9], 1),
        "first_p95_ms": round(cuts[0][18], 1),
        "later_p50_ms": round(cuts[1][9], 1),
        "later_p95_ms": round(cuts[1][18], 1),
    }


def commanded(url: str, picture: Path, number: int) -> dict[str, float]:
    """Return the seconds of ``clipverify verify --server``, from start to exit."""
    command = [sys.executable, "-m", "llamaindex_clipverify", "verify", "--server", url, "--image", str(picture)]
    times = []
    for _ in range(number):
        began = time.perf_counter()
        subprocess.run([*command, "--answer", "There is a cup. It is red."], capture_output=True, check=False)
        times.append(time.perf_counter() - began)
    return {"runs": number, "median_s": round(statistics.median(times), 2), "most_s": round(max(times), 2)}


def figures(options: argparse.Namespace, each: int) -> dict[str, Any]:
    """Measure answers on so many pictures each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = str(folder / "store")
        forms = forms_of(options.answers, store, folder, options.pictures, each)
        process, url = serve(store)
        try:
            Load(url, forms, options.clients, 0).run(min(options.warm, 20.0))
            growing = streamed(url, forms[-options.streams :], options.streams)
            command = commanded(url, folder / "000.png", 9)
            alone = [Load(url, forms, 1, 0).run(options.alone)]
            sizes = metric(url, "clipverify_batch_size_count"), metric(url, "clipverify_batch_size_sum")
            over, memory = threading.Event(), [metric(url, "process_resident_memory_bytes") / 2**20]
            watching = threading.Thread(target=watched, args=(url, over, memory))
            watching.start()
            together = Load(url, forms, options.clients, 100).run(60 * options.minutes)
            over.set()
            watching.join()
            after = metric(url, "clipverify_batch_size_count"), metric(url, "clipverify_batch_size_sum")
            alone.append(Load(url, forms, 1, 50).run(options.alone))
        finally:
            process.terminate()
            process.wait(60)
    one = statistics.mean(row["per_second"] for row in alone)
    return {
        "pictures_each": each,
        **together,
        "answers_per_batch": round((after[1] - sizes[1]) / max(after[0] - sizes[0], 1), 2),
        "memory_mb": {"first": round(memory[0], 1), "most": round(max(memory), 1), "last": round(memory[-1], 1)},
        "alone": alone,
        "stream": growing,
        "command": command,
        "times_alone": round(together["per_second"] / one, 2),
    }


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--pictures", type=int, default=60, help="indexed pictures")
    parser.add_argument("--each", type=int, nargs="+", default=[1], help="pictures that an answer rests on")
    parser.add_argument("--answers", type=int, default=4000, help="different answers")
    parser.add_argument("--alone", type=float, default=30.0, help="seconds of one client, before and after")
    parser.add_argument("--streams", type=int, default=60, help="growing answers")
    parser.add_argument("--warm", type=float, default=10.0, help="seconds before anything is measured")
    options = parser.parse_args()
    rows = []
    for each in options.each:
        rows.append(figures(options, each))
        print(json.dumps(rows[-1]), flush=True)
    command = f"python benchmarks/serving.py --minutes {options.minutes:g}"
    if options.each != [1]:
        command += f" --each {' '.join(map(str, options.each))}"
    save("serving", {"command": command, "clients": options.clients, "minutes": options.minutes, "sentences": SENTENCES,
                     "pictures": options.pictures, "answers": options.answers, "rows": rows})  # fmt: skip


if __name__ == "__main__":
    main()
