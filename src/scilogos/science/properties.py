"""Numbers that describe a molecule: size, polarity, drug-likeness, ease of synthesis."""

from rdkit.Chem import QED, Crippen, Descriptors, rdMolDescriptors
from rdkit.rdBase import BlockLogs

from scilogos.science.molecules import parse_smiles

try:
    from rdkit.Contrib.SA_Score import sascorer
except ImportError:  # some builds of RDKit leave Contrib out
    sascorer = None


def descriptors(smiles: str) -> dict[str, float | None]:
    """Describe a molecule; `sa` is None where RDKit's Contrib folder is not installed.

    qed          drug-likeness, 0 to 1 (Bickerton et al. 2012)
    sa           ease of synthesis, (10 - SA score) / 9, 0 hard to 1 easy (Ertl and Schuffenhauer 2009)
    hbd, hba     hydrogen-bond donors (N-H, O-H) and acceptors (N, O) as Lipinski counts them
    logp         octanol-water, Crippen's
    mw           average molecular weight, g/mol
    tpsa         topological polar surface, Å²
    lipinski     how many of Lipinski's rule of five hold, of 5 (Veber's 10 rotatable bonds is the fifth)
    """
    mol = parse_smiles(smiles)
    with BlockLogs():
        mw, logp = Descriptors.MolWt(mol), Crippen.MolLogP(mol)
        hbd, hba = rdMolDescriptors.CalcNumLipinskiHBD(mol), rdMolDescriptors.CalcNumLipinskiHBA(mol)
        rotatable = rdMolDescriptors.CalcNumRotatableBonds(mol)
        sa = (10 - sascorer.calculateScore(mol)) / 9 if sascorer is not None and mol.GetNumHeavyAtoms() else None
        return {
            "qed": QED.qed(mol),
            "sa": sa,
            "logp": logp,
            "mw": mw,
            "heavy_atoms": mol.GetNumHeavyAtoms(),
            "hbd": hbd,
            "hba": hba,
            "rotatable_bonds": rotatable,
            "tpsa": rdMolDescriptors.CalcTPSA(mol),
            "lipinski": sum((mw < 500, hbd <= 5, hba <= 10, -2 <= logp <= 5, rotatable <= 10)),
        }
