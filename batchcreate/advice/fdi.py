"""What the data integration service (FDI) says."""

from typing import Final

from batchcreate.advice.remedies import (
    CHECK_SOURCE,
    CORRECT_ROW,
    CORRECT_TARGET,
    LOOK_AT_TASK,
    MAKE_ROOM,
    RENAME,
    RUN_LATER,
)
from batchcreate.advice.values import Entry, Words

FDI: Final = (
    Entry(
        codes=("FDI.3002",),
        http_statuses=(400,),
        meaning=Words(en="A parameter is not one that the API accepts.", zh="参数不合法。"),
        remedy=CORRECT_ROW,
        source="ErrorCode_fdi",
    ),
    Entry(
        codes=("FDI.3016",),
        http_statuses=(400,),
        meaning=Words(
            en="A data source did not pass its connectivity test.", zh="数据源连通性测试失败。"
        ),
        remedy=CHECK_SOURCE,
        source="ErrorCode_fdi",
    ),
    Entry(
        codes=("FDI.3019",),
        http_statuses=(400,),
        meaning=Words(en="A real-time task could not be stopped.", zh="实时任务停止失败。"),
        remedy=LOOK_AT_TASK,
        source="ErrorCode_fdi",
    ),
    Entry(
        codes=("FDI.3020",),
        http_statuses=(400,),
        meaning=Words(en="A scheduled task could not be stopped.", zh="定时任务停止失败。"),
        remedy=LOOK_AT_TASK,
        source="ErrorCode_fdi",
    ),
    Entry(
        codes=("FDI.3021",),
        http_statuses=(400,),
        meaning=Words(en="One or more tasks do not exist.", zh="一个或多个任务不存在。"),
        remedy=LOOK_AT_TASK,
        source="ErrorCode_fdi",
    ),
    Entry(
        codes=("FDI.3022",),
        http_statuses=(400,),
        meaning=Words(en="One or more task IDs are empty.", zh="一个或多个任务 ID 为空。"),
        remedy=CORRECT_ROW,
        source="ErrorCode_fdi",
    ),
    Entry(
        codes=("FDI.3023",),
        http_statuses=(400,),
        meaning=Words(en="One or more tasks are running.", zh="一个或多个任务正在运行。"),
        remedy=LOOK_AT_TASK,
        source="ErrorCode_fdi",
    ),
    Entry(
        codes=("FDI.3026",),
        http_statuses=(400,),
        meaning=Words(en="A task could not be started by hand.", zh="手动启动任务失败。"),
        remedy=LOOK_AT_TASK,
        source="ErrorCode_fdi",
    ),
    Entry(
        codes=("FDI.3027",),
        http_statuses=(400,),
        meaning=Words(en="A task could not be stopped by hand.", zh="手动停止任务失败。"),
        remedy=LOOK_AT_TASK,
        source="ErrorCode_fdi",
    ),
    Entry(
        codes=("FDI.3028",),
        http_statuses=(400,),
        meaning=Words(en="A task could not be deleted for now.", zh="任务暂时无法删除。"),
        remedy=RUN_LATER,
        source="ErrorCode_fdi",
    ),
    Entry(
        codes=("FDI.3033",),
        http_statuses=(400,),
        meaning=Words(
            en="The parameter that the message names is not valid.", zh="提示信息所指的参数无效。"
        ),
        remedy=CORRECT_ROW,
        source="ErrorCode_fdi",
    ),
    Entry(
        codes=("FDI.3035",),
        http_statuses=(400,),
        meaning=Words(en="An SQL statement is not valid.", zh="SQL 语句无效。"),
        remedy=LOOK_AT_TASK,
        source="ErrorCode_fdi",
    ),
    Entry(
        codes=("FDI.3037",),
        http_statuses=(400,),
        meaning=Words(
            en="A mapping is not valid, or belongs to another task.",
            zh="映射参数无效，或不属于该任务。",
        ),
        remedy=LOOK_AT_TASK,
        source="ErrorCode_fdi",
    ),
    Entry(
        codes=("FDI.3039",),
        http_statuses=(400,),
        meaning=Words(
            en="The project ID is empty, or another one than that of the address.",
            zh="项目 ID 为空，或与地址中的项目 ID 不一致。",
        ),
        remedy=CORRECT_TARGET,
        source="ErrorCode_fdi",
    ),
    Entry(
        codes=("FDI.3043",),
        http_statuses=(400,),
        meaning=Words(
            en="The address of a data source lies outside the allowed segments.",
            zh="数据源 IP 不在允许的网段内。",
        ),
        remedy=CHECK_SOURCE,
        source="ErrorCode_fdi",
    ),
    Entry(
        codes=("FDI.3081",),
        http_statuses=(404,),
        meaning=Words(en="There is no such task.", zh="任务不存在。"),
        remedy=LOOK_AT_TASK,
        source="def-2024",
    ),
    Entry(
        codes=("FDI.3083",),
        http_statuses=(404,),
        meaning=Words(en="A scheduled task has no schedule.", zh="定时任务没有调度计划。"),
        remedy=LOOK_AT_TASK,
        source="CreateMultiTasks",
    ),
    Entry(
        codes=("FDI.3150",),
        http_statuses=(400,),
        meaning=Words(en="The list of tasks is empty.", zh="任务列表为空。"),
        remedy=LOOK_AT_TASK,
        source="CreateMultiTasks",
    ),
    Entry(
        codes=("FDI.9999",),
        http_statuses=(500,),
        meaning=Words(en="The service met an error of its network.", zh="服务端网络错误。"),
        remedy=RUN_LATER,
        source="def-2024",
    ),
    Entry(
        codes=("FDI.3901",),
        http_statuses=(400,),
        meaning=Words(
            en="A task of this name exists already (a code of the simulator only: no page names the real one).",
            zh="同名任务已存在（仅模拟器使用此错误码，官方文档未给出）。",
        ),
        remedy=RENAME,
        source="simulator",
    ),
    Entry(
        codes=("FDI.3902",),
        http_statuses=(400,),
        meaning=Words(
            en="The instance holds as many tasks as it can (a code of the simulator only: no page names the real one).",
            zh="实例的任务数已达上限（仅模拟器使用此错误码，官方文档未给出）。",
        ),
        remedy=MAKE_ROOM,
        source="simulator",
    ),
)
"""Codes of the service itself, most of them of other calls than creating a task."""
