"""The real inputs of the demo: three drugs, an enzyme, a metal node, a fluorescent protein, an antibody."""

from importlib.util import find_spec
from pathlib import Path

from scilogos.errors import MissingError

DRUGS = {
    "paracetamol": "CC(=O)Nc1ccc(O)cc1",
    "ibuprofen": "CC(C)Cc1ccc(C(C)C(=O)O)cc1",
    "lidocaine": "CCN(CC)CC(=O)Nc1c(C)cccc1C",
}

# Human dihydrofolate reductase with a tetrahydroquinazoline antifolate, PDB 1S3V, as the package posebusters ships it.
STRUCTURE, LIGAND = "1s3v_protein_one_lig_removed.pdb", "1s3v_ligand.sdf"

PADDLEWHEEL = "[Cu][Cu]"

# Green fluorescent protein of Aequorea victoria, UniProt P42212, and the residues that become its chromophore.
AVGFP = (
    "MSKGEELFTGVVPILVELDGDVNGHKFSVSGEGEGDATYGKLTLKFICTTGKLPVPWPTLVTTFSYGVQCFSRYPDHMKQHDFFKSAMPEGYVQERTIFFKDDGNYK"
    "TRAEVKFEGDTLVNRIELKGIDFKEDGNILGHKLEYNYNSHNVYIMADKQKNGIKVNFKIRHNIEDGSVQLADHYQQNTPIGDGPVLLPDNHYLSTQSALSKDPNEK"
    "RDHMVLLEFVTAAGITHGMDELYK"
)
CHROMOPHORE = range(64, 67)  # Ser65, Tyr66, Gly67, 0-based

# Trastuzumab, heavy and light variable domain.
TRASTUZUMAB = (
    "EVQLVESGGGLVQPGGSLRLSCAASGFNIKDTYIHWVRQAPGKGLEWVARIYPTNGYTRYADSVKGRFTISADTSKNTAYLQMNSLRAEDTAVYYCSRWGGDGFYAM"
    "DYWGQGTLVTVSS",
    "DIQMTQSPSSLSASVGDRVTITCRASQDVNTAVAWYQQKPGKAPKLLIYSASFLYSGVPSRFSGSRSGTDFTLTISSLQPEDFATYYCQQHYTTPPTFGQGTKVEIK",
)


def enzyme() -> tuple[Path, Path]:
    """Find the files of the protein and of its ligand's pose; MissingError without the package that ships them."""
    spec = find_spec("posebusters")  # not imported: it wants pandas, and its data are all that is needed
    for folder in (spec.submodule_search_locations if spec else None) or ():
        place = Path(folder, "datasets", "pdb", "1s3v")
        if (place / STRUCTURE).is_file() and (place / LIGAND).is_file():
            return place / STRUCTURE, place / LIGAND
    raise MissingError('the demo reads a protein that the package posebusters ships: pip install "scilogos[demo]"')
