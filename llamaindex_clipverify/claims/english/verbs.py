"""Verb groups of a sentence: auxiliaries, negation and a main verb, read from part-of-speech tags."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from llamaindex_clipverify.claims.english.grammar import (
    BE,
    COPULAS,
    EMPTY,
    FINITE,
    HARDLY,
    HAVE,
    LOOK,
    MODALS,
    NOT_ACTIONS,
    POSTURES,
    PREPOSITIONS,
)
from llamaindex_clipverify.claims.english.tagger import tagger
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.claims.wordnet import wordnet

if TYPE_CHECKING:
    from llamaindex_clipverify.claims.english.mentions import Mention
    from llamaindex_clipverify.claims.english.sentences import Word

IRREGULAR = {
    form: lemma
    for lemma, forms in {
        "be": "is are was were been being", "have": "has had having", "do": "does did done", "hold": "held", "sit": "sat",
        "stand": "stood", "lie": "lay lain lying", "eat": "ate eaten", "ride": "rode ridden", "wear": "wore worn", "run": "ran",
        "drive": "drove driven", "take": "took taken", "make": "made", "throw": "threw thrown", "catch": "caught",
        "fly": "flew flown", "swim": "swam swum", "draw": "drew drawn", "write": "wrote written", "see": "saw seen",
        "hang": "hung", "lead": "led", "feed": "fed", "bite": "bit bitten", "blow": "blew blown", "break": "broke broken",
        "bring": "brought", "build": "built", "buy": "bought", "come": "came", "drink": "drank drunk", "fall": "fell fallen",
        "fight": "fought", "find": "found", "get": "got gotten", "give": "gave given", "go": "went gone goes",
        "grow": "grew grown",
        "keep": "kept", "leave": "left", "light": "lit", "meet": "met", "pay": "paid", "sell": "sold", "send": "sent",
        "shake": "shook", "shine": "shone", "show": "shown", "sing": "sang sung", "sleep": "slept", "slide": "slid",
        "speak": "spoke spoken", "spin": "spun", "swing": "swung", "teach": "taught", "tell": "told", "tie": "tying",
        "tear": "torn",
        "wind": "wound", "stick": "stuck", "lean": "leant", "kneel": "knelt", "dig": "dug", "clothe": "clad",
        "cut": "cutting", "put": "putting",
        "sling": "slung", "string": "strung", "fling": "flung",
        "say": "said", "lose": "lost",
        "read": "reading", "hide": "hid hidden", "bend": "bent", "spread": "spread", "die": "dying",
    }.items()
    for form in forms.split()
}  # fmt: skip
_SILENT_E = tuple(
    "at iz as ng rc nc rg dg rv lv av iv ov bl tl dl gl pl kl cl fl s z v u c par lud vit tur sur gur cur lor cid vid nis tim "
    "som duc bath plod scrib breath past zzl pir hal fad vad llid rag sag dag cap clin gnit cit unit".split()
)
"""Ends of stems whose base form has a silent e."""
_NO_E = frozenset(
    "eat float seat treat beat heat hang sing bring swing spring ring cling fling sting string long pass dress cross "
    "toss miss add press kiss guess focus wash visit edit enter open offer listen gather cover feather water discuss "
    "bang".split()
)

_NOUN_STEMS = frozenset("breath bath cloth hug hop star tap wag sprint hit pin rob scrap bit past unit fad".split())
"""Stems that are nouns and not the base form of their verb."""


@lru_cache(maxsize=20_000)
def lemma(form: str) -> str:
    """Return the base form of a verb, by rule and a list of irregular verbs: "riding" is *ride*, "sat" is *sit*."""
    if form in IRREGULAR:
        return IRREGULAR[form]
    if form.endswith(("ies", "ied")):
        return form[:-3] + "y" if len(form) > 4 else form[:-1]
    if form.endswith("ing") and len(form) > 4:
        return _stem(form[:-3])
    if form.endswith("ed") and len(form) > 3:
        return _stem(form[:-2])
    if form.endswith(("shes", "ches", "sses", "xes", "zzes", "oes")):
        return form[:-2]
    return form[:-1] if form.endswith("s") and not form.endswith(("ss", "us")) else form


def _stem(stem: str) -> str:
    """Return the base form of what is left without -ing or -ed."""
    if stem in _NO_E:
        return stem
    known = tagger().known
    if (stem in known) != (stem + "e" in known) and stem not in _NOUN_STEMS:
        return stem if stem in known else stem + "e"
    doubled = len(stem) > 2 and stem[-1] == stem[-2]
    if doubled and (stem[-1] not in "slzfeo" or (stem not in known and stem[:-1] in known)):
        return stem[:-1]
    vowels = [letter in "aeiouy" for letter in stem]
    closed = len(stem) > 1 and not vowels[-1] and vowels[-2] and stem[-1] not in "wxy"
    single = closed and (len(stem) < 3 or not vowels[-3])
    if single and sum(vowels) == 1:
        return stem + "e"
    return stem + "e" if stem.endswith(_SILENT_E) and not stem.endswith(("ss", "eat", "oat")) else stem


_BEARING = frozenset(
    "smile laugh cry kneel crouch squat pose yawn graze crawl sail row paddle ski shout cheer clap sniff leap gallop".split()
)


@lru_cache
def visible_actions() -> frozenset[str]:
    """Return the verbs whose participle before a living thing says what it does: "a smiling boy"."""
    return frozenset(lemma(form) for form in FINITE | POSTURES) | _BEARING


Form = Literal["finite", "participle", "passive", "copula"]


@dataclass(eq=False, kw_only=True)
class Verb:
    """A verb group; positions are word indices."""

    begins: int
    at: int
    """The main verb."""
    after: int
    lemma: str
    form: Form
    """*participle* and *passive* without auxiliary have `finite` False: "a man holding …", "a car parked …"."""
    finite: bool = True
    negated: bool = False
    subjects: list[Mention] = field(default_factory=list)
    objects: list[Mention] = field(default_factory=list)
    there: bool = False
    """Whether it states existence: "there is"."""
    relative: bool = False
    gerund: bool = False
    """Whether it follows a preposition and so states nothing: "used for cutting"."""

    @property
    def passive(self) -> bool:
        """Return whether its subject undergoes the action."""
        return self.form == "passive"


_DIRECTIONS = PREPOSITIONS | {"up", "down", "back", "out", "off", "away", "ahead", "straight"}
_NO_PARTICIPLES = NOT_ACTIONS - {"having", "showing", "featuring", "containing", "including", "depicting"}
_NO_PROGRESSIVES = NOT_ACTIONS - {"having", "being", "showing", "featuring", "containing", "missing"}
_BEFORE_ACTIONS = frozenset(("while", "with", "on", "up", "down", "off"))
"""Prepositions after which a participle states what somebody does: "with a dog running"."""
_ADVERBS = frozenset("also currently both all each longer still just now there's".split())
_PLACE_ADVERBS = frozenset(
    "far there here outside inside outdoors indoors next away close together left right no".split()
)


_ENDING = frozenset("stop stops stopped quit quits cease ceases ceased".split())
"""Verbs before what somebody no longer does."""
_SEEN = frozenset(
    ("visible", "seen", "noticeable", "discernible", "recognizable", "perceptible", "legible", "readable")
)
"""What is hardly so is there all the same."""


def negative(words: Sequence[Word], at: int) -> bool:
    """Return whether a word is *not*, *never*, *hardly* or ends in *n't*; not in "not only", "not just", "barely visible"."""
    text = words[at].text
    if text == "no" and at + 1 < len(words) and words[at + 1].text == "longer":
        return True
    following = words[at + 1].text if at + 1 < len(words) else ""
    if following in ("only", "just", "merely") or (text in HARDLY and following in _SEEN):
        return False
    return text.endswith("n't") or text in ("cannot", "not", "never", *HARDLY)


