"""Shared steps against the numbers that their sources print, and against other libraries."""

from typing import Any

import librosa
import numpy as np
import pytest
import scipy.signal

from audiofeat_cli.step import Window
from audiofeat_cli.steps.framesum import frame_sums
from audiofeat_cli.steps.loudness import (
    block_loudness,
    channel_weights,
    fine_energy,
    k_weighting,
    step_energy,
    weighed_energy,
)
from audiofeat_cli.steps.mel import hz_to_mel, mel_centres, mel_to_hz, mel_weights
from audiofeat_cli.steps.project import project
from audiofeat_cli.steps.scale import compressed, gain_of
from audiofeat_cli.steps.spectrum import fft_frequencies, window_shape
from audiofeat_cli.steps.tuning import estimated_tuning
from tests.signals import harmonics, noise, sine


class TestWindow:
    @pytest.mark.parametrize(
        "window",
        ["boxcar", "hann", "hamming", "blackman", "nuttall", "blackmanharris", "bartlett",
         ("kaiser", 8.6), ("gaussian", 100.0), ("tukey", 0.3)],
    )  # fmt: skip
    @pytest.mark.parametrize(
        ("n_fft", "win_length"), [(2048, 2048), (512, 400), (501, 256), (4, 2), (3, 1)]
    )
    def test_is_scipys_among_zeros(self, window: Window, n_fft: int, win_length: int) -> None:
        shape = window_shape(n_fft=n_fft, win_length=win_length, window=window)
        before = (n_fft - win_length) // 2
        theirs = scipy.signal.get_window(window, win_length, fftbins=True)
        np.testing.assert_allclose(shape[before : before + win_length], theirs, atol=1e-15)
        assert len(shape) == n_fft
        assert (
            np.count_nonzero(shape[:before]) == np.count_nonzero(shape[before + win_length :]) == 0
        )

    def test_frequencies(self) -> None:
        np.testing.assert_array_equal(fft_frequencies(8000, 8), [0, 1000, 2000, 3000, 4000])
        np.testing.assert_array_equal(fft_frequencies(9000, 9), [0, 1000, 2000, 3000, 4000])


class TestMel:
    @pytest.mark.parametrize("norm", ["slaney", None, "1", "2", "inf"])
    @pytest.mark.parametrize("htk", [False, True])
    @pytest.mark.parametrize(
        ("rate", "n_fft", "n_mels", "fmin", "fmax"),
        [(22050, 2048, 128, 0.0, None), (16000, 1024, 80, 60.0, 7600.0), (8000, 511, 23, 0.0, 4e3)],
    )
    def test_filters_are_librosas_to_the_bit(
        self, norm: Any, htk: bool, rate: int, n_fft: int, n_mels: int, fmin: float, fmax: float
    ) -> None:
        ours = mel_weights(
            sample_rate=rate, n_fft=n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax, htk=htk, norm=norm
        )
        theirs = librosa.filters.mel(
            sr=rate,
            n_fft=n_fft,
            n_mels=n_mels,
            fmin=fmin,
            fmax=fmax,
            htk=htk,
            norm=float(norm) if norm in ("1", "2", "inf") else norm,
        )
        if norm in ("slaney", None):
            np.testing.assert_array_equal(ours, theirs)
        else:
            np.testing.assert_allclose(ours, theirs, rtol=1e-6)

    def test_scale_by_its_definition(self) -> None:
        assert hz_to_mel(1000, htk=False) == pytest.approx(15)
        assert hz_to_mel(6400, htk=False) == pytest.approx(42), "27 steps of a factor of 6.4"
        assert hz_to_mel(1000, htk=True) == pytest.approx(999.9855)
        for htk in (False, True):
            heard = [hz_to_mel(f, htk=htk) for f in (0, 60, 999, 1001, 12000)]
            np.testing.assert_allclose(
                mel_to_hz(np.array(heard), htk=htk), [0, 60, 999, 1001, 12000]
            )

    def test_centres_are_where_the_triangles_peak(self) -> None:
        bands = {"sample_rate": 16000, "n_mels": 20, "fmin": 100.0, "fmax": 7000.0, "htk": True}
        weights = mel_weights(n_fft=2**15, norm=None, **bands)  # type: ignore[arg-type]
        peaks = weights.argmax(axis=1) * 16000 / 2**15
        np.testing.assert_allclose(mel_centres(**bands), peaks, atol=0.3)  # type: ignore[arg-type]


