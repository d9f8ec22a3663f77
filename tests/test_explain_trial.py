"""What `explain` finds by trial: transforms, what is kept, shortest clips; and what bands cover."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.fft

from audiofeat_cli.arrays import run_array
from audiofeat_cli.explain import spectra
from audiofeat_cli.explain.counting import TransformCounter
from audiofeat_cli.explain.facts import Explanation, explain
from audiofeat_cli.explain.probe import longest_tried, pruned, shortest_clips
from audiofeat_cli.explain.text import explanation_text
from audiofeat_cli.plan import Plan
from audiofeat_cli.planning import Planned, load_plan
from audiofeat_cli.registry import load_features
from audiofeat_cli.run.segments import Grid
from audiofeat_cli.schema import clips_schema, events_schema
from audiofeat_cli.step import Array, Feature, analysis_samples, clip, feature
from audiofeat_cli.steps.spectrum import framing
from audiofeat_cli.stream import Program
from tests.signals import config_of, noise, plan_of


def facts_of(name: str, *overrides: str) -> Explanation:
    return explain(load_plan(name, overrides))


def toy_facts(toys: Mapping[str, Feature], **settings: Any) -> Explanation:
    registry = {**load_features(plugins=False), **toys}
    config = config_of([*toys], n_fft=256, sample_rate=8000, **settings)
    return explain(Planned("toys.yaml", plan_of(config, registry), ()))


def said(facts: Explanation) -> str:
    return " ".join(explanation_text(facts).split())


@feature(analysis_samples, reach=framing, unit="1", gain="none", reference="none")
def twice(samples: Array, *, n_fft: int, hop_length: int) -> Array:
    """Two transforms of each frame."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, n_fft, axis=0)[::hop_length]
    return np.asarray(scipy.fft.irfft(scipy.fft.rfft(frames))[..., :1], dtype=np.float32)


@feature(analysis_samples, kind="clip", unit="1", gain="none", reference="none")
def once(samples: Array) -> Array:
    """One transform of the whole clip."""
    return np.asarray(np.abs(scipy.fft.rfft(samples, axis=0)[:1]).T)


def _largest(state: Array | None) -> Array:
    found = np.zeros(2) if state is None else state
    return np.asarray(scipy.fft.fft(found).real[:1][np.newaxis])


@clip(analysis_samples, finish=_largest)
def loudest(state: Array | None, samples: Array) -> Array:
    """A fold, with one transform in the end."""
    top = np.array([np.abs(samples).max(), 0.0])
    return top if state is None else np.maximum(state, top)


@feature(loudest, analysis_samples, reach=framing, unit="1", gain="none", reference="none")
def folded(loudest: Array, samples: Array, *, n_fft: int, hop_length: int) -> Array:
    """The loudest sample, for each frame."""
    frames = len(samples[: len(samples) - n_fft + 1 : hop_length])
    return np.full((frames, samples.shape[1], 1), loudest[0, 0], np.float32)


@feature(analysis_samples, kind="clip", unit="1", gain="none", reference="none")
def periodic(samples: Array) -> float:
    """Largest autocorrelation at 2 to 100 samples; null below a half, and in under 200 samples."""
    signal = samples[:, 0].astype(np.float64)
    if len(signal) < 200:
        return float("nan")
    top = max(signal[k:] @ signal[:-k] for k in range(2, 100)) / (signal @ signal)
    return float(top) if top > 0.5 else float("nan")


@feature(analysis_samples, kind="clip", level="event", unit="FS", gain="linear", reference="none")
def loud_samples(samples: Array) -> list[Array]:
    """Samples near full scale.

    At least 300 samples in.
    """
    at = [np.flatnonzero(np.abs(c[300:]) > 0.4) + 300 for c in samples.T]
    return [np.stack([t / 8000, c[t]], axis=1) for t, c in zip(at, samples.T, strict=True)]


@feature(analysis_samples, reach=framing, unit="1", gain="none", reference="none")
def broken(samples: Array, *, n_fft: int) -> Array:
    """Fails on every clip."""
    raise ZeroDivisionError(f"{n_fft} of {samples.shape}")


