"""The table of windows is scipy's."""

import pytest
from scipy.signal import get_window

from audiofeat_cli.config.windows import WINDOW_NAMES, read_window

EXAMPLES: dict[str, list[object]] = {
    "chebwin": ["100"],
    "dpss": ["2.5"],
    "gaussian": ["256"],
    "general_cosine": [["0.54", "0.46"]],
    "general_gaussian": ["1.5", "256"],
    "general_hamming": ["0.54"],
    "kaiser": ["8.6"],
}


@pytest.mark.parametrize("name", WINDOW_NAMES)
def test_scipy_makes_every_window_we_accept(name: str) -> None:
    arguments = EXAMPLES.get(name, [])
    window = read_window([name, *arguments])
    assert len(get_window(window, 512)) == 512
    if arguments:
        with pytest.raises(ValueError, match=f"the {name} window needs "):
            read_window(name)


@pytest.mark.parametrize(
    "window",
    [
        ["exponential", None, "100"],
        ["taylor", "5", "40"],
        ["tukey", "0.25"],
    ],
)
def test_scipy_takes_what_may_be_left_out(window: list[str | None]) -> None:
    read = read_window(window)
    assert (get_window(read, 512) != get_window(read[0], 512)).any()


@pytest.mark.parametrize(
    ("other", "name"),
    [("han", "hann"), ("rect", "boxcar"), ("hann_periodic", "hann"), (["hann"], "hann")],
)
def test_one_window_has_one_name(other: str | list[str], name: str) -> None:
    assert read_window(other) == name


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("hanning", "no window is called 'hanning'; did you mean 'hann'?"),
        (["kaiser", "x"], "beta of the kaiser window: expected a number, got 'x'"),
        (["kaiser", None], "beta of the kaiser window: expected a number, got a list or null"),
        (["gaussian", "0"], "std of the gaussian window: expected a number above 0, got '0'"),
        (["kaiser", "1", "2"], r"the kaiser window takes only beta, as in \[kaiser, 8.6\]"),
        ([], r"expected the name of a window, such as hann or \[kaiser, 8.6\]"),
        ([["hann"]], r"expected the name of a window, such as hann or \[kaiser, 8.6\]"),
        (
            ["taylor", "2.5"],
            "nbar of the taylor window: expected a whole number of at least 1, got",
        ),
    ],
)
def test_what_a_wrong_window_is_told(given: object, told: str) -> None:
    with pytest.raises(ValueError, match=f"^{told}"):
        read_window(given)


def test_a_name_scipy_does_not_know_lists_those_it_does() -> None:
    with pytest.raises(ValueError, match="no window is called 'qqqq'; known are barthann, "):
        read_window("qqqq")
