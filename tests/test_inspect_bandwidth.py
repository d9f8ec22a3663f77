"""Effective bandwidth: edges of resamplers and encoders are seen, nothing else is claimed."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile as sf
import soxr
from scipy.signal import butter, resample_poly, sosfilt

from audiofeat_cli.inspect.bandwidth import Bandwidth, band_edges, band_power
from audiofeat_cli.inspect.sound import Listener
from tests.signals import chirp, harmonics, noise, silence, sine

Signal = npt.NDArray[Any]


def stored(signal: Signal, bits: int = 16, *, seed: int = 9) -> Signal:
    """Rounded to so many bits with TPDF dither."""
    draw = np.random.default_rng(seed)
    dither = draw.uniform(-0.5, 0.5, (2, *signal.shape)).sum(axis=0)
    return np.asarray(np.round(signal * 2.0 ** (bits - 1) + dither) / 2.0 ** (bits - 1))


def heard(
    folder: Path, signal: Signal, rate: int, name: str = "x.wav", **options: Any
) -> Bandwidth:
    """What is said of a file with this signal."""
    sf.write(folder / name, np.clip(signal, -1, 1), rate, **options)
    return Listener().listen(str(folder / name)).bandwidth


def music(rate: int, seconds: float = 3.0) -> Signal:
    """Decaying tones, hats up to the top, and a little hiss."""
    draw = np.random.default_rng(3)
    time = np.arange(round(rate * seconds)) / rate
    out = 0.002 * draw.standard_normal(len(time))
    for _ in range(12):
        start, f0 = draw.uniform(0, seconds - 0.5), draw.uniform(80, 1500)
        envelope = np.where(time > start, np.exp(-4 * (time - start)), 0)
        for n in range(1, 12):
            if n * f0 < 0.45 * rate:
                out += 0.05 * envelope * np.sin(2 * np.pi * n * f0 * time) / n
    for _ in range(10):
        start, n = int(draw.uniform(0, seconds - 0.3) * rate), rate // 8
        out[start : start + n] += 0.05 * draw.standard_normal(n) * np.exp(-np.arange(n) / n * 4)
    return out


@pytest.mark.parametrize(
    ("before", "rate"),
    [
        *((8000, 16000), (8000, 44100), (11025, 22050), (16000, 22050), (16000, 44100)),
        *((16000, 48000), (22050, 44100), (24000, 48000), (44100, 48000), (44100, 96000)),
    ],
)
def test_upsampled_files_are_seen(tmp_path: Path, before: int, rate: int) -> None:
    found = heard(tmp_path, stored(soxr.resample(music(before), before, rate)), rate)
    assert (found.kind, found.upsampled_from_hz) == ("upsampled", before)
    assert found.content_hz == pytest.approx(before / 2, rel=0.06)
    assert ": probably upsampled from " in found.text


def test_upsampled_in_words(tmp_path: Path) -> None:
    found = heard(tmp_path, soxr.resample(music(16000), 16000, 44100), 44100, subtype="FLOAT")
    assert found.text.endswith(" kHz of 22.05 kHz: probably upsampled from 16 kHz")


@pytest.mark.parametrize(("before", "rate"), [(8000, 44100), (16000, 48000), (22050, 48000)])
def test_short_resampling_filters_are_seen_too(tmp_path: Path, before: int, rate: int) -> None:
    step = np.gcd(before, rate)
    signal = resample_poly(music(before), rate // step, before // step)
    assert heard(tmp_path, stored(signal), rate).upsampled_from_hz == before


@pytest.mark.parametrize("level", [-20, -40, -50])
def test_quiet_upsampled_files_are_seen_above_their_dither(tmp_path: Path, level: int) -> None:
    signal = 10 ** (level / 20) * soxr.resample(music(16000), 16000, 44100)
    assert heard(tmp_path, stored(signal), 44100).upsampled_from_hz == 16000


def test_a_few_clicks_hide_nothing(tmp_path: Path) -> None:
    signal = soxr.resample(music(16000, 12.0), 16000, 44100)
    signal[[50_000, 150_000]] += 0.5
    assert heard(tmp_path, stored(signal), 44100).upsampled_from_hz == 16000


def test_one_channel_of_two_is_enough_to_be_whole(tmp_path: Path) -> None:
    both = np.stack([music(44100), soxr.resample(music(16000), 16000, 44100)], axis=1)
    assert heard(tmp_path, stored(both), 44100).kind == "full"


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000, 96000])
def test_music_and_noise_up_to_the_top_are_full(tmp_path: Path, rate: int) -> None:
    for signal in (music(rate), noise(rate, 2)):
        found = heard(tmp_path, stored(signal), rate)
        assert (found.kind, found.content_hz) == ("full", rate / 2)


def test_downsampled_files_are_full(tmp_path: Path) -> None:
    for rate in (44100, 48000):
        signal = soxr.resample(music(96000), 96000, rate)
        assert heard(tmp_path, stored(signal), rate).kind == "full"


@pytest.mark.parametrize("amplitude", [0.5, 0.001])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_a_tone_proves_nothing(tmp_path: Path, amplitude: float, subtype: str) -> None:
    signal = sine(44100, 2.0, 1000.0, amplitude)
    signal = stored(signal) if subtype == "PCM_16" else signal
    found = heard(tmp_path, signal, 44100, subtype=subtype)
    assert found.kind == "partial"
    assert found.content_hz == pytest.approx(1000, rel=0.4)


def test_a_few_partials_prove_nothing(tmp_path: Path) -> None:
    assert heard(tmp_path, stored(harmonics(44100, 2.0, 220.0)), 44100).kind == "partial"


@pytest.mark.parametrize("order", [1, 2, 4, 8])
def test_equalisers_are_no_edges(tmp_path: Path, order: int) -> None:
    filtered = sosfilt(butter(order, 6000, fs=44100, output="sos"), noise(44100, 3))
    assert heard(tmp_path, stored(filtered), 44100).kind in ("full", "partial")


def test_a_chirp_that_stops_has_an_edge(tmp_path: Path) -> None:
    assert heard(tmp_path, chirp(44100, 3.0, high=5000.0), 44100).kind != "full"


@pytest.mark.parametrize("signal", [silence(8000, 1), sine(8000, 0.01), stored(silence(8000, 2))])
def test_of_nothing_nothing_is_said(tmp_path: Path, signal: Signal) -> None:
    found = heard(tmp_path, signal, 8000)
    assert (found.kind, found.content_hz) == ("unknown", None)


class TestLossy:
    def test_mp3_is_low_passed_by_its_encoder(self, tmp_path: Path) -> None:
        found = self.encoded(tmp_path)
        assert found.kind == "low_passed"
        assert found.content_hz == pytest.approx(17000, abs=1200)
        assert found.text.endswith(" kHz (by its encoder?)")

    def test_mp3_that_became_wav_is_seen(self, tmp_path: Path) -> None:
        self.encoded(tmp_path)
        signal, rate = sf.read(tmp_path / "x.mp3")
        found = heard(tmp_path, stored(signal), rate)
        assert found.kind == "low_passed"
        assert "low-passed at 1" in found.text
        assert "(lossy source" in found.text

    @staticmethod
    def encoded(folder: Path) -> Bandwidth:
        options = {"compression_level": 0.9, "bitrate_mode": "CONSTANT"}
        return heard(folder, music(44100), 44100, "x.mp3", format="MP3", **options)


def test_a_full_scale_sine_has_unit_power_in_its_band() -> None:
    n_fft, rate = 1024, 8000
    time = np.arange(n_fft)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * time / n_fft)
    tone = np.sin(2 * np.pi * 100 * time / n_fft)
    power = np.abs(np.fft.rfft(window * tone)) ** 2
    powers = band_power(power[np.newaxis, np.newaxis], sample_rate=rate, n_fft=n_fft)
    edges = band_edges(rate, n_fft)
    at = int(np.searchsorted(edges, 100 * rate / n_fft, side="right")) - 1
    bins = (edges[at + 1] - edges[at]) * n_fft / rate
    assert bins == pytest.approx(1)
    assert powers[0, 0, at] == pytest.approx(1, rel=1e-3)
