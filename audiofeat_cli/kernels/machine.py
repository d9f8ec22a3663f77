"""Machine code of our own, made by LLVM on first use and kept on disk as numba keeps its own.

Where speed hangs on which values stay in vector registers, a kernel is written as LLVM's
intermediate code; loading what was made before takes a tenth of what numba takes.
"""

import ctypes
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import llvmlite
from llvmlite import binding as llvm

from audiofeat_cli.kernels import cache_folder

DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class Code:
    """A function in memory. `engine` owns the memory and must live as long as the function."""

    call: Callable[..., None]
    engine: Any


def code(name: str, sort: str, build: Callable[[], str], *arguments: Any) -> Code:
    """The function `name`, which returns nothing, as machine code.

    Parameters
    ----------
    sort : what tells this code from all other; part of the file name it is kept under.
    build : makes the intermediate code that has the function, where there is no machine code yet.
    arguments : ctypes of its arguments.
    """
    machine = _machine()
    kept = _place(name, sort)
    made = _read(kept) if kept is not None else None
    if made is None:
        made = _compiled(build(), machine)
        if kept is not None:
            _write(kept, made)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(made))
    engine.finalize_object()
    function = ctypes.CFUNCTYPE(None, *arguments)(engine.get_function_address(name))
    return Code(function, engine)


@lru_cache(maxsize=1)
def _machine() -> Callable[[], Any]:
    """Makes a description of the processor, of which each engine owns one."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    return lambda: target.create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=_processor_features(), opt=3
    )


def _processor_features() -> str:
    try:
        return str(llvm.get_host_cpu_features().flatten())
    except RuntimeError:  # LLVM cannot tell on every processor
        return ""


def _compiled(text: str, machine: Callable[[], Any]) -> bytes:
    module = llvm.parse_assembly(text)
    module.verify()
    target = machine()
    module.triple = llvm.get_process_triple()
    module.data_layout = str(target.target_data)
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    passes = llvm.create_pass_builder(target, options)
    passes.getModulePassManager().run(module, passes)
    return bytes(target.emit_object(module))


def _place(name: str, sort: str) -> Path | None:
    folder = cache_folder()
    if folder is None:
        return None
    facts = (sort, llvmlite.__version__, llvm.get_process_triple(), llvm.get_host_cpu_name())
    told = "\0".join((*facts, _processor_features())).encode()
    return folder / f"{name}-{blake2b(told, digest_size=16).hexdigest()}.o"


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
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".o")
        with os.fdopen(handle, "wb") as file:
            file.write(blake2b(made, digest_size=DIGEST_BYTES).digest() + made)
        Path(name).replace(path)