def find_verbs(words: Sequence[Word], taken: Collection[int], pronouns: Collection[int]) -> list[Verb]:
    """Return the verb groups in order; `taken` words belong to noun phrases, `pronouns` may hold a verb: "it's"."""
    found: list[Verb] = []
    at = 0
    while at < len(words):
        if at in taken and not (at in pronouns and words[at].text in COPULAS):
            at += 1
            continue
        verb = _group(words, at, taken)
        if verb is None:
            at += 1
            continue
        verb.negated = verb.negated or _is_denied_with(words, verb, found) or _is_over(words, verb)
        found.append(verb)
        at = max(verb.after, at + 1)
    return found


def _is_over(words: Sequence[Word], verb: Verb) -> bool:
    """Return whether a participle names what is no longer done: "has stopped running"."""
    before = words[verb.begins - 1].text if verb.begins else ""
    return verb.form == "participle" and not verb.finite and before in _ENDING


def _is_denied_with(words: Sequence[Word], verb: Verb, before: Sequence[Verb]) -> bool:
    """Return whether a participle is denied with the one before it: "is not sitting on the couch and looking at the cat"."""
    joined = verb.form == "participle" and not verb.finite and words[verb.begins - 1].text in ("and", "or")
    return joined and bool(before) and before[-1].negated and before[-1].form in ("participle", "copula")


