"""Onsets, tempo and beats: known rhythms, nothing where there is none, what a config may say."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from audiofeat_cli.compiler import compile_plan
from audiofeat_cli.registry import load_features
from audiofeat_cli.step import Array
from audiofeat_cli.steps import tempogram
from audiofeat_cli.steps.beats import beat_frames
from audiofeat_cli.steps.beatsync import over_frames
from audiofeat_cli.steps.tempogram import (
    Norm,
    local_autocorrelation,
    local_spectrum,
    mean_autocorrelation,
)
from tests import signals
from tests.cases import SAMPLE_AUDIO
from tests.signals import Item, config_of, extract_array, plan_of

TRUTH = json.loads((SAMPLE_AUDIO / "ground_truth.json").read_text())
TRUTH = TRUTH.get("files", TRUTH)
RHYTHMS = sorted(name for name, facts in TRUTH.items() if "tempo_bpm" in facts)
RATE = 22050


def sample(name: str) -> Array:
    """Mono at 22050 Hz."""
    import soxr

    samples, rate = sf.read(SAMPLE_AUDIO / name, always_2d=True)
    return np.asarray(soxr.resample(samples.mean(axis=1), rate, RATE), dtype=np.float32)


def values(feature: Item, signal: Array, **settings: Any) -> dict[str, Array]:
    return extract_array([feature], signal, **settings)


def clip_value(feature: str, signal: Array, **settings: Any) -> float:
    found = values(feature, signal, **settings)[feature]
    assert found.size == 1
    return float(found.ravel()[0])


def messages(feature: str, parameters: Mapping[str, Any], **settings: Any) -> list[str]:
    config = config_of([{feature: parameters}], **settings)
    found = compile_plan(config, load_features(plugins=False)).troubles
    return [trouble.message for trouble in found if not trouble.warning]


class TestGroundTruth:
    @pytest.mark.parametrize("name", RHYTHMS)
    def test_tempo_is_the_beats_rate(self, name: str) -> None:
        bpm = TRUTH[name]["tempo_bpm"]
        assert clip_value("tempo", sample(name)) == pytest.approx(bpm, rel=0.002)

    @pytest.mark.parametrize("name", RHYTHMS)
    def test_beats_come_where_they_are(self, name: str) -> None:
        found = values("beats", sample(name))["beats"][:, 1]
        truth = np.array(TRUTH[name]["beat_times_s"])
        nearest = np.abs(found[:, np.newaxis] - truth).min(axis=1)
        assert len(found) >= len(truth) - 2
        assert nearest.max() < 0.07

    @pytest.mark.parametrize("name", RHYTHMS)
    def test_onsets_come_where_they_are(self, name: str) -> None:
        found = values("onsets", sample(name))["onsets"][:, 1]
        truth = np.array(TRUTH[name]["onset_times_s"])
        nearest = np.abs(found - truth[:, np.newaxis]).min(axis=1)
        assert (nearest < 0.05).mean() > 0.9

    def test_even_beats_vary_by_less_than_a_frame(self) -> None:
        found = clip_value("beat_irregularity", sample(RHYTHMS[0]))
        assert 0 <= found < 0.5 / (0.6 * RATE / 512)

    def test_refine_false_gives_a_whole_lag(self) -> None:
        name = next(n for n in RHYTHMS if TRUTH[n]["tempo_bpm"] == 120)
        found = values({"tempo": {"refine": False}}, sample(name))["tempo"]
        assert found.item() == pytest.approx(60 * RATE / 512 / 22)

    def test_the_second_tempo_is_another_level_of_the_metre(self) -> None:
        name = next(n for n in RHYTHMS if TRUTH[n]["tempo_bpm"] == 120)
        found = values("tempo", sample(name))
        assert found["tempo_second"].item() == pytest.approx(60, rel=0.01)
        assert 1 > found["tempo_weight"].item() > found["tempo_second_weight"].item() > 0


NO_RHYTHM = {
    "silence": signals.silence(RATE, 4),
    "dc": signals.dc(RATE, 4),
    "one click": signals.clicks(RATE, 4, 10),
    "two clicks": signals.clicks(RATE, 4, 2.5),
    "sine": signals.sine(RATE, 4),
    "one period": signals.sine(RATE, 0.002, 500),
    "one sample": np.ones(1, np.float32),
    "a note": sample("notes/plucked_222hz.wav"),
}


class TestNothing:
    @pytest.mark.parametrize("feature", ["tempo", "beat_irregularity"])
    @pytest.mark.parametrize("name", NO_RHYTHM)
    def test_no_rhythm_no_tempo(self, name: str, feature: str) -> None:
        assert np.isnan(clip_value(feature, NO_RHYTHM[name]))

    @pytest.mark.parametrize("name", NO_RHYTHM)
    def test_no_rhythm_no_beats(self, name: str) -> None:
        assert len(values("beats", NO_RHYTHM[name])["beats"]) == 0
        assert clip_value("beat_count", NO_RHYTHM[name]) == 0

    @pytest.mark.parametrize("name", ["silence", "one sample"])
    def test_silence_has_no_onsets(self, name: str) -> None:
        assert len(values("onsets", NO_RHYTHM[name])["onsets"]) == 0
        assert clip_value("onset_rate", NO_RHYTHM[name]) == 0

    @pytest.mark.parametrize(
        "feature", ["tempo", "onset_count", "onset_rate", "beat_count", "beat_irregularity"]
    )
    def test_a_clip_without_a_frame_has_none(self, feature: str) -> None:
        assert np.isnan(clip_value(feature, np.ones(500, np.float32), center=False))

    def test_without_a_frame_no_events_and_no_rows(self) -> None:
        listed: list[Item] = ["beats", "onsets", {"beat_sync": {"of": "rms"}}]
        found = extract_array(listed, np.ones(500, np.float32), center=False)
        assert found["beats"].shape == found["onsets"].shape == (0, 3)
        assert found["rms_beat_sync"].shape == (0, 1, 1)

    def test_a_tempo_at_8_khz(self) -> None:
        loud = [signals.noise(8000, 0.05, 0.3, seed=3), signals.silence(8000, 0.45)]
        signal = np.concatenate(loud * 12)
        assert clip_value("tempo", signal, sample_rate=8000) == pytest.approx(120, rel=0.02)


def test_each_channel_has_a_rhythm_of_its_own() -> None:
    def bursts(period: float) -> Array:
        gate = (np.arange(6 * RATE) / RATE) % period < 0.05
        return np.asarray(signals.noise(RATE, 6, 0.3) * gate, dtype=np.float32)

    stereo = np.stack([bursts(0.5), bursts(0.6), signals.silence(RATE, 6)], axis=1)
    found = extract_array(["tempo", "beats", "beat_count"], stereo, channels="each")
    np.testing.assert_allclose(found["tempo"][:, 0], [120, 100, np.nan], rtol=0.02)
    count = [int(np.sum(found["beats"][:, 0] == channel)) for channel in range(3)]
    assert count == found["beat_count"][:, 0].tolist()
    assert count[0] > count[1] > count[2] == 0


def test_the_mean_tempogram_is_that_of_the_tempograms() -> None:
    envelope = np.abs(signals.noise(100, 3))
    shape = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(40) / 40)
    ramped = np.pad(envelope.astype(np.float64), 20, mode="linear_ramp")
    each = []
    for start in range(len(envelope)):
        frame = ramped[start : start + 40] * shape
        found = np.correlate(frame, frame, "full")[39:]
        each.append(found / found[0])
    mean = np.mean(each, axis=0)
    np.testing.assert_allclose(mean_autocorrelation(envelope, 40), mean, atol=1e-7)


def autocorrelations(envelope: Array, length: int) -> Array:
    """(windows, lags) of each stretch of a (items,) envelope, by definition and in float64."""
    shape = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    frames = np.lib.stride_tricks.sliding_window_view(envelope.astype(np.float64), length) * shape
    return np.array([np.correlate(frame, frame, "full")[length - 1 :] for frame in frames])


class TestLocalAutocorrelation:
    envelope = np.abs(signals.noise(300, 2)).reshape(-1, 2, 1)

    @pytest.mark.parametrize("length", [2, 7, 40, 97])
    @pytest.mark.parametrize("norm", ["inf", "1", "2", None])
    def test_is_that_of_each_window(self, length: int, norm: Norm | None) -> None:
        found = local_autocorrelation(self.envelope, tempogram_length=length, norm=norm)
        assert found.dtype == np.float32
        assert len(found) == len(self.envelope) - 2 * (length // 2)
        for channel in range(2):
            wanted = autocorrelations(self.envelope[:, channel, 0], length)[: len(found)]
            if norm is not None:
                wanted /= np.linalg.norm(wanted, ord=float(norm), axis=1, keepdims=True)
            np.testing.assert_allclose(found[:, channel], wanted, atol=2e-6 * wanted.max())

    @pytest.mark.parametrize("step", [local_autocorrelation, local_spectrum])
    def test_stretches_and_machine_code_change_nothing(
        self, step: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = step(self.envelope, tempogram_length=40)
        monkeypatch.setattr(tempogram, "_TOGETHER", 1)
        np.testing.assert_allclose(step(self.envelope, tempogram_length=40), whole, atol=1e-5)
        monkeypatch.setattr(tempogram, "frame_transform", lambda *_: None)
        np.testing.assert_allclose(step(self.envelope, tempogram_length=40), whole, atol=1e-5)

    @pytest.mark.parametrize("norm", ["inf", "1", "2", None])
    def test_silence_is_0_and_what_is_faint_is_not(self, norm: Norm | None) -> None:
        envelope = np.zeros((200, 1, 1), np.float32)
        envelope[150:] = 1e-12
        found = local_autocorrelation(envelope, tempogram_length=40, norm=norm)
        assert not found[:110].any()
        assert (found[120:, 0, 0] > 0).all()
        if norm == "inf":
            assert (found[120:, 0, 0] == 1).all()


def rough_envelope(seed: int) -> Array:
    """(frames,) peaks at uneven distances, faint at both ends."""
    draw = np.random.default_rng(seed)
    envelope = draw.exponential(0.1, 400)
    envelope[:: draw.integers(9, 40)] += 3
    envelope[: draw.integers(1, 150)] *= 10.0 ** -draw.integers(1, 5)
    envelope[-draw.integers(1, 150) :] *= 10.0 ** -draw.integers(1, 5)
    envelope[0] = 0  # nothing came before it
    return envelope.astype(np.float32)


@pytest.mark.parametrize("trim", [True, False])
@pytest.mark.parametrize("seed", range(30))
def test_beats_are_librosas_on_any_envelope(seed: int, trim: bool) -> None:
    import librosa

    envelope = rough_envelope(seed)
    lag = 2 + 3 * seed
    tightness = 0.02 * 3.0 ** (seed % 8)  # 1e-2: gaps of any length, 4e1: even ones
    found = beat_frames(envelope[np.newaxis], np.array([[lag]]), trim=trim, tightness=tightness)
    _, theirs = librosa.beat.beat_track(
        onset_envelope=envelope, bpm=60 * RATE / 512 / lag, trim=trim, tightness=tightness
    )
    assert found[0][:, 0].tolist() == theirs.tolist()


class TestBeatSync:
    def test_frames_of_an_interval_have_one_value(self) -> None:
        signal = sample(RHYTHMS[0])
        found = extract_array(["rms", "beats", {"beat_sync": {"of": "rms"}}], signal)
        at = np.round(found["beats"][:, 1] * RATE / 512).astype(int)
        parts = np.split(found["rms"][:, 0, 0], at[at > 0])
        wanted = np.concatenate([np.full(len(part), part.mean()) for part in parts])
        np.testing.assert_allclose(found["rms_beat_sync"][:, 0, 0], wanted, rtol=1e-5)

    def test_cuts_change_nothing(self) -> None:
        signal = sample(RHYTHMS[0])
        item = {"beat_sync": {"of": "rms", "statistic": "median", "as": "it"}}
        whole = values(item, signal)["it"]
        for cuts in ([7000] * 31, [512, 30000, 100, 65536], [60000]):
            found = extract_array([item], signal, cuts=cuts)["it"]
            np.testing.assert_allclose(found, whole, rtol=1e-5)

    @pytest.mark.parametrize("statistic", ["mean", "median", "min", "max"])
    @pytest.mark.parametrize("count", [1, 4, 5])
    def test_nulls_are_passed_over(self, statistic: str, count: int) -> None:
        part = signals.noise(count, 3).reshape(count, 3)
        part[0, 1] = part[:, 2] = np.nan
        wanted = getattr(np, f"nan{statistic}")(part[:, :2] if count > 1 else part[:, :1], axis=0)
        found = over_frames(part, statistic)  # type: ignore[arg-type]
        np.testing.assert_allclose(found[: len(wanted)], wanted, rtol=1e-6)
        assert np.isnan(found[2])


class TestConfig:
    @pytest.mark.parametrize(
        ("feature", "parameters", "said"),
        [
            ("tempo", {"ac_size": 0.05}, "at least 4 frames"),
            ("tempo", {"max_tempo": 5.0}, "that of the longest lag"),
            ("tempo", {"max_tempo": 40.0, "ac_size": 1.0}, "that of the longest lag"),
            ("tempogram_ratio", {"max_tempo": 5.0}, "that of the longest lag"),
            ("onsets", {"post_max": 0}, "at least 1 frame"),
            ("onset_rate", {"post_avg": 0}, "at least 1 frame"),
            ("beats", {"bpm": 2000.0}, "2 frames a beat"),
            ("onset_strength_multi", {"band_edges": (0, 200)}, "from 0 to n_mels (128)"),
            ("onset_strength_multi", {"band_edges": (-1, 20)}, "from 0 to n_mels (128)"),
            ("onset_strength_multi", {"band_edges": (9, 9)}, "that rise"),
            ("onset_strength_multi", {"n_mels": 3}, "at least 4 mel bands"),
            ("onset_strength_multi", {"max_size": 200}, "at most n_mels"),
        ],
    )
    def test_what_cannot_work_is_refused(
        self, feature: str, parameters: dict[str, Any], said: str
    ) -> None:
        assert any(said in message for message in messages(feature, parameters))

    @pytest.mark.parametrize("feature", ["tempogram", "fourier_tempogram", "tempogram_ratio"])
    def test_lags_want_one_rate(self, feature: str) -> None:
        found = messages(feature, {"fmax": 8000.0}, sample_rate=None)
        assert any("another tempo" in message for message in found)

    def test_a_tempo_does_not(self) -> None:
        assert messages("tempo", {"fmax": 8000.0}, sample_rate=None) == []

    def test_columns_say_their_tempo_in_hz(self) -> None:
        plan = plan_of(config_of(["tempogram", "fourier_tempogram"]))
        lags, bins = (np.array(output.labels) for output in plan.outputs)
        assert 60 * lags[26] == pytest.approx(99.38, abs=0.01)
        assert 60 * bins[15] == pytest.approx(15 / 384 * 60 * RATE / 512)

    def test_beats_and_tempo_share_the_spectra(self) -> None:
        listed = ("tempo", "beats", "onsets", "onset_rate", "tempogram", "tempogram_ratio")
        titles = [node.title for node in plan_of(config_of(listed)).nodes]
        assert titles.count("power_spectrum") == titles.count("clip_peak") == 1
        assert titles.count("local_autocorrelation") == 1
        assert titles.count("rise") == 2  # the mean of bands, and for beats the median
