"""Which files are found, under which names, and what is said of those that cannot be used."""

import inspect
import io
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from hashlib import blake2b
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiofeat_cli.audio.discover import Clip, Discovery, discover, read_list
from audiofeat_cli.audio.names import escape_path, extension, plain_path, unescape_path
from audiofeat_cli.errors import Failure, UsageError

Tree = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """Make files of one byte below an empty current folder."""
    monkeypatch.chdir(tmp_path)

    def make(*names: str) -> Path:
        for name in names:
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"x")
        return tmp_path

    return make


def clips(found: Discovery) -> list[Clip]:
    everything = list(found)
    assert not [one for one in everything if isinstance(one, Failure)]
    return [one for one in everything if isinstance(one, Clip)]


def paths(found: Discovery) -> list[str]:
    return [clip.path for clip in clips(found)]


def only_failure(found: Discovery) -> Failure:
    (one,) = found
    assert isinstance(one, Failure)
    assert one.stage == "discover"
    return one


def as_clip(one: Clip | Failure) -> Clip:
    assert isinstance(one, Clip)
    return one


class TestNames:
    @given(st.binary(max_size=40).filter(lambda name: b"\0" not in name))
    def test_every_name_comes_back(self, name: bytes) -> None:
        text = escape_path(os.fsdecode(name))
        text.encode("utf-8")
        assert unescape_path(text) == name

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            (b"a b.wav", "a b.wav"),
            (b"a\nb.wav", "a\nb.wav"),
            ("🎵é.wav".encode(), "🎵é.wav"),
            (b"caf\xe9.wav", r"caf\xe9.wav"),
            (b"a\\b.wav", r"a\\b.wav"),
            (b"\\xe9", r"\\xe9"),
        ],
    )
    def test_other_bytes_and_backslashes_are_escaped(self, name: bytes, text: str) -> None:
        assert escape_path(os.fsdecode(name)) == text

    @pytest.mark.parametrize(
        ("path", "plain"),
        [
            ("a/b.wav", "a/b.wav"),
            ("./a//b.wav", "a/b.wav"),
            ("a/./b/.", "a/b"),
            ("//a/b", "/a/b"),
            ("../a/../b", "../a/../b"),
            (".hidden/..a/b.", ".hidden/..a/b."),
            (".", "."),
            ("./", "."),
            ("/", "/"),
            ("dir/", "dir"),
        ],
    )
    def test_plain_path(self, path: str, plain: str) -> None:
        assert plain_path(path) == plain

    @pytest.mark.parametrize(
        ("name", "ending"),
        [
            ("a.WAV", "wav"),
            ("a.b.Flac", "flac"),
            (".wav", ""),
            ("wav", ""),
            ("a.", ""),
            ("x.y/a", ""),
            ("x.y/.wav", ""),
            ("x/b.ogg", "ogg"),
        ],
    )
    def test_extension(self, name: str, ending: str) -> None:
        assert extension(name) == ending


