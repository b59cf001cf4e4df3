"""Benchmarks: a task and a model in; figures with intervals, beside baselines, out.

One file a task, the same names in the same order: what it reads and holds out, `items`, `predict`, `score`, `baseline`.
"""

from scilogos.bench.binding_site import calibrated
from scilogos.bench.report import Report
from scilogos.bench.run import TASKS, run

__all__ = ["TASKS", "Report", "calibrated", "run"]
