"""Levels, true peak and stereo of signals with known answers."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.signal import resample

from audiofeat_cli.inspect.levels import LevelMeter
from audiofeat_cli.inspect.stereo import StereoFacts, StereoMeter
from tests.signals import dc, noise, silence, sine, square


def metered(signal: npt.NDArray[Any], *, rate: int = 8000, block: int = 0) -> LevelMeter:
    samples = signal.reshape(len(signal), -1)
    meter = LevelMeter(rate, samples.shape[1])
    for start in range(0, len(samples), block or len(samples)):
        meter.add(samples[start : start + (block or len(samples))])
    return meter


class TestLevels:
    def test_of_a_square_wave_are_full_scale(self) -> None:
        (level,) = metered(square(8000, 1.0)).levels()
        assert (level.peak_dbfs, level.rms_dbfs) == (0, 0)
        assert level.dc == pytest.approx(0, abs=1e-3)
        assert level.clipped == 1

    def test_of_silence_are_none(self) -> None:
        (level,) = metered(silence(8000, 1.0)).levels()
        assert (level.peak_dbfs, level.rms_dbfs, level.silent) == (None, None, 1)

    def test_dc_is_the_mean(self) -> None:
        (level,) = metered(dc(8000, 0.35, 0.25)).levels()
        assert level.dc == pytest.approx(0.25)
        assert level.rms_dbfs == pytest.approx(20 * np.log10(0.25))

    def test_channels_are_told_apart(self) -> None:
        both = np.stack([sine(8000, 1.0), 0.1 * sine(8000, 1.0)], axis=1)
        left, right = metered(both).levels()
        assert left.rms_dbfs is not None
        assert right.rms_dbfs == pytest.approx(left.rms_dbfs - 20)

    def test_silent_is_a_share_of_the_time(self) -> None:
        signal = np.concatenate([silence(8000, 0.3), 0.0009 * square(8000, 0.2), sine(8000, 0.55)])
        (level,) = metered(signal).levels()
        assert level.silent == pytest.approx(0.5 / 1.05)

    def test_two_samples_at_full_scale_are_not_clipped_three_are(self) -> None:
        signal = sine(8000, 1.0)
        signal[100:102] = 1
        assert metered(signal).levels()[0].clipped == 0
        signal[200:203] = -1
        assert metered(signal).levels()[0].clipped == 3 / 8000

    @pytest.mark.parametrize("block", [1, 7, 799, 800, 4096])
    def test_do_not_depend_on_blocks(self, block: int) -> None:
        signal = noise(8000, 1.03)
        for start, length in ((0, 5), (100, 2), (795, 9), (1600, 1600), (8230, 10)):
            signal[start : start + length] = 1
        whole, cut = metered(signal), metered(signal, block=block)
        assert whole.levels()[0].clipped == (5 + 9 + 1600 + 10) / len(signal)
        for one, other in zip(whole.levels(), cut.levels(), strict=True):
            assert one.clipped == other.clipped
            assert (one.peak_dbfs, one.silent) == (other.peak_dbfs, other.silent)
            assert other.rms_dbfs == pytest.approx(one.rms_dbfs)
            assert other.dc == pytest.approx(one.dc)
            assert other.true_peak_dbtp == pytest.approx(one.true_peak_dbtp)


class TestTruePeak:
    def test_between_the_samples_of_a_sine_at_a_quarter_of_the_rate(self) -> None:
        # At 45 degrees: every sample has 0.707 of the amplitude. EBU Tech 3341, case 15 to 19.
        time = np.arange(8000)
        (level,) = metered(np.sin(np.pi / 2 * time + np.pi / 4).astype(np.float32)).levels()
        assert level.peak_dbfs == pytest.approx(-3.01, abs=0.01)
        assert level.true_peak_dbtp == pytest.approx(0, abs=0.3)

    def test_is_never_below_the_peak(self) -> None:
        signal = silence(8000, 0.1)
        signal[300] = 1
        (level,) = metered(signal).levels()
        assert level.true_peak_dbtp == 0

    @pytest.mark.parametrize("seed", range(4))
    def test_is_that_of_an_exact_interpolation(self, seed: int) -> None:
        half_band = noise(8000, 1.0, seed=seed).astype(np.float64)
        signal = resample(half_band, 11000)
        (level,) = metered(signal.astype(np.float32)).levels()
        exact = 20 * np.log10(np.abs(resample(half_band, 176_000)).max())
        assert level.true_peak_dbtp == pytest.approx(exact, abs=0.35)

    def test_is_higher_than_the_peak_where_samples_miss_it(self) -> None:
        (level,) = metered(noise(16000, 1.0, seed=1)).levels()
        assert (level.true_peak_dbtp or 0) > (level.peak_dbfs or 0) + 0.5

    def test_does_not_see_the_seam_between_pieces(self) -> None:
        both = np.concatenate([dc(8000, 0.1, 0.5), dc(8000, 0.1, -0.5)])[:, np.newaxis]
        seen, cut = LevelMeter(8000, 1), LevelMeter(8000, 1)
        for part in (both[:800], both[800:]):
            seen.add(part)
            cut.add(part)
            cut.cut()
        assert cut.levels()[0].true_peak_dbtp == pytest.approx(-6.02, abs=0.1)
        assert (seen.levels()[0].true_peak_dbtp or 0) > -5.5


def compared(left: npt.NDArray[Any], right: npt.NDArray[Any], block: int = 1000) -> StereoFacts:
    both = np.asfortranarray(np.stack([left, right], axis=1))
    meter = StereoMeter()
    for start in range(0, len(both), block):
        meter.add(both[start : start + block])
    return meter.facts()


class TestStereo:
    def test_of_the_same_twice(self) -> None:
        facts = compared(noise(8000, 1), noise(8000, 1))
        assert facts.kind == "identical"
        assert (facts.correlation, facts.balance_db) == pytest.approx((1, 0))
        assert (facts.side_dbfs, facts.side_share) == (None, 0)
        assert facts.mono_change_db == pytest.approx(0)

    def test_of_the_same_at_another_level(self) -> None:
        facts = compared(noise(8000, 1), noise(8000, 1) / 2)
        assert facts.kind == "scaled"
        assert facts.balance_db == pytest.approx(6.02, abs=0.01)

    def test_of_opposites(self) -> None:
        facts = compared(noise(8000, 1), -noise(8000, 1))
        assert facts.kind == "anti_phase"
        assert facts.correlation == pytest.approx(-1)
        assert (facts.mid_dbfs, facts.mono_change_db) == (None, None)
        assert facts.side_dbfs == pytest.approx(-20, abs=0.1)
        assert facts.side_share == 1

    def test_of_strangers(self) -> None:
        facts = compared(noise(8000, 4), noise(8000, 4, seed=1))
        assert facts.kind == "stereo"
        assert facts.correlation == pytest.approx(0, abs=0.02)
        assert facts.mono_change_db == pytest.approx(-3.01, abs=0.1)
        assert facts.side_share == pytest.approx(0.5, abs=0.01)

    def test_of_a_silent_side(self) -> None:
        facts = compared(noise(8000, 1), silence(8000, 1))
        assert (facts.kind, facts.balance_db, facts.correlation) == ("one_sided", None, None)

    def test_of_silence(self) -> None:
        facts = compared(silence(8000, 1), silence(8000, 1))
        assert (facts.kind, facts.mid_dbfs, facts.mono_change_db) == ("silent", None, None)

    def test_a_constant_offset_is_no_correlation(self) -> None:
        facts = compared(noise(8000, 4) + 1, noise(8000, 4, seed=1) + 1)
        assert facts.correlation == pytest.approx(0, abs=0.02)
