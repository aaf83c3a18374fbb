"""The spreadsheet of the rows that are not created: its own columns and their words."""

TO_FIX = {
    "to_fix.status_heading": "batchcreate 状态",
    "to_fix.origin_heading": "batchcreate origin",
    "to_fix.status.rejected": "未通过检查：请修改标色的单元格",
    "to_fix.status.not_attempted": "尚未发送：无需修改",
    "to_fix.status.failed": "被服务拒绝：请查看批注",
    "to_fix.status.unknown": "可能已创建：下次运行时会确认，请勿修改本行",
    "to_fix.status.skipped": "未发送：已有同名任务",
    "to_fix.suggestion": "建议填写：{suggestion}",
}
