"""Build a third style of the drawn world, for benchmarks alone: Fluent Emoji (flat), MIT.

It is not shipped. Unpack the npm package ``@iconify-json/fluent-emoji-flat`` (1.2.6) and run once:

    npm pack @iconify-json/fluent-emoji-flat && tar xzf iconify-json-fluent-emoji-flat-*.tgz
    python -m training.fluent --icons package/icons.json --out data/fluent

A benchmark then says ``register_style("fluent", Path("data/fluent"))`` and draws scenes of the style ``fluent``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from training.sprites import Piece, _edited, _half, _pieces, _rendered, build, write_table

FLUENT = _pieces("""
person|person-standing
person|woman-walking
bicycle|bicycle|345
car|automobile|0
car|sport-utility-vehicle|215
motorcycle|motorcycle|345
motorcycle|motor-scooter|345
airplane|airplane
airplane|small-airplane|345
bus|bus
bus|oncoming-bus
train|train
train|locomotive
truck|delivery-truck
truck|articulated-lorry
boat|sailboat|||-00A6ED
boat|speedboat|25||-00A6ED
traffic light|vertical-traffic-light
traffic light|horizontal-traffic-light
stop sign|stop-sign||red
bird|bird||red
bird|parrot
cat|cat
cat|cat-face
dog|dog
dog|dog-face
horse|horse
horse|horse-face
sheep|ewe
cow|cow
cow|cow-face
elephant|elephant
bear|bear
zebra|zebra
giraffe|giraffe
backpack|backpack|0
umbrella|umbrella|265
umbrella|closed-umbrella|265
handbag|handbag
tie|necktie|250||+433B6B
skis|skis
kite|kite
skateboard|skateboard|250
bottle|bottle-with-popping-cork||green|-E19747,FEEFC2,FFDEA7
bottle|lotion-bottle|10
wine glass|wine-glass
cup|hot-beverage
fork|fork-and-knife|||left
knife|kitchen-knife
knife|fork-and-knife|||right
spoon|spoon
bowl|steaming-bowl|345 0||-E39D89,FCD53F
banana|banana||yellow
apple|red-apple||red
apple|green-apple||green
sandwich|sandwich
orange|tangerine||orange
broccoli|broccoli||green
carrot|carrot||orange
hot dog|hot-dog
pizza|pizza
donut|doughnut
cake|birthday-cake
cake|shortcake
chair|chair
couch|couch-and-lamp|225||-9B9B9B,FFB02E
potted plant|potted-plant
bed|bed
toilet|toilet
tv|television
laptop|laptop
mouse|computer-mouse
keyboard|keyboard
cell phone|mobile-phone
book|closed-book|340
book|open-book
clock|alarm-clock
clock|one-oclock
scissors|scissors|0
teddy bear|teddy-bear
toothbrush|toothbrush|0
""")


def fluent_art(icons: Path) -> Callable[[Piece], Image.Image]:
    """Return a renderer of Fluent pieces: the icon's paths without those to leave out."""
    packed = json.loads(icons.read_text(encoding="utf-8"))

    def render(piece: Piece) -> Image.Image:
        body = packed["icons"][packed.get("aliases", {}).get(piece.source, {}).get("parent", piece.source)]["body"]
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">{body}</svg>'
        return _half(_rendered(_edited(svg, piece.edit)), piece.edit)

    return render


def main() -> None:
    """Build the style into a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--icons", type=Path, required=True, help="icons.json of the npm package")
    parser.add_argument("--out", type=Path, default=Path("data/fluent"))
    arguments = parser.parse_args()
    rows = build("fluent", FLUENT, fluent_art(arguments.icons), 32, arguments.out)
    write_table({"fluent": rows}, arguments.out)


if __name__ == "__main__":
    main()
