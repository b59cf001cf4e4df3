"""An audit finds what was put into a corpus, and nothing else."""

import shutil
from dataclasses import replace

import pytest
import zstandard

from scilogos.bench import audit, run
from scilogos.bench.leaks import told
from scilogos.bench.leaks.checks import antibodies, check
from scilogos.bench.leaks.seen import Seen
from scilogos.cli import app
from scilogos.data.shards import CorpusInfo, ShardWriter
from scilogos.errors import CheckpointError, MissingError
from scilogos.grammar import Antibody, Design, parse, split, write
from scilogos.model import fingerprint
from tests.bench.conftest import CHAIN, FAR, HEAVY, LIGHT, NATIVE
from tests.fakes import CODEC

MOVED = "A" + CHAIN[::-1][1:]  # one residue of a test chain changed
LIGYSIS = "LIGYSIS (the bench leaves out what is near training)"
CLEAN = (
    "<MoleculeS>CCCCO<MoleculeE><ReverseReact><MoleculeS>CCCCBr<MoleculeE><MoleculeS>O<MoleculeE>",
    f"<ProteinS>{CHAIN}<ProteinE>",  # without marks it is no leak
    "<MaterialS><MetalS>[Zn]<MetalE><MoleculeS>O=C([O-])c1ccc(C(=O)[O-])cc1<MoleculeE><NetS>pcu<NetE><MaterialE>",
)
LEAKS = (
    "<MoleculeS>c1(NC(C)=O)ccccc1<MoleculeE><ReverseReact><MoleculeS>C(Cl)(C)=O<MoleculeE><MoleculeS>c1ccccc1N<MoleculeE>",
    f"<ProteinS>{MOVED[:4]}<PocketS>{MOVED[4]}<PocketE>{MOVED[5:]}<ProteinE><MoleculeS>CCO<MoleculeE>",
    f"<ProteinS>{FAR[:2]}<PocketS>{FAR[2]}<PocketE>{FAR[3:]}<ProteinE><MoleculeS>CCO<MoleculeE>",
    f"<AntibodyS>{HEAVY.format(NATIVE)}<AntibodyE>",
    "<MaterialS><MetalS>[Cu]<MetalE><MoleculeS>c1cnccn1<MoleculeE><MaterialE>",
)


def write_corpus(folder, texts):
    """A corpus of records, of one sentence or of several."""
    folder.mkdir()
    writer = ShardWriter(folder, "all", "train", legal=False)
    for record in texts:
        for number, text in enumerate([record] if isinstance(record, str) else record):
            parse(text)
            writer.append(CODEC.encode(text), len(CODEC.encode(split(text)[0])), first=number == 0)
    info = CorpusInfo(
        vocabulary=CODEC.vocabulary.fingerprint,
        vocabulary_size=CODEC.vocabulary.size,
        recipe="test",
        shards=(writer.close(),),
    )
    info.save(folder)
    return folder


def test_what_is_clean(tables, tmp_path):
    found = audit([write_corpus(tmp_path / "corpus", CLEAN)], tables, CODEC)
    assert found.sentences == len(CLEAN) and found.leaks == 0
    items = {(check.name, check.compared): check.items for check in found.checks}
    assert items["USPTO-50K test", "product, without stereo"] == 2, "RDKit reads two of three"
    assert items["COACH420", "labelled chain, equal"] == 2 and items["HOLO4K", "labelled chain, equal"] == 1
    assert items["RAbD", "heavy domain, equal"] == 3 and items["materials test", "set of linkers, neutralised"] == 1


def test_what_leaks(tables, tmp_path):
    found = audit([write_corpus(tmp_path / "corpus", CLEAN + LEAKS)], tables, CODEC)
    seen = {(check.name, check.compared): check.found for check in found.checks if check.found}
    assert seen == {
        ("USPTO-50K test", "product"): ("1",),
        ("USPTO-50K test", "product, without stereo"): ("1",),
        ("USPTO-50K test", "set of reactants, without stereo"): ("1",),
        ("COACH420", "labelled chain, 30% identity by our search"): ("1abcA",),
        ("HOLO4K", "labelled chain, equal"): ("1holA",),
        ("HOLO4K", "labelled chain, 30% identity by our search"): ("1holA",),
        (LIGYSIS, "labelled chain, equal"): ("1far_A",),
        (LIGYSIS, "labelled chain, 30% identity by our search"): ("1far_A",),
        ("RAbD", "heavy domain, equal"): ("1n8z", "2xyz"),
        ("RAbD", "CDR-H3, equal"): ("1n8z",),
        ("RAbD", "CDR-H3 of equal length, 60% identity"): ("1n8z",),
        ("materials test", "set of linkers, neutralised"): ("n1ccncc1",),
    }
    text = found.markdown()
    assert "| COACH420 | labelled chain, 30% identity by our search | 2 | 1 | 1abcA |" in text


