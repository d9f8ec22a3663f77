"""How paths are written to tables, and which file names are audio."""

import os
import re

_ESCAPED = re.compile(rb"\\(?:\\|x([0-9a-f]{2}))")

# What libsndfile reads. Left out are endings that mean something else more often (mat, sf, iff),
# and headerless ones, whose rate nobody can know.
_READABLE = (
    "8svx aif aifc aiff aiffc au bwf caf flac ircam mp1 mp2 mp3 mpga nist oga ogg opus paf pvf rf64"
    " sd2 sds snd sph svx voc w64 wav wave wve xi"
)
# Audio by name that libsndfile cannot decode: found all the same, so that each is one failure with
# its remedy instead of a file that is missing from the tables.
_FOREIGN = (
    "3ga 3gp aa aac aax ac3 adts alac amr ape awb dff dsf dts eac3 gsm m4a m4b m4p m4r mka mp+ mp4"
    " mpc oma ra shn spx tak tta vox weba webm wma wv"
)
READABLE = frozenset(_READABLE.split())
FOREIGN = frozenset(_FOREIGN.split())
KNOWN = READABLE | FOREIGN
MPEG = frozenset({"mp1", "mp2", "mp3", "mpga"})


def extension(name: str) -> str:
    """Ending of a name or path in lower case, without its dot; `.wav` alone has none."""
    dot = name.rfind(".")
    return name[dot + 1 :].lower() if dot > name.rfind("/") + 1 else ""


def escape_path(name: str) -> str:
    r"""Path as tables hold it: UTF-8; other bytes as `\xNN`, a backslash as `\\`.

    `name` is in the form of `os.fsdecode`. `unescape_path` gives its bytes back.
    """
    if name.isascii() and "\\" not in name:
        return name
    return os.fsencode(name.replace("\\", "\\\\")).decode("utf-8", "backslashreplace")


def unescape_path(text: str) -> bytes:
    """Bytes of the path that `escape_path` wrote."""
    return _ESCAPED.sub(
        lambda found: b"\\" if found[1] is None else bytes([int(found[1], 16)]),
        text.encode("utf-8", "surrogateescape"),
    )


def plain_path(path: str) -> str:
    """`path` without `./` and `//`: one spelling for the same words. Links and `..` stay."""
    if "//" not in path and "./" not in path and not path.endswith(("/", "/.")):
        return path
    parts = [part for part in path.split("/") if part not in {"", "."}]
    return ("/" if path.startswith("/") else "") + "/".join(parts) or "."