@pytest.mark.parametrize(
    ("call", "count"),
    [
        (lambda: scipy.fft.rfft(np.ones((3, 8))), 3),
        (lambda: scipy.fft.fft(np.ones((3, 8)), axis=0), 8),
        (lambda: scipy.fft.ifft(np.ones((3, 8)), 16, 0), 8),
        (lambda: scipy.fft.irfft(np.ones(5)), 1),
        (lambda: scipy.fft.fft2(np.ones((5, 4, 4)), axes=(1, 2)), 5),
        (lambda: scipy.fft.rfftn(np.ones((5, 4, 4))), 1),
        (lambda: scipy.fft.dct(np.ones((3, 8))), 0),
    ],
)  # fmt: skip
def test_transforms_are_counted(call: Any, count: int) -> None:
    counter = TransformCounter()
    with counter.counting():
        call()
    assert counter.count == count
    call()
    assert counter.count == count


def test_every_step_that_transforms_is_counted_without_saying_so() -> None:
    facts = toy_facts({"twice": twice, "once": once, "folded": folded})
    found = {step.step: (step.per_hour, step.per_clip) for step in facts.transforms}
    frames = facts.grid.frames_per_hour
    assert found == {"twice": (2 * frames, 0), "once": (0, 1), "loudest": (0, 1)}
    assert facts.ffts_per_hour == 2 * frames
    assert facts.spectra == ()


def test_what_a_recursion_transforms_in_the_end_is_of_its_last_frames() -> None:
    """The constant-Q transform gathers frames: its octaves make 7 transforms of each in all."""
    facts = facts_of("mel", "features=[cqt]")
    assert [s.per_clip for s in facts.transforms] == [0] * len(facts.transforms)
    assert facts.ffts_per_hour == 7 * facts.grid.frames_per_hour


def test_spectra_that_share_a_window_are_told_once_and_counted_twice() -> None:
    facts = facts_of("mel", "features=[mel, stft_phase]")
    assert [s.features for s in facts.spectra] == [("mel", "stft_phase")]
    assert facts.ffts_per_hour == 2 * facts.grid.frames_per_hour


@pytest.mark.parametrize("center", ["true", "false"])
def test_ffts_and_kept_bytes_are_exact_whatever_the_grid(center: str) -> None:
    facts = facts_of("chroma", f"center={center}", "hop_length=300", "n_fft=1000")
    assert facts.ffts_per_hour == facts.grid.frames_per_hour
    assert facts.kept[0].bytes_per_hour == facts.grid.frames_per_hour * 501 * 4


@pytest.mark.parametrize("overrides", [["n_fft=262144"], ["hop_length=1"], ["hop_length=1000000"]])
def test_a_trial_stays_small(overrides: list[str]) -> None:
    """Whatever the config, it transforms some million samples and then knows."""
    planned = load_plan("mel", ["features=[spectral_flux]", *overrides])
    counter = TransformCounter()
    with counter.counting():
        facts = explain(planned)
    assert counter.count * facts.grid.frame_length < 2**28
    assert facts.ffts_per_hour == facts.grid.frames_per_hour
    assert longest_tried(planned.plan, 22050) <= 2**22


def shortest(facts: Explanation) -> dict[str, int | None]:
    return {found.feature: found.samples for found in facts.shortest}


def test_shortest_clips() -> None:
    features = "[rms, mfcc, {delta: {of: mfcc}}, {delta: {of: rms, width: 5}}, spectral_flux, "
    facts = facts_of("mfcc", f"features={features} integrated_loudness, zero_crossing_rate]")
    assert shortest(facts) == {
        "rms": 1,
        "mfcc": 1,
        "mfcc_delta": 8 * 512,
        "rms_delta": 4 * 512,
        "spectral_flux": 512,
        "integrated_loudness": 8820,
        "zero_crossing_rate": 1,
    }
    assert "512 samples (23.22 ms) for a value of spectral_flux 2048 samples" in said(facts)
    assert "8820 samples (400 ms) for a value of integrated_loudness" in said(facts)


