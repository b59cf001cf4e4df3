"""The six tasks: each writes its prompt and constraint, reads answers back, and ranks them."""

from scilogos.tasks.logos import Logos, load
from scilogos.tasks.ranking import Answer, Ranking
from scilogos.tasks.registry import DEFAULT, find, installed

__all__ = ["DEFAULT", "Answer", "Logos", "Ranking", "find", "installed", "load"]
