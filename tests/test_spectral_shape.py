"""Spectral shape beyond one reference each: what is shared, what is close, what is refused."""

from collections.abc import Iterator, Sequence
from typing import Any

import librosa
import numpy as np
import pytest
import scipy.signal

from audiofeat_cli.compiler import compile_plan
from audiofeat_cli.config.load import load_config
from audiofeat_cli.features.timbre.poly_features import polynomial_weights
from audiofeat_cli.features.timbre.spectral_peaks import spectral_strong_peak
from audiofeat_cli.features.timbre.spectral_rolloff import spectral_rolloff
from audiofeat_cli.registry import load_features
from audiofeat_cli.step import Array
from audiofeat_cli.steps.bands import erb_centres, erb_weights
from audiofeat_cli.steps.moments import group_moments, moments, shape_moments
from audiofeat_cli.steps.sums import total
from tests.signals import Item, config_of, extract_array, noise, plan_of, scene, silence

RATE = 22050
N_FFT = 2048
BINS = 1 + N_FFT // 2
HERTZ = np.arange(BINS) * RATE / N_FFT


def as_stream(spectra: Array) -> Array:
    """(bins, frames) -> (frames, 1, bins), as a step gets it."""
    return np.ascontiguousarray(spectra, dtype=np.float32)[:, np.newaxis].T


class TestSharing:
    def test_centre_width_and_shape_cost_one_pass(self) -> None:
        named = ("spectral_bandwidth", "spectral_skewness", "spectral_kurtosis", "spectral_slope")
        plan = plan_of(config_of(named))
        steps = [node.title for node in plan.nodes]
        shared = ("group_moments", "moments", "shape_moments")
        assert [steps.count(name) for name in shared] == [1, 1, 1]
        assert steps.count("spectrum") == 1

    def test_no_higher_moments_than_are_asked_for(self) -> None:
        plan = plan_of(config_of(("spectral_centroid", "spectral_bandwidth")))
        assert "shape_moments" not in [node.title for node in plan.nodes]

    def test_contrast_needs_a_second_pass_only_for_its_floor(self) -> None:
        assert plan_of(config_of(["spectral_contrast"])).passes == 2
        assert plan_of(config_of([{"spectral_contrast": {"top_db": None}}])).passes == 1


def narrow_spectra() -> Iterator[Array]:
    """Three bins on a faint floor, at every place of the spectrum."""
    for k in range(1, BINS - 1, 37):
        frame = np.full(BINS, 1e-9)
        frame[k - 1 : k + 2] = 0.3, 1.0, 0.5
        yield frame


def all_moments(spectra: Array) -> Array:
    """(5, frames): sum, centre and central moments 2 to 4 of (bins, frames)."""
    stream = as_stream(spectra)
    groups = group_moments(stream)
    low = moments(groups, sample_rate=RATE, n_fft=N_FFT)
    high = shape_moments(stream, groups, sample_rate=RATE, n_fft=N_FFT)
    np.testing.assert_allclose(high[..., 0], low[..., 2], rtol=1e-9, atol=1e-15)
    return np.concatenate([low, high[..., 1:]], axis=-1)[:, 0].T


