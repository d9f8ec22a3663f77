"""The pages that docs/generate.py writes: fresh, whole, and their examples work."""

import re

import pytest

from audiofeat_cli.config.load import load_config
from audiofeat_cli.config.settings import TOP_KEYS
from audiofeat_cli.registry import accepted_parameters, load_features
from docs import generate, markdown

BASE = {"sample_rate": "sample_rate: 22050", "features": "features: [rms]"}
EXAMPLES = [(key, line) for key, lines in generate.EXAMPLES.items() for line in lines]


@pytest.mark.parametrize("page", generate.PAGES)
def test_page_is_fresh(page: str) -> None:
    assert not generate.is_stale(page), f"docs/{page} is stale: run `{generate.COMMAND}`"


def test_a_change_of_a_page_or_of_a_feature_makes_it_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "fewer" not in generate.key_table()
    monkeypatch.setitem(generate.PARTS, "keys", lambda: "fewer keys\n")
    assert generate.is_stale("config.md")


def test_every_feature_is_in_the_catalogue_with_all_its_parameters() -> None:
    text = (generate.DOCS / "features.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL))
    features = load_features(plugins=False)
    assert sections.keys() == features.keys()
    for name, feature in features.items():
        for parameter in accepted_parameters(feature):
            assert f"`{parameter}`" in sections[name], f"{name}: {parameter}"
        assert "| of silence |" in sections[name], name
        assert "| signal times g |" in sections[name], name


def test_every_key_has_examples() -> None:
    missing = set(TOP_KEYS) - {key for key, lines in generate.EXAMPLES.items() if lines}
    assert not missing, "add them to EXAMPLES in docs/generate.py"
    assert generate.EXAMPLES.keys() <= set(TOP_KEYS)


@pytest.mark.parametrize(("key", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_examples_of_keys_work(key: str, line: str) -> None:
    text = "\n".join({**BASE, key: line}.values())
    assert load_config(text, "x.yaml", features=load_features()).problems == []


def test_formulas_keep_what_markdown_would_eat() -> None:
    text = markdown.formula(r"\{ a \, b \} \\ c")
    assert text == "$$\n\\lbrace a \\thinspace b \\rbrace \\cr c\n$$"


def test_a_docstring_is_taken_apart() -> None:
    blocks, facts = markdown.split_docstring(
        "Sum of a*b.\n\n.. math:: a_b,\n    \\quad c\n\nAbove 0.5. Silence: null, or\n0.25 then. "
        "More.\nSource: Who et al. 1999,\nsection 2. It takes long."
    )
    assert blocks == ["Sum of a\\*b.", "$$\na_b, \\quad c\n$$", "Above 0.5. More. It takes long."]
    assert facts == {"Silence": "null, or 0.25 then", "Source": "Who et al. 1999, section 2"}
