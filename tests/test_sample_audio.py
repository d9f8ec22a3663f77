"""The sample audio is what ground_truth.json says, measured without audiofeat."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

Array = NDArray[np.float64]
Truth = dict[str, Any]

FOLDER = Path(__file__).resolve().parents[1] / "sample_audio"
TRUTHS: dict[str, Truth] = json.loads((FOLDER / "ground_truth.json").read_text("utf-8"))
LOSSY = {"VORBIS", "MPEG_LAYER_III"}
MAX_BYTES = 4_000_000
MAX_CENTS = 5
MAX_ENVELOPE_ERROR = 0.02
MAX_FORMANT_ERROR = 0.08  # linear prediction leans to the nearest harmonic
PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
# Krumhansl and Kessler 1982, from the tonic upwards.
KEY_PROFILES = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}


def having(*names: str) -> list[str]:
    """Paths whose truth has every one of `names`; none would test nothing."""
    found = [path for path, truth in TRUTHS.items() if set(names) <= set(truth)]
    assert found, names
    return found


def load(path: str, folder: Path = FOLDER) -> tuple[Array, int]:
    """Read samples (n, channels) and sample rate."""
    samples, sample_rate = sf.read(folder / path, always_2d=True)
    return samples, int(sample_rate)


def load_mono(path: str) -> tuple[Array, int]:
    """Read the average of the channels (n,) and sample rate."""
    samples, sample_rate = load(path)
    return np.asarray(samples.mean(axis=1)), sample_rate


def vertex(values: Array, peak: int) -> float:
    """Position of the top of the parabola through a peak and its neighbours."""
    left, top, right = values[peak - 1 : peak + 2]
    return float(peak + 0.5 * (left - right) / (left - 2 * top + right))


def strongest_hz(samples: Array, sample_rate: int, low: float, high: float) -> float:
    """Frequency of the largest FFT peak, of those between two frequencies."""
    size = 8 * len(samples)
    spectrum = np.log(np.abs(np.fft.rfft(samples * np.hanning(len(samples)), size)) + 1e-12)
    first, last = (round(hz * size / sample_rate) for hz in (low, high))
    return vertex(spectrum, first + int(np.argmax(spectrum[first:last]))) * sample_rate / size


def cents(hz: float, reference: float) -> float:
    """Interval from `reference` to `hz`."""
    return float(1200 * np.log2(hz / reference))


def running_rms(samples: Array, length: int) -> Array:
    """RMS of `length` samples around each sample."""
    power = np.convolve(samples**2, np.ones(length) / length, mode="same")
    return np.asarray(np.sqrt(np.maximum(power, 0)))


def pitch_class_energy(samples: Array, sample_rate: int) -> Array:
    """Magnitude between 60 and 2000 Hz by pitch class, (12,)."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    hz = np.fft.rfftfreq(len(samples), 1 / sample_rate)
    band = slice(*np.searchsorted(hz, [60, 2000]))
    classes = np.rint(69 + 12 * np.log2(hz[band] / 440)).astype(int) % 12
    return np.asarray([np.sum(spectrum[band][classes == k]) for k in range(12)])


def chord_parts(path: str) -> list[Array]:
    """Mean of the channels, cut into the chords that the truth tells."""
    samples, sample_rate = load_mono(path)
    bounds = [(chord["start"], chord["end"]) for chord in TRUTHS[path]["chords"]]
    return [samples[round(a * sample_rate) : round(b * sample_rate)] for a, b in bounds]


