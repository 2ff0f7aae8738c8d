"""The drawn world: pictures whose truth is known exactly, for tests, demonstrations and benchmarks.

Seeds from `FRESH` (1,000,000) on are fresh: the bundled tiny models were trained on seeds below it only. Report figures measured
here as figures on *drawn scenes*; they are not valid for photographs.

    from llamaindex_clipverify.testing import FRESH, draw_scene

    scene = draw_scene(FRESH + 7)
    scene.image, scene.objects, scene.claims(0)
"""

from llamaindex_clipverify.testing.art import COLOURS, NOUNS, STYLES, register_style
from llamaindex_clipverify.testing.scenes import FRESH, Relation, Scene, SceneObject, draw_scene

__all__ = ["COLOURS", "FRESH", "NOUNS", "STYLES", "Relation", "Scene", "SceneObject", "draw_scene", "register_style"]
