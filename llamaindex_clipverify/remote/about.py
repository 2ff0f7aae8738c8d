"""What a server says about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from llamaindex_clipverify.trust.verdict import Policy


@dataclass(frozen=True, kw_only=True)
class About:
    """A server: its version, models and limits."""

    version: str
    models: Mapping[str, str]
    """Check to the id of its model."""
    has_encoder: bool
    """Whether it can compare texts with pictures."""
    map_methods: tuple[str, ...]
    """Methods of heat maps that its encoder allows, the best first."""
    policy: Policy
    """Thresholds of the verdicts."""
    pictures: int | None
    """Number of pictures in its index; None without an index."""
    writable: bool
    """Whether pictures can be added to the index."""
    limits: Mapping[str, float] = field(default_factory=dict)
    """Limits of a request: bytes, characters, pictures, seconds."""
    priors: Mapping[str, float] = field(default_factory=dict)
    """Share of true claims of each kind, of the profile."""
    profile: str | None = None
    """Name of the profile."""
    encoder: str | None = None
    """Id of the encoder."""
    detector: str | None = None
    """Id of the detector."""