def onsets(samples: Array, sample_rate: int) -> Array:
    """Find the times at which the high-passed level jumps, in s."""
    hop = sample_rate // 500
    bright = np.diff(samples, n=2)
    level = np.log(running_rms(bright, hop)[hop // 2 :: hop] + 1e-3)
    rise = level[3:] - level[:-3]
    gap = 50  # 0.1 s
    peaks = [
        i
        for i in range(len(rise))
        if rise[i] > 1 and rise[i] == max(rise[max(0, i - gap) : i + gap])
    ]
    return (np.array(peaks) + 2) * hop / sample_rate


def test_every_file_is_listed() -> None:
    """The truth names the audio files in the folder, and no others."""
    suffixes = {".wav", ".flac", ".ogg", ".mp3"}
    present = {p.relative_to(FOLDER).as_posix() for p in FOLDER.rglob("*") if p.suffix in suffixes}
    assert present == set(TRUTHS)


def test_the_files_are_of_many_kinds() -> None:
    """Formats, rates, channels and names that a reader must cope with all occur."""
    assert {t["format"] for t in TRUTHS.values()} == {"WAV", "FLAC", "OGG", "MP3"}
    wav = {t["subtype"] for t in TRUTHS.values() if t["format"] == "WAV"}
    assert wav == {"PCM_16", "PCM_24", "FLOAT"}
    assert {t["sample_rate"] for t in TRUTHS.values()} >= {8000, 16000, 22050, 44100, 48000}
    assert {t["channels"] for t in TRUTHS.values()} == {1, 2}
    assert max(path.count("/") for path in TRUTHS) > 1
    assert any(" " in path for path in TRUTHS)


def test_the_folder_is_small() -> None:
    """Under 4 MB in all."""
    assert sum(p.stat().st_size for p in FOLDER.rglob("*") if p.is_file()) < MAX_BYTES


@pytest.mark.parametrize("path", TRUTHS)
def test_container_facts(path: str) -> None:
    """Format, rate, channels and the number of samples that really decode."""
    truth = TRUTHS[path]
    with sf.SoundFile(FOLDER / path) as file:
        assert (file.format, file.subtype) == (truth["format"], truth["subtype"])
        assert (file.samplerate, file.channels) == (truth["sample_rate"], truth["channels"])
        assert file.frames == len(file.read()) == truth["frames"]
    assert truth["duration_s"] == pytest.approx(truth["frames"] / truth["sample_rate"], abs=1e-6)


@pytest.mark.parametrize("path", TRUTHS)
def test_clean(path: str) -> None:
    """No clipping, no DC, and nothing but noise begins or ends with a jump."""
    samples, _ = load(path)
    assert np.max(np.abs(samples)) < 0.99
    assert np.max(np.abs(samples.mean(axis=0))) < 1e-4
    jump = np.max(np.abs(samples[[0, -1]]))
    assert jump < (0.5 if path == "calibration/white_noise.wav" else 0.01)


@pytest.mark.parametrize("path", having("f0_hz"))
def test_f0(path: str) -> None:
    """The FFT peak lies within 5 cents of f0."""
    samples, sample_rate = load_mono(path)
    assert (
        abs(cents(strongest_hz(samples, sample_rate, 20, 4000), TRUTHS[path]["f0_hz"])) < MAX_CENTS
    )


@pytest.mark.parametrize("path", having("f0_hz", "midi"))
def test_note_agrees_with_f0(path: str) -> None:
    """Note, MIDI number and cents say the same as f0, with A4 = 440 Hz."""
    truth = TRUTHS[path]
    hz = 440 * 2 ** ((truth["midi"] + truth["cents_off"] / 100 - 69) / 12)
    assert hz == pytest.approx(truth["f0_hz"], rel=1e-6)
    assert truth["note"] == f"{PITCH_CLASSES[truth['midi'] % 12]}{truth['midi'] // 12 - 1}"


@pytest.mark.parametrize("path", having("rms_dbfs"))
def test_rms(path: str) -> None:
    """Every channel has the level told."""
    samples, _ = load(path)
    level = 10 * np.log10(np.mean(samples**2, axis=0))
    assert level == pytest.approx(TRUTHS[path]["rms_dbfs"], abs=1e-3)


@pytest.mark.parametrize("path", having("integrated_lufs"))
def test_loudness(path: str) -> None:
    """K-weighting (BS.1770, for 48 kHz) at the sine's frequency gives the loudness told."""
    truth = TRUTHS[path]
    samples, sample_rate = load(path)
    z = np.exp(-2j * np.pi * truth["f0_hz"] / sample_rate) ** np.arange(3)
    shelf = np.dot([1.53512485958697, -2.69169618940638, 1.19839281085285], z)
    shelf /= np.dot([1, -1.69065929318241, 0.73248077421585], z)
    high_pass = np.dot([1, -2, 1], z) / np.dot([1, -1.99004745483398, 0.99007225036621], z)
    power = np.sum(np.mean(samples**2, axis=0)) * abs(shelf * high_pass) ** 2
    assert -0.691 + 10 * np.log10(power) == pytest.approx(truth["integrated_lufs"], abs=0.01)


@pytest.mark.parametrize("path", having("peak"))
def test_silence(path: str) -> None:
    """All samples are 0."""
    assert TRUTHS[path]["peak"] == np.max(np.abs(load(path)[0])) == 0


def test_noise_is_white() -> None:
    """Eight bands of equal width hold equal energy."""
    samples, _ = load_mono("calibration/white_noise.wav")
    power = np.abs(np.fft.rfft(samples)[1:22049]) ** 2
    bands = 10 * np.log10(power.reshape(8, -1).mean(axis=1))
    assert np.ptp(bands) < 0.7  # dB


@pytest.mark.parametrize("path", having("attack_s"))
def test_envelope(path: str) -> None:
    """The level follows the envelope told, but in the attack, which test_attack measures."""
    truth = TRUTHS[path]
    samples, sample_rate = load_mono(path)
    period = round(sample_rate / truth["f0_hz"])
    time = np.arange(len(samples)) / sample_rate - truth["onset_s"]
    since_peak = np.clip(time - truth["attack_s"], 0, None)
    envelope = np.clip(time / truth["attack_s"], 0, 1)
    if "decay_time_constant_s" in truth:
        floor = np.exp(-truth["decay_s"] / truth["decay_time_constant_s"])
        fall = (np.exp(-since_peak / truth["decay_time_constant_s"]) - floor) / (1 - floor)
        envelope *= np.clip(fall, 0, None)
    else:
        ends = np.cumsum([0, truth["decay_s"], truth["sustain_s"], truth["release_s"]])
        level = truth["sustain_level"]
        envelope *= np.interp(since_peak, ends, [1, level, level, 0])
    measured, expected = running_rms(samples, period), running_rms(envelope, period)
    gain = np.dot(measured, expected) / np.dot(expected, expected)
    settled = np.abs(time - truth["attack_s"] / 2) > truth["attack_s"] / 2 + 1 / truth["f0_hz"]
    assert np.max(np.abs(measured / gain - expected)[settled]) < MAX_ENVELOPE_ERROR


@pytest.mark.parametrize("path", having("attack_s"))
def test_attack(path: str) -> None:
    """Onset, attack time and the time from 20 to 90 % can be read off the level."""
    truth = TRUTHS[path]
    samples, sample_rate = load_mono(path)
    level = running_rms(samples, round(sample_rate / truth["f0_hz"]))
    level /= level.max()
    t20, t90 = (np.argmax(level > share) / sample_rate for share in (0.2, 0.9))
    assert t90 - t20 == pytest.approx(truth["attack_20_90_s"], abs=0.01)
    assert t20 - 0.2 * truth["attack_s"] == pytest.approx(truth["onset_s"], abs=0.01)


@pytest.mark.parametrize("path", having("key"))
def test_key(path: str) -> None:
    """The best of 24 profiles is the key told, and by a margin."""
    rate = TRUTHS[path]["sample_rate"]
    energy = np.sum([pitch_class_energy(part, rate) for part in chord_parts(path)], axis=0)
    scores = {
        f"{PITCH_CLASSES[tonic]} {mode}": np.corrcoef(energy, np.roll(profile, tonic))[0, 1]
        for mode, profile in KEY_PROFILES.items()
        for tonic in range(12)
    }
    ranking = sorted(scores, key=lambda key: scores[key], reverse=True)
    assert ranking[0] == TRUTHS[path]["key"]
    assert scores[ranking[0]] - scores[ranking[1]] > 0.05


@pytest.mark.parametrize("path", having("chords"))
def test_chords(path: str) -> None:
    """In each chord its own three pitch classes are the strongest."""
    truth = TRUTHS[path]
    for chord, part in zip(truth["chords"], chord_parts(path), strict=True):
        strongest = np.argsort(pitch_class_energy(part, truth["sample_rate"]))[-3:]
        assert set(strongest.tolist()) == {midi % 12 for midi in chord["midi"]}


@pytest.mark.parametrize("path", having("onset_times_s"))
def test_onsets(path: str) -> None:
    """As many onsets as told, each within 10 ms."""
    found = onsets(*load_mono(path))
    assert found == pytest.approx(np.array(TRUTHS[path]["onset_times_s"]), abs=0.01)


@pytest.mark.parametrize("path", having("tempo_bpm"))
def test_beats(path: str) -> None:
    """Beats follow the tempo, bars follow the beats, kicks and snares share the beats."""
    truth = TRUTHS[path]
    beats = np.array(truth["beat_times_s"])
    assert np.diff(beats) == pytest.approx(60 / truth["tempo_bpm"], abs=1e-5)
    assert truth["downbeat_times_s"] == beats[:: truth["beats_per_bar"]].tolist()
    assert sorted(truth["kick_times_s"] + truth["snare_times_s"]) == beats.tolist()


@pytest.mark.parametrize("path", having("kick_times_s", "snare_times_s"))
def test_hits(path: str) -> None:
    """Kicks have the lowest mean frequency (by power), what lies between the beats the highest."""
    truth = TRUTHS[path]
    samples, sample_rate = load_mono(path)
    size = round(0.1 * sample_rate)
    hz = np.fft.rfftfreq(size, 1 / sample_rate)

    def centroids(times: list[float]) -> list[float]:
        parts = [samples[round(time * sample_rate) :][:size] for time in times]
        return [float(np.average(hz, weights=np.abs(np.fft.rfft(p)) ** 2)) for p in parts]

    kicks, snares = centroids(truth["kick_times_s"]), centroids(truth["snare_times_s"])
    between = centroids(sorted(set(truth["onset_times_s"]) - set(truth["beat_times_s"])))
    assert max(kicks) < min(snares)
    assert max(snares) < min(between)


@pytest.mark.parametrize("path", having("pan"))
def test_pan(path: str) -> None:
    """Level difference by RMS within 0.05 dB, time difference by GCC-PHAT within 2 us."""
    samples, sample_rate = load(path)
    for place in TRUTHS[path]["pan"]:
        part = samples[round(place["start"] * sample_rate) : round(place["end"] * sample_rate)]
        power = np.mean(part**2, axis=0)
        assert 10 * np.log10(power[0] / power[1]) == pytest.approx(place["ild_db"], abs=0.05)
        spectra = np.fft.rfft(part, 2 * len(part), axis=0)
        cross = np.conj(spectra[:, 0]) * spectra[:, 1]
        finer = 16
        lags = np.fft.irfft(cross / np.abs(cross), 2 * len(part) * finer)
        reach = round(1e-3 * sample_rate * finer)
        lags = np.roll(lags, reach)[: 2 * reach]
        lag = vertex(lags, int(np.argmax(lags))) - reach
        assert 1e6 * lag / (finer * sample_rate) == pytest.approx(place["itd_us"], abs=2)


@pytest.mark.parametrize("path", having("f0_contour"))
def test_f0_contour(path: str) -> None:
    """The first partial follows the contour within 5 cents inside the vowels."""
    truth = TRUTHS[path]
    samples, sample_rate = load_mono(path)
    times, contour = ([p[key] for p in truth["f0_contour"]] for key in ("time", "f0_hz"))
    half = round(0.04 * sample_rate)
    for vowel in truth["vowels"]:
        for time in np.linspace(vowel["start"] + 0.1, vowel["end"] - 0.1, 5):
            middle = round(time * sample_rate)
            expected = float(np.interp(time, times, contour))
            part = samples[middle - half : middle + half]
            found = strongest_hz(part, sample_rate, 0.7 * expected, 1.5 * expected)
            assert abs(cents(found, expected)) < MAX_CENTS


@pytest.mark.parametrize("path", having("voiced_start_s"))
def test_voiced_part(path: str) -> None:
    """Silence outside the voiced part, sound within."""
    truth = TRUTHS[path]
    samples, sample_rate = load_mono(path)
    start, end = (round(truth[k] * sample_rate) for k in ("voiced_start_s", "voiced_end_s"))
    guard = sample_rate // 50
    level = running_rms(samples, guard)
    assert max(level[: start - guard].max(), level[end + guard :].max()) < 0.01
    assert level[start + guard : end - 3 * guard].min() > 0.1


def test_formants() -> None:
    """Linear prediction finds F1 and F2 of every vowel of the low voice within 8 %."""
    samples, sample_rate = load_mono("speech/vowels.wav")
    order = 12
    for vowel in TRUTHS["speech/vowels.wav"]["vowels"]:
        start, end = (round((vowel["start"] + t) * sample_rate) for t in (0.2, 0.3))
        part = np.diff(samples[start:end]) * np.hamming(end - start - 1)
        lags = np.array([part[k:] @ part[: len(part) - k] for k in range(order + 1)])
        matrix = lags[np.abs(np.subtract.outer(np.arange(order), np.arange(order)))]
        poles = np.roots([1, *-np.linalg.solve(matrix, lags[1:])])
        hz = np.angle(poles) * sample_rate / (2 * np.pi)
        for formant in vowel["formants_hz"][:2]:
            assert np.min(np.abs(hz / formant - 1)) < MAX_FORMANT_ERROR


@pytest.fixture(scope="module")
def remade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder that make.py filled anew."""
    folder = tmp_path_factory.mktemp("remade")
    run_make(folder)
    return folder


def run_make(folder: Path) -> None:
    """Run make.py as its users do."""
    subprocess.run([sys.executable, "-B", FOLDER / "make.py", folder], check=True)


@pytest.mark.parametrize("path", TRUTHS)
def test_remade_sounds(path: str, remade: Path) -> None:
    """PCM and float decode to the very same samples, lossy ones to the same length and closely."""
    (old, _), (new, _) = load(path), load(path, remade)
    assert old.shape == new.shape
    if TRUTHS[path]["subtype"] in LOSSY:
        assert np.sum((new - old) ** 2) < 0.01 * np.sum(old**2)
    else:
        assert np.array_equal(old, new)


def test_remade_texts(remade: Path) -> None:
    """The committed truth and table are what the recipes say now."""
    for name in ("ground_truth.json", "README.md"):
        assert (remade / name).read_text("utf-8") == (FOLDER / name).read_text("utf-8")


def test_make_leaves_good_files_alone(tmp_path: Path) -> None:
    """A second run touches no audio file; a spoilt one is made again."""
    run_make(tmp_path)
    spoilt = "calibration/white_noise.wav"
    sf.write(tmp_path / spoilt, np.zeros(10), 22050, subtype="FLOAT")
    before = {path: (tmp_path / path).stat().st_mtime_ns for path in TRUTHS}
    run_make(tmp_path)
    touched = {path for path in TRUTHS if (tmp_path / path).stat().st_mtime_ns != before[path]}
    assert touched == {spoilt}
    assert len(load(spoilt, tmp_path)[0]) == TRUTHS[spoilt]["frames"]
