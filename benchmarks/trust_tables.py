"""Tables of what trust is worth: beside others, under a guarantee, by what it is made of, and for another encoder."""

from __future__ import annotations

from typing import Any

from rendering import interval, table, three

Words = dict[str, str]


def judged(data: Any, words: Words) -> str:
    """Return trust beside LlamaIndex's judge and pooled CLIPScore."""
    if data is None or "judge" not in data:
        return ""
    judge = data["judge"]
    heads = ["kind", "claims", "judge: accuracy", "Trust: accuracy", "judge (AUROC)", "Trust (AUROC)", "trust − judge, 95 %",
             "noun-pooled CLIPScore, all claims"]  # fmt: skip
    keys = ("accuracy", "trust_accuracy", "auroc", "trust_auroc")
    rows = [
        [kind, str(one["n"]), *(three(one[key]) for key in keys), interval(one["trust_minus_judge_interval"]),
         three(data["noun_pooled_clipscore"].get(kind))]
        for kind, one in judge["kinds"].items()
    ]  # fmt: skip
    judges = "LlamaIndex's MultiModalFaithfulnessEvaluator, its judge the bundled LLaVA"
    title = f"**Beside {judges}: {judge['rows']} of these claims**"
    return f"{title} – `{data['command']}`\n\n{table(heads, rows, words)}"


def revised(data: Any, words: Words) -> str:
    """Return what `revise` does to the LLaVA's answers."""
    if data is None or "revised" not in data:
        return ""
    one = data["revised"]
    before, after, kept = (f"{one[key]:.1%}" for key in ("false_before", "false_after", "true_kept"))
    rows = [[f"{one['claims']:,} → {one['claims_after']:,}", before, after, kept]]
    heads = [
        'claims of these answers, before → after `on_doubt="revise"`',
        "false before",
        "false after",
        "true ones kept",
    ]
    return table(heads, rows, words)


def guaranteed(data: Any, words: Words) -> str:
    """Return how often the guarantee was violated."""
    if data is None:
        return ""
    heads = ["world", "supported: violated", "contradicted: violated", "false among supported", "true among contradicted",
             "true ones kept"]  # fmt: skip
    keys = ("supported_violated", "contradicted_violated", "supported_risk", "contradicted_risk", "true_kept")
    rows = [[name, *(f"{one[key]:.1%}" for key in keys)] for name, one in data["draws"].items()]
    title = f"**The guarantee, violated in how many of the draws (10 % allowed): {data['data']}**"
    return f"{title} – `{data['command']}`\n\n{table(heads, rows, words)}"


def retrieved(data: Any, words: Words) -> str:
    """Return recall of ways to retrieve."""
    if data is None:
        return ""
    sizes = list(data["queries"])
    heads = ["ranking"] + [f"{size}: {key}" for size in sizes for key in ("recall@1", "recall@5", "recall@10")]
    rows = [
        [name, *(three(value) for size in sizes for value in one[size].values())] for name, one in data["ways"].items()
    ]
    asked = " and ".join(f"{number} queries about {size} things" for size, number in data["queries"].items())
    title = f"**Retrieval from {data['scenes']:,} drawn scenes: {asked}**"
    return f"{title} – `{data['command']}`\n\n{table(heads, rows, words)}"


def indexed(data: Any) -> str:
    """Return what indexing costs and saves."""
    if data is None:
        return ""
    heads = [
        "encoder",
        "bare forwards, of ingest",
        "decode, forwards, write alone, of ingest",
        "ingest, times LlamaIndex's stock path (one view)",
        "answer on indexed pictures, no phrase known: above the text forward, ms",
        "the same, read from the store",
        "times the text forward",
        "looking anew, times indexed",
        "pictures not indexed, s: first, again, from disk",
    ]
    rows = []
    for name, row in [*data["rows"].items(), *data.get("large", {}).items()]:
        one, two, strange = row["ingest"], row["verify"], row["foreign"]
        ratios = [
            f"{one['forwards_per_ingest']:.2f}",
            f"{one['parts_per_ingest']:.2f}",
            f"{one['ingest_per_stock']:.1f}",
        ]
        answer = [
            f"{two['above_text_forward_ms']:.0f}",
            f"{two['from_the_store_above_ms']:.0f}",
            f"{two['per_text_forward']:.2f}",
            f"{two['anew_per_indexed']:,.0f}",
        ]
        seconds = ", ".join(f"{strange[key]:.3g}" for key in ("first_s", "again_s", "again_from_disk_s"))
        rows.append([name, *ratios, *answer, seconds])
    title = "**The index: ratios of one run; 17 views a picture, 8 claims on 4 pictures**"
    return f"{title} – `{data['command']}`\n\n{table(heads, rows, {})}\n\n{_budgets(data.get('regions'))}"


