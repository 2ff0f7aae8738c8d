"""Write the figures of results/*.json into both READMEs and pages of docs: ``python benchmarks/tables.py [--check]``."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from door_tables import doors
from map_tables import explained
from measuring import bundled_weights
from photograph_tables import on_photographs
from reading_tables import compared, read_outside
from rendering import interval, table, three
from security_tables import attacked
from serving_tables import served
from trust_tables import ablated, curves, guaranteed, indexed, judged, labelled, retrieved, revised, sliced, transferred
from world_tables import by_other_hands, earlier_weights, headline_row

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"
_PLACE = re.compile(r"(<!-- figures -->\n).*?(<!-- end of figures -->)", re.DOTALL)
_WORDS: dict[str, dict[str, str]] = {
    "README.md": {},
    "README.ko.md": {
        "pictures and claims": "그림과 주장",
        "claims": "주장 수",
        "coverage": "검사 비율",
        "trust (AUROC)": "신뢰도 (AUROC)",
        "detector alone": "검출기만",
        "raw CLIPScore": "CLIPScore 그대로",
        "command": "명령",
    },
}


def headline(words: dict[str, str]) -> str:
    """Return the one table of the README, worst rows first, with column heads in the words given."""
    heads = ["pictures and claims", "claims", "coverage", "trust (AUROC)", "detector alone", "raw CLIPScore", "command"]
    photographs, answers, claims = _read("photographs"), _read("hallucinations"), _read("claims")
    rows = []
    for file in ("caption_claims", "object_claims"):
        kind = file.replace("_", " ")
        figures = photographs["tiny CLIP and YOLOv8n"][file]["overall"]
        rows.append([f"COCO photographs, YOLOv8n, {kind}", *_figures(figures), f"`{photographs['command']}`"])
    said = answers["kinds"]["all claims"]
    trust = f"{three(said['auroc'])} ({interval(said['auroc_interval'])})"
    cells = [f"{said['n']:,}", f"{said['coverage']:.0%}", trust, three(said["auroc_detector"]), "–"]
    other = headline_row(_read("worlds"))
    rows += [other] if other else []
    earlier = "" if answers.get("weights") == bundled_weights() else ", by earlier weights"
    rows.append([f"drawn scenes, what the bundled LLaVA says{earlier}", *cells, f"`{answers['command']}`"])
    rows.append(["drawn scenes, labelled claims", *_figures(claims["overall"]), f"`{claims['command']}`"])
    return table(heads, rows, words)


def _figures(data: dict[str, Any]) -> list[str]:
    """Return number, coverage, AUROC of trust with its interval, and the baselines."""
    baselines = data["baselines"]
    others = [three(baselines[name]["auroc"]) if name in baselines else "–" for name in ("detector", "clipscore")]
    trust = f"{three(data['auroc'])} ({interval(data['intervals']['auroc'])})"
    return [f"{data['n']:,}", f"{data['coverage']:.0%}", trust, *others]


def rest() -> str:
    """Return the tables of docs/figures.md."""
    claims = _read("claims")
    parts = [
        earlier_weights(),
        _photographs(_read("photographs"), {}),
        by_other_hands(_read("worlds")),
        _hallucinations(_read("hallucinations"), {}),
        revised(_read("hallucinations"), {}),
        _claims(claims, {}),
        judged(claims, {}),
        guaranteed(_read("guarantee"), {}),
        retrieved(_read("retrieval"), {}),
        _speed(_read("speed")),
        indexed(_read("indexing")),
        ablated(_read("ablations")),
        sliced(_read("ablations")),
        curves(_read("ablations")),
        transferred(_read("transferred")),
        labelled(_read("transferred")),
        _documents(_read("documents"), {}),
        _typographic(_read("typographic"), {}),
        _llava(_read("llava"), {}),
        _finetuning(_read("finetuning"), {}),
        _describing(_read("describing"), {}),
        _models(_read("models"), {}),
        read_outside(_read("reading")),
        compared(_read("rates")),
        explained(_read("explaining")),
        doors(_read("doors")),
    ]
    return "\n\n".join(part for part in parts if part)


def _read(name: str) -> Any:
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _claims(data: Any, words: dict[str, str]) -> str:
    if data is None:
        return ""
    heads = ["kind", "claims", "coverage", "Trust (AUROC)", "95 %", "ECE", "raw CLIPScore", "detector alone"]
    title = f"**{data['data']}** – `{data['command']}`"
    return f"{title}\n\n{table(heads, list(_claim_rows(data)), words)}"


def _claim_rows(data: dict[str, Any]) -> Iterator[list[str]]:
    for kind in ("overall", "object+attribute+count", *data["kinds"]):
        one = data["kinds"].get(kind) or data[kind]
        baselines = [three(one["baselines"][name]["auroc"]) for name in ("clipscore", "detector")]
        trust = [three(one["auroc"]), interval(one["intervals"]["auroc"]), three(one["ece"])]
        yield [kind, str(one["n"]), f"{one['coverage']:.0%}", *trust, *baselines]


def _photographs(data: Any, words: dict[str, str]) -> str:
    if data is None:
        return ""
    heads = [
        "models",
        "claims",
        "coverage",
        "Trust (AUROC)",
        "detector alone",
        "trust − detector, 95 %",
        "gate refuses",
    ]
    rows = []
    for name in ("tiny CLIP and YOLOv8n", "tiny"):
        for file, done in data[name].items():
            one, refused = done["overall"], f"{done['refused_by_the_gate']} of {done['pictures']} pictures"
            measured = ["–", "–", "–"]
            if one["coverage"] > 0.1:
                alone = one["baselines"]["detector"]
                difference = f"{alone['trust_minus_this']:+.3f} ({interval(alone['trust_minus_this_interval'])})"
                measured = [three(one["auroc"]), three(alone["auroc"]), difference]
            rows.append(
                [f"{name}: {file.replace('_', ' ')}", str(one["n"]), f"{one['coverage']:.0%}", *measured, refused]
            )
    return f"**COCO photographs** – `{data['command']}`\n\n{table(heads, rows, words)}"


def _documents(data: Any, words: dict[str, str]) -> str:
    if data is None:
        return ""
    heads = ["drawn documents", "claims", "coverage", "Trust (AUROC)", "95 %", "accuracy", "true, contradicted"]
    rows = []
    for name, done in data["conditions"].items():
        one = done["overall"]
        measured = [f"{one['coverage']:.0%}", three(one["auroc"]), interval(one["intervals"]["auroc"])]
        rows.append([name, str(one["n"]), *measured, three(one["accuracy"]), f"{done['true_contradicted']:.1%}"])
    return f"**Written words: {data['data']}** – `{data['command']}`\n\n{table(heads, rows, words)}"


def _typographic(data: Any, words: dict[str, str]) -> str:
    if data is None:
        return ""
    heads = ["drawn scenes", "raw CLIPScore, clean → attacked", "Trust, clean", "Trust, attacked", "false, supported: clean",
             "false, supported: attacked", "true, supported: attacked"]  # fmt: skip
    rows = []
    for name, done in data.items():
        if not isinstance(done, dict):
            continue
        raw = " → ".join(three(done["clipscore"][key]["auroc"]) for key in ("clean", "attacked"))
        for guard in ("without", "guarded"):
            clean, attacked = done[guard]["clean"], done[guard]["attacked"]
            shares = [clean["false_supported"], attacked["false_supported"], attacked["true_supported"]]
            label = f"{name}, {'with a reader' if guard == 'guarded' else 'without'}"
            measured = [three(clean["auroc"]), three(attacked["auroc"]), *(f"{share:.1%}" for share in shares)]
            rows.append([label, raw, *measured])
    return (
        f"**A false word written on the picture: {data['data']}** – `{data['command']}`\n\n{table(heads, rows, words)}"
    )


def _hallucinations(data: Any, words: dict[str, str]) -> str:
    if data is None:
        return ""
    heads = ["kind", "claims", "false", "coverage", "Trust (AUROC)", "95 %", "false found at 5 % false alarms", "AP of false",
             "detector alone", "log-probability"]  # fmt: skip
    rows = []
    first = {"generator left out, all claims": data["left_out"]} if "left_out" in data else {}
    for kind, one in {**first, **data["kinds"]}.items():
        if "auroc" not in one:
            rows.append([kind, f"{one['n']:,}", str(one["false"]), *["–"] * 7])
            continue
        found = [f"{one['recall_of_false_at_5_percent']:.0%}", three(one["average_precision_of_false"])]
        beside = [three(one["auroc_detector"]), three(one["auroc_logprob"])]
        trust = [f"{one['coverage']:.0%}", three(one["auroc"]), interval(one["auroc_interval"])]
        rows.append([kind, f"{one['n']:,}", f"{one['false']} ({one['prevalence']:.1%})", *trust, *found, *beside])
    title = f"**What the bundled LLaVA says of {data['scenes']:,} fresh drawn scenes, and whether trust finds what it invents**"
    return f"{title} – `{data['command']}`\n\n{table(heads, rows, words)}"


def _llava(data: Any, words: dict[str, str]) -> str:
    if data is None:
        return ""
    told, judged = data["described"], data["judge"]
    by_world = [
        [
            f"{name}: objects named that are there / there that are named",
            f"{one['precision']:.1%} / {one['recall']:.1%}",
            f"{one['n']:,}",
        ]
        for name, one in data.get("worlds", {}).items()
    ]
    left_out, first = next(iter(data.get("worlds", {}).items()), ("", {}))
    sizes = [
        [f"{left_out}: named of things {size} % of the picture's side wide", f"{one['recall']:.1%}", f"{one['n']:,}"]
        for size, one in first.get("by size", {}).items()
    ]
    rows = [
        *by_world,
        *sizes,
        ["descriptions: objects named that are there", f"{told['precision']:.1%}", f"{told['n']:,}"],
        ["descriptions: objects there that are named", f"{told['recall']:.1%}", f"{told['n']:,}"],
        *([f"questions: {sort}", f"{one['right']:.1%}", f"{one['n']:,}"] for sort, one in data["asked"].items()),
        *([f"{number} pictures, the synthesizer's words", f"{one['right']:.1%}", f"{one['n']:,}"]
          for number, one in data["retrieval"].items()),
        ["a fact from a passage", f"{data['passages']['right']:.1%}", f"{data['passages']['n']:,}"],
        ["yes or no in the form of LlamaIndex's judge", f"{judged['all']:.1%}", f"{judged['n']:,}"],
    ]  # fmt: skip
    title = f"**The bundled LLaVA, fresh drawn scenes** – `{data['command']}`"
    return f"{title}\n\n{table(['figure', 'right', 'n'], rows, words)}"


def _finetuning(data: Any, words: dict[str, str]) -> str:
    if data is None:
        return ""
    style, wrong = data["style"], data["corrupted"]
    rows = [
        [
            f"style {name}, before → after",
            *(f"{style['before'][name][key]:.3f} → {style['after'][name][key]:.3f}" for key in _FOUND),
        ]
        for name in style["before"]
    ]
    rows += [
        [f"30 % of the captions wrong, {name}", *(three(wrong[name][key]) for key in _FOUND)]
        for name in ("unfiltered", "filtered", "weighted")
    ]
    heads = [
        "descriptions of held-out scenes",
        "named objects that are not there",
        "objects there that are named",
        "false claims",
    ]
    commands = " and ".join(f"`{one}`" for one in dict.fromkeys((style["command"], wrong["command"])))
    title = f"**Fine-tuning the bundled LLaVA on {data['data']}** – {commands}"
    return f"{title}\n\n{table(heads, rows, words)}"


_FOUND = ("hallucination", "recall", "false_claims")


def _describing(data: Any, words: dict[str, str]) -> str:
    if data is None:
        return ""
    rows = [
        [name, f"{data['scenes'] / seconds:.1f}", three(data["throughput_ratio"][name])]
        for name, seconds in data["seconds"].items()
    ]
    title = f"**Descriptions of {data['scenes']} drawn scenes, {data['machine']}** – `{data['command']}`"
    return f"{title}\n\n{table(['way', 'pictures a second', 'of the bare model'], rows, words)}"


def _models(data: Any, words: dict[str, str]) -> str:
    if data is None:
        return ""
    styles = list(dict.fromkeys(name.split(" ", 1)[0] for name in data))
    what = list(dict.fromkeys(name.split(" ", 1)[1] for name in data))
    rows = [
        [*_figure(name, data[f"{styles[0]} {name}"]), *(_value(data[f"{style} {name}"]) for style in styles)]
        for name in what
    ]
    command = "python -m training.evaluate --json benchmarks/results/models.json"
    title = f"**The bundled models alone, fresh drawn scenes, two styles of art** – `{command}`"
    return f"{title}\n\n{table(['models', 'figure', 'n', *styles], rows, words)}"


def _figure(name: str, one: dict[str, float]) -> list[str]:
    model = "YOLO" if "map50" in one else "CLIP, raw cosine"
    return [f"{model}: {name}", "mAP50" if "map50" in one else "AUROC", f"{one['n']:,}"]


def _value(one: dict[str, float]) -> str:
    return three(one.get("map50", one.get("auroc")))


def _speed(data: Any) -> str:
    if data is None:
        return ""
    answer = "answer of 11 claims on 4 known pictures, ms"
    heads = ["encoder", "one view, ms", "first look at a picture, ms", "views", answer, "answers per look"]
    rows = [
        [name, str(one["picture_forward_ms"]), str(one["look_ms"]), str(one["views"]), str(one["answer_ms"]),
         f"{one['look_ms'] / one['answer_ms']:,.0f}"]
        for name, one in data["rows"].items()
    ]  # fmt: skip
    return f"**Time, {data['machine']}** – `{data['command']}`\n\n{table(heads, rows, {})}"


def _page(data: Any) -> str:
    if data is None:
        return ""
    heads = [
        "answers",
        "claims",
        "heat maps",
        "pictures",
        "MB",
        "written in, s",
        "there in, s",
        "searched in, ms",
        "answer opened in, ms",
    ]
    waits = [f"{1000 * data[name]:.0f}" for name in ("search_s", "open_s")]
    counts = [f"{data[name]:,}" for name in ("answers", "claims", "maps", "pictures")]
    row = [*counts, str(data["megabytes"]), f"{data['write_s']:.1f}", f"{data['load_s']:.1f}", *waits]
    title = f"**A page of many answers, opened from the disk in Chromium, {data['machine']}**"
    return f"{title} – `{data['command']}`\n\n{table(heads, [row], {})}"


def _light(data: Any) -> str:
    if data is None:
        return ""
    heads = ["", "", "precision", "MB", "times as fast as torch", "likeness", "least"]
    rows = [
        [name, _FILES[one["file"]], one["precision"], f"{one['megabytes']:.1f}", f"{one['faster']:.1f}",
         f"{one['mean']:.4f}", f"{one['least']:.4f}"]
        for name, forms in data["rows"].items()
        for one in forms
    ]  # fmt: skip
    title = f"**Times as fast as torch, in turns on one core, with the preparation of pictures and texts** – `{data['command']}`"
    return f"{title}\n\n{table(heads, rows, {})}\n\n{_light_scores(data)}"


_FILES = {"vision": "encoder, pictures", "text": "encoder, texts", "network": "detector"}


def _light_scores(data: Any) -> str:
    heads = ["bundled models", "contrast (AUROC)", "lost, 95 %", "cosine (AUROC)", "detector (AUROC)",
             "trust of the old profile (AUROC)", "its ECE", "moved by"]  # fmt: skip
    rows = []
    for form, one in data["scores"].items():
        raw = [three(one["raw"][name]) for name in ("contrast", "cosine", "detector")]
        lost, moved = interval(one.get("contrast_lost_interval")), one.get("trust_moved")
        trust = [three(one["trust"]["auroc"]), three(one["trust"]["ece"]), three(moved)]
        rows.append([form, raw[0], lost, *raw[1:], *trust])
    return f"**{data['data']}: raw scores on objects, trust on all**\n\n{table(heads, rows, {})}"


def main() -> None:
    """Write the tables, or fail when they are not up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when a table is out of date")
    options = parser.parse_args()
    texts = {name: headline(words) for name, words in _WORDS.items()} | {
        "docs/figures.md": rest(),
        "docs/lighter-models.md": _light(_read("light")),
        "docs/photographs.md": on_photographs(
            _read("real_answers"), _read("captions"), _read("caption_pairs"), _read("real_clip")
        ),
        "docs/reading-a-report.md": _page(_read("report_page")),
        "docs/security.md": attacked(_read("attacks"), _read("load")),
        "docs/serving.md": served(_read("serving")),
    }
    for name, text in texts.items():
        path = ROOT / name
        before = path.read_text(encoding="utf-8")
        after = _PLACE.sub(lambda found, text=text: f"{found[1]}\n{text}\n\n{found[2]}", before)  # type: ignore[misc]
        if options.check and after != before:
            raise SystemExit(f"{name} is out of date: python benchmarks/tables.py")
        path.write_text(after, encoding="utf-8")


if __name__ == "__main__":
    main()
