"""Every table and every array of the tiny study against a computation of its own.

Nothing is imported from latentgeo. Likelihood, networks, curves, energies, random streams and
training are written here again, plainly, from the documents: sums are loops, derivatives are
autograd's, and what tiny.yaml asks for is spelled out by hand.
"""

import hashlib
import json
import struct
from functools import cache
from math import sqrt

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from project import TINY
from torch import nn
from torch.nn import functional

torch.set_num_threads(1)
SEGMENTS, SEED = 8, 3
VAES = {"single": 1, "ensemble": 3}
MODELS = [(vae, seed) for vae in VAES for seed in (0, 1)]
BATCH = {"single": 256, "ensemble": 200}
EPOCHS, RATE, HELD_OUT = 2, 0.01, 100
MEASURES = ["energy", "disagreement", "travel", "length", "published_length", "euclidean"]
KEY = ["vae", "seed", "decoders", "metric", "curve", "start", "solver", "pair"]


WITHIN = "fisher-rao-within"


def coupled(count):
    """The metrics of so many decoders: one is coupled with itself anyway."""
    return ["fisher-rao", WITHIN] if count > 1 else ["fisher-rao"]


def drawn_of(keys):
    """The figures of the study draw the first metric."""
    return [key for key in keys if key[3] != WITHIN]


def wanted():
    """All geodesics that tiny.yaml asks for, by experiment: (vae, seed, decoders, metric, ...)."""
    fr, poly, pieces = "fisher-rao", "polynomial", "piecewise-linear"
    lists = {
        "geodesics": [
            (v, 0, m, metric, poly, "graph", "newton", p)
            for v, m in VAES.items()
            for metric in coupled(m)
            for p in range(6)
        ],
        "variation": [
            (v, s, VAES[v], metric, poly, "line", "newton", p)
            for v, s in MODELS
            for metric in coupled(VAES[v])
            for p in range(3)
        ],
        "proximity": [
            ("ensemble", 0, m, metric, c, "graph", "newton", p)
            for c in (poly, pieces)
            for m in (1, 2, 3)
            for metric in coupled(m)
            for p in range(4)
        ],
    }
    cold = {poly: "random", pieces: "line"}
    for kind in ("cold", "hot", "density"):
        lists[f"starts.{kind}"] = [
            ("ensemble", 0, 0 if kind == "density" else 3, "density" if kind == "density" else fr)
            + (c, {"cold": cold[c], "hot": "hot", "density": "line"}[kind], solver, p)
            for c in (poly, pieces)
            for solver in ("newton", "adam")
            for p in range(2)
        ]
    kinds = {"line": ("line", fr, 3), "hot": ("hot", fr, 3), "density": ("line", "density", 0)}
    for kind, (start, metric, count) in kinds.items():
        lists[f"contest.{kind}"] = [
            ("ensemble", 0, count, own, poly, start, "newton", p)
            for own in ([metric] if kind == "density" else coupled(3))
            for p in range(3)
        ]
    return lists


# ── plain mathematics ───────────────────────────────────────────────────────────────────────────


def log_normalizer(eta):
    """A = log((e^η − 1) / η), even but for η / 2; Taylor's near 0."""
    small = eta.abs() < 0.05
    x = torch.where(small, torch.ones_like(eta), eta)
    away = x.abs()
    value = away + torch.log(-torch.expm1(-away)) - torch.log(away)
    value = torch.where(x < 0, value + x, value)
    series = eta / 2 + eta**2 / 24 - eta**4 / 2880 + eta**6 / 181440
    return torch.where(small, series, value)


def mean_of(eta):
    """A' = 1 / (1 − e^−η) − 1 / η."""
    small = eta.abs() < 0.05
    x = torch.where(small, torch.ones_like(eta), eta)
    series = 0.5 + eta / 12 - eta**3 / 720 + eta**5 / 30240
    return torch.where(small, series, 1 / -torch.expm1(-x) - 1 / x)


def variance_of(eta):
    """A'' = 1 / η² − 1 / (2 sinh(η / 2))²."""
    small = eta.abs() < 0.05
    x = torch.where(small, torch.ones_like(eta), eta)
    series = 1 / 12 - eta**2 / 240 + eta**4 / 6048
    return torch.where(small, series, 1 / x**2 - 1 / (2 * torch.sinh(x / 2)) ** 2)


def kl(p, q):
    return (log_normalizer(q) - log_normalizer(p) - mean_of(p) * (q - p)).sum(-1)


def silu(x):
    return x * torch.sigmoid(x)


class Decoder:
    def __init__(self, tensors, k, dtype=torch.float64):
        prefix = f"decoders.{k}."
        own = {n[len(prefix) :]: t.to(dtype) for n, t in tensors.items() if n.startswith(prefix)}
        self.w = [(own[f"{n}.weight"], own[f"{n}.bias"]) for n in (0, 2, 4, 7)]
        self.dtype = dtype

    def __call__(self, z):
        """Natural parameters (n, 784), float64, of latents (n, 2)."""
        h = z.to(self.dtype)
        for weight, bias in self.w[:3]:
            h = silu(h @ weight.T + bias)
        h = functional.conv2d(h.reshape(len(z), 4, 7, 7), *self.w[3], padding=1)
        # channel 4 a + b of a coarse pixel is its fine pixel (a, b)
        h = h.reshape(-1, 4, 4, 7, 7).permute(0, 3, 1, 4, 2).reshape(len(z), 784)
        return 15.94 * torch.tanh(h.to(self.dtype) / 15.94).double()


def encode(tensors, images):
    x = images.reshape(len(images), 7, 4, 7, 4)
    w = tensors["encoder.0.weight"]
    h = torch.einsum("niajb,cab->ncij", x, w[:, 0]) + tensors["encoder.0.bias"][:, None, None]
    h = silu(h).flatten(1)
    h = silu(h @ tensors["encoder.3.weight"].T + tensors["encoder.3.bias"])
    h = h @ tensors["encoder.5.weight"].T + tensors["encoder.5.bias"]
    return h[:, :2], h[:, 2:]


def basis(curve, t):
    if curve == "polynomial":
        return torch.stack([t - t**3, t**2 - t**3], 1)
    columns = [torch.clamp(1 - (4 * t - knot).abs(), min=0) for knot in (1, 2, 3)]
    return torch.stack(columns, 1)


def curve_points(curve, a, b, weights):
    t = torch.arange(SEGMENTS + 1, dtype=torch.float64) / SEGMENTS
    return a + t[:, None] * (b - a) + basis(curve, t) @ weights


