"""The tasks as somebody who knows librosa well would write them.

Filterbanks are made once; one read, one STFT, one onset envelope, one tempogram and one CQT serve
all that can share them. chroma_cqt's own default folds a CQT of 36 bins per octave; here it folds
the one of 12 that is there already, which is the cheaper of the two.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import soundfile as sf
import soxr

from .tasks import ALL
from .written import Tables

RATE, N_FFT, HOP = 22050, 2048, 512
Features = dict[str, Any]


class Bank:
    """What does not depend on the file."""

    def __init__(self) -> None:
        self.mel = librosa.filters.mel(sr=RATE, n_fft=N_FFT, n_mels=128)
        self.frequencies = librosa.fft_frequencies(sr=RATE, n_fft=N_FFT)


class Sound:
    """One file, and what several features read of it, each made when first asked for."""

    def __init__(self, file: Path, bank: Bank) -> None:
        samples, rate = sf.read(file, dtype="float32", always_2d=True)
        count = samples.shape[1]
        mono = samples[:, 0] if count == 1 else samples @ np.full(count, 1 / count, np.float32)
        self.bank = bank
        self.seconds: float = len(samples) / rate
        self.heard = mono if rate == RATE else soxr.resample(mono, rate, RATE, quality="HQ")

    @cached_property
    def power(self) -> Any:
        """Energies of the STFT, (bins, frames)."""
        transform = librosa.stft(self.heard, n_fft=N_FFT, hop_length=HOP)
        return transform.real**2 + transform.imag**2

    @cached_property
    def magnitude(self) -> Any:
        """Magnitudes of the STFT, (bins, frames)."""
        return np.sqrt(self.power)

    @cached_property
    def mel(self) -> Any:
        """Log-mel, (128, frames), dB."""
        return librosa.power_to_db(self.bank.mel @ self.power, top_db=None)

    @cached_property
    def onsets(self) -> Any:
        """Onset strength, (frames,); librosa floors the mel 80 dB below the clip's loudest."""
        floored = np.maximum(self.mel, self.mel.max() - 80)
        return librosa.onset.onset_strength(S=floored, sr=RATE)

    @cached_property
    def tempogram(self) -> Any:
        """Tempogram, (384, frames)."""
        return librosa.feature.tempogram(onset_envelope=self.onsets, sr=RATE)


def log_mel(sound: Sound) -> Features:
    """Task A."""
    return {"mel": sound.mel}


def timbre(sound: Sound) -> Features:
    """Task B."""
    feature, magnitude, known = librosa.feature, sound.magnitude, sound.bank.frequencies
    centroid = feature.spectral_centroid(S=magnitude, freq=known)
    return {
        "mfcc": feature.mfcc(S=sound.mel, n_mfcc=13),
        "spectral_centroid": centroid,
        "spectral_bandwidth": feature.spectral_bandwidth(
            S=magnitude, freq=known, centroid=centroid
        ),
        "spectral_contrast": feature.spectral_contrast(S=magnitude, sr=RATE, freq=known),
        "spectral_rolloff": feature.spectral_rolloff(S=magnitude, sr=RATE, freq=known),
        "spectral_flatness": feature.spectral_flatness(S=sound.power, power=1.0),
        "zero_crossing_rate": feature.zero_crossing_rate(sound.heard),
        "rms": feature.rms(y=sound.heard, frame_length=N_FFT, hop_length=HOP),
        "chroma_stft": feature.chroma_stft(S=sound.power, sr=RATE),
    }


def harmony(sound: Sound) -> Features:
    """Task C."""
    tuning = librosa.estimate_tuning(y=sound.heard, sr=RATE)
    cqt = np.abs(librosa.cqt(sound.heard, sr=RATE, n_bins=84, tuning=tuning))
    low, high = float(librosa.note_to_hz("C2")), float(librosa.note_to_hz("C7"))
    f0, voiced, probability = librosa.pyin(sound.heard, sr=RATE, fmin=low, fmax=high)
    return {
        "chroma_cqt": librosa.feature.chroma_cqt(C=cqt, sr=RATE, bins_per_octave=12, tuning=tuning),
        "cqt": cqt,
        "pyin_f0": f0,
        "pyin_voiced": voiced,
        "pyin_probability": probability,
    }


def rhythm(sound: Sound) -> Features:
    """Task D."""
    return {"onset_strength": sound.onsets, "tempogram": sound.tempogram}


def tempo(sound: Sound) -> Mapping[str, float]:
    """The part of task D that is one number per file."""
    return {"tempo": float(librosa.feature.tempo(tg=sound.tempogram, sr=RATE)[0])}


MAKE: Mapping[str, Callable[[Sound], Features]] = {
    "A": log_mel,
    "B": timbre,
    "C": harmony,
    "D": rhythm,
}


def worker(task: str, out: Path) -> tuple[Callable[[Path], float], Callable[[], object]]:
    """Work on one file, giving back its seconds; and what is left to do in the end."""
    bank, tables = Bank(), Tables(out)
    chosen = list(MAKE.values()) if task == ALL else [MAKE[task]]

    def work(file: Path) -> float:
        sound = Sound(file, bank)
        features: Features = {}
        for make in chosen:
            features |= make(sound)
        tables.add(str(file), features, tempo(sound) if rhythm in chosen else {})
        return sound.seconds

    return work, tables.close
