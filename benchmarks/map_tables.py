"""Tables of heat maps: where they point, what they are worth, what they cost, and which word is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rendering import table, three

Words = dict[str, str]
_NOT = "not measured"


def explained(data: Any) -> str:
    """Return all tables of explanations under a heading."""
    if data is None:
        return ""
    makers = {"localisation": _localised, "generators": _by_generator, "faithfulness": _faithful, "absent": _absent,
              "words": _words, "cost": _cost, "photographs": _photographs}  # fmt: skip
    parts = [make(data[name]) for name, make in makers.items() if name in data]
    return "\n\n".join(["## Heat maps", *parts])


def _localised(one: Any) -> str:
    what = f"Where maps point, {one['scenes']} drawn scenes, sizes matched between 1, 2, 3, 4 or more objects"
    title = f"**{what}** – `{one['command']}`"
    heads = ["method", "peak in the box", "energy in the box", "1 object", "2", "3", "4 or more", "forwards"]
    rows = [
        [name, three(found["pointing"][0]), three(found["energy"][0]),
         *(f"{three(hit)} / {three(energy)}" for hit, energy in found["by_objects"].values()),
         "" if found["forwards"] is None else f"{found['forwards']:.1f}"]
        for name, found in one["methods"].items()
    ]  # fmt: skip
    return f"{title}\n\n{table(heads, rows, {})}"


def _by_generator(one: Any) -> str:
    what = f"Where maps of {one['method']} point on drawn scenes by each generator, {one['scenes']} objects of the same sizes"
    rows = [
        [
            f"{name}, left out of all training" if found["left_out"] else name,
            three(found["pointing"][0]),
            three(found["energy"][0]),
        ]
        for name, found in one["generators"].items()
    ]
    return (
        f"**{what}** – `{one['command']}`\n\n{table(['generator', 'peak in the box', 'energy in the box'], rows, {})}"
    )


def _faithful(one: Any) -> str:
    what = f"Areas under insertion and deletion curves of the claim's margin (cosine), {one['scenes']} drawn scenes, five seeds"
    title = f"**{what}** – `{one['command']}`"
    heads = [
        "method",
        "insertion, higher is better",
        "deletion, lower is better",
        "difference",
        "correlation with the opposite's map",
    ]
    rows = [
        [name, *(f"{three(found[key][0])} ± {three(found[key][1])}" for key in ("insertion", "deletion", "gain")),
         three(one["sign"].get(name))]
        for name, found in one["methods"].items()
    ]  # fmt: skip
    stock = three(one["sign"]["eigengradcam, stock sign"])
    hears = "It does not hear whether a thing is asked for or its opposite."
    note = f"EigenGradCAM with the sign that the decomposition happens to give: {stock}. {hears}"
    return f"{title}\n\n{table(heads, rows, {})}\n\n{note}"


def _absent(one: Any) -> str:
    what = f"“No evidence”: things that are there and things that are not, {one['scenes']} drawn scenes, by the encoder alone"
    title = f"**{what}** – `{one['command']}`"
    heads = [
        "method",
        "AUROC of the label's figure",
        "of the peak",
        "of the energy",
        "labelled, absent",
        "labelled, present",
    ]
    keys = ("auroc_of_the_label", "auroc_of_the_peak", "auroc_of_the_energy", "absent_that_say_no_evidence",
            "present_that_say_no_evidence")  # fmt: skip
    rows = [[name, *(three(found[key]) for key in keys)] for name, found in one["methods"].items()]
    full = min(found["absent_with_a_scaled_peak_of_1"] for found in one["methods"].values())
    note = f"Scaled as maps are drawn elsewhere, at least {full:.0%} of the maps of absent things have a peak of 1."
    return f"{title}\n\n{table(heads, rows, {})}\n\n{note}"


def _words(one: Any) -> str:
    title = (
        f"**The wrong word in {one['captions']} captions with one noun, colour or number changed** – `{one['command']}`"
    )
    sorts = ("accuracy", "noun", "colour", "number")
    rows = [
        [name, *(f"{three(found[key][0])} ({three(found[key][1])}–{three(found[key][2])})" for key in sorts)]
        for name, found in one["methods"].items()
    ]
    return f"{title}\n\n{table(['method', 'found', *sorts[1:]], rows, {})}"


def _cost(one: Any) -> str:
    title = f"**8 claims by 3 methods on one picture, in forwards without gradients** – `{one['command']}`"
    heads = ["encoder", "one forward, ms", "layercam, gradcam++, attention", "layercam, gradcam++, eigengradcam",
             "the first three, tried", "the second three by pytorch-grad-cam itself"]  # fmt: skip
    return f"{title}\n\n{table(heads, list(_cost_rows(one)), {})}"


def _cost_rows(one: Any) -> Iterator[list[str]]:
    for name in ("tiny", "B/32", "B/16"):
        found = one.get(name)
        keys = ("three methods", "stock three", "tried", "pytorch-grad-cam")
        weights = "" if name == "tiny" else ", random weights"
        if found is None:
            yield [name + weights, *([_NOT] * 5)]
        else:
            yield [name + weights, f"{found['forward_ms']:.1f}", *(f"{found[key]:.1f}" for key in keys)]


def _photographs(one: Any) -> str:
    title = f"**{one['photographs']} photographs with annotated boxes** – `{one['command']}`"
    energy, silent = one["energy_of_yolo_maps"], one["that_say_no_evidence"]
    rows = [
        [f"energy of YOLOv8n's {one['detections']} maps in the annotated boxes",
         f"{three(energy[0])} ({three(energy[1])}–{three(energy[2])})"],
        ["share of the picture that those boxes take", three(one["share_of_the_picture"])],
        [f"of {one['maps_of_the_tiny_encoder']} maps by the bundled encoder, which knows no photographs, that say “no evidence”",
         f"{three(silent[0])} ({three(silent[1])}–{three(silent[2])})"],
    ]  # fmt: skip
    return f"{title}\n\n{table(['what', 'figure'], rows, {})}"
