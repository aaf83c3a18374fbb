"""The spreadsheet of the rows that are not created: its own columns and their words."""

TO_FIX = {
    "to_fix.status_heading": "batchcreate 状态",
    "to_fix.origin_heading": "batchcreate origin",
    "to_fix.status.rejected": "未通过检查（第 {number} 行）：{issues}",
    "to_fix.status.not_attempted": "尚未发送（第 {number} 行）：无需修改。",
    "to_fix.status.failed": "失败（第 {number} 行）：{answer}。{advice}",
    "to_fix.status.unknown": "未知（第 {number} 行）：可能已创建。请勿修改本行，下次运行时会确认。",
    "to_fix.issue": "{column}：{message}",
    "to_fix.suggestion": "建议填写：{suggestion}",
    "to_fix.next_issue": "；",
    "to_fix.explained": "每行的结果和处理方法；行号是该行在原文件中的行号。请勿修改 batchcreate 的这两列。",
    "to_fix.fresh": "{file}：各行已复制到新的工作簿，未保留原工作簿的格式。",
    "to_fix.left_alone": "{file}：已被修改但尚未读入，保持原样。下次运行时请将它与其他文件一起给出。",
}
