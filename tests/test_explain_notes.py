"""Which notes the bins of an FFT cover: the quiz of a signal processing lecture, and the table."""

import json

import numpy as np
import pytest

from audiofeat_cli.explain.facts import explain
from audiofeat_cli.explain.layout import note_table
from audiofeat_cli.explain.notes import (
    SHARED_BINS,
    hz_of,
    midi_from,
    name_of,
    note_bins,
    note_from,
    semitone_from,
)
from audiofeat_cli.explain.spectra import Spectrum
from audiofeat_cli.planning import load_plan
from tests.commands import audiofeat

BINS_OF_1024 = """\
Notes in each bin (n_fft 1024): bin k has those from its own frequency, k x
  43.07 Hz, up to that of the next. A tone in the upper half of that is
  strongest in the next bin. Equal temperament, A4 = 440 Hz.
    bin   from Hz     to Hz  notes
      0      0.00     43.07  everything below F1
      1     43.07     86.13  F1 F#1 G1 G#1 A1 A#1 B1 C2 C#2 D2 D#2 E2
      2     86.13    129.20  F2 F#2 G2 G#2 A2 A#2 B2
      3    129.20    172.27  C3 C#3 D3 D#3 E3
      4    172.27    215.33  F3 F#3 G3 G#3
      5    215.33    258.40  A3 A#3 B3
      6    258.40    301.46  C4 C#4 D4
      7    301.46    344.53  D#4 E4
      8    344.53    387.60  F4 F#4
      9    387.60    430.66  G4 G#4
     10    430.66    473.73  A4 A#4
     11    473.73    516.80  B4
     12    516.80    559.86  C5 C#5
     13    559.86    602.93  D5
     14    602.93    646.00  D#5
     15    646.00    689.06  E5
     16    689.06    732.13  F5
  17...    732.13            one note per bin at most, F#5 and up
"""


def at_44100(n_fft: int, *overrides: str) -> Spectrum:
    planned = load_plan("mel", ["sample_rate=44100", f"n_fft={n_fft}", *overrides])
    return explain(planned).spectra[0]


def test_the_quiz() -> None:
    """44.1 kHz: 43.07 Hz per bin with 1024, 10.77 Hz with 4096, and what that means for notes."""
    short, long = at_44100(1024), at_44100(4096)
    assert (round(short.bin_hz, 2), round(long.bin_hz, 2)) == (43.07, 10.77)
    assert short.note_bins[0].below == "F1"
    assert long.semitone_note == "F#3"
    assert long.semitone_hz == pytest.approx(181.06, abs=0.01)
    first = {found.bin: found.notes for found in long.note_bins}
    assert first[8] == ("F2", "F#2")
    assert first[16] == ("F3",)
    assert len(first) == SHARED_BINS == 17
    assert note_from(17 * long.bin_hz) == "F#3"


def test_the_first_bins_of_1024() -> None:
    lines = note_table(tuple(note_bins(44100, 1024)), n_fft=1024, bin_hz=44100 / 1024)
    assert "\n".join(lines) + "\n" == BINS_OF_1024


def test_notes_come_with_the_option_only() -> None:
    changes = ["--set", "sample_rate=44100", "--set", "n_fft=1024"]
    assert BINS_OF_1024 in audiofeat("explain", "mel", *changes, "--notes").out
    assert "everything below" not in audiofeat("explain", "mel", *changes).out


def test_notes_where_there_is_no_spectrum() -> None:
    said = audiofeat("explain", "mel", "--set", "features=[rms]", "--notes").out
    assert "Notes in each bin: no feature of this config reads a spectrum.\n" in said


@pytest.mark.parametrize(("rate", "n_fft"), [(44100, 4096), (22050, 2048), (8000, 256), (128, 256)])
def test_each_note_is_in_the_bin_that_holds_it(rate: int, n_fft: int) -> None:
    """Against counting notes one by one, and no bin above the list has two."""
    found = {name: b.bin for b in note_bins(rate, n_fft) for name in b.notes}
    midi = range(midi_from(rate / n_fft), midi_from(rate / 2))
    bins = np.array([int(hz_of(m) * n_fft / rate) for m in midi])
    listed = {name_of(m): b for m, b in zip(midi, bins, strict=True) if b < SHARED_BINS}
    assert found == listed
    assert np.bincount(bins)[SHARED_BINS:].max() == 1


def test_a_few_bins_end_at_half_the_rate() -> None:
    bins = list(note_bins(8000, 16))
    assert [b.bin for b in bins] == list(range(9))
    assert (bins[8].from_hz, bins[8].to_hz, bins[8].notes) == (4000, 4000, ())
    text = list(note_table(tuple(bins), n_fft=16, bin_hz=500))
    assert text[-1].split() == ["8", "4000.00", "4000.00", "none"]


def test_the_table_fits_80_columns_whatever_the_rate() -> None:
    for rate, n_fft in ((1, 2**20), (128, 256), (44100, 1), (10_000_000, 33), (96000, 2**20)):
        lines = list(note_table(tuple(note_bins(rate, n_fft)), n_fft=n_fft, bin_hz=rate / n_fft))
        assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("frequency", "note"),
    [(440.0, "A4"), (440.1, "A#4"), (261.62, "C4"), (181.1, "F#3"), (16.35, "C0"), (8.0, "C-1")],
)
def test_the_next_note_up(frequency: float, note: str) -> None:
    assert note_from(frequency) == note


def test_no_semitone_where_the_next_note_is_beyond_the_spectrum() -> None:
    assert semitone_from(10.77, 22050) == "F#3"
    assert semitone_from(10.77, 190) is None


def test_json_has_the_notes_too() -> None:
    facts = json.loads(audiofeat("explain", "mel", "--set", "sample_rate=44100", "--json").out)
    bins = facts["spectra"][0]["note_bins"]
    assert bins[0] == {
        **{"bin": 0, "from_hz": 0.0, "to_hz": 44100 / 2048},
        **{"notes": [], "below": "F0"},
    }
    assert bins[2]["notes"] == ["F1", "F#1", "G1", "G#1", "A1", "A#1", "B1"]
