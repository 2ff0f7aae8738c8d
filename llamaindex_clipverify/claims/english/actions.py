"""Claims of verbs: what somebody does, wears or has, and what a picture is said to show or not to show."""

from __future__ import annotations

from collections.abc import Iterator

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.english.absolutes import is_told
from llamaindex_clipverify.claims.english.belongings import (
    HUES,
    MARKS,
    PATTERNED,
    Belonging,
    belonging,
    hued,
    marked_with,
    possession,
    wearing,
)
from llamaindex_clipverify.claims.english.clauses import Clause
from llamaindex_clipverify.claims.english.grammar import NO, POSSESSIVES, SHOWING
from llamaindex_clipverify.claims.english.linked import ADDRESSING
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.structure import is_living, is_worn
from llamaindex_clipverify.claims.english.verbs import Verb
from llamaindex_clipverify.claims.wordnet import wordnet

_SILENT = frozenset(
    "be have do seem appear wear dress make create add indicate suggest imply represent provide offer consist become "
    "allow help need want like believe think know try start begin continue enhance complement contribute emphasize "
    "highlight convey mean refer relate involve focus base name call design intend ensure require include contain mark "
    "label print inscribe spell title state lack miss cause keep let match surround belong tend decide enjoy observe "
    "color colour tint bathe care appreciate plan prefer remind serve use locate place situate position visit remain "
    "exist resemble suit imitate mimic evoke lend differ attempt occupy dominate shape snow rain hail drizzle".split()
)
"""Verbs that state nothing a picture shows somebody doing."""
_FEATS = frozenset(
    "trick stunt jump flip handstand headstand cartwheel somersault backflip yoga exercise pushup push-up laundry homework "
    "face sign gesture mess wheelie split dance".split()
)
"""What somebody visibly does or makes, though it is no thing: "does a trick", "makes a face"."""
_POSED = frozenset("seat sit stand crouch kneel squat perch curl huddle lean gather".split())
"""Verbs whose past participle says what somebody does: "a boy crouched on the stairs"."""
_TAKING = frozenset("play collect gather drink eat sip chew smoke sell buy serve pour harvest".split())
"""Verbs whose object may be named without an article: "collects nectar"."""
_GIVING = frozenset("give hand pass serve offer bring show throw toss send".split())
"""Verbs of which the receiver may be the subject of a passive: "is handed a balloon by the clown"."""
_MOVES = frozenset(
    "fly drive move roll sail fall pour burn spin turn travel cross land taxi blow flow crash swim splash slide bloom "
    "race glide drift arrive approach leave depart pass stop drip explode melt glow wave climb rise spray burst bounce "
    "bounces follow chase pull push tow hit come shoot float hover".split()
)
"""Verbs that lifeless things do visibly, too."""
_HOUSING = frozenset("contain house fill occupy".split())
"""Verbs by which one thing is in another: "the garden contains a bench", "boats fill the harbour"."""
_DEPICTING = frozenset("show depict portray illustrate present".split())
"""Verbs by which a lifeless thing pictures another."""
_ENCLOSING = ("surround", "encircle", "enclose")
_HAVING = ("have", "feature", "sport")
_LINKING = frozenset("surround hold contain occupy touch face overlook display carry cover feature support".split())
"""Verbs that put one lifeless thing in relation to another: "a shelf holding books"."""


def actions(clause: Clause) -> Iterator[Claim]:
    """Yield the claims of all verbs."""
    for verb in clause.structure.verbs:
        _cover_denied(clause, verb)
        if clause.hedged[verb.at] or verb.gerund:
            continue
        if verb.lemma in ("wear", "dress", "clothe"):
            yield from _wears(clause, verb)
        elif (verb.lemma in _HAVING or (verb.lemma == "include" and verb.finite)) and verb.subjects and not verb.there:
            yield from _has(clause, verb)
        elif verb.lemma in ("lack", "miss") or _loses(verb):
            yield from _lacks(clause, verb)
        else:
            yield from _acts(clause, verb)


def _cover_denied(clause: Clause, verb: Verb) -> None:
    """Let "no dog is running" deny the running only."""
    states = verb.finite and verb.form != "copula" and not verb.there and verb.lemma not in SHOWING
    for subject in verb.subjects:
        if states and subject.determiner in ("no", "neither"):
            clause.covered.add(id(subject))


def _wears(clause: Clause, verb: Verb) -> Iterator[Claim]:
    figures = verb.subjects or [
        link.figures[-1] for link in clause.structure.links if link.verb is verb and link.figures
    ]
    if verb.passive and verb.lemma == "wear":
        yield from _done_by(clause, verb)
        return
    yield from _dressed(clause, verb, figures)
    for _, garment in clause.meant([thing for thing in verb.objects if not is_living(thing)]):
        yield from wearing(clause, figures, garment, verb.negated)