class TestLoudness:
    def test_filters_are_those_of_the_standard(self) -> None:
        """BS.1770-5 annex 1, tables 1 and 2: coefficients at 48 kHz."""
        shelf = [1.53512485958697, -2.69169618940638, 1.19839281085285]
        shelf += [1, -1.69065929318241, 0.73248077421585]
        high_pass = [1, -2, 1, 1, -1.99004745483398, 0.99007225036621]
        np.testing.assert_allclose(k_weighting(sample_rate=48000), [shelf, high_pass], atol=1e-8)

    @pytest.mark.parametrize("rate", [8000, 44100, 192000])
    def test_filters_at_other_rates_weigh_alike(self, rate: int) -> None:
        frequencies = np.array([20, 50, 100, 300, 1000, 1500])
        there = scipy.signal.sosfreqz(k_weighting(sample_rate=rate), frequencies, fs=rate)[1]
        here = scipy.signal.sosfreqz(k_weighting(sample_rate=48000), frequencies, fs=48000)[1]
        np.testing.assert_allclose(20 * np.log10(np.abs(there / here)), 0, atol=0.35)

    @pytest.mark.parametrize("rate", [1000, 2000, 3000])
    def test_nothing_passes_where_the_shelf_has_no_room(self, rate: int) -> None:
        heard = scipy.signal.sosfilt(k_weighting(sample_rate=rate), np.ones(100))
        np.testing.assert_array_equal(heard, 0)

    @pytest.mark.parametrize("sizes", [[5000], [1, 109, 110, 111, 2000, 2669]])
    def test_steps_of_part_of_a_sample_take_turns(self, sizes: list[int]) -> None:
        """At 11025 Hz a step is 110.25 samples; each sample counts once."""
        state, found = None, []
        for size in sizes:
            state, made = fine_energy(state, np.ones((size, 1)), sample_rate=11025)
            found += made[:, 0, 0].tolist()
        assert found[:8] == [110, 110, 110, 111, 110, 110, 110, 111]
        assert sum(found) == 45 * 11025 // 100
        assert len(found) == 45

    def test_ten_fine_steps_are_a_step(self) -> None:
        fine = np.arange(25.0)[:, np.newaxis, np.newaxis]
        np.testing.assert_array_equal(step_energy(fine)[:, 0, 0], [45, 145])

    def test_channels_are_added_with_their_weights(self) -> None:
        weighted = np.array([[1.0, 2.0, 3.0, 4.0, 5.0]])
        found = weighed_energy(weighted)
        np.testing.assert_allclose(found, [[1 + 4 + 9 + 1.41 * (16 + 25)]])

    def test_blocks_are_four_steps(self) -> None:
        energies = np.arange(1.0, 7.0).reshape(6, 1, 1)
        found = block_loudness(energies, steps=4, sample_rate=10)  # a step is one sample
        np.testing.assert_allclose(found, -0.691 + 10 * np.log10(np.array([10, 14, 18]) / 4))
        assert len(block_loudness(energies[:3], steps=4, sample_rate=10)) == 0
        assert block_loudness(0 * energies, steps=4, sample_rate=10)[0] == -np.inf

    @pytest.mark.parametrize(
        ("channels", "weights"),
        [(1, [1]), (2, [1, 1]), (3, [1, 1, 1]), (5, [1, 1, 1, 1.41, 1.41]),
         (6, [1, 1, 1, 0, 1.41, 1.41]), (9, [1] * 9)],
    )  # fmt: skip
    def test_channel_weights(self, channels: int, weights: list[float]) -> None:
        np.testing.assert_array_equal(channel_weights(channels), weights)


