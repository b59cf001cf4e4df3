"""One engine: constrained sampling, beam search, scoring."""

from scilogos.decode.beam import beam_search
from scilogos.decode.engine import Engine
from scilogos.decode.rows import Completion, Prompt
from scilogos.decode.sampling import Sampling
from scilogos.decode.scoring import legal_scores, score_answers

__all__ = ["Completion", "Engine", "Prompt", "Sampling", "beam_search", "legal_scores", "score_answers"]
