"""What people write for what they mean: the nearest right spelling, and other tools' words."""

import difflib
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

_CUTOFF = 0.6

_SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "sample_rate": "sr fs rate sampling_rate sampling_frequency samples_per_second",
        "channels": "channel mono n_channels",
        "resampler": "res_type resample resample_type resampling",
        "n_fft": "frame_length frame_size fft_size fft_length fft window_size win_size block_size "
        "blocksize framesize",
        "win_length": "window_length win_len wlen window_len",
        "hop_length": "hop hop_size step step_size stride frame_step frame_shift shift hop_len",
        "window": "window_type window_fn window_function win_type windowing win",
        "center": "centre centered centred",
        "pad_mode": "padding pad padding_mode",
        "precision": "dtype",
        "features": "feature extract extractors",
        "pooling": "pool stats statistics statistic aggregate aggregation functionals summary",
        "tables": "table outputs output",
        "segments": "segment",
        "n_mels": "n_mel nmels mels mel_bins num_mels num_mel_bins mel_bands n_bands nfilt "
        "n_filters",
        "n_mfcc": "n_mfccs num_mfcc num_ceps numcep n_ceps n_coeffs n_coefficients num_cepstral",
        "fmin": "f_min low_freq lowfreq min_freq freq_min mel_fmin",
        "fmax": "f_max high_freq highfreq max_freq freq_max mel_fmax",
        "of": "feature source input",
        "order": "orders",
        "lifter": "cep_lifter ceplifter",
        "zero_crossing_rate": "zcr zero_crossings",
        "mel": "melspectrogram mel_spectrogram melspec mel_spec logmel log_mel log_mel_spectrogram "
        "fbank filterbank",
        "stft": "spectrogram spectrum magnitude",
        "mfcc": "mfccs ceps cepstrum",
        "chroma_stft": "chroma chromagram",
        "hpcp": "pitch_class_profile pcp",
        "rms": "rmse rms_energy",
        "loudness_range": "lra dynamic_range",
        "true_peak": "dbtp true_peak_level",
        "crest_factor": "crest",
        "silence_rate": "silence_ratio",
        "weighted_level": "a_weighting dba spl",
        "spectral_rolloff": "rolloff roll_off",
        "spectral_bandwidth": "spread spectral_spread bandwidth",
        "cqt": "constant_q constant_q_transform",
        "itd": "tdoa gcc_phat",
        "ild": "iid",
        "integrated_loudness": "lufs loudness ebu_r128 r128 integrated_lufs",
        "delta": "deltas derivative mfcc_delta delta_mfcc",
        "pyin": "f0 pitch fundamental_frequency",
        "onset_strength": "onset novelty",
        "onsets": "onset_detect onset_times",
        "beats": "beat_track beat_times",
        "tempo": "bpm",
        "mono": "average avg downmix 1",
        "each": "stereo all multi",
        "constant": "zero zeros",
        "edge": "replicate nearest",
        "reflect": "mirror",
        "float32": "single f32 32 float",
        "float64": "double f64 64",
        "mean": "avg average",
        "var": "variance",
        "std": "stdev stddev sd",
        "min": "minimum",
        "max": "maximum",
        "median": "med",
        "skew": "skewness",
        "kurtosis": "kurt excess_kurtosis",
        "dmean": "delta_mean mean_delta diff_mean mean_diff",
        "dvar": "delta_var var_delta diff_var var_diff",
        "n_valid": "count n valid n_values",
        "db": "decibel decibels log power_to_db",
        "hann": "hanning",
    }
)
"""Right spelling -> what other tools and habits call it."""


def _squeezed(word: str) -> str:
    return re.sub(r"[\W_]+", "", word).lower()


_MEANINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        _squeezed(other): tuple(
            right for right, words in _SYNONYMS.items() if other in words.split()
        )
        for words in _SYNONYMS.values()
        for other in words.split()
    }
)


def nearest(word: str, options: Iterable[str]) -> str | None:
    """The option that was probably meant: the same but for case and dashes, a synonym, or close."""
    known = list(options)
    squeezed = _squeezed(word)
    for option in known:
        if _squeezed(option) == squeezed:
            return option
    for option in _MEANINGS.get(squeezed, ()):
        if option in known:
            return option
    if f"spectral_{word}" in known:
        return f"spectral_{word}"
    lowered = {option.lower(): option for option in known}
    close = difflib.get_close_matches(word.lower(), lowered, n=1, cutoff=_CUTOFF)
    return lowered[close[0]] if close else None


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """`; did you mean 'x'?`, or nothing."""
    found = nearest(word, options)
    return f"; did you mean '{found}'?" if found else ""


def listed(words: Iterable[str], last: str = "or") -> str:
    """`a, b or c`."""
    words = list(words)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