def _dressed(clause: Clause, verb: Verb, figures: list[Mention]) -> Iterator[Claim]:
    """Read colours without a garment: "wearing black", "dressed in white"."""
    at = verb.after + (clause.text(verb.after) in ("in", "all"))
    last = at
    while clause.text(last) in clause.vocabulary.colours or clause.text(last) in ("and", ","):
        last += 1
    acts = any(other.begins == last for other in clause.structure.verbs)
    of_noun = last < len(clause.words) and clause.words[last].tag.startswith(("NN", "JJ")) and not acts
    if last == at or (
        of_noun and not any(mention.begins >= at and mention.after <= last for mention in clause.mentions)
    ):
        return
    colours = [
        clause.vocabulary.colours[text] for text in clause.between(at, last) if text in clause.vocabulary.colours
    ]
    for mention in clause.mentions:
        if at <= mention.begins < last:
            clause.covered.add(id(mention))
            mention.shown, mention.colours = False, []
    for figure, wearer in clause.meant(figures):
        for colour in colours:
            yield clause.spanning(
                "wearing", wearer, figure.head, last - 1, reference="clothes", colour=colour, known=False,
                negated=verb.negated != (figure.determiner in NO or (figure.negated and not verb.negated)),
            )  # fmt: skip


def _has(clause: Clause, verb: Verb) -> Iterator[Claim]:
    """Read "has a long tail" (part), "has a hat on" (wearing)."""
    for thing in verb.objects:
        if thing.noun in HUES and thing.colours and not thing.pronoun:
            yield from hued(clause, verb.subjects, thing, denied=verb.negated != thing.is_turned)
        if thing.noun in MARKS and not thing.shown and not thing.pronoun:
            yield from marked_with(clause, verb.subjects, thing, verb.negated)
        if is_living(thing) and any(map(is_worn, verb.subjects)):
            thing.shown = False  # "the shirt features a cat"
        if not thing.shown or thing.pronoun:
            continue
        pattern = PATTERNED.get(thing.last) if thing.plural and thing.number is None else None
        for figure, owner in clause.meant(verb.subjects):
            if pattern is not None and is_worn(owner) and not thing.colours:
                clause.covered.add(id(thing))
                yield clause.spanning(
                    "pattern", owner, figure.head, thing.after - 1, value=pattern, known=False, colour=None,
                    negated=verb.negated != thing.is_turned,
                )  # fmt: skip
                continue
            kind = possession(clause, owner, thing)
            denied = (verb.negated != thing.is_turned) != (figure.determiner in NO)
            if denied and is_told(clause, thing):
                clause.covered.add(id(thing))
                continue  # "does not have its mouth open" denies no mouth
            if kind == "wearing":
                yield from wearing(clause, [figure], thing, verb.negated)
            elif kind == "part":
                yield from _part(clause, figure, owner, thing, denied)
            elif denied:
                thing.negated = True


def _part(clause: Clause, figure: Mention, owner: Mention, thing: Mention, denied: bool) -> Iterator[Claim]:
    yield from belonging(clause, "part", Belonging(figure=figure, owner=owner, thing=thing, denied=denied))


def _loses(verb: Verb) -> bool:
    """Return whether somebody or something has lost what was its own: "the tree has lost its leaves"."""
    return verb.lemma == "lose" and bool(verb.objects) and all(one.determiner in POSSESSIVES for one in verb.objects)


def _lacks(clause: Clause, verb: Verb) -> Iterator[Claim]:
    for thing in verb.objects:
        thing.negated = thing.shown
        for figure, owner in clause.meant(verb.subjects):
            if possession(clause, owner, thing) == "part":
                yield from _part(clause, figure, owner, thing, True)


def _acts(clause: Clause, verb: Verb) -> Iterator[Claim]:
    if verb.there or verb.form == "copula":
        return
    if verb.passive and verb.lemma not in _POSED:
        yield from _done_by(clause, verb)
        return
    for figure, actor in clause.meant(verb.subjects):
        living = is_living(actor) or actor.noun in ("hand", "arm", "finger", "foot")
        denied = verb.negated != (figure.determiner in NO or (figure.negated and not verb.negated))
        around = living and verb.lemma in _ENCLOSING
        if actor.shown and (around or (not living and _links(clause, verb, actor))):
            yield from _linking(clause, verb, figure, actor, denied)
            if around:
                continue
        if (
            (verb.lemma == "get" and clause.text(verb.after) == "ready")
            or (verb.lemma in _SILENT and not _performs(verb) and _bare_object(clause, verb)[0] is None)
            or verb.lemma in SHOWING
            or not (living or verb.lemma in _MOVES or clause.text(verb.after) == "off")
        ):
            continue
        if denied and figure.determiner in ("no", "neither"):
            clause.covered.add(id(actor))
        yield from _acting(clause, verb, figure, actor, denied)


def _bare_object(clause: Clause, verb: Verb) -> tuple[str | None, int]:
    """Return what is played, done or gathered, though no noun phrase, and its last word: *soccer* of "plays soccer"."""
    at = verb.at + 1
    while at < len(clause.words) and clause.words[at].tag in ("NN", "NNS") and not clause.words[at].is_mark:
        at += 1
    name = " ".join(clause.between(verb.at + 1, at))
    taken = any(mention.begins <= verb.at + 1 < mention.after for mention in clause.mentions)
    if verb.passive or not name or (taken and verb.lemma != "play"):
        return None, verb.at
    feat = wordnet().singular(clause.text(at - 1)) or clause.text(at - 1)
    if verb.lemma in ("do", "perform"):
        return (feat, at - 1) if feat in _FEATS else (None, verb.at)
    return (name, at - 1) if verb.lemma in _TAKING else (None, verb.at)


