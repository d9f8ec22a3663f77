"""audiofeat beside what people would otherwise run, in interleaved rounds.

    python -m bench.peers FOLDER [--rounds 5] [--tasks A,B,C,D,all] [--files N] [--only NAME]
                                 [--peer TASK:NAME=COMMAND] [--core 0] [--json OUT]

Run it from the root of the clone; 30 s clips are made by bench/clips.py. The tasks, all at
22050 Hz, mono, 2048 samples every 512:

    A    log-mel, 128 bands
    B    13 MFCC, centroid, bandwidth, contrast, roll-off, flatness, zero crossings, RMS, chroma
    C    chroma_cqt, 84-bin CQT, pYIN
    D    onset strength, tempo, tempogram
    all  A to D at once

Sides: `audiofeat` (float64, the default) and `audiofeat-float32` are the engine and the writer in
one process; `extract-0` and `extract-1` are the command `audiofeat extract` with `--jobs 0` and
`--jobs 1`; `librosa` is a script as somebody who knows librosa well would write it: filterbanks
made once, one STFT for all that can share it, soundfile and soxr for reading. All write the same
Parquet (frames, zstd and byte-stream split; mean and variance per file).

Each side runs in a fresh process on one core with one thread, one after the other, every second
round in reverse order. Before the first round each runs on one file, so that caches on disk (numba)
are there. Two speeds are told, both seconds of audio per second of CPU time:

    steady  over all files but the first, in which imports, tables and compilation fall
    whole   of the whole process, start and end included

Memory is measured by bench/memory.py.

On a shared machine a speed means little from one run to the next. Ratios are taken within a round.

`--peer` adds any other script: COMMAND may contain {folder} and {out}, and its last line on stdout
is JSON with "audio_s" (seconds of all files), "first_audio" (of the first file), "work_cpu" (CPU
seconds of the work on all files, imports apart) and "first_cpu" (of the first file).
"""