@pytest.mark.parametrize("center", ["true", "false"])
def test_a_clip_that_is_one_sample_shorter_has_no_value(center: str) -> None:
    features = "features=[rms, {delta: {of: rms}}, spectral_flux]"
    overrides = [features, f"center={center}", "hop_length=301"]
    plan = load_plan("mfcc", overrides).plan
    for alias, samples in shortest(facts_of("mfcc", *overrides)).items():
        assert samples is not None
        enough = run_array(plan, noise(22050, 1)[:samples], 22050)[alias]
        assert np.isfinite(enough).any()
        if samples > 1:
            short = run_array(plan, noise(22050, 1)[: samples - 1], 22050)[alias]
            assert not np.isfinite(short).any()


def test_what_noise_lacks_is_looked_for_in_a_tone() -> None:
    """A pitch, for one: noise alone would find no clip long enough."""
    assert np.isnan(periodic(noise(8000, 1)[:, np.newaxis]))
    assert shortest(toy_facts({"periodic": periodic})) == {"periodic": 200}


def test_a_feature_that_fails_is_said_and_hides_no_other() -> None:
    facts = toy_facts({"broken": broken, "twice": twice})
    assert shortest(facts) == {"broken": None, "twice": 1}
    text = said(facts)
    assert "warning: numbers of the trial run are missing: broken: ZeroDivisionError" in text
    assert "no value of broken in clips of up to 512000 samples of noise" in text


def test_a_pruned_plan_gives_the_same() -> None:
    plan = load_plan("mfcc", ["features=[mel, chroma_stft, rms, mfcc]"]).plan
    whole = run_array(plan, noise(22050, 1), 22050)
    part = pruned(plan, [1, 2])
    assert len(part.nodes) < len(plan.nodes)
    found = run_array(part, noise(22050, 1), 22050)
    assert list(found) == ["chroma_stft", "rms"]
    for alias, values in found.items():
        assert np.array_equal(values, whole[alias])


def test_events_are_rows_of_a_table_of_their_own() -> None:
    facts = toy_facts({"loud_samples": loud_samples, "twice": twice}, channels="each")
    found = shortest(facts)["loud_samples"]
    assert found is not None
    assert 300 < found < 400
    events = facts.tables[-1]
    assert list(events.keys) == events_schema(facts.plan).names
    assert [group.feature for group in events.groups] == ["loud_samples"]
    assert (events.name, events.columns, events.rows, events.bytes) == ("events", 5, None, None)
    assert (
        "Table events: 5 columns; a row for each event\n"
        "  path, channel, kind, time, value\n"
        "  loud_samples (FS): Samples near full scale.\n"
    ) in explanation_text(facts)
    assert facts.as_dict()["tables"][-1]["rows"] is None


def test_dead_bands_are_named() -> None:
    wide = ["sample_rate=44100", "n_fft=512"]
    facts = facts_of("mel", *wide, "features.mel.allow_empty_bands=true")
    (bank,) = facts.bands
    planned = load_plan("mel", [*wide, "features.mel.allow_empty_bands=true"])
    found = run_array(planned.plan, noise(44100, 1), 44100)["mel"]
    silent = np.flatnonzero((found == found.min()).all(axis=(0, 1)))
    assert bank.dead == tuple(silent)
    assert len(bank.dead) > 0
    shown = ", ".join(map(str, bank.dead[:3]))
    assert f"dead bands {len(bank.dead)} of 128 cover no bin and are always 0: {shown}" in said(
        facts
    )
    assert "dead bands" not in said(facts_of("mel"))


def test_bands_of_the_same_filterbank_are_told_once() -> None:
    facts = facts_of("mel", "features=[mel, mfcc, {mel: {n_mels: 40, as: mel_40}}]")
    assert [(b.count, b.features) for b in facts.bands] == [
        (128, ("mel", "mfcc")),
        (40, ("mel_40",)),
    ]
    assert facts.bands[0].narrowest == 0
    assert facts.bands[0].narrowest_bins == pytest.approx(25.79 / 10.7666, rel=1e-3)
    assert "narrower than that" not in said(facts)
    tight = facts_of("mel", "features.mel.n_mels=320", "features.mel.allow_empty_bands=true")
    assert "(0.963 x the distance of bins): narrower than that, bands repeat" in said(tight)


