"""Make the sample audio, its ground truth and the table in README.md.

Run as `python sample_audio/make.py [FOLDER]`; without FOLDER it writes next to itself. The truth
is what `recipes.py` made the sounds from, never a measurement; only the number of frames is read
back from the written file. An existing file whose decoded samples would not change is left alone,
because Ogg serial numbers and the time stamp in a float WAV differ on every run.
"""

import argparse
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

import recipes
from recipes import Array, Sound, Truth

HERE = Path(__file__).resolve().parent
TABLE_BEGIN, TABLE_END = "<!-- table: written by make.py -->\n", "<!-- end of table -->\n"
MAX_LISTED = 4  # longer lists are shortened in the table
FORMATS = {".wav": "WAV", ".flac": "FLAC", ".ogg": "OGG", ".mp3": "MP3"}


@dataclass(frozen=True)
class Sample:
    """One file: where, how it is stored, and the recipe that computes it."""

    path: str
    what: str
    subtype: str
    sample_rate: int
    recipe: Callable[[int], Sound]


SAMPLES = (
    Sample("calibration/silence.flac", "digital silence", "PCM_16", 48000, recipes.silence),
    Sample(
        "calibration/sine_997hz.flac", "calibrated sine", "PCM_24", 48000, recipes.calibration_sine
    ),
    Sample("calibration/white_noise.wav", "white noise", "FLOAT", 22050, recipes.white_noise),
    Sample(
        "music/chords/c_minor.mp3", "chords, mono", "MPEG_LAYER_III", 44100, recipes.chords_c_minor
    ),
    Sample("music/chords/d_major.ogg", "chords, spread", "VORBIS", 44100, recipes.chords_d_major),
    Sample("music/drums/drum loop 100 bpm.flac", "drum loop", "PCM_16", 22050, recipes.drums_100),
    Sample("music/drums/drums_120bpm.mp3", "drum loop", "MPEG_LAYER_III", 48000, recipes.drums_120),
    Sample("notes/bowed/bowed_d4.flac", "bowed note", "PCM_24", 48000, recipes.bowed),
    Sample("notes/plucked_222hz.wav", "plucked note", "PCM_24", 44100, recipes.plucked),
    Sample("space/pan_sweep.wav", "noise at eight places", "PCM_16", 44100, recipes.pan_sweep),
    Sample(
        "speech/telephone/vowels.ogg", "vowels, high voice", "VORBIS", 8000, recipes.vowels_high
    ),
    Sample("speech/vowels.wav", "vowels, low voice", "PCM_16", 16000, recipes.vowels_low),
)


def stored(
    samples: Array, subtype: str
) -> NDArray[np.int16] | NDArray[np.int32] | NDArray[np.float32]:
    """Round to PCM here and nowhere else; 24 bits stand in the upper part of an int32."""
    if subtype == "PCM_16":
        return np.rint(samples * 2**15).astype(np.int16)
    if subtype == "PCM_24":
        return np.rint(samples * 2**23).astype(np.int32) << 8
    return samples.astype(np.float32)


def encoded(samples: Array, sample: Sample) -> bytes:
    """Whole file in memory."""
    if np.max(np.abs(samples)) >= 1:
        raise ValueError(f"{sample.path} would clip")
    buffer = io.BytesIO()
    sf.write(
        buffer,
        stored(samples, sample.subtype),
        sample.sample_rate,
        subtype=sample.subtype,
        format=FORMATS[Path(sample.path).suffix],
    )
    return buffer.getvalue()


def same_sound(old: bytes, new: bytes) -> bool:
    """Tell whether two files hold the same samples in the same form."""
    with sf.SoundFile(io.BytesIO(old)) as first, sf.SoundFile(io.BytesIO(new)) as second:
        facts = [(f.format, f.subtype, f.samplerate, f.channels) for f in (first, second)]
        return facts[0] == facts[1] and np.array_equal(first.read(), second.read())


def write_sample(sample: Sample, folder: Path) -> Truth:
    """Write one file; return its facts and its truth."""
    samples, truth = sample.recipe(sample.sample_rate)
    content = encoded(samples, sample)
    path = folder / sample.path
    path.parent.mkdir(parents=True, exist_ok=True)
    if not (path.exists() and same_sound(path.read_bytes(), content)):
        path.write_bytes(content)
    decoded, _ = sf.read(path, always_2d=True)
    frames, channels = decoded.shape
    facts: Truth = {
        "what": sample.what,
        "format": FORMATS[path.suffix],
        "subtype": sample.subtype,
        "sample_rate": sample.sample_rate,
        "channels": channels,
        "frames": frames,
        "duration_s": round(frames / sample.sample_rate, 6),
    }
    return facts | truth


def brief(value: object) -> str:
    """One value of the truth as the table shows it."""
    if isinstance(value, Mapping):
        if "name" in value:
            return str(value["name"])
        return "/".join(brief(v) for k, v in value.items() if k not in {"start", "end"})
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) > MAX_LISTED and not isinstance(value[0], Mapping):
            return f"{brief(value[0])}, {brief(value[1])} .. {brief(value[-1])} ({len(value)})"
        return ", ".join(brief(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def table(truths: Mapping[str, Truth]) -> str:
    """README's table; the columns before the last are facts of the file."""
    facts = ("what", "format", "subtype", "sample_rate", "channels", "frames", "duration_s")
    lines = [
        "| file | what | format | rate, Hz | channels | seconds | ground truth |",
        "|---|---|---|---|---|---|---|",
    ]
    for path, truth in truths.items():
        known = "; ".join(f"{k} {brief(v)}" for k, v in truth.items() if k not in facts)
        cells = (
            f"`{path}`",
            truth["what"],
            f"{truth['format']} {truth['subtype']}",
            truth["sample_rate"],
            truth["channels"],
            truth["duration_s"],
            known,
        )
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def write_readme(truths: Mapping[str, Truth], folder: Path) -> None:
    """Put the table between its markers; the words around it come from our own README."""
    before, rest = (HERE / "README.md").read_text("utf-8").split(TABLE_BEGIN)
    after = rest.split(TABLE_END)[1]
    text = before + TABLE_BEGIN + table(truths) + TABLE_END + after
    (folder / "README.md").write_text(text, "utf-8")


def main() -> None:
    """Write everything."""
    parser = argparse.ArgumentParser(description="Make the sample audio and its ground truth.")
    parser.add_argument("folder", nargs="?", type=Path, default=HERE)
    folder: Path = parser.parse_args().folder
    truths = {sample.path: write_sample(sample, folder) for sample in SAMPLES}
    (folder / "ground_truth.json").write_text(json.dumps(truths, indent=1) + "\n", "utf-8")
    write_readme(truths, folder)


if __name__ == "__main__":
    main()
