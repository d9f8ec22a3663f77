"""Cores, memory and open files: what there is, and what of it this process may use."""

import math
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from audiofeat_cli.doctor.findings import Finding, note, size_text
from audiofeat_cli.run.executor import default_jobs, open_files_needed

WORKER_BYTES = 300 * 2**20
"""Room for one worker: half of it was measured for narrow features, wide ones take more."""

CGROUPS = Path("/sys/fs/cgroup")
OWN_GROUPS = Path("/proc/self/cgroup")
MEMORY = Path("/proc/meminfo")


def cores() -> Iterator[Finding]:
    """How many workers a run starts, and why."""
    jobs, there = default_jobs(), os.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else there
    asked = os.environ.get("LOKY_MAX_CPU_COUNT")
    limits = [f"affinity allows {allowed}"] if allowed < there else []
    limits += [f"LOKY_MAX_CPU_COUNT is {asked}"] if asked else []
    why = f" ({', '.join(limits)})" if limits else ""
    yield Finding(
        "cores",
        f"{jobs} of {there} are used by default{why}",
        value={"default_jobs": jobs, "present": there, "affinity": allowed},
    )
    quota = cpu_quota()
    if quota is None:
        yield Finding("cpu quota", "none")
    elif math.ceil(quota) < jobs:
        yield note(
            "cpu quota",
            f"a cgroup allows {quota:g} cores, fewer than the {jobs} workers of a run",
            f"give --jobs {math.ceil(quota)}",
            quota,
        )
    else:
        yield Finding("cpu quota", f"a cgroup allows {quota:g} cores", value=quota)


def cpu_quota() -> float | None:
    """Cores that the control groups of this process allow, the smallest; None without a limit."""
    quotas = []
    for folder in own_groups("cpu"):
        new, old = _words(folder / "cpu.max"), _words(folder / "cpu.cfs_quota_us")
        words = new or old + _words(folder / "cpu.cfs_period_us")
        numbers = [int(word) for word in words if word.lstrip("-").isdigit()]
        if len(numbers) == 2 and min(numbers) > 0:
            quotas.append(numbers[0] / numbers[1])
    return min(quotas, default=None)


def memory_limit() -> int | None:
    """Bytes that the control groups of this process allow, the smallest; None without a limit."""
    limits = [
        int(word)
        for folder in own_groups("memory")
        for name in ("memory.max", "memory.high", "memory.limit_in_bytes")
        for word in _words(folder / name)
        if word.isdigit() and int(word) < 2**60  # version 1 says "none" so
    ]
    return min(limits, default=None)


def own_groups(controller: str) -> Iterator[Path]:
    """Folders of the process's control group and all above it: version 2, or 1 with `controller`.

    In a container the paths may be those of the host; the root is then our own group.
    """
    for line in _text(OWN_GROUPS).splitlines():
        number, names, path = [*line.split(":", 2), "", ""][:3]
        if number == "0" and not names:
            root = CGROUPS
        elif controller in names.split(","):
            shared = CGROUPS / names
            root = shared if shared.is_dir() else CGROUPS / controller
        else:
            continue
        own = Path(path.lstrip("/"))
        yield from (root / folder for folder in (own, *own.parents))


def _text(file: Path) -> str:
    """What a small file of the system says; nothing where there is none."""
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _words(file: Path) -> list[str]:
    return _text(file).split()


def memory() -> Iterator[Finding]:
    """What there is, what limits apply, and whether all workers fit."""
    bounds = {**_present(), **_limits()}
    if not bounds:
        yield note("memory", "this system does not say how much there is")
        return
    text = ", ".join(f"{size_text(size)} {name}" for name, size in bounds.items())
    jobs = default_jobs()
    room = int(min(bounds.values()))
    if room < jobs * WORKER_BYTES:
        fewer = max(1, room // WORKER_BYTES)
        yield note(
            "memory",
            f"{text}: little for {jobs} workers, which take about {size_text(WORKER_BYTES)} each",
            f"give --jobs {fewer}" if fewer < jobs else "free some",
            bounds,
        )
    else:
        yield Finding("memory", text, value=bounds)


def _present() -> Mapping[str, int]:
    found = {}
    names = getattr(os, "sysconf_names", {})
    if "SC_PHYS_PAGES" in names:
        found["present"] = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for line in _text(MEMORY).splitlines():
        if line.startswith("MemAvailable:"):
            found["available"] = int(line.split()[1]) * 1024
    return found


def _limits() -> Mapping[str, int]:
    found = {}
    limit = memory_limit()
    if limit is not None:
        found["allowed by a cgroup"] = limit
    if sys.platform != "win32":
        import resource

        for name in ("RLIMIT_AS", "RLIMIT_DATA"):
            soft, _ = resource.getrlimit(getattr(resource, name))
            if soft != resource.RLIM_INFINITY:
                found[f"allowed by {name}"] = soft
    return found


def open_files() -> Iterator[Finding]:
    """Whether there are descriptors for all workers."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    endless = resource.RLIM_INFINITY
    most = "any number" if hard == endless else f"{hard}"
    text = f"{'any number' if soft == endless else soft} at once, {most} when raised"
    value = {"soft": None if soft == endless else soft, "hard": None if hard == endless else hard}
    jobs = default_jobs()
    needed = open_files_needed(jobs)
    if hard != endless and hard < needed:
        fewer = "give fewer --jobs, or raise it: ulimit -Hn"
        yield note("open files", f"{text}: {jobs} workers take up to {needed}", fewer, value)
    else:
        yield Finding("open files", text, value=value)
