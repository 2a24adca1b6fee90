import torch
from latentgeo.solvers.solution import lowest


def test_the_lowest_of_each_owner_is_found():
    energies = torch.tensor([3.0, torch.nan, 1.0, 2.0, 5.0], dtype=torch.float64)
    owner = torch.tensor([0, 0, 0, 1, 1])
    assert lowest(energies, owner).tolist() == [2, 3]
    assert lowest(torch.tensor([torch.nan]), torch.tensor([0])).tolist() == [0]
