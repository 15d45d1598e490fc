"""Reports: rows of an attrs class, run in a unit of work that only reads, shown as a table, CSV, JSON, XLSX or HTML."""

from bocore.reports.columns import Column, columns_of
from bocore.reports.drill import Drill, Link
from bocore.reports.heading import Headed, Heading
from bocore.reports.render import FORMATS, render, render_to
from bocore.reports.running import ReportResult, run_report, running

__all__ = [
    "FORMATS", "Column", "Drill", "Headed", "Heading", "Link", "ReportResult", "columns_of", "render", "render_to", "run_report", "running",
]  # fmt: skip
