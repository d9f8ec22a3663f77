"""Every feature gives the numbers that `tests/reference/<feature>.py` knows from elsewhere."""

import warnings
from importlib.metadata import version

import numpy as np
import pytest

from audiofeat_cli.registry import load_features
from audiofeat_cli.step import Array
from tests.cases import Case, Settings, assert_close, reference_of, referenced
from tests.signals import extract_array, under

FEATURES = sorted(load_features(plugins=False))
PAIRS = [
    pytest.param(name, case, id=f"{name}-{case.title()}")
    for name in referenced()
    for case in reference_of(name).cases
]

OTHERWISE_IN_1_0 = frozenset(
    {
        "cqt-scene-sample_rate=8000-n_fft=512-hop_length=64-n_bins=83",
        "cqt-vowels",
        "harmonic_energies-scene",
        "note-scene",
        "odd_even_ratio-scene",
        "partial_frequencies-scene",
        "pyin-scene",
        "pyin-scene-center=False",
        "pyin-scene-n_thresholds=40-beta_parameters=(1.0,8.0)-boltzmann_parameter=1.0",
        "tristimulus-scene",
    }
)
"""Where librosa 1.0 differs from 0.11, which is followed: the CQT of files at low rates, and the
voicing of one very quiet frame."""


def test_every_feature_has_a_reference_and_every_reference_a_feature() -> None:
    assert referenced() == FEATURES


@pytest.mark.parametrize("name", referenced())
def test_reference_says_why_it_is_not_closer(name: str) -> None:
    reference = reference_of(name)
    assert reference.cases
    assert all(t.why for t in (reference.tolerance, *(c.tolerance for c in reference.cases)) if t)


@pytest.mark.parametrize(("name", "case"), PAIRS)
def test_numbers(name: str, case: Case) -> None:
    if f"{name}-{case.title()}" in OTHERWISE_IN_1_0 and version("librosa") >= "1":
        pytest.skip("librosa 1.0 differs from 0.11 here")
    samples, settings = case.load()
    ours = _ours(name, case, samples, settings)
    theirs = np.asarray(_theirs(name, case, samples, settings), dtype=np.float64)
    tolerance = case.tolerance or reference_of(name).tolerance
    theirs = theirs.reshape(-1, ours.shape[-1])
    # Named outputs are of different units and sizes, the values of one output are not.
    feature = load_features(plugins=False)[name]
    outputs = 2 if feature.level == "event" else max(1, len(feature.outputs))
    for mine, other in zip(*(np.split(v, outputs, axis=-1) for v in (ours, theirs)), strict=True):
        assert_close(mine, other, tolerance)


def _ours(name: str, case: Case, samples: Array, settings: Settings) -> Array:
    item = {name: {**case.parameters, "as": "ours"}}
    got = under(extract_array([item], samples, **settings.as_config()), "ours")
    if load_features(plugins=False)[name].level == "event":
        return got[:, 1:]  # time and value
    return got[:1] if got.ndim == 2 else got[:, 0]


def _theirs(name: str, case: Case, samples: Array, settings: Settings) -> Array | float:
    if case.published is not None:
        return case.published
    own = {k: v for k, v in case.parameters.items() if k in Settings.__dataclass_fields__}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # librosa's, of short or silent signals
        reference = reference_of(name)
        others = {k: v for k, v in case.parameters.items() if k not in own}
        return reference.expected(samples, settings.changed(own), **others)  # type: ignore[no-any-return]
