"""The code of `fft`, written for one size: what LLVM makes machine code of.

The function is

    spectra(samples, frames, hop, window, twiddles, halves, work, out, stride)

with float32 `samples` of one channel; `window`, `twiddles` (second stage, first stage, re and im),
`halves` (the roots that tell the halves apart) and `work` in the transform's precision; `out` of
float32 (energies) or of pairs of them, the bins `stride` apart.  There are no fewer frames than
lanes; what is left over in the end is done by going back, some frames twice, with equal results.
"""

import cmath
import math
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir

Value = Any
Pair = tuple[Value, Value]
"""Real and imaginary parts, a vector each."""

WIDTH = ir.IntType(64)
LANE = ir.IntType(32)
SINGLE = ir.FloatType()
DOUBLE = ir.DoubleType()
FLAGS = ("contract", "nsz")
"""Products and sums may be fused; zeros need no sign."""


def text_of(kind: str, *, first: int, second: int, row: int, lanes: int, is_double: bool) -> str:
    """The code for M = first * second complex values, in LLVM's language."""
    module = ir.Module("spectra")
    real = DOUBLE if is_double else SINGLE
    Spectra(module, kind, first, second, row, real, lanes).write()
    return str(module)


def number(value: Value) -> Value:
    """A count or place, as the code knows it."""
    return ir.Constant(WIDTH, value) if isinstance(value, int) else value


