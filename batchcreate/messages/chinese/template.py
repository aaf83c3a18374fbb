"""The spreadsheet that analysts fill in."""

TEMPLATE = {
    "template.tasks": "任务",
    "template.guide": "填写说明",
    "template.mandatory": "必填：{wanted}。",
    "template.optional": "选填：{wanted}。",
    "template.example": "示例：{example}",
    "template.target": "留空时使用导入时指定的值。",
    "template.choose": "请从列表中选择。",
    "template.refused": "请填写 {wanted}。",
    "template.guide.title": "如何填写本工作簿",
    "template.guide.fill": "在工作表“{tasks}”的表头下方，每行填写一个任务。带星号（*）的列为必填项。"
    "将鼠标移到表头上可查看该列的要求。",
    "template.guide.columns": "请勿修改表头。可以在右侧添加自己的列，这些列会被忽略。",
    "template.guide.example": "以“{mark}”开头的行仅为示例，导入时会跳过，可保留也可删除。",
    "template.guide.paste": "请只粘贴值（选择性粘贴），不要粘贴整个单元格。粘贴的内容不会被拒绝，而是标记颜色："
    "红色单元格不符合规则；橙色单元格是漏填的必填项，或重复的任务名称。",
    "template.guide.ready": "没有带颜色的单元格后再交回本工作簿。创建任务之前，每一行都会再次校验。",
    "template.guide.each": "各列说明",
    "template.guide.choices": "列表选项",
}
