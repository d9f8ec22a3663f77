"""Sums and maxima over bins and over the samples of frames, against the plain way."""

import numpy as np
import pytest

from audiofeat_cli.step import Array
from audiofeat_cli.steps.framesum import frame_counts, frame_maxima, frame_sums
from audiofeat_cli.steps.sums import GROUP, at_least, group_sums, largest, total

BINS = (1, GROUP - 1, GROUP, GROUP + 1, 2 * GROUP - 1, 2 * GROUP, 1025)
"""Less than a group, whole groups, and some left over."""


def spectra(bins: int, frames: int = 40) -> Array:
    """(bins, frames) float32."""
    return np.random.default_rng(bins).exponential(size=(bins, frames)).astype(np.float32)


class TestOverBins:
    @pytest.mark.parametrize("bins", BINS)
    def test_group_sums(self, bins: int) -> None:
        flat = spectra(bins)
        exact = [
            flat[start : start + GROUP].sum(axis=0, dtype=np.float64)
            for start in range(0, bins, GROUP)
        ]
        found = group_sums(flat)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, exact, rtol=3e-6)

    def test_group_sums_keep_channels_apart(self) -> None:
        flat = spectra(100).reshape(100, 2, 20)
        found = group_sums(flat)
        assert found.shape == (4, 2, 20)
        np.testing.assert_allclose(found[:, 1], group_sums(flat[:, 1]), rtol=1e-6)

    @pytest.mark.parametrize("bins", BINS)
    def test_total(self, bins: int) -> None:
        flat = spectra(bins)[:, np.newaxis]
        found = total(flat.T)
        assert found.shape == (40, 1, 1)
        np.testing.assert_allclose(found.T, flat.sum(axis=0, dtype=np.float64)[np.newaxis], 3e-6)

    @pytest.mark.parametrize("bins", BINS)
    def test_largest_wherever_it_is(self, bins: int) -> None:
        flat = spectra(bins, frames=bins)
        np.fill_diagonal(flat, 100)
        np.testing.assert_array_equal(largest(flat), np.full(bins, 100))
        flat = spectra(bins) - np.float32(50)
        np.testing.assert_array_equal(largest(flat), flat.max(axis=0))

    @pytest.mark.parametrize("bins", [GROUP - 1, 1025])
    def test_largest_of_a_frame_that_is_not_a_number(self, bins: int) -> None:
        flat = spectra(bins)
        flat[bins - 1, 3] = np.nan
        np.testing.assert_array_equal(np.isnan(largest(flat)), np.arange(40) == 3)

    def test_at_least(self) -> None:
        values = np.array([[[0, 1e-10, 0.5], [-1, np.nan, np.inf]]], np.float32)
        found = at_least(values, 1e-3)
        wanted = np.array([[[1e-3, 1e-3, 0.5], [1e-3, np.nan, np.inf]]], np.float32)
        np.testing.assert_array_equal(found, wanted)
        assert found.dtype == np.float32
        assert values[0, 0, 0] == 0

    def test_at_least_keeps_time_contiguous(self) -> None:
        values = spectra(7).reshape(7, 2, 20).T
        found = at_least(values, 0.5)
        np.testing.assert_array_equal(found, np.maximum(values, np.float32(0.5)))
        assert found.T.flags.c_contiguous


class TestOverFrames:
    @pytest.mark.parametrize(
        ("size", "hop"), [(2048, 512), (1000, 441), (8, 4), (9, 6), (5, 3), (3, 7), (1, 1)]
    )
    def test_counts_sums_and_maxima(self, size: int, hop: int) -> None:
        ones = np.random.default_rng(size).integers(0, 2, (3000, 2)).astype(np.uint8)
        frames = [ones[start : start + size] for start in range(0, 3000 - size + 1, hop)]
        counts = frame_counts(ones, size, hop)
        assert counts.shape == (len(frames), 2, 1)
        assert counts.dtype == np.int32
        expected = np.array([frame.sum(axis=0, dtype=int) for frame in frames])
        np.testing.assert_array_equal(counts[..., 0], expected)
        np.testing.assert_array_equal(frame_sums(ones.astype(float), size, hop)[..., 0], expected)
        tops = frame_maxima(np.cumsum(ones, axis=0, dtype=np.float32), size, hop)
        assert tops.shape == counts.shape
        np.testing.assert_array_equal(tops[0, :, 0], ones[:size].astype(np.float32).sum(axis=0))

    def test_counts_of_frames_full_of_ones(self) -> None:
        """More than a byte holds."""
        counts = frame_counts(np.ones((4096, 1), np.uint8), 2048, 512)
        np.testing.assert_array_equal(counts, np.full((5, 1, 1), 2048))
