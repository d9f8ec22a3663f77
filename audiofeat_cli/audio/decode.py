"""One audio file becomes blocks of samples; libsndfile decodes, soxr resamples."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from audiofeat_cli.audio import integrity, mpeg
from audiofeat_cli.audio.blocks import Channels, Samples, channels_of
from audiofeat_cli.audio.lane import Block, Lane
from audiofeat_cli.audio.mixdown import MixMeter
from audiofeat_cli.audio.names import FOREIGN, MPEG, extension
from audiofeat_cli.audio.packed import Packed24
from audiofeat_cli.audio.rawfile import RawFile
from audiofeat_cli.audio.resample import Resampler
from audiofeat_cli.audio.verdict import Verdict
from audiofeat_cli.errors import ClipError

Stored = type[np.int16] | type[np.int32] | type[np.float32]

ANALYSIS: Final = "analysis"
NATIVE: Final = "native"

# Samples of all channels together that one read takes.
_CHUNK = 1 << 17
# libsndfile's way to say that a stream does not tell its length.
_ENDLESS = 1 << 62
# Read as they are stored and converted here: libsndfile needs ten times as long for it.
_INTEGERS: dict[str, Stored] = {
    "PCM_16": np.int16,
    "PCM_S8": np.int16,
    "PCM_U8": np.int16,
    "PCM_32": np.int32,
}
_SCALES: dict[Stored, float] = {np.int16: 2.0**-15, np.int32: 2.0**-31, np.float32: 1.0}
_LITTLE_ENDIAN = frozenset({"WAV", "WAVEX", "RF64", "W64"})
_LINEAR = frozenset({*_INTEGERS, "PCM_24", "FLOAT", "DOUBLE"})
# Samples of the longest MPEG frame. libsndfile guesses some lengths; a guess that is short by less
# costs silence that the encoder added, and librosa loses the same.
_MPEG_FRAME = 1152
_ALLOW = "--allow-truncated takes what can be decoded"


@dataclass(frozen=True, slots=True)
class Request:
    """What the analysis signal is.

    Parameters
    ----------
    sample_rate : Hz; None keeps each file's own.
    channels : which of them, or how they are mixed.
    resampler : soxr quality, such as `soxr_hq`.
    block : samples per block.
    allow_truncated : give what can be decoded of a file that is cut, instead of failing.
    """

    sample_rate: int | None
    channels: Channels
    resampler: str
    block: int
    allow_truncated: bool


class _Sequential(sf.SoundFile):  # type: ignore[misc]
    """A file read from beginning to end; soundfile would seek before and after each read."""

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        super().close()
        beneath = getattr(self, "name", None)
        if isinstance(beneath, mpeg.LongFile):
            beneath.close()


class Decoder:
    """Opens clips, all for the same request."""

    def __init__(self, request: Request) -> None:
        self.request = request

    def open(self, file: str) -> "Audio":
        """Open a clip, to be used as a context manager.

        `file` is in the form of `os.fsdecode`.

        Raises
        ------
        ClipError : it cannot be opened or decoded, or is proven to be cut.
        """
        with RawFile(file) as raw:
            if raw.foreign:
                raise _foreign(raw.foreign, file)
            verdict = self._accepted(integrity.examine(raw))
            try:
                handle = _opened(file)
            except sf.LibsndfileError as error:
                if extension(file) in MPEG:
                    self._accepted(mpeg.examine(raw))
                raise _undecodable(raw, file, error) from error
            try:
                if handle.format == "MP3":
                    verdict = self._accepted(mpeg.examine(raw))
                elif handle.format == "RAW":  # a guess from the file's name
                    raise _not_audio()
            except ClipError:
                handle.close()
                raise
        return Audio(self.request, file, handle, verdict)

    def _accepted(self, verdict: Verdict) -> Verdict:
        if verdict.truncated and not self.request.allow_truncated:
            raise ClipError("decode", "truncated", f"cut: {verdict.reason}; {_ALLOW}")
        return verdict


class Audio:
    """One clip: what its file says, and its samples as often as they are asked for.

    Attributes
    ----------
    sample_rate, channels : of the file.
    format, subtype : libsndfile's names, such as WAV and PCM_16.
    declared_frames : samples per channel that the file says it has; None when it does not, or when
        it is cut and what it says was not read.
    frames : samples per channel that were decoded; complete when `blocks` has run through.
    truncated : True when the file is proven to be cut, False when it is proven to be whole, None
        when that cannot be known; a FLAC file's is known when `blocks` has run through.
    analysis_rate, analysis_channels : of the analysis signal.
    """

    def __init__(self, request: Request, file: str, handle: _Sequential, verdict: Verdict) -> None:
        self.file = file
        self.sample_rate = int(handle.samplerate)
        self.channels = int(handle.channels)
        self.format = str(handle.format)
        self.subtype = str(handle.subtype)
        self.truncated = verdict.truncated
        self._reason = verdict.reason
        self.frames = 0
        self._meter: MixMeter | None = None
        self.analysis_rate = request.sample_rate or self.sample_rate
        self.analysis_channels = channels_of(request.channels, self.channels)
        self._request = request
        self._expected = int(handle.frames)
        is_declared = verdict.counted and self._expected < _ENDLESS
        if verdict.truncated and self.format != "MP3":
            is_declared = False
        self.declared_frames = self._expected if is_declared else None
        # libsndfile's guess at an MPEG file's length would lose the end of it.
        self._is_longer = verdict.samples - self._expected >= _MPEG_FRAME
        self._start, size = verdict.data
        is_packed = self.subtype == "PCM_24" and self.format in _LITTLE_ENDIAN
        is_packed = is_packed and size // (3 * self.channels) == self._expected
        self._is_packed = is_packed and handle.endian != "BIG"
        self._handle: _Sequential | None = handle
        if self._is_longer or self._is_packed:
            self.close()

    def __enter__(self) -> "Audio":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def duration(self) -> float:
        """Seconds that were decoded."""
        return self.frames / self.sample_rate

    @property
    def is_antiphase(self) -> bool:
        """Whether the channels cancel in the mono mix; known when `blocks` has run through."""
        return self._meter is not None and self._meter.is_antiphase

    def close(self) -> None:
        """Close the file; `blocks` would open it again."""
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    def blocks(self, roots: frozenset[str]) -> Iterator[Block]:
        """Decode: (root, float32 block) for each of `roots`, from the beginning to the end.

        Blocks are (samples, channels) with time contiguous in memory, each new memory, and all but
        the last of a root as long as was asked for. May be called again.

        Raises
        ------
        ClipError : the file is cut or damaged, holds nothing, or a sample that is no finite number.
        """
        lanes = [self._lane(root) for root in (NATIVE, ANALYSIS) if root in roots]
        self._meter = next((lane.meter for lane in lanes if lane.meter), None)
        dtype = np.int32 if self._is_packed else _INTEGERS.get(self.subtype, np.float32)
        scale = _SCALES[dtype]
        for samples in self._chunks(dtype):
            for lane in lanes:
                yield from lane.push(samples, scale)
        for lane in lanes:
            yield from lane.finish()

    def _lane(self, root: str) -> Lane:
        request = self._request
        if root == NATIVE:
            return Lane(root, "each", self.channels, block=request.block)
        resampler = None
        if self.analysis_rate != self.sample_rate:
            resampler = Resampler(
                self.sample_rate, self.analysis_rate, self.analysis_channels, request.resampler
            )
        return Lane(root, request.channels, self.channels, block=request.block, resampler=resampler)

    def _chunks(self, dtype: Stored) -> Iterator[Samples]:
        """(n, channels) of numbers as they are stored; checks how the file ends."""
        self.frames = 0
        problem = ""
        handle = self._begin()
        try:
            count = max(min(_CHUNK // self.channels, int(handle.frames)), 1)
            stored: NDArray[Any] = np.empty((count, self.channels), dtype)
            samples = stored if dtype is np.float32 else np.empty(stored.shape, np.float32)
            while not problem and self.frames != handle.frames:
                got, problem = _read(handle, stored, self.frames)
                if got == 0:
                    break
                if samples is stored:
                    self._check_finite(samples[:got])
                else:
                    samples[:got] = stored[:got]
                self.frames += got
                yield samples[:got]
        finally:
            handle.close()
        self._settle(problem)

    def _begin(self) -> "_Sequential | Packed24":
        """The file at its beginning, opened anew: not every format seeks to the same bits."""
        handle, self._handle = self._handle, None
        if handle is not None:
            return handle
        try:
            if self._is_packed:
                return Packed24(self.file, self._start, self._expected, self.channels)
            if self._is_longer:
                return _Sequential(mpeg.LongFile(self.file, self._start))
            return _opened(self.file)
        except (sf.LibsndfileError, OSError) as error:
            message = "the file was changed or deleted while it was read"
            raise ClipError("decode", "vanished", message) from error

    def _check_finite(self, samples: Samples) -> None:
        finite = np.isfinite(samples)
        if not finite.all():
            row, channel = np.unravel_index(int(np.argmin(finite)), finite.shape)
            time = (self.frames + int(row)) / self.sample_rate
            what = "no number (NaN)" if np.isnan(samples[row, channel]) else "infinite"
            raise ClipError("decode", "non_finite", f"the sample at {time:.6f} s is {what}")

    def _settle(self, problem: str) -> None:
        """Judge a file that was read to its end, where `problem` is what the decoder said."""
        kind, reason = self._shortfall(problem)
        if reason:
            self.truncated = True
            if not self._request.allow_truncated:
                raise ClipError("decode", kind, f"{reason}; {_ALLOW}", problem)
        elif self.format == "FLAC" and self.declared_frames is not None:
            self.truncated = False
        if self.frames == 0:
            why = f": {self._reason}" if self._reason else ""
            raise ClipError("decode", "empty", f"the file holds no samples{why}")

    def _shortfall(self, problem: str) -> tuple[str, str]:
        """(kind, reason) when fewer samples came out than there should be."""
        missing = self._expected - self.frames
        is_endless = self._expected >= _ENDLESS
        if missing <= 0 or (is_endless and not problem):
            return "", ""
        kind, what = self._proven(missing, problem)
        if not kind:
            return "", ""
        there = f"{self.frames / self.sample_rate:.3f}"
        if is_endless:
            return kind, f"{what}: decoding stops at {there} s"
        return kind, f"{what}: {there} of {self._expected / self.sample_rate:.3f} s can be decoded"

    def _proven(self, missing: int, problem: str) -> tuple[str, str]:
        """(kind, what happened) to the samples that are missing; nothing where it is a guess."""
        if self.format == "FLAC":
            return "truncated", "cut or damaged"
        if self.subtype in _LINEAR:
            return "truncated", "the file became shorter while it was read"
        if problem:
            return "damaged", "damaged"
        if self.truncated is False and self.format == "MP3" and missing >= 2 * _MPEG_FRAME:
            return "truncated", "cut or damaged"
        if self.truncated is False and self.format == "OGG":
            with RawFile(self.file) as raw:
                damage = integrity.damaged_ogg(raw)
            if damage:
                return "damaged", f"damaged at {damage}"
        return "", ""


def _opened(file: str) -> _Sequential:
    # As bytes: soundfile would refuse to encode a name that is not UTF-8.
    return _Sequential(file if sys.platform == "win32" else os.fsencode(file))


def _read(handle: _Sequential | Packed24, out: NDArray[Any], before: int) -> tuple[int, str]:
    """(samples read, what the decoder complained of)."""
    try:
        return len(handle.read(out=out)), ""
    except OSError as error:
        return 0, error.strerror or "cannot be read"
    except sf.LibsndfileError as error:
        if isinstance(handle, Packed24):
            raise
        # What came before the error is in `out`; only the position tells how much.
        try:
            position = int(handle.seek(0, sf.SEEK_CUR))
        except sf.LibsndfileError:
            position = before
        return min(max(position - before, 0), len(out)), _said(error)


def _said(error: sf.LibsndfileError) -> str:
    return str(error.error_string).removeprefix("Error : ").strip().rstrip(".")


def _foreign(name: str, file: str) -> ClipError:
    ending = extension(file)
    message = f"{name} cannot be decoded here; convert it first: ffmpeg -i in.{ending} out.flac"
    return ClipError("decode", "unsupported_format", message)


def _not_audio() -> ClipError:
    return ClipError("decode", "not_audio", "no audio format is recognised in this file")


def _undecodable(raw: RawFile, file: str, error: sf.LibsndfileError) -> ClipError:
    """Why libsndfile would not open a file, without its words where they mislead."""
    ending = extension(file)
    if raw.format:
        message = f"this {raw.format.upper()} file cannot be decoded: {_said(error)}"
        return ClipError("decode", "undecodable", message)
    if ending in FOREIGN:
        return _foreign(f"{ending.upper()} audio", file)
    return _not_audio()
