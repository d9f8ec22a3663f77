"""Log-mel of a folder against a careful librosa script, both writing the same Parquet.

usage: python bench/log_mel.py FOLDER [--rounds 5] [--core 0]      (30 s clips: bench/clips.py)

Every round runs audiofeat (float64, float32) and the librosa script in fresh processes, one after
the other, each on one core with one thread.  Printed: seconds of audio per CPU second in steady
state (all files but the first, in which imports, tables and compilation fall), and the ratios.
The librosa script makes its filterbank once, decodes with soundfile and resamples with soxr.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ONE_THREAD = {
    name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
}
CONFIG = "sample_rate: 22050\nfeatures: [mel]\nprecision: {0}\n"
ROW_GROUP = 50_000
Work = Callable[[Path], float]


def audiofeat(precision: str, out: Path) -> tuple[Work, Callable[[], object]]:
    """Work on one file (its seconds come back), and what is left to do in the end."""
    from audiofeat_cli.audio.discover import discover
    from audiofeat_cli.compiler import compile_plan
    from audiofeat_cli.config.load import load_config
    from audiofeat_cli.registry import load_features
    from audiofeat_cli.run.clip import ClipExtractor
    from audiofeat_cli.tables import PartWriter

    config = load_config(CONFIG.format(precision), "mel", features=load_features()).config
    plan = None if config is None else compile_plan(config, load_features()).plan
    if plan is None:
        raise SystemExit("the config is wrong")
    extractor, writer = ClipExtractor(plan), PartWriter(plan, out, "bench")

    def work(file: Path) -> float:
        (clip,) = discover([str(file)])
        return extractor.extract(clip, writer).audio_seconds  # type: ignore[arg-type]

    return work, writer.close


def careful_librosa(out: Path) -> tuple[Work, Callable[[], object]]:
    """The same, as somebody who knows librosa well would write it."""
    import librosa
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa
    import pyarrow.parquet as pq
    import soundfile as sf
    import soxr

    weights = librosa.filters.mel(sr=22050, n_fft=2048, n_mels=128)
    names = [f"mel_{i:03d}" for i in range(128)]
    schema = pa.schema([("path", pa.string()), *((n, pa.float32()) for n in names)])
    settings = {"use_dictionary": ["path"], "use_byte_stream_split": names}
    writer = pq.ParquetWriter(
        out / "frames.parquet", schema, compression="zstd", compression_level=1, **settings
    )
    waiting: list[tuple[str, npt.NDArray[np.float32]]] = []
    clips = []

    def flush() -> None:
        if not waiting:
            return
        values = np.concatenate([v for _, v in waiting], axis=1)
        paths = pa.concat_arrays([pa.repeat(p, v.shape[1]) for p, v in waiting])
        columns = [
            pa.Array.from_buffers(pa.float32(), len(v), [None, pa.py_buffer(v)]) for v in values
        ]
        writer.write_table(pa.Table.from_arrays([paths, *columns], schema=schema))
        waiting.clear()

    def work(file: Path) -> float:
        samples, rate = sf.read(file, dtype="float32", always_2d=True)
        mono = samples @ np.full(samples.shape[1], 1 / samples.shape[1], np.float32)
        heard = soxr.resample(mono, rate, 22050, quality="HQ")
        transform = librosa.stft(heard, n_fft=2048, hop_length=512)
        power = transform.real**2 + transform.imag**2
        mel = librosa.power_to_db(weights @ power)
        clips.append((mel.mean(axis=1), mel.var(axis=1)))
        waiting.append((str(file), mel))
        if sum(v.shape[1] for _, v in waiting) >= ROW_GROUP:
            flush()
        return float(len(samples) / rate)

    def finish() -> None:
        flush()
        writer.close()

    return work, finish


def measure(side: str, folder: Path) -> float:
    """Seconds of audio per CPU second over all files but the first."""
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary)
        work, finish = careful_librosa(out) if side == "librosa" else audiofeat(side, out)
        files = sorted(folder.glob("*.wav"))
        work(files[0])
        before = time.process_time()
        seconds = sum(map(work, files[1:]))
        finish()
        return seconds / (time.process_time() - before)


def rounds(options: argparse.Namespace) -> Iterator[dict[str, float]]:
    """The sides' figures, round after round."""
    for _ in range(options.rounds):
        found = {}
        for side in ("float64", "float32", "librosa"):
            command = [sys.executable, __file__, str(options.folder), "--side", side]
            done = subprocess.run(
                ["taskset", "-c", options.core, *command],
                env=os.environ | ONE_THREAD,
                stdout=subprocess.PIPE,
                check=True,
            )
            found[side] = json.loads(done.stdout)
        yield found


def main() -> None:
    """Print each round, then the ratios' least, median and largest."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--core", default="0")
    parser.add_argument("--side", choices=["float64", "float32", "librosa"])
    options = parser.parse_args()
    if options.side:
        print(measure(options.side, options.folder))
        return
    ratios: dict[str, list[float]] = {"float64": [], "float32": []}
    for found in rounds(options):
        print("  ".join(f"{side} {x:6.0f} x" for side, x in found.items()), flush=True)
        for side, known in ratios.items():
            known.append(found[side] / found["librosa"])
    for side, known in ratios.items():
        low, middle, high = min(known), sorted(known)[len(known) // 2], max(known)
        print(f"{side} / librosa: {middle:.2f}  ({low:.2f} to {high:.2f})")


if __name__ == "__main__":
    main()