def energy_of(decoders, points):
    """Σ_i of the mean over k ≠ l of KL(f_k(z_i) ‖ f_l(z_i+1)), by a double loop."""
    eta = [decoder(points) for decoder in decoders]
    count = len(eta)
    pairs = [(k, l) for k in range(count) for l in range(count) if k != l or count == 1]
    return sum(kl(eta[k][:-1], eta[l][1:]).sum() for k, l in pairs) / len(pairs)


def disagreement_of(decoders, points):
    eta = [decoder(points)[:-1] for decoder in decoders]
    count = len(eta)
    pairs = [(k, l) for k in range(count) for l in range(count) if k != l]
    return sum(kl(eta[k], eta[l]).sum() for k, l in pairs) / len(pairs) if pairs else 0.0


def travel_of(decoders, points):
    return sum(kl((e := d(points))[:-1], e[1:]).sum() for d in decoders) / len(decoders)


def published_length_of(decoders, points):
    """The decoders at both ends of a step are independent, and may be the same one."""
    steps = [
        (2 * kl(a(points)[:-1], b(points)[1:])).clamp(min=0).sqrt().sum()
        for a in decoders
        for b in decoders
    ]
    return sum(steps) / len(decoders) ** 2


def metrics_of(decoders, points):
    """The mean over decoders of Jᵀ V J at each point."""
    total = torch.zeros(len(points), 2, 2, dtype=torch.float64)
    for decoder in decoders:
        jacobian = torch.func.vmap(torch.func.jacfwd(lambda z: decoder(z[None])[0]))(points)
        total += jacobian.mT @ (variance_of(decoder(points))[..., None] * jacobian)
    return total / len(decoders)


def length_under(metrics, points):
    total = 0.0
    for i in range(len(points) - 1):
        step = points[i + 1] - points[i]
        ends = [sqrt(max(0.0, float(step @ metrics[j] @ step))) for j in (i, i + 1)]
        total += sum(ends) / 2
    return total


def density_of(latents, points):
    deviation = latents.std(0).mean() * len(latents) ** (-1 / 6)
    squares = ((points[:, None] - latents[None]) ** 2).sum(-1)
    return torch.exp(-squares / (2 * deviation**2)).mean(1) / (2 * torch.pi * deviation**2)


def density_energy_of(latents, points):
    metric = 1 / (density_of(latents, points[:-1]) + 1e-4)
    return (metric * ((points[1:] - points[:-1]) ** 2).sum(-1)).sum()


def excess(energy, weights):
    """Half the squared Newton decrement and the eigenvalues of the Hessian, by autograd."""
    x = weights.flatten().clone()
    hessian = torch.autograd.functional.hessian(energy, x)
    gradient = torch.autograd.functional.jacobian(energy, x)
    return float(gradient @ torch.linalg.solve(hessian, gradient)) / 2, torch.linalg.eigvalsh(
        hessian
    )


def stream_seed(*name):
    return int.from_bytes(hashlib.sha256(repr((SEED, *name)).encode()).digest()[:7], "little")


def stream(*name):
    return torch.Generator().manual_seed(stream_seed(*name))


# ── the files of the study ──────────────────────────────────────────────────────────────────────


class Files:
    def __init__(self, folder):
        self.folder = folder
        self.digits = dict(np.load(folder / "results/images.npz"))
        assert yaml.safe_load(TINY.read_text())["seed"] == SEED

    @cache
    def arrays(self, path):
        with np.load(self.folder / "results" / path) as stored:
            return dict(stored)

    def table(self, name):
        return pd.read_csv(self.folder / f"results/tables/{name}.csv")

    @cache
    def model(self, vae, seed):
        """Tensors and header of a safetensors file, read byte by byte."""
        raw = (self.folder / f"results/models/{vae}/seed-{seed}/model.safetensors").read_bytes()
        (size,) = struct.unpack("<Q", raw[:8])
        header, body = json.loads(raw[8 : 8 + size]), raw[8 + size :]
        about = json.loads(header.pop("__metadata__")["latentgeo"])
        tensors = {}
        for name, entry in header.items():
            assert entry["dtype"] == "F32"
            first, stop = entry["data_offsets"]
            values = np.frombuffer(body[first:stop], "<f4").reshape(entry["shape"])
            tensors[name] = torch.from_numpy(values.copy())
        return tensors, about

    @cache
    def decoders(self, vae, seed, count=None, dtype=torch.float64):
        tensors, _ = self.model(vae, seed)
        return [Decoder(tensors, k, dtype) for k in range(VAES[vae] if count is None else count)]

    @cache
    def latents(self, vae, seed):
        return torch.from_numpy(self.arrays(f"latents/{vae}/seed-{seed}.npz")["means"]).double()

    @cache
    def pairs(self):
        """Rows and labels of the pairs 0 ... 5, from the files of all blocks that there are."""
        rows, labels = {}, {}
        for path in sorted((self.folder / "results/pairs").glob("*.npz")):
            first, stop = map(int, path.stem.split("-"))
            stored = self.arrays(f"pairs/{path.name}")
            assert set(stored) == {"rows", "labels"}
            assert stored["rows"].shape == stored["labels"].shape == (stop - first, 2)
            for n in range(first, stop):
                for found, name in ((rows, "rows"), (labels, "labels")):
                    values = stored[name][n - first].tolist()
                    assert found.setdefault(n, values) == values, path  # blocks agree
        return rows, labels

    @cache
    def geodesics(self):
        """Every stored geodesic by its key: its arrays and its place in them."""
        found = {}
        folder = self.folder / "results/geodesics"
        for path in sorted(folder.rglob("*.npz")):
            stored = self.arrays(path.relative_to(folder.parent).as_posix())
            vae, seed, span, metric, curve, start, solver, block = (
                path.relative_to(folder).with_suffix("").parts
            )
            series = (vae, int(seed[5:]), metric, curve, start, solver)
            names = ("vae", "seed", "metric", "curve", "start", "solver")
            assert tuple(stored[name].item() for name in names) == series
            assert stored["model"].item() == self.model(vae, int(seed[5:]))[1]["sha256"]
            counts = span[9:].split("-")
            counts = range(int(counts[0]), int(counts[-1]) + 1)
            first, stop = map(int, block[6:].split("-"))
            keys = [(count, pair) for count in counts for pair in range(first, stop)]
            together = zip(stored["decoders"].tolist(), stored["pair"].tolist(), strict=True)
            assert list(together) == keys
            for row, (count, pair) in enumerate(keys):
                key = (vae, int(seed[5:]), count, metric, curve, start, solver, pair)
                assert key not in found
                found[key] = Geodesic(stored, row)
        return found


