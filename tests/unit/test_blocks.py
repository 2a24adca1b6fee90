"""A pair's geodesic is its own, whatever block of pairs it is solved in."""

from dataclasses import asdict

import numpy as np
import pytest
import scripts
from latentgeo.io.arrays import save_arrays
from latentgeo.models import files
from latentgeo.models.architecture import Architecture
from latentgeo.models.streams import Stream
from latentgeo.models.training import new_model
from latentgeo.models.vae import Origin
from latentgeo.starts.grid.evaluation import evaluate_grid
from latentgeo.study import stored

ARCHITECTURE = Architecture(latent_dim=2, decoder_count=3, hidden=8, channels=2)
ADAM = {"method": "adam", "learning_rate": 0.1, "steps": 3}
SOLVERS = {"exact": {"energy": "exact"}, "sampled": {"energy": "monte-carlo", "mc_samples": 2}}
PAIRS = np.array([[0, 5], [3, 1], [2, 4], [6, 0], [5, 7]])


def solved(folder, block, solver):
    """What `solve_geodesics` keeps of a block of the pairs, from random starts."""
    names = ("model", "latents", "pairs", "grid", "solved")
    places = {name: folder / f"{name}.npz" for name in names}
    model = new_model(ARCHITECTURE, Stream(0, "ensemble", 0))
    files.save(model, places["model"], Origin("ensemble", 0, "Some CPU"))
    means = np.random.default_rng(0).normal(size=(8, 2)).astype(np.float32)
    origin = stored.origin("ensemble", 0, files.load(places["model"]).checksum)
    save_arrays(places["latents"], means=means, labels=np.arange(8), **origin)
    rows = PAIRS[slice(*block)]
    save_arrays(places["pairs"], rows=rows, labels=rows)
    own = {"vae": "ensemble", "seed": 0}
    series = {"metric": "fisher-rao", "curve": "cubic", "start": "random", "solver": "adam"}
    params = {
        "study_seed": 3,
        "model": {"architecture": asdict(ARCHITECTURE)} | own,
        "series": own | series | {"order": 0},
        "device": "cpu",
        "decoder_span": (2, 2),
        "block": block,
        "family": {"family": "polynomial", "degree": 3},
        "segments": 8,
        "solver": ADAM | solver,
        "metric": {},
        "split": "train",
    }
    grid = evaluate_grid(list(model.decoders), model.likelihood, means, 12)
    save_arrays(places["grid"], **vars(grid), **origin)
    inputs = {name: str(places[name]) for name in ("model", "latents", "pairs", "grid")}
    scripts.run("solve_geodesics", inputs, params, scripts.Named(geodesics=places["solved"]))
    return dict(np.load(places["solved"]))


@pytest.mark.parametrize("solver", SOLVERS.values(), ids=SOLVERS)
def test_a_pair_has_its_own_ends_start_and_steps_in_every_block(solver, tmp_path):
    whole, later = (solved(tmp_path, block, solver) for block in ((0, 5), (3, 5)))
    assert later["pair"].tolist() == [3, 4]
    assert np.stack([later["label_a"], later["label_b"]], 1).tolist() == PAIRS[3:].tolist()
    for name in ("points", "initial_energy", "history", "weights"):
        np.testing.assert_allclose(later[name], whole[name][3:], rtol=1e-6, err_msg=name)
