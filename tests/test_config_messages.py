"""Every text that a wrong config is told, to the letter."""

import pytest

from audiofeat_cli.config.settings import TOP_KEYS
from tests.config_toys import problems

RATE = "sample_rate: 22050\n"
LIST = "features: [mel]\n"
GOOD = RATE + LIST


def with_mel(given: str) -> str:
    return f"sample_rate: 22050\nfeatures:\n  - mel: {{{given}}}\n"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            "n_mels: 0",
            "19: mel.n_mels: expected a whole number from 1 to 1048576, got '0'",
        ),
        ("n_mels: 128.5", "19: mel.n_mels: expected a whole number from 1 to 1048576, got '128.5'"),
        ("n_mels: true", "19: mel.n_mels: expected a whole number from 1 to 1048576, got 'true'"),
        ("n_mels: 0x10", "19: mel.n_mels: expected a whole number from 1 to 1048576, got '0x10'"),
        (
            "n_mels: 12:30:00",
            "19: mel.n_mels: expected a whole number from 1 to 1048576, got '12:30:00'",
        ),
        ("n_mels: [1]", "19: mel.n_mels: expected a whole number from 1 to 1048576, got a list"),
        (
            "n_mels: {a: 1}",
            "19: mel.n_mels: expected a whole number from 1 to 1048576, got a mapping",
        ),
        ("n_mels:", "18: mel.n_mels: expected a whole number from 1 to 1048576, got null"),
        ("amin: 0", "17: mel.amin: expected a number above 0, got '0'"),
        ("fmin: .nan", "17: mel.fmin: expected a number of at least 0 (Hz), got '.nan'"),
        (
            "fmax: inf",
            "17: mel.fmax: expected a number of at least 0 (Hz) or null, got 'inf'",
        ),
        (
            "fmax: 8 kHz",
            "17: mel.fmax: expected a number of at least 0 (Hz) or null, got '8 kHz'; "
            "in Hz that is 8000",
        ),
        (
            "fmax: 80 hz",
            "17: mel.fmax: expected a number of at least 0 (Hz) or null, got '80 hz'; "
            "write 80, without the unit",
        ),
        (
            "fmax: none",
            "17: mel.fmax: expected a number of at least 0 (Hz) or null, got 'none'; "
            "no value is written null",
        ),
        ("htk: maybe", "16: mel.htk: expected true or false, got 'maybe'"),
        (
            "scale: dB",
            "18: mel.scale: expected linear, db or log10, got 'dB'; did you mean 'db'?",
        ),
        ("norm: x", "17: mel.norm: expected slaney, a number or null, got 'x'"),
        ("n_mel: 3", "11: mel.n_mel: unknown parameter; did you mean 'n_mels'?"),
        (
            "hop_length: 3",
            "11: mel.hop_length: unknown parameter; 'hop_length' stands at the top, "
            "for all features",
        ),
        (
            "sr: 3",
            "11: mel.sr: unknown parameter; 'sample_rate' stands at the top, for all features",
        ),
        (
            "qqq: 3",
            "11: mel.qqq: unknown parameter; mel accepts n_mels, fmin, fmax, amin, htk, norm, "
            "scale, n_fft, win_length, window, pad_mode and precision",
        ),
        (
            "as: 1a",
            "15: mel.as: expected a name of letters, digits and '_' that begins with a letter, "
            "got '1a'",
        ),
        ("as: Path", "15: mel.as: 'Path' is a column of the tables; choose another"),
        ("as: rms", "15: mel.as: 'rms' is another feature; choose another name"),
        (
            "win_length: 4096",
            "23: mel.win_length: 4096 samples are more than n_fft (2048); shorten it, "
            "or raise n_fft (to 4096, say)",
        ),
    ],
)
def test_what_a_parameter_is_told(given: str, told: str) -> None:
    assert problems(with_mel(given)) == [f"a.yaml:3:{told}"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sr: 22050", "3:1: sr: unknown key; did you mean 'sample_rate'?"),
        ("hop_lenght: 3", "3:1: hop_lenght: unknown key; did you mean 'hop_length'?"),
        ("hopLength: 3", "3:1: hopLength: unknown key; did you mean 'hop_length'?"),
        ("hop: 3", "3:1: hop: unknown key; did you mean 'hop_length'?"),
        ("frame_length: 3", "3:1: frame_length: unknown key; did you mean 'n_fft'?"),
        ("n_mels: 3", "3:1: n_mels: belongs under the feature, as in `- mel: {n_mels: ...}`"),
        ("n_mfccs: 3", "3:1: n_mfccs: belongs under the feature, as in `- mfcc: {n_mfcc: ...}`"),
        ("mfcc: {}", "3:1: mfcc: a feature belongs in the list, as in `features: [mfcc]`"),
        ("qqqq: 3", f"3:1: qqqq: unknown key; expected {', '.join(TOP_KEYS[:-1])} or tables"),
        ("window: 2048", "3:9: window: window is the shape; its size is win_length"),
        (
            "window: 8.6",
            "3:9: window: expected the name of a window; for a Kaiser window write [kaiser, 8.6]",
        ),
        ("window: kaiser", "3:9: window: the kaiser window needs beta, as in [kaiser, 8.6]"),
        ("window: [hann, 3]", "3:9: window: the hann window takes no parameters: write hann"),
        (
            "window: [tukey, 3]",
            "3:9: window: alpha of the tukey window: expected a number from 0 to 1, got '3'",
        ),
        (
            "window:",
            "3:8: window: expected the name of a window, such as hann or [kaiser, 8.6]",
        ),
        (
            "channels: stereo",
            "3:11: channels: expected mono, left, right, mid, side or each, got 'stereo'; "
            "did you mean 'each'?",
        ),
        (
            "pad_mode: zeros",
            "3:11: pad_mode: expected constant, edge, reflect or symmetric, got 'zeros'; "
            "did you mean 'constant'?",
        ),
        ("n_fft: 0", "3:8: n_fft: expected a whole number from 1 to 1048576, got '0'"),
        ("n_fft: 1e7", "3:8: n_fft: expected a whole number from 1 to 1048576, got '1e7'"),
        (
            "hop_length: 0",
            "3:13: hop_length: expected a whole number from 1 to 16777216, "
            "a length such as '46.4 ms' or null, got '0'",
        ),
        (
            "hop_length: 10 msec",
            "3:13: hop_length: expected a whole number from 1 to 16777216, "
            "a length such as '46.4 ms' or null, got '10 msec'",
        ),
        (
            "hop_length: 0.01 ms",
            "3:13: hop_length: 0.01 ms at 22050 Hz is 0.221 samples; expected from 1 to 16777216",
        ),
        (
            "win_length: 0.1 s",
            "3:13: win_length: 2205 samples are more than n_fft (2048); shorten it, "
            "or raise n_fft (to 4096, say)",
        ),
        ("pooling: mean", "3:10: pooling: expected a list, as in [mean, var], got 'mean'"),
        (
            "pooling: [mean, avg]",
            "3:17: pooling: expected mean, var or std, got 'avg'; did you mean 'mean'?",
        ),
        ("pooling: [p05]", "3:11: pooling: expected mean, var or std, got 'p05'"),
        ("pooling: [[var]]", "3:11: pooling: expected mean, var or std, got a list"),
        ("pooling:", "3:9: pooling: expected a list, as in [mean, var], got null"),
        ("pooling: [var, var]", "3:16: pooling: 'var' is named twice"),
        ("tables: []", "3:9: tables: empty; name frames, clips or both"),
        ("tables:", "3:8: tables: empty; name frames, clips or both"),
        (
            "tables: [frame]",
            "3:10: tables: expected frames or clips, got 'frame'; did you mean 'frames'?",
        ),
        (
            "segments: 3 s",
            "3:11: segments: expected null or lengths, as in {length: 3 s}, got '3 s'",
        ),
        ("segments: {hop: 1 s}", "3:11: segments: needs 'length', as in {length: 3 s}"),
        (
            "segments: {length: 3}",
            "3:20: segments.length: expected a length such as '3 s' or '500 ms', got '3'; "
            "did you mean '3 s'?",
        ),
        (
            "segments: {length: -3 s}",
            "3:20: segments.length: expected a length such as '3 s' or '500 ms', got '-3 s'",
        ),
        (
            "segments: {length: 3 s, hop: 0 ms}",
            "3:30: segments.hop: expected more than 0, got '0 ms'",
        ),
        (
            "segments: {length: 20 ms}",
            "3:20: segments.length: 20 ms is shorter than hop_length (23.22 ms): "
            "segments without frames",
        ),
        (
            "segments: {size: 3 s}",
            "3:12: segments.size: unknown key; did you mean 'length'?",
        ),
        (
            "segments: {length: 3 s, foo: 3 s}",
            "3:25: segments.foo: unknown key; expected length or hop",
        ),
    ],
)
def test_what_a_key_at_the_top_is_told(text: str, told: str) -> None:
    assert problems(f"{GOOD}{text}\n") == [f"a.yaml:{told}"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "",
            "1:1: sample_rate: missing; audio is resampled to it, and no rate suits everybody. "
            "Add `sample_rate: 22050` (in Hz), or `sample_rate: null` to keep each file's own",
        ),
        (
            "sample_rate:\n",
            "1:13: sample_rate: empty; write a rate in Hz, or null to keep each file's own",
        ),
        (
            "sample_rate: 22.05\n",
            "1:14: sample_rate: expected a whole number from 1 to 10000000 (Hz) or null, "
            "got '22.05'; in Hz, not kHz, that is 22050",
        ),
        (
            "sample_rate: 44.1 kHz\n",
            "1:14: sample_rate: expected a whole number from 1 to 10000000 (Hz) or null, "
            "got '44.1 kHz'; in Hz that is 44100",
        ),
        ("fs: 22050\n", "1:1: fs: unknown key; did you mean 'sample_rate'?"),
    ],
)
def test_a_rate_must_be_stated(line: str, told: str) -> None:
    assert problems(line + LIST) == [f"a.yaml:{told}"]


