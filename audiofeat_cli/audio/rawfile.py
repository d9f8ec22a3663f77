"""The bytes of one file, and what format their beginning shows."""

import errno
import os
import stat
from types import TracebackType

from audiofeat_cli.errors import ClipError

HEAD = 4096

# What cannot be decoded here, by the bytes that it begins with: (offset, bytes, name for people).
_FOREIGN = (
    (4, b"ftyp", "MPEG-4 (m4a, mp4)"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media (wma)"),
    (0, b"\x1a\x45\xdf\xa3", "Matroska or WebM (mka, webm)"),
    (0, b"MAC ", "Monkey's Audio (ape)"),
    (0, b"wvpk", "WavPack (wv)"),
    (0, b"TTA1", "True Audio (tta)"),
    (0, b"TTA2", "True Audio (tta)"),
    (0, b"MPCK", "Musepack (mpc)"),
    (0, b"DSD ", "DSD (dsf)"),
    (0, b"FRM8", "DSD (dff)"),
    (0, b"tBaK", "TAK (tak)"),
    (0, b"ajkg", "Shorten (shn)"),
    (0, b"#!AMR", "AMR (amr)"),
    (0, b".RMF", "RealAudio (ra)"),
    (0, b".ra\xfd", "RealAudio (ra)"),
    (28, b"Speex   ", "Speex (spx)"),
)
_NATIVE = {
    b"RIFF": "wav",
    b"RIFX": "wav",
    b"RF64": "rf64",
    b"riff": "w64",
    b"FORM": "aiff",
    b"caff": "caf",
    b".snd": "au",
    b"dns.": "au",
    b"fLaC": "flac",
    b"OggS": "ogg",
}


class RawFile:
    """A file's bytes at any offset, with its beginning kept; a context manager.

    Raises
    ------
    ClipError : it is gone, cannot be read, is no regular file, or holds nothing.
    """

    def __init__(self, file: str) -> None:
        # Opening a pipe would wait for somebody to write into it.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            self._descriptor = os.open(file, flags)
        except OSError as error:
            raise refused(error) from error
        try:
            facts = os.fstat(self._descriptor)
            if not stat.S_ISREG(facts.st_mode):
                raise ClipError("decode", "not_a_file", "not a regular file")
            self.size = facts.st_size
            if self.size == 0:
                raise ClipError("decode", "empty_file", "the file is empty (0 bytes)")
            self.head = b""
            self.head = self.at(0, HEAD)
        except BaseException:
            os.close(self._descriptor)
            raise

    def at(self, offset: int, count: int) -> bytes:
        """Up to `count` bytes from `offset`; fewer at the end of the file."""
        if offset + count <= len(self.head):
            return self.head[offset : offset + count]
        try:
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            return os.read(self._descriptor, count)
        except OSError as error:
            raise refused(error) from error

    @property
    def format(self) -> str:
        """Short name of the container by its first bytes; empty when they are not known."""
        return _NATIVE.get(self.head[:4], "")

    @property
    def foreign(self) -> str:
        """Name of a format that cannot be decoded here; empty for all others."""
        for offset, magic, name in _FOREIGN:
            if self.head.startswith(magic, offset):
                return name
        return ""

    def __enter__(self) -> "RawFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)


def refused(error: OSError) -> ClipError:
    """The failure of a clip that the system would not open or read."""
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return ClipError("decode", "vanished", "there is no such file any more")
    reason = (error.strerror or "unknown reason").lower()
    return ClipError("decode", "unreadable", f"cannot be read: {reason}")
