"""Model files come back exactly, or are an error that names the file."""

import json
import pickle
import re
import struct
from contextlib import contextmanager

import pytest
import torch
from latentgeo.errors import StudyError
from latentgeo.models.architecture import Architecture
from latentgeo.models.files import load, load_wanted, save, sha256
from latentgeo.models.vae import VAE, Origin
from safetensors.torch import save_file

SMALL = Architecture(latent_dim=2, decoder_count=3, hidden=8, channels=2)
ORIGIN = Origin("ensemble", 0, "Some CPU (AVX2)")


def model(seed=0):
    torch.manual_seed(seed)
    return VAE(SMALL)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "model.safetensors"
    save(model(), path, ORIGIN)
    return path


def test_a_model_comes_back_exactly_ready_to_use(saved):
    loaded, original = load(saved), model()
    assert loaded.architecture == SMALL
    assert not loaded.training
    assert loaded.origin == ORIGIN
    assert loaded.checksum == sha256(original.state_dict())
    for name, parameter in original.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], parameter)
    assert not any(parameter.requires_grad for parameter in loaded.parameters())


def test_the_same_model_gives_the_same_bytes(saved, tmp_path):
    for name in ("again", "and-again"):
        save(model(), tmp_path / name, ORIGIN)
        assert (tmp_path / name).read_bytes() == saved.read_bytes()
    loaded = load(saved)
    save(loaded, tmp_path / "copy", loaded.origin)
    assert (tmp_path / "copy").read_bytes() == saved.read_bytes()
    save(model(seed=1), tmp_path / "other", ORIGIN)
    assert (tmp_path / "other").read_bytes() != saved.read_bytes()


@contextmanager
def refused(path):
    with pytest.raises(StudyError, match=re.escape(str(path))) as error:
        yield
    assert len(str(error.value).splitlines()) == 1


def test_a_missing_model_is_named(tmp_path):
    with refused(tmp_path / "none"):
        load(tmp_path / "none")


@pytest.mark.parametrize("keep", [0, 5, 100, 0.5, -1])
def test_a_truncated_model_is_refused(saved, keep):
    data = saved.read_bytes()
    saved.write_bytes(data[: int(keep * len(data)) if isinstance(keep, float) else keep])
    with refused(saved):
        load(saved)


@pytest.mark.parametrize("position", [-1, -5000, 0.5])
def test_one_flipped_bit_in_the_parameters_is_refused(saved, position):
    data = bytearray(saved.read_bytes())
    data[int(position * len(data)) if isinstance(position, float) else position] ^= 1
    saved.write_bytes(data)
    with refused(saved):
        load(saved)


def header_length(data):
    return struct.unpack("<Q", data[:8])[0]


def test_a_damaged_header_is_refused_or_harmless(saved):
    data, original = saved.read_bytes(), model().state_dict()
    for position in range(0, 8 + header_length(data), 3):
        damaged = bytearray(data)
        damaged[position] ^= 1 << position % 8
        saved.write_bytes(damaged)
        try:
            loaded = load(saved)
        except StudyError as error:
            assert str(saved) in str(error)
        else:
            state = loaded.state_dict()
            assert all(torch.equal(state[name], original[name]) for name in original), position


def test_parameters_read_as_another_type_are_refused(saved):
    data = saved.read_bytes()
    damaged = data.replace(b'"dtype":"F32"', b'"dtype":"I32"', 1)
    assert damaged != data
    saved.write_bytes(damaged)
    with refused(saved):
        load(saved)


@pytest.mark.parametrize("content", [{"weights": [1.0]}, "text"], ids=["dict", "string"])
def test_a_pickle_is_refused(tmp_path, content):
    path = tmp_path / "model.pt"
    path.write_bytes(pickle.dumps(content))
    with refused(path):
        load(path)


def test_a_torch_file_is_refused(tmp_path):
    path = tmp_path / "model.pt"
    torch.save(model().state_dict(), path)
    with refused(path):
        load(path)


def with_header(path, change):
    """Rewrite the workflow's own entry of a model's header."""
    data = path.read_bytes()
    end = 8 + header_length(data)
    header = json.loads(data[8:end])
    own = json.loads(header["__metadata__"]["latentgeo"])
    header["__metadata__"]["latentgeo"] = json.dumps(change(own))
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[end:])


@pytest.mark.parametrize(
    "change",
    [
        *(
            lambda own, part=part, change=change: {**own, part: change(own[part])}
            for part, change in [
                ("architecture", lambda own: {**own, "hidden": 16}),
                ("architecture", lambda own: {**own, "decoder_count": 4}),
                ("architecture", lambda own: {**own, "decoder_count": 1}),
                ("architecture", lambda own: {**own, "latent_dim": "two"}),
                ("architecture", lambda own: {**own, "depth": 2}),
                ("architecture", lambda own: {k: v for k, v in own.items() if k != "hidden"}),
                ("origin", lambda own: {**own, "machine": "mine"}),
                ("origin", lambda own: {k: v for k, v in own.items() if k != "vae"}),
                ("origin", lambda own: {k: v for k, v in own.items() if k != "processor"}),
                ("origin", lambda own: None),
                ("origin", lambda own: "text"),
            ]
        ),
        lambda own: {k: v for k, v in own.items() if k != "architecture"},
        lambda own: {k: v for k, v in own.items() if k != "origin"},
        lambda own: {k: v for k, v in own.items() if k != "sha256"},
        lambda own: {},
        lambda own: [],
        lambda own: "text",
    ],
    ids=[
        *("wider", "more", "fewer", "words", "unknown", "lacking"),
        *("unknown origin", "no type", "no processor", "null origin", "text origin"),
        *("no architecture", "no origin", "unchecked", "{}", "[]", "text"),
    ],
)
def test_another_architecture_than_the_files_own_is_refused(saved, change):
    with_header(saved, lambda own: own)
    load(saved)
    with_header(saved, change)
    with refused(saved):
        load(saved)


