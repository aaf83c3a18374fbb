"""Pictures of a batch as SVG that stands in a page: no style, no script, no reference."""

from batchcreate.report.charts.bars import draw_causes, draw_shares
from batchcreate.report.charts.latency import draw_latencies
from batchcreate.report.charts.timeline import draw_timeline

__all__ = ["draw_causes", "draw_latencies", "draw_shares", "draw_timeline"]
