"""Pitch and what follows from it against what is known of a sound, and what cannot work."""

import json
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr
from scipy.ndimage import median_filter

from audiofeat_cli.compiler import compile_plan
from audiofeat_cli.registry import load_features
from audiofeat_cli.step import Array
from audiofeat_cli.steps.medians import running_median
from tests import signals
from tests.cases import SAMPLE_AUDIO
from tests.signals import config_of, extract_array

TRUTHS: dict[str, dict[str, Any]] = json.loads((SAMPLE_AUDIO / "ground_truth.json").read_text())
MAX_CENTS = 5
RATE = 22050


def having(*names: str) -> list[str]:
    found = [path for path, truth in TRUTHS.items() if set(names) <= set(truth)]
    assert found, names
    return found


def load(path: str) -> tuple[Array, int]:
    samples, rate = soundfile.read(SAMPLE_AUDIO / path, always_2d=True)
    return samples.mean(axis=1).astype(np.float32), rate


def at_22050(path: str) -> Array:
    return np.asarray(soxr.resample(*load(path), RATE))


def cents(found: Any, expected: Any) -> Any:
    return 1200 * np.log2(found / expected)


def values(name: str, signal: Array, **settings: Any) -> Array:
    """(frames, values) of a feature of one column or several."""
    parameters = {k: settings.pop(k) for k in list(settings) if k in ("n_partials", "threshold")}
    found = extract_array([{name: parameters}], signal, **settings)
    return np.concatenate([found[key][:, 0] for key in found], axis=-1)


class TestTruth:
    @pytest.mark.parametrize("own_rate", [True, False])
    @pytest.mark.parametrize("path", having("f0_hz"))
    def test_f0(self, path: str, own_rate: bool) -> None:
        samples, rate = load(path) if own_rate else (at_22050(path), RATE)
        f0 = extract_array(["pyin"], samples, sample_rate=rate)["pyin_f0"]
        assert np.isfinite(f0).mean() > 0.85
        assert abs(cents(np.nanmedian(f0), TRUTHS[path]["f0_hz"])) < MAX_CENTS

    @pytest.mark.parametrize("path", having("midi"))
    def test_note(self, path: str) -> None:
        found = extract_array(["note"], at_22050(path))
        midi, off = found["note_midi"], found["note_cents"]
        assert np.nanmedian(midi) == TRUTHS[path]["midi"]
        assert np.nanmean(midi == TRUTHS[path]["midi"]) > 0.85
        assert abs(np.nanmedian(off) - TRUTHS[path]["cents_off"]) < MAX_CENTS

    @pytest.mark.parametrize("path", having("f0_contour"))
    def test_f0_contour(self, path: str) -> None:
        truth = TRUTHS[path]
        samples, rate = load(path)
        hop = rate // 100
        found = extract_array(["pyin"], samples, sample_rate=rate, hop_length=hop)["pyin_f0"]
        time = np.arange(len(found)) * hop / rate
        times, known = ([point[key] for point in truth["f0_contour"]] for key in ("time", "f0_hz"))
        inside = (time > truth["voiced_start_s"] + 0.1) & (time < truth["voiced_end_s"] - 0.1)
        off = cents(found[inside, 0, 0], np.interp(time, times, known)[inside])
        assert np.isfinite(off).mean() > 0.99
        assert np.nanmedian(np.abs(off)) < MAX_CENTS

    @pytest.mark.parametrize("path", having("midi"))
    def test_first_partials(self, path: str) -> None:
        found = np.nanmedian(values("partial_frequencies", at_22050(path)), axis=0)
        assert np.abs(cents(found[:4], TRUTHS[path]["f0_hz"] * np.arange(1, 5))).max() < MAX_CENTS

    @pytest.mark.parametrize("path", having("tuning_cents"))
    def test_tuning(self, path: str) -> None:
        found = extract_array(["tuning"], at_22050(path))
        off = found["tuning_cents"].item() - TRUTHS[path]["tuning_cents"]
        assert abs(off) < MAX_CENTS


