"""The compiled spectra of frames, against numpy's FFT in float64, frame by frame."""

import ctypes
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiofeat_cli.kernels import fft, image, machine
from audiofeat_cli.kernels.fft import Array, Kind, frame_transform, stages, watched
from audiofeat_cli.steps import spectrum

SIZES = (4, 14, 30, 100, 256, 400, 882, 2048)
PRECISIONS = (("float64", 3e-7), ("float32", 2e-6))


def noise(length: int, channels: int = 1) -> Array:
    found = np.random.default_rng(length).standard_normal((channels, length))
    return found.astype(np.float32).T


def reference(samples: Array, window: Array, hop: int, kind: Kind) -> Array:
    starts = range(0, len(samples) - len(window) + 1, hop)
    frames = [np.fft.rfft(samples[s : s + len(window)].T.astype(float) * window) for s in starts]
    return np.asarray(frames if kind == "complex" else np.abs(frames) ** 2)


def transform(kind: Kind, n_fft: int, precision: str = "float64") -> fft.FrameTransform:
    found = frame_transform(kind, n_fft, precision)
    if found is None:
        pytest.skip("no compiled transforms on this system")
    return found


@pytest.mark.parametrize(("precision", "tolerance"), PRECISIONS)
@pytest.mark.parametrize("kind", ["power", "complex"])
@pytest.mark.parametrize("n_fft", SIZES)
def test_as_numpy(n_fft: int, kind: Kind, precision: str, tolerance: float) -> None:
    window = np.hamming(n_fft)
    for hop, count, channels in ((7, 1, 1), (n_fft // 4, 17, 3), (n_fft + 5, 37, 1)):
        samples = noise(n_fft + hop * (count - 1) + 2, channels)
        expected = reference(samples, window, hop, kind)
        found = transform(kind, n_fft, precision)(samples, window, hop)
        assert found.shape == expected.shape
        assert found.dtype == (np.complex64 if kind == "complex" else np.float32)
        assert found.T.flags.c_contiguous
        assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max()


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("kind", ["power", "complex"])
def test_a_frame_has_the_same_bits_in_any_company(kind: Kind, precision: str) -> None:
    of = transform(kind, 100, precision)
    samples, window = noise(100 + 40 * 25), np.hanning(100)
    whole = of(samples, window, 25)
    for first in (0, 1, 9):
        for count in (1, 2, 7, 8, 9, 15, 16, 17, 31):
            part = of(samples[25 * first : 25 * (first + count - 1) + 100], window, 25)
            assert part.tobytes() == whole[first : first + count].tobytes()


def test_channels_do_not_mix() -> None:
    samples, window = noise(1000, 4), np.hanning(256)
    together = transform("power", 256)(samples, window, 64)
    for channel in range(4):
        alone = transform("power", 256)(samples[:, channel : channel + 1], window, 64)
        assert np.array_equal(alone[:, 0], together[:, channel])


def test_any_layout_is_read() -> None:
    samples, window = noise(1000, 2), np.hanning(256)
    of = transform("power", 256)
    expected = of(samples, window, 64)
    assert np.array_equal(of(np.ascontiguousarray(samples), window, 64), expected)
    assert np.array_equal(of(samples.astype(np.float64), window, 64), expected)
    assert np.array_equal(
        of(noise(1500, 2)[:1000], window, 64), of(noise(1500, 2)[:1000].copy(), window, 64)
    )


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_silence_is_exactly_that(precision: str) -> None:
    found = transform("power", 2048, precision)(np.zeros((9000, 2), np.float32), np.ones(2048), 512)
    assert not found.any()


def test_a_quiet_frame_beside_a_loud_one_keeps_its_digits() -> None:
    samples = noise(2048 * 8)
    samples[2048:4096] *= np.float32(1e-9)
    window = np.hanning(2048)
    found = transform("power", 2048)(samples, window, 2048)[1]
    expected = reference(samples, window, 2048, "power")[1]
    assert np.abs(found - expected).max() <= 3e-7 * expected.max()


def test_transforms_are_told() -> None:
    told: list[int] = []
    with watched(told.append):
        transform("power", 256)(noise(1024, 3), np.ones(256), 256)
    transform("power", 256)(noise(1024, 3), np.ones(256), 256)
    assert told == [12]


@pytest.mark.parametrize("n_fft", [1, 2, 3, 2047, 22, 2 * 11 * 64, 2**14, 2 * 67, 2**20])
def test_sizes_without_a_kernel(n_fft: int) -> None:
    assert stages(n_fft) is None
    assert frame_transform("power", n_fft, "float64") is None


def test_stages_make_up_the_transform() -> None:
    found = {n_fft: stages(n_fft) for n_fft in range(4, 8200, 2)}
    splits = {n_fft: split for n_fft, split in found.items() if split is not None}
    assert {2**k for k in range(2, 14)} | {400, 480, 882, 1200} <= splits.keys()
    for n_fft, split in splits.items():
        assert split.first * split.second == n_fft // 2
        assert max(split) <= fft.LONG


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_without_a_kernel_the_numbers_are_the_same(
    precision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    transform("power", 512)
    samples, window = noise(8000, 2), np.hanning(512)

    def both() -> list[Array]:
        given: dict[str, Any] = {"hop_length": 128, "precision": precision}
        return [
            spectrum.power_spectrum(samples, window, n_fft=512, **given),
            spectrum.complex_spectrum(samples, window, **given),
        ]

    compiled = both()
    monkeypatch.setattr(spectrum, "frame_transform", lambda *_: None)
    for found, expected in zip(both(), compiled, strict=True):
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
        assert np.abs(found - expected).max() <= 1e-6 * np.abs(expected).max()


class TestKeptCode:
    """Machine code on disk."""

    @pytest.fixture(autouse=True)
    def fresh(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        transform("power", 4)
        monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
        frame_transform.cache_clear()

    def works(self) -> bool:
        frame_transform.cache_clear()
        samples, window = noise(64), np.hanning(8)
        found = transform("power", 8)(samples, window, 4)
        return np.allclose(found, reference(samples, window, 4, "power"), rtol=1e-5, atol=1e-6)

    def test_made_once(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.works()
        assert len(list(tmp_path.glob("*.code"))) == 1
        monkeypatch.setattr(machine, "_compiled", None)
        assert self.works()

    def test_damaged_code_is_made_again(self, tmp_path: Path) -> None:
        assert self.works()
        (kept,) = tmp_path.glob("*.code")
        whole = kept.read_bytes()
        for damaged in (b"", whole[:-1], whole[:100], whole[:200] + b"x" + whole[201:]):
            kept.write_bytes(damaged)
            assert self.works()
            assert kept.read_bytes() == whole

    def test_nothing_need_be_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(machine, "cache_folder", lambda: None)
        assert self.works()
        assert not list(tmp_path.glob("*.code"))

    def test_no_code_no_kernel(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuses(*_: Any) -> bytes:
            raise RuntimeError("no such processor")

        monkeypatch.setattr(machine, "_compiled", refuses)
        assert frame_transform("power", 8, "float64") is None

    def test_llvm_runs_what_cannot_be_an_image(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        samples, window = noise(640), np.hanning(64)
        as_image = transform("power", 64)(samples, window, 16)
        frame_transform.cache_clear()
        for kept in tmp_path.glob("*.code"):
            kept.unlink()
        monkeypatch.setattr(machine, "image_of", lambda *_: None)
        by_llvm = transform("power", 64)(samples, window, 16)
        assert by_llvm.tobytes() == as_image.tobytes()
        assert [
            kept.read_bytes()[machine.DIGEST_BYTES :][:1] for kept in tmp_path.glob("*.code")
        ] == [machine.OBJECT]


class TestImages:
    """Object files that can, and cannot, be one piece of code."""

    def image(self, text: str, function: str = "double") -> bytes | None:
        made = machine._compiled(text)
        if not made.startswith(image.HEAD):
            pytest.skip("images are made on Linux only")
        return image.image_of(made, function)

    def test_a_function_with_constants(self) -> None:
        found = self.image(
            "define void @other() { ret void }\n"
            "define void @double(ptr %p) {\n"
            "  %v = load double, ptr %p\n"
            "  %w = fmul double %v, 2.5\n"
            "  store double %w, ptr %p\n"
            "  ret void\n}\n"
        )
        assert found is not None
        place = image.mapped(found)
        value = ctypes.c_double(3.0)
        ctypes.CFUNCTYPE(None, ctypes.c_void_p)(place.address)(ctypes.addressof(value))
        assert value.value == 7.5

    def test_a_call_out(self) -> None:
        text = "declare void @abort()\ndefine void @double() { call void @abort() ret void }"
        assert self.image(text) is None

    def test_a_variable(self) -> None:
        text = "@n = global i32 3\ndefine void @double() { store i32 4, ptr @n ret void }"
        assert self.image(text) is None

    def test_another_function(self) -> None:
        assert self.image("define void @double() { ret void }", "triple") is None

    @pytest.mark.parametrize("made", [b"", b"\x7fELF", b"\xcf\xfa\xed\xfe" * 99, b"MZ" * 99])
    def test_another_format(self, made: bytes) -> None:
        assert image.image_of(made, "double") is None