class Geodesic:
    def __init__(self, stored, row):
        self.stored, self.row = stored, row

    def __getitem__(self, name):
        value = self.stored[name][self.row]
        return torch.from_numpy(value) if np.ndim(value) else value

    def ends(self):
        return self["points"][0], self["points"][-1]


@pytest.fixture(scope="module")
def files(finished):
    return Files(finished.folder)


def close(found, expected, relative=2e-5, absolute=2e-4, what=""):
    np.testing.assert_allclose(found, expected, rtol=relative, atol=absolute, err_msg=str(what))


def objective(files, key):
    """The energy of points of a geodesic's metric, differentiable."""
    vae, seed, count, metric = key[:4]
    if metric == "density":
        return lambda points: density_energy_of(files.latents(vae, seed), points)
    if metric == WITHIN:
        return lambda points: travel_of(files.decoders(vae, seed, count), points)
    return lambda points: energy_of(files.decoders(vae, seed, count), points)


# ── images, pairs ───────────────────────────────────────────────────────────────────────────────


def test_the_digits_are_those_of_the_repository(files):
    with np.load(files.folder / "resources/mnist-012.npz") as source:
        assert set(files.digits) == {
            f"{s}_{k}" for s in ("train", "test") for k in ("images", "labels")
        }
        for split in ("train", "test"):
            chosen = [n for n, label in enumerate(source[f"{split}_labels"]) if label in (0, 1, 2)]
            for kind in ("images", "labels"):
                found = files.digits[f"{split}_{kind}"]
                np.testing.assert_array_equal(found, source[f"{split}_{kind}"][chosen])


def test_pairs_are_the_first_of_the_named_stream_with_the_images_labels(files):
    images, labels = files.digits["train_images"], files.digits["train_labels"]
    numbers = np.random.default_rng(stream_seed("pairs")).integers(len(images), size=(4096, 2))
    expected = []
    for a, b in numbers.tolist():
        if (images[a] != images[b]).any() and (a, b) not in expected and (b, a) not in expected:
            expected.append((a, b))
        if len(expected) == 6:
            break
    rows, found_labels = files.pairs()
    assert sorted(rows) == list(range(6))
    for n, (a, b) in enumerate(expected):
        assert rows[n] == [a, b]
        assert found_labels[n] == [labels[a], labels[b]]


# ── models ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("vae, seed", MODELS)
def test_a_model_file_says_what_it_is(files, vae, seed):
    tensors, about = files.model(vae, seed)
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(f"{name} torch.float32".encode() + tensors[name].numpy().tobytes())
    assert about["sha256"] == digest.hexdigest()
    count = VAES[vae]
    assert about["architecture"] == dict(
        latent_dim=2,
        decoder_count=count,
        hidden=16,
        channels=4,
        image=[1, 28, 28],
        likelihood="continuous-bernoulli",
        module="",
    )
    assert (about["origin"]["vae"], about["origin"]["seed"]) == (vae, seed)
    assert {n.split(".")[1] for n in tensors if n.startswith("decoders")} == set(
        map(str, range(count))
    )


def test_no_two_models_and_no_two_decoders_are_alike(files):
    first = [
        files.model(*m)[0][f"decoders.{k}.0.weight"] for m in MODELS for k in range(VAES[m[0]])
    ]
    assert len({tuple(w.flatten().tolist()) for w in first}) == len(first)
    encoders = [files.model(*m)[0]["encoder.5.weight"] for m in MODELS]
    assert len({tuple(w.flatten().tolist()) for w in encoders}) == len(encoders)


def evaluation_of(tensors, vae, seed, images):
    """Reconstruction of each decoder and KL, means over images, with the named stream's noise."""
    noise = stream("training", vae, seed, "evaluation")
    fits, divergence = torch.zeros(VAES[vae], dtype=torch.float64), 0.0
    for part in torch.from_numpy(images).split(500):
        x = part.float() / 255
        mean, log_deviation = encode(tensors, x)
        z = mean + log_deviation.exp() * torch.randn(mean.shape, generator=noise)
        for k in range(VAES[vae]):
            eta = Decoder(tensors, k, torch.float32)(z)
            fits[k] += (eta * x.flatten(1) - log_normalizer(eta)).sum()
        m, s = mean.double(), log_deviation.double()
        posterior = torch.distributions.Normal(m, s.exp())
        prior = torch.distributions.Normal(torch.zeros_like(m), torch.ones_like(m))
        divergence += torch.distributions.kl_divergence(posterior, prior).sum().item()
    return (fits / len(images)).numpy(), divergence / len(images)


