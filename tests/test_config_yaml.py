"""YAML that cannot be read, or is read as people mean it."""

import pytest

from audiofeat_cli.config.yaml_nodes import MAX_NODES, read_yaml
from tests.config_toys import load, problems

EMPTY = "the config is empty; `audiofeat presets mel` prints one to start from"
GOOD = "sample_rate: 22050\nfeatures: [mel]\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", f"1:1: {EMPTY}"),
        ("# only this\n", f"1:1: {EMPTY}"),
        ("---\n", f"1:1: {EMPTY}"),
        ("- mel\n", "1:1: expected lines such as `sample_rate: 22050`, got a list"),
        ("mel\n", "1:1: expected lines such as `sample_rate: 22050`, got the text 'mel'"),
        ("a:\n\tb: 1\n", "2:1: a tab; YAML is indented with spaces"),
        ("n_fft:2048\nhop_length: 3\n", "1:6: a space must follow this ':'"),
        (b"\xef\xbb\xbfn_fft:2048\nhop_length: 3\n", "1:6: a space must follow this ':'"),
        ("a: 1\nhop_length=512\n", "2:1: not a 'key: value' line (a space must follow the ':')"),
        (
            "a: [1, 2\nb: 3\n",
            "1:4: the list opened here with '[' is not closed, or lacks a ',' (noticed at line 2)",
        ),
        (
            "a: {b: 1\nc: 2\n",
            "1:4: the mapping opened here with '{' is not closed, or lacks a ',' "
            "(noticed at line 2)",
        ),
        ("a: 'b\n", "1:4: the quote opened here is not closed"),
        ("a: @b\n", "1:4: a value cannot begin with '@'; put it between quotes"),
        ("a: *.wav\n", "1:5: '*' and '&' begin names here; put the value between quotes"),
        (
            "a: - b\n",
            "1:4: a '- ' item cannot begin on the line of its key; put it on a line of its own",
        ),
        (
            "a: 1\n b: 2\n",
            "2:3: a ':' that does not fit here; check the indentation of this line and the one "
            "above, or put the value between quotes",
        ),
        (
            "a:\n  - x\n - y\n",
            "3:2: this line does not fit those above; check its indentation "
            "(and that no value goes on after its closing quote or bracket)",
        ),
        ('a: "\\q"\n', "1:6: an unknown '\\' escape; use single quotes for text with '\\'"),
        ('a: "\\UFFFFFFFF"\n', "1:1: not valid YAML: an escape that is no character"),
        ("a: *b\n", "1:4: '*b' refers to '&b', which is not above it"),
        ("a: &b [*b]\n", "1:8: '*b' stands inside what it refers to"),
        ("[" * 5000, "1:25: nested more than 24 levels deep"),
        ("a: é\x07\n", "1:5: not text (character U+0007); is it YAML?"),
        (b"RIFF\x80", "1:1: not UTF-8 text (byte 0x80 at offset 4); is it a YAML file?"),
        (b"fLaC\x00", "1:5: not text (character U+0000); is it YAML?"),
        ("#" * 1_000_001, "1:1: longer than 1000000 characters; is it a config?"),
    ],
)
def test_what_cannot_be_read(text: str | bytes, told: str) -> None:
    assert problems(text) == [f"a.yaml:{told}"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "n_fft: 512\nn_fft: 64\n",
            "4:1: n_fft: given twice (first at line 3); remove one of them",
        ),
        ("<<: {n_fft: 512}\n", "3:1: <<: merge keys are not supported; write the keys out instead"),
        ("n_fft: !!int 512\n", "3:8: tags are not used here; remove '!!int'"),
        ("window: !x hann\n", "3:9: tags are not used here; remove '!x'"),
        ("? [a]\n: 1\n", "3:3: a key must be a word, not a list or a mapping"),
        ("---\na: 1\n", "3:1: a second document begins here (`---`); a config is one document"),
    ],
)
def test_what_yaml_allows_and_configs_do_not(line: str, told: str) -> None:
    hop = "hop_length: 1\n"
    found = problems(GOOD + line)
    assert found == [f"a.yaml:{told}"]
    assert problems(hop + GOOD.replace("mel", "mex") + line)[-2:] == [
        "a.yaml:3:12: features: unknown feature 'mex'; did you mean 'mel'? "
        "(`audiofeat features` lists them)",
        f"a.yaml:{_down(told)}",
    ]


def _down(told: str) -> str:
    """The same text one line further down."""
    line, rest = told.split(":", 1)
    return f"{int(line) + 1}:{rest.replace('first at line 3', 'first at line 4')}"


@pytest.mark.parametrize(
    "encoded",
    [
        GOOD.encode(),
        GOOD.encode("utf-8-sig"),
        GOOD.encode("utf-16"),
        GOOD.replace("\n", "\r\n").encode(),
    ],
)
def test_encodings_that_editors_and_shells_write(encoded: bytes) -> None:
    assert load(encoded).config == load(GOOD).config


def test_anchors_are_allowed_but_cannot_explode() -> None:
    assert load("n_fft: &n 512\nwin_length: *n\n" + GOOD).problems == []
    doubling = "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 30))
    (problem,) = read_yaml("a0: &a0 [x]\n" + doubling, "a.yaml").findings
    assert problem.message == f"more than {MAX_NODES} values; is this a config?"
    nesting = "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 3000))
    (problem,) = read_yaml("a0: &a0 [x]\n" + nesting, "a.yaml").findings
    assert problem.message == "nested more than 24 levels deep"


def test_long_and_odd_text_is_repeated_on_one_short_line() -> None:
    (line,) = problems(GOOD + f'"{"k" * 90}\\n": 1\n')
    assert line.startswith(f"a.yaml:3:1: {'k' * 57}...: unknown key; expected ")
    (line,) = problems(GOOD + 'channels: "mo\\nno"\n')
    assert "got 'mo\\nno'" in line
