"""What of a verifier needs the models in this process: in a client of a server, each raises one error that says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.errors import OnlyLocalError
from llamaindex_clipverify.evidence.check import Check
from llamaindex_clipverify.explainers.heat_map import Explainer
from llamaindex_clipverify.remote.connection import Connection
from llamaindex_clipverify.verification.verifier import Verifier


class WithoutModels(Verifier):
    """A verifier that loads no model."""

    connection: Connection
    """To the server that has them."""

    @property
    def url(self) -> str:
        """Address of the server."""
        return self.connection.url

    def _only_local(self, name: str) -> OnlyLocalError:
        return OnlyLocalError(name, self.url)

    @property
    def explainer(self) -> Explainer:
        """Raise: it runs the encoder."""
        raise self._only_local("Verifier.explainer")

    @property
    def memory(self) -> Any:
        """Raise: facts are kept by the server."""
        raise self._only_local("Verifier.memory")

    @property
    def checks(self) -> tuple[Check, ...]:
        """Raise: the checks are in the server."""
        raise self._only_local("Verifier.checks")

    @checks.setter
    def checks(self, checks: Sequence[Check]) -> None:
        raise self._only_local("Verifier.checks")

    def words(self, *_: Any, **__: Any) -> Any:
        """Raise: it runs the encoder."""
        raise self._only_local("Verifier.words")

    def observe(self, *_: Any, **__: Any) -> Any:
        """Raise: it runs the checks."""
        raise self._only_local("Verifier.observe")

    def ask(self, *_: Any, **__: Any) -> Any:
        """Raise: it runs the detector."""
        raise self._only_local("Verifier.ask")

    def look(self, *_: Any, **__: Any) -> Any:
        """Raise: it runs the checks."""
        raise self._only_local("Verifier.look")

    def facts(self, *_: Any, **__: Any) -> Any:
        """Raise: facts are kept by the server."""
        raise self._only_local("Verifier.facts")

    def report(self, *_: Any, **__: Any) -> Any:
        """Raise: it needs facts."""
        raise self._only_local("Verifier.report")

    def check(self, *_: Any, **__: Any) -> Any:
        """Raise: it needs facts."""
        raise self._only_local("Verifier.check")

    def judge(self, *_: Any, **__: Any) -> Any:
        """Raise: it needs facts."""
        raise self._only_local("Verifier.judge")

    def evidence(self, *_: Any, **__: Any) -> Any:
        """Raise: it needs facts."""
        raise self._only_local("Verifier.evidence")

    def with_reference(self, *_: Any, **__: Any) -> Any:
        """Raise: reference pictures are the server's affair."""
        raise self._only_local("Verifier.with_reference")

    def encode_texts(self, claims: Sequence[Claim]) -> None:
        """Raise: it runs the encoder."""
        raise self._only_local("Verifier.encode_texts")