def _performs(verb: Verb) -> bool:
    """Return whether a verb says only with its object what somebody does: "does a trick", "makes a pizza", "uses a phone"."""
    if verb.lemma == "use":
        return not verb.passive and any(thing.shown and not thing.pronoun for thing in verb.objects)
    return any(
        thing.last in _FEATS or (verb.lemma == "make" and thing.shown and not thing.pronoun and not thing.possessive)
        for thing in verb.objects
        if verb.lemma in ("do", "make")
    )


def _links(clause: Clause, verb: Verb, actor: Mention) -> bool:
    """Return whether a verb of a lifeless thing relates it to its object: "a shelf holding books", "a pole lining a path"."""
    if verb.lemma in _MOVES or actor.noun in clause.terms.picture | {"panel", "background"}:
        return False
    visible = clause.words[verb.at].tag.startswith("VB") and verb.lemma not in _SILENT | _DEPICTING
    if verb.lemma in ("eat", "drink", "swim", "sleep") and not verb.finite:
        return False  # "plates, eating utensils"
    return verb.lemma in _LINKING or visible


def _done_by(clause: Clause, verb: Verb) -> Iterator[Claim]:
    """Read "is held by the batter": the actor comes after *by*."""
    agents = [
        link.ground
        for link in clause.structure.links
        if link.verb is verb and clause.text(link.at) == "by" and link.ground is not None and is_living(link.ground)
    ]
    received = verb.objects if verb.lemma in _GIVING else []
    for agent in (one for said in agents for one in ([said] if not said.pronoun else said.means())):
        for figure, thing in clause.meant(received or verb.subjects):
            if verb.lemma == "wear":
                yield from wearing(clause, [agent], thing, verb.negated)
            elif verb.lemma not in _SILENT:
                yield clause.spanning(
                    "action", agent, figure.head, agent.after - 1, value=verb.lemma, reference=thing.noun, colour=None,
                    known=False, negated=verb.negated,
                )  # fmt: skip


def _linking(clause: Clause, verb: Verb, figure: Mention, actor: Mention, denied: bool) -> Iterator[Claim]:
    for thing in verb.objects:
        if thing.shown and not thing.pronoun:
            no = thing.is_turned
            if denied or no:
                clause.covered.add(id(thing))
            if verb.lemma in _HOUSING:
                yield _housed(clause, verb, figure, actor, thing, denied != no)
                continue
            around = verb.lemma in _ENCLOSING
            yield clause.spanning(
                "depth" if around else "relation", actor, figure.head, thing.after - 1,
                relation="around" if around else clause.text(verb.at), reference=thing.noun,
                colour=None, known=False, negated=denied != no,
            )  # fmt: skip


def _housed(clause: Clause, verb: Verb, figure: Mention, actor: Mention, thing: Mention, denied: bool) -> Claim:
    """Read "the basket contains eggs" and "eggs fill the basket": eggs are in the basket."""
    inner, outer = (thing, actor) if verb.lemma in ("contain", "house") else (actor, thing)
    first, last = min(figure.head, thing.head), max(figure.after, thing.after) - 1
    return clause.spanning(
        "relation", inner, first, last, relation="in", reference=outer.noun, colour=None, known=inner.known and outer.known,
        negated=denied,
    )  # fmt: skip


def addressed(clause: Clause, verb: Verb) -> list[Mention]:
    """Return what somebody looks at, talks to or points at."""
    return [
        link.ground
        for link in clause.structure.links
        if link.verb is verb
        and verb.lemma in ADDRESSING
        and link.relation in ADDRESSING[verb.lemma]
        and link.ground is not None
    ]


def _acting(clause: Clause, verb: Verb, figure: Mention, actor: Mention, denied: bool) -> Iterator[Claim]:
    objects = [thing for thing in verb.objects if not thing.pronoun]
    named = [*addressed(clause, verb), *verb.objects] if not objects else []
    meant = [one for thing in named for one in ([thing] if not thing.pronoun else thing.means()[:1])]
    objects += [one for one in meant if one is not actor]  # "pulls himself onto the rocks"
    bare, end = _bare_object(clause, verb) if not objects else (None, verb.at)
    shown: list[Mention | None] = [thing for thing in objects if thing.shown] or [
        thing for thing in objects[:1] if not thing.hedged and thing.noun not in clause.terms.picture | {"something"}
    ]
    for thing in shown or [None]:
        no = thing is not None and thing.is_turned
        if thing is not None and (denied or no):
            clause.covered.add(id(thing))
        last = thing.after - 1 if thing is not None else end
        yield clause.spanning(
            "action", actor, figure.head, last if last > figure.head else verb.at, negated=denied != no,
            value="sit" if verb.lemma == "seat" else verb.lemma, reference=thing.noun if thing is not None else bare,
            colour=None, known=False,
        )  # fmt: skip
