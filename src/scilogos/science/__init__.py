"""The only door to RDKit, gemmi and immunum: files to objects and back, canonical objects, checks, facts.

Names load on first use, since RDKit alone costs a third of a second. Knows nothing of tokens, models or tasks.
"""

from importlib import import_module

_NAMES = {
    "alignment": "Alignment align",
    "antibodies": "Domain variable_domain",
    "binding": "complexes contacts site_proteins union_contacts",
    "conformers": "embedded",
    "drawing": "draw_grid draw_molecule draw_reaction",
    "exclusions": "DEFAULT_EXCLUDED",
    "fingerprints": "FeaturePrints",
    "fragments": "fragment_writings",
    "ledger": "Ledger Skipped",
    "linkers": "Cut count_arms cut node_key",
    "ligand_policy": "find_ligands ligands parse_ligand read_ligand",
    "marks": "write_marked_pdb",
    "mapping": "mapped",
    "materials": "comparison_key coordinating_groups material metals read_mofid split_fragments",
    "molecule_files": "NamedMolecule read_molecules read_smiles write_sdf write_smi",
    "molecules": "canonical element_counts heavy_atoms is_valid largest_fragment neutralised order_reactants "
    "quiet randomised rooted roots similarity without_stereo",
    "properties": "descriptors",
    "reactions": "forward_writings reaction_writings",
    "selections": "select select_around",
    "sequences": "NamedSequence clean_sequence read_fasta write_fasta",
    "structure_files": "parse_structure pdb_text read_structure",
    "structures": "Chain Ligand Structure",
    "substructures": "Substructure named_elements read_substructure",
    "text_files": "read_text replacing",
    "viewers": "chimerax_script pymol_script",
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_MODULES)  # noqa: PLE0605


def __getattr__(name: str):
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
