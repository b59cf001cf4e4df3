"""The sections of the page whose answers are molecules: retrosynthesis, ligands, materials."""

import shlex
from html import escape

from scilogos.cli.report import examples, markup, molecules, tables
from scilogos.cli.report.findings import Facts, Findings, Frameworks, Routes
from scilogos.cli.report.section import Section, ask
from scilogos.tasks import Ranking, ligand_design, material_generation, retrosynthesis

_SHOWN = 3  # routes drawn for each product
NETS = {  # RCSR codes that a chemist knows by name
    "acs": "acs, trigonal prisms",
    "bcu": "body-centred cubic",
    "bor": "boracite",
    "cds": "cadmium sulfate",
    "dia": "diamond",
    "fcu": "face-centred cubic",
    "flu": "fluorite",
    "ftw": "ftw, cuboctahedra and squares",
    "hcb": "honeycomb layer",
    "hex": "hexagonal primitive",
    "kgm": "kagome layer",
    "lvt": "lvt, squares",
    "nbo": "niobium oxide",
    "pcu": "primitive cubic",
    "pto": "platinum oxide",
    "pts": "platinum sulfide",
    "rtl": "rutile",
    "sod": "sodalite",
    "spn": "spinel",
    "sql": "square layer",
    "srs": "strontium silicide",
    "tbo": "twisted boracite",
    "ths": "thorium silicide",
}


def retrosynthesis_section(findings: Findings) -> Section:
    """Reactants for each drug."""
    routes = findings.routes
    names = [found.name for found in routes]
    body = "".join(_product(found, findings.facts) for found in routes)
    lead = (
        "Given a product, the model writes the molecules that one reaction could join to make it. Each drug is asked "
        f"from {retrosynthesis.ROOTS} writings of its SMILES, each rooted at another atom; equal sets of reactants are "
        "merged and ranked. An answer is a hypothesis for a chemist: neither conditions nor yields are predicted."
    )
    outcome = f"{_count([found.ranking for found in routes], 'set')} of reactants"
    return Section("retrosynthesis", "Retrosynthesis", ", ".join(names), outcome, f"<p>{lead}</p>{body}")


def _product(found: Routes, facts: Facts) -> str:
    answers = [
        (answer.thing, _ranked(rank, answer.legal_score, f"drawn {answer.votes} ×"))
        for rank, answer in enumerate(found.ranking.answers[:_SHOWN], 1)
    ]
    scheme = molecules.scheme(found.product, "the product", answers)
    prompt = retrosynthesis.prompt(found.product)
    texts = [answer.texts[0] for answer in found.ranking]
    note = f"The prompt in its canonical writing; the answers belong to {retrosynthesis.ROOTS} writings of it."
    line = f"logos retro {shlex.quote(found.product)} -n {found.asked}"
    return (
        f'<section class="input"><h3>{escape(found.name.capitalize())}</h3>{scheme}'
        f"{markup.table(tables.routes(found))}{markup.sentences(prompt, texts, note=note)}{ask(line, facts)}</section>"
    )


def ligands_section(findings: Findings) -> Section:
    """Ligands for the pocket of the true ligand."""
    found, site = findings.designs, findings.site
    marked = sum(len(chain.sites) for chain in found.pocket)
    known = site.ligand.smiles or ""
    cards = [([[answer.thing]], _ranked(rank, answer.legal_score)) for rank, answer in enumerate(found.ranking, 1)]
    prompt = ligand_design.prompt(found.pocket)
    texts = [answer.texts[0] for answer in found.ranking]
    lead = (
        f"Given the chain with the {marked} residues of its pocket marked, here those within 4 Å of the known "
        "inhibitor, the model writes a molecule to bind there. It sees the sequence and the marks, not the "
        "coordinates; nothing is docked, and the known inhibitor is drawn only to compare with."
    )
    line = f"logos ligands {examples.STRUCTURE} --around {examples.LIGAND} -n {found.asked}"
    body = (
        f"<p>{lead}</p>"
        f"{molecules.single(known, 'The known inhibitor, with the bonds that the file of its pose gives')}"
        f"{molecules.gallery(cards)}{markup.table(tables.designs(found))}"
        f"{markup.sentences(prompt, texts)}{ask(line, findings.facts)}"
    )
    return Section("ligands", "Ligand design", "the pocket of 1S3V", _count([found.ranking], "molecule"), body)


def materials_section(findings: Findings) -> Section:
    """Frameworks from nothing, and from a given node."""
    free = findings.frameworks
    lead = (
        "A metal-organic framework is written as the fragments of its metal node, its organic linkers, and the net "
        "that they form (an RCSR code, where the model names one). From nothing, or grown from a given node. Nodes are "
        "held to syntax alone, for an oxygen that joins four metals is right here; linkers are what RDKit accepts. "
        "Frameworks are ordered by score for each character of their text, so that short ones are not favoured."
    )
    body = f"<p>{lead}</p>" + "".join(_grown(found, findings.facts) for found in free)
    outcome = _count([found.ranking for found in free], "framework")
    return Section("materials", "Materials", "nothing, and a copper paddlewheel", outcome, body)


def _grown(found: Frameworks, facts: Facts) -> str:
    node = ".".join(found.nodes)
    title = f"Grown from the node {molecules.formula(node)}" if node else "From nothing"
    cards = []
    for rank, answer in enumerate(found.ranking, 1):
        thing = answer.thing
        nodes = " · ".join(map(molecules.formula, thing.nodes))
        net = f"net <em>{escape(thing.net)}</em>{_meaning(thing.net)}" if thing.net else "net not named"
        caption = f'<span class="node">{nodes}</span><span>{net}</span>{_ranked(rank, answer.legal_score)}'
        drawn = [*filter(molecules.is_drawn, thing.nodes)], [linker.smiles for linker in thing.linkers]
        cards.append((drawn, caption))
    prompt = material_generation.prompt(found.nodes)
    texts = [answer.texts[0] for answer in found.ranking]
    line = f"logos materials -n {found.asked}" + (f" --node {shlex.quote(node)}" if node else "")
    return (
        f'<section class="input"><h3>{title}</h3>{molecules.gallery(cards)}'
        f"{markup.table(tables.frameworks(found))}{markup.sentences(prompt, texts)}{ask(line, facts)}</section>"
    )


def _meaning(net: str) -> str:
    return f", {NETS[net]}" if net in NETS else ""


def _ranked(rank: int, score: float, more: str = "") -> str:
    rest = f" · {more}" if more else ""
    return f'<span class="rank"><b>{rank}</b> score {markup.number(score)}{rest}</span>'


def _count(rankings: list[Ranking], noun: str) -> str:
    count = sum(map(len, rankings))
    return f"{count} {noun}{'' if count == 1 else 's'}"
