"""Cut files are found, whole ones are not called cut, and nothing is claimed that is not proven."""

import struct
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from audiofeat_cli.audio import integrity, mpeg
from audiofeat_cli.audio.decode import NATIVE, Audio, Decoder, Request
from audiofeat_cli.audio.rawfile import RawFile
from audiofeat_cli.audio.verdict import Verdict
from audiofeat_cli.errors import ClipError

SAMPLE_AUDIO = Path(__file__).parents[1] / "sample_audio"
REAL = sorted(
    file for file in SAMPLE_AUDIO.rglob("*") if file.suffix in {".wav", ".flac", ".ogg", ".mp3"}
)
RATE = 44100
SAMPLES = 2 * RATE
SHARES = (0.02, 0.1, 0.333, 0.5, 0.75, 0.9, 0.99)

Make = Callable[..., Path]
Options = dict[str, Any]


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """Two seconds of noise as the bytes of a file; made once for each kind."""
    folder = tmp_path_factory.mktemp("encoded")

    @cache
    def make(name: str, rate: int = RATE, channels: int = 2, **options: str) -> bytes:
        noise = np.random.default_rng(0).uniform(-0.5, 0.5, (SAMPLES, channels))
        sf.write(folder / name, noise, rate, **options)
        return (folder / name).read_bytes()

    return make


@pytest.fixture
def made(tmp_path: Path, encoded: Callable[..., bytes]) -> Make:
    """Two seconds of noise in a file of this name."""
    return lambda name, **options: stored(tmp_path / name, encoded(name, **options))


def stored(path: Path, content: bytes | bytearray) -> Path:
    path.write_bytes(content)
    return path


def decoded(path: Path, *, allow_truncated: bool = False) -> Audio:
    """The clip after all of it was decoded."""
    request = Request(None, "mono", "soxr_hq", 1 << 15, allow_truncated)
    with Decoder(request).open(str(path)) as audio:
        for _ in audio.blocks(frozenset({NATIVE})):
            pass
    return audio


def judged(path: Path) -> Verdict:
    """What is said before anything is decoded."""
    with RawFile(str(path)) as raw:
        return integrity.examine(raw)


def mpeg_judged(path: Path) -> Verdict:
    with RawFile(str(path)) as raw:
        return mpeg.examine(raw)


def problem(path: Path, *, allow_truncated: bool = False) -> ClipError:
    with pytest.raises(ClipError) as caught:
        decoded(path, allow_truncated=allow_truncated)
    return caught.value


CONTAINERS: tuple[tuple[str, Options], ...] = (
    ("a.wav", {"subtype": "PCM_16"}),
    ("a.wav", {"subtype": "PCM_24"}),
    ("a.wav", {"subtype": "FLOAT"}),
    ("a.wav", {"subtype": "IMA_ADPCM"}),
    ("a.wav", {"format": "WAVEX"}),
    ("a.wav", {"endian": "BIG"}),
    ("a.rf64", {"format": "RF64"}),
    ("a.w64", {}),
    ("a.aiff", {}),
    ("a.svx", {"format": "SVX", "channels": 1}),
    ("a.caf", {}),
    ("a.au", {}),
    ("a.au", {"endian": "LITTLE"}),
    ("a.flac", {}),
    ("a.ogg", {}),
    ("a.opus", {"format": "OGG", "subtype": "OPUS", "rate": 48000}),
    ("a.mp3", {}),
)


