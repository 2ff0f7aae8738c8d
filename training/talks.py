"""Training conversations of the tiny LLaVA: questions about drawn scenes with true answers, worded as in `prompts`.

A talk is one conversation about one to four pictures. Its first message contains the pictures and later turns are plain
questions, so that each picture is encoded once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llama_index.core.evaluation.multi_modal import faithfulness
from numpy.random import Generator

from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.prompts import NOTHING, Prompts
from llamaindex_clipverify.testing import COLOURS, NOUNS, Scene, SceneObject
from llamaindex_clipverify.testing import statements as say
from llamaindex_clipverify.testing.lively import ACTIONS, PLACES
from llamaindex_clipverify.testing.patterns import PATTERNS

PROMPTS = Prompts()
JUDGE = faithfulness.DEFAULT_EVAL_TEMPLATE.get_template()
_JUDGED = JUDGE[JUDGE.rindex("Information: {query_str}") :]
IMAGE = object()
"""Stands for a picture in the content of a message."""

_DESCRIBE = ("Describe the picture.", "Describe the image.", "What is in the picture?", "What does the picture show?",
             "What can be seen?")  # fmt: skip
_DESCRIBE_MANY = ("What do the pictures show?", "Describe the pictures.", "What is in the pictures?")
_WORDING = {"left of": "to the left of", "right of": "to the right of", "above": "above", "below": "below"}
_FACTS = (
    ("The {place} opens at {n}.", "When does the {place} open?"),
    ("The {place} closes at {n}.", "When does the {place} close?"),
    ("The ticket for the {place} costs {n} euros.", "What does the ticket for the {place} cost?"),
    ("The {place} has {n} rooms.", "How many rooms does the {place} have?"),
)
_STATES = ("open", "closed")
_PLACES = ("cafe", "museum", "market", "hotel", "bakery", "library", "park", "station")


@dataclass(frozen=True)
class Talk:
    """Scenes and turns: content of the user's message, and the answer."""

    scenes: tuple[Any, ...]
    turns: tuple[tuple[list[Any], str], ...]


def plain_talk(scene: Scene, rng: Generator) -> Talk:
    """Return a description and some questions about one picture, without the retrieval's words.

    They come in any order: after a description, most answers can be copied from it instead of being seen.
    """
    said = [(say.pick(rng, _DESCRIBE), described(scene, "", rng)), *(asked(scene, rng, 1) for _ in range(5))]
    return Talk((scene,), _turns([said[int(place)] for place in rng.permutation(len(said))], [IMAGE]))


def _turns(said: Sequence[tuple[str, str]], first: list[Any]) -> tuple[tuple[list[Any], str], ...]:
    """Return the turns of questions and answers, each question once; `first` comes before the first of them."""
    once = dict(reversed(said))
    return tuple(([*first, q] if place == 0 else [q], a) for place, (q, a) in enumerate(reversed(once.items())))


def retrieval_talk(scenes: Sequence[Scene], rng: Generator) -> Talk:
    """Return questions about one to four pictures, with captions and passages at times; the first in the synthesizer's words."""
    pictures: list[tuple[Any, str | None]] = []
    for scene in scenes:
        captions = scene.captions(rng)
        pictures.append((IMAGE, say.pick(rng, captions) if rng.random() < 0.25 else None))
    facts = some_facts(rng, int(rng.integers(1, 5))) if rng.random() < 0.4 else []
    said = [_retrieval_question(scenes, facts, rng) for _ in range(5)]
    (head, answer), *others = _turns(said, [])
    content = PROMPTS.parts(head[0], pictures, [fact[0] for fact in facts])
    return Talk(tuple(scenes), ((content, answer), *others))


def judge_talk(scene: Scene, rng: Generator) -> Talk:
    """Return claims to be judged: the first in the words of LlamaIndex's faithfulness evaluator, the others in its short form."""
    rows = scene.claims(rng)
    turns: list[tuple[list[Any], str]] = []
    for place in rng.permutation(len(rows))[:10]:
        row = rows[int(place)]
        context = say.pick(rng, scene.captions(rng)) if rng.random() < 0.1 else ""
        form = _JUDGED if turns else JUDGE
        text = form.format(query_str=row["claim"], context_str=context)
        turns.append(([text] if turns else [IMAGE, text], "YES" if row["label"] else "NO"))
    return Talk((scene,), tuple(turns))


