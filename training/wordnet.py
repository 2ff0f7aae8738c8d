"""WordNet's depictable nouns as one file: ``python -m training.wordnet FOLDER``.

FOLDER is what Debian's package wordnet-base installs (/usr/share/wordnet). Kept are nouns of animals, plants, persons, food, body
parts, natural objects and artifacts, with their hypernyms, if they are common (tagged in WordNet's texts, or used in its glosses)
or one word that is nothing but such a noun (*cardigan*, *wheelbarrow*). Common nouns with no such sense are kept as names of
what no picture shows. Writes words/wordnet.json.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from llamaindex_clipverify.claims.vocabulary import english

ROOTS = ("person", "animal", "plant")
"""Nouns of the topmost file that are depictable too."""
OWN_ROWS = {"stop sign": "street_sign", "potted plant": "plant"}
"""Nouns of the vocabulary that WordNet lacks, and what they are kinds of."""
OUT = Path(__file__).parents[1] / "llamaindex_clipverify" / "claims" / "words" / "wordnet.json"

DEPICTABLE = {5: "animal", 6: "artifact", 8: "body", 13: "food", 17: "object", 18: "person", 20: "plant"}
"""Lexicographer files whose nouns a picture can show."""
ALSO = set(
    "sign poster label menu letter page newspaper magazine advertisement billboard logo symbol flag map graffiti rain snow "
    "fire smoke lightning rainbow cloud fog mist sunset sunrise shadow flame reflection water ice sand wood glass metal "
    "plastic paper leather stone brick concrete park field city town village yard garden forest crowd bouquet crosswalk "
    "intersection playground court campus bill coin money grass soil mud steam sunlight meadow countryside farm ranch "
    "runway pond lane island coast harbor zoo stadium landscape desert valley cluster furniture luggage traffic "
    "jewelry clothing laundry food market church puddle vanity racket bus_stop golden_retriever orange_juice living_room "
    "receipt ticket document calendar chart graph card note school beverage tag".split()
)
"""Depictable, though WordNet files their first sense elsewhere."""
PINS = {
    "tie": "necktie", "tv": "television_receiver", "cell phone": "cellular_telephone", "donut": "doughnut",
    "remote": "remote_control", "sports ball": "ball", "wine glass": "wineglass", "skis": "ski", "couch": "sofa",
    "mouse": "computer_mouse", "keyboard": "computer_keyboard", "oven": "oven",
    "hair drier": "hand_blower", "teddy bear": "teddy_bear", "fire hydrant": "fireplug", "hot dog": "hotdog",
    "cow": "cattle", "toilet": "commode", "tennis racket": "tennis_racket", "baseball bat": "baseball_bat",
    "dining table": "dining_table", "airplane": "airplane", "handbag": "handbag", "suitcase": "bag",
    "motorcycle": "motorcycle", "microwave": "microwave", "refrigerator": "refrigerator",
}  # fmt: skip
"""The vocabulary's noun to WordNet's word for it, where they differ or the first sense is another thing."""
SENSES = {"orange": ("fruit", 13), "apple": ("fruit", 13), "banana": ("fruit", 13), "ball": ("game", 6),
          "table": ("furniture", 6), "oven": ("kitchen appliance", 6), "bowl": ("dish", 6),
          "cup": ("container", 6), "carrot": ("root", 13),
          "bear": ("carnivore", 5), "car": ("motor vehicle", 6), "kite": ("plaything", 6), "bed": ("furniture", 6),
          "bench": ("seat", 6), "bat": ("club", 6), "hotdog": ("sandwich", 13), "pizza": ("dish", 13),
          "bag": ("luggage", 6), "broccoli": ("vegetable", 13), "cake": ("baked goods", 13), "toaster": ("kitchen appliance", 6),
          "laptop": ("computer", 6), "sink": ("fixture", 6)}  # fmt: skip
"""Words whose sense is chosen by an ancestor or gloss word and the lexicographer file."""
MORE_PARENTS = {"bus": "vehicle", "train": "vehicle", "knife": "cutlery"}
FEWER_PARENTS = {"skateboard": "wheeled_vehicle", "wheeled_vehicle": "container"}
"""WordNet calls a bus a means of transport, a skateboard a wheeled vehicle, and that a container; people do not."""


@dataclass
class Synset:
    """One meaning of a noun."""

    offset: int
    file: int
    words: list[str]
    parents: list[int]
    gloss: str
    instance: bool
    kept: list[str] = field(default_factory=list)


def read_synsets(folder: Path) -> dict[int, Synset]:
    """Return all noun synsets by offset."""
    found = {}
    for line in (folder / "data.noun").read_text("utf-8").splitlines():
        if line.startswith("  "):
            continue
        head, _, gloss = line.partition(" | ")
        parts = head.split()
        count = int(parts[3], 16)
        words = parts[4 : 4 + 2 * count : 2]
        pointers = parts[5 + 2 * count :]
        kinds = list(zip(pointers[::4], pointers[1::4], strict=False))
        parents = [int(offset) for kind, offset in kinds if kind == "@"]
        instance = any(kind == "@i" for kind, _ in kinds)
        found[int(parts[0])] = Synset(int(parts[0]), int(parts[1]), words, parents, gloss, instance)
    return found


def _lines(path: Path) -> list[str]:
    """Return the entries of a file of WordNet's, without its licence."""
    return [line for line in path.read_text("utf-8").splitlines() if not line.startswith("  ")]


