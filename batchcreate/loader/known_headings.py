"""Known headings as data: names of the fields, similar names, and words of remarks; pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "任务名称": "task_name",
        "任务名": "task_name",
        "任務名稱": "task_name",
        "任務名": "task_name",
        "任务ID": "task_id",
        "任务编号": "task_id",
        "任务标识": "task_id",
        "任務ID": "task_id",
        "任務編號": "task_id",
        "任务类型": "task_type",
        "任務類型": "task_type",
        "描述": "description",
        "任务描述": "description",
        "任務描述": "description",
        "任务标签": "task_tag",
        "任務標籤": "task_tag",
        "操作类型": "operation_types",
        "任务操作类型": "operation_types",
        "操作類型": "operation_types",
        "源端应用ID": "source_app_id",
        "源应用ID": "source_app_id",
        "源端集成应用ID": "source_app_id",
        "来源应用ID": "source_app_id",
        "源端應用ID": "source_app_id",
        "來源應用ID": "source_app_id",
        "目标端应用ID": "target_app_id",
        "目标应用ID": "target_app_id",
        "目的端应用ID": "target_app_id",
        "目的应用ID": "target_app_id",
        "目标端集成应用ID": "target_app_id",
        "目的端集成应用ID": "target_app_id",
        "目標端應用ID": "target_app_id",
        "目標應用ID": "target_app_id",
        "目的端應用ID": "target_app_id",
        "项目ID": "project_id",
        "專案ID": "project_id",
        "項目ID": "project_id",
        "实例ID": "instance_id",
        "實例ID": "instance_id",
    }
)
"""Chinese names of the fields; the first name of each field is used in templates."""

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "name of task": "task_name",
        "type of task": "task_type",
        "task description": "description",
        "operation type": "operation_types",
        "source application id": "source_app_id",
        "target application id": "target_app_id",
        "destination app id": "target_app_id",
        "destination application id": "target_app_id",
    }
)
"""English names of the fields in addition to the names of the API."""

SHORT: Mapping[str, str] = MappingProxyType(
    {
        "tag": "task_tag",
        "tags": "task_tag",
        "task tags": "task_tag",
        "desc": "description",
        "desc.": "description",
        "task desc": "description",
        "任务说明": "description",
        "任務說明": "description",
        "标签": "task_tag",
        "標籤": "task_tag",
    }
)
"""
Short names of fields that mean no other field.

A column with one of them is an ordinary other column if the field has a column with a full name.
"""

SIMILAR: Mapping[str, str] = MappingProxyType(
    {
        "name": "task_name",
        "names": "task_name",
        "task": "task_name",
        "tasks": "task_name",
        "task title": "task_name",
        "job": "task_name",
        "job name": "task_name",
        "名称": "task_name",
        "名稱": "task_name",
        "名字": "task_name",
        "任务": "task_name",
        "任務": "task_name",
        "作业名称": "task_name",
        "id": "task_id",
        "编号": "task_id",
        "編號": "task_id",
        "标识": "task_id",
        "標識": "task_id",
        "说明": "description",
        "說明": "description",
        "label": "task_tag",
        "labels": "task_tag",
        "task label": "task_tag",
        "op": "operation_types",
        "ops": "operation_types",
        "op type": "operation_types",
        "op types": "operation_types",
        "operation": "operation_types",
        "operations": "operation_types",
        "操作": "operation_types",
        "操作方式": "operation_types",
        "同步操作": "operation_types",
        "src": "source_app_id",
        "source": "source_app_id",
        "source id": "source_app_id",
        "source app": "source_app_id",
        "source application": "source_app_id",
        "源": "source_app_id",
        "源端": "source_app_id",
        "来源": "source_app_id",
        "來源": "source_app_id",
        "源应用": "source_app_id",
        "源應用": "source_app_id",
        "源端应用": "source_app_id",
        "源端應用": "source_app_id",
        "来源应用": "source_app_id",
        "來源應用": "source_app_id",
        "源端集成应用": "source_app_id",
        "target": "target_app_id",
        "target id": "target_app_id",
        "target app": "target_app_id",
        "target application": "target_app_id",
        "dest": "target_app_id",
        "destination": "target_app_id",
        "destination app": "target_app_id",
        "destination application": "target_app_id",
        "目标": "target_app_id",
        "目標": "target_app_id",
        "目标端": "target_app_id",
        "目的端": "target_app_id",
        "目标应用": "target_app_id",
        "目標應用": "target_app_id",
        "目标端应用": "target_app_id",
        "目標端應用": "target_app_id",
        "目的应用": "target_app_id",
        "目的端应用": "target_app_id",
        "目标端集成应用": "target_app_id",
        "project": "project_id",
        "项目": "project_id",
        "項目": "project_id",
        "instance": "instance_id",
        "实例": "instance_id",
        "實例": "instance_id",
    }
)
"""Names that may mean a field or something else, such as the name of an application: a hint."""

REMARK_WORDS: Final = (
    "required|mandatory|optional|unique|default|text|string|number|integer|uuid|format|values?"
    "|characters?|chars?|letters?|digits?|words?|length|len|limit|maximum|minimum|max|min"
    "|at|most|least|up|to|than|more|less|no|not|between|from|and|or|only|must|be|is|an?|the|one"
    "|any|all|each|several|multiple|combination|of|per|row|separated|by|with|commas?|semicolons?"
    "|enter|allowed|possible|insert|update|delete|real[ -]?time|timing|i|u|d"
)
"""English words of a remark that does not change the meaning of a heading; a pattern."""

CHINESE_REMARK_WORDS: Final = (
    "必填项?|必选|必输|必须|必須|必填項|非|选填|选择|可选|選填|可選|可|多选|单选|唯一|不可|不能|不得|不"
    "|重复|重複|为空|最多|最少|最长|最短|最大|最小|至少|至多|超过|超過|以内|以內|以下|以上|少于|大于"
    "|小于|字符串|字符|字元|字节|字母|字数|个|個|位|字|数字|數字|英文字母|英文字符|大写|小写|长度|長度"
    "|限制|限|默认|默認|到|至|或|和|与|及|且|在|由|用|以|逗号|分号|逗號|分隔|隔开|请|請|填写|填寫|填"
    "|输入|輸入|格式|文本|取值|值|范围|範圍|为|為|只|仅|均|中|的|之间|之間|实时|插入|新增|更新|修改|删除"
)
"""The same in Chinese, where words are not separated."""

EXAMPLE_WORDS: Final = (
    r"for example|for instance|such as|example|e\.g\.?|eg|like|例如|比如|举例|示例|样例|例|如|範例"
)
"""Words after which the remainder of a remark is an example; a pattern."""
