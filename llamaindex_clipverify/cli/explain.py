"""clipverify explain: draw where the encoder looks for a text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.groups import with_groups
from llamaindex_clipverify.cli.options import ServedModelOptions, open_pictures
from llamaindex_clipverify.cli.output import say
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.explainers import METHODS
from llamaindex_clipverify.report.labels import doubt

if TYPE_CHECKING:
    from llamaindex_clipverify.explainers.words import WordMap


@app.command()
@with_groups
def explain(
    text: Annotated[str, typer.Option(metavar="TEXT", help="What to look for.")],
    image: Annotated[str, typer.Option(metavar="FILE", help="The picture.")],
    out: Annotated[Path, typer.Option(metavar="FILE.png", help="Where to write the heat map.")],
    models: ServedModelOptions,
    method: Annotated[
        str | None,
        typer.Option(help=f"{', '.join(METHODS)}, or all side by side. Default: the best one that the model allows."),
    ] = None,
    words: Annotated[
        bool, typer.Option("--words", help="Also print which word of the text fits the picture least.")
    ] = False,
) -> None:
    """Draw where the encoder looks for a text.

    A map explains and proves nothing: it has a peak whether or not the thing is there. Each map is therefore tested, and drawn
    grey if the region it points at fits something else better when seen alone.
    """
    from llamaindex_clipverify.report.drawing import draw_map
    from llamaindex_clipverify.report.figures import method_grid
    from llamaindex_clipverify.report.figures import save as save_figure

    if not text.strip():
        raise DataError("the text is empty", do="give it with --text")
    models.require()
    (picture,) = open_pictures([image])
    verifier = models.verifier()
    methods: list[str | None] = [*verifier.map_methods] if method == "all" else [method]
    maps = [verifier.heat_maps([text], picture, name)[0] for name in methods]
    out.parent.mkdir(parents=True, exist_ok=True)
    if method == "all":
        save_figure(method_grid(picture, maps), out)
    else:
        draw_map(picture, maps[0]).save(out, "PNG")
    for heat in maps:
        say(
            f"cosine {heat.cosine:.3f} · evidence {heat.evidence:.3g} ({heat.method}) · “{heat.text}” in {picture.name}"
        )
        if heat.empty:
            say(f"no evidence: {doubt(heat)}")
    if words:
        say(_word_table(verifier.words(text, picture)))
    say(str(out))


def _word_table(words: WordMap) -> str:
    """Return a line for each word with a score, and the word that fits least."""
    width = max(len(part.text) for part in words.parts)
    scored = [(part, score) for part, score in zip(words.parts, words.scores, strict=True) if score is not None]
    lines = [f"  {part.text:<{width}}  {score:+.3f}" for part, score in scored]
    ending = f"the word that fits least: “{words.wrong.text}”" if words.wrong is not None else "no word to tell apart"
    return "\n".join([*lines, ending])
