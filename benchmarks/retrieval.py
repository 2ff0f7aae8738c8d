"""Does searching regions find small things, and what does it cost the others? ``python benchmarks/retrieval.py``; half an hour.

2,000 drawn scenes in an index. Each query names a coloured thing. Half of the queries are about one that is small (under 2 % of
the picture) among five or six objects on a cluttered background, half about one that is not (over 4 %). A scene that shows the
thing otherwise counts neither as right nor as wrong. Recall at k: the share of queries with a right scene among the first k.
Beside the ways to rank, LlamaIndex's MultiModalVectorStoreIndex with the same embedding. All on drawn scenes.
"""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from measuring import save

from llamaindex_clipverify import EvidenceIndex, Picture
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.testing import FRESH, STYLES, Scene, draw_scene
from llamaindex_clipverify.testing.statements import article

FIRST = FRESH + 600_000
SMALL, LARGE = 0.02, 0.04
KS = (1, 5, 10)


@dataclass(frozen=True)
class Query:
    """A text, the scenes that answer it, and those that are left out of account."""

    text: str
    right: frozenset[int]
    ignored: frozenset[int]


def scenes_of(number: int) -> list[Scene]:
    """Return scenes of which every other one is crowded and cluttered."""
    found = []
    for place in range(number):
        crowded: dict[str, Any] = {"objects": (5, 6), "family": "cluttered"} if place % 2 else {"objects": (1, 3)}
        found.append(draw_scene(FIRST + place, style=STYLES[place // 2 % 2], **crowded))
    return found


def queries_of(scenes: list[Scene]) -> dict[str, list[Query]]:
    """Return the queries about small and about large things."""
    shown: dict[tuple[str, str], dict[int, float]] = {}
    for place, scene in enumerate(scenes):
        for thing in scene.objects:
            if thing.colour:
                left, top, right, bottom = thing.box
                share = (right - left) * (bottom - top) / (scene.image.width * scene.image.height)
                places = shown.setdefault((thing.colour, thing.noun), {})
                places[place] = max(places.get(place, 0.0), share)
    found: dict[str, list[Query]] = {"small": [], "large": []}
    for (colour, noun), places in sorted(shown.items()):
        small = frozenset(place for place, share in places.items() if share < SMALL and place % 2)
        large = frozenset(place for place, share in places.items() if share > LARGE and not place % 2)
        for name, right in (("small", small), ("large", large)):
            if right:
                found[name].append(Query(article(f"{colour} {noun}"), right, frozenset(places) - right))
    return found


def recalls(queries: list[Query], ranked: Callable[[str], list[int]]) -> dict[str, float]:
    """Return recall at each k of a way to rank scenes for a text."""
    hits = dict.fromkeys(KS, 0)
    for query in queries:
        order = [place for place in ranked(query.text) if place not in query.ignored]
        for k in KS:
            hits[k] += any(place in query.right for place in order[:k])
    return {f"recall@{k}": round(number / len(queries), 4) for k, number in hits.items()}


class Ways:
    """Ways to rank the scenes of an index, by numpy on its vectors: every scene has a place."""

    def __init__(self, index: EvidenceIndex, ids: list[str]) -> None:
        facts = index.facts(ids)
        self.encoder = index.encoder
        self.wholes = np.stack([facts[one].seen["similarity"]["vector"] for one in ids])
        crops = [facts[one].seen["regions"]["vectors"] for one in ids]
        self.regions = np.concatenate(crops)
        self.starts = np.cumsum([0, *map(len, crops)])[:-1]

    def scores(self, text: str) -> tuple[Array, Array]:
        """Return the cosines of a text with every whole picture and with each one's best region."""
        vector = self.encoder.encode_texts([text])[0]
        return self.wholes @ vector, np.maximum.reduceat(self.regions @ vector, self.starts)

    def ranked(self, rule: Callable[[Array, Array], Array]) -> Callable[[str], list[int]]:
        """Return a way to rank by a rule of both scores."""
        return lambda text: list(map(int, np.argsort(-rule(*self.scores(text)), kind="stable")))


def _standard(values: Array) -> Array:
    found: Array = (values - values.mean()) / values.std()
    return found


def _by_rank(*scores: Array) -> Array:
    """Reciprocal rank fusion (Cormack et al., SIGIR 2009), with its usual constant of 60."""
    ranks = [np.argsort(np.argsort(-one)) for one in scores]
    found: Array = sum((1 / (60 + rank) for rank in ranks), np.zeros(len(scores[0])))
    return found


RULES: dict[str, Callable[[Array, Array], Array]] = {
    "whole pictures": lambda whole, region: whole,
    "regions": lambda whole, region: region,
    "greater of both": np.maximum,
    "mean of both": lambda whole, region: (whole + region) / 2,
    "mean of standardised": lambda whole, region: _standard(whole) + _standard(region),
    "reciprocal ranks": _by_rank,
}


def stock(files: list[Path], encoder: str) -> Callable[[str], list[int]]:
    """Return LlamaIndex's own multimodal index over the same files with the same embedding."""
    from llama_index.core.indices import MultiModalVectorStoreIndex
    from llama_index.core.schema import ImageDocument

    from llamaindex_clipverify.llama_index import ClipVerifyEmbedding

    documents = [ImageDocument(image_path=str(file), metadata={"place": place}) for place, file in enumerate(files)]
    embedding = ClipVerifyEmbedding(encoder)
    made = MultiModalVectorStoreIndex.from_documents(documents, embed_model=embedding, image_embed_model=embedding)
    retriever = made.as_retriever(image_similarity_top_k=len(files), similarity_top_k=1)

    def ranked(text: str) -> list[int]:
        return [int(node.node.metadata["place"]) for node in retriever.text_to_image_retrieve(text)]

    return ranked


def _written(scenes: list[Scene], folder: Path) -> Iterator[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for place, scene in enumerate(scenes):
        path = folder / f"{place:04}.png"
        if not path.is_file():
            scene.image.save(path)
        yield path


def main() -> None:
    """Draw, index, ask, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=2000)
    parser.add_argument("--encoder", default="tiny")
    parser.add_argument("--work", type=Path, default=Path("data/retrieval"))
    parser.add_argument("--fresh", action="store_true", help="index anew")
    options = parser.parse_args()
    if options.fresh:
        shutil.rmtree(options.work, ignore_errors=True)
    scenes = scenes_of(options.scenes)
    files = list(_written(scenes, options.work / "pictures"))
    queries = queries_of(scenes)
    started = time.perf_counter()
    index = EvidenceIndex.from_documents(files, options.work / "store", options.encoder, "tiny")
    print(
        f"indexed {len(index)} in {time.perf_counter() - started:.0f} s; queries",
        {k: len(v) for k, v in queries.items()},
    )
    ids = [Picture.of(file).id for file in files]
    ways = Ways(index, ids)
    rankings = {name: ways.ranked(rule) for name, rule in RULES.items()}
    places = {content: place for place, content in enumerate(ids)}
    rankings["EvidenceIndex.search"] = lambda text: [places[hit.id] for hit in index.search(text, top_k=60)]
    rankings["MultiModalVectorStoreIndex"] = stock(files, options.encoder)
    done: dict[str, Any] = {}
    for name, ranked in rankings.items():
        done[name] = {size: recalls(some, ranked) for size, some in queries.items()}
        print(name, done[name], flush=True)
    numbers = {size: len(some) for size, some in queries.items()}
    command = f"python benchmarks/retrieval.py --scenes {options.scenes}"
    save("retrieval", {"command": command, "scenes": options.scenes, "queries": numbers, "ways": done})


if __name__ == "__main__":
    main()
