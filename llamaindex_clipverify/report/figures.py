"""Figures by matplotlib: each draws on an axis, given or new, and returns it. No window is opened; pictures are not modified.

Colours keep their order for colour-blind readers and in print: *inferno* for maps, *cividis* for matrices, blue against
orange for words with positive and negative contributions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.report.drawing import NO_EVIDENCE, draw_map, shrunk

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from llamaindex_clipverify.explainers.heat_map import HeatMap
    from llamaindex_clipverify.explainers.trial import Curves
    from llamaindex_clipverify.explainers.words import WordMap
    from llamaindex_clipverify.geometry import Array, Box
    from llamaindex_clipverify.picture import Picture

FOR, AGAINST, QUIET = "#2b6cb0", "#d9730d", "#9aa5b1"
_SIDE = 400
"""Longer side in pixels of a picture in a figure."""


def _axis(ax: Axes | None, width: float = 5.0, height: float = 4.0) -> Axes:
    if ax is not None:
        return ax
    from matplotlib.figure import Figure

    made: Axes = Figure(figsize=(width, height), layout="constrained").subplots()
    return made


def _axes(number: int, width: float = 2.6, height: float = 2.9) -> list[Axes]:
    from matplotlib.figure import Figure

    columns = min(number, 6)
    rows = -(-number // columns)
    grid = Figure(figsize=(width * columns, height * rows), layout="constrained").subplots(rows, columns, squeeze=False)
    for ax in grid.flat[number:]:
        ax.axis("off")
    return list(grid.flat[:number])


def overlay(picture: Picture, heat: HeatMap, ax: Axes | None = None, boxes: Sequence[Box] = ()) -> Axes:
    """Draw a map over its picture, grey where it is no evidence; boxes in pixels of the upright picture."""
    ax = _axis(ax, 4.0, 4.2)
    image = draw_map(picture, heat, longest=_SIDE)
    ax.imshow(image)
    scale = image.width / picture.size[0]
    for left, top, right, bottom in boxes:
        corners = [(left, right, right, left, left), (top, top, bottom, bottom, top)]
        for colour, width in (("white", 3.5), (FOR, 1.5)):
            ax.plot(*(np.array(edge) * scale for edge in corners), color=colour, linewidth=width)
    state = f"\n{NO_EVIDENCE}" if heat.empty else ""
    ax.set_title(f"{heat.method}: {heat.text}{state}", fontsize=9)
    ax.axis("off")
    return ax


def method_grid(picture: Picture, maps: Sequence[HeatMap], boxes: Sequence[Box] = ()) -> list[Axes]:
    """Draw the picture and next to it its maps, one per method or text.

    Raises:
        DataError: There is no map.
    """
    if not maps:
        raise DataError("no map to draw", do="make some with Verifier.heat_maps")
    axes = _axes(len(maps) + 1)
    axes[0].imshow(shrunk(picture, _SIDE))
    axes[0].set_title(picture.name, fontsize=9)
    axes[0].axis("off")
    return [axes[0], *(overlay(picture, heat, ax, boxes) for heat, ax in zip(maps, axes[1:], strict=True))]


def layer_panels(picture: Picture, maps: Sequence[HeatMap]) -> list[Axes]:
    """Draw one map for each block of a tower (`ClipExplainer.layer_by_layer`), first block first."""
    axes = method_grid(picture, maps)
    for place, (ax, heat) in enumerate(zip(axes[1:], maps, strict=True), 1):
        ax.set_title(f"block {place} · peak {heat.evidence:.2g}", fontsize=9)
    return axes


def component_panels(picture: Picture, components: Array, names: Sequence[str] = ()) -> list[Axes]:
    """Draw signed principal components (K, h, w) of a layer (`explainers.eigengradcam.principal`) next to the picture."""
    axes = _axes(len(components) + 1)
    axes[0].imshow(shrunk(picture, _SIDE))
    axes[0].set_title(picture.name, fontsize=9)
    for place, (ax, grid) in enumerate(zip(axes[1:], components, strict=True)):
        reach = float(np.abs(grid).max()) or 1.0
        ax.imshow(grid, cmap="PuOr", vmin=-reach, vmax=reach, interpolation="nearest")
        ax.set_title(names[place] if names else f"component {place + 1}", fontsize=9)
    for ax in axes:
        ax.axis("off")
    return axes


def word_bars(words: WordMap, ax: Axes | None = None) -> Axes:
    """Draw a bar for each word, first word on top; the one that is most against the picture is named."""
    ax = _axis(ax, 5.0, 0.6 + 0.28 * len(words.parts))
    scores = [score if score is not None else 0.0 for score in words.scores]
    colours = [FOR if score > 0 else AGAINST if score < 0 else QUIET for score in scores]
    places = np.arange(len(scores))
    ax.barh(places, scores, color=colours)
    ax.set_yticks(places, [part.text for part in words.parts])
    ax.invert_yaxis()
    ax.axvline(0, color="black", linewidth=0.8)
    wrong = words.wrong
    ending = f" · most against: “{wrong.text}”" if wrong is not None and min(scores) < 0 else ""
    ax.set_title(f"{words.method.replace('_', ' ')}{ending}", fontsize=9)
    ax.set_xlabel("cosine")
    return ax


def faithfulness(curves: Curves, ax: Axes | None = None, label: str = "") -> Axes:
    """Draw deletion and insertion curves of a map; more maps may be drawn into the same axis."""
    ax = _axis(ax)
    name = f"{label} " if label else ""
    (line,) = ax.plot(
        curves.shares, curves.insertion, marker="o", markersize=3, label=f"{name}insertion {curves.insertion_area:.3f}"
    )
    ax.plot(curves.shares, curves.deletion, marker="s", markersize=3, linestyle="--", color=line.get_color(),
            label=f"{name}deletion {curves.deletion_area:.3f}")  # fmt: skip
    ax.set(xlabel="share of patches, strongest first", ylabel="margin (cosine)")
    ax.legend(fontsize=8)
    return ax


def reliability(trusts: Sequence[float], labels: Sequence[bool], ax: Axes | None = None, bins: int = 10) -> Axes:
    """Draw how often claims of a trust are true, in `bins` bins of equal width, with the number of claims in each.

    Raises:
        DataError: Not as many labels as trusts, or none.
    """
    from llamaindex_clipverify.trust.metrics import ece

    if len(trusts) != len(labels) or not len(trusts):
        raise DataError("one label for each trust is needed", got=f"{len(trusts)} and {len(labels)}")
    ax = _axis(ax, 4.4, 4.4)
    given, true = np.asarray(trusts, float), np.asarray(labels, float)
    place = np.minimum((given * bins).astype(int), bins - 1)
    filled = [one for one in range(bins) if (place == one).any()]
    means = [
        (float(given[place == one].mean()), float(true[place == one].mean()), int((place == one).sum()))
        for one in filled
    ]
    ax.plot([0, 1], [0, 1], color=QUIET, linestyle=":", label="as it should be")
    ax.bar([(one + 0.5) / bins for one in filled], [share for _, share, _ in means], 0.9 / bins, color=FOR, alpha=0.35)
    ax.plot([mean for mean, _, _ in means], [share for _, share, _ in means], "o-", color=FOR, label="measured")
    for mean, share, number in means:
        ax.annotate(str(number), (mean, share), xytext=(0, 6), textcoords="offset points", ha="center", fontsize=7)
    error = ece(given, true)
    ax.set(
        xlim=(0, 1),
        ylim=(0, 1.08),
        xlabel="trust",
        ylabel="share that is true",
        title=f"{len(given)} claims · ECE {error:.3f}",
    )
    ax.legend(fontsize=8, loc="lower right")
    return ax


def similarity(
    cosines: Array, rows: Sequence[str], columns: Sequence[str], ax: Axes | None = None, title: str = ""
) -> Axes:
    """Draw a matrix of cosines (rows, columns) with its figures written in."""
    ax = _axis(ax, 1.5 + 0.8 * len(columns), 1.5 + 0.5 * len(rows))
    ax.imshow(cosines, cmap="cividis", aspect="auto")
    ax.set_title(title)
    ax.set_xticks(range(len(columns)), list(columns), rotation=35, ha="right")
    ax.set_yticks(range(len(rows)), list(rows))
    middle = (float(cosines.min()) + float(cosines.max())) / 2
    for (y, x), cosine in np.ndenumerate(cosines):
        ink = "black" if cosine > middle else "white"
        ax.text(x, y, f"{cosine:.2f}", ha="center", va="center", fontsize=8, color=ink)
    return ax


def save(axes: Any, path: Any, dpi: int = 150) -> None:
    """Write the figure that an axis, or a list of them, belongs to.

    Raises:
        DataError: matplotlib does not know the suffix.
    """
    first = axes[0] if isinstance(axes, (list, tuple)) else axes
    write: Callable[..., None] = first.figure.savefig
    try:
        write(path, dpi=dpi, bbox_inches="tight")
    except ValueError as error:
        raise DataError("matplotlib cannot write such a file", got=path, do="name it FILE.png") from error
