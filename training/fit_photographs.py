"""Fit the profiles on photographs: ``python -m training.fit_photographs --photos FOLDER --yolo yolov8n.pt --clip FOLDER``.

*photographs* weighs YOLOv8n, CLIP ViT-B/32 and both on claims that a thing is there; *photographs_views* the same with six views
of each picture (``views:yolov8n.pt``). FOLDER of --photos holds photos.jsonl (objects and captions of COCO photographs): for the
detector alone, what is there against as many classes that are not, those that are most often there together with it in the
other photographs. FOLDER of --clip holds photographs with published vectors of
the encoder (see `training.replayed`) and claims.jsonl, labelled by looking. *common_nouns* is the encoder's part alone, for any
other encoder: its feature is standardised by common nouns.

Numbers, colours, positions, relations and inexact numbers are not fitted: there are too few labels, or the labels are lopsided
(nobody asks for the number of what is not there), and the checks' own beliefs are better. The output contains coefficients only.
"""

from __future__ import annotations

import argparse
import datetime
import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from llamaindex_clipverify import EnglishSplitter, Picture, Verifier
from llamaindex_clipverify.claims.alternatives import KINDS
from llamaindex_clipverify.claims.wording import noun_phrase
from llamaindex_clipverify.evaluation.calibration import Labelled, from_captions, from_rows
from llamaindex_clipverify.evaluation.datasets.coco import there_is
from llamaindex_clipverify.evaluation.evaluation import Row, read_rows
from llamaindex_clipverify.evidence.alternatives import ALTERNATIVES
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.trust.fitting import Example, fit_small
from llamaindex_clipverify.trust.fusion import features_of, standings_of
from llamaindex_clipverify.trust.profile import COMMON_NOUNS, Feature, KindModel, Profile
from training.replayed import Replayed

ENCODER = "clip-vit-base-patch32"
REAL = "photographs whose vectors of CLIP ViT-B/32 are published"
FOLDER = Path(__file__).parents[1] / "llamaindex_clipverify" / "trust" / "profiles"
PRESENCE, STANDING = "objects.sighting", "similarity.cosine_among_nouns"
"""The features that are weighed: of the detector, and of the encoder."""
_MOST = 6
NOT_REFUTED = 0.28
"""Smallest trust by an encoder alone. The vector of a whole picture hardly shows small things: of claims on nouns that YOLO has
no class for, a fifth to a third were true wherever the trust by a plain logistic curve was below .3, and curves with a lower end
of .25 to .3 are the most likely ones."""


def plausible(photos: Path) -> list[Labelled]:
    """Return that each object of a photograph is there, and as many classes that are not but often are together with these."""
    about = [json.loads(line) for line in (photos / "photos.jsonl").read_text(encoding="utf-8").splitlines()]
    lists = {one["file_name"]: set(one["objects"]) for one in about if one["objects"]}
    rows = []
    for name, there in lists.items():
        together: Counter[str] = Counter()
        for others in (other for own, other in lists.items() if own != name and there & other):
            together.update(dict.fromkeys(others - there, len(there & others)))
        absent = [noun for noun, _ in sorted(together.items(), key=lambda row: (-row[1], row[0]))][: len(there)]
        file = f"images/{name}"
        rows += [
            Row(
                images=(file,), claim=there_is(noun), label=int(noun in there), kind="object", group=file, folder=photos
            )
            for noun in (*sorted(there), *absent)
        ]
    return from_rows(rows, EnglishSplitter())


def looked_at(folder: Path) -> list[Labelled]:
    """Return the claims of a folder of photographs with vectors that a thing is there, labelled by looking."""
    rows = []
    for line in (folder / "claims.jsonl").read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        if one["kind"] == "object":
            file = next((folder / "photos").glob(f"{int(one['photo']):03d}*")).relative_to(folder).as_posix()
            rows.append(
                Row(images=(file,), claim=one["claim"], label=one["label"], kind="object", group=file, folder=folder)
            )
    return from_rows(rows, EnglishSplitter())


def weighed(verifier: Verifier, claims: Sequence[Labelled], features: Collection[str]) -> list[Example]:
    """Return examples with some features; claims on several things, or that no model can check, are left out."""
    found = []
    seen: dict[Path, Facts] = {}
    for one in claims:
        path = one.pictures[0]
        if path not in seen:
            seen[path] = verifier.facts([Picture.of(path)])[0]
        evidence = verifier.evidence(one.claim, seen[path])
        values = {
            name: value for name, value in (features_of(evidence) | standings_of(evidence)).items() if name in features
        }
        if values:
            found.append(Example(kind="object", looks=(values,), label=one.label, group=one.group))
    return found


