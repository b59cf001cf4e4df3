"""The sections of the page whose answers are sequences: binding sites, protein editing, antibody loops."""

from itertools import accumulate

from scilogos.cli.report import examples, markup, protein, strips, tables
from scilogos.cli.report.findings import Findings, Site
from scilogos.cli.report.likeness import same
from scilogos.cli.report.section import Section, ask
from scilogos.grammar import tags, write
from scilogos.tasks import binding_site, cdr_design, protein_editing

_CONTEXT = 9  # framework residues shown on each side of a loop
_KEY = (
    '<span class="key"><span><i class="called"></i>called a site, stronger where more probable</span>'
    '<span><i class="touching"></i>touches the ligand</span><span><i class="ligand"></i>ligand</span>'
    '<span><i class="ring"></i>centre of a predicted pocket</span></span>'
)


def sites_section(findings: Findings) -> Section:
    """The site of the enzyme, against the contacts of its ligand."""
    site = findings.site
    chains = [chain.residues for chain in site.structure.chains]
    lead = (
        "Given the sequence alone, the model copies it and marks the residues of a binding site; a residue's "
        f"probability is averaged over {site.samples} such copies. Residues above {site.found.threshold:.2g} are "
        "called, and grouped into pockets by the coordinates. The chain is human dihydrofolate reductase (PDB 1S3V); "
        "the inhibitor that crystallised with it was taken out, and is drawn here to judge by."
    )
    starts = accumulate((len(chain) for chain in chains), initial=0)
    strip = "".join(
        strips.bars(chain, p, site.predicted[start:], site.touching[start:])
        for chain, p, start in zip(chains, site.found.probabilities, starts, strict=False)
    )
    answer = "".join(map(write, site.found.chains))
    note = "The answer here is the one that the called residues make."
    facts = tables.agreement(site)
    body = (
        f"<p>{lead}</p>"
        f'<figure class="plate">{protein.drawing(site)}<figcaption>The trace of the alpha carbons, seen on its widest '
        f"plane; nearer is stronger.{_KEY}</figcaption></figure>"
        f"{_agreement(site)}"
        f'<figure class="plate">{strip}<figcaption>The probability of each residue; filled bars are called, '
        "<u>underlined</u> residues touch the ligand.</figcaption></figure>"
        f"{markup.table(tables.site(site))}"
        f"{markup.sentences(binding_site.prompt(chains), [answer], note=note)}"
        f"{ask(f'logos sites {examples.STRUCTURE} --samples {site.samples}', findings.facts)}"
    )
    outcome = f"{facts.called} residues called, MCC {markup.number(facts.mcc)}"
    return Section("sites", "Binding site", "human DHFR, 1S3V", outcome, body)


def _agreement(site: Site) -> str:
    facts = tables.agreement(site)
    share = facts.contacts / facts.residues
    values = [
        ("precision", markup.number(facts.precision), f"{facts.hits} of {facts.called} called residues touch"),
        ("recall", markup.number(facts.recall), f"{facts.hits} of {facts.contacts} touching residues are called"),
        ("MCC", markup.number(facts.mcc), "0 is chance, 1 perfect"),
        (f"in the top {facts.contacts}", str(facts.top_hits), f"chance would give {share * facts.contacts:.1f}"),
    ]
    cells = "".join(f"<div><dt>{name}</dt><dd>{value}<small>{note}</small></dd></div>" for name, value, note in values)
    return (
        f'<dl class="figures">{cells}</dl><p class="note">{facts.contacts} of {facts.residues} residues lie within 4 Å '
        "of the inhibitor. The cofactor NADPH binds next to it but is not in the file: its residues count as wrong "
        "here, though they are a site. One protein is an example, not a measurement.</p>"
    )