@pytest.mark.parametrize(
    ("features", "told"),
    [
        ("", "1:1: features: missing; name at least one feature, as in `features: [mel]`"),
        ("features:\n", "2:10: features: empty; name at least one feature, as in [mel]"),
        ("features: []\n", "2:11: features: empty; name at least one feature"),
        ("features: mel\n", "2:11: features: expected a list, as in [mel]"),
        (
            "features:\n  mel: {}\n",
            "3:3: features: expected a list; put '- ' before each feature, as in `- mel: ...`",
        ),
        (
            "features: [mfccs]\n",
            "2:12: features: unknown feature 'mfccs'; did you mean 'mfcc'? "
            "(`audiofeat features` lists them)",
        ),
        (
            "features: [flux]\n",
            "2:12: features: unknown feature 'flux'; did you mean 'spectral_flux'? "
            "(`audiofeat features` lists them)",
        ),
        (
            "features: [qqqq: {n_mels: abc}]\n",
            "2:12: features: unknown feature 'qqqq' (`audiofeat features` lists them)",
        ),
        ("features:\n  -\n", "3:4: features: expected a feature's name, got null"),
        ("features: [[mel]]\n", "2:12: features: expected a feature's name, got a list"),
        ("features: [{}]\n", "2:12: features: expected a feature's name, got an empty mapping"),
        (
            "features: [mel: 64]\n",
            "2:17: mel: expected parameters, as in `- mel: {n_mels: ...}`, got '64'",
        ),
        (
            "features: [loudness: 1]\n",
            "2:22: loudness: expected parameters, as in `- loudness`, got '1'",
        ),
        (
            "features:\n  - mel:\n    n_mels: 64\n",
            "4:5: mel: 'n_mels' stands beside 'mel'; indent it deeper, "
            "or write `- mel: {n_mels: 64}`",
        ),
        (
            "features:\n  - mel:\n    rms:\n",
            "4:5: features: two features in one entry; begin 'rms' with its own '- '",
        ),
        ("features: [name: mel]\n", "2:12: features: write `- mel`, without 'name:'"),
        (
            "features:\n  - name: mel\n    n_mels: 64\n",
            "3:5: features: each entry is a feature with its parameters, as in "
            "`- mel: {n_mels: ...}`",
        ),
        (
            "features: [mel, rms, mel]\n",
            "2:22: mel: this name is taken at line 2; give one of the two another with `as`, "
            "as in `- mel: {as: mel_2}`",
        ),
        (
            "features: [mel: {as: a}, mel: {as: A}]\n",
            "2:36: A: this name is taken at line 2; give one of the two another with `as`, "
            "as in `- mel: {as: mel_2}`",
        ),
        ("features: [delta]\n", "2:12: delta: needs 'of', as in `- delta: {of: ...}`"),
        (
            "features: [loudness: {qqq: 1}]\n",
            "2:23: loudness.qqq: unknown parameter; loudness has none of its own",
        ),
    ],
)
def test_what_the_list_of_features_is_told(features: str, told: str) -> None:
    assert problems(RATE + features) == [f"a.yaml:{told}"]


