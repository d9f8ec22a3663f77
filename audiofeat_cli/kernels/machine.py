"""Machine code of our own, made by LLVM on first use and kept on disk as numba keeps its own.

Where speed hangs on which values stay in vector registers, a kernel is written as LLVM's
intermediate code; loading what was made before takes next to nothing, numba a second.
"""

import ctypes
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from audiofeat_cli.kernels import cache_folder
from audiofeat_cli.kernels.image import image_of, mapped

DIGEST_BYTES: Final = 32
IMAGE, OBJECT = b"I", b"O"
TOLD_OF_PROCESSORS: Final = frozenset(
    {"vendor_id", "cpu family", "model", "model name", "stepping", "flags"}
    | {"CPU implementer", "CPU architecture", "CPU variant", "CPU part", "Features"}
)
"""Lines of /proc/cpuinfo that say what code a processor runs."""

CPUINFO: Final = Path("/proc/cpuinfo")
CPUINFO_BYTES: Final = 8192
"""Enough of it for one processor; with hundreds of them the whole takes long."""


@dataclass(frozen=True, slots=True)
class Code:
    """A function in memory. `owner` has the memory and must live as long as the function."""

    call: Callable[..., None]
    owner: Any


def code(name: str, sort: str, build: Callable[[], str], *arguments: Any) -> Code:
    """The function `name`, which returns nothing, as machine code.

    Parameters
    ----------
    sort : what tells this code from all other; part of the file name it is kept under.
    build : makes the intermediate code that has the function, where there is no machine code yet.
    arguments : ctypes of its arguments.

    Raises
    ------
    RuntimeError, OSError : LLVM cannot make it, or the system does not let us run it.
    """
    kept = _place(name, sort)
    made = _read(kept) if kept is not None else None
    if made is None:
        made = _made(name, build())
        if kept is not None:
            _write(kept, made)
    address, owner = _loaded(name, made)
    return Code(ctypes.CFUNCTYPE(None, *arguments)(address), owner)


def _made(name: str, text: str) -> bytes:
    compiled = _compiled(text)
    image = image_of(compiled, name)
    return OBJECT + compiled if image is None else IMAGE + image


def _loaded(name: str, made: bytes) -> tuple[int, Any]:
    """The address of the function, and who owns the memory."""
    if made.startswith(IMAGE):
        found = mapped(made[len(IMAGE) :])
        return found.address, found
    from llvmlite import binding as llvm

    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(made[len(OBJECT) :]))
    engine.finalize_object()
    return engine.get_function_address(name), engine


def _compiled(text: str) -> bytes:
    from llvmlite import binding as llvm

    target = _machine()
    module = llvm.parse_assembly(text)
    module.verify()
    module.triple = llvm.get_process_triple()
    module.data_layout = str(target.target_data)
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    passes = llvm.create_pass_builder(target, options)
    passes.getModulePassManager().run(module, passes)
    return bytes(target.emit_object(module))


def _machine() -> Any:
    """LLVM's description of this processor; of code that can be an image, where that is known."""
    from llvmlite import binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    processor, features = _by_llvm()
    model = "small" if (sys.platform, platform.machine()) == ("linux", "x86_64") else "jitdefault"
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=processor, features=features, opt=3, reloc="pic", codemodel=model
    )


def _by_llvm() -> tuple[str, str]:
    """Name and features of this processor."""
    from llvmlite import binding as llvm

    features = ""
    with suppress(RuntimeError):  # LLVM cannot tell on every processor
        features = str(llvm.get_host_cpu_features().flatten())
    return str(llvm.get_host_cpu_name()), features


@lru_cache(maxsize=1)
def _processor() -> str:
    """What tells this processor from others; without LLVM, where the system says it."""
    try:
        with CPUINFO.open(encoding="utf-8", errors="replace") as file:
            lines = file.read(CPUINFO_BYTES).split("\n\n")[0].split("\n")
    except OSError:
        lines = []
    told = [line for line in lines if line.partition(":")[0].strip() in TOLD_OF_PROCESSORS]
    return "\n".join(told or _by_llvm())


def _place(name: str, sort: str) -> Path | None:
    folder = cache_folder()
    if folder is None:
        return None
    told = f"{sort}\0{_processor()}\0{ctypes.sizeof(ctypes.c_void_p)}".encode()
    return folder / f"{name}-{blake2b(told, digest_size=16).hexdigest()}.code"


def _read(path: Path) -> bytes | None:
    """What is kept there, if it is whole."""
    try:
        found = path.read_bytes()
    except OSError:
        return None
    digest, made = found[:DIGEST_BYTES], found[DIGEST_BYTES:]
    return made if blake2b(made, digest_size=DIGEST_BYTES).digest() == digest else None


def _write(path: Path, made: bytes) -> None:
    """Keep it, whole or not at all: several processes may do so at once."""
    with suppress(OSError):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".code")
        with os.fdopen(handle, "wb") as file:
            file.write(blake2b(made, digest_size=DIGEST_BYTES).digest() + made)
        Path(name).replace(path)
