"""`run_array`: features of samples in memory."""

import numpy as np
import pytest

from audiofeat_cli.arrays import run_array
from audiofeat_cli.errors import ClipError, UsageError
from tests.signals import config_of, extract_array, noise, plan_of, sine

PLAN = plan_of(config_of(["rms", {"mel": {"n_mels": 40}}, "integrated_loudness"]))


def test_gives_arrays_by_column_name() -> None:
    found = run_array(PLAN, noise(22050, 1), 22050)
    assert {name: values.shape for name, values in found.items()} == {
        "rms": (44, 1, 1),
        "mel": (44, 1, 40),
        "integrated_loudness": (1, 1),
    }
    assert found["rms"].dtype == np.float32


def test_a_sine_has_its_level() -> None:
    found = run_array(PLAN, sine(22050, 1, 1000.0, amplitude=0.5), 22050)
    assert found["rms"][20, 0, 0] == pytest.approx(0.5 / np.sqrt(2), rel=1e-3)
    assert found["integrated_loudness"][0, 0] == pytest.approx(-3.01 - 6.02, abs=0.1)


def test_channels_stay_apart_and_native_features_read_all() -> None:
    left, right = sine(22050, 1, 1000.0), np.zeros(22050, np.float32)
    found = run_array(PLAN, np.stack([left, right], axis=1), 22050)
    assert found["mel"].shape == (44, 2, 40)
    assert (found["rms"][:, 1] == 0).all()
    np.testing.assert_array_equal(found["rms"][:, :1], run_array(PLAN, left, 22050)["rms"])
    assert found["integrated_loudness"].shape == (2, 1)
    assert found["integrated_loudness"][0] == found["integrated_loudness"][1]


def test_is_the_one_block_case_of_the_engine() -> None:
    signal = noise(22050, 1)
    whole = run_array(PLAN, signal, 22050)
    cut = extract_array(["rms", {"mel": {"n_mels": 40}}], signal, cuts=[7000, 9000])
    for name, values in cut.items():
        np.testing.assert_allclose(whole[name], values, atol=1e-4)


def test_the_rate_may_be_the_arrays_own() -> None:
    plan = plan_of(config_of(["spectral_centroid"], sample_rate=None))
    for rate in (8000, 16000):
        found = run_array(plan, sine(rate, 1, 1000.0), rate)["spectral_centroid"]
        assert found[5, 0, 0] == pytest.approx(1000, rel=0.02)


def test_lists_and_integers_are_taken_as_numbers() -> None:
    found = run_array(plan_of(config_of(["rms"], n_fft=4)), [1, -1, 1, -1], 22050)
    assert found["rms"][2, 0, 0] == 1


def test_too_short_for_a_frame_is_no_frame() -> None:
    plan = plan_of(config_of(["rms", "mel"], center=False))
    found = run_array(plan, noise(22050, 0.01), 22050)
    assert found["mel"].shape == (0, 1, 128)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(0), r"got shape \(0, 1\)"),
        (np.zeros((0, 2)), r"got shape \(0, 2\)"),
        (np.zeros((2, 2, 2)), r"expected \(n,\) or \(n, channels\) samples"),
        (np.float32(1), r"got shape \(\)"),
        ([0.0, np.nan], "NaN or infinity"),
        ([0.0, 1e300], "NaN or infinity"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
def test_what_is_no_signal_is_refused(samples: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        run_array(PLAN, samples, 22050)  # type: ignore[arg-type]


def test_another_rate_is_refused_with_a_remedy() -> None:
    with pytest.raises(UsageError, match="at 44100 Hz, the plan wants 22050 Hz") as caught:
        run_array(PLAN, noise(44100, 0.1), 44100)
    assert "resample" in caught.value.remedy


def test_a_rate_that_the_plan_cannot_do_is_told() -> None:
    plan = plan_of(config_of([{"mel": {"fmax": 8000.0}}], sample_rate=None))
    with pytest.raises(ClipError, match=r"at 8000 Hz: .*at most sample_rate / 2"):
        run_array(plan, noise(8000, 0.1), 8000)