def described(scene: Scene, cite: str = "", rng: Generator | None = None) -> str:
    """Return true sentences about a scene: every object with its number and, where it can be said, its colour, pattern and state,
    what people do, and the place.

    In training they come in any order: then whatever is there and not yet named may come next, which is far easier to learn than
    an order of nouns.
    """
    lines = _groups(scene)
    order = range(len(lines)) if rng is None else rng.permutation(len(lines))
    return " ".join(f"{lines[place]}{cite}." for place in order)


def _groups(scene: Scene) -> list[str]:
    lines = []
    for noun in sorted(scene.nouns(), key=NOUNS.index):
        things = [thing for thing in scene.objects if thing.noun == noun]
        doing = [thing.action for thing in things if thing.action in ACTIONS]
        if len(things) > 1 or not doing:
            lines.append(_named(scene, things))
        lines += [f"A {noun} is {ACTIONS[action].phrases[0]}" for action in dict.fromkeys(doing)]
    return [*lines, PLACES[scene.place][0].removesuffix(".")] if scene.place else lines


def _named(scene: Scene, things: Sequence[SceneObject]) -> str:
    """Return that the things of a noun are there, with the words that are true of all of them."""
    words, noun = english(), things[0].noun
    colours = scene.colours_of(noun)
    states, patterns = {thing.state for thing in things}, {thing.pattern for thing in things}
    said = [next(iter(found)) for found in (states, patterns, colours or ()) if len(found) == 1]
    told = "".join(f"{word} " for word in said if word in (*_STATES, *PATTERNS, *COLOURS))
    if len(things) > 1:
        return f"There are {words.number_word(len(things))} {told}{words.plural(noun)}"
    if say.article(noun) == noun:
        return f"There are {told}{noun}"
    return f"There is {say.article(told + noun)}"


def _retrieval_question(scenes: Sequence[Scene], facts: Sequence[tuple[str, str]], rng: Generator) -> tuple[str, str]:
    if facts and rng.random() < 0.5:
        text, question = say.pick(rng, facts)
        return question, text
    if rng.random() < 0.06:
        unknown = [question for _, question in some_facts(rng, 5) if question not in {asked for _, asked in facts}]
        return say.pick(rng, unknown), NOTHING
    if rng.random() < 0.3:
        question = say.pick(rng, _DESCRIBE if len(scenes) == 1 else _DESCRIBE_MANY)
        return question, " ".join(described(scene, f" [{place}]", rng) for place, scene in enumerate(scenes, 1))
    place = int(rng.integers(len(scenes)))
    across = _across(scenes, place, rng) if len(scenes) > 1 and rng.random() < 0.6 else None
    if across is not None:
        return across
    question, answer = asked(scenes[place], rng, len(scenes), place + 1)
    return question, answer.replace(".", f" [{place + 1}].")


def _across(scenes: Sequence[Scene], place: int, rng: Generator) -> tuple[str, str] | None:
    """Return a question that names no picture, about things that only one of them shows, or none."""
    others = {noun for other, scene in enumerate(scenes) if other != place for noun in scene.nouns()}
    for _ in range(4):
        question, answer = asked(scenes[place], rng, 1)
        if others & _nouns_in(question):
            continue
        nowhere = answer.startswith(("No,", "There are no "))
        return question, answer if nowhere else answer.replace(".", f" [{place + 1}].")
    return None


def _nouns_in(text: str) -> set[str]:
    words = english()
    return {noun for noun in NOUNS if re.search(rf"\b({noun}|{words.plural(noun)})\b", text)}


def asked(scene: Scene, rng: Generator, pictures: int, place: int = 1) -> tuple[str, str]:
    """Return a question about a scene and its answer: what, how many, what colour, where, whether, doing what, in what place."""
    where = f" in picture {place}" if pictures > 1 else ""
    makers = (*[_whether] * 3, *[_how_many] * 3, _colour, _where, _what, _doing, _doing, _setting)
    for _ in range(8):
        found = say.pick(rng, makers)(scene, rng, where)
        if found is not None:
            return found
    found = _whether(scene, rng, where)
    assert found is not None
    return found


