"""Plain text for people: 80 columns, the same every time."""

import math
import textwrap
from collections.abc import Iterable, Iterator

from audiofeat_cli.explain.notes import SHARED_BINS, NoteBin, note_from

WIDTH = 80
_LABEL = 18
_MANY = 12


def wrapped(start: str, text: str, indent: int | None = None) -> list[str]:
    """Lines that begin with `start`, then as deep as that, or as `indent` says."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * (len(start) if indent is None else indent),
        break_on_hyphens=False,
        break_long_words=False,
    )


def row(label: str, text: str) -> list[str]:
    """One fact."""
    return wrapped(f"  {label:<{_LABEL - 2}}", text)


def samples(count: int) -> str:
    """`1 sample`, `512 samples`."""
    return f"{count} sample{'s' if count != 1 else ''}"


def number(value: float) -> str:
    """Four digits, without an exponent."""
    if abs(value) >= 1000:
        return f"{value:.0f}"
    if 0 < abs(value) < 1e-4:
        return f"{value:.10f}".rstrip("0").rstrip(".")
    return f"{value:.4g}"


def size(count: float) -> str:
    """Bytes in the unit that suits."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


def duration(seconds: float) -> str:
    """`6.3 minutes`."""
    for unit, length in (("seconds", 60), ("minutes", 60), ("hours", 24)):
        if seconds < length:
            return f"{seconds:.2g} {unit}"
        seconds /= length
    return f"{seconds:.0f} days"


def shown(items: Iterable[object]) -> str:
    """`1, 2, 3`; of many the first ones, and how many there are."""
    found = [str(item) for item in items]
    more = f" and {len(found) - _MANY} more" if len(found) > _MANY + 1 else ""
    return ", ".join(found[:_MANY] if more else found) + more


def note_table(bins: tuple[NoteBin, ...], *, n_fft: int, bin_hz: float) -> Iterator[str]:
    """Which notes the bins of an FFT cover, until no bin can cover two."""
    yield from wrapped(
        "",
        f"Notes in each bin (n_fft {n_fft}): bin k has those from its own frequency, k x "
        f"{number(bin_hz)} Hz, up to that of the next. A tone in the upper half of that is "
        "strongest in the next bin. Equal temperament, A4 = 440 Hz.",
        indent=2,
    )
    yield f"  {'bin':>5}  {'from Hz':>8}  {'to Hz':>8}  notes"
    digits = 2 if bin_hz >= 1 else 2 - math.floor(math.log10(bin_hz))
    for found in bins:
        start = f"  {found.bin:>5}  {found.from_hz:>8.{digits}f}  {found.to_hz:>8.{digits}f}  "
        names = " ".join(found.notes) or "none"
        yield from wrapped(start, names if found.below is None else _below(found.below))
    if len(bins) == SHARED_BINS and n_fft // 2 >= SHARED_BINS:
        low = SHARED_BINS * bin_hz
        start = f"  {f'{SHARED_BINS}...':>5}  {low:>8.{digits}f}  {'':>8}  "
        yield from wrapped(start, f"one note per bin at most, {note_from(low)} and up")


def _below(note: str) -> str:
    return f"everything below {note}"
