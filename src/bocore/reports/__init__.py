"""Reports: rows of an attrs class, run in a unit of work that only reads, shown as a table, CSV or JSON."""

from bocore.reports.columns import Column, columns_of
from bocore.reports.render import FORMATS, render
from bocore.reports.running import ReportResult, run_report

__all__ = ["FORMATS", "Column", "ReportResult", "columns_of", "render", "run_report"]
