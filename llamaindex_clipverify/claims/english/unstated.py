"""What a sentence names without stating it: comparisons, depictions and general statements."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from llamaindex_clipverify.claims.english.grammar import (
    BE,
    HAVE,
    POSTURES,
)
from llamaindex_clipverify.claims.english.mentions import Mention, text_at
from llamaindex_clipverify.claims.english.sentences import Word
from llamaindex_clipverify.claims.english.structure import Structure

_VIEWERS = frozenset("camera lens viewer photographer cameraman audience".split())
"""What somebody looks at who looks out of the picture."""


_MOTIONS = frozenset(
    "swing jump stride bite throw leap trick stroke pitch kick dive turn serve game match meal".split()
)
"""What somebody is in the middle of, and no thing."""


_DRAWING = frozenset(
    "draw draws drawing catch catches catching pull pulls pulling lead leads leading guide guides guiding".split()
)
"""Before the eye of those who look at the picture."""


def compare(words: Sequence[Word], mentions: Sequence[Mention]) -> None:
    """Mark mentions that are only compared with as not shown: "more dogs than cats", "looks like a rabbit"."""
    for mention in mentions:
        before, further = text_at(words, mention.begins - 1), text_at(words, mention.begins - 2)
        simile = before == "like" and (
            mention.determiner in ("a", "an")
            or further.startswith("look")
            or further in ("shaped", "dressed", "seems", "is", "are", "something")
        )
        as_big_as = (
            before == "as"
            and text_at(words, mention.begins - 2) != "well"
            and text_at(words, mention.begins - 3) == "as"
        )
        purpose = before == "for" and mention.plural and mention.begins == mention.head
        camera = mention.noun in _VIEWERS and before in ("at", "towards", "toward", "for", "to", "into")
        counted = before == "than" and further in ("more", "less", "fewer") and mention.rough
        amid = [word.text for word in words[max(mention.begins - 3, 0) : mention.begins]] == ["the", "middle", "of"]
        sport = (
            before in ("playing", "play", "plays", "played")
            and mention.noun == "sports ball"
            and mention.determiner is None
        )
        if (
            before == "unlike"
            or (amid and mention.noun in _MOTIONS)
            or (before == "but" and further in ("everything", "everyone", "anything", "all"))
            or (before == "than" and not counted)
            or sport
            or simile
            or as_big_as
            or camera
            or purpose
            or (before == "as" and mention.determiner in ("a", "an") and _is_disguised(words, mention.begins))
            or (before.startswith("keep") and mention.last == "watch")
            or (before in _DRAWING and mention.last in ("eye", "gaze") and mention.determiner in ("the", None))
        ):
            mention.shown = False


def _is_disguised(words: Sequence[Word], at: int) -> bool:
    """Return whether somebody is only dressed or painted like what is at a position: "dressed as a witch"."""
    return any(word.text in ("dressed", "disguised", "costumed", "painted") for word in words[:at])


_DEPICTIONS = frozenset(
    "statue painting sculpture shadow reflection silhouette logo mural figurine replica drawing portrait sketch bust "
    "statues paintings shadows reflections sculptures drawings outline model carving cartoon emblem symbol icon symbols "
    "logos cutout depiction applique print graphic engraving embroidery doodle tattoo".split()
)
_DEPICTS = frozenset("depicts depicting portrays portraying represents representing".split())
_PICTURES = frozenset("image picture photo photograph images pictures photos photographs".split())
_BEARING = frozenset("with on above below displaying showing featuring is contains has and".split())
_GENERAL = frozenset("usually typically often generally commonly normally traditionally".split())
_ADVICE = frozenset(
    "essential important necessary crucial best recommended advisable common easy difficult possible vital helpful "
    "useful".split()
)
_TYPE = frozenset("type kind sort breed species style".split())
_LIVES = frozenset("have eat live need like make help require prefer belong know use provide offer can".split())
_PICTURED = frozenset("image picture photo photograph scene here visible".split())


def depicted(words: Sequence[Word], mentions: Sequence[Mention]) -> None:
    """Mark what is only depicted as not shown: a statue of a dog is no dog."""
    for mention in mentions:
        before = text_at(words, mention.begins - 1)
        itself = mention.begins <= 4 and not any(word.tag in ("VBZ", "VBP", "VBD") for word in words)
        if before == "of" and text_at(words, mention.begins - 2) in _DEPICTIONS and not itself:
            mention.shown = False
        said = text_at(words, mention.begins - 2) in BE and before == "of"
        if said and any(word.text in _DEPICTIONS for word in words[: mention.begins]):
            mention.shown = False  # "the statue is of a woman"
        if before == "of" and _is_picture_within(words, mention.begins - 2):
            mention.shown = False
        if before == "of" and text_at(words, mention.begins - 2) in ("game", "match", "round"):
            mention.shown = False
        told = [word.text for word in words[max(mention.begins - 1, 0) : mention.begins]]
        if told and told[0] in _DEPICTS and any(word.text in _DEPICTIONS for word in words[: mention.begins - 1]):
            mention.shown = False
        if mention.noun == "sign" and mention.determiner in ("no", "any") and text_at(words, mention.after) == "of":
            mention.shown = False


def _is_picture_within(words: Sequence[Word], at: int) -> bool:
    """Return whether a word names a picture that is in the picture: "a screen with an image of trees"."""
    if text_at(words, at) not in _PICTURES or at < 4:
        return False
    begins = at
    while begins > 0 and words[begins - 1].tag in ("DT", "JJ", "VBN", "CD", "PRP$"):
        begins -= 1
    return begins > 2 and text_at(words, begins - 1) in _BEARING


def is_general(words: Sequence[Word], mentions: Sequence[Mention], structure: Structure) -> bool:
    """Return whether a sentence states general knowledge, an instruction or advice, and nothing of this picture."""
    texts = [word.text for word in words]
    if _PICTURED & set(texts):
        return False
    if texts[:2] in (["it", "is"], ["it's", texts[1] if len(texts) > 1 else ""]) and {*texts[1:4]} & _ADVICE:
        return True
    if (
        words
        and words[0].tag == "VB"
        and words[0].text not in BE | HAVE
        and not any(verb.finite and verb.begins > 0 and verb.subjects for verb in structure.verbs)
    ):
        return True
    main = next((verb for verb in structure.verbs if verb.finite and not verb.relative), None)
    if main is None:
        return False
    stands = words[0].text in POSTURES and bool(main.subjects)
    inverted = stands and main.subjects[0].begins > main.begins  # "hanging from the ceiling are lamps"
    if words[0].tag == "VBG" and main.begins > 1 and not inverted:
        return True
    if _GENERAL & set(texts):
        return True
    if any(a == "this" and b in _TYPE for a, b in pairwise(texts)):
        return True
    subject = main.subjects[0] if main.subjects else None
    bare = (
        subject is not None
        and not subject.pronoun
        and subject.begins == 0
        and subject.determiner is None
        and subject.number is None
        and not subject.colours
        and subject.plural
    )
    known = main.lemma in ("know", "use", "consider", "design", "call") and main.passive
    return (bare and main.lemma in _LIVES and words[main.at].tag in ("VBP", "VB", "NN", "NNS", "VBZ")) or known
