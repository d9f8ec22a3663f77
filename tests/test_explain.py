"""`audiofeat explain`: its numbers are those of the engine and the tables, its text is stable."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import get_window

from audiofeat_cli.arrays import run_array
from audiofeat_cli.explain.facts import Explanation, explain
from audiofeat_cli.explain.layout import duration, number, shown, size
from audiofeat_cli.explain.notes import half_width, noise_bandwidth
from audiofeat_cli.explain.text import explanation_text
from audiofeat_cli.planning import Planned, load_plan
from audiofeat_cli.schema import clips_schema, frames_schema
from tests.commands import audiofeat
from tests.signals import noise

MEL = """\
mel.yaml: audio at 22050 Hz, all channels averaged to one

Time
  frame rate      43.07 frames per second: one every 512 samples (23.22 ms)
  frame length    2048 samples (92.88 ms)
  frame t         is centred at t x 23.22 ms
  shortest clip   1 sample gives a frame; a clip shorter than 2048 samples
                  (92.88 ms) is partly padding

Frequency (mel)
  window          2048 samples (92.88 ms), hann; 75% of it overlaps the next
  bins            1025, 10.77 Hz apart, 0 to 11025 Hz (n_fft 2048)
  resolution      21.53 Hz: closer tones of equal level show as one (peak of the
                  window at -6 dB, 2 x rate / win_length; noise bandwidth 1.5 x)
  semitones       neighbours fall into different bins from F#3 (181.1 Hz) up,
                  and can be told apart when both sound from F#4 (362.1 Hz) up
  bands           128 for mel, the narrowest 25.8 Hz wide (2.4 x the distance of
                  bins)

Table frames: 131 columns; 155040 rows, 81.2 MB uncompressed per hour of audio
  path, frame, time
  mel_000 .. mel_127 (dB): Energy in bands that are equally spaced in mel.

Table clips: 262 columns; 1 row, 1.04 kB uncompressed per file
  path, duration, sample_rate, channels, n_frames, truncated
  mel_000_mean .. mel_127_mean (dB)
  mel_000_var .. mel_127_var ((dB)^2)

Plan: 1 pass over the frames, 155040 FFTs per hour of audio
  mel {top_db: null}
  └─ compressed {amin: 1e-10, power: 2, scale: db}
     └─ mel_spectrum
        ├─ spectrum {power: 2}
        │  └─ power_spectrum
        │     ├─ audio
        │     └─ window_shape (constant)
        └─ mel_filterbank (constant) {fmax: null, fmin: 0, htk: false,
               n_mels: 128, norm: slaney}
"""

MANY = """\
sample_rate: 16000
hop_length: 10 ms
n_fft: 512
channels: each
features:
  - mel: {n_mels: 20, top_db: 80}
  - mfcc: {n_mels: 20}
  - delta: {of: mfcc}
  - mel: {n_fft: 1024, n_mels: 20, as: long_mel}
  - chroma_stft
  - rms
  - integrated_loudness
