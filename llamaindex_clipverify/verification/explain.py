"""Heat maps for a verified answer: each claim with a noun on the picture that its evidence is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from llamaindex_clipverify.claims.claim import Splitter
from llamaindex_clipverify.claims.foils import pictured
from llamaindex_clipverify.explainers import shown
from llamaindex_clipverify.explainers.heat_map import Explainer
from llamaindex_clipverify.report.report import ClaimMap, Report


def with_heat_maps(
    report: Report,
    explainer: Explainer,
    method: str | Sequence[str] | None = None,
    claims: Sequence[int] | None = None,
) -> Report:
    """Return the report with heat maps; parameters as for `Verifier.explain`."""
    methods: list[str | None] = [method] if method is None or isinstance(method, str) else list(method)
    if method == "all":
        methods = [*shown(explainer)]
    by_picture: dict[str, list[int]] = {}
    for index in range(len(report.claims)) if claims is None else claims:
        checked = report.claims[index]
        if checked.claim.noun is not None and checked.picture is not None and checked.trust is not None:
            by_picture.setdefault(checked.picture, []).append(index)
    maps = list(report.maps)
    for content, indices in by_picture.items():
        picture = report.picture(content)
        if picture is None:
            continue
        things = [pictured(report.claims[index].claim) for index in indices]
        texts = [claim.phrase for claim, _ in things]
        foils = [[foil.phrase for foil in rivals] for _, rivals in things]
        for name in methods:
            drawn = explainer.explain(picture, texts, name, foils)
            maps += [
                ClaimMap(claim=index, picture=content, map=heat) for index, heat in zip(indices, drawn, strict=True)
            ]
    return replace(report, maps=tuple(maps))


def foils_of(text: str, splitter: Splitter) -> list[str]:
    """Return the foils of the one thing that a noun phrase names; none if it names several or none."""
    claims = [claim for claim in splitter.split(f"There is {text}.") if claim.noun is not None]
    return [foil.phrase for foil in pictured(claims[0])[1]] if len(claims) == 1 else []