def test_a_safetensors_file_of_somebody_else_is_refused(tmp_path):
    save_file({"weight": torch.zeros(3)}, tmp_path / "foreign.safetensors")
    with refused(tmp_path / "foreign.safetensors"):
        load(tmp_path / "foreign.safetensors")


@pytest.mark.parametrize("key, value", [("decoder_count", 1), ("hidden", 16), ("channels", 4)])
def test_a_model_of_another_architecture_is_refused(key, value, saved):
    wanted = vars(SMALL)
    assert load_wanted(saved, wanted, "ensemble", 0).origin == ORIGIN
    with refused(saved):
        load_wanted(saved, wanted | {key: value}, "ensemble", 0)


@pytest.mark.parametrize(
    "origin, found",
    [
        (Origin("ensemble", 1, "Some CPU"), "ensemble, seed 1"),
        (Origin("other", 0, "Some CPU"), "other, seed 0"),
        (Origin("ensemble", "0", "Some CPU"), "ensemble, seed 0"),
    ],
    ids=["another seed", "another type", "a seed that is text"],
)
def test_a_model_in_the_place_of_another_is_refused(origin, found, saved):
    save(model(), saved, origin)
    load(saved)
    with pytest.raises(StudyError) as error:
        load_wanted(saved, vars(SMALL), "ensemble", 0)
    assert str(error.value) == (
        f"{saved}: the model is {found}, not ensemble, seed 0; delete it and run again"
    )


def test_a_model_from_another_processor_is_the_models_twin(saved):
    save(model(), saved, Origin("ensemble", 0, "Another CPU (AVX512)"))
    assert load_wanted(saved, vars(SMALL), "ensemble", 0).origin.processor == "Another CPU (AVX512)"


def test_where_a_model_is_from_does_not_change_its_checksum(saved, tmp_path):
    save(model(), tmp_path / "twin", Origin("other", 3, "Another CPU"))
    save(model(seed=1), tmp_path / "other", ORIGIN)
    checksums = [load(path).checksum for path in (saved, tmp_path / "twin", tmp_path / "other")]
    assert checksums[0] == checksums[1] != checksums[2]
    assert len(checksums[0]) == 64


def test_a_model_that_was_not_read_from_a_file_has_no_origin(saved):
    load(saved)
    assert (model().origin, model().checksum) == (None, "")


def header_of(tensors, **architecture):
    parts = {"architecture": vars(SMALL) | architecture, "origin": vars(ORIGIN)}
    return parts | {"sha256": sha256(tensors)}


@pytest.mark.parametrize("key", ["decoder_count", "hidden", "channels", "latent_dim", "sha256"])
@pytest.mark.parametrize("value", [None, -1, 10, "x", [2]])
def test_a_model_with_another_header_is_refused(key, value, saved):
    tensors = load(saved).state_dict()
    save_file(tensors, saved, metadata={"latentgeo": json.dumps(header_of(tensors))})
    load(saved)
    header = header_of(tensors, **({} if key == "sha256" else {key: value}))
    header |= {key: value} if key == "sha256" else {}
    save_file(tensors, saved, metadata={"latentgeo": json.dumps(header)})
    with refused(saved):
        load(saved)


def test_a_model_that_calls_its_decoders_by_the_former_key_is_refused(saved):
    former = {"decoder_count": "decoders"}

    def renamed(own):
        return {former.get(key, key): value for key, value in own.items()}

    with_header(saved, lambda own: own | {"architecture": renamed(own["architecture"])})
    with refused(saved):
        load(saved)


def test_a_model_with_the_former_header_is_refused(saved):
    with_header(saved, lambda own: own["architecture"] | {"sha256": own["sha256"]})
    with refused(saved):
        load(saved)


def test_a_model_without_a_header_is_refused(saved):
    save_file(load(saved).state_dict(), saved)
    with refused(saved):
        load(saved)


@pytest.mark.parametrize("name", VAE(SMALL).state_dict())
def test_a_model_that_lacks_a_tensor_or_has_changed_values_is_refused(name, saved):
    tensors = load(saved).state_dict()
    metadata = {"latentgeo": json.dumps(header_of(tensors))}
    save_file(tensors, saved, metadata=metadata)
    load(saved)
    save_file({k: v for k, v in tensors.items() if k != name}, saved, metadata=metadata)
    with refused(saved):
        load(saved)
    save_file(tensors | {name: tensors[name] + 1}, saved, metadata=metadata)
    with refused(saved):
        load(saved)
