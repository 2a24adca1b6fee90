import math
from dataclasses import replace

import pytest
import reference
import torch
from latentgeo.errors import StudyError
from latentgeo.models import files
from latentgeo.models.architecture import Architecture
from latentgeo.models.evaluation import Evaluation, evaluate
from latentgeo.models.streams import Stream
from latentgeo.models.training import Schedule, new_model, train
from latentgeo.models.vae import Origin, prior_divergence
from safetensors.torch import load_file, save_file

ARCHITECTURE = Architecture(latent_dim=2, decoder_count=2, hidden=8, channels=2)
SCHEDULE = Schedule(epochs=4, batch_size=16, learning_rate=1e-2, held_out=10)
STREAM = Stream(study=1, vae="ensemble", run=0)


def images(count, seed=0):
    """Bars at random heights and widths: simple enough to be learnt in a few steps."""
    noise = torch.Generator().manual_seed(seed)
    x = torch.zeros(count, 28, 28, dtype=torch.uint8)
    for image, row, width in zip(
        x, *torch.randint(4, 24, (2, count), generator=noise), strict=True
    ):
        image[row - 3 : row + 3, :width] = 255
    return x


def run(schedule=SCHEDULE, architecture=ARCHITECTURE, stream=STREAM, data=None, **options):
    data = images(50) if data is None else data
    device = torch.device("cpu")
    return train(architecture, schedule, stream, data, images(20, seed=1), device, **options)


def content(model, tmp_path):
    files.save(model, tmp_path / "content.safetensors", Origin("ensemble", 0, "Some CPU"))
    return (tmp_path / "content.safetensors").read_bytes()


def assert_same(first, second):
    for a, b in zip(first, second, strict=True):
        assert torch.equal(a.reconstruction, b.reconstruction)
        assert a.kl == b.kl


# ── results ─────────────────────────────────────────────────────────────────────────────────────


def test_the_same_run_gives_the_same_bytes(tmp_path):
    (first, history), (second, again) = run(), run()
    assert content(first, tmp_path) == content(second, tmp_path)
    assert_same(history, again)


def test_a_run_does_not_depend_on_the_global_random_state_or_change_it(tmp_path):
    torch.manual_seed(1)
    first = content(run()[0], tmp_path)
    torch.manual_seed(2)
    before = torch.get_rng_state()
    second = content(run()[0], tmp_path)
    assert torch.equal(torch.get_rng_state(), before)
    assert first == second


@pytest.mark.parametrize("change", [{"study": 2}, {"vae": "single"}, {"run": 1}], ids=str)
def test_another_stream_gives_another_model(change, tmp_path):
    short = replace(SCHEDULE, epochs=1)
    first = content(run(short)[0], tmp_path)
    assert content(run(short, stream=replace(STREAM, **change))[0], tmp_path) != first


def test_the_elbo_rises_and_every_decoder_learns():
    schedule = replace(SCHEDULE, epochs=12)
    _, history = run(schedule)
    assert len(history) == 12
    assert history[-1].elbo.shape == (2,)
    assert (history[-1].elbo > history[0].elbo + 50).all()
    # better than saying that every pixel is uniform, whose log density is 0
    assert (history[-1].elbo > 0).all()


def test_a_trained_model_is_ready_to_use():
    model, _ = run(replace(SCHEDULE, epochs=1))
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_progress_is_told_of_every_epoch_as_it_ends():
    told = []
    _, history = run(progress=lambda epoch, evaluation: told.append((epoch, evaluation)))
    assert [epoch for epoch, _ in told] == [1, 2, 3, 4]
    assert_same([evaluation for _, evaluation in told], history)


def test_an_evaluation_is_the_mean_over_images_of_the_parts_of_the_elbo():
    model, x = new_model(ARCHITECTURE, STREAM), images(7)
    found = evaluate(model, x, STREAM)
    with torch.no_grad():
        mean, log_deviation = model.encode(x / 255)
        noise = torch.randn(mean.shape, generator=STREAM.generator("evaluation"))
        latents = mean + log_deviation.exp() * noise
        eta = [model.natural_parameters(d, latents).double() for d in model.decoders]
    flat = (x / 255).double().flatten(1)
    fits = [(flat * e - reference.log_normalizer(e)).sum(1).mean() for e in eta]
    torch.testing.assert_close(found.reconstruction, torch.stack(fits), rtol=1e-5, atol=0)
    assert found.kl == pytest.approx(prior_divergence(mean, log_deviation).mean().item(), rel=1e-5)


def test_the_elbo_is_reconstruction_less_divergence():
    evaluation = Evaluation(torch.tensor([5.0, 7.0]), kl=2.0)
    assert torch.equal(evaluation.elbo, torch.tensor([3.0, 5.0]))


# ── interruptions ───────────────────────────────────────────────────────────────────────────────


class Interruption(Exception):
    pass