def _whether(scene: Scene, rng: Generator, where: str) -> tuple[str, str] | None:
    there = rng.random() < 0.5
    noun = say.pick(rng, scene.nouns()) if there else say.likely_absent(scene, rng)
    be, thing = _be(noun), say.article(noun)
    if there:
        return f"{be.capitalize()} there {thing}{where}?", f"Yes, there {be} {thing}."
    return f"{be.capitalize()} there {thing}{where}?", f"No, there {be} no {noun}."


def _how_many(scene: Scene, rng: Generator, where: str) -> tuple[str, str] | None:
    noun = say.pick(rng, scene.nouns()) if rng.random() < 0.85 else say.likely_absent(scene, rng)
    if say.article(noun) == noun:
        return None
    words, number = english(), scene.count(noun)
    things = words.plural(noun)
    question = f"How many {things} are there{where}?"
    if number == 0:
        return question, f"There are no {things}."
    return question, f"There is one {noun}." if number == 1 else f"There are {words.number_word(number)} {things}."


def _colour(scene: Scene, rng: Generator, where: str) -> tuple[str, str] | None:
    nouns = [n for n in scene.nouns() if (c := scene.colours_of(n)) and len(c) == 1]
    if not nouns:
        return None
    noun = say.pick(rng, nouns)
    many = scene.count(noun) > 1
    named = english().plural(noun) if many else noun
    be = "are" if many else _be(noun)
    return f"What colour {be} the {named}{where}?", f"The {named} {be} {next(iter(scene.colours_of(noun) or COLOURS))}."


def _where(scene: Scene, rng: Generator, where: str) -> tuple[str, str] | None:
    facts = scene.relations()
    if not facts:
        return None
    fact = say.pick(rng, facts)
    be = _be(fact.subject)
    if rng.random() < 0.5:
        question = f"Where {be} the {fact.subject} relative to the {fact.other}{where}?"
    else:
        question = f"Where {be} the {fact.subject}{where}?"
    both = [f for f in facts if (f.subject, f.other) == (fact.subject, fact.other)]
    fact = min(both, key=lambda f: f.relation)
    return question, f"The {fact.subject} {be} {_WORDING[fact.relation]} the {fact.other}."


def _what(scene: Scene, rng: Generator, where: str) -> tuple[str, str] | None:
    facts = scene.relations()
    if not facts:
        return None
    fact = say.pick(rng, facts)
    wording = _WORDING[fact.relation]
    named = say.article(fact.subject)
    return (
        f"What is {wording} the {fact.other}{where}?",
        f"There {_be(fact.subject)} {named} {wording} the {fact.other}.",
    )


def _doing(scene: Scene, rng: Generator, where: str) -> tuple[str, str] | None:
    """Ask what the one person does, or whether it does something."""
    people = [thing for thing in scene.objects if thing.noun == "person"]
    if len(people) != 1 or people[0].action not in ACTIONS:
        return None
    action = people[0].action
    if rng.random() < 0.5:
        return f"What is the person doing{where}?", f"The person is {ACTIONS[action].phrases[0]}."
    asked = action if rng.random() < 0.5 else say.pick(rng, [name for name in ACTIONS if name != action])
    doing = say.pick(rng, ACTIONS[asked].phrases)
    answer = f"Yes, the person is {doing}." if asked == action else f"No, the person is not {doing}."
    return f"Is the person {doing}{where}?", answer


def _setting(scene: Scene, rng: Generator, where: str) -> tuple[str, str] | None:
    """Ask for the place of a scene."""
    if not scene.place:
        return None
    question = say.pick(rng, ("Where was the picture taken", "What place does the picture show"))
    return f"{question}{where}?", PLACES[scene.place][0]


def some_facts(rng: Generator, number: int) -> list[tuple[str, str]]:
    """Return texts, each with the question it alone answers."""
    kinds = [(place, fact) for place in _PLACES for fact in _FACTS]
    found = []
    for chosen in rng.choice(len(kinds), number, replace=False):
        place, (text, question) = kinds[int(chosen)]
        n = english().number_word(int(rng.integers(2, 12)))
        found.append((text.format(place=place, n=n), question.format(place=place)))
    return found


def _be(noun: str) -> str:
    return "are" if say.article(noun) == noun else "is"