def test_all_mistakes_at_once_in_the_order_of_the_file() -> None:
    text = "sr: 8000\nn_fft: abc\nfeatures:\n  - mel: {n_mels: 0, fmim: 3}\n  - x\nn_fft: 1\n"
    assert problems(text, "hop=3", "oops") == [
        "a.yaml:1:1: sr: unknown key; did you mean 'sample_rate'?",
        "a.yaml:2:8: n_fft: expected a whole number from 1 to 1048576, got 'abc'",
        "a.yaml:4:19: mel.n_mels: expected a whole number from 1 to 1048576, got '0'",
        "a.yaml:4:22: mel.fmim: unknown parameter; did you mean 'fmin'?",
        "a.yaml:5:5: features: unknown feature 'x' (`audiofeat features` lists them)",
        "a.yaml:6:1: n_fft: given twice (first at line 2); remove one of them",
        "--set oops: expected KEY=VALUE, as in hop_length=256",
        "--set hop=3: hop: unknown key; did you mean 'hop_length'?",
    ]


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("hop_length", "expected KEY=VALUE, as in hop_length=256"),
        ("=3", "expected KEY=VALUE, as in hop_length=256"),
        ("features..x=3", "expected KEY=VALUE, as in hop_length=256"),
        ("hop_lenght=3", "hop_lenght: unknown key; did you mean 'hop_length'?"),
        ("n_fft=abc", "n_fft: expected a whole number from 1 to 1048576, got 'abc'"),
        ("sample_rate=", "sample_rate: empty; write a rate in Hz, or null to keep each file's own"),
        ("mel.n_mels=3", "mel.n_mels: did you mean 'features.mel.n_mels'?"),
        ("window.x=3", "window.x: 'window' has no keys of its own"),
        (
            "feature.mel.x=3",
            "feature.mel.x: 'feature' has no keys of its own; did you mean 'features'?",
        ),
        (
            "features.mels.n_mels=3",
            "features.mels.n_mels: no feature 'mels' in this config; did you mean 'mel'?",
        ),
        (
            "features.zzz.n_mels=3",
            "features.zzz.n_mels: no feature 'zzz' in this config; it has mel, a and b",
        ),
        (
            "features.rms.n_fft=3",
            "features.rms.n_fft: 'rms' stands for 2 features here; give them names with `as`",
        ),
        ("features.mel.n_mels.x=3", "features.mel.n_mels.x: 'n_mels' has no keys of its own"),
        ("features.mel.n_mel=3", "mel.n_mel: unknown parameter; did you mean 'n_mels'?"),
        ("features.mel=3", "mel: expected parameters, as in `- mel: {n_mels: ...}`, got '3'"),
        (
            "window=[kaiser",
            "the list opened here with '[' is not closed, or lacks a ',' (noticed at line 1)",
        ),
    ],
)
def test_what_set_is_told(override: str, told: str) -> None:
    text = RATE + "features: [mel, rms: {as: a}, rms: {as: b}]\n"
    assert problems(text, override) == [f"--set {override}: {told}"]