def interrupted_run(checkpoint, after=3, **options):
    """A run that is stopped when it has told of an epoch, before it keeps it."""

    def progress(epoch, evaluation):
        if epoch == after:
            raise Interruption

    with pytest.raises(Interruption):
        run(checkpoint=checkpoint, progress=progress, **options)
    assert checkpoint.exists()


@pytest.mark.parametrize("after", [2, 3, 4])
def test_an_interrupted_run_goes_on_to_the_identical_result(tmp_path, after):
    checkpoint, told = tmp_path / "state", []
    whole, history = run()
    interrupted_run(checkpoint, after)
    model, resumed = run(checkpoint=checkpoint, progress=lambda epoch, _: told.append(epoch))
    assert told == list(range(after, 5))  # the kept epochs are not run again
    assert content(model, tmp_path) == content(whole, tmp_path)
    assert_same(resumed, history)
    assert not checkpoint.exists()


def assert_starts_over(checkpoint, tmp_path, **options):
    told = []
    model, _ = run(checkpoint=checkpoint, progress=lambda e, _: told.append(e), **options)
    assert told[0] == 1
    assert content(model, tmp_path) == content(run(**options)[0], tmp_path)
    assert not checkpoint.exists()


@pytest.mark.parametrize(
    "other",
    [
        {"schedule": replace(SCHEDULE, epochs=5)},
        {"schedule": replace(SCHEDULE, learning_rate=2e-2)},
        {"schedule": replace(SCHEDULE, batch_size=17)},
        {"stream": replace(STREAM, run=1)},
        {"architecture": replace(ARCHITECTURE, hidden=10)},
        {"data": images(50, seed=3)},
    ],
    ids=["epochs", "rate", "batches", "stream", "architecture", "images"],
)
def test_a_checkpoint_of_another_run_is_ignored(tmp_path, other):
    interrupted_run(tmp_path / "state")
    assert_starts_over(tmp_path / "state", tmp_path, **other)


@pytest.mark.parametrize("damage", ["empty", "truncated", "text", "foreign", "flipped bit"])
def test_a_damaged_checkpoint_is_ignored(tmp_path, damage):
    checkpoint = tmp_path / "state"
    interrupted_run(checkpoint)
    data = bytearray(checkpoint.read_bytes())
    if damage == "foreign":
        save_file(load_file(checkpoint), checkpoint)  # without the header
    elif damage == "flipped bit":
        data[-2000] ^= 0x40
        checkpoint.write_bytes(data)
    else:
        kept = {"empty": b"", "truncated": data[:-10], "text": b"not a checkpoint\n" * 9}
        checkpoint.write_bytes(kept[damage])
    assert_starts_over(checkpoint, tmp_path)


def test_a_checkpoint_is_never_half_written(tmp_path, monkeypatch):
    checkpoint = tmp_path / "state"
    interrupted_run(checkpoint)
    kept = checkpoint.read_bytes()

    def half(tensors, path, metadata):
        path.write_bytes(kept[:100])
        raise Interruption

    monkeypatch.setattr("latentgeo.models.checkpoint.save_file", half)
    with pytest.raises(Interruption):
        run(checkpoint=checkpoint)
    assert checkpoint.read_bytes() == kept
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


# ── what can go wrong ───────────────────────────────────────────────────────────────────────────


def test_a_loss_that_is_not_finite_names_epoch_and_step():
    with pytest.raises(StudyError, match=r"nan|inf") as error:
        run(replace(SCHEDULE, learning_rate=1e30))
    assert "in epoch 1, step 2" in str(error.value)
    assert "training.learning_rate" in str(error.value)


def test_a_run_whose_last_step_spoils_the_model_is_an_error_too():
    schedule = Schedule(epochs=1, batch_size=50, learning_rate=1e30, held_out=10)
    with pytest.raises(StudyError, match="epoch 1"):
        run(schedule)


def test_fewer_images_than_decoders_are_refused():
    with pytest.raises(
        StudyError, match="batches of 1 images, from 1, are too small for 2 decoders"
    ):
        run(data=images(1))


def test_as_many_images_as_decoders_are_enough():
    _, history = run(replace(SCHEDULE, epochs=1), data=images(2))
    assert math.isfinite(history[-1].kl)


@pytest.mark.parametrize("batch_size", [2, 4])
def test_batches_smaller_than_the_ensemble_train_or_are_refused(batch_size):
    # 9 images in batches of at most 4 are three of 3, too few for 4 decoders
    architecture = replace(ARCHITECTURE, decoder_count=4)
    schedule = Schedule(epochs=2, batch_size=batch_size, learning_rate=1e-3, held_out=10)
    try:
        _, history = run(schedule, architecture, data=images(9))
    except StudyError as error:
        assert "training.several_decoders.batch_size (or a type's own): " in str(error)
    else:
        assert torch.isfinite(history[-1].elbo).all()
