"""Benchmarks: a task and a model in; figures with intervals, beside baselines, out.

One module a task, the same names in the same order: what it reads and holds out, `items`, `predict`, `judge` (of as
many as `looked_at` says, else of all), `score`, `control` (arms that need the model), `baseline` (arms that no model
changes), `plots`. QUICK is the limit and the settings of a run for every day.
And fine-tuning on a user's own table, with figures before and after.
"""

from scilogos.bench.binding_site import calibrated
from scilogos.bench.leaks import Audit, audit
from scilogos.bench.report import Report
from scilogos.bench.run import TASKS, run
from scilogos.bench.tables import page
from scilogos.bench.tuning import Method, Tuning, tune

__all__ = ["TASKS", "Audit", "Method", "Report", "Tuning", "audit", "calibrated", "page", "run", "tune"]
