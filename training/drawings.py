"""Art drawn by this project for nouns whose emoji show two things at once, as SVG in a flat and a shaded version.

The main area is magenta, so that it can be recoloured when a scene is drawn.
"""

from __future__ import annotations

_MAIN = "#e24be2"
_DEEP = "#b02fb0"

TIE = """<path fill="{main}" d="M44 10h40l-8 22h-24z"/><path fill="{deep}" d="M52 32h24l2 5h-28z"/>
<path fill="{main}" d="M50 37h28l16 62-30 24-30-24z"/>
<path fill="{deep}" d="M46 53l40 24 3 12-47-28zM40 77l52 31-9 7-46-27z"/>"""
BOWL = """<ellipse cx="64" cy="50" rx="60" ry="19" fill="{main}"/>
<ellipse cx="64" cy="50" rx="51" ry="13" fill="{deep}"/>
<path fill="{main}" d="M4 50c0 44 26 62 60 62s60-18 60-62c-8 26-112 26-120 0z"/>
<path fill="{deep}" d="M42 109h44v9q-22 5-44 0z"/>"""
COUCH = """<rect x="18" y="34" width="92" height="52" rx="14" fill="{main}"/>
<rect x="62" y="38" width="4" height="34" fill="{deep}"/>
<rect x="22" y="66" width="84" height="26" rx="8" fill="{deep}"/>
<rect x="4" y="54" width="24" height="50" rx="11" fill="{main}"/>
<rect x="100" y="54" width="24" height="50" rx="11" fill="{main}"/>
<rect x="24" y="82" width="80" height="20" rx="5" fill="{main}"/>
<path fill="#4a4038" d="M14 103h10v9h-10zM104 103h10v9h-10z"/>"""
BUS = """<rect x="4" y="26" width="120" height="76" rx="11" fill="{main}"/>
<rect x="4" y="76" width="120" height="8" fill="{deep}"/>
<g fill="#cfe8f7"><rect x="12" y="36" width="20" height="28" rx="3"/><rect x="37" y="36" width="20" height="28" rx="3"/>
<rect x="62" y="36" width="20" height="28" rx="3"/><rect x="88" y="36" width="28" height="52" rx="3"/></g>
<path d="M101 36h2v52h-2z" fill="{deep}"/><g fill="#2b3036"><circle cx="32" cy="102" r="13"/>
<circle cx="80" cy="102" r="13"/></g>
<g fill="#c3cbd2"><circle cx="32" cy="102" r="6"/><circle cx="80" cy="102" r="6"/></g>"""
MUG = """<path fill="none" stroke="{deep}" stroke-width="11" d="M88 44h10q16 0 16 21t-18 22h-10"/>
<path fill="{main}" d="M16 24h76v76q0 16-16 16h-44q-16 0-16-16z"/>
<ellipse cx="54" cy="25" rx="38" ry="9" fill="{deep}"/>"""
BOTTLE = """<path fill="{main}" d="M52 20h24v24q20 12 20 32v42q0 7-7 7h-50q-7 0-7-7v-42q0-20 20-32z"/>
<rect x="50" y="4" width="28" height="18" rx="3" fill="#e8e3d2"/>
<rect x="32" y="76" width="64" height="26" fill="#f4f1e6"/>
<path fill="{deep}" d="M84 52q12 10 12 24v0h-8zM88 102h8v16q0 7-7 7h-6q5-8 5-23z"/>"""
SKIS = """<g transform="rotate(14 64 64)"><path fill="{main}" d="M46 2q9 0 9 14v104q0 6-8 6t-8-6v-104q0-14 7-14z"/>
<rect x="40" y="58" width="14" height="26" rx="2" fill="#3c4650"/></g><g transform="rotate(-14 64 64)">
<path fill="{main}" d="M82 2q-9 0-9 14v104q0 6 8 6t8-6v-104q0-14-7-14z"/>
<rect x="74" y="58" width="14" height="26" rx="2" fill="#3c4650"/></g>"""
PHONE = """<rect x="28" y="2" width="72" height="124" rx="14" fill="{main}"/>
<rect x="39" y="16" width="50" height="92" rx="3" fill="#1d2530"/>
<g fill="#7fc4ee"><rect x="44" y="22" width="11" height="11" rx="3"/><rect x="59" y="22" width="11" height="11" rx="3"/>
<rect x="74" y="22" width="11" height="11" rx="3"/></g><circle cx="64" cy="117" r="5" fill="{deep}"/>"""
FORK = (
    """<path fill="{main}" d="M40 4h8v34h7v-34h8v34h7v-34h8v42q0 16-12 19l3 52q0 10-9 10t-9-10l3-52q-14-3-14-19z"/>"""
)

_SHADE = """<defs><linearGradient id="m" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="{light}"/>
<stop offset=".45" stop-color="{main}"/><stop offset="1" stop-color="{dark}"/></linearGradient></defs>"""


def svg(drawing: str, shaded: bool, main: str = _MAIN, deep: str = _DEEP) -> str:
    """Return a drawing as a whole SVG document: flat colours, or a light-to-dark gradient over the main area."""
    shade = _SHADE.format(light=_mixed(main, 255, 0.35), main=main, dark=_mixed(main, 0, 0.22)) if shaded else ""
    body = drawing.format(main="url(#m)" if shaded else main, deep=deep)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128">{shade}{body}</svg>'


def _mixed(colour: str, with_grey: int, share: float) -> str:
    channels = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(c * (1 - share) + with_grey * share):02x}" for c in channels)
