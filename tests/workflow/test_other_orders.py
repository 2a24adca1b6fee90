"""Proximity with decoders counted up in another order, from the config to the table."""

import numpy as np
import pandas as pd
import torch
from latentgeo import Model
from latentgeo.models import files
from latentgeo.study.orders import in_order
from project import TINY

SETTINGS = "experiments={proximity: {orders: 2, curves: [polynomial]}}"
TABLES = ["results/tables/proximity.csv", "results/tables/geodesics.csv"]


def test_the_first_few_of_another_order_are_solved_and_counted(spoilable):
    before = pd.read_csv(spoilable.folder / "results/tables/proximity.csv")
    arguments = ["--cores", "2", "--config", SETTINGS, "--", *TABLES]
    done = spoilable.snakemake(*arguments, config=TINY)
    assert done.returncode == 0, done.stdout
    assert (spoilable.folder / "results/grids/ensemble/seed-0-order-1.npz").is_file()

    folder = spoilable.folder / "results"
    model = files.load(folder / "models/ensemble/seed-0/model.safetensors")
    decoders = in_order(list(model.decoders), 1)
    solved = sorted((folder / "geodesics/ensemble/seed-0-order-1").rglob("*.npz"))
    assert len(solved) == 2  # of 1 and 2 decoders, and of 2 alone under the other metric
    for path in solved:
        arrays = np.load(path)
        assert arrays["converged"].all() and arrays["order"] == 1
        coupling = "within" if "within" in arrays["metric"].item() else "between"
        for count, points, energy in zip(
            *(arrays[name] for name in ("decoders", "points", "energy")), strict=True
        ):
            own = Model(decoders[:count], likelihood=model.likelihood, coupling=coupling)
            steps = torch.from_numpy(points)[None]
            assert steps.shape[1] == 9
            np.testing.assert_allclose(own.energy(steps).item(), energy, rtol=1e-5)

    after = pd.read_csv(folder / "tables/proximity.csv")
    assert after["decoders"].tolist() == [1, 2, 3, 2, 3]
    assert after["n"].tolist() == [8, 8, 4, 8, 4]
    assert after["orders"].tolist() == [2, 2, 1, 2, 1]
    key = ["metric", "curve", "decoders"]
    old, new = (table.set_index(key)["mean"] for table in (before, after))
    few = new.index.get_level_values("decoders") < 3
    assert (old.loc[new.index] != new)[few].all()
    listed = pd.read_csv(folder / "tables/geodesics.csv")
    assert len(listed[listed["order"] == 1]) == 4 * 3
