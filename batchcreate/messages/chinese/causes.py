"""The same rules as headings, where many rows broke one of them."""

CAUSES = {
    "cause.missing": "{title}为空",
    "cause.too_short": "{title}少于 {minimum} 个字符",
    "cause.too_long": "{title}超过 {maximum}",
    "cause.charset": "{title}含有不允许的字符",
    "cause.first": "{title}的首字符不符合要求",
    "cause.value": "{title}无效",
    "cause.impossible": "{title}不适用于组合任务",
    "cause.placeholder": "{title}只是占位内容",
    "cause.encoding": "{title}因编码错误成为乱码",
    "cause.spreadsheet_error": "{title}是出错的公式",
    "cause.exponent": "{title}被表格软件缩写",
    "cause.long_number": "{title}的位数在表格软件中丢失",
    "cause.number": "{title}被存成了数字",
    "cause.date": "{title}被转换成了日期",
    "cause.boolean": "{title}被转换成了逻辑值",
    "cause.no_result": "{title}是没有保存结果的公式",
    "cause.merged": "{title}在合并的单元格中",
    "cause.count": "{title}的个数不正确",
    "cause.repeated": "{title}在同一单元格中重复",
    "cause.task_name.repeated": "{title}与其他行相同",
}
