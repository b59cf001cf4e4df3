"""Would the model's own measures put the better draws first? Stated as the area under the ROC curve."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from scilogos.bench.figures import Figure, bootstrap
from scilogos.bench.held_out import Answer
from scilogos.bench.material.text import parts_of
from scilogos.bench.scores import auroc, first_seen
from scilogos.tasks.ranking import per_character


def orders(answers: Sequence[Answer], verdicts: Mapping[str, Sequence[bool | None]]) -> dict[str, Figure]:
    """The chance that a draw of good verdict stands before one of bad, by each order; None is no verdict.

    Of the draws that have a likelihood: none of a control that no model wrote, none that was refused. Equal materials
    count once, as they are ranked; what is no material has one vote.
    """
    parts = [parts_of(answer) for answer in answers]
    votes = Counter(parts)
    first = first_seen(parts)
    merged = [one is None or new for one, new in zip(parts, first, strict=True)]
    scored = np.array(["score" in answer for answer in answers]) & merged
    told = [(answer.get("score", 0.0), answer.get("text", "")) for answer in answers]
    by = {
        "likelihood": np.array([likelihood for likelihood, _ in told]),
        "likelihood per character": np.array([per_character(*one) for one in told]),
        "votes": np.array([1 if one is None else votes[one] for one in parts]),
    }
    figures = {}
    for verdict, said in verdicts.items():
        known = scored & np.array([one is not None for one in said])
        if not known.any():
            continue
        truth = np.array([bool(one) for one in said])[known]
        for name, values in by.items():
            mine = values[known]
            figures[f"order by {name}, AUROC of {verdict}"] = bootstrap(
                lambda units, v=mine, t=truth: auroc(v[units], t[units]), len(truth), percent=False
            )
    return figures
