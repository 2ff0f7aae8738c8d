"""Build further styles of the drawn world from iconify sets of emoji. They are not shipped.

| style | npm package | art and licence | used for |
|---|---|---|---|
| ``fluent`` | ``@iconify-json/fluent-emoji-flat`` 1.2.6 | Fluent Emoji, Microsoft, MIT | training |
| ``emojione`` | ``@iconify-json/emojione`` 1.2.3 | Emoji One, CC BY 4.0 | training |
| ``noto-v1`` | ``@iconify-json/noto-v1`` 1.2.5 | Noto Emoji of 2013 to 2017, Google, Apache 2.0 | training |
| ``fluent-shaded`` | ``@iconify-json/fluent-emoji`` 1.2.7 | Fluent Emoji with gradients, Microsoft, MIT | training |
| ``fxemoji`` | ``@iconify-json/fxemoji`` 1.2.2 | FxEmojis, Mozilla, Apache 2.0 | training |
| ``streamline`` | ``@iconify-json/streamline-emojis`` 1.2.4 | Streamline Emojis, Streamline, CC BY 4.0 | training |
| ``openmoji`` | ``@iconify-json/openmoji`` 1.2.29 | OpenMoji, CC BY-SA 4.0 | benchmarks alone: never trained or fitted on |

Unpack a package and build its style once; a style is then registered by its folder.

    npm pack @iconify-json/openmoji && tar xzf iconify-json-openmoji-*.tgz
    python -m training.iconify openmoji --icons package/icons.json --out data/styles/openmoji

A program then says ``register_style("openmoji", Path("data/styles/openmoji"))`` and draws scenes of the style ``openmoji``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Set
from dataclasses import replace
from pathlib import Path

from PIL import Image

from training import icon_pieces
from training.doing import ACTIONS
from training.sprites import Piece, _edited, _half, _pieces, _rendered, build, write_table


def _shaded(flat: list[Piece]) -> list[Piece]:
    """Return the pieces of Fluent Emoji with gradients: the flat icons, tinted by their main hue, with no path to leave out.

    The umbrella's gradients cannot be rendered, and the water around the speedboat has the hue of the boat.
    """
    return [
        replace(
            piece,
            tint="main" if piece.tint and piece.source != "speedboat" else "",
            edit=piece.edit if piece.edit in ("left", "right") else "",
        )
        for piece in flat
        if piece.source != "umbrella"
    ]


SETS: dict[str, list[Piece]] = {
    "fluent": _pieces(icon_pieces.FLUENT),
    "emojione": _pieces(icon_pieces.EMOJIONE),
    "noto-v1": _pieces(icon_pieces.NOTO_V1),
    "fluent-shaded": _shaded(_pieces(icon_pieces.FLUENT)),
    "fxemoji": _pieces(icon_pieces.FXEMOJI),
    "streamline": _pieces(icon_pieces.STREAMLINE),
    "openmoji": _pieces(icon_pieces.OPENMOJI),
}
"""Style to its pieces."""


def icon_names(icons: Path) -> set[str]:
    """Return the names of the icons of a set, aliases included."""
    packed = json.loads(icons.read_text(encoding="utf-8"))
    return set(packed["icons"]) | set(packed.get("aliases", {}))


def people(names: Set[str]) -> list[Piece]:
    """Return the pieces of people who do something, among the icons of a set."""
    known = [[name for name in icons if name in names] for _, _, icons in ACTIONS]
    return [Piece("person", found[0]) for found in known if found]


def icon_art(icons: Path) -> Callable[[Piece], Image.Image]:
    """Return a renderer of a set's pieces: the icon's paths without those to leave out."""
    packed = json.loads(icons.read_text(encoding="utf-8"))

    def render(piece: Piece) -> Image.Image:
        name = piece.source
        while name not in packed["icons"]:
            name = packed["aliases"][name]["parent"]
        icon = packed["icons"][name]
        width, height = (icon.get(side, packed.get(side, 16)) for side in ("width", "height"))
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">{icon["body"]}</svg>'
        return _half(_rendered(_edited(svg, piece.edit)), piece.edit)

    return render


def main() -> None:
    """Build a style into a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("style", choices=sorted(SETS))
    parser.add_argument("--icons", type=Path, required=True, help="icons.json of the npm package")
    parser.add_argument("--out", type=Path, required=True, help="folder to write; conventionally data/styles/STYLE")
    arguments = parser.parse_args()
    render, names = icon_art(arguments.icons), icon_names(arguments.icons)
    first = build(arguments.style, SETS[arguments.style], render, 48, arguments.out)
    write_table({arguments.style: first}, arguments.out)
    doing = people(names)
    more = build(arguments.style, doing, render, 48, arguments.out, part="-more")
    write_table({arguments.style: more}, arguments.out, "more.json")


if __name__ == "__main__":
    main()