def _group(words: Sequence[Word], at: int, taken: Collection[int]) -> Verb | None:
    text = words[at].text
    if text in BE or text in HAVE or text in MODALS or text in LOOK:
        return _with_auxiliary(words, at, taken)
    if text == "to" and at + 1 < len(words) and words[at + 1].tag == "VB" and at + 1 not in taken:
        return _verb(words, at, at + 1, "finite", finite=False, gerund=True)
    if (
        text in ("fail", "fails", "failed", "refuses", "refuse", "refused")
        and at + 2 < len(words)
        and words[at + 1].text == "to"
        and at + 2 not in taken
    ):
        return _verb(words, at, at + 2, "finite", negated=True)
    if (
        (text == "being" or _undergoes(words, at))
        and at + 1 < len(words)
        and words[at + 1].tag == "VBN"
        and at + 1 not in taken
    ):
        return _verb(words, at, at + 1, "passive", finite=False)
    form = _bare(words, at) or _plural_like(words, at, taken)
    if form is None:
        return None
    before = words[at - 1].text if at else ""
    gerund = form[0] == "participle" and before in PREPOSITIONS - _BEFORE_ACTIONS
    return _verb(words, at, at, form[0], finite=form[1], gerund=gerund, negated=at > 0 and _denied_before(words, at))


def _undergoes(words: Sequence[Word], at: int) -> bool:
    """Return whether *get* is an auxiliary: "is getting photographed"."""
    getting = words[at].text in ("gets", "getting", "got") and words[at].tag.startswith("VB")
    return getting and at + 1 < len(words) and words[at + 1].tag == "VBN"


def _denied_before(words: Sequence[Word], at: int) -> bool:
    if words[at - 1].text in ("neither", "nor"):
        return True
    return negative(words, at - 1) or (words[at - 1].tag == "RB" and at > 1 and negative(words, at - 2))


def _verb(
    words: Sequence[Word],
    begins: int,
    at: int,
    form: Form,
    *,
    finite: bool = True,
    negated: bool = False,
    gerund: bool = False,
) -> Verb:
    return Verb(
        begins=begins, at=at, after=at + 1, lemma=lemma(words[at].text), form=form, finite=finite, negated=negated, gerund=gerund
    )  # fmt: skip


