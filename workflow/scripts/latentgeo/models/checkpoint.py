"""The state of an interrupted training run, from which its twin goes on."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..io.whole import replacing
from .evaluation import Evaluation
from .files import sha256
from .vae import VAE

log = logging.getLogger(__name__)


def fingerprint(settings: Sequence[Any], images: Sequence[Tensor]) -> str:
    """What a run is made of, dataclasses of settings and tensors of images, as a checksum."""
    digest = hashlib.sha256(json.dumps([asdict(part) for part in settings]).encode())
    for part in images:
        digest.update(part.cpu().numpy().tobytes())
    return digest.hexdigest()


@dataclass
class Checkpoint:
    """The state of a run in a file: parameters, the optimizer's moments and the history."""

    model: VAE
    optimizer: torch.optim.Adam
    path: Path | None
    fingerprint: str

    def keep(self, history: list[Evaluation]) -> None:
        if self.path is None:
            return
        rows = [{"reconstruction": e.reconstruction.tolist(), "kl": e.kl} for e in history]
        tensors = {name: tensor.cpu().contiguous() for name, tensor in self._tensors()}
        header = {"fingerprint": self.fingerprint, "history": rows, "sha256": sha256(tensors)}
        with replacing(self.path) as temporary:
            save_file(tensors, temporary, metadata={"state": json.dumps(header)})

    def resume(self) -> list[Evaluation]:
        """Load the kept state of this same run if there is one; return its history."""
        if self.path is None or not self.path.exists():
            return []
        try:
            with safe_open(self.path, framework="pt") as stored:
                header = json.loads(stored.metadata()["state"])
                tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
            if header["sha256"] != sha256(tensors):
                raise ValueError("checksum differs")
        except (SafetensorError, OSError, LookupError, TypeError, ValueError) as error:
            log.warning("%s: not usable as a checkpoint (%s); starting over", self.path, error)
            return []
        if header["fingerprint"] != self.fingerprint:
            log.info("%s: checkpoint of another run; starting over", self.path)
            return []
        for parameter in self.model.parameters():
            self.optimizer.state[parameter] = {
                "step": torch.zeros(()),
                "exp_avg": torch.zeros_like(parameter),
                "exp_avg_sq": torch.zeros_like(parameter),
            }
        with torch.no_grad():
            for name, tensor in self._tensors():
                tensor.copy_(tensors[name])
        log.info("going on after epoch %d from %s", len(header["history"]), self.path)
        return [
            Evaluation(torch.tensor(row["reconstruction"], dtype=torch.float64), row["kl"])
            for row in header["history"]
        ]

    def forget(self) -> None:
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _tensors(self) -> Iterator[tuple[str, Tensor]]:
        yield from self.model.named_buffers()
        for name, parameter in self.model.named_parameters():
            yield name, parameter.detach()
            for key, value in self.optimizer.state[parameter].items():
                yield f"{name}/{key}", value