def held_out(files):
    images = files.digits["test_images"]
    return images[:: len(images) // HELD_OUT][:HELD_OUT]


@pytest.mark.parametrize("vae, seed", MODELS)
def test_the_evaluation_is_that_of_the_model_on_all_test_images(files, vae, seed):
    table = pd.read_csv(files.folder / f"results/models/{vae}/seed-{seed}/evaluation.csv")
    assert list(table) == ["vae", "seed", "decoder", "elbo", "reconstruction", "kl", "processor"]
    fits, divergence = evaluation_of(
        files.model(vae, seed)[0], vae, seed, files.digits["test_images"]
    )
    assert table["decoder"].tolist() == list(range(VAES[vae]))
    assert set(table["vae"]) == {vae} and set(table["seed"]) == {seed}
    close(table["reconstruction"], fits, absolute=1e-2)
    close(table["kl"], divergence, absolute=1e-3)
    close(table["elbo"], fits - divergence, absolute=1e-2)
    assert set(table["processor"]) == {files.model(vae, seed)[1]["origin"]["processor"]}


@pytest.mark.parametrize("vae, seed", MODELS)
def test_the_history_ends_with_the_model_on_the_spread_held_out_images(files, vae, seed):
    table = pd.read_csv(files.folder / f"results/models/{vae}/seed-{seed}/history.csv")
    assert list(table) == ["epoch", "decoder", "elbo", "reconstruction", "kl"]
    decoders = range(VAES[vae])
    both = list(zip(table["epoch"], table["decoder"], strict=True))
    assert both == [(epoch, k) for epoch in range(1, EPOCHS + 1) for k in decoders]
    fits, divergence = evaluation_of(files.model(vae, seed)[0], vae, seed, held_out(files))
    last = table[table["epoch"] == EPOCHS]
    close(last["reconstruction"], fits, absolute=1e-2)
    close(last["kl"], divergence, absolute=1e-3)
    close(table["elbo"], table["reconstruction"] - table["kl"], absolute=1e-6)


@pytest.mark.parametrize("vae, seed", MODELS)
def test_training_again_by_a_plain_loop_gives_the_same_model_and_history(files, vae, seed):
    count = VAES[vae]

    def modules():
        yield nn.Sequential( nn.Conv2d(1, 8, 4, stride=4), nn.SiLU(), nn.Flatten(),
            nn.Linear(392, 16), nn.SiLU(), nn.Linear(16, 4),
        )  # fmt: skip
        for _ in range(count):
            yield nn.Sequential(
                nn.Linear(2, 8), nn.SiLU(), nn.Linear(8, 16), nn.SiLU(), nn.Linear(16, 196),
                nn.SiLU(), nn.Unflatten(1, (4, 7, 7)), nn.Conv2d(4, 16, 3, padding=1),
                nn.PixelShuffle(4),
            )  # fmt: skip

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream_seed("training", vae, seed, "initialisation"))
        encoder, *decoders = modules()
    names = {f"encoder.{n}": p for n, p in encoder.named_parameters()}
    for k, decoder in enumerate(decoders):
        names |= {f"decoders.{k}.{n}": p for n, p in decoder.named_parameters()}
    images = torch.from_numpy(files.digits["train_images"]).float() / 255
    batches = -(-len(images) // BATCH[vae])
    steps = EPOCHS * batches
    optimizer = torch.optim.Adam(names.values(), lr=RATE, betas=(0.9, 0.99))

    def rate(step):  # one cycle: a cosine up from a 25th, and one down to its 10,000th
        rise = 0.2 * steps - 1
        if step <= rise:
            share, begin, end = step / rise, RATE / 25, RATE
        else:
            share, begin, end = (step - rise) / (steps - 1 - rise), RATE, RATE / 25 / 1e4
        return end + (begin - end) / 2 * (1 + np.cos(np.pi * share))

    def momentum(step):  # the other way round, between 0.85 and 0.95
        rise = 0.2 * steps - 1
        if step <= rise:
            share, begin, end = step / rise, 0.95, 0.85
        else:
            share, begin, end = (step - rise) / (steps - 1 - rise), 0.85, 0.95
        return end + (begin - end) / 2 * (1 + np.cos(np.pi * share))

    step = 0
    history = pd.read_csv(files.folder / f"results/models/{vae}/seed-{seed}/history.csv")
    for epoch in range(EPOCHS):
        noise = stream("training", vae, seed, "epoch", epoch)
        for rows in torch.randperm(len(images), generator=noise).tensor_split(batches):
            x = images[rows]
            mean, log_deviation = encoder(x[:, None]).chunk(2, 1)
            z = mean + log_deviation.exp() * torch.randn(mean.shape, generator=noise)
            elbo = 0.0
            for decoder, part in zip(decoders, np.array_split(np.arange(len(x)), count)):
                eta = 15.94 * torch.tanh(decoder(z[part]).flatten(1) / 15.94)
                elbo = elbo + (eta * x[part].flatten(1) - log_normalizer(eta)).sum()
            elbo = elbo - ((mean**2 + (2 * log_deviation).exp() - 1) / 2 - log_deviation).sum()
            for group in optimizer.param_groups:
                group["lr"], group["betas"] = rate(step), (momentum(step), 0.99)
            optimizer.zero_grad()
            (-elbo / len(x)).backward()
            optimizer.step()
            step += 1
        now = {n: p.detach() for n, p in names.items()}
        fits, divergence = evaluation_of(now, vae, seed, held_out(files))
        told = history[history["epoch"] == epoch + 1]
        close(told["reconstruction"], fits, absolute=2)
        close(told["kl"], divergence, absolute=0.2)
    stored, _ = files.model(vae, seed)
    gaps = {n: float((p.detach() - stored[n]).norm() / stored[n].norm()) for n, p in names.items()}
    assert set(stored) == set(names)
    assert max(gaps.values()) < 0.02, gaps


@pytest.mark.parametrize("vae, seed", MODELS)
def test_latents_are_the_encoders(files, vae, seed):
    stored = files.arrays(f"latents/{vae}/seed-{seed}.npz")
    tensors, about = files.model(vae, seed)
    parts = [f"{p}{k}" for p in ("", "test_") for k in ("means", "deviations", "labels")]
    assert set(stored) == {*parts, "vae", "seed", "model"}
    for split, prefix in (("train", ""), ("test", "test_")):
        images = torch.from_numpy(files.digits[f"{split}_images"]).float() / 255
        mean, log_deviation = encode(tensors, images)
        close(stored[f"{prefix}means"], mean, 1e-4, 1e-5)
        close(stored[f"{prefix}deviations"], log_deviation.exp(), 1e-4, 1e-6)
        np.testing.assert_array_equal(stored[f"{prefix}labels"], files.digits[f"{split}_labels"])
    about = (stored["vae"].item(), stored["seed"].item(), stored["model"].item())
    assert about == (vae, seed, files.model(vae, seed)[1]["sha256"])


@pytest.mark.parametrize("vae, seed", [("single", 0), ("ensemble", 0)])
def test_the_grids_fields_are_those_of_the_decoders(files, vae, seed):
    stored = files.arrays(f"grids/{vae}/seed-{seed}.npz")
    of_steps = {"metric", "skewness", "slope", "bending"}
    fields = {"disagreement", "drift", "entropy", *of_steps, *(f"own_{n}" for n in of_steps)}
    assert set(stored) == {"axes", "centre", "scale", *fields, "vae", "seed", "model"}
    about = (stored["vae"].item(), stored["seed"].item(), stored["model"].item())
    assert about == (vae, seed, files.model(vae, seed)[1]["sha256"])
    latents = files.latents(vae, seed)
    close(stored["centre"], np.median(latents, axis=0), 1e-6, 1e-7)
    close(stored["scale"], 0.6 * np.std(latents.numpy(), axis=0), 1e-6, 1e-7)
    low, high = (np.quantile(latents.numpy(), q, axis=0) for q in (0.001, 0.999))
    low, high = low - 1.5 * (high - low), high + 1.5 * (high - low)
    nodes = 16
    assert stored["axes"].shape == (2, nodes)
    for axis in range(2):
        centre, scale = stored["centre"][axis], stored["scale"][axis]
        u = np.linspace(
            np.arcsinh((low[axis] - centre) / scale),
            np.arcsinh((high[axis] - centre) / scale),
            nodes,
        )
        close(stored["axes"][axis], centre + scale * np.sinh(u), 1e-6, 1e-6)
    x, y = (torch.from_numpy(a) for a in stored["axes"])
    points = torch.stack([torch.stack([a, b]) for a in x for b in y])
    all_decoders = files.decoders(vae, seed)
    eta = [d(points) for d in all_decoders]
    entropies = [(log_normalizer(e) - e * mean_of(e)).mean(1) for e in eta]
    jacobians = []
    for decoder in all_decoders:
        forward = torch.func.vmap(torch.func.jacfwd(lambda z, d=decoder: d(z[None])[0]))
        jacobians.append(forward(points))
    for count in range(1, VAES[vae] + 1):
        pairs = [(k, l) for k in range(count) for l in range(count) if k != l or count == 1]
        shape = (nodes, nodes)
        expected = {
            "entropy": sum(entropies[:count]) / count,
            "disagreement": sum(kl(eta[k], eta[l]) for k, l in pairs) / len(pairs),
            "metric": sum(
                jacobians[k].mT @ (variance_of(eta[k])[..., None] * jacobians[l]) for k, l in pairs
            )
            / len(pairs),
        }
        expected["metric"] = (expected["metric"] + expected["metric"].mT) / 2
        own = [
            jacobians[k].mT @ (variance_of(eta[k])[..., None] * jacobians[k]) for k in range(count)
        ]
        expected["own_metric"] = sum(own) / count
        if count > 1:
            slope = [variance_of(e)[..., None] * j for e, j in zip(eta, jacobians, strict=True)]

            def covariance(left, right):
                own = sum((left[k] * right[k]).sum(1) for k in range(count)) / count
                return own - sum((left[k] * right[l]).sum(1) for k, l in pairs) / len(pairs)

            mu = [mean_of(e)[..., None] for e in eta]
            expected["drift"] = covariance(mu, jacobians) - covariance(
                slope, [e[..., None] for e in eta]
            )
        for name, value in expected.items():
            value = value.detach().numpy().reshape(*shape, *stored[name].shape[3:])
            found = stored[name][count - 1]
            error = np.abs(found - value)
            size = np.abs(value).max() or 1.0
            # splines through few nodes are no better than this; what is wrong is much farther off
            assert np.median(error) < 0.02 * size, (name, count, np.median(error) / size)
            if name in ("entropy", "disagreement"):  # at the corners there is a node
                corners = np.ix_([0, -1], [0, -1])
                close(found[corners], value[corners], 1e-3, 1e-3, (name, count))


# ── geodesics ───────────────────────────────────────────────────────────────────────────────────


def test_the_stored_geodesics_are_those_asked_for(files):
    assert set(files.geodesics()) == {key for keys in wanted().values() for key in keys}


def test_geodesics_join_the_latents_of_their_pair_in_order(files):
    rows, labels = files.pairs()
    for key, one in files.geodesics().items():
        a, b = files.latents(*key[:2])[rows[key[-1]]]
        start, end = one.ends()
        assert torch.equal(start, a) and torch.equal(end, b), key
        assert [one["label_a"], one["label_b"]] == labels[key[-1]], key
        close(one["euclidean"], sqrt(((a - b) ** 2).sum()), 1e-12, 0, key)


def test_points_follow_from_weights(files):
    for key, one in files.geodesics().items():
        expected = curve_points(key[4], *one.ends(), one["weights"])
        close(one["points"], expected, 1e-12, 1e-12, key)


def test_energies_and_measures_are_those_of_the_points(files):
    for key, one in files.geodesics().items():
        points, decoders = one["points"], files.decoders(*key[:3])
        close(one["energy"], objective(files, key)(points), what=key)
        if key[3] == "density":
            assert np.isnan(one["disagreement"]) and np.isnan(one["travel"])
            root = (density_of(files.latents(*key[:2]), points) + 1e-4) ** -0.5
            metrics = root[:, None, None] ** 2 * torch.eye(2, dtype=torch.float64)
        else:
            close(one["disagreement"], disagreement_of(decoders, points), what=key)
            close(one["travel"], travel_of(decoders, points), what=key)
            metrics = metrics_of(decoders, points)
        close(one["length"], length_under(metrics, points), what=key)
        if key[3] == "density":
            assert np.isnan(one["published_length"]), key
        else:
            close(one["published_length"], published_length_of(decoders, points), what=key)


def start_of(files, key, one):
    """The weights that a geodesic was started from; None where the grid chose them."""
    if key[5] == "line":
        return torch.zeros_like(one["weights"])
    if key[5] == "random":
        return torch.randn(2, 2, generator=stream("random start", key[-1]), dtype=torch.float64)
    if key[5] == "hot":
        density = (*key[:2], 0, "density", key[4], "line", key[6], key[7])
        return files.geodesics()[density]["weights"]
    return None


def test_initial_energies_are_those_of_the_starts(files):
    for key, one in files.geodesics().items():
        start = start_of(files, key, one)
        energy = objective(files, key)
        if start is None:  # graph: no higher than a straight line, by much
            line = energy(curve_points(key[4], *one.ends(), torch.zeros_like(one["weights"])))
            assert one["energy"] * (1 - 1e-6) <= one["initial_energy"] <= 1.1 * line, key
        else:
            points = curve_points(key[4], *one.ends(), start)
            close(one["initial_energy"], energy(points), what=key)


def test_histories_fall_from_the_initial_to_the_final_energy_in_so_many_steps(files):
    for key, one in files.geodesics().items():
        history, steps = one["history"], int(one["steps"])
        assert torch.isfinite(history[: steps + 1]).all() and history[steps + 1 :].isnan().all(), (
            key
        )
        exact = key[6] == "newton" or key[3] == "density"
        if exact:
            close(history[0], one["initial_energy"], 1e-9, 1e-9, key)
            close(history[steps], one["energy"], 1e-9, 1e-9, key)
        if key[6] == "newton":
            assert (history[: steps + 1].diff() <= 1e-9 * history[0].abs()).all(), key
            assert steps <= 100
        else:
            assert steps == 5


def test_converged_is_at_a_minimum_and_the_rest_is_not(files):
    for key, one in files.geodesics().items():
        energy = objective(files, key)
        ends = one.ends()

        def of_weights(x, key=key, ends=ends, energy=energy):
            return energy(curve_points(key[4], *ends, x.reshape(-1, 2)))

        above, eigenvalues = excess(of_weights, one["weights"])
        definite = bool(eigenvalues[0] > 1e-10 * eigenvalues[-1])
        assert one["converged"] == (one["status"] == "converged"), key
        if one["converged"]:
            assert definite and above <= 1.2e-6 * abs(float(one["energy"])) + 1e-4, (key, above)
        elif one["status"] == "stopped above the minimum":
            assert not definite or above >= 0.8e-6 * abs(float(one["energy"])), (key, above)


def action_of(files, key, one):
    """What the energy of so many segments is when each is divided ever more finely.

    For N segments it is N ∫ D dt + ∫ a·dz / 2 + ∫ C dt / 2N, of which three fine divisions n give
    the three integrals.
    """
    energy, rows = objective(files, key), []
    for count in (256, 512, 1024):
        t = torch.arange(count + 1, dtype=torch.float64) / count
        a, b = one.ends()
        rows.append(energy(a + t[:, None] * (b - a) + basis(key[4], t) @ one["weights"]))
    parts = np.linalg.solve([[n, 1, 1 / n] for n in (256, 512, 1024)], [float(e) for e in rows])
    return float(parts @ [SEGMENTS, 1, 1 / SEGMENTS])


def test_no_geodesic_is_below_what_is_said_of_another_of_its_pair(files):
    """The bound and the limits of all families and starts, against one another's actions."""
    pairs, limits = {}, {"none", "family", "segments", "valley", "unknown"}
    for key, one in files.geodesics().items():
        assert str(one["limit"]) in limits, key
        if key[3] == "density" or one["limit"] == "unknown":
            assert np.isnan(one["excess"]) and one["limit"] == "unknown", key
            assert np.isnan(one["action"]), key
            continue
        assert one["excess"] >= 0, key
        own = action_of(files, key, one)
        assert float(one["action"]) == pytest.approx(own, rel=0.05), key
        pairs.setdefault((*key[:4], key[-1]), []).append((key, one, own))
    assert len(pairs) > 10
    for same in pairs.values():
        lowest = min(own for *_, own in same)
        for key, one, own in same:
            assert own / (1 + float(one["excess"])) <= 1.03 * lowest, key
            if one["limit"] == "none":
                assert own <= 1.06 * lowest, key
            in_family = min(action for k, _, action in same if k[4] == key[4])
            if one["limit"] == "family":
                assert own <= 1.06 * in_family, key


def drawn(generator, count, samples=4):
    """Pairs of different decoders of every segment, as the stream gives them."""
    first = torch.randint(count, (samples, SEGMENTS), generator=generator)
    offset = torch.randint(1, count, (samples, SEGMENTS), generator=generator)
    return first, (first + offset) % count


def test_adam_follows_its_own_pairs_stream_from_its_start(files):
    for key, one in files.geodesics().items():
        if key[6] != "adam":
            continue
        weights = start_of(files, key, one).clone().requires_grad_()
        ends = one.ends()
        generator = stream("decoder pairs", key[-1])
        moments, squares, history = 0.0, 0.0, []
        for step in range(1, 7):
            points = curve_points(key[4], *ends, weights)
            if key[3] == "density":
                energy = density_energy_of(files.latents(*key[:2]), points)
            else:
                eta = torch.stack([d(points) for d in files.decoders(*key[:3])])
                k, l = drawn(generator, key[2])
                here = torch.arange(SEGMENTS)
                energy = sum(kl(eta[k[s], here], eta[l[s], here + 1]).sum() for s in range(4)) / 4
            history.append(float(energy.detach()))
            if step == 6:
                break
            (slope,) = torch.autograd.grad(energy, weights)
            moments, squares = 0.9 * moments + 0.1 * slope, 0.999 * squares + 0.001 * slope**2
            root = (squares / (1 - 0.999**step)).sqrt() + 1e-8
            weights = (
                (weights - 0.01 * (moments / (1 - 0.9**step)) / root).detach().requires_grad_()
            )
        close(one["history"][:6], history, 1e-4, 1e-3, key)
        close(one["weights"], weights.detach(), 1e-3, 1e-4, key)


# ── tables ──────────────────────────────────────────────────────────────────────────────────────


def test_the_table_of_models_is_their_evaluations(files):
    parts = [
        pd.read_csv(files.folder / f"results/models/{vae}/seed-{seed}/evaluation.csv")
        for vae, seed in MODELS
    ]
    pd.testing.assert_frame_equal(files.table("models"), pd.concat(parts, ignore_index=True))


def test_the_table_of_geodesics_is_what_is_stored(files):
    table = files.table("geodesics")
    each = (
        "label_a label_b energy disagreement travel length published_length euclidean "
        "initial_energy steps converged"
    )
    told = [*each.split(), "status", "action", "excess", "limit"]
    assert list(table) == [*KEY[:3], "order", *KEY[3:], *told]
    assert (table["order"] == 0).all()
    keys = [tuple(row) for row in table[KEY].itertuples(index=False)]
    assert keys == sorted({key for keys in wanted().values() for key in keys})
    for key, (_, row) in zip(keys, table.iterrows(), strict=True):
        one = files.geodesics()[key]
        assert row["status"] == one["status"]
        assert row["limit"] == one["limit"]
        for name in ("action", "excess"):
            close(float(row[name]), float(one[name]), 1e-8, 1e-9, key)
        close(
            [float(row[n]) for n in each.split()],
            [float(one[n]) for n in each.split()],
            1e-8,
            1e-9,
            key,
        )


def test_the_table_of_variation_by_loops(files):
    table = files.table("cv")
    names = "vae decoders metric curve pair measure n mean std cv cv_corrected cv_low cv_high"
    names += " not_converged not_lowest"
    assert list(table) == names.split()
    expected = [
        (vae, VAES[vae], metric, "polynomial", pair, measure)
        for vae in VAES
        for metric in coupled(VAES[vae])
        for pair in range(3)
        for measure in MEASURES
    ]
    found = table[names.split()[:6]].itertuples(index=False)
    assert [tuple(row) for row in found] == expected
    for row in table.itertuples():
        one_of = (row.vae, row.metric, row.pair)
        keys = [k for k in wanted()["variation"] if (k[0], k[3], k[-1]) == one_of]
        ones = [files.geodesics()[key] for key in keys]
        values = [float(one[row.measure]) for one in ones]
        mean = sum(values) / len(values)
        std = sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1))
        close([row.n, row.mean, row.std], [len(values), mean, std], 1e-7, 1e-8, row)
        assert row.not_converged == sum(not one["converged"] for one in ones)
        assert row.not_lowest == sum(one["limit"] in ("valley", "segments") for one in ones)
        assert np.isnan(row.cv) if mean == 0 else row.cv == pytest.approx(std / mean, rel=1e-6)
        corrected = row.cv * (1 + 1 / 8)
        assert row.cv_corrected == pytest.approx(corrected, rel=1e-6, nan_ok=True)
        # χ² of one degree of freedom is the square of a normal number
        for end, z in ((row.cv_low, 2.2414027276), (row.cv_high, 0.0313379820214)):
            assert end == pytest.approx(row.cv / z, rel=1e-6, nan_ok=True)


