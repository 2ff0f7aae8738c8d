"""Heat maps: one method, one file, behind the `Method` of `explainers.forward_pass`. They explain a cosine and prove nothing.

A map is asked for a direction in the encoder's space: that of the claim's phrase, or, where foils are given, that of the phrase
less the mean of its foils, which leaves out what every such phrase has in common. All gradient methods share one forward of
the picture; each map is tried afterwards (`explainers.trial`) and says "no evidence" where it fails.
"""

from __future__ import annotations

import importlib
from typing import Any

from llamaindex_clipverify.errors import DataError, ModelError
from llamaindex_clipverify.explainers.heat_map import Explainer
from llamaindex_clipverify.models.protocols import Encoder
from llamaindex_clipverify.models.registry import load_adapter

METHODS = {
    "attention": "AttentionMap",
    "agreement": "AgreementMap",
    "dropping": "DroppingMap",
    "layercam": "LayerCamMap",
    "gradcam": "GradCamMap",
    "gradcam++": "GradCamPlusPlusMap",
    "eigengradcam": "EigenGradCamMap",
    "hirescam": "HiResCamMap",
}
"""Names of the methods, best localisation first (``benchmarks/explaining.py``), and the class in the file named alike."""

SHOWN = ("attention", "dropping", "layercam", "gradcam++", "eigengradcam")
"""Those that a page of a report lets its reader switch between, where the encoder suits them and they are installed."""
STOCK = ("layercam", "gradcam", "gradcam++", "hirescam")
"""Those whose formula is pytorch-grad-cam's."""


def load_method(name: str) -> Any:
    """Return the method of a name.

    Raises:
        DataError: There is none of that name.
        MissingExtraError: It goes through pytorch-grad-cam, which is not installed.
    """
    if name not in METHODS:
        raise DataError("no such heat-map method", got=name, do=f"give one of {', '.join(METHODS)}")
    if name in STOCK:
        load_adapter("cam", "pytorch_grad_cam", "cam")
    module = importlib.import_module(f"{__name__}.{name.replace('++', '_plus_plus')}")
    return getattr(module, METHODS[name])()


def shown(explainer: Explainer) -> list[str]:
    """Return the methods of `SHOWN` that an explainer can draw."""
    return [name for name in SHOWN if explainer.suits(name)]


def load_explainer(encoder: Encoder, layer: Any = None) -> Explainer:
    """Return what draws heat maps for an encoder.

    Args:
        encoder: A transformers CLIP or SigLIP.
        layer: Name of the layer, within the model, that the gradient methods look at; found by search when None.

    Raises:
        ModelError: The encoder is not one whose layers can be looked into.
    """
    if not (hasattr(encoder, "model") and hasattr(encoder, "pixels")):
        do = "use a transformers CLIP or SigLIP"
        raise ModelError("no heat maps for this encoder", got=type(encoder).__name__, do=do)
    made: Explainer = importlib.import_module(f"{__name__}.explainer").ClipExplainer(encoder, layer)
    return made
