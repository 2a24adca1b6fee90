"""What a processor is called."""

import platform
import re
from pathlib import Path

import pytest
import torch
from latentgeo.models import machine
from latentgeo.models.machine import processor

CPU = torch.device("cpu")
CPUINFO = """processor\t: 0
vendor_id\t: GenuineIntel
model\t\t: 85
model name\t: Some(R) CPU: E5 @ 2.50GHz
flags\t\t: fpu avx2

processor\t: 1
model name\t: Another CPU
"""


@pytest.fixture
def cpuinfo(tmp_path, monkeypatch):
    """A file in the place of /proc/cpuinfo."""
    path = tmp_path / "cpuinfo"

    def opened(name):
        assert name == "/proc/cpuinfo"
        return path

    monkeypatch.setattr(machine, "Path", opened)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    return path


def test_a_cpu_is_named_with_the_instructions_that_torch_uses(cpuinfo):
    cpuinfo.write_text(CPUINFO)
    assert processor(CPU) == "Some(R) CPU: E5 @ 2.50GHz (AVX2)"


def test_other_instructions_of_the_same_cpu_are_another_processor(cpuinfo, monkeypatch):
    cpuinfo.write_text(CPUINFO)
    before = processor(CPU)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    assert processor(CPU) != before


@pytest.mark.parametrize("text", [None, "", "processor\t: 0\nmodel\t: 8\n", b"\xff\n"])
@pytest.mark.parametrize("name, expected", [("arm", "arm (AVX2)"), ("", "riscv64 (AVX2)")])
def test_without_a_name_the_platform_is_asked(text, name, expected, cpuinfo, monkeypatch):
    monkeypatch.setattr(platform, "processor", lambda: name)
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    if text is not None:
        cpuinfo.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert processor(CPU) == expected


def test_bytes_that_are_no_text_do_not_hide_the_name(cpuinfo):
    cpuinfo.write_bytes(b"vendor_id\t: \xff\xfe\nmodel name\t: Some CPU\n")
    assert processor(CPU) == "Some CPU (AVX2)"


def test_a_gpu_has_its_own_name(cpuinfo, monkeypatch):
    asked = []
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda d: asked.append(d) or "Some GPU")
    assert processor(torch.device("cuda", 1)) == "Some GPU"
    assert asked == [torch.device("cuda", 1)]


def test_this_processor_has_a_name():
    found = processor(CPU)
    assert re.fullmatch(rf"\S.* \({torch.backends.cpu.get_cpu_capability()}\)", found)
    assert found == processor(CPU)
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file() and "model name" in cpuinfo.read_text():
        assert found.rpartition(" (")[0] in cpuinfo.read_text()