class TestMoments:
    @pytest.mark.parametrize("kind", ["wide", "narrow"])
    def test_central_moments_lose_no_digits(self, kind: str) -> None:
        draw = np.abs(np.random.default_rng(0).standard_normal((BINS, 30)))
        spectra = draw if kind == "wide" else np.transpose(list(narrow_spectra()))
        spectra = spectra.astype(np.float32)
        exact = spectra.astype(np.longdouble)
        mass = exact.sum(axis=0)
        centre = (HERTZ[:, np.newaxis] * exact).sum(axis=0) / mass
        away = HERTZ[:, np.newaxis] - centre
        ours = all_moments(spectra)
        np.testing.assert_allclose(ours[0], mass, rtol=1e-12)
        np.testing.assert_allclose(ours[1], centre, rtol=1e-12)
        for order in (2, 3, 4):
            wanted = (exact * away**order).sum(axis=0) / mass
            scale = (exact * np.abs(away) ** order).sum(axis=0) / mass
            assert np.max(np.abs(ours[order] - wanted) / scale) < 1e-9

    def test_one_bin_has_no_width_and_no_shape(self) -> None:
        spectra = np.zeros((BINS, BINS))
        np.fill_diagonal(spectra, 0.3)
        found = all_moments(spectra)
        np.testing.assert_allclose(found[1], HERTZ, rtol=1e-12)
        assert not found[2:].any()

    @pytest.mark.parametrize("frames", [1, 15, 17, 255, 300])
    def test_a_frame_has_the_same_bits_among_any_others(self, frames: int) -> None:
        spectra = np.abs(np.random.default_rng(0).standard_normal((BINS, 700)))
        together = all_moments(spectra)
        alone = all_moments(spectra[:, 200 : 200 + frames])
        np.testing.assert_array_equal(alone, together[:, 200 : 200 + frames])

    def test_null_where_there_is_no_variance(self) -> None:
        """A constant behind a rectangular window has one bin that is not 0."""
        signal = np.full(RATE, 0.25, np.float32)
        items: list[Item] = ["spectral_skewness", "spectral_kurtosis", "spectral_bandwidth"]
        found = extract_array(items, signal, window="boxcar", center=False)
        assert np.isnan(found["spectral_skewness"]).all()
        assert np.isnan(found["spectral_kurtosis"]).all()
        assert (found["spectral_bandwidth"] == 0).all()

    def test_channels_keep_apart(self) -> None:
        both = np.stack([noise(RATE, 0.3), scene(RATE, 0.3)], axis=1)
        together = extract_array(["spectral_kurtosis"], both)["spectral_kurtosis"]
        for channel in (0, 1):
            alone = extract_array(["spectral_kurtosis"], both[:, channel])["spectral_kurtosis"]
            np.testing.assert_allclose(together[:, channel], alone[:, 0], rtol=1e-6)


class TestSums:
    def test_a_thousand_equal_bins(self) -> None:
        """Added one after the other in float32 they would be off by some 1e-5."""
        values = as_stream(np.full((1025, 5), 0.1))
        np.testing.assert_allclose(total(values), 1025 * np.float64(np.float32(0.1)), rtol=1e-6)


class TestRollOff:
    @pytest.mark.parametrize("share", [0.01, 0.5, 0.85, 0.99])
    @pytest.mark.parametrize("bins", [1, 2, 31, 32, 33, 1025])
    def test_picks_librosas_bin_where_rounding_decides(self, bins: int, share: float) -> None:
        """Equal bins, and bins of nothing: running sums in float32 drift from exact ones."""
        draw = np.random.default_rng(1)
        level = draw.uniform(0.1, 1, 200).astype(np.float32)
        spectra = np.tile(level, (bins, 1))
        spectra[:, 100:] *= draw.random((bins, 100)) < 0.3
        spectra[0, 100:] += np.float32(1e-3)
        n_fft = 2 * (bins - 1)
        frequencies = np.arange(bins) * RATE / max(1, n_fft)
        ours = spectral_rolloff(as_stream(spectra), frequencies, roll_percent=share)
        theirs = librosa.feature.spectral_rolloff(S=spectra, freq=frequencies, roll_percent=share)
        np.testing.assert_array_equal(ours[:, 0, 0], theirs[0].astype(np.float32))


class TestContrast:
    @pytest.mark.parametrize("power", [1.0, 2.0])
    def test_defaults_are_librosas(self, power: float) -> None:
        """Its own call, top_db 80 included; loud, quiet and silent parts in one clip."""
        signal = scene(RATE, 2)
        magnitudes = np.abs(librosa.stft(signal)) ** power
        theirs = librosa.feature.spectral_contrast(S=magnitudes, sr=RATE).T
        item: Item = {"spectral_contrast": {"power": power}}
        ours = extract_array([item], signal)["spectral_contrast"][:, 0]
        heard = magnitudes.sum(axis=0) > 0
        assert 0 < heard.sum() < len(heard)
        np.testing.assert_allclose(ours[heard], theirs[heard], atol=1e-4)
        assert np.isnan(ours[~heard]).all()

    def test_floor_is_each_channels_own(self) -> None:
        signal = scene(RATE, 1)
        both = np.stack([signal, np.float32(1e-3) * signal], axis=1)
        item: Item = {"spectral_contrast": {"power": 2.0, "top_db": 30.0}}
        together = extract_array([item], both)["spectral_contrast"]
        np.testing.assert_allclose(together[:, 0], together[:, 1], atol=1e-3)

    def test_silent_clip_beside_a_loud_channel(self) -> None:
        both = np.stack([silence(RATE, 0.5), noise(RATE, 0.5)], axis=1)
        found = extract_array(["spectral_contrast"], both)["spectral_contrast"]
        assert np.isnan(found[:, 0]).all()
        assert np.isfinite(found[:, 1]).all()


