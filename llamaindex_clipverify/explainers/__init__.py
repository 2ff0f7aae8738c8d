"""Heat maps: one file per method, behind the `Method` protocol. They explain a cosine and are no proof of presence.

A map explains a direction in the encoder's space: the vector of the claim's phrase, minus the mean vector of its foils if
there are any, which removes what all such phrases have in common. All gradient methods share one forward pass of the
picture. Each map is tested afterwards (`explainers.trial`); a map that fails is marked "no evidence".
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
"""Method name (also the file name) to class, best localisation first (``benchmarks/explaining.py``)."""

SHOWN = ("attention", "dropping", "layercam", "gradcam++", "eigengradcam")
"""Methods offered on a report page, if the encoder supports them and they are installed."""
STOCK = ("layercam", "gradcam", "gradcam++", "hirescam")
"""Methods that use the formula of pytorch-grad-cam."""


def load_method(name: str) -> Any:
    """Return the heat-map method of a name.

    Raises:
        DataError: The name is unknown.
        MissingExtraError: The method needs pytorch-grad-cam, which is not installed.
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
    """Return the heat-map explainer of an encoder.

    Args:
        encoder: A transformers CLIP or SigLIP.
        layer: Name of the model's layer for the gradient methods. Default: found by search.

    Raises:
        ModelError: The encoder gives no access to its layers.
    """
    if not (hasattr(encoder, "model") and hasattr(encoder, "pixels")):
        do = "use a transformers CLIP or SigLIP"
        raise ModelError("no heat maps for this encoder", got=type(encoder).__name__, do=do)
    explainer: Explainer = importlib.import_module(f"{__name__}.explainer").ClipExplainer(encoder, layer)
    return explainer
