"""The recipes of the sample audio: numbers in, samples and the truth about them out.

Every recipe takes a sample rate and returns float64 samples, (n,) or (n, 2), and the quantities
that made them. `make.py` writes the files.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Truth = dict[str, object]
Sound = tuple[Array, Truth]

A4_HZ = 440.0
A4_MIDI = 69
NOTE_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
EDGE_S = 0.1  # silence before and after a single note
FADE_S = 0.005  # at the ends of continuous noise
TOP = 0.45  # no partial above this share of the sample rate

# Peterson and Barney 1952, table II: F1 to F3 in Hz; F4 and the bandwidths are common round values.
LOW_VOICE = {
    "a": (730, 1090, 2440),
    "e": (530, 1840, 2480),
    "i": (270, 2290, 3010),
    "o": (570, 840, 2410),
    "u": (300, 870, 2240),
}
HIGH_VOICE = {
    "a": (850, 1220, 2810),
    "e": (610, 2330, 2990),
    "i": (310, 2790, 3310),
    "o": (590, 920, 2710),
    "u": (370, 950, 2670),
}
F4_HZ = 3500
BANDWIDTHS_HZ = (60, 90, 150, 200)

# Level difference in dB (left over right), time difference in us (left first).
PAN = ((15, 630), (9, 430), (4, 215), (10, 0), (0, 0), (0, -300), (-4, -215), (-9, -430))


def uniform(count: int, seed: int) -> Array:
    """Numbers in [0, 1) from raw PCG64 words, a stream that numpy promises to keep."""
    words = np.asarray(np.random.PCG64(seed).random_raw(count), dtype=np.uint64)
    return np.asarray((words >> np.uint64(11)) * 2.0**-53, dtype=np.float64)


def gaussian(count: int, seed: int) -> Array:
    """White noise of unit variance (Box-Muller)."""
    radius, angle = uniform(2 * count, seed).reshape(2, count)
    return np.asarray(np.sqrt(-2 * np.log1p(-radius)) * np.cos(2 * np.pi * angle))


def clock(seconds: float, sample_rate: int) -> Array:
    """Sample times in s."""
    return np.arange(round(seconds * sample_rate)) / sample_rate


def note_hz(midi: int) -> float:
    """Equal temperament."""
    return float(A4_HZ * 2 ** ((midi - A4_MIDI) / 12))


def pitch_truth(f0: float) -> Truth:
    """F0 with its nearest note and the distance to it."""
    exact = float(A4_MIDI + 12 * np.log2(f0 / A4_HZ))
    midi = round(exact)
    return {
        "f0_hz": round(f0, 6),
        "note": f"{NOTE_NAMES[midi % 12]}{midi // 12 - 1}",
        "midi": midi,
        "cents_off": round(100 * (exact - midi), 3),
    }


def harmonics(f0: float, weights: Iterable[float], time: Array, sample_rate: int) -> Array:
    """Sum of weights[n-1] * sin(2 pi n f0 t), without partials that would alias."""
    partials = [(n, w) for n, w in enumerate(weights, 1) if n * f0 < TOP * sample_rate]
    return np.asarray(sum(w * np.sin(2 * np.pi * n * f0 * time) for n, w in partials))


def to_peak(samples: Array, peak: float) -> Array:
    """Scale so that the largest sample is `peak`."""
    return np.asarray(samples * (peak / np.max(np.abs(samples))))


def fade_ends(samples: Array, sample_rate: int, seconds: float = FADE_S) -> Array:
    """Raised-cosine fades at both ends of axis 0."""
    ramp = np.sin(np.linspace(0, np.pi / 2, round(seconds * sample_rate))) ** 2
    gain = np.concatenate([ramp, np.ones(len(samples) - 2 * len(ramp)), ramp[::-1]])
    return np.asarray((samples.T * gain).T)


def plucked(sample_rate: int) -> Sound:
    """Make a string plucked at a fifth of its length; no sustain, an exponential decay to 0."""
    f0, attack, decay, tau = 222.0, 0.005, 1.8, 0.3
    time = clock(2.0, sample_rate)
    since_peak = np.clip(time - EDGE_S - attack, 0, decay)
    floor = np.exp(-decay / tau)
    envelope = np.clip((time - EDGE_S) / attack, 0, 1)
    envelope *= (np.exp(-since_peak / tau) - floor) / (1 - floor)
    weights = [np.sin(np.pi * n / 5) / n for n in range(1, 41)]
    tone = harmonics(f0, weights, time - EDGE_S, sample_rate)
    truth = pitch_truth(f0) | {
        "onset_s": EDGE_S,
        "attack_s": attack,
        "attack_20_90_s": round(0.7 * attack, 6),
        "decay_s": decay,
        "decay_time_constant_s": tau,
        "sustain_level": 0.0,
        "sustain_s": 0.0,
        "release_s": 0.0,
    }
    return to_peak(tone * envelope, 0.7), truth


def bowed(sample_rate: int) -> Sound:
    """Sound a saw-like steady tone under straight attack, decay, sustain and release."""
    f0, attack, decay, level, sustain, release = note_hz(62), 0.15, 0.25, 0.7, 1.0, 0.4
    corners = EDGE_S + np.cumsum([0, attack, decay, sustain, release])
    time = clock(corners[-1] + EDGE_S, sample_rate)
    envelope = np.interp(time, corners, [0, 1, level, level, 0])
    tone = harmonics(f0, [1 / n for n in range(1, 41)], time - EDGE_S, sample_rate)
    truth = pitch_truth(f0) | {
        "onset_s": EDGE_S,
        "attack_s": attack,
        "attack_20_90_s": round(0.7 * attack, 6),
        "decay_s": decay,
        "sustain_level": level,
        "sustain_s": sustain,
        "release_s": release,
    }
    return to_peak(tone * envelope, 0.6), truth


@dataclass(frozen=True)
class Chord:
    """A bass note and four voices of a triad, as MIDI numbers."""

    name: str
    midi: tuple[int, ...]


D_MAJOR = (
    Chord("D", (38, 62, 66, 69, 74)),
    Chord("G", (43, 62, 67, 71, 74)),
    Chord("A", (45, 61, 64, 69, 76)),
    Chord("D", (38, 62, 66, 69, 74)),
)
C_MINOR = (
    Chord("Cm", (36, 60, 63, 67, 75)),
    Chord("Fm", (41, 60, 65, 68, 72)),
    Chord("G", (43, 59, 62, 67, 74)),
    Chord("Cm", (36, 60, 63, 67, 75)),
)


def progression(sample_rate: int, key: str, degrees: str, chords: Sequence[Chord]) -> Sound:
    """Four chords of 1.5 s each, voices spread from left to right; (n, 2)."""
    each = 1.5
    time = clock(each, sample_rate)
    envelope = np.interp(time, [0, 0.03, 0.4, each - 0.15, each - 0.01], [0, 1, 0.6, 0.4, 0])
    angles = np.pi * np.array([0.25, 0.15, 0.25, 0.35, 0.2])  # constant power; pi/4 is the middle
    gains = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    weights = [n**-1.7 for n in range(1, 9)]
    parts = []
    for chord in chords:
        tones = [harmonics(note_hz(midi), weights, time, sample_rate) for midi in chord.midi]
        parts.append((np.stack(tones, axis=1) * envelope[:, None]) @ gains)
    truth: Truth = {
        "key": key,
        "degrees": degrees,
        "chords": [
            {
                "start": round(i * each, 6),
                "end": round((i + 1) * each, 6),
                "name": chord.name,
                "midi": list(chord.midi),
            }
            for i, chord in enumerate(chords)
        ],
        "tuning_cents": 0.0,
    }
    return to_peak(np.concatenate(parts), 0.6), truth


def chords_d_major(sample_rate: int) -> Sound:
    """I IV V I in D major; stereo."""
    return progression(sample_rate, "D major", "I IV V I", D_MAJOR)


def chords_c_minor(sample_rate: int) -> Sound:
    """I iv V i in C minor; mono."""
    samples, truth = progression(sample_rate, "C minor", "i iv V i", C_MINOR)
    return to_peak(samples.mean(axis=1), 0.6), truth


def kick(sample_rate: int) -> Array:
    """Sine that falls from 150 to 50 Hz."""
    time = clock(0.25, sample_rate)
    phase = 2 * np.pi * np.cumsum(50 + 100 * np.exp(-time / 0.03)) / sample_rate
    return np.asarray(np.sin(phase) * np.exp(-time / 0.05))


def snare(sample_rate: int) -> Array:
    """Noise over a 190 Hz skin."""
    time = clock(0.2, sample_rate)
    skin = 0.5 * np.sin(2 * np.pi * 190 * time) * np.exp(-time / 0.05)
    return np.asarray(skin + 0.3 * gaussian(len(time), 11) * np.exp(-time / 0.04))


def hihat(sample_rate: int) -> Array:
    """Short noise, its lows removed by two differences."""
    time = clock(0.06, sample_rate)
    noise = np.diff(gaussian(len(time) + 2, 12), n=2)
    return np.asarray(noise * np.exp(-time / 0.012))


def drums(sample_rate: int, tempo_bpm: float) -> Sound:
    """Four bars of 4/4: kick on 1 and 3, snare on 2 and 4, hi-hat on every eighth; (n, 2)."""
    beat, beats, first = 60 / tempo_bpm, 16, 0.2
    eighths = first + beat / 2 * np.arange(2 * beats)
    voices = (
        (kick, eighths[0::4], (0.55, 0.55)),
        (snare, eighths[2::4], (0.32, 0.32)),
        (hihat, eighths[0::2], (0.05, 0.09)),
        (hihat, eighths[1::2], (0.03, 0.055)),
    )
    samples = np.zeros((round((first + beats * beat + 0.2) * sample_rate), 2))
    for sound, times, gains in voices:
        hit = sound(sample_rate)
        hit = hit * np.minimum(1, np.arange(len(hit))[::-1] / (FADE_S * sample_rate))
        bell = np.hanning(len(hit))
        hit -= bell * (np.sum(hit) / np.sum(bell))  # no DC
        for start in np.rint(times * sample_rate).astype(int):
            samples[start : start + len(hit)] += hit[:, None] * np.array(gains)
    truth: Truth = {"tempo_bpm": tempo_bpm, "beats_per_bar": 4} | {
        name: np.round(times, 6).tolist()
        for name, times in (
            ("beat_times_s", eighths[::2]),
            ("downbeat_times_s", eighths[::8]),
            ("onset_times_s", eighths),
            ("kick_times_s", eighths[0::4]),
            ("snare_times_s", eighths[2::4]),
        )
    }
    return samples, truth


def drums_100(sample_rate: int) -> Sound:
    """100 BPM; mono."""
    samples, truth = drums(sample_rate, 100.0)
    return samples.mean(axis=1), truth


def drums_120(sample_rate: int) -> Sound:
    """120 BPM; stereo, the hi-hat to the right."""
    return drums(sample_rate, 120.0)


def pan_sweep(sample_rate: int) -> Sound:
    """White noise that stands still at one place after another; (n, 2).

    Each place is one period of a signal with a flat spectrum. A delay is a phase, so it is exact
    for any fraction of a sample and leaves the level alone.
    """
    each, rms = 0.4, 0.12
    count = round(each * sample_rate)
    frequency = np.fft.rfftfreq(count, 1 / sample_rate)
    inside = (frequency > 0) & (frequency < sample_rate / 2)
    parts, segments = [], []
    for i, (ild, itd) in enumerate(PAN):
        spectrum = inside * np.exp(2j * np.pi * uniform(len(frequency), 100 + i))
        lag = np.pi * frequency * itd * 1e-6  # half to each ear
        both = np.stack([spectrum * np.exp(1j * lag), spectrum * np.exp(-1j * lag)], axis=1)
        noise = np.fft.irfft(both, count, axis=0)
        gains = 10 ** (np.array([ild, -ild]) / 40)
        gains *= rms * np.sqrt(2) / np.linalg.norm(gains)  # constant power
        parts.append(noise / np.sqrt(np.mean(noise[:, 0] ** 2)) * gains)
        start, end = round(i * each, 6), round((i + 1) * each, 6)
        segments.append({"start": start, "end": end, "ild_db": float(ild), "itd_us": float(itd)})
    return fade_ends(np.concatenate(parts), sample_rate), {"pan": segments}


def vowels(
    sample_rate: int, formants: Mapping[str, tuple[int, ...]], contour: Sequence[tuple[float, int]]
) -> Sound:
    """Glottal pulses through four resonators that glide from vowel to vowel.

    Harmonic n of the pulses has weight 1/n (flow -12, radiation +6 dB per octave) and passes
    prod F^2 / (F^2 - f^2 + i f B); harmonics near the Nyquist frequency are left out.
    """
    each, glide = 0.6, 0.06
    time = clock(EDGE_S + each * len(formants) + EDGE_S, sample_rate)
    starts = EDGE_S + each * np.arange(len(formants))
    steady = np.stack([starts + glide / 2, starts + each - glide / 2], axis=1).ravel()
    tracks = [
        np.interp(time, steady, np.repeat(track, 2))
        for track in (*zip(*formants.values(), strict=True), (F4_HZ,) * len(formants))
    ]
    contour_times, contour_hz = zip(*contour, strict=True)
    f0 = np.interp(time, contour_times, contour_hz)
    phase = 2 * np.pi * np.cumsum(f0) / sample_rate
    voice, power = np.zeros_like(time), np.zeros_like(time)
    for n in range(1, int(TOP * sample_rate / np.min(f0)) + 1):
        response = np.where(n * f0 < TOP * sample_rate, 1 / n, 0).astype(np.complex128)
        for track, width in zip(tracks, BANDWIDTHS_HZ, strict=True):
            response *= track**2 / (track**2 - (n * f0) ** 2 + 1j * n * f0 * width)
        voice += np.real(response * np.exp(1j * n * phase))
        power += np.abs(response) ** 2
    ends = (EDGE_S, EDGE_S + 0.03, time[-1] - EDGE_S - 0.05, time[-1] - EDGE_S)
    loudness = np.interp(time, ends, (0, 1, 1, 0))
    truth: Truth = {
        "voiced_start_s": EDGE_S,
        "voiced_end_s": round(EDGE_S + each * len(formants), 6),
        "f0_contour": [{"time": t, "f0_hz": float(hz)} for t, hz in contour],
        "vowels": [
            {
                "start": round(float(start), 6),
                "end": round(float(start + each), 6),
                "name": name,
                "formants_hz": [*formants[name], F4_HZ],
            }
            for name, start in zip(formants, starts, strict=True)
        ],
    }
    return to_peak(voice / np.sqrt(power) * loudness, 0.6), truth


def vowels_low(sample_rate: int) -> Sound:
    """Low voice."""
    return vowels(sample_rate, LOW_VOICE, ((0.1, 110), (1.3, 150), (2.5, 120), (3.1, 95)))


def vowels_high(sample_rate: int) -> Sound:
    """High voice."""
    return vowels(sample_rate, HIGH_VOICE, ((0.1, 210), (1.0, 260), (3.1, 180)))


def white_noise(sample_rate: int) -> Sound:
    """Gaussian, no DC, exactly -20 dBFS RMS."""
    noise = gaussian(2 * sample_rate, 1)
    noise -= noise.mean()
    return noise * (0.1 / np.sqrt(np.mean(noise**2))), {"rms_dbfs": -20.0, "dc": 0.0}


def silence(sample_rate: int) -> Sound:
    """Digital silence; stereo."""
    return np.zeros((2 * sample_rate, 2)), {"peak": 0.0, "rms": 0.0}


def calibration_sine(sample_rate: int) -> Sound:
    """Whole periods of 997 Hz, both channels alike, as EBU Tech 3341 case 1.

    BS.1770 reads a full-scale 997 Hz sine in one channel as -3.01 LUFS; two channels add 3.01.
    """
    hz, peak_dbfs = 997.0, -23.0
    sine = 10 ** (peak_dbfs / 20) * np.sin(2 * np.pi * hz * clock(5.0, sample_rate))
    truth: Truth = {
        "f0_hz": hz,
        "peak_dbfs": peak_dbfs,
        "rms_dbfs": round(peak_dbfs - 10 * float(np.log10(2)), 3),
        "integrated_lufs": peak_dbfs,
        "loudness_range_lu": 0.0,
    }
    return np.stack([sine, sine], axis=1), truth