def test_widths_are_measured_where_no_formula_is_known() -> None:
    """The general way, on the mel bands that have a formula."""
    plan = load_plan("mel").plan
    index = next(i for i, n in enumerate(plan.nodes) if n.title == "mel_filterbank")
    exact = spectra._mel_widths(dict(plan.nodes[index].parameters))
    measured = spectra._measured_widths(plan, index, 128)
    assert len(measured) >= 127
    assert [measured[k] for k in measured] == pytest.approx([exact[k] for k in measured], rel=0.02)


@pytest.mark.parametrize("features", ["[{chroma_stft: {tuning: 0}}]", "[poly_features, mfcc]"])
def test_what_is_no_filterbank_is_passed_over(features: str) -> None:
    plan = load_plan("chroma", [f"features={features}"]).plan
    banks = [b.step for b in spectra.bands_of(plan, Program(plan).values)]
    assert banks == (["mel_filterbank"] if "mfcc" in features else [])


def test_rectangular_bands_are_measured_too() -> None:
    (bank,) = facts_of("mel", "features=[bark_bands]", "n_fft=4096").bands
    assert bank.narrowest_hz == pytest.approx(50, rel=0.01)
    assert bank.dead == ()


def segmented(length: str, hop: str, *more: str) -> Explanation:
    return facts_of("mfcc", f"segments={{length: {length}, hop: {hop}}}", *more)


@pytest.mark.parametrize(
    ("length", "hop", "rows"),
    [("3 s", "1.5 s", 2400), ("1 s", "1 s", 3600), ("7000 s", "10 s", 11), ("8000 s", "1 s", 1)],
)
def test_rows_of_segments(length: str, hop: str, rows: int) -> None:
    facts = segmented(length, hop)
    table = next(t for t in facts.tables if t.name == "clips")
    assert table.rows == rows == Grid.of(facts.plan.config, 22050).count(Fraction(3600))
    assert table.per == "hour of audio"
    schema = clips_schema(facts.plan)
    assert table.columns == len(schema.names)
    assert list(table.keys) == schema.names[: len(table.keys)]


def test_segments_in_words() -> None:
    text = said(segmented("3 s", "1.5 s"))
    assert "2400 rows of 3 s every 1.5 s, 847 kB uncompressed per hour of audio" in text


def test_order_statistics_keep_values() -> None:
    facts = facts_of("mfcc", "pooling=[mean, median, p95]", "features=[mfcc, integrated_loudness]")
    assert facts.ordered is not None
    assert facts.ordered.bytes_per_hour == 4 * 13 * facts.grid.frames_per_hour
    assert (
        "median, p95 of mfcc keep every value until the clip is over, 8.06 MB per hour of audio; "
        "what is more than 67.1 MB goes to disk"
    ) in said(facts)
    cut = segmented("3 s", "3 s", "pooling=[median]", "features=[mfcc]")
    assert "until its segments are over, 6.72 kB for each segment" in said(cut)
    for other in ("pooling=[mean, std]", "tables=[frames]"):
        assert facts_of("mfcc", other).ordered is None


def test_many_statistics_are_told_in_one_line() -> None:
    text = explanation_text(facts_of("mfcc", "features=[mfcc]", "pooling=[mean, var, std, min]"))
    assert "  mfcc_00_mean .. mfcc_12_mean (dB); also _var ((dB)^2), _std _min (dB)\n" in text


def test_no_rate_and_native_features_are_tried_at_the_assumed_rate() -> None:
    planned = load_plan("mel", ["sample_rate=null", "features=[rms, integrated_loudness]"])
    facts = explain(planned)
    assert shortest(facts) == {"rms": 1, "integrated_loudness": 17640}
    fresh: Plan = replace(facts.plan)
    assert shortest_clips(fresh, 44100) == [1, 17640]
