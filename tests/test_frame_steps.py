"""Steps over frames and bands against other libraries and against loops."""

import warnings

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal

from audiofeat_cli.step import Array
from audiofeat_cli.steps.framesum import frame_maxima
from audiofeat_cli.steps.neighbours import band_maximum
from audiofeat_cli.steps.onset import window_delay
from audiofeat_cli.steps.smooth import one_pole
from audiofeat_cli.steps.variance import Moments, merged, whole, windowed


def draw(*shape: int) -> Array:
    return np.asarray(np.random.default_rng(3).normal(5, 2, size=shape))


class TestOnePole:
    @pytest.mark.parametrize("keep", [0.0, 0.3, 0.99, 0.99999])
    @pytest.mark.parametrize("frames", [1, 31, 32, 33, 200])
    def test_is_scipys_filter(self, keep: float, frames: int) -> None:
        values, before = draw(4, 2, frames), draw(4, 2)
        theirs, _ = scipy.signal.lfilter(
            [1.0], [1.0, -keep], values, zi=keep * before[..., np.newaxis]
        )
        np.testing.assert_allclose(one_pole(values, before, keep=keep), theirs, rtol=1e-12)

    def test_pieces_go_on_where_the_last_ended(self) -> None:
        values = draw(3, 100)
        first = one_pole(values[:, :41], np.zeros(3), keep=0.9)
        second = one_pole(values[:, 41:], first[:, -1], keep=0.9)
        joined = np.concatenate([first, second], axis=1)
        np.testing.assert_allclose(joined, one_pole(values, np.zeros(3), keep=0.9), rtol=1e-12)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 9, 10])
def test_band_maximum_is_scipys(size: int) -> None:
    bands = draw(6, 2, 10)
    theirs = scipy.ndimage.maximum_filter1d(bands, size, axis=-1)
    np.testing.assert_array_equal(band_maximum(bands, size), theirs)


@pytest.mark.parametrize(("size", "hop"), [(8, 2), (7, 3), (4, 4), (3, 5), (1, 1)])
def test_frame_maxima(size: int, hop: int) -> None:
    samples = draw(50, 2)
    slow = [samples[at : at + size].max(axis=0) for at in range(0, 50 - size + 1, hop)]
    np.testing.assert_array_equal(frame_maxima(samples, size, hop)[..., 0], slow)


def test_delay_of_an_onset_is_half_a_window() -> None:
    assert window_delay(n_fft=2048, hop_length=512, center=True) == 2
    assert window_delay(n_fft=2048, hop_length=512, center=False) == 0


class TestWindowed:
    @pytest.mark.parametrize("length", [1, 2, 3, 4, 7, 43, 64, 90])
    @pytest.mark.parametrize("nulls", [False, True])
    def test_is_the_loops(self, length: int, nulls: bool) -> None:
        values = draw(3, 2, 90)
        if nulls:
            values[0, 0, 5] = values[1, :, 20:29] = np.nan
        found = windowed(values, length)
        cuts = [values[..., t : t + length] for t in range(90 - length + 1)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numpy's, where all of a window is null
            means = np.stack([np.nanmean(cut, axis=-1) for cut in cuts], axis=-1)
            variances = np.stack([np.nanvar(cut, axis=-1) for cut in cuts], axis=-1)
        np.testing.assert_allclose(found.average, means, rtol=1e-12)
        np.testing.assert_allclose(found.variance, variances, rtol=1e-12, atol=1e-20)

    def test_quiet_after_loud_keeps_its_digits(self) -> None:
        quiet = 1e-6 * draw(40)
        found = windowed(np.concatenate([1e6 * draw(40), quiet]), 10)
        np.testing.assert_allclose(found.variance[-1], quiet[-10:].var(), rtol=1e-12)

    @pytest.mark.parametrize("length", [3, 30, 43])
    def test_a_constant_has_no_variance_at_all(self, length: int) -> None:
        values = np.full(100, np.float32(-1131.3708))
        assert (windowed(values, length).squares == 0).all()


class TestWhole:
    def test_parts_merge_to_the_whole(self) -> None:
        values = draw(3, 100)
        values[1, 30:60] = values[2] = np.nan
        together = whole(values)
        found = whole(values[:, :7])
        for start, stop in ((7, 40), (40, 50), (50, 100)):
            found = merged(found, whole(values[:, start:stop]))
        np.testing.assert_array_equal(found.count, [100, 70, 0])
        np.testing.assert_allclose(found.average[:2], np.nanmean(values[:2], axis=1), rtol=1e-12)
        np.testing.assert_allclose(found.variance[:2], np.nanvar(values[:2], axis=1), rtol=1e-12)
        np.testing.assert_allclose(found.variance, together.variance, rtol=1e-12)
        assert np.isnan(found.average[2])
        assert np.isnan(found.variance[2])

    def test_rounding_is_no_variance(self) -> None:
        mean = np.full(2, 1000.0)
        off = np.array([0.9e-3, 1.1e-3])
        found = Moments(1, mean, off**2).variance
        np.testing.assert_array_equal(found == 0, [True, False])
