"""Scope of negations, hedges, comparisons, depictions and general statements: marks the noun phrases inside the scope."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from llamaindex_clipverify.claims.english.grammar import (
    ABSENT,
    BE,
    COPULAS,
    DENIALS,
    DETERMINERS,
    HAVE,
    HEDGED_PAIRS,
    HEDGES,
    PRESENT,
    SHOWING,
)
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.sentences import Word
from llamaindex_clipverify.claims.english.structure import Link, Structure
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.english.verbs import Verb, lemma

_ENDS = frozenset(
    ("but", "only", "except", "although", "though", "while", "because", ";", ":", "—", "that", "which", "where")
)


def negate(words: Sequence[Word], mentions: Sequence[Mention], structure: Structure, hedged: Sequence[bool]) -> None:
    """Mark the mentions whose presence is denied, and not only supposed to be absent."""
    for mention in mentions:
        others = mention.determiner == "no" and _text(words, mention.begins + 1) == "other"
        if others or _is_aside(words, mention) or _is_not_all(words, mention):
            mention.shown = False  # "no other people" does not deny that there are people
        elif _is_excluded(words, mention):
            mention.determiner = "none" if _text(words, mention.begins + 1) == "of" else "no"
        if mention.determiner in ("no", "neither") or mention.number == 0:
            _negate_list(words, mentions, mention)
    _hide_alternatives(words, mentions)
    for verb in structure.verbs:
        if hedged[verb.at]:
            continue
        if verb.negated:
            _except(words, verb)
            _deny(words, verb)
        if verb.form == "copula" or verb.lemma == "miss":
            _absent(words, verb)
    for link in structure.links:
        if link.ground is not None:
            _link_denies(words, mentions, link, link.ground)
    _suspend(words, structure, hedged)


_INDEFINITE = frozenset(("a", "an", "any", "another", "either", "no", "such"))


_NOT_DONE = frozenset("want refuse avoid fail hope wish intend plan decline use".split())
"""Verbs after which something is not, or not yet, done: "wants to wear a red shirt"."""


def _suspend(words: Sequence[Word], structure: Structure, hedged: Sequence[bool]) -> None:
    """Mark what a denial names without saying that it is there: "nobody is holding an open umbrella"."""
    for verb in structure.verbs:
        if verb.gerund and verb.begins > 0 and lemma(words[verb.begins - 1].text) in _NOT_DONE:
            _unassert(verb.objects)
        denied = verb.negated or any(subject.is_turned for subject in verb.subjects)
        if denied and not hedged[verb.at]:
            _unassert(thing for thing in verb.objects if not thing.excepted)
    for link in structure.links:
        by_verb = link.verb is not None and link.verb.negated
        of_figure = any(one.negated or one.unasserted or one.is_turned for one in link.figures)
        if (link.negated or by_verb or of_figure) and not hedged[link.at] and link.ground is not None:
            _unassert([link.ground])


def _unassert(mentions: Iterable[Mention]) -> None:
    for mention in mentions:
        bare = mention.determiner is None and mention.number is None
        if not mention.pronoun and (mention.determiner in _INDEFINITE or bare):
            mention.unasserted = True


def _hide_alternatives(words: Sequence[Word], mentions: Sequence[Mention]) -> None:
    """Hide the second of two things of which only one is stated: "a bedspread or blanket"."""
    if any(word.text in DENIALS or word.text.endswith("n't") for word in words):
        return
    for before, mention in pairwise(mentions):
        joined = before.after == mention.begins - 1 and words[before.after].text == "or"
        if joined and before.shown and not before.pronoun:
            mention.shown = False


def _link_denies(words: Sequence[Word], mentions: Sequence[Mention], link: Link, ground: Mention) -> None:
    """Deny what a preposition says is absent; hide what it only names."""
    listed = link.relation in ("such as", "like") and any(figure.negated for figure in link.figures)
    if listed:
        _negate_list(words, mentions, ground)
    if link.relation == "without":
        ground.negated = True
    if link.relation == "of" and _void(words, link.at):
        _negate_list(words, mentions, ground)
        ground.determiner = "no"
    sought = link.relation == "for" and link.verb is not None and link.verb.lemma in _SEEKING
    if sought or link.relation == "instead of":
        ground.shown = False


_SEEKING = frozenset("search look wait ask wish hope hunt prepare".split())


def _is_excluded(words: Sequence[Word], mention: Mention) -> bool:
    """Return whether *neither*, *nor* or *not a single* comes before a noun phrase."""
    before, first, second = (_text(words, mention.begins + step) for step in (-1, 0, 1))
    single = (first == "a" and second == "single") or (first == "one" and (mention.number == 1 or second == "of"))
    corrected = _text(words, mention.begins - 2) in (",", "but", "and")
    return before in ("neither", "nor") or (before == "not" and (single or corrected))


def _is_not_all(words: Sequence[Word], mention: Mention) -> bool:
    """Return whether *not all* comes before a noun phrase, or a clause begins with *not many*: of some it may be true."""
    first, before = _text(words, mention.begins), _text(words, mention.begins - 2)
    every = first in ("all", "every", "each", "everyone", "everybody", "both")
    some = first in ("many", "several", "much") and before in ("", ",", ";", "and", "but")
    return _text(words, mention.begins - 1) == "not" and (every or some)


def _is_aside(words: Sequence[Word], mention: Mention) -> bool:
    """Return whether a noun phrase only says what a thing is not: "a bus, not a truck, is parked"."""
    between = _text(words, mention.begins - 2), _text(words, mention.begins - 1), _text(words, mention.after)
    return between == (",", "not", ",")


def _void(words: Sequence[Word], of: int) -> bool:
    """Return whether "free of", "devoid of" or "no sign of" comes before a noun phrase."""
    before, further = _text(words, of - 1), _text(words, of - 2)
    return before in ("free", "devoid", "void", "empty", "bare", "absence", "lack") or (
        before in ("sign", "signs", "trace", "evidence") and further in ("no", "any")
    )


def _except(words: Sequence[Word], verb: Verb) -> None:
    """Mark the objects after *but*, which a negated verb does not deny: "does not have a zipper but laces"."""
    for thing in verb.objects:
        thing.excepted = thing.excepted or any(word.text == "but" for word in words[verb.at : thing.begins])


def _deny(words: Sequence[Word], verb: Verb) -> None:
    """Deny the presence of what a negated verb says is there or shown."""
    if verb.there or (verb.lemma in SHOWING and not verb.passive):
        for thing in verb.objects:
            thing.negated = not thing.excepted
        if verb.lemma in ("appear", "exist") and not verb.there and _text(words, verb.after) not in ("that", "to"):
            _negate_all(verb.subjects)
    elif verb.lemma in SHOWING:
        _negate_all(verb.subjects)
    elif verb.lemma in ("have", "lack") and not any(thing.shown or thing.pronoun for thing in verb.subjects):
        _negate_all([thing for thing in verb.objects if not thing.excepted])
    elif verb.form == "copula":
        if _states_presence(words, verb):
            _negate_all(verb.subjects)
        _negate_all([thing for thing in verb.objects if not thing.excepted])


def _negate_all(mentions: Sequence[Mention]) -> None:
    for mention in mentions:
        for noun in mention.means() or [mention]:
            noun.negated = True


def _states_presence(words: Sequence[Word], verb: Verb) -> bool:
    at = verb.after
    while _text(words, at) in ("actually", "also", "any", "currently", "even", "yet", "anywhere"):
        at += 1
    text = _text(words, at)
    if text in PRESENT | {"evident", "seen", "apparent", "discernible", "in"}:
        if text == "in":
            return bool({_text(words, at + 1), _text(words, at + 2)} & terms().picture)
        elsewhere = _text(words, at + 1) in ("in", "through", "behind", "under")
        return not elsewhere or bool(
            {_text(words, at + 2), _text(words, at + 3)} & (terms().picture | {"sight", "view"})
        )
    return False


_VIEWS = (["sight"], ["view"], ["frame"], ["shot"], ["picture"])


def _absent(words: Sequence[Word], verb: Verb) -> None:
    """Deny the subject of "… is missing" and "… is absent"."""
    text = _text(words, verb.after) if verb.form == "copula" else _text(words, verb.at)
    if verb.lemma == "miss" and verb.objects:
        return
    following = [word.text for word in words[verb.at + 1 : verb.at + 4]]
    unseen = following[:2] == ["nowhere", "to"] or (following[:2] == ["out", "of"] and following[2:] in _VIEWS)
    if (text in ABSENT or unseen) and not verb.negated and verb.subjects:
        _negate_all(verb.subjects)


def _list_continues(words: Sequence[Word], at: int) -> bool:
    """Return whether the list continues with an *or* in this clause: "no cats, dogs or horses"."""
    for word in words[at + 1 : at + 9]:
        if word.text in ("or", "nor"):
            return True
        if word.text in COPULAS or word.text in _ENDS or word.text in ("there", "it", "and"):
            return False
    return words[at].text == "and" and _text(words, at + 1) not in DETERMINERS | {"there", "it", "they", "one"}


def _negate_list(words: Sequence[Word], mentions: Sequence[Mention], first: Mention) -> None:
    """Negate a mention and the mentions joined to it by *or*."""
    first.negated, end = True, first.after
    for mention in mentions[mentions.index(first) + 1 :]:
        between = [word.text for word in words[end : mention.begins]]
        if mention.begins < end:
            continue
        if not between or not set(between) <= {",", "or", "nor"}:
            return
        if "or" in between or "nor" in between or _list_continues(words, end):
            mention.negated, end = True, mention.after
            mention.determiner = mention.determiner or "no"


def hedge(words: Sequence[Word], mentions: Sequence[Mention]) -> list[bool]:
    """Return for each word whether it is hedged; hedged mentions are marked as not shown and give no claims."""
    under = [False] * len(words)
    clauses = _clauses(words)
    for place, (start, end) in enumerate(clauses):
        marks = [at for at in range(start, end) if _is_hedge(words, at)]
        if not marks:
            continue
        begin = (
            start
            if not any(start <= mention.head < marks[0] for mention in mentions) or _includes_subject(words, marks[0])
            else marks[0]
        )
        aside = words[marks[0]].text in _ASIDES and marks[0] <= start + 1
        trailing = not any(begin <= mention.head < end for mention in mentions) and end >= len(words) - 1
        if trailing and not aside and words[marks[0]].text not in _OWN_CLAUSE:
            begin = 0
        _mark(under, begin, end)
        for follow, stop in clauses[place + 1 :]:
            if aside or _is_main_clause(words, follow, stop):
                break
            _mark(under, follow, stop)
    for mention in mentions:
        if under[mention.head]:
            mention.shown, mention.hedged = False, True
    return under


_OWN_CLAUSE = frozenset("impossible unclear whether if would should appear appears appeared seem seems seemed".split())
"""Hedges that say nothing about the clauses before them: "…, so it is impossible to tell"."""
_SEEING = frozenset("see find spot notice observe identify".split())
_SEEN = frozenset("seen found spotted noticed observed identified viewed".split())
_SEEMING = frozenset("appear appears appeared appearing seem seems seemed seeming".split())
_ASIDES = frozenset(
    ("indicating", "suggesting", "implying", "possibly", "likely", "probably", "perhaps", "presumably", "potentially")
)
"""Hedges that begin a clause of their own: they say nothing about the clause before."""


def _includes_subject(words: Sequence[Word], at: int) -> bool:
    """Return whether the hedge modifies the verb, so that its scope includes the subject."""
    return words[at].text in (
        "might",
        "may",
        "could",
        "would",
        "should",
        "probably",
        "if",
        "whether",
        "likely",
    ) and _text(words, at - 1) not in (",", "and")


def _is_partial(words: Sequence[Word], at: int) -> bool:
    """Return whether a word denies something of all, which may be true of some: "are not all seated", "aren't both brown"."""
    denies = words[at].text in ("not", "never") or words[at].text.endswith("n't")
    return denies and at > 0 and _text(words, at + 1) in ("all", "both", "every", "each", "always", "necessarily")


_THINKING = frozenset("think believe say says suppose claim claims assume imagine".split())


def _is_untrue(words: Sequence[Word], at: int) -> bool:
    """Return whether a word says that what follows is not so: "it is not true that", "I do not think"."""
    before = words[max(at - 3, 0) : at]
    denied = any(word.text in ("no", "not", "never", "nobody") or word.text.endswith("n't") for word in before)
    if denied and words[at].text in _THINKING:
        return True
    if _text(words, at + 1) != "that":
        return False
    if denied and words[at].text in ("see", "find", "notice", "show", "shows", "mean", "means"):
        return True
    if words[at].text in ("false", "untrue", "doubt", "doubtful", "unlikely"):
        return True
    return denied and words[at].text in (
        "true",
        "case",
        "indication",
        "evidence",
        "sign",
        "proof",
        "hint",
        "suggestion",
    )


def _is_hedge(words: Sequence[Word], at: int) -> bool:
    text = words[at].text
    following, further = _text(words, at + 1), _text(words, at + 2)
    if (text == "used" and following == "to" and further == "be") or _is_partial(words, at) or _is_untrue(words, at):
        return True
    if text in HEDGES:
        return not (text == "may" and _text(words, at + 1).isdecimal())
    if text in _SEEMING and (
        following == "that" or (following == "to" and (further != "be" or _text(words, at + 3).endswith("ing")))
    ):
        return True
    if text in _SEEMING and following == "to" and _text(words, at - 1) in ("what", "that", "which"):
        return True  # "what appears to be a table"
    if text in ("can", "could") and following not in _SEEING | {"be", "not", "also", "clearly"}:
        return True
    if text in ("can", "could") and following == "be" and further not in _SEEN:
        return True
    subject = [word.text for word in words[max(at - 4, 0) : at]]
    if (
        text in ("look", "looks")
        and following in ("like", "as")
        and (subject[-1:] == ["it"] or {"it", "not"} <= {*subject})
    ):
        return True
    pair = (text, _text(words, at + 1)) in HEDGED_PAIRS
    return (
        pair
        or (text == "waiting" and _text(words, at + 1) == "for")
        or (text == "wait" and _text(words, at + 1) == "for")
    )


def _clauses(words: Sequence[Word]) -> list[tuple[int, int]]:
    cuts = [0]
    cuts += [at for at, word in enumerate(words) if at and word.text in (",", ";", "but", "—", "because", "while")]
    return list(zip(cuts, [*cuts[1:], len(words)], strict=True))


def _is_main_clause(words: Sequence[Word], start: int, end: int) -> bool:
    texts = [word.text for word in words[start:end]]
    return texts[0] == "but" or any(text in COPULAS | HAVE | {"there", "with"} for text in texts)


def _mark(under: list[bool], start: int, end: int) -> None:
    under[start:end] = [True] * (end - start)


_VIEWERS = frozenset("camera lens viewer photographer cameraman audience".split())
"""What somebody looks at who looks out of the picture."""


def compare(words: Sequence[Word], mentions: Sequence[Mention]) -> None:
    """Mark mentions that are only compared with as not shown: "more dogs than cats", "looks like a rabbit"."""
    for mention in mentions:
        before, further = _text(words, mention.begins - 1), _text(words, mention.begins - 2)
        simile = before == "like" and (
            further.startswith("look") or further in ("shaped", "dressed", "seems", "is", "are", "something")
        )
        as_big_as = (
            before == "as" and _text(words, mention.begins - 2) != "well" and _text(words, mention.begins - 3) == "as"
        )
        purpose = before == "for" and mention.plural and mention.begins == mention.head
        camera = mention.noun in _VIEWERS and before in ("at", "towards", "toward", "for", "to", "into")
        counted = before == "than" and further in ("more", "less", "fewer") and mention.rough
        sport = (
            before in ("playing", "play", "plays", "played")
            and mention.noun == "sports ball"
            and mention.determiner is None
        )
        if (before == "than" and not counted) or sport or simile or as_big_as or camera or purpose:
            mention.shown = False


def _text(words: Sequence[Word], at: int) -> str:
    return words[at].text if 0 <= at < len(words) else ""


_DEPICTIONS = frozenset(
    "statue painting sculpture shadow reflection silhouette logo mural figurine replica drawing portrait sketch bust "
    "statues paintings shadows reflections sculptures drawings outline model carving cartoon emblem symbol icon symbols "
    "logos cutout depiction applique print graphic engraving embroidery doodle tattoo".split()
)
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
        before = _text(words, mention.begins - 1)
        itself = mention.begins <= 4 and not any(word.tag in ("VBZ", "VBP", "VBD") for word in words)
        if before == "of" and _text(words, mention.begins - 2) in _DEPICTIONS and not itself:
            mention.shown = False
        if before == "of" and _is_picture_within(words, mention.begins - 2):
            mention.shown = False
        if before == "of" and _text(words, mention.begins - 2) in ("game", "match", "round"):
            mention.shown = False
        if mention.noun == "sign" and mention.determiner in ("no", "any") and _text(words, mention.after) == "of":
            mention.shown = False


def _is_picture_within(words: Sequence[Word], at: int) -> bool:
    """Return whether a word names a picture that is in the picture: "a screen with an image of trees"."""
    if _text(words, at) not in _PICTURES or at < 4:
        return False
    begins = next((spot for spot in range(at - 1, max(at - 5, 0), -1) if words[spot].text in ("a", "an", "the")), None)
    return begins is not None and begins > 2 and _text(words, begins - 1) in _BEARING


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
    if words[0].tag == "VBG" and main.begins > 1:
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