def test_a_partner_that_only_a_later_writing_names_is_seen(tables, tmp_path):
    heavy = Antibody(FAR, ((5, 9),))
    alone, paired = (Design((), (heavy.opened(), *more), (heavy, *more)) for more in ((), (Antibody(LIGHT),)))
    found = audit([write_corpus(tmp_path / "corpus", [[write(alone), write(paired)]])], tables, CODEC)
    assert found.sentences == 2
    assert {check.compared for check in found.checks if check.found} == {"light domain, equal"}


def test_the_corpora_of_a_model_are_audited_together_and_kept_with_it(tables, tiny, tmp_path):
    corpora = [write_corpus(tmp_path / name, texts) for name, texts in (("first", CLEAN), ("second", LEAKS))]
    found = audit(corpora, tables, CODEC)
    assert len(found.corpora) == 2 and found.sentences == len(CLEAN) + len(LEAKS)
    model = shutil.copytree(tiny.folder, tmp_path / "model")
    assert told(model, "cdr") == ("no leak audit is kept with this model; `logos bench leaks --keep` makes one",)
    found.keep(model)
    assert told(model, "cdr") == (
        "leak audit, RAbD, heavy domain, equal: training saw 2 of 3",
        "leak audit, RAbD, light domain, equal: training saw 0 of 1",
        "leak audit, RAbD, CDR-H3, equal: training saw 1 of 3",
        "leak audit, RAbD, CDR-H3 of equal length, 60% identity: training saw 1 of 3",
    )
    report = run("cdr", replace(tiny, folder=model), tables, tmp_path, samples=1, options=["plausibility=false"])
    assert report.notes[-4:] == told(model, "cdr")
    kept = model / "leaks.json"
    kept.write_text(kept.read_text().replace(fingerprint(model), "0123456789ab"))
    assert told(model, "cdr") == ("the leak audit kept with this model is of other weights, 0123456789ab",)
    kept.write_text("{}")
    with pytest.raises(CheckpointError, match="not a leak audit"):
        told(model, "cdr")


def test_labelled_variants_are_looked_for_whatever_landscape_is_there(tmp_path):
    table = tmp_path / "protein" / "aav2_ogden_flexs.csv.zst"
    table.parent.mkdir()
    table.write_bytes(zstandard.compress(f"mut_type,aa_seq\nsub,{CHAIN}*\nsub,{FAR}*\n".encode()))
    (found,) = check(tmp_path, Seen(parents={FAR}))
    assert (found.name, found.items, found.found) == ("AAV2", 2, (FAR,))


def test_from_the_command_line(tables, tiny, tmp_path, capsys):
    corpus = write_corpus(tmp_path / "corpus", LEAKS)
    models = [shutil.copytree(tiny.folder, tmp_path / name) for name in ("model", "other")]
    words = ["--corpus", str(corpus), "--data", str(tables), "--out", str(tmp_path / "out")]
    words += [word for model in models for word in ("--model", str(model))]
    with pytest.raises(SystemExit) as stopped:
        app(["bench", "leaks", *words, "--keep"])
    assert stopped.value.code == 0
    assert "| RAbD | CDR-H3, equal |" in capsys.readouterr().out
    assert len(list((tmp_path / "out").glob("leaks-*.json"))) == 1
    assert all((model / "leaks.json").is_file() for model in models)


def test_faults(tables, tmp_path):
    corpus = write_corpus(tmp_path / "corpus", CLEAN)
    with pytest.raises(MissingError, match="name the folder of the benchmark tables"):
        audit([corpus], tmp_path / "nowhere", CODEC)
    with pytest.raises(CheckpointError, match="make a corpus with"):
        audit([tmp_path], tables, CODEC)


def test_domains_without_a_loop_are_counted(tables):
    seen = Seen()
    seen.domains.update({"ACDEFGHIKLMNPQRSTVWY", HEAVY.format(NATIVE)})
    found = {compared for name, compared, _ in antibodies(tables, seen) if name == "RAbD"}
    assert seen.unnumbered == 1 and len(seen.loops) == 1
    assert "CDR-H3, equal (1 training domains have no loop that our numbering finds)" in found