def test_the_table_of_contrasts_has_every_two_groups_and_says_nothing_of_two_models(files):
    table = files.table("contrasts")
    groups = [(vae, VAES[vae], metric) for vae in VAES for metric in coupled(VAES[vae])]
    pairs = [(a, b) for n, a in enumerate(groups) for b in groups[n + 1 :]]
    measures = ["length", "energy", "disagreement", "travel", "published_length", "euclidean"]
    expected = [(*a, m, *b, m) for a, b in pairs for m in measures]
    expected += [(*group, "length", *group, "euclidean") for group in groups]
    names = [f"{name}_{side}" for side in "ab" for name in ("vae", "decoders", "metric", "measure")]
    assert [tuple(row) for row in table[names].itertuples(index=False)] == expected
    assert (table[["models_a", "models_b", "pairs"]] == [2, 2, 3]).all().all()
    assert table.loc[:, "ratio":"share_lower"].isna().all().all()
    for row in table.itertuples():
        of = [(row.vae_a, row.metric_a), (row.vae_b, row.metric_b)]
        keys = [k for k in wanted()["variation"] if (k[0], k[3]) in of]
        ones = [files.geodesics()[key] for key in keys]
        assert row.not_converged == sum(not one["converged"] for one in ones)
        assert row.not_lowest == sum(one["limit"] in ("valley", "segments") for one in ones)


