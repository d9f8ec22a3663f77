"""One clip from file to rows: aligned, pooled, null where undefined, nothing when it fails."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset
import pytest
import scipy.stats
import soundfile as sf

import audiofeat_cli.stream as engine
from audiofeat_cli import registry
from audiofeat_cli.arrays import run_array
from audiofeat_cli.audio.discover import Clip
from audiofeat_cli.errors import ClipError
from audiofeat_cli.plan import Plan
from audiofeat_cli.run import clip as clips
from audiofeat_cli.run.clip import ClipExtractor, ClipStats
from audiofeat_cli.step import Array, Feature, analysis_samples, feature
from audiofeat_cli.tables import PartWriter
from tests.signals import Item, config_of, noise, plan_of, scene
from tests.toys import TOYS

RATE = 22050
ALL: Sequence[Item] = (
    "rms",
    {"mfcc": {"n_mfcc": 3}},
    "spectral_centroid",
    "spectral_flux",
    "chroma_stft",
    {"mel": {"top_db": 60.0, "n_mels": 8}},
    "integrated_loudness",
)

BY_NUMPY: Mapping[str, Callable[[Array], Any]] = {
    "mean": np.nanmean,
    "var": np.nanvar,
    "std": np.nanstd,
    "min": np.nanmin,
    "max": np.nanmax,
    "median": np.nanmedian,
    "p05": lambda values: np.nanpercentile(values, 5),
    "p95": lambda values: np.nanpercentile(values, 95),
    "skew": lambda values: scipy.stats.skew(values, nan_policy="omit"),
    "kurtosis": lambda values: scipy.stats.kurtosis(values, nan_policy="omit"),
    "dmean": lambda values: np.nanmean(np.abs(np.diff(values))),
    "dvar": lambda values: np.nanvar(np.abs(np.diff(values))),
    "n_valid": lambda values: np.isfinite(values).sum(),
}


def write(path: Path, samples: Array, rate: int = RATE) -> Clip:
    sf.write(path, samples, rate, subtype="FLOAT")
    return Clip(path.name, str(path), path.stat().st_size, 0, path.name)


class Extracted:
    """Tables and stats of some clips."""

    def __init__(self, folder: Path, plan: Plan, found: Sequence[Clip]) -> None:
        writer = PartWriter(plan, folder, "x")
        extractor = ClipExtractor(plan)
        self.stats: list[ClipStats] = []
        self.failures: list[ClipError] = []
        for clip in found:
            try:
                self.stats.append(extractor.extract(clip, writer))
            except ClipError as error:
                self.failures.append(error)
        self.tables = {part.table for part in writer.close()}
        self.folder = folder

    def table(self, name: str) -> pa.Table:
        return pyarrow.dataset.dataset(self.folder / name).to_table()

    def column(self, name: str, table: str = "frames") -> Array:
        """As float64, null as NaN."""
        found = self.table(table)[name].cast(pa.float64())
        return np.asarray(found.to_numpy(zero_copy_only=False))


def plan_for(
    *features: Item, registry: Mapping[str, Feature] | None = None, **settings: Any
) -> Plan:
    return plan_of(config_of(features, **settings), registry)


def test_rows_are_those_of_the_samples(tmp_path: Path) -> None:
    samples = scene(RATE, 5)
    plan = plan_for(*ALL)
    found = Extracted(tmp_path / "out", plan, [write(tmp_path / "a.wav", samples)])
    values = run_array(plan, samples, RATE)
    for output in plan.outputs:
        if output.level == "clip":
            loudness = found.column(output.alias, "clips")
            np.testing.assert_allclose(loudness, values[output.alias][0], rtol=1e-6)
            continue
        rows = np.stack([found.column(name) for name in output.columns], axis=1)
        close: dict[str, Any] = {"rtol": 1e-5, "atol": 1e-3, "equal_nan": True}
        np.testing.assert_allclose(rows, values[output.alias][:, 0], **close)
    assert found.table("frames")["path"].to_pylist() == ["a.wav"] * (1 + len(samples) // 512)


def test_pools_are_those_of_the_rows(tmp_path: Path) -> None:
    plan = plan_for("spectral_centroid", {"mfcc": {"n_mfcc": 2}}, pooling=tuple(BY_NUMPY))
    found = Extracted(tmp_path / "out", plan, [write(tmp_path / "a.wav", scene(RATE, 5))])
    assert np.isnan(found.column("spectral_centroid")).any()
    for name in ("spectral_centroid", "mfcc_00", "mfcc_01"):
        for statistic, by_numpy in BY_NUMPY.items():
            (got,) = found.column(f"{name}_{statistic}", "clips")
            assert got == pytest.approx(by_numpy(found.column(name)), rel=1e-5), statistic


def test_facts_of_the_file(tmp_path: Path) -> None:
    stereo = np.stack([noise(8000, 1), noise(8000, 1)], axis=1)
    found = Extracted(tmp_path / "out", plan_for("rms"), [write(tmp_path / "a.wav", stereo, 8000)])
    (row,) = found.table("clips").select(range(6)).to_pylist()
    assert row == {
        "path": "a.wav",
        "duration": 1.0,
        "sample_rate": 8000,
        "channels": 2,
        "n_frames": 1 + RATE // 512,
        "truncated": False,
    }
    (stats,) = found.stats
    assert (stats.audio_seconds, stats.frames) == (1.0, 44)
    assert min(stats.decode_seconds, stats.compute_seconds, stats.write_seconds) >= 0


@pytest.mark.parametrize("keep", [0, 2**26])
def test_how_rows_are_handed_on_changes_nothing(
    keep: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = write(tmp_path / "a.wav", np.stack([scene(RATE, 5), noise(RATE, 5)], axis=1))
    plan = plan_for(*ALL, channels="each")
    plain = Extracted(tmp_path / "plain", plan, [clip])
    monkeypatch.setattr(clips, "ROWS_AT_ONCE", 7)
    monkeypatch.setattr(engine, "KEEP_BYTES", keep)
    other = Extracted(tmp_path / "other", plan, [clip])
    order = [("channel", "ascending"), ("frame", "ascending")]
    got = other.table("frames").sort_by(order)
    assert got.equals(plain.table("frames").sort_by(order))
    for name in plain.table("clips").column_names[7:]:
        np.testing.assert_allclose(
            other.column(name, "clips"), plain.column(name, "clips"), rtol=1e-6
        )


def test_rows_that_are_written_are_not_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames of the first pass may be on their way before the clip has to be read again."""
    plan = plan_for("tapped", "peak_of_centred", registry=TOYS, hop_length=1)
    samples = noise(RATE, 2)
    monkeypatch.setattr(clips, "ROWS_AT_ONCE", 7)
    monkeypatch.setattr(clips, "BLOCK_SAMPLES", 4096)
    monkeypatch.setattr(engine, "KEEP_BYTES", 100_000)  # some of 4 x 44100 bytes
    found = Extracted(tmp_path / "out", plan, [write(tmp_path / "a.wav", samples)])
    np.testing.assert_array_equal(found.table("frames")["frame"], np.arange(RATE * 2 + 1))
    np.testing.assert_allclose(found.column("tapped")[:-1], 6 * samples, rtol=1e-6)
    (largest,) = found.column("peak_of_centred", "clips")
    assert largest == pytest.approx(np.abs(samples - samples.mean()).max())