class TestTuning:
    def test_of_a_low_a4(self) -> None:
        found = extract_array(["tuning"], signals.harmonics(RATE, 1, 216.0, 12))
        assert abs(cents(found["tuning_hz"].item(), 432)) < 3
        assert abs(found["tuning_cents"].item() - cents(432, 440)) < 3

    @pytest.mark.parametrize("precision", ["float64", "float32"])
    def test_of_clicks_is_null(self, precision: str) -> None:
        """Their spectrum is flat but for rounding."""
        found = extract_array(["tuning"], signals.clicks(RATE, 1), precision=precision)
        assert np.isnan(found["tuning_hz"]).all()


def stiff(f0: float, stiffness: float, partials: int = 8) -> tuple[Array, Array, Array]:
    """A tone whose partials lie at h f0 sqrt(1 + B h^2), with their frequencies and amplitudes."""
    order = np.arange(1, partials + 1)
    hertz = f0 * order * np.sqrt(1 + stiffness * order**2)
    amplitudes = 1 / order
    time = signals.times(RATE, 1.0)
    tones = [a * np.sin(2 * np.pi * f * time + f) for f, a in zip(hertz, amplitudes, strict=True)]
    return (0.2 * np.sum(tones, axis=0)).astype(np.float32), hertz, amplitudes


class TestPartials:
    def test_of_a_stiff_string(self) -> None:
        signal, hertz, amplitudes = stiff(262.0, 6e-4)
        inner = slice(6, -6)
        for window in ("hann", "blackmanharris"):
            found = values("partial_frequencies", signal, n_partials=8, window=window)[inner]
            assert np.abs(cents(found, hertz)).max() < MAX_CENTS
            found = values("partial_amplitudes", signal, n_partials=8, window=window)[inner]
            np.testing.assert_allclose(found, np.broadcast_to(amplitudes, found.shape), rtol=0.05)

    def test_is_the_highest_peak_and_not_the_nearest(self) -> None:
        time = signals.times(RATE, 1.0)
        parts = ((1.0, 0.3), (2.0, 0.2), (2.96, 0.003), (3.12, 0.1))
        tones = [a * np.sin(2 * np.pi * 440 * ratio * time) for ratio, a in parts]
        signal = np.sum(tones, axis=0).astype(np.float32)
        found = values("partial_frequencies", signal, n_partials=3)[4:-4, 2]
        assert np.abs(cents(found, 3.12 * 440)).max() < MAX_CENTS

    def test_inharmonicity_of_a_stiff_string(self) -> None:
        """With a window on whose peaks a parabola fits."""
        signal, hertz, amplitudes = stiff(262.0, 6e-4)
        order, energy = np.arange(1, 9), amplitudes**2
        expected = np.sum(np.abs(hertz - order * hertz[0]) * energy) / (hertz[0] * energy.sum())
        fine = {"window": "blackmanharris", "n_fft": 4096, "hop_length": 512}
        found = values("inharmonicity", signal, n_partials=8, **fine)[6:-6]
        np.testing.assert_allclose(found, expected, rtol=0.03)

    def test_shares_of_a_known_tone(self) -> None:
        """Amplitudes 1/n, of 6 partials."""
        signal = signals.harmonics(RATE, 1, 220.0, 6)
        heights = 1 / np.arange(1, 7)
        inner = slice(4, -4)
        parts = np.array([heights[0], heights[1:4].sum(), heights[4:].sum()]) / heights.sum()
        found = values("tristimulus", signal)[inner]
        np.testing.assert_allclose(found, np.broadcast_to(parts, found.shape), rtol=0.03)
        energy = heights**2
        found = values("odd_even_ratio", signal)[inner]
        np.testing.assert_allclose(found, energy[::2].sum() / energy[1::2].sum(), rtol=0.06)

    def test_a_sine_has_but_one(self) -> None:
        signal = signals.sine(RATE, 1)
        assert (
            np.isfinite(values("partial_frequencies", signal)).sum(axis=0).tolist()[1:] == [0] * 9
        )
        assert (values("partial_amplitudes", signal)[:, 1:] == 0).all()
        assert np.isnan(values("odd_even_ratio", signal)).all()
        assert (values("tristimulus", signal) == [1, 0, 0]).all()
        assert (values("inharmonicity", signal) == 0).all()

    def test_what_has_no_pitch_has_none(self) -> None:
        for name in ("partial_frequencies", "partial_amplitudes", "harmonic_energies"):
            assert np.isnan(values(name, signals.clicks(RATE, 1))).all()
            assert np.isnan(values(name, signals.dc(RATE, 1))).all()


