"""The tables of benchmarks/doors.py for docs/figures.md."""

from __future__ import annotations

from typing import Any

from rendering import table

_ANSWERS = (
    ("evaluator", "`ClipVerifyEvaluator` in a BatchEvalRunner"),
    ("pytest", "`clipverify.assert_trusted` under pytest"),
    ("judge", "MultiModalFaithfulnessEvaluator, judge: the bundled LLaVA"),
)


def doors(data: Any) -> str:
    """Return what the doors find and cost, as far as it was measured."""
    parts = [_answers, _korean, _engine]
    return "" if data is None else "\n\n".join(text for part in parts if (text := part(data)))


def _answers(data: Any) -> str:
    one = data.get("answers")
    if one is None:
        return ""
    heads = ["who says that an answer is wrong", "precision", "recall", "accuracy", "s", "calls of a judge"]
    rows = [
        [name, *(f"{one[key][figure]:.2f}" for figure in ("precision", "recall", "accuracy")),
         f"{one[key]['seconds']:.0f}", f"{one[key]['judge calls']}"]
        for key, name in _ANSWERS
    ]  # fmt: skip
    named, again = one["evaluator"]["the false sentence is named"], one["pytest"]["seconds again, cached"]
    return (
        f"**{one['answers']} answers of three sentences about drawn scenes, one sentence of every second one false** – "
        f"`python benchmarks/doors.py --only answers`\n\n{table(heads, rows, {})}\n\n"
        f"Of the corrupted answers {named:.0%} have the false sentence named. A second run of the suite takes {again:.0f} s: "
        f"what is unchanged is not verified again. Under pytest an answer that nothing could check fails too."
    )


def _korean(data: Any) -> str:
    one = data.get("korean")
    if one is None:
        return ""
    kinds = [kind for kind in one["ko"] if kind != "unverifiable"]
    heads = ["language", "unverifiable", *kinds]
    rows = [
        [name, f"{one[key]['unverifiable']}", *(f"{one[key][kind]['auroc']:.3f}" for kind in kinds)]
        for key, name in (("ko", "Korean"), ("en", "the same in English"))
    ]
    return (
        f"**{one['claims']:,} Korean claims about drawn scenes: AUROC of trust** – `python benchmarks/doors.py --only korean`"
        f"\n\n{table(heads, rows, {})}"
    )


def _engine(data: Any) -> str:
    one = data.get("engine")
    if one is None:
        return ""
    ms = one["ms"]
    heads = [
        "pictures in the index",
        "the engine alone, ms",
        "with a report, ms",
        "added (median)",
        "added (95th percentile)",
    ]
    row = [f"{one['pictures']}", f"{ms['engine']:.0f}", f"{ms['verified engine']:.0f}", f"{ms['added']:.0f}",
           f"{one['added, 95th percentile']:.0f}"]  # fmt: skip
    return (
        f"**`ClipVerifyQueryEngine` around an engine over an index, {one['questions']} questions, {one['pictures an answer']} "
        f"pictures each, bundled models, two cores** – `python benchmarks/doors.py --only engine`"
        f"\n\n{table(heads, [row], {})}"
    )
