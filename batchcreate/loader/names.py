"""What a heading means: the names of the fields in English and Chinese, however they are typed."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from batchcreate.messages import LANGUAGES, text
from batchcreate.rules import RULES

HEADING_CHARS = 200
"""What is longer is no heading, and is not looked at any further."""

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
        "标签": "task_tag",
        "任務標籤": "task_tag",
        "標籤": "task_tag",
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
"""The first name of each field is the one that we write ourselves."""

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
"""Further English names, beside those of the API."""

_REMARK = re.compile(
    r"[(\[【{<](?:required|mandatory|optional|必填项?|必选|必输|必須|非必填|选填|可选|選填|可選)"
    r"[)\]】}>]"
)
_JOINTS = re.compile(r"[()\[\]【】/|]")
_INVISIBLE = frozenset({"Cc", "Cf", "Pd"})


@lru_cache(maxsize=4096)
def normal(heading: str) -> str:
    """
    Return *heading* so that two ways to type the same name become equal.

    Case, white space, invisible characters, hyphens, underscores and full-width forms do not
    matter, nor do the asterisks and remarks with which templates mark mandatory columns.
    """
    if len(heading) > HEADING_CHARS:
        return ""
    text = unicodedata.normalize("NFKC", heading).casefold()
    bare = "".join(filter(_is_telling, text))
    return _REMARK.sub("", bare).strip("*:") or bare


def field_of(heading: str, names: Mapping[str, str]) -> str:
    """Return the field that *heading* means among *names* (see `known`), or nothing."""
    text = normal(heading)
    return names.get(text) or _said_twice(_JOINTS.sub("", text), names)


def known(mapping: Mapping[str, str]) -> Mapping[str, str]:
    """Return the fields by the normal forms of their names; those of *mapping* win."""
    if not mapping:
        return _FIELDS
    told = {normal(name): field for name, field in mapping.items()}
    return {**_FIELDS, **{name: field for name, field in told.items() if name}}


def _is_telling(char: str) -> bool:
    if char.isascii():
        return char.isprintable() and char not in " -_"
    return not char.isspace() and unicodedata.category(char) not in _INVISIBLE


def _said_twice(text: str, names: Mapping[str, str]) -> str:
    """Return the field of a heading such as ``任务名称(task_name)``."""
    for cut in range(2, len(text) - 1):
        field = names.get(text[:cut], "")
        if field and names.get(text[cut:]) == field:
            return field
    return ""


STATUSES, ORIGINS = (
    frozenset(normal(text(f"to_fix.{name}_heading", language=each)) for each in LANGUAGES)
    for name in ("status", "origin")
)
"""The normal forms of the headings that to-fix files add, in all languages."""

_FIELDS = {normal(name): name for name in RULES} | {
    normal(name): field for table in (ENGLISH, CHINESE) for name, field in table.items()
}