def _with_auxiliary(words: Sequence[Word], begins: int, taken: Collection[int]) -> Verb | None:
    """Read "is (not) holding", "was parked", "does not have", "can be seen", or a verb that stands alone."""
    at, last, kind = begins, begins, ""
    denied = begins > 0 and _denied_before(words, begins)
    while at < len(words) and (at not in taken or at == begins):
        text = words[at].text
        if kind and text == "have":
            return _verb(words, begins, at, "finite", negated=denied)
        further = _auxiliary(text, first=at == begins, after_be=kind == "be") or ("be" if _undergoes(words, at) else "")
        if further:
            kind, last = further, at
        elif not _adverb(words, at):
            break
        denied = denied or negative(words, at)
        at += 1
    main = _main(words, at, kind, taken)
    if main is not None:
        return _verb(words, begins, at, main, negated=denied)
    looks = kind == "look" and words[last].text in ("look", "looks") and _looks(words, at)
    does = kind == "do" and not denied and at < len(words) and words[at].tag in ("DT", "PRP$", "CD", "JJ", "NNS")
    if kind == "have" or looks or does:
        return _verb(words, begins, last, "finite", negated=denied)
    return _copula(words, (begins, last, at), kind, denied, taken) if kind in ("be", "look") else None


def _auxiliary(text: str, *, first: bool, after_be: bool) -> str:
    """Return which auxiliary a word is: be, look, have, do or modal; "" if none."""
    if text in BE or text == "being":
        return "be"
    if text in LOOK and (first or not after_be):
        return "look"
    if text in HAVE:
        return "do" if lemma(text.removesuffix("n't")) == "do" else "have"
    return "modal" if text in MODALS else ""


def _copula(words: Sequence[Word], span: tuple[int, int, int], kind: str, denied: bool, taken: Collection[int]) -> Verb:
    """Return a copula that ends after its adverbs, so that the predicate begins there."""
    begins, last, at = span
    while at > last + 1 and at - 1 in taken:
        at -= 1
    return Verb(begins=begins, at=last, after=max(last + 1, at), lemma=kind, form="copula", negated=denied)


def _looks(words: Sequence[Word], at: int) -> bool:
    """Return whether *look* is what somebody does: "looks at the camera", not "looks happy"."""
    following = words[at].text if at < len(words) else ""
    return following in _DIRECTIONS


def _adverb(words: Sequence[Word], at: int) -> bool:
    text = words[at].text
    return negative(words, at) or text in _ADVERBS or (words[at].tag == "RB" and text not in _PLACE_ADVERBS)


def _main(words: Sequence[Word], at: int, kind: str, taken: Collection[int]) -> Form | None:
    """Return the form of the main verb at a position after auxiliaries, or None if there is none."""
    if at >= len(words) or at in taken or words[at].is_mark:
        return None
    text, tag = words[at].text, words[at].tag
    if text in english().colours or (
        text in ("left", "right") and words[min(at + 1, len(words) - 1)].text in ("of", "side", "and")
    ):
        return None
    if kind == "be":
        following = words[at + 1].tag if at + 1 < len(words) else ""
        builds = text in ("building", "painting") and following in ("DT", "PRP$", "CD", "NNS")
        if text.endswith("ing") and len(text) > 4 and (builds or text not in _NO_PROGRESSIVES):
            return "participle"
        if (
            tag in ("VBN", "VBD")
            or (text.endswith("ed") and tag != "RB")
            or (text in IRREGULAR and tag not in ("RB", "IN", "JJ"))
        ):
            return "passive"
        return None
    if kind == "have":
        following = words[at + 1].tag if at + 1 < len(words) else ""
        describes = tag == "VBN" and following in ("NNS", "NN", "JJ") and words[at - 1].text in HAVE
        return "finite" if tag in ("VBN", "VBD") and text not in BE and not describes else None
    if kind in ("do", "modal"):
        return "finite" if tag.startswith(("VB", "NN", "JJ")) or text in FINITE or text in POSTURES else None
    return None


def _plural_like(words: Sequence[Word], at: int, taken: Collection[int]) -> tuple[Form, bool] | None:
    """Return a finite verb where the tagger saw a plural, right after a noun phrase: "a bird perches on"."""
    text = words[at].text
    one = wordnet().singular(text)
    led = at - 1 in taken or (at > 0 and words[at - 1].text in english().colours)
    like = words[at].tag == "NNS" and led and text.endswith("s") and (one is None or one in wordnet().verbs)
    return ("finite", True) if like else None


