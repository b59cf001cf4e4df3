"""Contacts of chains with ligands, and the marked proteins and complexes that they make."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from scilogos.errors import InputError, ObjectError
from scilogos.grammar.objects import Complex, Level, Molecule, Protein
from scilogos.science.exclusions import DEFAULT_EXCLUDED
from scilogos.science.ledger import Ledger, Skipped
from scilogos.science.ligand_policy import ligands
from scilogos.science.molecules import canonical
from scilogos.science.structures import Chain, Ligand, Structure

CUTOFF = 4.0  # Å

Sites = tuple[tuple[int, ...], ...]


def contacts(chain: Chain, xyz: np.ndarray, *, cutoff: float = CUTOFF) -> tuple[int, ...]:
    """Find the residues with any heavy atom within `cutoff` Å of any atom of a ligand, xyz [L, 3]; 0-based indices."""
    if not len(chain.xyz) or not len(xyz):
        return ()
    low, high = xyz.min(axis=0) - cutoff, xyz.max(axis=0) + cutoff
    near = np.flatnonzero(((chain.xyz >= low) & (chain.xyz <= high)).all(axis=1))
    squared = ((chain.xyz[near, None, :] - xyz[None, :, :]) ** 2).sum(axis=-1)
    touching = near[(squared <= cutoff * cutoff).any(axis=1)]
    return tuple(int(i) for i in np.unique(chain.owner[touching]))


def union_contacts(chains: Sequence[Chain], around: Iterable[Ligand], *, cutoff: float = CUTOFF) -> Sites:
    """Find the contacts of any of the ligands, for each chain."""
    places = [ligand.xyz for ligand in around]
    return tuple(tuple(sorted({i for xyz in places for i in contacts(chain, xyz, cutoff=cutoff)})) for chain in chains)


def site_proteins(chains: Sequence[Chain], sites: Sites, *, level: Level = "marked") -> tuple[Protein, ...]:
    """Make the marked proteins: each chain with its sites."""
    return tuple(Protein(chain.residues, site, level) for chain, site in zip(chains, sites, strict=True))


def complexes(
    structure: Structure,
    *,
    smiles: Mapping[str, str] | None = None,
    cutoff: float = CUTOFF,
    level: Level = "marked",
    min_heavy_atoms: int = 6,
    exclude: Collection[str] = DEFAULT_EXCLUDED,
    ledger: Ledger | None = None,
) -> list[Complex]:
    """Make a complex of each ligand and the chains that it touches.

    A ligand's SMILES is `smiles[code]`, else what the file's own bonds say; without one it is noted in the ledger.
    """
    ledger = [] if ledger is None else ledger
    made = []
    for ligand in ligands(structure, min_heavy_atoms=min_heavy_atoms, exclude=exclude, ledger=ledger):
        text = (smiles or {}).get(ligand.code) or ligand.smiles
        sites = union_contacts(structure.chains, [ligand], cutoff=cutoff)
        touched = [i for i, site in enumerate(sites) if site]
        if text is None:
            reason = "no SMILES given for it, and the file lists no bonds"
        elif not touched:
            reason = f"no protein atom within {cutoff} Å"
        else:
            try:
                proteins = site_proteins(
                    [structure.chains[i] for i in touched], tuple(sites[i] for i in touched), level=level
                )
                made.append(Complex(proteins, Molecule(canonical(text))))
                continue
            except (InputError, ObjectError) as error:
                reason = str(error)
        ledger.append(Skipped(structure.path, ligand.label, reason))
    return made
