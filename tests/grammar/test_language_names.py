"""The public names of grammar and tokens are the ones that can be seen, in order, and bring in nothing heavy."""

import subprocess
import sys
from types import ModuleType

import pytest

from scilogos import grammar, tokens


@pytest.mark.parametrize("package", [grammar, tokens], ids=lambda package: package.__name__)
def test_all_is_what_is_visible(package):
    visible = {n for n, value in vars(package).items() if n[0] != "_" and not isinstance(value, ModuleType)}
    assert set(package.__all__) == visible
    assert package.__all__ == sorted(package.__all__, key=lambda n: (not n.isupper(), not n[0].isupper(), n))


def test_grammar_and_tokens_bring_in_no_heavy_package():
    heavy = "{'rdkit', 'gemmi', 'torch', 'tokenizers', 'transformers'}"
    code = f"import sys, scilogos.grammar, scilogos.tokens; sys.exit(' '.join({heavy} & set(sys.modules)) or None)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