class TestSalience:
    def test_is_highest_at_the_fundamental(self) -> None:
        """Where the second partial is three times as strong."""
        time = signals.times(RATE, 1.0)
        tones = [
            a * np.sin(2 * np.pi * 261.0 * h * time) for h, a in ((1, 0.1), (2, 0.3), (3, 0.3))
        ]
        signal = np.sum(tones, axis=0).astype(np.float32)
        plan = compile_plan(config_of(["salience"]), load_features(plugins=False)).plan
        assert plan is not None
        top = values("salience", signal)[4:-4].argmax(axis=1)
        hertz = np.array(plan.outputs[0].labels)[top]
        assert np.abs(hertz - 261).max() < RATE / 2048


class TestMedians:
    @pytest.mark.parametrize("size", [*range(1, 20), 30, 31, 64, 255])
    def test_are_those_of_sorted_windows_and_of_scipy(self, size: int) -> None:
        rng = np.random.default_rng(size)
        for rows, columns in ((1, 1), (5, 3), (40, 130)):
            given = rng.standard_normal((rows, columns)).astype(np.float32)
            left = size // 2
            source = np.pad(np.arange(rows), (left, size - left - 1), mode="symmetric")
            windows = np.lib.stride_tricks.sliding_window_view(given[source], size, axis=0)
            expected = np.sort(windows, axis=-1)[..., size // 2]
            for turned in (given, np.asfortranarray(given)):
                out = np.empty_like(turned)
                running_median(turned, size, source, out)
                np.testing.assert_array_equal(out, expected)
            if size <= rows:  # beyond that scipy 1.17 reads what it has not written, at times
                theirs = median_filter(given, (size, 1), mode="reflect")
                np.testing.assert_array_equal(expected, theirs)


class TestHpss:
    def test_a_tone_is_harmonic_and_a_click_percussive(self) -> None:
        tone, click = signals.harmonics(RATE, 2), signals.clicks(RATE, 2, 1.0)
        assert values("hpss", tone)[4:-4, 2].min() > 0.99
        heard = values("hpss", click)
        assert np.nanmax(heard[:, 2]) < 0.01
        assert np.isnan(heard[20, 2])

    def test_two_parts_of_a_mix_are_told_apart(self) -> None:
        tone, click = signals.harmonics(RATE, 2), signals.clicks(RATE, 2, 1.0)
        whole = values("hpss", 0.1 * tone + click)
        at_click = round(RATE / 512)
        assert whole[at_click, 2] < 0.95 < whole[at_click - 6, 2]


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"tuning": {"fmin": 4000.0}}, "less than fmax"),
        ({"tuning": {"fmin": 12000.0, "fmax": 20000.0}}, "less than sample_rate / 2"),
        ({"tristimulus": {"n_partials": 4}}, "at least 5"),
        ({"odd_even_ratio": {"n_partials": 1}}, "at least 2"),
        ({"salience": {"harmonics": ()}}, "at least one"),
        ({"salience": {"weights": (1.0, 2.0)}}, "one for each of the 4 harmonics, got 2"),
        ({"salience": {"harmonics": (1.0,), "weights": (0.0,)}}, "at least one above 0"),
        ({"salience": {"fmax": 20000.0}}, "at most sample_rate / 2"),
        ({"salience": {"fmin": 3000.0}}, "no bin lies between"),
        ({"hpss": {"kernel_size": (3, 5, 7)}}, "one number or two"),
        ({"hpss": {"margin": (1.0,)}}, "one number or two"),
    ],
)
def test_what_cannot_work_is_refused(item: Any, said: str) -> None:
    troubles = compile_plan(config_of([item]), load_features(plugins=False)).troubles
    assert any(said in trouble.message and not trouble.warning for trouble in troubles)


def test_bins_of_salience_need_one_rate() -> None:
    config = config_of(["salience"], sample_rate=None)
    troubles = compile_plan(config, load_features(plugins=False)).troubles
    assert any("another frequency in each file" in trouble.message for trouble in troubles)
