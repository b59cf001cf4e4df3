"""The guides of one vocabulary, kept from one request to the next."""

from collections import OrderedDict

from scilogos.grammar.constraints import Constraint
from scilogos.tokens.grown import GrownVocabulary
from scilogos.tokens.guide import Guide
from scilogos.tokens.text_guide import TextGuide
from scilogos.tokens.vocabulary import Vocabulary

_STATES_KEPT = 1 << 16  # of all guides together; some 2 kB each


class Guides:
    """One guide for each constraint; those are kept that were asked for last."""

    def __init__(self, vocabulary: Vocabulary | GrownVocabulary) -> None:
        self.vocabulary = vocabulary
        self._kept: OrderedDict[Constraint, Guide | TextGuide] = OrderedDict()

    def __call__(self, constraint: Constraint) -> Guide | TextGuide:
        """Give the guide of a constraint."""
        guide = self._kept.pop(constraint, None) or self._make(constraint)
        while self._kept and sum(map(len, self._kept.values())) + len(guide) > _STATES_KEPT:
            self._kept.popitem(last=False)
        if len(guide) <= _STATES_KEPT:
            self._kept[constraint] = guide
        return guide

    def _make(self, constraint: Constraint) -> Guide | TextGuide:
        vocabulary = self.vocabulary
        return (
            Guide(constraint, vocabulary) if isinstance(vocabulary, Vocabulary) else TextGuide(constraint, vocabulary)
        )
