"""A dependency parser of spaCy in place of the rules for attachment: ``EnglishSplitter(parser=SpacyParser("en_core_web_sm"))``.

Noun phrases, verb groups and prepositions are found as always; the dependency tree then corrects which noun phrases are
subjects and objects of which verb and what a preposition tells about (labels: ClearNLP, as in spaCy's English models).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from llamaindex_clipverify.claims.english.attachment import RuleParser
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.positions import Position
from llamaindex_clipverify.claims.english.sentences import Word
from llamaindex_clipverify.claims.english.structure import Link, Structure
from llamaindex_clipverify.claims.english.verbs import Verb
from llamaindex_clipverify.claims.vocabulary import Vocabulary, english
from llamaindex_clipverify.errors import MissingExtraError, ModelError

_SUBJECTS = frozenset(("nsubj", "nsubjpass"))
_OBJECTS = frozenset(("dobj", "attr", "oprd"))


class SpacyParser:
    """Corrects the structure that the rules find with a dependency tree. Pickles without the pipeline."""

    def __init__(self, model: str, vocabulary: Vocabulary | None = None) -> None:
        """Load a pipeline that is installed as a package, or from a folder.

        Args:
            model: Name of the package or path, such as ``en_core_web_sm``.
            vocabulary: Relations of several words. Default: English.

        Raises:
            MissingExtraError: spaCy is not installed.
            ModelError: There is no such pipeline.
        """
        self.model = model
        self.rules = RuleParser(vocabulary or english())
        self.pipeline  # noqa: B018 - a wrong name is an error here, not at the first answer

    @cached_property
    def pipeline(self) -> Any:
        """The loaded pipeline."""
        return _load(self.model)

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes to pickle: the pipeline is loaded again."""
        return {name: value for name, value in vars(self).items() if name != "pipeline"}

    def parse(
        self, words: Sequence[Word], mentions: Sequence[Mention], verbs: Sequence[Verb], positions: Sequence[Position]
    ) -> Structure:
        """Return the structure of a sentence."""
        found = self.rules.parse(words, mentions, verbs, positions)
        if words:
            tree = self.pipeline(self._document([word.text for word in words]))
            _Correction(tree, mentions, found).run()
        return found

    def _document(self, words: Sequence[str]) -> Any:
        from spacy.tokens import Doc

        return Doc(self.pipeline.vocab, words=list(words))


def _load(model: str) -> Any:
    try:
        import spacy
    except ImportError as error:
        raise MissingExtraError("spacy", "spacy") from error
    try:
        return spacy.load(model, exclude=["ner", "lemmatizer"])
    except OSError as error:
        raise ModelError("no such spaCy pipeline", got=model, do="install its package, or name its folder") from error


class _Correction:
    """Moves subjects, objects and figures to where the tree has them."""

    def __init__(self, tree: Any, mentions: Sequence[Mention], found: Structure) -> None:
        self.tree, self.found = tree, found
        self.at = {spot: mention for mention in mentions for spot in range(mention.begins, mention.after)}
        self.verbs = {verb.at: verb for verb in found.verbs}

    def run(self) -> None:
        for verb in self.found.verbs:
            self._verb(verb)
        for link in self.found.links:
            self._link(link)

    def _verb(self, verb: Verb) -> None:
        token = self.tree[verb.at]
        if not verb.there and not verb.gerund:
            subjects = self._subjects(token, set())
            if subjects:
                verb.subjects = subjects
        objects = [
            mention for child in token.children if child.dep_ in _OBJECTS for mention in self._with_joined(child)
        ]
        if objects and verb.form != "copula":
            verb.objects = objects

    def _subjects(self, token: Any, seen: set[int]) -> list[Mention]:
        """Return the subjects of a verb: its own, or those of the verb or noun that it depends on."""
        if token.i in seen:
            return []
        seen.add(token.i)
        own = [mention for child in token.children if child.dep_ in _SUBJECTS for mention in self._named(child)]
        if own:
            return own
        if token.dep_ in ("acl", "relcl"):
            return self._with_joined(token.head)
        if token.dep_ in ("conj", "advcl", "xcomp", "aux", "auxpass", "ccomp") and token.head is not token:
            return self._subjects(token.head, seen)
        return []

    def _named(self, token: Any) -> list[Mention]:
        """Return the noun phrases of a subject; for *who* and *which* those that the clause depends on."""
        if token.tag_ in ("WP", "WDT") and token.head.dep_ == "relcl":
            return self._with_joined(token.head.head)
        return self._with_joined(token)

    def _with_joined(self, token: Any) -> list[Mention]:
        found = [self.at[token.i]] if token.i in self.at else []
        for child in token.children:
            if child.dep_ == "conj" and child.i in self.at:
                found += [mention for mention in self._with_joined(child) if mention not in found]
        return found

    def _link(self, link: Link) -> None:
        head = self._head(link)
        if head is None:
            return
        if head.i in self.at and not any(verb.at == head.i for verb in self.found.verbs):
            mention = self.at[head.i]
            if mention is not link.ground:
                link.figures = [mention] if len(link.figures) < 2 or mention not in link.figures else link.figures
                link.verb = None
        elif head.i in self.verbs:
            verb = self.verbs[head.i]
            if not verb.there and verb.subjects:
                link.figures, link.verb = list(verb.subjects), verb

    def _head(self, link: Link) -> Any:
        """Return what the preposition of a link depends on, or None where the tree has no preposition there."""
        token = self.tree[link.at]
        while (
            token.dep_ in ("pobj", "prep", "pcomp", "advmod")
            and link.at <= token.head.i < link.after
            and token.head is not token
        ):
            token = token.head
        return token.head if token.dep_ in ("prep", "agent") and token.head is not token else None
