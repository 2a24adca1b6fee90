"""What the page's explorer is given: latent spaces, curves in them, and images along the curves.

Pictures are PNG, positions are rounded to what a screen can show.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from ...images.checks import load_images
from ..maps import Plane
from ..plotting import COLOURS
from ..resampled import evenly, shades
from ..shown import class_name
from ..stored import load_decoded, load_grid, load_latents

MOST_LATENTS = 800
"""Of all images, in every model the same."""
NODES = 96
"""Of a field, an axis."""
LOGARITHMIC = ("density", "disagreement", "metric")
FIELDS = {
    "entropy": "entropy of the output [nats per pixel]",
    "disagreement": "log₁₀ of the decoders’ disagreement [nats]",
    "metric": "log₁₀ √det of the metric",
    "density": "log₁₀ density of the latents",
}
METRICS = {
    "fisher-rao": "Fisher–Rao, between decoders",
    "fisher-rao-within": "Fisher–Rao, expected metric",
    "density": "density",
}


@dataclass(frozen=True)
class Files:
    """What is known of one model; without a grid in more than two dimensions."""

    vae: str
    seed: int
    decoders: int
    latents: str
    decoded: str
    grid: str | None


def content(models: Sequence[Files], images: str, classes: Sequence[str]) -> dict[str, Any]:
    """All that the explorer shows, in what JSON can say."""
    pictures = load_images(images)
    total = len(pictures["train_images"])
    rows = np.unique(np.linspace(0, total - 1, min(MOST_LATENTS, total)).round().astype(int))
    chosen = pictures["train_images"][rows]
    labels = pictures["train_labels"][rows]
    there = np.unique(pictures["train_labels"])
    columns = int(np.ceil(np.sqrt(len(rows))))
    return {
        "models": [_model(files, rows) for files in models],
        "fields": FIELDS,
        "metrics": METRICS,
        "labels": labels.tolist(),
        "classes": [
            {
                "label": int(label),
                "name": class_name(label, classes),
                "colour": COLOURS[n % len(COLOURS)],
            }
            for n, label in enumerate(there)
        ],
        "thumbnails": {"picture": sprite(chosen, columns), "columns": columns},
        "image": list(chosen.shape[-2:]),
    }


def _model(files: Files, rows: np.ndarray) -> dict[str, Any]:
    latents = load_latents(files.latents)
    decoded = load_decoded(files.decoded, latents["model"].item(), in_plane=bool(files.grid))
    plane = Plane.of(latents["means"])
    model = {"vae": files.vae, "seed": files.seed, "decoders": files.decoders}
    model |= {"latents": _rounded(plane(latents["means"][rows]).T), "axes": list(plane.names)}
    model["curves"] = [_curve(decoded, n, plane) for n in range(len(decoded["pair"]))]
    if files.grid:
        model |= _fields(load_grid(files.grid, latents["model"].item()), decoded["density"])
    return model


def _curve(decoded: Mapping[str, np.ndarray], n: int, plane: Plane) -> dict[str, Any]:
    curve = {name: decoded[name][n].item() for name in ("metric", "curve", "start", "solver")}
    curve |= {"pair": int(decoded["pair"][n]), "converged": bool(decoded["converged"][n])}
    curve["points"] = _rounded(plane(decoded["points"][n]).T)
    curve |= {name: [_told(x) for x in decoded[name][n]] for name in ("energy", "length")}
    frames = decoded["frames"][n].reshape(-1, *decoded["image"])
    return curve | {"frames": sprite(frames.astype(np.uint8), len(frames))}


def _fields(grid: Mapping[str, np.ndarray], density: np.ndarray) -> dict[str, Any]:
    """Every field as bytes from its lowest to its highest shade, with the grid's extent."""
    fields = {
        "entropy": grid["entropy"][-1],
        "disagreement": grid["disagreement"][-1],
        "metric": np.sqrt(np.linalg.det(grid["own_metric"][-1]).clip(min=0)),
        "density": density,
    }
    extent = [[float(axis[0]), float(axis[-1])] for axis in grid["axes"]]
    shown = {
        name: _shaded(grid["axes"], field, name in LOGARITHMIC)
        for name, field in fields.items()
        if field.max() > 0 or name not in LOGARITHMIC
    }
    return {"extent": extent, "backgrounds": shown}


def _shaded(axes: np.ndarray, field: np.ndarray, logarithmic: bool) -> dict[str, Any]:
    if logarithmic:
        least = max(field.max() * 1e-12, np.finfo(float).tiny)
        field = np.log10(np.maximum(field, least))
    low, high = shades(field)
    share = (evenly(axes, field, NODES) - low) / ((high - low) or 1.0)
    values = np.round(255 * share.clip(0, 1)).astype(np.uint8)
    return {
        "low": float(f"{low:.4g}"),
        "high": float(f"{high:.4g}"),
        "values": base64.b64encode(values.T.tobytes()).decode(),
    }


def sprite(images: np.ndarray, columns: int) -> str:
    """Images (n, H, W) or (n, C, H, W), uint8, in rows of so many: one PNG, as a data URI."""
    if images.ndim == 3:
        images = images[:, None]
    rows = -(-len(images) // columns)
    padded = np.zeros((rows * columns, *images.shape[1:]), dtype=np.uint8)
    padded[: len(images)] = images
    sheet = padded.reshape(rows, columns, *images.shape[1:]).transpose(0, 3, 1, 4, 2)
    rows, height, columns, width, channels = sheet.shape
    sheet = sheet.reshape(rows * height, columns * width, channels)
    file = io.BytesIO()
    Image.fromarray(sheet[..., 0] if channels == 1 else sheet).save(file, "png", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _told(value: float) -> float | None:
    return float(f"{value:.7g}") if np.isfinite(value) else None


def _rounded(values: np.ndarray) -> list:
    return np.round(values, 3).tolist()