def read_index(folder: Path) -> dict[str, list[int]]:
    """Return lemma to the offsets of its senses, commonest first."""
    found = {}
    for line in (folder / "index.noun").read_text("utf-8").splitlines():
        if not line.startswith("  "):
            parts = line.split()
            found[parts[0]] = [int(offset) for offset in parts[-int(parts[2]) :]]
    return found


def read_tags(folder: Path) -> dict[tuple[str, int], int]:
    """Return how often a noun was tagged with a sense (from 1) in WordNet's texts."""
    found = {}
    for line in (folder / "cntlist.rev").read_text("utf-8").splitlines():
        key, sense, count = line.split()
        lemma, _, rest = key.partition("%")
        if rest.startswith("1:"):
            found[lemma, int(sense)] = int(count)
    return found


class Selection:
    """Which nouns are common, which of their senses can be seen."""

    def __init__(self, folder: Path) -> None:
        self.synsets, self.index, self.tags = read_synsets(folder), read_index(folder), read_tags(folder)
        words = re.findall(r"[a-z]+", " ".join(one.gloss for one in self.synsets.values()).lower())
        self.used = Counter(words)
        self.used.update(part for lemma in self.index if "_" in lemma for part in lemma.split("_"))
        self.used.update(" ".join(pair) for pair in pairwise(words))
        others = [line.split()[0] for name in ("index.adj", "index.adv") for line in _lines(folder / name)]
        self.others = frozenset(others)
        self.verbs = {line.split()[0] for line in (folder / "index.verb").read_text("utf-8").splitlines()}

    def plain(self, lemma: str) -> bool:
        """Whether the word is one noun and no adjective or adverb, mostly used for what a picture can show."""
        seen = sum(share for one, share in self.senses(lemma) if self.seen(one))
        acts = lemma in self.verbs and all(self.synsets[one].file != 6 for one in self.index[lemma][:1])
        return lemma.isalpha() and len(lemma) > 3 and lemma not in self.others and not acts and seen >= 0.5

    def common(self, lemma: str) -> bool:
        """Whether people use the word."""
        tagged = sum(self.tags.get((lemma, rank + 1), 0) for rank in range(len(self.index[lemma])))
        if "_" not in lemma:
            return tagged > 0 or self.used[lemma] >= 2 + (len(lemma) < 5)
        words = lemma.split("_")
        plain = len(words) == 2 and all(self.used[word] >= 30 for word in words)
        return tagged > 0 or self.used[lemma.replace("_", " ")] > 1 or plain or lemma in ALSO

    def senses(self, lemma: str) -> list[tuple[int, float]]:
        """Return the offsets of a lemma's senses with their share of its uses."""
        weights = [self.tags.get((lemma, rank + 1), 0) + 0.5 / (rank + 1) for rank in range(len(self.index[lemma]))]
        return [(one, weight / sum(weights)) for one, weight in zip(self.index[lemma], weights, strict=True)]

    def seen(self, offset: int) -> bool:
        """Whether a picture can show the sense."""
        one = self.synsets[offset]
        file = one.file in DEPICTABLE or (one.file == 3 and one.words[0] in ROOTS)
        return file and not one.instance and one.words[0][0].islower()

    def lemmas(self) -> tuple[dict[str, list[int]], list[str]]:
        """Return the depictable nouns with the senses worth keeping, and the names of what cannot be seen."""
        concrete: dict[str, list[int]] = {}
        abstract = []
        for lemma in self.index:
            known = re.fullmatch(r"[a-z]+([_-][a-z]+)*", lemma) and (self.common(lemma) or self.plain(lemma))
            if not known:
                continue
            senses = self.senses(lemma)
            visible = self.without_nicknames([(one, share) for one, share in senses if self.seen(one)])
            share = sum(part for _, part in visible)
            visible = visible or ([senses[0]] if lemma in ALSO else [])
            if (share >= 0.5 or (senses[0][1] < 0.6 and self.seen(senses[0][0]))) or (lemma in ALSO and visible):
                concrete[lemma] = [one for rank, (one, part) in enumerate(visible) if rank == 0 or part >= 0.2]
                if lemma == "cutlery":
                    concrete[lemma] = [one for one in concrete[lemma] if "cutter" not in self.synsets[one].words]
            elif (
                share < 0.25
                and not any(self.seen(one) for one, _ in senses[1:2])
                and lemma not in ALSO
                and "_" not in lemma
                and self.used[lemma] >= 4
            ):
                abstract.append(lemma)
        return concrete, abstract

    def without_nicknames(self, senses: list[tuple[int, float]]) -> list[tuple[int, float]]:
        """Leave out persons that are called like an animal, a food or a plant: a tiger is a tiger."""
        natural = any(self.synsets[one].file in (5, 13, 20) for one, _ in senses)
        return [pair for pair in senses if not natural or self.synsets[pair[0]].file != 18]

    def pinned(self, noun: str) -> int:
        """Return the synset that a noun of the vocabulary means."""
        lemma = PINS.get(noun, noun.replace(" ", "_"))
        if noun in OWN_ROWS:
            return self.own_row(noun)
        options = [one for one in self.index[lemma] if self.seen(one)] or self.index[lemma]
        if lemma in SENSES:
            word, file = SENSES[lemma]
            fitting = [one for one in options if self.synsets[one].file == file and word in self.surroundings(one)]
            return fitting[0]
        return options[0]

    def own_row(self, noun: str) -> int:
        """Add a synset of its own for a noun that WordNet lacks."""
        offset = -1 - list(OWN_ROWS).index(noun)
        above = sorted(self.index[OWN_ROWS[noun]], key=lambda one: self.synsets[one].file != 3)[0]
        self.synsets[offset] = Synset(offset, 6, [noun], [above], "", False, [noun])
        return offset

    def weight(self, offset: int) -> float:
        """Return how often the kept words of a synset are used for it, about."""
        kept = [word.replace(" ", "_") for word in self.synsets[offset].kept if word.replace(" ", "_") in self.index]
        return max(
            (self.used[word.replace("_", " ")] * dict(self.senses(word)).get(offset, 1) for word in kept), default=0
        )

    def surroundings(self, offset: int) -> str:
        """Return the gloss and the words of all ancestors of a synset."""
        words = [self.synsets[offset].gloss]
        for parent in self.synsets[offset].parents:
            words += [*self.synsets[parent].words, self.surroundings(parent)]
        return " ".join(words).replace("_", " ")