def edit_section(findings: Findings) -> Section:
    """Variants of the fluorescent protein."""
    found = findings.variants
    prompt = protein_editing.prompt(found.parent)
    lead = (
        f"Given a parent, the model writes a variant of at most {found.most} substitutions. The parent is avGFP, the "
        "green fluorescent protein of <em>Aequorea victoria</em> (UniProt P42212, 238 residues). The score ranks "
        "variants by how likely the model finds them; it is no measurement of brightness or stability."
    )
    variants = [answer.thing.residues for answer in found.ranking]
    plate = (
        f'<figure class="plate">{strips.substituted(found.parent, variants, examples.CHROMOPHORE)}<figcaption>The '
        f"parent, and in colour what the {len(variants)} variants put in its place. <u>Underlined</u>: the residues "
        "that become the chromophore.</figcaption></figure>"
    )
    line = f"logos edit avGFP.fasta --most {found.most} -n {found.asked}"
    texts = [answer.texts[0] for answer in found.ranking]

    def fresh(answer: str) -> list[int]:
        return [i for i, letter in enumerate(found.parent, len(tags.PROTEIN_S)) if answer[i] != letter]

    body = (
        f"<p>{lead}</p>{plate}{markup.table(tables.variants(found))}{markup.sentences(prompt, texts, fresh=fresh)}"
        f"{ask(line, findings.facts)}"
    )
    return Section("editing", "Protein editing", "avGFP", f"{len(found.ranking)} variants", body)


def loops_section(findings: Findings) -> Section:
    """New loops of the antibody."""
    found = findings.loops
    prompt = cdr_design.prompt(found.opening)
    names = ", ".join(name for name, _ in found.opening.loops)
    lead = (
        f"Given the heavy and light variable domains of trastuzumab with the loop {names} (IMGT) cut out, the model "
        "writes a loop in its place; the framework is held fixed, the length may differ by "
        f"{cdr_design.LENGTH_SLACK}. Nothing is told of the antigen here (<code>--antigen</code> can)."
    )
    line = f"logos cdr trastuzumab.fasta --loops {names} -n {found.asked}"
    texts = [answer.texts[0] for answer in found.ranking]
    body = (
        f"<p>{lead}</p>{_ladder(findings)}{_best(findings)}{markup.table(tables.loops(found))}"
        f"{markup.sentences(prompt, texts)}{ask(line, findings.facts)}"
    )
    return Section("antibody", "Antibody loops", f"trastuzumab, {names}", f"{len(found.ranking)} loops", body)


def _ladder(findings: Findings) -> str:
    """The given loop and the new ones, one under the other, with some framework."""
    found = findings.loops
    antibody = next(antibody for antibody in found.opening.antibodies if antibody.loops)
    start, end = antibody.loops[0]
    before, behind = antibody.residues[max(0, start - _CONTEXT) : start], antibody.residues[end : end + _CONTEXT]
    given = found.opening.loops[0][1]
    loops = [("given", given), *((str(rank), answer.thing.loops[0][1]) for rank, answer in enumerate(found.ranking, 1))]
    longest = max(len(loop) for _, loop in loops)
    rows = [(name, _aligned(given, loop, longest)) for name, loop in loops]
    lines = "".join(
        f'<tr{" class=given" if name == "given" else ""}><th>{name}</th><td>{before}</td><td class="loop">{loop}</td>'
        f"<td>{behind}</td></tr>"
        for name, loop in rows
    )
    return (
        f'<figure class="plate"><div class="wide"><table class="ladder">{lines}</table></div><figcaption>The loop '
        "between its framework. Coloured: residues that differ from the given loop, both ends aligned."
        "</figcaption></figure>"
    )


def _aligned(given: str, loop: str, longest: int) -> str:
    """A loop with its ends apart, its gap in the middle, and what differs from the given one set out."""
    letters = [x if kept else f"<b>{x}</b>" for x, kept in zip(loop, same(given, loop), strict=True)]
    half = (len(loop) + 1) // 2
    return "".join(letters[:half]) + "·" * (longest - len(loop)) + "".join(letters[half:])


def _best(findings: Findings) -> str:
    found = findings.loops
    if not found.ranking.answers:
        return ""
    designed, plates = found.ranking[0].thing, ""
    given, loops = iter(found.opening.loops), iter(designed.loops)
    for residues, antibody in zip(designed.domains, found.opening.antibodies, strict=True):
        spans, fresh, shift = [], [], 0
        for start, end in antibody.loops:
            (_, old), (_, new) = next(given), next(loops)
            spans.append((start + shift, start + shift + len(new)))
            fresh += [not kept for kept in same(old, new)]
            shift += len(new) - (end - start)
        plates += strips.looped(residues, tuple(spans), fresh)
    return (
        f'<figure class="plate">{plates}<figcaption>The first answer whole, heavy domain and light domain: '
        "framework grey, new loop in ink, what differs in colour.</figcaption></figure>"
    )