class TestGrid:
    def test_own_windows_on_the_same_grid(self, tmp_path: Path) -> None:
        """Not centred, a longer window has fewer frames, a shorter one more."""
        long = {"stft": {"n_fft": 4096, "as": "long"}}
        short = {"stft": {"n_fft": 256, "as": "short"}}
        plan = plan_for("rms", long, short, center=False, tables=("frames",))
        found = Extracted(tmp_path / "out", plan, [write(tmp_path / "a.wav", noise(RATE, 0.5))])
        frames = 1 + (round(0.5 * RATE) - 2048) // 512
        assert found.table("frames").num_rows == frames
        assert np.isfinite(found.column("short_003")).all()
        missing = (4096 - 2048) // 512
        expected = [False] * (frames - missing) + [True] * missing
        assert np.isnan(found.column("long_0003")).tolist() == expected

    @pytest.mark.parametrize(("length", "frames"), [(1, 0), (2047, 0), (2048, 1), (2560, 2)])
    def test_a_clip_without_frames_has_its_row(
        self, length: int, frames: int, tmp_path: Path
    ) -> None:
        plan = plan_for(*ALL, {"delta": {"of": "rms"}}, center=False)
        clip = write(tmp_path / "a.wav", noise(RATE, 1)[:length])
        found = Extracted(tmp_path / "out", plan, [clip])
        assert found.failures == []
        (row,) = found.table("clips").to_pylist()
        assert row["n_frames"] == frames
        assert (row["rms_mean"] is None) == (frames == 0)
        assert row["rms_delta_mean"] is None
        assert row["integrated_loudness"] is None
        assert ("frames" in found.tables) == (frames > 0)

    def test_the_shortest_clip(self, tmp_path: Path) -> None:
        found = Extracted(
            tmp_path / "out", plan_for(*ALL), [write(tmp_path / "a.wav", np.ones(1, np.float32))]
        )
        assert found.table("frames").num_rows == 1
        assert np.isfinite(found.column("mfcc_00")).all()
        assert np.isnan(found.column("spectral_flux")).all()

    def test_own_rates(self, tmp_path: Path) -> None:
        plan = plan_for("spectral_centroid", "integrated_loudness", sample_rate=None)
        found = Extracted(
            tmp_path / "out",
            plan,
            [write(tmp_path / f"{rate}.wav", noise(rate, 1), rate) for rate in (8000, 32000)],
        )
        np.testing.assert_allclose(
            found.column("spectral_centroid_mean", "clips"), [2000, 8000], rtol=0.05
        )
        times = found.column("time")
        assert times[1] == 512 / 8000
        assert times[-1] == (32000 // 512) * 512 / 32000
        assert np.isfinite(found.column("integrated_loudness", "clips")).all()

    def test_channels_of_files_may_differ(self, tmp_path: Path) -> None:
        plan = plan_for("rms", "integrated_loudness", channels="each", tables=("clips",))
        stereo = np.stack([noise(RATE, 1, 0.1), noise(RATE, 1, 0.2)], axis=1)
        found = Extracted(
            tmp_path / "out",
            plan,
            [write(tmp_path / "a.wav", stereo), write(tmp_path / "b.wav", stereo[:, 0])],
        )
        assert found.table("clips")["channel"].to_pylist() == [0, 1, 0]
        np.testing.assert_allclose(found.column("rms_mean", "clips"), [0.1, 0.2, 0.1], rtol=0.05)
        loudness = found.column("integrated_loudness", "clips")
        assert loudness[0] == loudness[1] > loudness[2]


@feature(analysis_samples, unit="1", gain="none", reference="none")
def too_wide(samples: Array) -> Array:
    """Two values where one is declared."""
    return np.repeat(samples[..., np.newaxis], 2, axis=2)


@feature(analysis_samples, unit="1", gain="none", reference="none")
def reciprocal(samples: Array) -> Array:
    """Infinite where a sample is 0."""
    with np.errstate(divide="ignore"):
        return 1 / samples[..., np.newaxis]


@feature(analysis_samples, unit="1", gain="none", reference="none", kind="clip")
def late(samples: Array) -> float:
    """Fails when all frames have been made, of a long clip."""
    if len(samples) > 0.5 * RATE:
        raise ClipError("compute", "too_long", "cannot do so much")
    return 0.0


class TestTrouble:
    def test_what_is_infinite_is_null_and_counted(self, tmp_path: Path) -> None:
        samples = np.ones(2000, np.float32)
        samples[[3, 7]] = 0
        plan = plan_for("reciprocal", registry={"reciprocal": reciprocal}, hop_length=1)
        found = Extracted(tmp_path / "out", plan, [write(tmp_path / "a.wav", samples)])
        assert found.stats[0].nonfinite == {"reciprocal": 2}
        assert np.flatnonzero(np.isnan(found.column("reciprocal"))).tolist() == [3, 7, 2000]
        assert found.column("reciprocal_mean", "clips") == 1

    def test_a_wrong_width_is_a_failure(self, tmp_path: Path) -> None:
        plan = plan_for("too_wide", registry={"too_wide": too_wide}, hop_length=1)
        found = Extracted(tmp_path / "out", plan, [write(tmp_path / "a.wav", noise(RATE, 0.1))])
        (failure,) = found.failures
        assert failure.message == "too_wide: gave (2,) values a frame, 1 were declared"

    def test_a_failure_leaves_the_others(self, tmp_path: Path) -> None:
        good = write(tmp_path / "good.wav", noise(RATE, 0.5))
        bad = write(tmp_path / "bad.wav", np.array([0.1, np.nan, 0.2], np.float32))
        gone = good._replace(path="gone.wav", file=str(tmp_path / "gone.wav"))
        found = Extracted(tmp_path / "out", plan_for("rms"), [bad, good, gone])
        assert [failure.kind for failure in found.failures] == ["non_finite", "vanished"]
        assert found.table("clips")["path"].to_pylist() == ["good.wav"]
        assert set(found.table("frames")["path"].to_pylist()) == {"good.wav"}

    def test_a_failure_in_the_end_takes_its_rows_along(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(clips, "ROWS_AT_ONCE", 7)
        plan = plan_for("tapped", "late", registry={**TOYS, "late": late})
        short, long = (write(tmp_path / f"{s}.wav", noise(RATE, s)) for s in (0.2, 0.6))
        found = Extracted(tmp_path / "out", plan, [short, long, short])
        assert [failure.kind for failure in found.failures] == ["too_long"]
        assert found.table("frames")["path"].unique().to_pylist() == ["0.2.wav"]
        assert found.table("clips")["path"].to_pylist() == ["0.2.wav"] * 2

    def test_a_rate_that_a_feature_cannot_do(self, tmp_path: Path) -> None:
        plan = plan_for({"mel": {"fmax": 8000.0}}, sample_rate=None)
        clip = write(tmp_path / "a.wav", noise(8000, 0.5), 8000)
        (failure,) = Extracted(tmp_path / "out", plan, [clip]).failures
        assert failure.kind == "impossible_at_rate"
        assert failure.message.startswith("at 8000 Hz: ")


@pytest.mark.parametrize("file_rate", [22050, 44100, 8000])
def test_one_value_for_all_channels_stands_in_each_row(
    tmp_path: Path, file_rate: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "load_features", lambda: TOYS)
    left = np.linspace(0, 0.5, file_rate, dtype=np.float32)
    clip = write(tmp_path / "a.wav", np.stack([left, -2 * left], axis=1), file_rate)
    plan = plan_of(config_of(["loudest"], channels="each"), TOYS)
    frames = Extracted(tmp_path, plan, [clip]).table("frames")
    assert frames["channel"].to_pylist() == [0] * 44 + [1] * 44
    found = frames["loudest"].to_numpy().reshape(2, 44)
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_allclose(found[0], np.arange(44) * 512 / 22050, atol=2 / file_rate)
