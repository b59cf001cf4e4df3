"""The tags: every word of the language between angle brackets, spelled as published (or marked as ours)."""

from typing import Final

PAIRS: Final = {  # name -> (opening tag, closing tag)
    "protein": ("<ProteinS>", "<ProteinE>"),
    "antibody": ("<AntibodyS>", "<AntibodyE>"),
    "molecule": ("<MoleculeS>", "<MoleculeE>"),
    "pocket": ("<PocketS>", "<PocketE>"),
    "material": ("<MaterialS>", "<MaterialE>"),
    "metal": ("<MetalS>", "<MetalE>"),
    "net": ("<NetS>", "<NetE>"),
    "cdr": ("<CdrS>", "<CdrE>"),
}
TRANS: Final = "<Trans>"
SEARCH: Final = "<Search>"
REACT: Final = "<React>"
REVERSE_REACT: Final = "<ReverseReact>"
GAP: Final = "<Gap>"
DESIGN: Final = "<Design>"
EDIT: Final = "<Edit>"

PROTEIN_S, PROTEIN_E = PAIRS["protein"]
ANTIBODY_S, ANTIBODY_E = PAIRS["antibody"]
MOLECULE_S, MOLECULE_E = PAIRS["molecule"]
POCKET_S, POCKET_E = PAIRS["pocket"]
MATERIAL_S, MATERIAL_E = PAIRS["material"]
METAL_S, METAL_E = PAIRS["metal"]
NET_S, NET_E = PAIRS["net"]
CDR_S, CDR_E = PAIRS["cdr"]

PUBLISHED: Final = (
    *(tag for name in ("protein", "antibody", "molecule", "pocket", "material", "metal") for tag in PAIRS[name]),
    TRANS,
    SEARCH,
    REACT,
    REVERSE_REACT,
)
OURS: Final = (NET_S, NET_E, CDR_S, CDR_E, GAP, DESIGN, EDIT)
TAGS: Final = PUBLISHED + OURS
