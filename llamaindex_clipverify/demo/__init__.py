"""The demonstration: indexes drawn pictures, asks the bundled LLaVA questions about them, and verifies its answers.

The model hallucinates at times. The known truth of the scenes, which no model sees, shows where; the verifier has to find it.
Five more answers with one planted error each follow on the page.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llamaindex_clipverify.demo import gallery
from llamaindex_clipverify.demo.planted import Story, stories
from llamaindex_clipverify.errors import ModelError
from llamaindex_clipverify.report.format import MARKS, number
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.report.saving import save_all

if TYPE_CHECKING:
    from llamaindex_clipverify.index.index import EvidenceIndex
    from llamaindex_clipverify.testing import Scene
    from llamaindex_clipverify.verification.verifier import Verifier

_PICTURES = 2
"""Number of pictures retrieved for each question."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """An answer of the model with its report, and its errors according to the truth of the scenes."""

    question: str
    report: Report
    slips: tuple[str, ...]
    """Words of the answer that are false."""
    truth: str
    """Objects that the pictures show."""
    decided: bool
    """Whether the truth of the scenes decides any claim of the answer."""

    @property
    def line(self) -> str:
        """Return verdict, trust, question and answer in one line, with the truth if the answer is false."""
        truth = f"   (false: {', '.join(f'“{words}”' for words in self.slips)})" if self.slips else ""
        return (
            f"{MARKS[self.report.verdict]} {number(self.report.trust):>4}  {self.question}  {self.report.answer}{truth}"
        )


def run(
    out: Path,
    show: Callable[[Report], None],
    say: Callable[[str], None],
    verifier: Verifier | None = None,
    llm: Any = None,
) -> list[Report]:
    """Index, ask, answer, verify; show two reports and write pictures, ``report.html`` and ``report.json`` into `out`.

    Args:
        out: Output folder; created if missing.
        show: Callback that prints a report.
        say: Callback that prints a line.
        verifier: The verifier. Default: the bundled one.
        llm: The vision language model. Default: the bundled LLaVA.
    """
    if verifier is None:
        from llamaindex_clipverify.verification.verifier import Verifier as Bundled

        verifier = Bundled.tiny()
    drawn = gallery.draw(out / "pictures")
    index = _index(out, drawn, verifier)
    say(f"{len(drawn)} drawn pictures are in a Chroma index, {index.store}.")
    answered = _ask(index, drawn, verifier, llm or "tiny")
    say(
        f"The bundled LLaVA answers {len(answered)} questions, each from the {_PICTURES} nearest pictures or one given picture:\n"
    )
    for one in answered:
        say(one.line)
    say(f"\n{_found(answered)}")
    chosen = _chosen(answered)
    shown = [_explained(verifier, one) for one in chosen]
    for one, report in zip(chosen, shown, strict=True):
        say(f"\n{'A hallucination' if one.slips else 'A true answer'}: “{report.question}” – “{report.answer}”")
        show(report)
    reports = [*shown, *_planted(verifier, out, say)]
    save_all(reports, out / "report.html")
    (out / "report.json").write_text(_as_json([*reports, *(one.report for one in answered)]), encoding="utf-8")
    say(f"\nThe page with boxes and heat maps is {out / 'report.html'}")
    return reports


def _index(out: Path, drawn: dict[str, Scene], verifier: Verifier) -> EvidenceIndex:
    from llamaindex_clipverify.index.index import EvidenceIndex

    encoder, store = verifier.encoder, out / "store"
    assert encoder is not None
    try:
        index = EvidenceIndex(store, encoder, verifier.detector)
    except ModelError:  # a store of an older encoder is left alone
        index = EvidenceIndex(store.with_name(f"store-{encoder.id.rpartition('@')[2]}"), encoder, verifier.detector)
    index.add(list(drawn))
    index.remove([hit.id for hit in index.hits() if hit.uri not in drawn])
    return index


def _ask(index: EvidenceIndex, drawn: dict[str, Scene], verifier: Verifier, llm: Any) -> list[Told]:
    from llama_index.core.schema import QueryBundle

    from llamaindex_clipverify.llama_index.llms import load_llm
    from llamaindex_clipverify.llama_index.response import get_report

    model, answered = load_llm(llm), []
    engines = {number: index.as_query_engine(model, number, verifier=verifier) for number in (1, _PICTURES)}
    for query in gallery.queries(drawn):
        engine = engines[1 if query.picture else _PICTURES]
        bundle = QueryBundle(query.text, image_path=str(query.picture) if query.picture else None)
        report = get_report(engine.query(bundle))
        slips, truth = tuple(gallery.slips(report, drawn)), gallery.really(report, drawn)
        answered.append(
            Told(question=query.text, report=report, slips=slips, truth=truth, decided=gallery.decided(report, drawn))
        )
    return answered


def _chosen(answered: list[Told]) -> list[Told]:
    """Return a hallucinated and a true answer, those that show most; fewer if the model made no error."""
    return [max(group, key=_told) for group in _parted(answered) if group]


def _told(one: Told) -> tuple[int, int]:
    """Return how many verdicts an answer shows, found things and missing ones, and how many claims it has."""
    said = {claim.verdict for claim in one.report.claims}
    return len(said & {"supported", "contradicted"}), len(one.report.claims)


def _parted(answered: list[Told]) -> tuple[list[Told], list[Told]]:
    """Return the false and the true answers, without those that the scenes cannot decide."""
    return [one for one in answered if one.slips], [one for one in answered if one.decided and not one.slips]


def _found(answered: list[Told]) -> str:
    """Print how well trust separates false answers from true ones."""
    false, true = _parted(answered)
    caught, doubted = (sum((one.report.trust or 0.0) < 0.5 for one in group) for group in (false, true))
    return (
        f"By the ground truth {len(false)} of these answers are false. Trust is below .5 for {caught} of them, "
        f"and for {doubted} of the {len(true)} true ones."
    )


def _explained(verifier: Verifier, one: Told) -> Report:
    truth = f"What is really there: {one.truth}" if one.slips else f"True, by the ground truth: {one.truth}"
    report = _with_maps(verifier, one.report)
    return replace(report, notes=(truth, *report.notes))


def _planted(verifier: Verifier, out: Path, say: Callable[[str], None]) -> list[Report]:
    """Verify the answers with a planted error and print one line for each."""
    say("\nFive more answers, each with one slip that was planted:\n")
    reports = []
    for place, story in enumerate(stories(), 1):
        report = verifier.verify(story.answer, _save_pictures(story, place, out / "pictures"), question=story.question)
        say(f"{MARKS[report.verdict]} {number(report.trust):>4}  {story.answer}   (really: {story.truth})")
        explained = _with_maps(verifier, report)
        reports.append(replace(explained, notes=(f"What is really there: {story.truth}", *explained.notes)))
    return reports


def _with_maps(verifier: Verifier, report: Report) -> Report:
    return verifier.explain(report, "all")


def _save_pictures(story: Story, place: int, out: Path) -> list[Path]:
    paths = []
    for letter, scene in zip("abcd", story.scenes, strict=False):
        part = f"-{letter}" if len(story.scenes) > 1 else ""
        path = out / f"planted-{place}-{story.name.replace(' ', '-')}{part}.png"
        scene.image.save(path)
        paths.append(path)
    return paths


def _as_json(reports: list[Report]) -> str:
    rows: list[dict[str, Any]] = [report.to_dict() for report in reports]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"