def test_the_table_of_proximity_by_brute_force(files):
    table = files.table("proximity")
    names = "metric curve decoders models pairs orders n mean std scaled difference low high over not_converged"
    assert list(table) == [*names.split(), "not_lowest"]
    curves = ("piecewise-linear", "polynomial")
    expected = [("fisher-rao", c, m) for c in curves for m in (1, 2, 3)]
    expected += [(WITHIN, c, m) for c in curves for m in (2, 3)]
    found = table[["metric", "curve", "decoders"]].itertuples(index=False)
    assert [tuple(row) for row in found] == expected
    latents, first = files.latents("ensemble", 0), {}
    for row in table.itertuples():
        one_of = (row.metric, row.curve, row.decoders)
        keys = [k for k in wanted()["proximity"] if (k[3], k[4], k[2]) == one_of]
        ones = [files.geodesics()[key] for key in keys]
        values = []
        for one in ones:
            nearest = [float(((latents - z) ** 2).sum(1).min().sqrt()) for z in one["points"]]
            values.append(max(nearest))
        close([row.n, row.mean, row.std], [4, np.mean(values), np.std(values, ddof=1)], 1e-6, 1e-8)
        scale = float(((latents - latents.mean(0)) ** 2).mean().sqrt())
        close(row.scaled, np.mean(values) / scale, 1e-6, 1e-8)
        if row.decoders == 1:
            first[row.curve] = values
        differences = (np.array(values) - first[row.curve]) / scale
        close(row.difference, differences.mean(), 1e-6, 1e-8)
        assert (row.models, row.pairs, row.orders, row.over) == (1, 4, 1, "pairs")
        half = 3.182446305 * np.std(differences, ddof=1) / 2  # Student's, 3 degrees of freedom
        close([row.low, row.high], differences.mean() + half * np.array([-1, 1]), 1e-5, 1e-7)
        assert row.not_converged == sum(not one["converged"] for one in ones)
        assert row.not_lowest == sum(one["limit"] in ("valley", "segments") for one in ones)