@pytest.mark.parametrize(("name", "options"), CONTAINERS)
class TestEveryContainer:
    def test_whole(self, made: Make, name: str, options: Options) -> None:
        audio = decoded(made(name, **options))
        assert audio.truncated is False
        assert audio.declared_frames == audio.frames

    @pytest.mark.parametrize("share", SHARES)
    def test_cut(self, made: Make, name: str, options: Options, share: float) -> None:
        path = made(name, **options)
        whole = path.read_bytes()
        stored(path, whole[: int(len(whole) * share)])
        error = problem(path)
        assert (error.stage, error.kind) == ("decode", "truncated")
        assert error.message.startswith("cut")
        assert error.message.endswith("; --allow-truncated takes what can be decoded")

    @pytest.mark.parametrize("missing", [1, 2, 3, 50])
    def test_the_last_bytes_are_missing(
        self, made: Make, name: str, options: Options, missing: int
    ) -> None:
        path = made(name, **options)
        stored(path, path.read_bytes()[:-missing])
        assert problem(path).kind == "truncated"

    def test_what_is_there_can_be_had(self, made: Make, name: str, options: Options) -> None:
        path = made(name, **options)
        whole = decoded(path).frames
        stored(path, path.read_bytes()[: path.stat().st_size * 2 // 3])
        if "caf" in name:  # libsndfile refuses these
            assert problem(path, allow_truncated=True).kind == "undecodable"
            return
        audio = decoded(path, allow_truncated=True)
        assert audio.truncated is True
        assert 0.5 * whole < audio.frames < 0.7 * whole
        # Known where the file's own count was read, not where it is what was left.
        assert audio.declared_frames == (whole if name in {"a.mp3", "a.flac"} else None)

    def test_junk_behind_the_end_is_no_cut(self, made: Make, name: str, options: Options) -> None:
        path = made(name, **options)
        whole = decoded(path).frames
        content = path.read_bytes()
        for junk in (b"\0", bytes(1000), b"TAG" + bytes(125), b"LIST\xff\xff\xff\x0f and so on"):
            audio = decoded(stored(path, content + junk))
            assert audio.truncated is False
            if name not in {"a.w64", "a.svx"}:  # libsndfile takes it for samples
                assert audio.frames == whole


@pytest.mark.parametrize("file", REAL, ids=lambda file: file.name)
def test_sample_audio_is_whole(file: Path) -> None:
    assert decoded(file).truncated is False


@pytest.mark.parametrize("file", REAL, ids=lambda file: file.name)
def test_sample_audio_cut_in_half_is_cut(file: Path, tmp_path: Path) -> None:
    path = stored(tmp_path / file.name, file.read_bytes()[: file.stat().st_size // 2])
    assert problem(path).kind == "truncated"


class TestChunks:
    def test_said_before_anything_is_decoded(self, made: Make) -> None:
        path = made("a.wav")
        whole = path.read_bytes()
        assert judged(stored(path, whole[:10_000])) == Verdict(
            truncated=True, reason=f"10,000 of {len(whole):,} bytes are there"
        )

    @pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFF000, 0x80000000])
    def test_a_size_that_was_never_filled_in(self, made: Make, size: int) -> None:
        path = made("a.wav")
        content = bytearray(path.read_bytes()[:50_000])
        content[4:8] = content[40:44] = struct.pack("<I", size)
        verdict = judged(stored(path, content))
        assert (verdict.truncated, verdict.counted) == (None, False)

    def test_rf64_takes_its_sizes_from_ds64(self, made: Make) -> None:
        path = made("a.rf64", format="RF64")
        content = bytearray(path.read_bytes())
        at = content.index(b"data") + 4
        content[at : at + 4] = b"\xff\xff\xff\xff"
        assert judged(stored(path, content)).truncated is False
        assert judged(stored(path, content[:-1])).truncated is True
        content[28:36] = bytes(8)
        assert judged(stored(path, content)).truncated is None

    def test_a_missing_padding_byte_is_no_cut(self, tmp_path: Path) -> None:
        path = tmp_path / "a.wav"
        sf.write(path, np.zeros(101), 8000, subtype="PCM_U8")
        content = path.read_bytes()
        unpadded = content[: content.index(b"data") + 8 + 101]
        audio = decoded(stored(path, unpadded))
        assert (audio.truncated, audio.frames) == (False, 101)
        assert problem(stored(path, unpadded[:-1])).kind == "truncated"
        tags = b"LIST" + struct.pack("<I", 200) + bytes(200)
        total = struct.pack("<I", len(unpadded + tags) - 8)
        tagged = unpadded[:4] + total + unpadded[8:] + tags
        assert decoded(stored(path, tagged)).truncated is False

    def test_a_chunk_of_odd_length_before_the_samples(self, made: Make) -> None:
        path = made("a.wav")
        content = path.read_bytes()
        content = content[:36] + b"LIST" + struct.pack("<I", 5) + b"INFO.\0" + content[36:]
        assert decoded(stored(path, content)).truncated is False
        assert problem(stored(path, content[:-5000])).kind == "truncated"

    def test_what_is_no_chunk_ends_the_search(self, made: Make) -> None:
        path = made("a.wav")
        content = path.read_bytes()
        strange = b"\xf0\x01\x02\x03\xff\xff\xff\x0f"
        assert judged(stored(path, content[:36] + strange + content[36:])).truncated is None

    @pytest.mark.parametrize("added", [-8, 8, 36])
    def test_a_total_that_is_wrong_by_a_header_is_no_cut(self, made: Make, added: int) -> None:
        path = made("a.wav")
        content = bytearray(path.read_bytes())
        content[4:8] = struct.pack("<I", len(content) - 8 + added)
        assert decoded(stored(path, content)).truncated is False

    def test_a_cut_behind_the_samples_is_one(self, made: Make) -> None:
        path = made("a.wav")
        tags = b"LIST" + struct.pack("<I", 200) + bytes(200)
        content = bytearray(path.read_bytes() + tags)
        content[4:8] = struct.pack("<I", len(content) - 8)
        assert decoded(stored(path, content)).truncated is False
        assert judged(stored(path, content[:-1])).truncated is True
        assert judged(stored(path, content[:-208])).truncated is True

    def test_a_cut_before_the_samples_is_one(self, made: Make) -> None:
        path = made("a.wav")
        content = path.read_bytes()
        junk = b"JUNK" + struct.pack("<I", 5000) + bytes(5000)
        path = stored(path, content[:36] + junk + content[36:])
        assert judged(stored(path, path.read_bytes()[:3000])).truncated is True
        assert judged(stored(path, content[:12])).truncated is True

    def test_zeros_behind_a_header_end_the_search(self, tmp_path: Path) -> None:
        path = stored(tmp_path / "a.wav", b"RIFF\xff\xff\xff\xffWAVE" + bytes(1 << 20))
        assert judged(path) == Verdict(truncated=None)

    def test_other_riff_and_iff_files_are_not_judged(self, tmp_path: Path) -> None:
        for head in (b"RIFF\0\0\1\0WEBP", b"FORM\0\1\0\0ILBM"):
            assert judged(stored(tmp_path / "a", head + b"body\0\1\0\0")).truncated is None


class TestOgg:
    def pages(self, content: bytes | bytearray) -> list[int]:
        starts = [0]
        while (found := content.find(b"OggS", starts[-1] + 4)) >= 0:
            starts.append(found)
        return starts

    def test_cut_between_two_pages(self, made: Make) -> None:
        path = made("a.ogg")
        content = path.read_bytes()
        for start in self.pages(content)[1:]:
            assert judged(stored(path, content[:start])).truncated is True

    def test_cut_within_the_last_header(self, made: Make) -> None:
        path = made("a.ogg")
        content = path.read_bytes()
        last = self.pages(content)[-1]
        for length in (1, 3, 4, 6, 20, 27, 28):
            assert judged(stored(path, content[: last + length])).truncated is True

    def test_damage_within_is_told_by_its_place(self, made: Make) -> None:
        path = made("a.ogg")
        content = bytearray(path.read_bytes())
        starts = self.pages(content)
        broken = starts[len(starts) // 2]
        content[broken + 200 : broken + 264] = bytes(64)
        error = problem(stored(path, content))
        assert error.kind == "damaged"
        assert error.message.startswith(f"damaged at byte {broken:,} of {len(content):,}: ")
        audio = decoded(path, allow_truncated=True)
        assert audio.truncated is True
        assert audio.frames < SAMPLES

    def test_every_page_of_a_whole_file_is_intact(self, made: Make) -> None:
        with RawFile(str(made("a.ogg"))) as raw:
            assert integrity.damaged_ogg(raw) == ""


class TestFlac:
    def test_cut_between_two_frames(self, made: Make) -> None:
        """No decoder complains; only the count of samples tells."""
        path = made("a.flac")
        content = path.read_bytes()
        # Frames begin with 14 bits of sync; 4096 samples each, numbered from 0.
        second = content.index(b"\xff\xf8", content.index(b"\xff\xf8") + 1000)
        while content[second + 4] != 1:
            second = content.index(b"\xff\xf8", second + 1)
        error = problem(stored(path, content[:second]))
        assert error.kind == "truncated"
        assert error.message.startswith("cut or damaged: 0.093 of 2.000 s can be decoded")
        assert error.detail == ""
        assert decoded(path, allow_truncated=True).frames == 4096

    def test_what_the_decoder_said_is_the_detail(self, made: Make) -> None:
        path = made("a.flac")
        error = problem(stored(path, path.read_bytes()[:-1000]))
        assert "lost sync" in error.detail

    def test_not_known_before_it_is_decoded(self, made: Make) -> None:
        path = made("a.flac")
        with Decoder(Request(None, "mono", "soxr_hq", 1000, False)).open(str(path)) as audio:
            assert audio.truncated is None
            assert audio.declared_frames == SAMPLES

    def test_an_unknown_length_is_cut_only_when_the_decoder_says_so(self, made: Make) -> None:
        path = made("a.flac")
        content = bytearray(path.read_bytes())
        content[21] &= 0xF0
        content[22:26] = bytes(4)
        assert decoded(stored(path, content)).truncated is None
        error = problem(stored(path, content[: len(content) // 2]))
        assert error.kind == "truncated"
        assert "decoding stops at" in error.message


def headerless(path: Path) -> bytes:
    """The frames of an MP3 behind the one that holds its Xing or Info header."""
    content = path.read_bytes()
    with RawFile(str(path)) as raw:
        assert mpeg.examine(raw).counted
    return content[content.index(content[:2], 4) :]


class TestMpeg:
    def test_fewer_frames_than_the_header_says(self, made: Make) -> None:
        path = made("a.mp3")
        error = problem(stored(path, path.read_bytes()[: path.stat().st_size // 2]))
        assert error.kind == "truncated"
        # LAME: 2 s and what it adds before and behind, and the cut frame is no whole one.
        there, declared = 38, 78
        assert f"{there} of {declared} frames are there" in error.message

    def test_a_header_that_counts_itself_is_not_called_cut(self, made: Make) -> None:
        path = made("a.mp3")
        content = bytearray(path.read_bytes())
        at = next(content.index(name) for name in (b"Info", b"Xing") if name in content)
        frames, size = struct.unpack_from(">II", content, at + 8)
        struct.pack_into(">I", content, at + 8, frames + 1)
        assert mpeg_judged(stored(path, content)).truncated is False
        # Without the number of bytes, that cannot be told from a cut of one frame.
        struct.pack_into(">I", content, at + 4, 1)
        assert mpeg_judged(stored(path, content)).truncated is False
        struct.pack_into(">I", content, at + 8, frames + 2)
        assert mpeg_judged(stored(path, content)).truncated is True
        # More bytes than there are, but all the frames: tags that were counted and are gone.
        struct.pack_into(">III", content, at + 4, 3, frames, size + 5000)
        assert mpeg_judged(stored(path, content)).truncated is False

    def test_fewer_decoded_than_the_header_says(self, made: Make) -> None:
        path = made("a.mp3")
        content = bytearray(path.read_bytes())
        at = next(content.index(name) for name in (b"Info", b"Xing") if name in content)
        struct.pack_into(">I", content, at + 8, 178)
        error = problem(stored(path, content))
        assert error.kind == "truncated"
        assert "s can be decoded" in error.message

    def test_vbri(self, made: Make) -> None:
        path = made("a.mp3")
        frames = headerless(path)
        head = bytearray(path.read_bytes()[: path.stat().st_size - len(frames)])
        head[36:] = (
            b"VBRI"
            + bytes(6)
            + struct.pack(">II", len(head) + len(frames), 78)
            + bytes(len(head) - 54)
        )
        assert mpeg_judged(stored(path, head + frames)).truncated is False
        assert mpeg_judged(stored(path, head + frames[:-1])).truncated is True

    def test_without_a_header_whole_is_not_provable(self, made: Make) -> None:
        path = made("a.mp3")
        audio = decoded(stored(path, headerless(path)))
        assert audio.truncated is None
        assert audio.declared_frames is None

    def test_without_a_header_a_cut_frame_is_a_cut(self, made: Make) -> None:
        path = made("a.mp3")
        frames = headerless(path)
        verdict = mpeg_judged(stored(path, frames))
        data = (0, len(frames))
        assert verdict == Verdict(None, counted=False, samples=78 * 1152, data=data)
        for missing in (1, 2, 100, 5000, 10_001):
            verdict = mpeg_judged(stored(path, frames[:-missing]))
            borders = {len(frames) - missing} & set(borders_of(frames))
            assert verdict.truncated is (None if borders else True)

    def test_without_a_header_a_cut_between_frames_is_not_knowable(self, made: Make) -> None:
        path = made("a.mp3")
        frames = headerless(path)
        middle = borders_of(frames)[40]
        assert mpeg_judged(stored(path, frames[:middle])).truncated is None
        for length in (1, 2, 3):
            assert mpeg_judged(stored(path, frames[: middle + length])).truncated is True

    @pytest.mark.parametrize("bare", [True, False])
    def test_tags_at_both_ends(self, made: Make, bare: bool) -> None:
        path = made("a.mp3")
        frames = headerless(path) if bare else path.read_bytes()
        before = b"ID3\x04\0\0\0\0\x10\0" + b"\xff\xfb\x90\0" * 512
        ape = b"APETAGEX" + struct.pack("<IIII", 2000, 132, 1, 0) + bytes(8)
        ape_head = b"APETAGEX" + struct.pack("<IIII", 2000, 132, 1, 0xA0000000) + bytes(8)
        ape_foot = b"APETAGEX" + struct.pack("<IIII", 2000, 132, 1, 0x80000000) + bytes(8)
        lyrics = b"LYRICSBEGIN" + b"\xff\xfb\x90\0" * 10 + b"000051LYRICS200"
        ends = (
            b"TAG" + bytes(125),
            b"\xff\xfb\x90\0" * 25 + ape,
            ape_head + b"\xff\xfb\x90\0" * 25 + ape_foot,
            b"\xff\xfb\x90\0" * 25 + ape + b"TAG" + bytes(125),
            lyrics + b"TAG" + bytes(125),
            bytes(2000),
            bytes(50) + frames[:4] + bytes(50),
        )
        expected = mpeg_judged(stored(path, frames))
        for end in ends:
            verdict = mpeg_judged(stored(path, before + frames + end))
            assert verdict.truncated is expected.truncated
            if bare:  # what looks like a frame in the junk may be counted
                assert 0 <= verdict.samples - expected.samples <= 1152
        cut_short = before + frames[:-10] + b"TAG" + bytes(125)
        assert mpeg_judged(stored(path, cut_short)).truncated is True

    def test_cut_within_the_tag_at_the_beginning(self, made: Make) -> None:
        path = made("a.mp3")
        content = b"ID3\x04\0\0\0\0\x10\0" + bytes(2048) + path.read_bytes()
        assert problem(stored(path, content[:1000])).kind == "truncated"

    def test_other_files_are_not_mpeg(self, tmp_path: Path) -> None:
        noise = np.random.default_rng(0).integers(0, 256, 1 << 17, np.uint8).tobytes()
        assert mpeg_judged(stored(tmp_path / "a", noise)).truncated is None
        assert mpeg_judged(stored(tmp_path / "a", b"\xff" * 5000)).truncated is None

    @pytest.mark.parametrize(
        ("header", "length", "samples"),
        [
            (0xFFFB9000, 417, 1152),  # MPEG 1 layer III, 128 kbit/s, 44.1 kHz
            (0xFFFB9200, 418, 1152),  # with padding
            (0xFFF340C0, 104, 576),  # MPEG 2 layer III, 32 kbit/s, 22.05 kHz
            (0xFFE348C4, 288, 576),  # MPEG 2.5 layer III, 32 kbit/s, 8 kHz
            (0xFFFD8400, 384, 1152),  # MPEG 1 layer II, 128 kbit/s, 48 kHz
            (0xFFFF4400, 128, 384),  # MPEG 1 layer I, 128 kbit/s, 48 kHz
            (0xFFF54000, 208, 1152),  # MPEG 2 layer II, 32 kbit/s, 22.05 kHz
        ],
    )
    def test_frame_lengths(self, tmp_path: Path, header: int, length: int, samples: int) -> None:
        frame = header.to_bytes(4) + bytes(length - 4)
        path = stored(tmp_path / "a.mp3", frame * 20)
        verdict = mpeg_judged(path)
        assert (verdict.truncated, verdict.samples) == (None, 20 * samples)
        path = stored(tmp_path / "a.mp3", (frame * 20)[:-1])
        assert mpeg_judged(path).truncated is True

    def test_a_damaged_one_is_told(self, made: Make) -> None:
        path = made("a.mp3")
        content = bytearray(path.read_bytes())
        content[len(content) // 2 : len(content) // 2 + 5000] = bytes(5000)
        assert problem(stored(path, content)).kind == "damaged"


def borders_of(frames: bytes) -> list[int]:
    """Where frames begin, for MPEG 1 layer III at 44.1 kHz: counted here in the plainest way."""
    rates = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
    borders = [0]
    while borders[-1] + 4 <= len(frames):
        third = frames[borders[-1] + 2]
        borders.append(borders[-1] + 144_000 * rates[third >> 4] // 44_100 + (third >> 1 & 1))
    return borders