"""


@pytest.fixture
def many(tmp_path: Path) -> Planned:
    (tmp_path / "many.yaml").write_text(MANY)
    return load_plan(str(tmp_path / "many.yaml"))


def facts_of(name: str, *overrides: str) -> Explanation:
    return explain(load_plan(name, overrides))


def test_text_of_the_mel_preset() -> None:
    done = audiofeat("explain", "mel")
    assert (done.code, done.err) == (0, "")
    assert done.out == MEL


@pytest.mark.parametrize("overrides", [[], ["sample_rate=null", "features.mel.fmax=8000"]])
def test_text_fits_80_columns(many: Planned, overrides: list[str]) -> None:
    texts = [explanation_text(explain(many)), explanation_text(facts_of("mel", *overrides))]
    assert max(len(line) for text in texts for line in text.splitlines()) <= 80


def test_columns_and_bytes_are_those_of_the_tables(many: Planned) -> None:
    for table, schema in zip(
        explain(many).tables, (frames_schema(many.plan), clips_schema(many.plan)), strict=True
    ):
        assert table.columns == len(schema.names)
        named = {*table.keys, *(n for g in table.groups for n in (g.first, g.last))}
        assert named <= set(schema.names)
        widths = [f.type.bit_width / 8 for f in schema if f.name not in {"path", "truncated"}]
        truncated = table.name == "clips"
        assert table.rows is not None
        assert table.bytes == table.rows * (sum(widths) + truncated)


@pytest.mark.parametrize("center", ["true", "false"])
def test_frames_are_those_of_the_engine(center: str) -> None:
    overrides = ["sample_rate=1000", "n_fft=64", "hop_length=37", "features=[rms]"]
    facts = facts_of("mel", *overrides, f"center={center}")
    plan = load_plan("mel", [*overrides, f"center={center}"]).plan
    hour = np.zeros(3_600_000, np.float32)
    assert len(run_array(plan, hour, 1000)["rms"]) == facts.grid.frames_per_hour
    shortest = facts.grid.shortest_samples
    assert len(run_array(plan, hour[:shortest], 1000)["rms"]) == 1
    assert shortest == 1 or len(run_array(plan, hour[: shortest - 1], 1000)["rms"]) == 0


def test_one_spectrum_for_each_window(many: Planned) -> None:
    short, long = explain(many).spectra
    assert short.features == ("mel", "mfcc", "mfcc_delta", "chroma_stft")
    assert long.features == ("long_mel",)
    assert (short.bin_hz, long.bin_hz) == (31.25, 15.625)
    facts = explain(many)
    assert facts.ffts_per_hour == 2 * facts.grid.frames_per_hour
    assert {step.step for step in facts.transforms} == {"power_spectrum"}


@pytest.mark.parametrize(
    ("window", "bins"),
    [("boxcar", 1.21), ("hann", 2.0), ("hamming", 1.81), ("blackmanharris", 2.72)],
)
def test_resolution_is_that_of_the_literature(window: str, bins: float) -> None:
    """6 dB bandwidths of Harris 1978, table 1, which are good to 2.5 %."""
    assert half_width(get_window(window, 512)) * 512 == pytest.approx(bins, rel=0.025)


@pytest.mark.parametrize(
    ("window", "bins"),
    [("boxcar", 1.0), ("hann", 1.5), ("hamming", 1.36), ("blackmanharris", 2.0)],
)
def test_noise_bandwidth_is_that_of_the_literature(window: str, bins: float) -> None:
    """Equivalent noise bandwidths of Harris 1978, table 1."""
    assert noise_bandwidth(get_window(window, 512)) == pytest.approx(bins, abs=0.006)


def test_a_window_that_sums_to_nothing_has_no_widths() -> None:
    flat = np.array([1.0, -1.0])
    assert noise_bandwidth(flat) is None
    assert half_width(flat) == 0.5


def test_zero_padding_resolves_nothing() -> None:
    """n_fft 4096 around a window of 1024 tells no more apart than n_fft 1024."""
    padded = facts_of("mel", "sample_rate=44100", "n_fft=4096", "win_length=1024").spectra[0]
    plain = facts_of("mel", "sample_rate=44100", "n_fft=1024").spectra[0]
    assert padded.bin_hz == plain.bin_hz / 4
    for fact in ("window_hz", "noise_hz", "resolution_hz", "separable_hz", "separable_note"):
        assert getattr(padded, fact) == getattr(plain, fact)
    assert plain.noise_hz == pytest.approx(1.5 * 44100 / 1024)
    assert plain.resolution_hz == pytest.approx(2 * 44100 / 1024, rel=1e-4)
    said = audiofeat(
        "explain", "mel", *("--set", "sample_rate=44100", "--set", "n_fft=4096"),
        *("--set", "win_length=1024"),
    )  # fmt: skip
    assert (
        "  zero padding    from 1024 to n_fft 4096: bins lie closer, but tell no more\n"
        "                  apart than 43.07 Hz (rate / win_length) lets them\n"
    ) in said.out
    assert "zero padding" not in audiofeat("explain", "mel").out


def test_semitones_from_the_note_up_are_at_least_a_bin_apart() -> None:
    spectrum = facts_of("mel").spectra[0]
    above = 184.997 * 2 ** (np.arange(60) / 12)  # F#3 and up
    assert spectrum.semitone_note == "F#3"
    assert np.diff(above / spectrum.bin_hz).min() >= 1
    assert (174.614 * 2 ** (1 / 12) - 174.614) / spectrum.bin_hz < 1  # F3


def test_no_note_where_bins_are_too_wide() -> None:
    facts = facts_of("mel", "n_fft=16", "features=[spectral_centroid]")
    assert facts.spectra[0].semitone_note is None
    assert "no two neighbours fall into different bins" in explanation_text(facts)


def test_what_waits_between_the_passes_is_counted() -> None:
    facts = facts_of("chroma")
    assert facts.passes == 2
    assert [kept.step for kept in facts.kept] == ["spectrum"]
    assert facts.kept[0].bytes_per_hour == facts.grid.frames_per_hour * 1025 * 4
    said = " ".join(explanation_text(facts).split())
    assert (
        "spectrum is kept between the passes, 636 MB per hour of audio; when more than 67.1 MB "
        "wait (clips over about 6.3 minutes), the file is read again instead, with its FFTs"
    ) in said


def test_a_plan_of_one_pass_keeps_nothing() -> None:
    assert facts_of("mfcc").kept == ()


def test_steps_that_several_read_are_drawn_once(many: Planned) -> None:
    text = explanation_text(explain(many))
    assert text.count("power_spectrum\n") == 1
    assert text.count("power_spectrum {n_fft: 1024") == 1
    assert text.count("as above") == 5
    assert "  mfcc_delta {of: mfcc, order: 1, width: 9}\n" in text


def test_notes_say_what_was_rounded(many: Planned) -> None:
    assert explanation_text(explain(many)).endswith(
        "Notes\n  hop_length: 10 ms at 16000 Hz is 160 samples\n"
    )


def test_without_a_rate_numbers_are_for_44100() -> None:
    facts = facts_of("mel", "sample_rate=null", "features=[spectral_centroid]")
    assert (facts.grid.sample_rate, facts.grid.at_rate) == (None, 44100)
    text = explanation_text(facts).replace("\n  ", " ")
    assert "each file at its own rate (numbers below: at 44100 Hz)" in text


def test_json_has_every_fact_and_the_nodes() -> None:
    facts = json.loads(audiofeat("explain", "chroma", "--json").out)
    assert facts["grid"]["frames_per_hour"] == 155040
    assert [table["name"] for table in facts["tables"]] == ["frames", "clips"]
    assert facts["spectra"][0]["features"] == ["chroma_stft"]
    titles = [node["step"].partition(":")[2] for node in facts["nodes"]]
    assert titles.count("power_spectrum") == 1
    last = facts["nodes"][-1]
    assert (titles[-1], last["pass"]) == ("chroma_stft", 2)
    assert all(
        source < facts["nodes"].index(node) for node in facts["nodes"] for source in node["inputs"]
    )


def test_set_changes_what_is_explained() -> None:
    assert "(n_fft 4096)" in audiofeat("explain", "mel", "--set", "n_fft=4096").out


def test_keys_of_the_json() -> None:
    """Programs read them: a key may come, none may go."""
    facts = json.loads(audiofeat("explain", "mel", "--json").out)
    assert list(facts) == [
        *("config", "name", "grid", "shortest", "spectra", "bands", "ffts_per_hour", "transforms"),
        *("passes", "kept", "ordered", "tables", "notes", "warnings", "nodes"),
    ]
    assert list(facts["spectra"][0]) == [
        *("n_fft", "win_length", "win_ms", "window", "overlap", "bins", "bin_hz", "window_hz"),
        *("highest_hz", "noise_bins", "noise_hz", "resolution_hz", "semitone_hz"),
        *("semitone_note", "separable_hz", "separable_note", "note_bins", "features"),
    ]
    assert list(facts["spectra"][0]["note_bins"][0]) == [
        *("bin", "from_hz", "to_hz", "notes", "below"),
    ]
    assert list(facts["bands"][0]) == [
        *("step", "features", "n_fft", "count", "dead"),
        *("narrowest", "narrowest_hz", "narrowest_bins"),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.5"),
        (0.00001234, "0.00001234"),
        (23.2199, "23.22"),
        (155.04, "155"),
        (11025.0, "11025"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(117, "117 bytes"), (1045, "1.04 kB"), (81_240_960, "81.2 MB"), (1.5e9, "1.5 GB")],
)
def test_sizes(count: float, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(4.2, "4.2 seconds"), (380, "6.3 minutes"), (7200, "2 hours"), (864_000, "10 days")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_long_lists_are_cut() -> None:
    assert shown(range(3)) == "0, 1, 2"
    assert shown(range(40)) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 28 more"


def test_the_probe_is_no_part_of_the_numbers() -> None:
    """Explaining twice gives the same, whatever ran in between."""
    first = explanation_text(facts_of("chroma"))
    run_array(load_plan("chroma").plan, noise(22050, 1), 22050)
    assert explanation_text(facts_of("chroma")) == first