def test_the_table_of_segments_is_of_minima_with_so_many_steps(files):
    """The study's own number of steps is solved twice; fewer are judged by their derivatives."""
    table = files.table("segments")
    names = "vae seed decoders metric segments pair energy disagreement travel length"
    assert list(table) == [*names.split(), "published_length", "action", "converged", "limit"]
    expected = [
        (vae, 1, VAES[vae], metric, n, p)
        for vae in VAES
        for metric in coupled(VAES[vae])
        for n in (4, 8)
        for p in (0, 1)
    ]
    assert [tuple(row) for row in table[names.split()[:6]].itertuples(index=False)] == expected
    assert table["converged"].all()
    for row in table[table["segments"] == SEGMENTS].itertuples():
        key = (row.vae, 1, row.decoders, row.metric, "polynomial", "line", "newton", row.pair)
        one = files.geodesics()[key]
        assert row.energy <= float(one["energy"]) * (1 + 1e-5), key
        if row.energy > float(one["energy"]) * (1 - 1e-5):  # the same valley
            for name in ("disagreement", "travel", "length", "published_length"):
                assert getattr(row, name) == pytest.approx(float(one[name]), rel=0.02, abs=1e-9)
    halved = table.set_index(names.split()[:6])
    for key in expected:
        if key[4] == 4 and key[2] == 1:  # of one decoder the energy is nearly L² / 2N
            row = halved.loc[key]
            assert row["energy"] >= 0.8 * row["length"] ** 2 / (2 * 4), key


def test_the_table_of_the_contest_by_loops(files):
    table = files.table("contest")
    names = "vae metric curve solver start n reached reached_low reached_high excess_worst steps"
    names += " initial initial_low initial_high not_converged not_lowest"
    assert list(table) == names.split()
    starts = ("line", "hot")
    expected = [("ensemble", metric, start) for metric in coupled(3) for start in starts]
    found = table[["vae", "metric", "start"]].itertuples(index=False)
    assert [tuple(row) for row in found] == expected
    for row in table.itertuples():
        of = {s: [k for k in wanted()[f"contest.{s}"] if k[3] == row.metric] for s in starts}
        ones = {s: [files.geodesics()[k] for k in keys] for s, keys in of.items()}
        best = [min(float(ones[s][p]["energy"]) for s in starts) for p in range(3)]
        own = ones[row.start]
        excess = [float(own[p]["energy"]) / best[p] - 1 for p in range(3)]
        assert row.reached == pytest.approx(sum(e <= 1e-3 for e in excess) / 3)
        close(row.excess_worst, max(excess), 1e-6, 1e-8)
        ratios = [float(own[p]["initial_energy"]) / best[p] for p in range(3)]
        close(row.initial, np.exp(np.mean(np.log(ratios))), 1e-6, 1e-8)
        assert row.steps == np.median([int(one["steps"]) for one in own])