def _budgets(data: Any) -> str:
    """Return what the region budget costs and gains."""
    if data is None:
        return ""
    kinds = ("object", "small object", "attribute")
    heads = ["regions a picture", "ms a picture"]
    heads += [f"{eyes}: {kind}" for eyes in ("both", "encoder alone") for kind in kinds]
    rows = [
        [
            budget,
            f"{one['ms']:.0f}",
            *(f"{one[eyes][kind]['auroc']:.4f}" for eyes in ("both", "encoder alone") for kind in kinds),
        ]
        for budget, one in data["budgets"].items()
    ]
    title = f"**The region budget: AUROC of trust fitted with each on {data['fit']} drawn scenes, on {data['scenes']} others**"
    return f"{title} – `python benchmarks/indexing.py --only regions`\n\n{table(heads, rows, {})}"


def ablated(data: Any) -> str:
    """Return the figures of trust without each check."""
    if data is None:
        return ""
    kinds = list(data["kinds"])
    heads = ["AUROC (ECE)", *kinds]
    rows = [["bundled profile", *(_both(data["kinds"][kind]) for kind in kinds)]]
    rows += [[name, *(_both(one.get(kind)) for kind in kinds)] for name, one in data["ablations"].items()]
    rows += [["raw CLIPScore", *(three(data["kinds"][kind]["clipscore"]) for kind in kinds)]]
    rows += [["claims", *(f"{data['kinds'][kind]['n']:,}" for kind in kinds)]]
    title = f"**What trust is made of: {data['data']}; fitted anew without each check**"
    return f"{title} – `{data['command']}`\n\n{table(heads, rows, {})}"


def sliced(data: Any) -> str:
    """Return the figures of slices."""
    if data is None:
        return ""
    heads = ["slice", "claims", "Trust (AUROC)", "ECE", "ECE by chance", "false among supported", "raw CLIPScore"]
    rows = [
        [f"{name}: {value}", f"{one['n']:,}", three(one["auroc"]), three(one["ece"]), three(one["ece_floor"]),
         "–" if one["false_supported"] is None else f"{one['false_supported']:.1%}", three(one["clipscore"])]
        for name, values in data["slices"].items()
        for value, one in values.items()
    ]  # fmt: skip
    seen = data["claims"]
    refused = f"the gate refuses {seen['unseen, refused'] / seen['unseen']:.0%} of the claims on the unseen background"
    title = f"**Where it is weak: all kinds but relations; {refused}**"
    return f"{title} – `{data['command']}`\n\n{table(heads, rows, {})}"


def curves(data: Any) -> str:
    """Return risk against coverage, and reliability."""
    if data is None:
        return ""
    chosen = [point for point in data["risk_coverage"] if round(point[0] * 20) % 4 == 0]
    risk = table(["verdicts given to the surest", *(f"{cover:.0%}" for cover, _ in chosen)],
                 [["of them wrong", *(f"{wrong:.2%}" for _, wrong in chosen)]], {})  # fmt: skip
    bins = data["reliability"]
    heads = ["mean trust of a bin", *(f"{mean:.2f}" for mean, _, _ in bins)]
    reliable = table(heads, [["share of true ones", *(f"{share:.2f}" for _, share, _ in bins)]], {})
    return f"**Risk against coverage, and reliability, one picture** – `{data['command']}`\n\n{risk}\n\n{reliable}"


def transferred(data: Any) -> str:
    """Return what transferred weights are worth for an encoder left out."""
    if data is None:
        return ""
    kinds = list(next(iter(data["encoders"].values()))["own"])
    heads = ["encoder left out", *(f"{kind}: own → transferred AUROC (ECE)" for kind in kinds)]
    rows = [
        [name, *(f"{_both(one['own'][kind])} → {_both(one['transferred'][kind])}" for kind in kinds)]
        for name, one in data["encoders"].items()
    ]
    title = f"**Weights of the other encoders: {data['data']}, encoder alone and beside the detector**"
    return f"{title} – `{data['command']}`\n\n{table(heads, rows, {})}"


def labelled(data: Any) -> str:
    """Return what few labels are good for."""
    if data is None or "labels" not in data:
        return ""
    heads = ["labels (objects)", "ECE transferred", "on the labels' scale", "fitted on the labels alone",
             "true ones kept by a guarantee of .1"]  # fmt: skip
    keys = ("ece_transferred", "ece_scaled", "ece_own")
    rows = [
        [number, *(three(one[key]) for key in keys), f"{one['true_kept']:.0%}"]
        for number, one in data["labels"].items()
    ]
    title = "**Few labels for an encoder that was left out, mean over encoders and draws, drawn scenes**"
    return f"{title} – `{data['command']}`\n\n{table(heads, rows, {})}"


def _both(one: dict[str, Any] | None) -> str:
    return "–" if one is None else f"{three(one['auroc'])} ({three(one['ece'])})"