class TestPolynomials:
    @pytest.mark.parametrize("order", [0, 1, 2, 3, 5, 8])
    def test_every_coefficient_is_close(self, order: int) -> None:
        """Columns differ by many powers of ten, so each is held to its own size."""
        signal = scene(RATE, 1)
        magnitudes = np.abs(librosa.stft(signal)).astype(np.float64)
        theirs = librosa.feature.poly_features(S=magnitudes, sr=RATE, order=order).T
        item: Item = {"poly_features": {"order": order}}
        ours = extract_array([item], signal)["poly_features"][:, 0]
        off = np.abs(ours - theirs).max(axis=0) / np.abs(theirs).max(axis=0)
        assert off.max() < 1e-4

    @pytest.mark.parametrize("order", [1, 4, 8])
    def test_weights_are_those_of_polyfit(self, order: int) -> None:
        ours = polynomial_weights(sample_rate=8000, n_fft=128, order=order)
        theirs = np.polyfit(np.arange(65) * 8000 / 128, np.eye(65), order)
        off = np.abs(ours - theirs).max(axis=1) / np.abs(theirs).max(axis=1)
        assert off.max() < 1e-9


class TestGammatone:
    @pytest.mark.parametrize("band", [10, 20, 30])
    def test_response_is_that_of_scipys_filter(self, band: int) -> None:
        """The formula leaves out the mirror image at negative frequency: small above 300 Hz."""
        weights = erb_weights(sample_rate=RATE, n_fft=N_FFT, power=1.0)[band]
        centres = erb_centres(sample_rate=RATE, n_bands=40, fmin=50.0, fmax=None)
        taps = scipy.signal.gammatone(centres[band], "fir", numtaps=8192, fs=RATE)[0]
        _, response = scipy.signal.freqz(taps, 1, HERTZ, fs=RATE)
        theirs = np.abs(response) / np.abs(response).max()
        near = theirs > 0.1
        np.testing.assert_allclose(weights[near], theirs[near], atol=0.01)


class TestStrongPeak:
    @pytest.mark.parametrize(
        ("frame", "strength"),
        [
            ([0, 0, 0, 4, 0, 0], 4 / np.log10(4 / 3)),
            ([0, 0, 2, 4, 3, 1], 4 / np.log10(5 / 2)),
            ([0, 0, 0, 0, 0, 4], 4 / np.log10(6 / 5)),
            ([0, 2, 4, 2, 2, 2], 4 / np.log10(6 / 1)),
            ([4, 1, 0, 0, 0, 0], 0),
            ([2, 4, 0, 0, 0, 0], 0),
            ([1, 1, 1, 1, 1, 1], 0),
            ([0, 0, 0, 0, 0, 0], np.nan),
        ],
    )
    def test_by_hand(self, frame: Sequence[float], strength: float) -> None:
        found = spectral_strong_peak(as_stream(np.array([frame]).T))
        np.testing.assert_allclose(found, strength, rtol=1e-6)


def problems_of(feature: str, given: str, rate: Any = RATE) -> str:
    """What a config with this one feature is told before any audio is read."""
    features = load_features(plugins=False)
    entry = f"{feature}: {{{given}}}" if given else feature
    loaded = load_config(
        f"sample_rate: {rate}\nfeatures:\n  - {entry}\n", "test.yaml", features=features
    )
    if loaded.config is None:
        return "; ".join(loaded.problems)
    return "; ".join(
        f"{t.parameter}: {t.message}" for t in compile_plan(loaded.config, features).troubles
    )


