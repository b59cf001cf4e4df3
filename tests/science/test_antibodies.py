import csv
import io
import random

import pytest

from scilogos.errors import InputError
from scilogos.science import variable_domain

HEAVY = (
    "EVQLVESGGGLVQPGGSLRLSCAASGFNIKDTYIHWVRQAPGKGLEWVARIYPTNGYTRYADSVKGRFTISADTSKNTAYLQMNSLRAEDTAVYYCSR"
    "WGGDGFYAMDYWGQGTLVTVSS"
)
LIGHT = "DIQMTQSPSSLSASVGDRVTITCRASQDVNTAVAWYQQKPGKAPKLLIYSASFLYSGVPSRFSGSRSGTDFTLTISSLQPEDFATYYCQQHYTTPPTFGQGTKVEIK"


def loops(domain):
    return {name: domain.residues[start:end] for name, (start, end) in domain.loops.items()}


def test_loops_of_trastuzumab():
    assert loops(variable_domain(HEAVY)) == {"H1": "GFNIKDTY", "H2": "IYPTNGYT", "H3": "SRWGGDGFYAMDY"}
    assert loops(variable_domain(HEAVY, scheme="chothia")) == {"H1": "GFNIKDT", "H2": "YPTNGY", "H3": "WGGDGFYAMDY"}
    light = variable_domain(LIGHT)
    assert light.chain == "K" and loops(light) == {"L1": "QDVNTA", "L2": "SAS", "L3": "QQHYTTPPT"}
    assert loops(variable_domain(LIGHT, scheme="chothia")) == {"L1": "RASQDVNTAVA", "L2": "SASFLYS", "L3": "QQHYTTPPT"}


@pytest.mark.parametrize("scheme", ["imgt", "chothia"])
def test_a_loop_so_long_that_its_insertion_letters_run_out(scheme):
    long = HEAVY.replace("GGDGFY", "GGDGFYSSGYYPDSGSYTDYGYSGDYSGYSGYYYTSG")
    domain = variable_domain(long, scheme=scheme)
    assert domain.residues == long and loops(domain)["H3"].endswith("GGDGFYSSGYYPDSGSYTDYGYSGDYSGYSGYYYTSGAMDY")


def test_domain_is_cut_from_its_chain():
    domain = variable_domain("mkwsl" + HEAVY.lower() + "ASTKGPSVFPLAPSS")
    assert domain.residues == HEAVY and domain.start == 5 and domain.chain == "H"


def test_a_chain_type_may_be_forced():
    linked = LIGHT + "GGGGSGGGGSGGGGS" + HEAVY
    assert variable_domain(linked, chain="H").residues == HEAVY
    assert variable_domain(linked, chain="light").residues == LIGHT


@pytest.mark.parametrize(
    ("sequence", "fault"),
    [
        ("MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVKALPDAQFEVV", "no antibody"),
        (HEAVY[:90], "incomplete: H3"),
        (HEAVY[35:], "incomplete: H1"),
        ("EVQLV", "no antibody"),
        ("EVQ1V", "found '1'"),
        ("", "empty"),
    ],
)
def test_faults(sequence, fault):
    with pytest.raises(InputError, match=fault):
        variable_domain(sequence)


def test_unknown_scheme_or_chain():
    with pytest.raises(InputError, match="imgt or chothia"):
        variable_domain(HEAVY, scheme="kabat")
    with pytest.raises(InputError, match="H, K, L or light"):
        variable_domain(HEAVY, chain="heavy")


@pytest.mark.parametrize(("scheme", "columns"), [("imgt", "imgt"), ("chothia", "dab")])
def test_agreement_with_the_shared_offsets(shared, scheme, columns):
    zstandard = pytest.importorskip("zstandard")
    with open(shared / "antibody" / "ab_natural.csv.zst", "rb") as raw:
        text = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(raw))
        rows = random.Random(11).sample(list(csv.DictReader(text)), 1000)
    same = 0
    for row in rows:
        domain = variable_domain(row["seq"], scheme=scheme)
        want = [(int(row[f"{columns}{k}s"]), int(row[f"{columns}{k}e"])) for k in (1, 2, 3)]
        same += [(a + domain.start, b + domain.start) for a, b in domain.loops.values()] == want
    print(f"{scheme}: {same} of 1000 as tabulated")
    assert same >= 990
