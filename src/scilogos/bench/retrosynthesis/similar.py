"""RetroSim as a baseline: the reactions of the most similar training products, applied as templates.

Source: Coley, Rogers, Green and Jensen, ACS Cent. Sci. 3, 1237 (2017): the 100 precedents whose products are most
alike by the Dice similarity of feature Morgan counts; an answer is worth that of the products times that of the
reactants, the best of its precedents. Templates are rdchiral's (radius 1), not those of its authors' earlier code.
"""

import contextlib
import io
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from scilogos.data.tables import read_rows
from scilogos.errors import ScilogosError
from scilogos.science import FeaturePrints, canonical, order_reactants, quiet

TABLE = "chem/uspto50k_mapped.csv.gz"
PRECEDENTS = 100
_FAULTS = (ValueError, RuntimeError, KeyError, IndexError, AttributeError, TypeError)  # of templates out of their depth


class Precedents:
    """The mapped training reactions of a table; read when first asked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._template = cache(self._extracted)

    @property
    def lacking(self) -> str:
        """What is not there: rdchiral or the table; empty where both are."""
        if not find_spec("rdchiral"):
            return "no baseline of similar products: rdchiral is not installed (pip install 'scilogos[bench]')"
        return "" if self.path.is_file() else f"no baseline of similar products: {self.path.name} is not there"

    @cached_property
    def _reactions(self) -> list[list[str]]:
        rows = read_rows(self.path, ("split", "rxn_mapped"))
        return [row["rxn_mapped"].split(">>") for row in rows if row["split"] == "train"]

    @cached_property
    def _products(self) -> FeaturePrints:
        return FeaturePrints.of([product for _, product in self._reactions])

    def propose(self, product: str, precedents: int) -> list[tuple[str, float]]:
        """Sets of reactants, each as one text of canonical molecules in canonical order, the best first."""
        from rdchiral.main import rdchiralReactants

        found, likeness = dict[str, float](), self._products.similarities(product)
        with quiet():
            target = rdchiralReactants(product)
            for number in np.argsort(-likeness, kind="stable")[:precedents]:
                reactants = FeaturePrints.of([self._reactions[number][0]])
                for text in self._outcomes(int(number), target):
                    worth = float(likeness[number] * reactants.similarities(text)[0])
                    found[text] = max(worth, found.get(text, 0.0))
        found.pop(product, None)
        return sorted(found.items(), key=lambda pair: -pair[1])

    def _outcomes(self, number: int, target: Any) -> list[str]:
        """What a precedent's template makes of a product; nothing where it does not fit or RDKit gives up."""
        from rdchiral.main import rdchiralRun

        template = self._template(number)
        try:
            texts = map(str, rdchiralRun(template, target, combine_enantiomers=False) if template else ())
        except _FAULTS:
            return []
        found = []
        for text in texts:
            try:
                found.append(".".join(order_reactants(canonical(part) for part in text.split("."))))
            except ScilogosError:
                continue
        return found

    def _extracted(self, number: int) -> Any:
        """The retro template of a reaction as rdchiral reads it; None where its extractor finds none."""
        from rdchiral.main import rdchiralReaction
        from rdchiral.template_extractor import extract_from_reaction

        reactants, product = self._reactions[number]
        with contextlib.redirect_stdout(io.StringIO()):  # it prints what it cannot read
            try:
                found = extract_from_reaction({"_id": number, "reactants": reactants, "products": product}) or {}
                smarts = found.get("reaction_smarts")
                return rdchiralReaction(f"({smarts.replace('>>', ')>>')}") if smarts else None
            except _FAULTS:
                return None