def labelled(photos: Path) -> list[Labelled]:
    """Return the labelled claims about photographs, grouped by photograph."""
    splitter = EnglishSplitter()
    rows = [*read_rows(photos / "object_claims.jsonl"), *read_rows(photos / "caption_claims.jsonl"), *counts(photos)]
    found = from_rows([replace(row, group=row.images[0]) for row in rows], splitter)
    about = [json.loads(line) for line in (photos / "photos.jsonl").read_text(encoding="utf-8").splitlines()]
    captions = {photos / "images" / one["file_name"]: one["captions"] for one in about}
    said = from_captions(captions, splitter)
    given = {(one.pictures, one.claim.phrase) for one in found}
    found += [
        replace(one, group=f"images/{one.pictures[0].name}")
        for one in said
        if one.claim.kind == "attribute" and (one.pictures, one.claim.phrase) not in given
    ]
    return [one for one in found if one.claim.kind in ("object", "count", "attribute") and not one.claim.narrow]


def counts(photos: Path) -> Iterator[Row]:
    """Yield a true and a false number of each class of which a photograph has up to six boxes."""
    for line in (photos / "photos.jsonl").read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        name = f"images/{one['file_name']}"
        rng = np.random.default_rng(one["image_id"])
        for noun, number in sorted(Counter(box["label"] for box in one["boxes"] or ()).items()):
            if number <= _MOST:
                wrong = number + (1 if number == 1 or rng.random() < 0.5 else -1)
                for claimed, label in ((number, 1), (wrong, 0)):
                    yield Row(
                        images=(name,),
                        claim=there_is(noun, claimed),
                        label=label,
                        kind="count",
                        group=name,
                        folder=photos,
                    )


def photographs(photos: Path, detector: str, encoder: Replayed, claims: Sequence[Labelled]) -> Profile:
    """Return the profile of a detector and CLIP ViT-B/32 on photographs."""
    alone = weighed(Verifier.from_defaults(detector=detector), plausible(photos), (PRESENCE,))
    classes = Verifier.from_defaults(detector=detector).detector.labels
    beyond = [one for one in claims if one.claim.noun not in classes]
    standing = weighed(Verifier.from_defaults(encoder, regions=0), beyond, (STANDING,))
    both = weighed(Verifier.from_defaults(encoder, detector, regions=0), claims, (PRESENCE, STANDING))
    kinds = [fit_small(both), fit_small(alone), fit_small(standing, NOT_REFUTED)]
    views = detector.startswith("views:")
    objects = "views-yolov8n@*" if views else "yolov8n@*"
    parts = {
        **dict.fromkeys(("colour", "relations", "positions"), ""),
        "objects": objects,
        "similarity": f"{ENCODER}@*",
    }
    return Profile(
        name="photographs_views" if views else "photographs", date=_today(), parts=parts,
        data=f"{len(alone)} claims on COCO val2017, {len(both)} on {REAL}",
        models={"encoder": f"openai/{ENCODER}", "detector": "views:yolov8n.pt" if views else "yolov8n.pt"},
        kinds=kinds[0], single_model={"detector": kinds[1], "encoder": kinds[2]},
    )  # fmt: skip


def common(own: Profile) -> Profile:
    """Return the encoder's part of a profile, for any encoder."""
    things = own.single_model["encoder"]["object"]
    return Profile(
        name=COMMON_NOUNS, date=_today(), data=f"CLIP ViT-B/32, {things.claims} claims on {REAL}", models={},
        parts={"similarity": "*", ALTERNATIVES: "*"}, kinds={"object": things, **dict.fromkeys(KINDS, borrowed(things))},
        transferred=True,
    )  # fmt: skip


def _today() -> str:
    return datetime.date.today().isoformat()


def borrowed(things: KindModel) -> KindModel:
    """Return the weight of a thing's standing for that of a scene among others, even odds in the middle of both stances.

    It was never measured: no vectors of places are published together with photographs. So no trust is above .9.
    """
    weight = next(iter(things.features.values())).weight
    feature = Feature(weight=weight, mean=1.25, missing=0.0)
    return KindModel(intercept=0.0, features={f"{ALTERNATIVES}.standing": feature}, least=0.1, most=0.9)


def main() -> None:
    """Look, fit, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, default=Path("../shared/photos"))
    parser.add_argument("--yolo", default="../shared/weights/yolov8n.pt")
    parser.add_argument("--clip", type=Path, default=Path("../shared/real_clip"))
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args()
    encoder = Replayed(options.clip)
    claims = [
        one for one in looked_at(options.clip) if encoder.knows(noun_phrase(one.claim.words, str(one.claim.noun)))
    ]
    made = [
        photographs(options.photos, detector, encoder, claims) for detector in (options.yolo, f"views:{options.yolo}")
    ]
    for profile in (*made, common(made[0])):
        profile.save(options.out / f"{profile.name}.json")
        for name, kinds in ({"all": profile.kinds} | dict(profile.single_model)).items():
            for kind, model in kinds.items():
                weights = ", ".join(f"{one} {feature.weight:.2f}" for one, feature in model.features.items())
                print(f"{profile.name}, {name}, {kind}: {model.claims} claims, ECE left out {model.ece}; {weights}")


if __name__ == "__main__":
    main()