class TestWalk:
    def test_paths_are_those_of_find(self, tree: Tree) -> None:
        root = tree("x/b.wav", "x/a/c.flac", "x/a.mp3", "x/a/d e\n.ogg")
        for top in ("x", "x/", "./x", ".", f"{root}/x", "x//"):
            printed = subprocess.run(
                ["find", top, "-type", "f", "-print0"], capture_output=True, check=True
            ).stdout
            expected = sorted(os.fsdecode(name) for name in printed.split(b"\0") if name)
            assert sorted(paths(discover([top]))) == expected

    def test_order_is_by_name_within_each_folder(self, tree: Tree) -> None:
        tree("b/z.wav", "b/a.wav", "a.wav", "c.wav", "b/m/1.wav")
        assert paths(discover(["."])) == [
            "./a.wav",
            "./b/a.wav",
            "./b/m/1.wav",
            "./b/z.wav",
            "./c.wav",
        ]

    def test_other_endings_and_apple_doubles_are_passed_over_and_counted(self, tree: Tree) -> None:
        tree("a.wav", "B.WAV", "notes.txt", "._a.wav", "wav", ".wav", "sub/cover.jpg", "c.m4a")
        found = discover(["."])
        assert paths(found) == ["./B.WAV", "./a.wav", "./c.m4a"]
        assert found.passed_over == 5

    def test_a_clip_knows_its_file(self, tree: Tree) -> None:
        root = tree("x/sub/a.wav")
        (clip,) = clips(discover(["x"]))
        facts = (root / "x/sub/a.wav").stat()
        assert clip == Clip("x/sub/a.wav", "x/sub/a.wav", 1, facts.st_mtime_ns, "sub/a.wav")
        assert pickle.loads(pickle.dumps(clip)) == clip

    def test_names_that_are_not_utf8(self, tmp_path: Path) -> None:
        name = os.fsencode(tmp_path) + b"/caf\xe9.wav"
        Path(os.fsdecode(name)).write_bytes(b"x")
        (clip,) = clips(discover([str(tmp_path)]))
        assert clip.path.endswith(r"/caf\xe9.wav")
        assert os.fsencode(clip.file) == name == unescape_path(clip.path)

    def test_empty_folder(self, tree: Tree) -> None:
        (tree() / "empty").mkdir()
        assert paths(discover(["empty"])) == []

    def test_deep_folders_need_no_stack(self, tree: Tree) -> None:
        deep = "d/" * 200
        tree(deep + "a.wav")
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(len(inspect.stack(0)) + 100)
        try:
            found = list(discover(["d"]))
        finally:
            sys.setrecursionlimit(limit)
        assert [as_clip(one).path for one in found] == [deep + "a.wav"]

    def test_files_come_while_the_walk_goes_on(self, tree: Tree) -> None:
        root = tree("a/1.wav", "b/2.wav")
        found = iter(discover(["."]))
        assert as_clip(next(found)).path == "./a/1.wav"
        (root / "b/3.wav").write_bytes(b"x")
        assert as_clip(next(found)).path == "./b/2.wav"
        assert as_clip(next(found)).path == "./b/3.wav"

    def test_needs_no_numerics(self) -> None:
        code = (
            "import sys, audiofeat_cli.audio.discover;"
            "sys.exit(any(name in sys.modules for name in ('numpy', 'soundfile', 'soxr')))"
        )
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestLinks:
    def test_a_link_to_a_file_is_a_clip_of_its_own(self, tree: Tree) -> None:
        root = tree("x/a.wav")
        (root / "x/b.wav").symlink_to("a.wav")
        assert paths(discover(["x"])) == ["x/a.wav", "x/b.wav"]

    def test_links_to_folders_are_not_followed(self, tree: Tree) -> None:
        root = tree("x/a.wav", "y/b.wav")
        (root / "x/loop").symlink_to(".")
        (root / "x/other.wav").symlink_to("../y")
        found = discover(["x"])
        assert paths(found) == ["x/a.wav"]
        assert found.passed_over == 2

    def test_a_link_to_a_folder_that_is_named_is_walked(self, tree: Tree) -> None:
        root = tree("y/b.wav")
        (root / "x").symlink_to("y")
        assert paths(discover(["x"])) == ["x/b.wav"]

    @pytest.mark.parametrize("target", ["gone.wav", "b.wav"])
    def test_a_broken_link_is_one_failure(self, tree: Tree, target: str) -> None:
        root = tree()
        (root / "b.wav").symlink_to(target)
        for inputs, listed in (
            (["."], []),
            (["b.wav"], []),
            ([], ["b.wav"]),
            ([".", "./b.wav"], []),
        ):
            failure = only_failure(discover(inputs, listed=listed))
            assert (plain_path(failure.path), failure.error) == ("b.wav", "broken_link")

    def test_a_broken_link_of_another_ending_is_passed_over(self, tree: Tree) -> None:
        (tree() / "x.txt").symlink_to("gone")
        found = discover(["."])
        assert paths(found) == []
        assert found.passed_over == 1