class Arithmetic:
    """Vectors of numbers, and pairs of such vectors as complex numbers."""

    def __init__(self, real: Any, lanes: int) -> None:
        self.real = real
        self.lanes = lanes
        self.vector = ir.VectorType(real, lanes)
        self.at: Any = None
        """Where code is being written."""

    def constant(self, value: float) -> Value:
        """The same number in each lane."""
        return ir.Constant(self.vector, [value] * self.lanes)

    def everywhere(self, value: Value) -> Value:
        """A number that is known when the code runs, in each lane."""
        nothing = ir.Constant(self.vector, ir.Undefined)
        one = self.at.insert_element(nothing, value, ir.Constant(LANE, 0))
        return self.at.shuffle_vector(
            one, nothing, ir.Constant(ir.VectorType(LANE, self.lanes), [0] * self.lanes)
        )

    def add(self, a: Value, b: Value) -> Value:
        """Sum."""
        return self.at.fadd(a, b, flags=FLAGS)

    def subtract(self, a: Value, b: Value) -> Value:
        """Difference."""
        return self.at.fsub(a, b, flags=FLAGS)

    def multiply(self, a: Value, b: Value) -> Value:
        """Product."""
        return self.at.fmul(a, b, flags=FLAGS)

    def energy(self, z: Pair) -> Value:
        """Squared magnitude."""
        return self.add(self.multiply(z[0], z[0]), self.multiply(z[1], z[1]))

    def plus(self, a: Pair, b: Pair) -> Pair:
        """Complex sum."""
        return self.add(a[0], b[0]), self.add(a[1], b[1])

    def minus(self, a: Pair, b: Pair) -> Pair:
        """Complex difference."""
        return self.subtract(a[0], b[0]), self.subtract(a[1], b[1])

    def times(self, a: Pair, b: Pair) -> Pair:
        """Complex product."""
        real = self.subtract(self.multiply(a[0], b[0]), self.multiply(a[1], b[1]))
        return real, self.add(self.multiply(a[0], b[1]), self.multiply(a[1], b[0]))

    def scaled(self, a: Pair, factor: Value) -> Pair:
        """Product with a real number."""
        return self.multiply(a[0], factor), self.multiply(a[1], factor)

    def turned(self, a: Pair, turns: int, order: int) -> Pair:
        """A exp(-2 pi i turns / order)."""
        eighths, rest = divmod(8 * (turns % order), order)
        if rest == 0 and eighths % 2 == 0:
            return self._quarter_turned(a, eighths // 2)
        if rest == 0:
            half = self.add(a[0], a[1]), self.subtract(a[1], a[0])
            eighth = self.scaled(half, self.constant(math.sqrt(0.5)))
            return self._quarter_turned(eighth, eighths // 2)
        root = cmath.exp(-2j * math.pi * turns / order)
        return self.times(a, (self.constant(root.real), self.constant(root.imag)))

    def _quarter_turned(self, a: Pair, quarters: int) -> Pair:
        if quarters == 0:
            return a
        if quarters == 2:
            return self.at.fneg(a[0]), self.at.fneg(a[1])
        return (a[1], self.at.fneg(a[0])) if quarters == 1 else (self.at.fneg(a[1]), a[0])

    def transformed(self, values: Sequence[Pair]) -> list[Pair]:
        """The discrete Fourier transform of some values, all in registers: decimation in time."""
        count = len(values)
        if count == 1:
            return list(values)
        radix = next(r for r in (4, 2, 3, 5, 7) if count % r == 0 and (r != 4 or count != 8))
        parts = [self.transformed(values[start::radix]) for start in range(radix)]
        butterfly = {2: self._two, 4: self._four}.get(radix, self._prime)
        out: list[Any] = [None] * count
        for k in range(count // radix):
            out[k :: count // radix] = butterfly(
                [self.turned(part[k], k * place, count) for place, part in enumerate(parts)]
            )
        return out

    def _two(self, z: Sequence[Pair]) -> list[Pair]:
        return [self.plus(z[0], z[1]), self.minus(z[0], z[1])]

    def _four(self, z: Sequence[Pair]) -> list[Pair]:
        even, odd = self._two((z[0], z[2])), self._two((z[1], z[3]))
        side = odd[1]
        right = self.add(even[1][0], side[1]), self.subtract(even[1][1], side[0])
        left = self.subtract(even[1][0], side[1]), self.add(even[1][1], side[0])
        return [self.plus(even[0], odd[0]), right, self.minus(even[0], odd[0]), left]

    def _prime(self, z: Sequence[Pair]) -> list[Pair]:
        """By definition, values that mirror each other together."""
        count = len(z)
        sums = [self.plus(z[j], z[-j]) for j in range(1, 1 + count // 2)]
        differences = [self.minus(z[j], z[-j]) for j in range(1, 1 + count // 2)]
        out: list[Any] = [None] * count
        out[0] = z[0]
        for both in sums:
            out[0] = self.plus(out[0], both)
        for k in range(1, 1 + count // 2):
            middle, side = z[0], None
            for j, (both, difference) in enumerate(zip(sums, differences, strict=True), 1):
                root = cmath.exp(2j * math.pi * j * k / count)
                middle = self.plus(middle, self.scaled(both, self.constant(root.real)))
                more = self.scaled(difference, self.constant(root.imag))
                side = more if side is None else self.plus(side, more)
            assert side is not None
            out[k] = self.add(middle[0], side[1]), self.subtract(middle[1], side[0])
            out[-k] = self.subtract(middle[0], side[1]), self.add(middle[1], side[0])
        return out


class Spectra(Arithmetic):
    """The function, for M = first * second complex values."""

    def __init__(
        self, module: Any, kind: str, first: int, second: int, row: int, real: Any, lanes: int
    ) -> None:
        super().__init__(real, lanes)
        self.kind = kind
        self.first = first
        self.second = second
        self.row = row
        singles, reals = SINGLE.as_pointer(), real.as_pointer()
        given = [singles, WIDTH, WIDTH, reals, reals, reals, reals, singles, WIDTH]
        self.function = ir.Function(module, ir.FunctionType(ir.VoidType(), given), "spectra")
        for argument in self.function.args:
            if isinstance(argument.type, ir.PointerType):
                argument.add_attribute("noalias")
        names = [
            "samples",
            "frames",
            "hop",
            "window",
            "twiddles",
            "halves",
            "work",
            "out",
            "stride",
        ]
        for name, argument in zip(names, self.function.args, strict=True):
            setattr(self, name, argument)

    samples: Any
    frames: Any
    hop: Any
    window: Any
    twiddles: Any
    halves: Any
    work: Any
    out: Any
    stride: Any

    def write(self) -> None:
        """Write it."""
        self.at = ir.IRBuilder(self.function.append_basic_block("start"))
        groups = self.at.sdiv(self.at.add(self.frames, number(self.lanes - 1)), number(self.lanes))
        self.loop(0, groups, self._group)
        self.at.ret_void()

    def loop(self, start: int, stop: Value, body: Callable[[Value], None]) -> None:
        """Write a loop, which runs at least once."""
        before, head = self.at.block, self.at.append_basic_block("loop")
        self.at.branch(head)
        self.at.position_at_end(head)
        index = self.at.phi(WIDTH)
        index.add_incoming(number(start), before)
        body(index)
        following = self.at.add(index, number(1))
        index.add_incoming(following, self.at.block)
        after = self.at.append_basic_block("after")
        self.at.cbranch(self.at.icmp_signed("<", following, number(stop)), head, after)
        self.at.position_at_end(after)

    def _group(self, index: Value) -> None:
        """Some frames, one in each lane."""
        at = self.at
        wanted = at.mul(index, number(self.lanes))
        last = at.sub(self.frames, number(self.lanes))
        frame = at.select(at.icmp_signed(">", wanted, last), last, wanted)
        begin = at.mul(frame, self.hop)
        lanes = [at.add(begin, at.mul(self.hop, number(lane))) for lane in range(self.lanes)]
        self.starts = [at.gep(self.samples, [lane]) for lane in lanes]
        wide = 2 if self.kind == "complex" else 1
        self.target = at.gep(self.out, [at.mul(frame, number(wide))])
        self.loop(0, self.second, self._first_stage)
        self.loop(0, self.first, self._second_stage)
        self._tell_apart()

    def _first_stage(self, column: Value) -> None:
        """Values `second` apart: windowed, transformed, turned, laid into the workspace."""
        at = self.at
        steps = [at.add(number(place * self.second), column) for place in range(self.first)]
        found = self.transformed([self._windowed(at.mul(step, number(2))) for step in steps])
        turns = at.gep(self.twiddles, [at.mul(column, number(2 * self.first))])
        for place, value in enumerate(found):
            turned = self.times(value, self._root(turns, place)) if place else value
            self._keep(turned, at.add(number(place * self.row), at.mul(column, number(2))))

    def _second_stage(self, place: Value) -> None:
        """A row of the workspace, in place."""
        start = self.at.mul(place, number(self.row))
        places = [self.at.add(start, number(2 * column)) for column in range(self.second)]
        for value, to in zip(
            self.transformed([self._kept(p) for p in places]), places, strict=True
        ):
            self._keep(value, to)

    def _tell_apart(self) -> None:
        """The transform of the frame from that of its even and odd samples: two bins at a time."""
        middle = self.first * self.second
        real, imaginary = self._kept(number(0))
        none = self.constant(0)
        self._put((self.add(real, imaginary), none), number(0))
        self._put((self.subtract(real, imaginary), none), number(middle))
        if middle > 1:
            self.loop(1, number(middle // 2 + 1), lambda bin_: self._two_bins(bin_, middle))

    def _two_bins(self, low: Value, middle: int) -> None:
        at, half = self.at, self.constant(0.5)
        high = at.sub(number(middle), low)
        a, b = self._kept(self._place_of(low)), self._kept(self._place_of(high))
        even = self.scaled((self.add(a[0], b[0]), self.subtract(a[1], b[1])), half)
        odd = self.scaled((self.add(a[1], b[1]), self.subtract(b[0], a[0])), half)
        turned = self.times(odd, self._root(at.gep(self.halves, [at.mul(low, number(2))]), 0))
        mirrored = self.minus(even, turned)
        self._put(self.plus(even, turned), low)
        self._put((mirrored[0], at.fneg(mirrored[1])), high)

    def _place_of(self, bin_: Value) -> Value:
        """Where the second stage has left a value."""
        row = self.at.urem(bin_, number(self.first))
        column = self.at.udiv(bin_, number(self.first))
        return self.at.add(self.at.mul(row, number(self.row)), self.at.mul(column, number(2)))

    def _root(self, table: Value, place: int) -> Pair:
        parts = [self.at.gep(table, [number(2 * place + part)]) for part in range(2)]
        real, imaginary = (self.everywhere(self.at.load(part)) for part in parts)
        return real, imaginary

    def _windowed(self, offset: Value) -> Pair:
        """Two samples of each frame; read as one number, which halves the loads."""
        at = self.at
        both = ir.Constant(ir.VectorType(DOUBLE, self.lanes), ir.Undefined)
        for lane, start in enumerate(self.starts):
            two = at.load(at.bitcast(at.gep(start, [offset]), DOUBLE.as_pointer()))
            two.align = 4
            both = at.insert_element(both, two, ir.Constant(LANE, lane))
        pairs = ir.VectorType(SINGLE, 2 * self.lanes)
        both, nothing = at.bitcast(both, pairs), ir.Constant(pairs, ir.Undefined)
        chosen = ir.VectorType(LANE, self.lanes)
        found = []
        for part in range(2):
            lanes = ir.Constant(chosen, list(range(part, 2 * self.lanes, 2)))
            values = at.shuffle_vector(both, nothing, lanes)
            wide = at.fpext(values, self.vector) if self.real is DOUBLE else values
            weight = at.load(at.gep(self.window, [at.add(offset, number(part))]))
            found.append(self.multiply(wide, self.everywhere(weight)))
        return found[0], found[1]

    def _vector_at(self, place: Value) -> Value:
        start = self.at.gep(self.work, [self.at.mul(place, number(self.lanes))])
        return self.at.bitcast(start, self.vector.as_pointer())

    def _kept(self, place: Value) -> Pair:
        parts = [self.at.load(self._vector_at(self.at.add(place, number(p)))) for p in range(2)]
        return parts[0], parts[1]

    def _keep(self, value: Pair, place: Value) -> None:
        for part in range(2):
            self.at.store(value[part], self._vector_at(self.at.add(place, number(part))))

    def _put(self, value: Pair, bin_: Value) -> None:
        """One bin of all lanes."""
        at = self.at
        if self.kind == "power":
            found = self._single(self.energy(value))
        else:
            order = [part * self.lanes + lane for lane in range(self.lanes) for part in range(2)]
            chosen = ir.Constant(ir.VectorType(LANE, 2 * self.lanes), order)
            found = at.shuffle_vector(self._single(value[0]), self._single(value[1]), chosen)
        wide = 2 if self.kind == "complex" else 1
        to = at.gep(self.target, [at.mul(bin_, at.mul(self.stride, number(wide)))])
        store = at.store(found, at.bitcast(to, found.type.as_pointer()))
        store.align = 4

    def _single(self, values: Value) -> Value:
        narrow = ir.VectorType(SINGLE, self.lanes)
        return self.at.fptrunc(values, narrow) if self.real is DOUBLE else values
