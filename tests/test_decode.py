"""Files become the samples that librosa has, in blocks; what is no audio is one clear failure."""

import os
import tracemalloc
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import librosa
import numpy as np
import pytest
import soundfile as sf
import soxr

from audiofeat_cli.audio import decode, mpeg
from audiofeat_cli.audio.blocks import Channels, Samples, mix
from audiofeat_cli.audio.decode import ANALYSIS, NATIVE, Audio, Decoder, Request
from audiofeat_cli.audio.resample import Resampler
from audiofeat_cli.errors import ClipError

SAMPLE_AUDIO = Path(__file__).parents[1] / "sample_audio"
REAL = sorted(
    file for file in SAMPLE_AUDIO.rglob("*") if file.suffix in {".wav", ".flac", ".ogg", ".mp3"}
)
BLOCK = 10_000

Write = Callable[..., str]


def request(
    sample_rate: int | None = 22050,
    channels: Channels = "mono",
    *,
    resampler: str = "soxr_hq",
    block: int = BLOCK,
    allow_truncated: bool = False,
) -> Request:
    return Request(sample_rate, channels, resampler, block, allow_truncated)


def noise(samples: int, channels: int = 1, *, seed: int = 0) -> Samples:
    draw = np.random.default_rng(seed).uniform(-0.9, 0.9, (samples, channels))
    return draw.astype(np.float32)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write samples to a file of this name; its path."""

    def make(name: str, samples: Samples, rate: int = 44100, **options: Any) -> str:
        path = str(tmp_path / name)
        sf.write(path, samples, rate, **options)
        return path

    return make


def signals(
    file: str, wanted: Request | None = None, roots: Iterable[str] = (ANALYSIS,)
) -> dict[str, Samples]:
    """Each root as one (samples, channels), after the shape of its blocks was checked."""
    with Decoder(wanted or request()).open(file) as audio:
        return joined(audio, roots, BLOCK if wanted is None else wanted.block)


def joined(audio: Audio, roots: Iterable[str], block: int) -> dict[str, Samples]:
    got: dict[str, list[Samples]] = {root: [] for root in roots}
    for root, piece in audio.blocks(frozenset(roots)):
        assert piece.dtype == np.float32
        assert piece.T.flags.c_contiguous
        got[root].append(piece)
    for pieces in got.values():
        assert all(len(piece) == block for piece in pieces[:-1])
        assert 0 < len(pieces[-1]) <= block
        assert not any(np.shares_memory(one, other) for one, other in pairwise(pieces))
    return {root: np.concatenate(pieces) for root, pieces in got.items()}


def analysis(file: str, wanted: Request | None = None) -> Samples:
    return signals(file, wanted)[ANALYSIS]


def failure(file: str, wanted: Request | None = None) -> ClipError:
    with pytest.raises(ClipError) as caught:
        analysis(file, wanted)
    assert caught.value.stage == "decode"
    assert "System error" not in caught.value.message
    assert "\n" not in caught.value.message
    assert " object at " not in caught.value.message
    return caught.value


class TestAsLibrosa:
    @pytest.mark.parametrize("file", REAL, ids=lambda file: file.name)
    @pytest.mark.parametrize("rate", [22050, 16000, None])
    def test_sample_audio(self, file: Path, rate: int | None) -> None:
        expected, _ = librosa.load(file, sr=rate, res_type="soxr_hq")
        assert np.array_equal(analysis(str(file), request(rate))[:, 0], expected)

    @pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "PCM_U8"])
    @pytest.mark.parametrize("channels", [1, 2, 3, 5, 8, 9])
    def test_mono_of_wav(self, write: Write, subtype: str, channels: int) -> None:
        file = write("a.wav", noise(40_001, channels), subtype=subtype)
        expected, _ = librosa.load(file, sr=22050, res_type="soxr_hq")
        assert np.array_equal(analysis(file)[:, 0], expected)

    @pytest.mark.parametrize("subtype", ["PCM_S8", "PCM_16", "PCM_24"])
    def test_mono_of_flac(self, write: Write, subtype: str) -> None:
        file = write("a.flac", noise(40_001, 2), subtype=subtype)
        expected, _ = librosa.load(file, sr=22050, res_type="soxr_hq")
        assert np.array_equal(analysis(file)[:, 0], expected)

    @pytest.mark.parametrize("samples", [1, 2, 3, 7, 100, 9_999, 20_000, 65_536, 131_073, 200_000])
    @pytest.mark.parametrize(
        ("rate", "target"),
        [(44100, 22050), (8000, 22050), (192000, 22050), (48000, 44100), (22050, 22050)],
    )
    def test_lengths_and_rates(self, write: Write, samples: int, rate: int, target: int) -> None:
        file = write("a.wav", noise(samples), rate)
        expected, _ = librosa.load(file, sr=target, res_type="soxr_hq")
        got = analysis(file, request(target))[:, 0]
        assert len(got) == int(np.ceil(samples * (float(target) / rate)))
        assert np.array_equal(got, expected)

    @pytest.mark.parametrize("quality", ["soxr_vhq", "soxr_hq", "soxr_mq", "soxr_lq", "soxr_qq"])
    def test_qualities(self, write: Write, quality: str) -> None:
        stored = noise(50_000)
        file = write("a.wav", stored, subtype="FLOAT")
        whole = soxr.resample(stored[:, 0], 44100, 16000, quality)
        got = analysis(file, request(16000, resampler=quality))[:, 0]
        assert np.array_equal(got[: len(whole)], whole)
        assert len(got) - len(whole) in {0, 1}
        assert not got[len(whole) :].any()

    def test_channels_are_resampled_as_if_alone(self, write: Write) -> None:
        file = write("a.wav", noise(50_000, 3))
        expected, _ = librosa.load(file, sr=16000, mono=False, res_type="soxr_hq")
        assert np.array_equal(analysis(file, request(16000, "each")).T, expected)

    def test_all_resampled_samples_are_due(self) -> None:
        """The length rule never takes back what `push` gave, and `finish` adds what lacks."""
        for samples in range(1, 60):
            for target in (16000, 22050, 48000, 96000):
                resampler = Resampler(44100, target, 1, "soxr_qq")
                given = sum(
                    len(resampler.push(np.ones((1, 1), np.float32))[0]) for _ in range(samples)
                )
                due = int(np.ceil(samples * (float(target) / 44100)))
                assert given <= due
                assert given + len(resampler.finish()[0]) == due


class TestChannels:
    LEFT, RIGHT = 0.5, -0.25
    CHOSEN = (
        ("mono", 0.125),
        ("left", 0.5),
        ("right", -0.25),
        ("mid", 0.125),
        ("side", 0.375),
    )

    @pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
    @pytest.mark.parametrize(("choice", "expected"), CHOSEN)
    def test_stereo(self, write: Write, choice: Channels, expected: float, subtype: str) -> None:
        stereo = np.tile(np.array([self.LEFT, self.RIGHT], np.float32), (100, 1))
        file = write("a.wav", stereo, subtype=subtype)
        assert analysis(file, request(None, choice)).tolist() == [[expected]] * 100

    @pytest.mark.parametrize("choice", get_args(Channels))
    def test_one_channel_is_left_and_right(self, write: Write, choice: Channels) -> None:
        file = write("a.wav", np.full((100, 1), 0.5, np.float32))
        expected = 0.0 if choice == "side" else 0.5
        assert analysis(file, request(None, choice)).tolist() == [[expected]] * 100

    @pytest.mark.parametrize(("choice", "expected"), [*CHOSEN[1:], ("mono", 0.375)])
    def test_more_than_two(self, write: Write, choice: Channels, expected: float) -> None:
        four = np.tile(np.array([self.LEFT, self.RIGHT, 0.75, 0.5], np.float32), (100, 1))
        file = write("a.wav", four)
        assert analysis(file, request(None, choice)).tolist() == [[expected]] * 100

    def test_each(self, write: Write) -> None:
        file = write("a.wav", noise(100, 8), subtype="FLOAT")
        assert np.array_equal(analysis(file, request(None, "each")), noise(100, 8))

    @pytest.mark.parametrize("channels", [1, 2, 3, 8, 9, 16])
    def test_mono_rounds_as_librosa(self, channels: int) -> None:
        samples = noise(5000, channels)
        out = np.empty((1, 5000), np.float32)
        mix(samples, "mono", 1.0, out)
        assert np.array_equal(out[0], librosa.to_mono(samples.T))

    def test_analysis_channels_are_told(self, write: Write) -> None:
        file = write("a.wav", noise(100, 5))
        for choice, expected in (("mono", 1), ("each", 5)):
            with Decoder(request(8000, choice)).open(file) as audio:  # type: ignore[arg-type]
                assert (audio.analysis_channels, audio.analysis_rate) == (expected, 8000)
                assert (audio.channels, audio.sample_rate) == (5, 44100)


class TestBlocks:
    def test_both_roots_are_what_each_is_alone(self, write: Write) -> None:
        file = write("a.flac", noise(123_456, 2))
        both = signals(file, roots=(ANALYSIS, NATIVE))
        assert np.array_equal(both[ANALYSIS], analysis(file))
        expected, _ = sf.read(file, dtype="float32", always_2d=True)
        assert np.array_equal(both[NATIVE], expected)

    @pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
    @pytest.mark.parametrize("chunk", [64, 1000, 1 << 14])
    def test_samples_do_not_depend_on_how_the_file_is_read(
        self, write: Write, monkeypatch: pytest.MonkeyPatch, name: str, chunk: int
    ) -> None:
        file = write(name, noise(30_001, 2))
        whole = signals(file, roots=(ANALYSIS, NATIVE))
        monkeypatch.setattr(decode, "_CHUNK", chunk)
        small = signals(file, request(block=777), roots=(ANALYSIS, NATIVE))
        for root, samples in whole.items():
            assert np.array_equal(small[root], samples)

    @pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
    def test_a_second_pass_gives_the_same(self, write: Write, name: str) -> None:
        file = write(name, noise(150_000, 2))
        with Decoder(request()).open(file) as audio:
            first = joined(audio, (ANALYSIS,), BLOCK)
            assert audio.frames == 150_000
            unfinished = audio.blocks(frozenset({ANALYSIS}))
            next(unfinished)
            second = joined(audio, (ANALYSIS, NATIVE), BLOCK)
            assert audio.frames == 150_000
        assert np.array_equal(first[ANALYSIS], second[ANALYSIS])
        assert len(second[NATIVE]) == 150_000

    def test_a_whole_number_of_blocks_has_no_empty_one(self, write: Write) -> None:
        file = write("a.wav", noise(3 * BLOCK))
        assert len(analysis(file, request(None))) == 3 * BLOCK

    def test_no_roots_still_counts(self, write: Write) -> None:
        with Decoder(request()).open(write("a.wav", noise(5000))) as audio:
            assert list(audio.blocks(frozenset())) == []
            assert audio.frames == 5000
            assert audio.duration == pytest.approx(5000 / 44100)

    def test_memory_does_not_grow_with_the_file(self, tmp_path: Path) -> None:
        peaks = []
        for minutes in (1, 12):
            path = str(tmp_path / f"{minutes}.wav")
            sf.write(path, np.zeros(minutes * 60 * 22050, np.int16), 22050, subtype="PCM_U8")
            with Decoder(request(16000)).open(path) as audio:
                tracemalloc.start()
                for _ in audio.blocks(frozenset({ANALYSIS, NATIVE})):
                    pass
                peaks.append(tracemalloc.get_traced_memory()[1])
                tracemalloc.stop()
        assert max(peaks) < 4 << 20
        assert peaks[1] < peaks[0] + (256 << 10)

    def test_an_abandoned_clip_is_closed(self, write: Write) -> None:
        files = Path("/proc/self/fd")
        if not files.exists():
            pytest.skip("no /proc")
        file = write("a.wav", noise(100_000))
        before = len(list(files.iterdir()))
        with Decoder(request()).open(file) as audio:
            blocks = audio.blocks(frozenset({ANALYSIS}))
            next(blocks)
            del blocks
        with Decoder(request()).open(file):
            pass
        assert len(list(files.iterdir())) == before


class TestFormats:
    FORMATS = (
        ("WAV", "PCM_U8"),
        ("WAV", "ULAW"),
        ("WAV", "IMA_ADPCM"),
        ("WAVEX", "PCM_24"),
        ("RF64", "PCM_24"),
        ("RF64", "PCM_16"),
        ("W64", "PCM_24"),
        ("W64", "PCM_16"),
        ("AIFF", "PCM_S8"),
        ("AIFF", "PCM_24"),
        ("AIFF", "PCM_16"),
        ("CAF", "ALAC_16"),
        ("CAF", "PCM_24"),
        ("AU", "PCM_16"),
        ("VOC", "PCM_16"),
        ("NIST", "PCM_16"),
        ("FLAC", "PCM_24"),
        ("OGG", "VORBIS"),
        ("OGG", "OPUS"),
        ("MP3", "MPEG_LAYER_III"),
    )

    @pytest.mark.parametrize(("kind", "subtype"), FORMATS)
    @pytest.mark.parametrize("channels", [1, 2])
    def test_native_is_what_libsndfile_reads(
        self, write: Write, kind: str, subtype: str, channels: int
    ) -> None:
        file = write("a.bin", noise(50_001, channels), 48000, format=kind, subtype=subtype)
        expected, _ = sf.read(file, dtype="float32", always_2d=True)
        with Decoder(request()).open(file) as audio:
            got = joined(audio, (NATIVE,), BLOCK)[NATIVE]
            assert (audio.format, audio.subtype) == (kind, subtype)
            assert audio.frames == audio.declared_frames == len(expected)
            assert audio.truncated in {False, None}
        assert np.array_equal(got, expected)

    def test_big_endian_24_bits(self, write: Write) -> None:
        file = write("a.wav", noise(5000, 2), subtype="PCM_24", endian="BIG")
        expected, _ = sf.read(file, dtype="float32")
        assert np.array_equal(analysis(file, request(None, "each")), expected)

    def test_24_bits_do_not_wait_for_libsndfile(
        self, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = write("a.wav", noise(5000, 2), subtype="PCM_24")
        with Decoder(request(None)).open(file) as audio:
            monkeypatch.delattr(sf.SoundFile, "read")
            assert len(joined(audio, (NATIVE,), BLOCK)[NATIVE]) == 5000

    def test_opus_is_heard_at_48_khz(self, write: Write) -> None:
        with Decoder(request(None)).open(
            write("a.opus", noise(8000), 8000, format="OGG", subtype="OPUS")
        ) as audio:
            assert audio.sample_rate == audio.analysis_rate == 8000 or audio.sample_rate == 48000
            assert len(joined(audio, (NATIVE,), BLOCK)[NATIVE]) == audio.frames

    @pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFF000])
    def test_a_length_that_is_not_known(self, write: Write, size: int) -> None:
        """As ffmpeg and SoX write WAV into a pipe."""
        file = Path(write("a.wav", noise(5000)))
        whole = bytearray(file.read_bytes())
        whole[4:8] = whole[40:44] = size.to_bytes(4, "little")
        file.write_bytes(whole)
        with Decoder(request(None)).open(str(file)) as audio:
            assert len(joined(audio, (NATIVE,), BLOCK)[NATIVE]) == 5000
            assert (audio.declared_frames, audio.truncated) == (None, None)

    def test_a_flac_of_unknown_length(self, write: Write) -> None:
        file = Path(write("a.flac", noise(5000)))
        whole = bytearray(file.read_bytes())
        whole[21] &= 0xF0
        whole[22:26] = bytes(4)
        file.write_bytes(whole)
        with Decoder(request(None)).open(str(file)) as audio:
            assert len(joined(audio, (NATIVE,), BLOCK)[NATIVE]) == 5000
            assert (audio.declared_frames, audio.truncated) == (None, None)

    def test_mp3_with_a_tag(self, write: Write) -> None:
        file = Path(write("a.mp3", noise(50_000)))
        plain = analysis(str(file))
        file.write_bytes(b"ID3\x03\x00\x00\x00\x00\x10\x00" + bytes(2048) + file.read_bytes())
        assert np.array_equal(analysis(str(file)), plain)

    @pytest.mark.parametrize(
        "before", [b"", bytes(3000), b"ID3\x03\x00\x00\x00\x00\x10\x00" + bytes(2048)]
    )
    def test_the_end_of_an_mp3_whose_beginning_is_dense(
        self, tmp_path: Path, before: bytes
    ) -> None:
        """libsndfile takes the first bit rate for all of it, and would stop early."""
        parts = []
        for level in (0.0, 0.9):
            path = tmp_path / f"{level}.mp3"
            with sf.SoundFile(
                path, "w", 44100, 2, compression_level=level, bitrate_mode="CONSTANT"
            ) as file:
                file.write(noise(2 * 44100, 2))
            parts.append(without_header(path))
        joint = tmp_path / "joint.mp3"
        joint.write_bytes(before + b"".join(parts))
        frames = sum(round(2 * 44100 / 1152) for _ in parts)
        assert sf.info(joint).frames < 0.8 * frames * 1152
        with Decoder(request(None, "each")).open(str(joint)) as audio:
            got = joined(audio, (ANALYSIS,), BLOCK)[ANALYSIS]
            assert audio.declared_frames is None
        assert len(got) == pytest.approx(frames * 1152, abs=8 * 1152)
        heard, _ = sf.read(joint, dtype="float32")
        assert np.array_equal(got[: len(heard)], heard)

    @pytest.mark.parametrize(
        "name", [b"a b\n.wav", "\N{MUSICAL NOTE}é.wav".encode(), b"caf\xe9.wav", b"-.wav", b"'.wav"]
    )
    @pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
    def test_odd_names(self, write: Write, tmp_path: Path, name: bytes, subtype: str) -> None:
        file = os.fsencode(tmp_path) + b"/" + name
        Path(write("plain.wav", noise(500), subtype=subtype)).rename(os.fsdecode(file))
        assert len(analysis(os.fsdecode(file), request(None))) == 500


def without_header(path: Path) -> bytes:
    """The frames of an MP3 behind the one that holds its Xing or Info header, if it has one."""
    stored = path.read_bytes()
    if b"Info" not in stored[:64] and b"Xing" not in stored[:64]:
        return stored
    return stored[stored.index(stored[:2], 4) :]


class TestBadSamples:
    @pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
    @pytest.mark.parametrize(
        ("value", "said"), [(np.nan, "no number"), (np.inf, "infinite"), (-np.inf, "infinite")]
    )
    def test_the_first_sample_that_is_not_finite(
        self, write: Write, subtype: str, value: float, said: str
    ) -> None:
        samples = noise(200_000, 2)
        samples[150_000, 1] = value
        samples[160_000, 0] = np.nan
        error = failure(write("a.wav", samples, 8000, subtype=subtype))
        assert error.kind == "non_finite"
        assert "18.750000 s" in error.message
        assert said in error.message

    @pytest.mark.parametrize("name", ["a.wav", "a.w64", "a.aiff"])
    def test_no_samples(self, write: Write, name: str) -> None:
        error = failure(write(name, noise(0)))
        assert (error.kind, error.message) == ("empty", "the file holds no samples")


class TestNoAudio:
    @pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.ogg", "a.au", "a.m4a"])
    def test_an_empty_file(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).touch()
        assert failure(str(tmp_path / name)).kind == "empty_file"

    @pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.ogg", "a.au", "a.snd", "a"])
    @pytest.mark.parametrize("content", [b"text, not audio\n" * 300, bytes(5000), b"?"])
    def test_no_audio_under_an_audio_name(self, tmp_path: Path, name: str, content: bytes) -> None:
        (tmp_path / name).write_bytes(content)
        error = failure(str(tmp_path / name))
        assert (error.kind, error.message) == (
            "not_audio",
            "no audio format is recognised in this file",
        )

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("a.m4a", b"\0\0\0 ftypM4A " + bytes(2000), "MPEG-4 (m4a, mp4)"),
            ("a.wav", b"\0\0\0 ftypM4A " + bytes(2000), "MPEG-4 (m4a, mp4)"),
            ("a.wma", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11" + bytes(2000), "Windows Media (wma)"),
            ("a.webm", b"\x1a\x45\xdf\xa3" + bytes(2000), "Matroska or WebM (mka, webm)"),
            ("a.aac", b"\xff\xf1\x50\x80" + bytes(500), "AAC audio"),
            ("a.ape", b"whatever", "APE audio"),
        ],
    )
    def test_what_libsndfile_cannot_decode(
        self, tmp_path: Path, name: str, content: bytes, said: str
    ) -> None:
        (tmp_path / name).write_bytes(content)
        error = failure(str(tmp_path / name))
        assert error.kind == "unsupported_format"
        assert error.message == (
            f"{said} cannot be decoded here; convert it first: ffmpeg -i in{name[1:]} out.flac"
        )

    def test_a_header_without_its_chunks(self, tmp_path: Path) -> None:
        (tmp_path / "a.wav").write_bytes(b"RIFF\0\0\0\0WAVE")
        error = failure(str(tmp_path / "a.wav"))
        assert error.kind == "undecodable"
        assert error.message.startswith("this WAV file cannot be decoded: ")

    def test_a_header_that_counts_no_samples(self, write: Write) -> None:
        file = Path(write("a.wav", noise(500)))
        stored = bytearray(file.read_bytes())
        stored[40:44] = bytes(4)
        file.write_bytes(stored)
        error = failure(str(file))
        assert error.kind == "empty"
        assert error.message == (
            "the file holds no samples: its header counts none, though 1,000 bytes follow"
        )

    def test_gone(self, tmp_path: Path) -> None:
        assert failure(str(tmp_path / "a.wav")).kind == "vanished"

    def test_gone_between_two_passes(self, write: Write) -> None:
        file = write("a.wav", noise(500))
        with Decoder(request()).open(file) as audio:
            joined(audio, (ANALYSIS,), BLOCK)
            Path(file).unlink()
            with pytest.raises(ClipError) as caught:
                joined(audio, (ANALYSIS,), BLOCK)
        assert caught.value.kind == "vanished"

    def test_no_permission(self, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        file = write("a.wav", noise(500))

        def refuse(*_: object) -> int:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(os, "open", refuse)
        error = failure(file)
        assert (error.kind, error.message) == ("unreadable", "cannot be read: permission denied")

    def test_a_folder_and_a_pipe(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a.wav")
        assert failure(str(tmp_path)).kind == "not_a_file"
        assert failure(str(tmp_path / "a.wav")).kind == "not_a_file"


class TestLongFile:
    def test_reads_on_to_its_real_end(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        path.write_bytes(b"tag0123456789")
        with mpeg.LongFile(str(path), 3) as file:
            assert file.seek(0, os.SEEK_END) > 500
            assert file.seek(8) == file.tell() == 8
            assert [file.read(4), file.read(4)] == [b"89", b""]
            file.seek(-128, os.SEEK_END)
            assert file.read(3) == b"\0\0\0"