class TestTrouble:
    def test_missing_inputs_stop_everything_at_once(self, tree: Tree) -> None:
        tree("a.wav")
        with pytest.raises(UsageError, match=r"no such file or folder: gone, gone2\.wav$"):
            discover([".", "gone", "gone2.wav"])
        with pytest.raises(UsageError, match="an empty name"):
            discover([""])

    def test_a_listed_name_that_is_missing_is_one_failure(self, tree: Tree) -> None:
        tree("a.wav")
        found = list(discover([], listed=["gone.wav", "a.wav", "a.wav/b.wav"]))
        assert [getattr(one, "error", "") for one in found] == ["missing", "", "missing"]
        assert found[0] == Failure("gone.wav", "discover", "missing", "no such file")

    def test_a_file_without_permission(self, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
        tree("x/a.wav", "x/b.wav")
        monkeypatch.setattr(os, "access", lambda file, mode: not file.endswith("a.wav"))
        first, second = discover(["x"])
        assert isinstance(first, Failure)
        assert (first.path, first.error) == ("x/a.wav", "unreadable")
        assert as_clip(second).path == "x/b.wav"

    def test_a_folder_without_permission(self, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
        tree("x/a/1.wav", "x/b/2.wav")
        scandir = os.scandir

        def refuse(folder: str) -> "os._ScandirIterator[str]":
            if folder.endswith("/a"):
                raise PermissionError(13, "Permission denied")
            return scandir(folder)

        monkeypatch.setattr(os, "scandir", refuse)
        first, second = discover(["x"])
        assert first == Failure(
            "x/a", "discover", "unreadable", "cannot be read: Permission denied"
        )
        assert as_clip(second).path == "x/b/2.wav"

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_real_permissions(self, tree: Tree) -> None:
        root = tree("x/a.wav", "y/b.wav")
        (root / "x/a.wav").chmod(0)
        (root / "y").chmod(0)
        errors = [getattr(one, "error", "") for one in discover(["x", "y"])]
        (root / "y").chmod(0o700)
        assert errors == ["unreadable", "unreadable"]

    def test_deleted_while_looking(self, tree: Tree) -> None:
        root = tree("x/a.wav", "x/b.wav", "x/c/d.wav")
        found = iter(discover(["x"]))
        next(found)
        (root / "x/b.wav").unlink()
        (root / "x/c/d.wav").unlink()
        (root / "x/c").rmdir()
        assert [getattr(one, "error", "") for one in found] == ["vanished", "vanished"]

    def test_a_pipe_neither_hangs_nor_crashes(self, tree: Tree) -> None:
        os.mkfifo(tree("b.wav") / "a.wav")
        found = discover(["."])
        assert paths(found) == ["./b.wav"]
        assert found.passed_over == 1
        assert only_failure(discover(["a.wav"])).error == "not_a_file"

    def test_a_nul_in_a_listed_name(self, tree: Tree) -> None:
        tree()
        failure = only_failure(discover([], listed=["a.wav\0b.wav"]))
        assert failure.error == "bad_name"
        assert "--null" in failure.message


class TestNamed:
    def test_a_named_file_is_tried_whatever_its_ending(self, tree: Tree) -> None:
        tree("a.xyz", "._b.wav")
        found = discover(["./a.xyz"], listed=["._b.wav"])
        assert paths(found) == ["./a.xyz", "._b.wav"]
        assert found.passed_over == 0

    def test_one_path_reached_twice_counts_once(self, tree: Tree) -> None:
        tree("x/a.wav", "x/b.wav")
        assert paths(discover(["x", "x/a.wav", "./x//b.wav"])) == ["x/a.wav", "x/b.wav"]
        assert paths(discover([], listed=["x/b.wav", "x"])) == ["x/b.wav", "x/a.wav"]

    def test_two_names_of_one_file_are_two(self, tree: Tree) -> None:
        root = tree("a.wav")
        assert len(paths(discover(["a.wav", str(root / "a.wav")]))) == 2

    def test_relative_to(self, tree: Tree) -> None:
        root = tree("x/s/a.wav", "y/b.wav")
        found = discover([f"{root}/x", "y/b.wav", "./x/s"], relative_to="x")
        assert paths(found) == ["s/a.wav", "../y/b.wav"]
        assert paths(discover(["."], relative_to=str(root))) == ["x/s/a.wav", "y/b.wav"]
        assert clips(discover(["x"], relative_to="x"))[0].file == "x/s/a.wav"

    def test_key_is_the_path_without_dots_and_double_slashes(self, tree: Tree) -> None:
        tree("x/a.wav")
        assert {clips(discover([top]))[0].key for top in ("x", "./x", "x//", ".")} == {"x/a.wav"}


class TestGlobs:
    NAMES = ("a.wav", "take1/a.wav", "take1/b.flac", "take2/a.wav", "take2/old/c.wav")

    @pytest.mark.parametrize(
        ("include", "exclude", "expected"),
        [
            (["*.flac"], [], ["take1/b.flac"]),
            (["a.wav"], [], ["a.wav", "take1/a.wav", "take2/a.wav"]),
            (["take2/*"], [], ["take2/a.wav", "take2/old/c.wav"]),
            (["take?/a*"], ["take1/*"], ["take2/a.wav"]),
            ([], ["take*"], ["a.wav"]),
            ([], ["old", "*.flac"], ["a.wav", "take1/a.wav", "take2/a.wav"]),
            (["nothing"], [], []),
            (["A.WAV"], [], []),
            (["[ab].*"], ["a.*"], ["take1/b.flac"]),
        ],
    )
    def test_globs(
        self, tree: Tree, include: list[str], exclude: list[str], expected: list[str]
    ) -> None:
        tree(*(f"in/{name}" for name in self.NAMES))
        found = discover(["in"], include=include, exclude=exclude)
        assert paths(found) == [f"in/{name}" for name in expected]
        assert found.passed_over == 0
        assert (found.filtered > 0) == (len(expected) < len(self.NAMES))

    def test_excluded_folders_are_not_entered(
        self, tree: Tree, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tree("in/keep/a.wav", "in/skip/b.wav")
        entered = []
        scandir = os.scandir

        def watch(folder: str) -> "os._ScandirIterator[str]":
            entered.append(folder)
            return scandir(folder)

        monkeypatch.setattr(os, "scandir", watch)
        list(discover(["in"], exclude=["skip"]))
        assert entered == ["in", "in/keep"]


class TestShards:
    NAMES = tuple(f"in/{folder}/{i}.wav" for folder in "ab" for i in range(20))

    def test_shards_are_a_partition_by_the_stated_hash(self, tree: Tree) -> None:
        tree(*self.NAMES)
        shards = [paths(discover(["in"], shard=(index, 3))) for index in range(3)]
        assert sorted(chain.from_iterable(shards)) == sorted(self.NAMES)
        for index, shard in enumerate(shards):
            assert shard
            for path in shard:
                below = path.removeprefix("in/").encode()
                assert int.from_bytes(blake2b(below, digest_size=8).digest()) % 3 == index

    def test_a_shard_does_not_depend_on_how_its_root_is_named(self, tree: Tree) -> None:
        root = tree(*self.NAMES)
        below = [
            [clip.below for clip in clips(discover([top], shard=(1, 4)))]
            for top in ("in", "./in/", f"{root}/in")
        ]
        assert below[0] == below[1] == below[2] != []

    def test_failures_and_doubles_are_told_by_one_shard_only(self, tree: Tree) -> None:
        root = tree(*self.NAMES)
        for i in range(8):
            (root / f"in/{i}.wav").symlink_to("gone")
        inputs = ["in", *self.NAMES[:5], "in/0.wav"]
        listed = ["in/3.wav", "gone.wav", *self.NAMES[5:9]]
        whole = list(discover(inputs, listed=listed))
        parts = [list(discover(inputs, listed=listed, shard=(index, 4))) for index in range(4)]
        assert len(whole) == len(self.NAMES) + 8 + 1
        assert sorted(chain.from_iterable(parts), key=lambda one: one.path) == sorted(
            whole, key=lambda one: one.path
        )

    @pytest.mark.parametrize("shard", [(3, 3), (-1, 3), (0, 0)])
    def test_shards_that_cannot_be(self, tree: Tree, shard: tuple[int, int]) -> None:
        tree("a.wav")
        with pytest.raises(UsageError, match="shard"):
            discover(["."], shard=shard)


class TestLists:
    def test_lines(self) -> None:
        stream = io.BytesIO(b"a.wav\nb c.wav\r\n\n\xe9.wav\n last.wav")
        assert list(read_list(stream, null=False)) == [
            "a.wav",
            "b c.wav",
            os.fsdecode(b"\xe9.wav"),
            " last.wav",
        ]

    def test_nul_keeps_every_other_byte(self) -> None:
        stream = io.BytesIO(b"a\nb.wav\0c.wav\r\0\0d")
        assert list(read_list(stream, null=True)) == ["a\nb.wav", "c.wav\r", "d"]

    def test_names_across_reads(self) -> None:
        names = [f"{i:05d}" * 7 for i in range(20000)]
        stream = io.BytesIO("\n".join(names).encode())
        assert list(read_list(stream, null=False)) == names

    def test_names_come_before_the_list_ends(self) -> None:
        receive, send = os.pipe()
        with open(receive, "rb") as stream, open(send, "wb", buffering=0) as writer:  # noqa: PTH123
            names = read_list(stream, null=False)
            writer.write(b"a.wav\nb.w")
            assert next(names) == "a.wav"
            writer.write(b"av\n")
            assert next(names) == "b.wav"

    def test_empty(self) -> None:
        assert list(read_list(io.BytesIO(b""), null=False)) == []