def test_the_table_of_claims_repeats_the_tables_that_it_is_made_of(files):
    table = files.table("claims")
    names = "claim of verdict effect low high models pairs case rule"
    assert list(table) == names.split()
    kinds = table["claim"].str.split(" ").str[0].value_counts().to_dict()
    # 4 measures under 2 metrics; 3 groups; 2 metrics and 2 families; 3 claims under 2 metrics
    assert kinds == {"ensembles": 8, "geodesic": 3, "geodesics": 4, "a": 6}
    contrasts = files.table("contrasts")
    for row in table[table["claim"].str.startswith("ensembles")].itertuples():
        measure, metric = row.case.split(", ")[:2]
        [other] = contrasts[
            (contrasts["vae_a"] == "single")
            & (contrasts["metric_b"] == metric)
            & (contrasts["measure_a"] == measure)
            & (contrasts["vae_b"] == "ensemble")
        ].itertuples()
        assert np.isnan(row.effect) and np.isnan(other.ratio)  # of two models nothing is known
        assert row.verdict == "undecided"
    proximity = files.table("proximity")
    for row in table[table["claim"].str.startswith("geodesics ")].itertuples():
        metric, curve = row.case.split(":")[0].split(", ")
        same = (proximity["metric"] == metric) & (proximity["curve"] == curve)
        [other] = proximity[same & (proximity["decoders"] == 3)].itertuples()
        assert (row.effect, row.low, row.high) == (other.difference, other.low, other.high)
        expected = "holds" if other.high < 0 else "does not hold" if other.low > 0 else "undecided"
        assert row.verdict == expected


def test_the_table_of_starts_is_what_is_stored(files):
    table = files.table("starts")
    names = [
        "curve",
        "solver",
        "pair",
        "start",
        "initial_energy",
        "final_energy",
        "steps",
        "converged",
        "limit",
    ]
    assert list(table) == names
    expected = sorted(
        (k[4], k[6], k[7], kind) for kind in ("cold", "hot") for k in wanted()[f"starts.{kind}"]
    )
    assert [tuple(row) for row in table[names[:4]].itertuples(index=False)] == expected
    for row in table.itertuples():
        cold = {"polynomial": "random", "piecewise-linear": "line"}[row.curve]
        start = "hot" if row.start == "hot" else cold
        one = files.geodesics()[
            "ensemble", 0, 3, "fisher-rao", row.curve, start, row.solver, row.pair
        ]
        found = [row.initial_energy, row.final_energy, row.steps, row.converged]
        stored = [one[n] for n in ("initial_energy", "energy", "steps", "converged")]
        close(np.array(found, float), np.array(stored, float), 1e-8, 1e-9, row)
        assert row.limit == one["limit"]


# ── what was made from what ─────────────────────────────────────────────────────────────────────


def test_every_result_was_made_from_its_own_inputs(files):
    """By the records: an input of another seed or experiment would be read without complaint."""
    made = {}
    for path in (files.folder / "results/records").rglob("*.json"):
        record = json.loads(path.read_text())
        made |= {output: record for output in record["outputs"]}

    def model(vae, seed, kind):
        return {
            "model": f"results/models/{vae}/seed-{seed}/model.safetensors",
            "latents": f"results/latents/{vae}/seed-{seed}.npz",
            "grid": f"results/grids/{vae}/seed-{seed}.npz",
            "history": f"results/models/{vae}/seed-{seed}/history.csv",
            "evaluation": f"results/models/{vae}/seed-{seed}/evaluation.csv",
        }[kind]

    held = {}
    folder = files.folder / "results/geodesics"
    for path in folder.rglob("*.npz"):
        name = path.relative_to(files.folder).as_posix()
        stored = files.arrays(path.relative_to(files.folder / "results").as_posix())
        for count, pair in zip(stored["decoders"].tolist(), stored["pair"].tolist(), strict=True):
            series = [
                stored[n].item() for n in ("vae", "seed", "metric", "curve", "start", "solver")
            ]
            held[(*series[:2], count, *series[2:], pair)] = name

    def of(experiment, vae=None, drawn=False):
        keys = drawn_of(wanted()[experiment]) if drawn else wanted()[experiment]
        return {held[k] for k in keys if vae in (None, k[0])}

    expected = {
        "results/tables/models.csv": {model(*m, "evaluation") for m in MODELS},
        "results/tables/geodesics.csv": set(held.values()),
        "results/tables/cv.csv": of("variation"),
        "results/tables/contrasts.csv": of("variation"),
        "results/tables/proximity.csv": of("proximity") | {model("ensemble", 0, "latents")},
        "results/tables/starts.csv": of("starts.cold") | of("starts.hot"),
        "results/figures/cv.png": {"results/tables/cv.csv"},
        "results/figures/proximity.png": {"results/tables/proximity.csv"},
        "results/figures/training.png": {model(*m, "history") for m in MODELS},
        "results/figures/models.png": of("variation", drawn=True)
        | {model(*m, kind) for m in MODELS for kind in ("grid", "latents")},
        "results/figures/starts-energy.png": of("starts.cold") | of("starts.hot"),
        "results/figures/starts-curves.png": of("starts.cold")
        | of("starts.hot")
        | of("starts.density")
        | {model("ensemble", 0, kind) for kind in ("grid", "latents")},
    }
    for vae in VAES:
        own = of("geodesics", vae, drawn=True) | {
            model(vae, 0, kind) for kind in ("grid", "latents")
        }
        expected[f"results/figures/geodesics-{vae}.png"] = own
    for m in MODELS:
        expected[model(*m, "model")] = {"results/images.npz"}
        expected[model(*m, "latents")] = {"results/images.npz", model(*m, "model")}
        expected[model(*m, "grid")] = {model(*m, "latents"), model(*m, "model")}
    for (vae, seed, _, metric, curve, start, solver, _), path in held.items():
        inputs = {model(vae, seed, "model"), model(vae, seed, "latents")}
        inputs.add(f"results/pairs/{path.rsplit('pairs-')[-1]}")
        if metric != "density":
            inputs.add(model(vae, seed, "grid"))
        if start == "hot":
            inputs |= {
                name
                for k, name in held.items()
                if k[3] == "density" and (k[0], k[1], k[4], k[6]) == (vae, seed, curve, solver)
            }
        expected[path] = inputs
    for path, inputs in expected.items():
        if path in made or "grids" not in path:
            assert set(made[path]["inputs"]) == inputs, path
            for name, digest in made[path]["inputs"].items():
                found = hashlib.sha256((files.folder / name).read_bytes()).hexdigest()
                assert digest == found, (path, name)
    # what a job is told, beside the checksum of its code
    for m in MODELS:
        params = made[model(*m, "model")]["params"]
        assert (params["vae"], params["seed"], params["study_seed"]) == (*m, SEED)
        assert params["schedule"] == dict(
            epochs=EPOCHS, batch_size=BATCH[m[0]], learning_rate=RATE, held_out=HELD_OUT
        )
    for record in made.values():  # every job's code is part of what it was made from
        assert record["params"]["code"]