def adjust(chosen: Selection, pins: dict[str, int]) -> None:
    """Apply the few parents that people would name otherwise."""
    for noun, parent in MORE_PARENTS.items():
        chosen.synsets[pins[noun]].parents.append(chosen.index[parent][0])
    for noun, parent in FEWER_PARENTS.items():
        for offset in {pins.get(noun), *chosen.index[noun]} - {None}:
            one = chosen.synsets[offset]
            one.parents = [other for other in one.parents if parent not in chosen.synsets[other].words]


def table(chosen: Selection) -> dict[str, object]:
    """Return the data file."""
    concrete, abstract = chosen.lemmas()
    pins = {noun: chosen.pinned(noun) for noun in english().plurals}
    adjust(chosen, pins)
    for lemma, senses in concrete.items():
        for offset in senses:
            chosen.synsets[offset].kept.append(lemma.replace("_", " "))
    named = {one.offset: one for one in chosen.synsets.values() if one.kept or one.offset in pins.values()}
    order = sorted(named, key=lambda one: (-chosen.weight(one), one))
    place = {offset: number for number, offset in enumerate(order)}
    for one in named.values():
        one.kept.sort(key=lambda word: -chosen.used[word])

    def parents(offset: int) -> set[int]:
        found: set[int] = set()
        for parent in chosen.synsets[offset].parents:
            found |= {place[parent]} if parent in place else parents(parent)
        return found

    rows = [f"{','.join(named[one].kept)}\t{' '.join(map(str, sorted(parents(one))))}" for one in order]
    singles = {lemma for lemma in [*concrete, *abstract] if "_" not in lemma}
    return {
        "source": "WordNet 3.0, Copyright 2006 by Princeton University; see LICENSE.wordnet",
        "synsets": rows,
        "pins": {noun: place[offset] for noun, offset in pins.items()},
        "abstract": " ".join(abstract),
        "verbs": " ".join(sorted(singles & chosen.verbs)),
    }


def plurals(folder: Path, words: set[str]) -> dict[str, str]:
    """Return the irregular plurals of kept words, plural to singular."""
    found = {}
    for line in (folder / "noun.exc").read_text("utf-8").splitlines():
        many, one = line.split()[:2]
        if one in words and many != one:
            found[many] = one
    return found


def main() -> None:
    """Read, select, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("/usr/share/wordnet"))
    options = parser.parse_args()
    data = table(Selection(options.folder))
    words = {word for row in data["synsets"] for word in row.split("\t")[0].split(",")} | set(data["abstract"].split())
    data["plurals"] = plurals(options.folder, words)
    OUT.write_text(json.dumps(data, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    print(f"{len(data['synsets'])} synsets, {len(words)} words, {OUT.stat().st_size / 1024:.0f} KiB in {OUT}")


if __name__ == "__main__":
    main()