def _is_thing(text: str) -> bool:
    """Return whether a word is the name of a thing and no verb: *saree*."""
    net, known = wordnet(), terms()
    return (net.shows(text) or text in known.shown or text in known.garments) and text not in net.verbs


def _bare(words: Sequence[Word], at: int) -> tuple[Form, bool] | None:
    """Return the form of a verb without auxiliary and whether it is finite."""
    text, before = words[at].text, words[at - 1].text if at else ""
    beside = text in ("left", "right") and at + 1 < len(words) and words[at + 1].text == "of"
    fronted = text == "surrounding" and at == 0
    if not text.isalpha() or before in ("a", "an", "the") or text in english().colours or beside or fronted:
        return None
    if text.endswith("ing") and len(text) > 4:
        named = words[at].tag == "NN" and (wordnet().shows(text) or len(lemma(text)) < 3)
        silent = text in _NO_PARTICIPLES and not (text == "building" and words[at].tag == "VBG")
        made = any(lemma(word.text) == "make" for word in words[max(at - 6, 0) : at])  # "making it visually amusing"
        silent = silent or (words[at].tag == "JJ" and made)
        return None if named or silent else ("participle", False)
    governs = ("DT", "PRP$", "JJ", "CD", "NNS")
    colouring = words[at].tag == "VBZ" and at + 1 < len(words) and words[at + 1].tag in governs
    if text in PREPOSITIONS or (text in EMPTY and not colouring):
        return None
    return _inflected(words, at, before)


def is_described(words: Sequence[Word], at: int) -> bool:
    """Return whether what is before a word makes it a noun: "riding waves", "high waves", not "a boy in grey waves"."""
    tag = words[at - 1].tag if at else ""
    return tag == "VBG" or (tag == "JJ" and not (at > 1 and words[at - 2].text in ("in", "wearing")))


def is_ridden(words: Sequence[Word], at: int) -> bool:
    """Return whether a word is the waves that somebody rides."""
    return words[at].text == "waves" and at > 0 and lemma(words[at - 1].text) in _RIDE


_RIDE = frozenset(("ride", "catch", "surf", "watch", "face", "chase"))


def _inflected(words: Sequence[Word], at: int, before: str) -> tuple[Form, bool] | None:
    """Return the form of a verb that does not end in -ing, and whether it is finite."""
    text, tag = words[at].text, words[at].tag
    listed = text in FINITE or (text in POSTURES and not text.endswith("ed"))
    named = tag == "NN" and at > 1 and words[at - 1].tag == "JJ" and words[at - 2].tag in ("DT", "PRP$")
    if named and text not in POSTURES:
        return None  # "adds a personal touch"
    paired = before == "and" and words[at - 2].tag == "NNS" and at + 1 >= len(words)  # "with laptops and drinks"
    if (tag == "NNS" and (paired or before in PREPOSITIONS or is_described(words, at) or is_ridden(words, at))) or (
        tag in ("VBP", "VB") and not listed and _is_thing(text)
    ):
        return None
    if listed:
        return ("finite", True) if tag != "VBN" else ("passive", False)
    if text in _PLACE_ADVERBS:
        return None  # "with clouds overhead"
    if lemma(before) == "look" and tag in ("VBD", "VBN", "VBP"):
        return None  # "looks surprised", "looks alert"
    if tag == "VBN" or (tag == "VBD" and text.endswith("ed")):
        ends = at + 1 >= len(words) or (
            words[at + 1].is_mark and any(word.text == "with" for word in words[at - 4 : at])
        )
        described = tag == "VBN" or ends or words[at + 1].text in PREPOSITIONS
        return ("passive", False) if described else ("finite", True)
    follows = tag == "VB" and before in ("and", "who", "that", "which")
    return ("finite", True) if follows or tag in ("VBZ", "VBD", "VBP") else None
