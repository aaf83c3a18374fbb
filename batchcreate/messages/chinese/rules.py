"""What an analyst reads about a broken rule: what was found, and what to type."""

RULES = {
    "rule.missing": "{title}为空。请填写{wanted}，例如 {example}。",
    "rule.too_short": "{title}{value}只有 {length}，应为 {minimum} 到 {maximum}。请填写更长的内容。",
    "rule.too_long": "{title}{value}有 {length}，最多允许 {maximum}。请缩短后重新填写。",
    "rule.charset": "{title}{value}含有不允许的字符：{strangers}。请只使用{characters}。",
    "rule.first": "{title}{value}以{stranger}开头。请改为以{beginning}开头。",
    "rule.value": "{value}不是有效的{title}。请填写 {choice}{escape}。{perhaps}",
    "rule.impossible": "组合任务只支持实时方式，{title}不能是{value}。请填写 {choice}{escape}。",
    "rule.placeholder": "{title}{value}只是占位内容，并不是真正的值。请将单元格留空，或填写{wanted}。",
    "rule.encoding": "{title}{value}已成乱码：某个程序曾以错误的编码读取它。请重新填写。",
    "rule.spreadsheet_error": "{title}的内容是{value}，即公式出错的结果。请修正公式，或直接填写正确的值。",
    "rule.exponent": "{title}{value}是被表格软件缩写的数字，部分数位已经丢失。"
    "请将该列设置为文本格式，再从原始来源重新填写或粘贴。",
    "rule.long_number": "{title}{value}被存成了数字，而表格软件只保留数字的前 15 位，"
    "其后的各位已经丢失。请将该列设置为文本格式，再从原始来源重新填写或粘贴。",
    "rule.number": "{title}{value}被存成了数字，可能丢失了零或被四舍五入。"
    "请将该列设置为文本格式，再重新填写。",
    "rule.date": "{title}被表格软件转换成了日期{value}。请将该列设置为文本格式，再重新填写。",
    "rule.boolean": "{title}被表格软件转换成了逻辑值{value}。请将该列设置为文本格式，再重新填写。",
    "rule.no_result": "{title}是一个公式，但文件中没有保存它的计算结果。"
    "请用表格软件打开该文件并重新保存，或直接填写正确的值。",
    "rule.merged": "本行没有{title}：单元格 {cell} 已与其他单元格合并。请取消合并，再在每一行中分别填写。",
    "rule.operation_types.missing": "操作类型为空。请填写{wanted}，例如 {example}。",
    "rule.operation_types.placeholder": "{value}没有指明任何操作类型。请填写{wanted}，例如 {example}。",
    "rule.operation_types.value": "{value}不是有效的操作类型。"
    "请填写 {choice} 中的一个或多个，用逗号分隔。{perhaps}",
    "rule.operation_types.count": "{value}中有 {count} 个操作类型。"
    "请填写 {choice} 中的 1 到 {maximum} 个，用逗号分隔。",
    "rule.operation_types.repeated": "{value}中重复填写了 {repeated}。每个操作类型请只填写一次。",
    "rule.task_name.placeholder": "任务名称{value}只是占位内容，并不是真正的名称。"
    "请填写{wanted}，例如 {example}。",
    "rule.task_name.repeated": "任务名称{value}在{others}也出现过。"
    "同一实例中的任务名称不能相同，请为每个任务填写不同的名称，或删除重复的行。",
}
