"""`import latentgeo`: one's own decoders, in one call each."""

import re
import shutil
import subprocess
import sys
import zipfile

import latentgeo
import pytest
import reference
import torch
from latentgeo.curves import uniform_times
from latentgeo.likelihoods.named import named
from latentgeo.objectives import terms
from project import PROJECT
from torch import nn

DOUBLE = torch.float64


def perceptrons(count=1, dim=2, outputs=30, seed=0):
    torch.manual_seed(seed)
    layers = [
        nn.Sequential(nn.Linear(dim, 24), nn.Tanh(), nn.Linear(24, outputs)) for _ in range(count)
    ]
    return [layer.eval() for layer in layers]


def points(count, dim=2, seed=1):
    return torch.randn(count, dim, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


def eta_of(decoders, likelihood, curves):
    shape = curves.shape[:2]
    flat = [likelihood.link(f(curves.flatten(0, 1).float()).double()) for f in decoders]
    return torch.stack([eta.unflatten(0, shape) for eta in flat]).detach()


@pytest.mark.parametrize("dim", [1, 2, 3, 5])
@pytest.mark.parametrize("coupling", ["between", "within"])
def test_geodesics_of_ones_own_decoders_converge_to_what_is_reported_of_them(dim, coupling):
    decoders, ends = perceptrons(3, dim), points(8, dim)
    found = latentgeo.solve(
        decoders, ends[:4], ends[4:], coupling=coupling, latents=points(300, dim)
    )
    assert found.converged.all() and found.status == ["converged"] * 4
    t = uniform_times(32)
    torch.testing.assert_close(found.curve(t), found.points)
    torch.testing.assert_close(found.points[:, [0, -1]], torch.stack([ends[:4], ends[4:]], 1))
    likelihood = named("bernoulli")
    eta = eta_of(decoders, likelihood, found.points)
    formula = terms.travel if coupling == "within" else terms.energy
    torch.testing.assert_close(found.energy, formula(likelihood, eta), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(found.travel, terms.travel(likelihood, eta), rtol=1e-6, atol=1e-6)
    own = latentgeo.Model(decoders, coupling=coupling)
    torch.testing.assert_close(own.energy(found.points), found.energy, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(own.length(found.points), found.length, rtol=1e-9, atol=1e-9)
    line = latentgeo.solve(decoders, ends[:4], ends[4:], coupling=coupling, initial="line")
    assert (found.energy <= line.energy * (1 + 1e-5)).all()


def test_of_decoders_that_could_still_be_trained_plain_numbers_are_returned():
    found = latentgeo.solve(perceptrons(2), points(2), points(2, seed=2))
    for name in ("energy", "length", "travel", "disagreement", "points", "weights"):
        assert not getattr(found, name).requires_grad


def test_a_gaussian_of_a_linear_decoder_has_straight_geodesics_of_euclidean_length():
    decoder = nn.Linear(3, 7).eval()
    start, end = points(5, 3), points(5, 3, seed=2)
    gaussian = {"family": "gaussian", "deviation": 0.5}
    found = latentgeo.solve(decoder, start, end, likelihood=gaussian)
    expected = ((end - start) @ decoder.weight.double().T).norm(dim=1) / 0.5
    torch.testing.assert_close(found.length, expected.detach(), rtol=1e-5, atol=1e-6)
    t = torch.linspace(0, 1, 5, dtype=DOUBLE)
    straight = start[:, None] + t[:, None] * (end - start)[:, None]
    torch.testing.assert_close(found.curve(t), straight, rtol=1e-4, atol=1e-4)


def test_the_metric_is_the_mean_of_pulled_back_fisher_informations():
    decoders, at = [f.double() for f in reference.tiny_decoders(3)], points(4)
    found = latentgeo.metric([f.eval() for f in decoders], at, likelihood="continuous-bernoulli")
    for own, point in zip(found, at, strict=True):
        torch.testing.assert_close(own, reference.metric(decoders, point), rtol=1e-8, atol=1e-10)


def test_distances_are_those_of_single_geodesics():
    decoders, at = perceptrons(2), points(4)
    found = latentgeo.distance_matrix(decoders, at, progress=False, latents=at, initial="line")
    assert torch.equal(found, found.T) and not found.diagonal().any()
    for i, j in [(0, 1), (1, 3), (2, 3)]:
        options = {"initial": "line", "coupling": "within"}
        alone = latentgeo.solve(decoders, at[[i]], at[[j]], **options)
        torch.testing.assert_close(found[i, j], alone.length[0], rtol=1e-9, atol=1e-9)


def test_energies_differ_with_the_direction():
    decoders, at = perceptrons(2), points(3)
    options = {"progress": False, "initial": "line", "segments": 9}
    options["coupling"] = "between"
    found = latentgeo.distance_matrix(decoders, at, measure="energy", **options)
    alone = latentgeo.solve(decoders, at[[2]], at[[0]], initial="line", segments=9)
    torch.testing.assert_close(found[2, 0], alone.energy[0], rtol=1e-9, atol=1e-9)
    assert found[0, 2] != found[2, 0]


def test_what_did_not_converge_has_no_distance(monkeypatch):
    solve = latentgeo.Model.solve

    def unfinished(self, *arguments, **options):
        found = solve(self, *arguments, **options)
        found.converged[0] = False
        return found

    monkeypatch.setattr(latentgeo.Model, "solve", unfinished)
    found = latentgeo.distance_matrix(perceptrons(), points(3), progress=False, initial="line")
    assert found.isnan().sum() == 2 and found[0, 1].isnan() and found[1, 0].isnan()


def test_a_matrix_of_one_point_or_none_is_empty():
    model = latentgeo.Model(perceptrons())
    assert model.distance_matrix(points(1), progress=False).tolist() == [[0.0]]


def test_progress_is_told_on_the_error_stream(capsys):
    latentgeo.distance_matrix(perceptrons(), points(3), initial="line")
    told = capsys.readouterr()
    assert "3/3" in told.err and not told.out


def test_given_weights_are_started_from():
    decoders, ends = perceptrons(), points(4)
    first = latentgeo.solve(decoders, ends[:2], ends[2:], initial="line")
    again = latentgeo.solve(decoders, ends[:2], ends[2:], initial=first.weights)
    torch.testing.assert_close(again.energy, first.energy, rtol=1e-6, atol=1e-9)


def test_a_model_looks_at_its_latent_space_once(monkeypatch):
    from latentgeo.front import model as front

    made = []
    for name in ("evaluate_grid", "make_roadmap"):
        real = getattr(front, name)
        monkeypatch.setattr(front, name, lambda *a, real=real, **k: made.append(0) or real(*a, **k))
    for dim in (2, 3):
        model = latentgeo.Model(perceptrons(2, dim), latents=points(50, dim))
        for seed in (3, 4):
            model.solve(points(2, dim), points(2, dim, seed))
    assert len(made) == 2


class Far(nn.Module):
    """Nothing but NaN away from the origin."""

    def forward(self, points):
        return points + 0 * (1 - points.square().sum(1, keepdim=True)).sqrt()


WRONG = {
    "coupling": (lambda: latentgeo.Model(perceptrons(), coupling="both"), "there is no 'both'"),
    "likelihood": (lambda: latentgeo.Model(perceptrons(), likelihood="beta"), "no 'beta'"),
    "initial": (
        lambda: latentgeo.solve(perceptrons(), points(1), points(1), initial="best"),
        "initial: there is no 'best'; there are auto, line",
    ),
    "graph": (
        lambda: latentgeo.solve(perceptrons(1, 3), points(1, 3), points(1, 3), initial="graph"),
        "'graph' is for two dimensions, not 3",
    ),
    "shapes": (
        lambda: latentgeo.solve(perceptrons(), points(2), points(3)),
        r"start is \(2, 2\), end is \(3, 2\)",
    ),
    "one point": (lambda: latentgeo.solve(perceptrons(), points(1)[0], points(1)), "start: "),
    "not finite": (
        lambda: latentgeo.solve(perceptrons(), points(1) / 0, points(1)),
        "start: not finite",
    ),
    "weights": (
        lambda: latentgeo.solve(perceptrons(), points(1), points(1), initial=torch.zeros(1, 2, 2)),
        r"initial: weights \(1, 2, 2\), not \(1, 7, 2\)",
    ),
    "segments": (
        lambda: latentgeo.solve(perceptrons(), points(1), points(1), segments=5),
        "segments: 5; a curve of",
    ),
    "latents": (
        lambda: latentgeo.solve(perceptrons(), points(1), points(1), latents=points(9, 3)),
        "points have 2 dimensions, latents 3",
    ),
    "training": (
        lambda: latentgeo.energy(perceptrons()[0].train(), points(2)[None]),
        "decoder 0: it is in training mode",
    ),
    "measure": (
        lambda: latentgeo.distance_matrix(perceptrons(), points(2), measure="travel"),
        "there is no 'travel'; there are length, energy",
    ),
    "seven segments": (
        lambda: latentgeo.solve(perceptrons(), points(1), points(1), segments=7),
        "segments: 7; a curve of",
    ),
    "a class": (
        lambda: latentgeo.solve(perceptrons(), points(1), points(1), curve=latentgeo.Polynomial),
        r"curve: .*Polynomial.*; one of Polynomial\(...\), PiecewiseLinear",
    ),
    "a name": (
        lambda: latentgeo.solve(perceptrons(), points(1), points(1), curve="polynomial"),
        "curve: 'polynomial'; one of",
    ),
    "one piece": (lambda: latentgeo.CubicSpline(1), r"CubicSpline\(1\): a whole number, 2 or more"),
    "half": (lambda: latentgeo.PiecewiseLinear(2.5), r"PiecewiseLinear\(2.5\): a whole number"),
    "degree": (lambda: latentgeo.Polynomial(13), r"Polynomial\(13\): a whole number, 2 to 12"),
    "tolerance": (
        lambda: latentgeo.solve(perceptrons(), points(1), points(1), tolerance=-1),
        "tolerance: -1 is no share",
    ),
    "NaN": (lambda: latentgeo.energy(perceptrons(), points(3)[None] / 0), "points: not finite"),
    "deviation": (
        lambda: latentgeo.Model(perceptrons(), likelihood={"family": "gaussian", "deviation": 0}),
        "gaussian: deviation: 0; a positive number",
    ),
    "no deviation": (
        lambda: latentgeo.Model(perceptrons(), likelihood="gaussian"),
        "gaussian does not take",
    ),
    "least": (
        lambda: latentgeo.Model(
            perceptrons(), likelihood={"family": "gaussian", "deviation": "learned", "least": -1}
        ),
        "gaussian: least: -1",
    ),
    "levels": (
        lambda: latentgeo.Model(perceptrons(), likelihood={"family": "poisson", "levels": 0}),
        "poisson: levels: 0; a positive number",
    ),
    "classes": (
        lambda: latentgeo.Model(perceptrons(), likelihood={"family": "categorical", "classes": 1}),
        "categorical: classes: 1; 2 at least",
    ),
    "not summed": (
        lambda: latentgeo.energy(
            perceptrons(), points(3)[None], likelihood=lambda eta: eta.square()
        ),
        r"the log-normaliser gives \(.*\) for natural parameters .*; it sums over the last axis",
    ),
    "a number": (
        lambda: latentgeo.energy(perceptrons(), points(3)[None], likelihood=lambda eta: 1.0),
        "the log-normaliser gives float",
    ),
    "fails": (
        lambda: latentgeo.energy(perceptrons(), points(3)[None], likelihood=lambda a, b: 1.0),
        "the log-normaliser fails",
    ),
    "concave": (
        lambda: latentgeo.energy(
            perceptrons(), points(3)[None], likelihood=lambda eta: -eta.square().sum(-1)
        ),
        "its log-normaliser is not convex",
    ),
    "on the grid": (
        lambda: latentgeo.solve(
            nn.Sequential(Far(), *perceptrons()).eval(),
            points(1) / 99,
            points(1) / 88,
            latents=points(50) / 9,
            initial="graph",
        ),
        r"the grid over the latent space: a decoder's outputs are not finite at \(",
    ),
    "curves": (lambda: latentgeo.length(perceptrons(), points(2)), r"points: \(curves, N \+ 1"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_ends_in_one_error_that_names_it(name):
    call, message = WRONG[name]
    with pytest.raises(latentgeo.StudyError, match=message):
        call()


def test_a_model_has_the_dimensions_that_it_had_before():
    model = latentgeo.Model(Anywhere())
    model.energy(points(3, 2)[None])
    with pytest.raises(latentgeo.StudyError, match="points have 3 dimensions, before 2"):
        model.energy(points(3, 3)[None])


class Anywhere(nn.Module):
    """A decoder of any number of dimensions."""

    def __init__(self):
        super().__init__()
        self.eval()

    def forward(self, points):
        return torch.stack([points.sum(1), points.square().sum(1)], dim=1)


def test_in_one_dimension_every_start_is_the_way_between_the_ends():
    decoder, (start, end) = perceptrons(1, 1), (points(3, 1), points(3, 1, seed=2))
    ways = [
        latentgeo.solve(decoder, start, end, initial=initial, latents=points(50, 1))
        for initial in ("auto", "line", "landmarks")
    ]
    for found in ways:
        assert found.converged.all()
        torch.testing.assert_close(found.energy, ways[0].energy, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("flat", [[0], [1], [0, 1]], ids=str)
def test_latents_without_a_spread_have_a_grid_all_the_same(flat):
    latents = points(60)
    latents[:, flat] = 0.3
    start, end = points(2, seed=5), points(2, seed=6)
    found = latentgeo.solve(perceptrons(2), start, end, latents=latents, coupling="within")
    lines = latentgeo.solve(perceptrons(2), start, end, initial="line", coupling="within")
    assert found.converged.all() and (found.energy <= lines.energy * 1.001).all()


def test_a_decoder_that_changes_its_input_leaves_the_grid_of_others_alone():
    class Doubled(nn.Module):
        def __init__(self, inner, in_place):
            super().__init__()
            self.inner, self.in_place = inner, in_place

        def forward(self, z):
            return self.inner(z.mul_(2) if self.in_place else z * 2)

    found = []
    for in_place in (False, True):
        decoders = [Doubled(f, in_place).eval() for f in perceptrons(2)]
        model = latentgeo.Model(decoders, latents=points(60), coupling="within")
        found.append(model.solve(points(3), points(3, seed=4)))
    torch.testing.assert_close(found[0].energy, found[1].energy, rtol=1e-9, atol=0)
    assert found[0].limit == found[1].limit


def test_times_may_be_of_any_kind_and_results_are_told_in_a_line():
    found = latentgeo.solve(perceptrons(), points(2), points(2, seed=2))
    torch.testing.assert_close(found.curve(torch.tensor([0, 1])), found.points[:, [0, -1]])
    torch.testing.assert_close(found.curve(torch.tensor([0.5])), found.points[:, [16]])
    assert repr(found).startswith("Geodesics(2, {'converged': 2}, lengths ")
    assert len(repr(found)) < 200


def test_progress_of_a_solve_is_told_where_it_is_asked_for(capsys):
    latentgeo.solve(perceptrons(), points(2), points(2, seed=2), progress=True)
    assert "curves left" in capsys.readouterr().out
    latentgeo.solve(perceptrons(), points(2), points(2, seed=2))
    assert not capsys.readouterr().out


def test_the_version_is_that_of_the_package():
    import tomllib

    from project import PROJECT

    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    assert settings["project"]["dynamic"] == ["version"]
    cited = re.search(r"^version: (.*)$", (PROJECT / "CITATION.cff").read_text(), re.M)[1]
    changes = re.search(r"^## (.*)$", (PROJECT / "CHANGELOG.md").read_text(), re.M)[1]
    assert latentgeo.__version__ == cited == changes


def test_all_that_is_offered_is_there():
    assert set(latentgeo.__all__) <= set(dir(latentgeo))
    assert all(
        callable(getattr(latentgeo, name)) for name in latentgeo.__all__ if name != "__version__"
    )
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        latentgeo.nothing  # noqa: B018


def test_in_the_plane_landmarks_find_what_the_grid_finds():
    decoders, ends = [f.eval() for f in reference.tiny_decoders(1)], points(6)
    own = latentgeo.Model(decoders, likelihood="continuous-bernoulli", latents=points(400))
    by_grid, by_landmarks = (
        own.solve(ends[:3], ends[3:], initial=initial) for initial in ("graph", "landmarks")
    )
    torch.testing.assert_close(by_grid.energy, by_landmarks.energy, rtol=1e-3, atol=1e-6)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(PROJECT / "workflow", source / "workflow")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", folder, source]
    subprocess.run(command, check=True)
    [path] = folder.glob("latentgeo-*.whl")
    return path


def test_the_library_is_installed_by_itself(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path)
    assert not [name for name in names if "study/" in name or name.startswith("job")]
    code = """
import sys, torch, latentgeo
decoder = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 9)).eval()
print(latentgeo.solve(decoder, torch.zeros(1, 2), torch.ones(1, 2)).status, latentgeo.__file__)
assert not {"snakemake", "pandas", "yaml"} & set(sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert "['converged']" in done.stdout and str(tmp_path) in done.stdout, done.stderr