class TestRefused:
    @pytest.mark.parametrize(
        ("feature", "given", "told"),
        [
            ("spectral_contrast", "n_bands: 7", "band 7 of 7 begins at 12800 Hz, not below"),
            ("spectral_contrast", "n_bands: 0", "expected a whole number from 1 to 20, got '0'"),
            ("spectral_contrast", "fmin: 0", "expected a number above 0 (Hz), got '0'"),
            ("spectral_contrast", "fmin: 11025", "expected less than sample_rate / 2 (11025 Hz)"),
            ("spectral_contrast", "n_fft: 64", "bands 0 would hold no FFT bin (those are 344.5 Hz"),
            ("spectral_contrast", "quantile: 1", "expected a number above 0 and below 1, got '1'"),
            ("spectral_rolloff", "roll_percent: 85", "above 0 and below 1, got '85'"),
            ("spectral_rolloff", "roll_percent: 0", "above 0 and below 1, got '0'"),
            ("spectral_flatness", "amin: 0", "expected a number above 0, got '0'"),
            ("spectral_bandwidth", "p: 0", "expected a number above 0, got '0'"),
            ("spectral_slope", "n_fft: 1", "expected at least 2, for two bins to compare, got 1"),
            ("spectral_decrease", "n_fft: 1", "expected at least 2, for two bins to compare"),
            ("spectral_strong_peak", "n_fft: 1", "expected at least 2, for two bins to compare"),
            ("spectral_complexity", "fmin: 5000", "fmin: expected less than fmax (5000 Hz)"),
            ("spectral_complexity", "fmin: 12000, fmax: 13000", "less than sample_rate / 2"),
            ("poly_features", "order: 9", "expected at most 8 (float32 holds no more), got 9"),
            ("poly_features", "order: 4, n_fft: 4", "at most 2 (n_fft 4 has 3 bins), got 4"),
            ("poly_features", "order: -1", "expected a whole number from 0 to 10, got '-1'"),
            ("band_energy", "edges: [500]", "expected at least 2 edges, for one band, got 1"),
            ("band_energy", "edges: []", "expected at least 2 edges, for one band, got 0"),
            ("band_energy", "edges: [200, 200]", "rising frequencies, got 200 after 200"),
            (
                "band_energy",
                "edges: [0, 12000, 13000]",
                "the band from 12000 Hz begins at or above",
            ),
            ("band_energy", "edges: [500, 501, 600]", "1 of 2 bands hold no FFT bin"),
            ("band_energy", "edges: [-1, 600]", "expected a number of at least 0 (Hz), got '-1'"),
            (
                "band_energy",
                "edges: [1, 4 kHz]",
                "at least 0 (Hz), got '4 kHz'; in Hz that is 4000",
            ),
            (
                "band_energy",
                "edges: 500",
                "expected a list of numbers of at least 0 (Hz) or null, got '500'; "
                "a list is written [500]",
            ),
            ("bark_bands", "n_bands: 29", "expected at most 28, got 29"),
            ("bark_bands", "n_bands: 27", "the band from 12000 Hz begins at or above"),
            ("bark_bands", "n_fft: 256", "1 of 25 bands hold no FFT bin"),
            ("erb_bands", "fmax: 12000", "expected at most sample_rate / 2 (11025 Hz), got 12000"),
            ("erb_bands", "fmin: 11025", "expected less than fmax (11025 Hz), got 11025"),
        ],
    )
    def test_before_any_audio(self, feature: str, given: str, told: str) -> None:
        assert told in problems_of(feature, given)

    @pytest.mark.parametrize(
        ("feature", "told"),
        [
            ("band_energy", "edges: must be given where sample_rate is null"),
            ("bark_bands", "n_bands: must be given where sample_rate is null"),
            ("erb_bands", "fmax: must be given where sample_rate is null"),
        ],
    )
    def test_columns_that_would_differ_by_file(self, feature: str, told: str) -> None:
        assert told in problems_of(feature, "", rate="null")

    @pytest.mark.parametrize("rate", [8000, 16000, 44100, 96000])
    def test_band_defaults_fit_every_rate(self, rate: int) -> None:
        for feature in ("band_energy", "bark_bands", "erb_bands"):
            assert problems_of(feature, "n_fft: 4096", rate=rate) == ""


def test_bands_that_touch_hold_every_bin_once() -> None:
    item: Item = {"band_energy": {"edges": (0.0, 300.0, 3400.0, RATE / 2)}}
    found = extract_array([item, {"stft": {"power": 2}}], scene(RATE, 0.5))
    np.testing.assert_allclose(found["band_energy"].sum(-1), found["stft"].sum(-1), rtol=1e-5)


def test_a_list_may_be_written_in_any_way() -> None:
    plans = []
    for edges in (
        "[0, 200, 4e3]",
        "[0.0, 200., 4000]",
        "\n        - 0\n        - 200\n        - 4000",
    ):
        text = f"sample_rate: 22050\nfeatures:\n  - band_energy:\n      edges: {edges}\n"
        loaded = load_config(text, "test.yaml", features=load_features(plugins=False))
        assert loaded.config is not None, loaded.problems
        plans.append(plan_of(loaded.config).hash)
    assert len(set(plans)) == 1
