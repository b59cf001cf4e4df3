import subprocess
import sys
import types

from scilogos import science


def test_every_name_is_there_and_none_is_a_module():
    for name in science.__all__:
        assert not isinstance(getattr(science, name), types.ModuleType), name
    assert dir(science) == science.__all__ == sorted(science.__all__)


def test_import_is_cheap():
    code = (
        "import sys, scilogos.science; sys.exit(any(m in sys.modules for m in ('rdkit', 'gemmi', 'immunum', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
