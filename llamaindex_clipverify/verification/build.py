"""Building a verifier: from the names of models to the checks that use them and the profile that fits them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.evidence.actions import Actions
from llamaindex_clipverify.evidence.alternatives import Alternatives
from llamaindex_clipverify.evidence.check import Check
from llamaindex_clipverify.evidence.clothes import Clothes
from llamaindex_clipverify.evidence.colour import Colour
from llamaindex_clipverify.evidence.comparisons import Comparisons
from llamaindex_clipverify.evidence.contrast import Contrast
from llamaindex_clipverify.evidence.depth import Depth
from llamaindex_clipverify.evidence.domain import Domain
from llamaindex_clipverify.evidence.lettering import Lettering
from llamaindex_clipverify.evidence.objects import Objects
from llamaindex_clipverify.evidence.patterns import Patterns
from llamaindex_clipverify.evidence.places import Places
from llamaindex_clipverify.evidence.positions import Positions
from llamaindex_clipverify.evidence.regions import Regions
from llamaindex_clipverify.evidence.relations import Relations
from llamaindex_clipverify.evidence.similarity import Similarity
from llamaindex_clipverify.evidence.text_vectors import TextVectors
from llamaindex_clipverify.evidence.written_text import WrittenText
from llamaindex_clipverify.facts.disk_cache import DiskCache
from llamaindex_clipverify.models.placing import place
from llamaindex_clipverify.models.protocols import Detector, Encoder, Grounder, Reader
from llamaindex_clipverify.models.registry import as_encoder, load_detector, load_grounder, load_reader
from llamaindex_clipverify.trust.profile import Profile, bundled


def parts_of_verifier(
    encoder: Any,
    detector: Any,
    *,
    reader: str | Reader | None = None,
    grounder: str | Grounder | None = None,
    profile: str | Profile | None = None,
    texts: DiskCache | None = None,
    checks: Sequence[Check] = (),
    regions: int = 16,
    device: str | None = None,
    dtype: str | None = None,
) -> dict[str, Any]:
    """Return the arguments of `Verifier`; parameters as for `Verifier.from_defaults`.

    Raises:
        DataError: No model is named.
    """
    encoder_names, detector_names = _joined(encoder), _joined(detector)
    loaded_encoder = None if encoder_names is None else as_encoder(encoder_names)
    loaded_detector = load_detector(detector_names) if isinstance(detector_names, str) else detector_names
    if isinstance(encoder_names, str):
        place(loaded_encoder, device, dtype)
    if isinstance(detector_names, str) and loaded_detector is not None:
        place(loaded_detector, device)
    loaded_reader = load_reader(reader) if isinstance(reader, str) else reader
    if loaded_encoder is None and loaded_detector is None and loaded_reader is None:
        raise DataError("no model named", do="give encoder=, detector= or both; or use Verifier.tiny() on drawn scenes")
    all_checks = [*default_checks(loaded_encoder, loaded_detector, loaded_reader, regions, texts), *checks]
    return {
        "checks": all_checks,
        "profile": Profile.load(profile) if isinstance(profile, str) else profile or best_profile(all_checks),
        "encoder": loaded_encoder,
        "detector": loaded_detector,
        "grounder": load_grounder(grounder) if isinstance(grounder, str) else grounder,
    }


def default_checks(
    encoder: Encoder | None,
    detector: Detector | None,
    reader: Reader | None,
    regions: int = 16,
    texts: DiskCache | None = None,
) -> list[Check]:
    """Return the checks that some models allow.

    Args:
        encoder: For similarity, contrast, scenes and regions.
        detector: For objects, colour and relations.
        reader: For written text, and with an encoder for the guard against typographic attacks.
        regions: Region budget: crops encoded per picture; 0 leaves the check out.
        texts: Cache of text vectors on disk.
    """
    checks: list[Check] = [Domain()]
    if reader is not None:
        checks.append(WrittenText(reader))
    if detector is not None:
        checks += [
            Objects(detector),
            Colour(),
            Relations(),
            Positions(),
            Depth(),
            Comparisons(),
            Clothes(),
            Actions(detector),
            Places(),
            Patterns(),
        ]
    if encoder is not None:
        vectors = TextVectors(encoder, disk=texts)
        checks += [Similarity(vectors), Contrast(vectors), Alternatives(vectors)]
        if regions:
            checks.append(Regions(vectors, regions))
        if reader is not None:
            checks.append(Lettering(encoder, reader))
    return checks


def best_profile(checks: Sequence[Check]) -> Profile | None:
    """Return the bundled profile with the most parts fitted with the models in use; None if none fits a model."""
    models = {check.name: check.model for check in checks}
    fits = [(sum(bool(models[check]) for check in profile.active(models)), profile) for profile in bundled()]
    best = max(fits, key=lambda fit: fit[0], default=(0, None))
    return best[1] if best[0] else None


def _joined(names: Any) -> Any:
    """Return several names as one with commas; anything else unchanged."""
    return ",".join(names) if isinstance(names, (list, tuple)) else names