class TestTuning:
    @pytest.mark.parametrize("cents", [-45, -30, -7, 0, 12, 25, 44])
    def test_of_detuned_tones(self, cents: int) -> None:
        samples = sum(
            harmonics(22050, 1, f0 * 2 ** (cents / 1200), partials=2) for f0 in (880, 1318.51)
        )
        spectrum = np.abs(librosa.stft(np.asarray(samples))) ** 2
        ours = _tuning(spectrum)
        assert ours == pytest.approx(cents / 100, abs=0.05), "a bin is 11 Hz wide"
        assert ours == pytest.approx(librosa.estimate_tuning(S=spectrum, sr=22050), abs=1e-9)

    @pytest.mark.parametrize("bins", [12, 24, 36])
    def test_is_librosas_of_noise(self, bins: int) -> None:
        spectrum = np.abs(librosa.stft(noise(22050, 1))) ** 2
        theirs = librosa.estimate_tuning(S=spectrum, sr=22050, bins_per_octave=bins)
        assert _tuning(spectrum, n_chroma=bins) == pytest.approx(theirs, abs=1e-9)

    def test_of_a_single_peak(self) -> None:
        spectrum = np.abs(librosa.stft(sine(22050, 0.2, 1046.0)))[:, 4:5] ** 2
        theirs = librosa.estimate_tuning(S=spectrum, sr=22050)
        assert _tuning(spectrum) == pytest.approx(theirs, abs=1e-9)
        assert theirs != -0.5

    def test_of_nothing_is_0(self) -> None:
        assert _tuning(np.zeros((1025, 3), np.float32)) == 0


def _tuning(spectrum: np.ndarray, *, n_chroma: int = 12) -> float:
    frequencies = fft_frequencies(22050, 2048)
    block = np.ascontiguousarray(spectrum[:, np.newaxis]).T
    votes = estimated_tuning(
        None,
        block,
        frequencies,
        n_chroma=n_chroma,
        tuning_resolution=0.01,
        tuning_fmin=150.0,
        tuning_fmax=4000.0,
    )
    assert estimated_tuning.finish is not None
    return float(estimated_tuning.finish(votes, tuning_resolution=0.01)[0, 0])


class TestScale:
    def test_floors_agree_between_magnitude_and_energy(self) -> None:
        energy = np.array([0, 1e-12, 1e-10, 1e-4, 1], np.float32)
        for scale, expected in (
            ("db", [-100, -100, -100, -40, 0]),
            ("log10", [-10, -10, -10, -4, 0]),
            ("ln", np.log([1e-10, 1e-10, 1e-10, 1e-4, 1])),
        ):
            got = compressed(energy, scale=scale, power=2.0, amin=1e-10)
            np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-6)
            half = 1 if scale == "db" else 0.5
            got = compressed(np.sqrt(energy), scale=scale, power=1.0, amin=1e-10)
            np.testing.assert_allclose(got, half * np.asarray(expected), rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(compressed(energy, scale="log1p"), np.log1p(energy))
        assert compressed(energy) is energy

    def test_input_is_left_alone(self) -> None:
        energy = np.array([0, 1], np.float32)
        for scale in ("db", "log10", "ln", "log1p"):
            compressed(energy, scale=scale)
            np.testing.assert_array_equal(energy, [0, 1])

    def test_gain_laws(self) -> None:
        laws = [gain_of(scale="linear", power=p) for p in (1.0, 2.0, 0.5)]
        assert laws == ["linear", "power", "none"]
        assert gain_of(scale="db", power=0.5) == "decibel"
        assert gain_of(scale="ln", power=2.0) == "none"


@pytest.mark.parametrize(("size", "hop"), [(8, 4), (9, 6), (5, 3), (4, 4), (3, 7), (1, 1)])
def test_frame_sums(size: int, hop: int) -> None:
    values = np.random.default_rng(0).integers(0, 9, (40, 2)).astype(float)
    got = frame_sums(values, size, hop)
    starts = range(0, 40 - size + 1, hop)
    np.testing.assert_array_equal(got[..., 0], [values[s : s + size].sum(axis=0) for s in starts])


def test_a_quiet_frame_beside_a_loud_one_keeps_its_sum() -> None:
    values = np.concatenate([np.full(64, 1e12), np.full(64, 1e-12)])[:, np.newaxis]
    assert frame_sums(values, 16, 16)[-1, 0, 0] == pytest.approx(16e-12, rel=1e-12)


def test_project_keeps_channels_apart_and_time_contiguous() -> None:
    rng = np.random.default_rng(0)
    matrix, values = rng.standard_normal((4, 5)), rng.standard_normal((7, 3, 5))
    got = project(matrix, values)
    np.testing.assert_allclose(got, np.einsum("oi,tci->tco", matrix, values))
    assert got.T.flags.c_contiguous
