"""Geometry of latent spaces under the Fisher-Rao metric; knows torch and numpy, never Snakemake.

front         one's own decoders in one call: what `import latentgeo` offers
likelihoods   exponential families: what decoders say of an image
decoders      values and exact derivatives of decoders
curves        curve families between two points
objectives    energies of curves, by metric
solvers       their minimisers, and when a curve is at a minimum
starts        where minimisers start; `starts.grid` and `starts.roadmap` know the latent space
certificates  whether geodesics are the lowest there are
geodesics     all of these put together
models        the VAEs: training, evaluation, files
images        the images and pairs of them
statistics    variation over models, proximity to the data
io            files, whole or not at all
study         configuration, experiments, plan, how results are read and drawn
"""

from importlib import import_module as _import_module

_OFFERED = {
    "Model": "front.model",
    "Geodesics": "front.geodesics",
    "solve": "front.calls",
    "energy": "front.calls",
    "length": "front.calls",
    "metric": "front.calls",
    "distance_matrix": "front.calls",
    "Polynomial": "curves",
    "PiecewiseLinear": "curves",
    "CubicSpline": "curves",
    "StudyError": "errors",
}
__all__ = ["__version__", *_OFFERED]
__version__ = "1.0.0"


def __getattr__(name):
    """What is offered, imported when it is asked for: planning a study needs none of it."""
    if name not in _OFFERED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_import_module(f".{_OFFERED[name]}", __name__), name)


def __dir__():
    return sorted([*globals(), *_OFFERED])
