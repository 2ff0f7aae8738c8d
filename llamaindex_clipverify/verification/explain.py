"""Heat maps for a verified answer: each claim with a noun on the picture that its evidence is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llamaindex_clipverify import tracing
from llamaindex_clipverify.claims.claim import Splitter
from llamaindex_clipverify.claims.foils import pictured
from llamaindex_clipverify.errors import ModelError
from llamaindex_clipverify.explainers import load_explainer, shown
from llamaindex_clipverify.explainers.heat_map import Explainer, HeatMap
from llamaindex_clipverify.models.protocols import Encoder
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.report import ClaimMap, Report

if TYPE_CHECKING:
    from llamaindex_clipverify.explainers.words import WordMap


class ExplainingVerifier:
    """The heat maps of a verifier."""

    encoder: Encoder | None

    @property
    def splitter(self) -> Splitter:
        """Reads the texts of heat maps."""
        raise NotImplementedError

    @cached_property
    def explainer(self) -> Explainer:
        """Draws heat maps for the encoder.

        Raises:
            ModelError: There is no encoder, or not one with gradients.
        """
        if self.encoder is None:
            raise ModelError("heat maps need an encoder", got="a detector alone", do="name one with encoder=")
        return load_explainer(self.encoder)

    @property
    def map_methods(self) -> tuple[str, ...]:
        """Methods of heat maps that the encoder allows; none without an encoder that has gradients."""
        try:
            drawer = self.explainer
        except ModelError:
            return ()
        return tuple(name for name in drawer.methods if drawer.suits(name))

    def heat_maps(self, texts: Sequence[str], image: Any, method: str | None = None) -> list[HeatMap]:
        """Return one heat map per text on one picture, contrasted with the foils of the one thing that the text names.

        Args:
            texts: Noun phrases ("a red bus").
            image: Anything that `Picture.of` takes.
            method: See `explainers.METHODS`. Default: the best one that the encoder allows.

        Raises:
            ModelError: There is no encoder to explain.
            DataError: The method is unknown.
            MissingExtraError: The method needs pytorch-grad-cam, which is not installed.
        """
        foils = [foils_of(text, self.splitter) for text in texts]
        return self.explainer.explain(Picture.of(image), texts, method, foils)

    def words(self, text: str, image: Any, method: str = "swaps") -> WordMap:
        """Return the contribution of each word of an English text to its score; `WordMap.wrong` is the most harmful word.

        Args:
            text: A caption or a claim.
            image: Anything that `Picture.of` takes.
            method: See `explainers.words.METHODS`.

        Raises:
            ModelError: There is no encoder, or not one with gradients.
            DataError: The method is unknown, or the text has no word.
            MissingExtraError: The method needs captum, which is not installed.
        """
        self.explainer  # noqa: B018 - raises if there is no suitable encoder
        from llamaindex_clipverify.explainers.words import word_map

        encoder: Any = self.encoder
        return word_map(encoder, encoder.encode_images([Picture.of(image).image])[0], text, method)

    def explain(
        self, report: Report, method: str | Sequence[str] | None = None, claims: Sequence[int] | None = None
    ) -> Report:
        """Return the report with heat maps of the claims that have a noun, each on the picture of its evidence.

        Args:
            report: What `verify` returned.
            method: One or several of `explainers.METHODS`, or ``all`` for those that a page shows side by side.
                Default: the best one that the encoder allows.
            claims: Indices of the claims to explain. Default: all.
        """
        with tracing.span("explain", "CHAIN") as span:
            explained = with_heat_maps(report, self.explainer, method, claims)
            span.set({"clipverify.maps": len(explained.maps)})
        return explained


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
