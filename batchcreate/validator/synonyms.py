"""What people type instead of the API's values; every language that analysts write is welcome."""

from collections.abc import Mapping

REALTIME = (
    "REALTIME TASK|REALTIME TASKS|RT|CDC|STREAM|STREAMING|LIVE|CONTINUOUS|实时|实时任务|实时同步"
    "|實時|即时|流式|ECHTZEIT|TEMPS REEL|TIEMPO REAL|REALTIME CDC|CDC REALTIME|REAL"
)
TIMING = "TIMED|TIMER|SCHEDULED|SCHEDULE|CRON|PERIODIC|定时|定时任务|定時|周期|周期任务"

INSERT = (
    "I|INS|C|CREATE|ADD|ADDED|NEW|APPEND|新增|插入|添加|增加|新建|创建|增|插|添|加|EINFUEGEN|INSERER"
    "|INSERTAR|INSERTION|INSERTIONS"
)
UPDATE = (
    "U|UPD|UPDT|CHANGE|CHANGED|EDIT|MODIFY|MODIFIED|更新|修改|变更|编辑|更改|改|更"
    "|AENDERN|AKTUALISIEREN|ACTUALIZAR|MODIFIER"
)
DELETE = (
    "D|DEL|DROP|REMOVE|REMOVED|ERASE|删除|移除|去除|刪除|删|LOESCHEN|SUPPRIMER|ELIMINAR|BORRAR"
    "|DELETION|DELETIONS"
)
ALL = (
    "ALL|ALL OPERATIONS|ALL TYPES|ALL THREE|ANY|EVERYTHING|CRUD|CUD|IUD|*|全部|所有|全部操作"
    "|所有操作|全选|增删改|增改删|增删改查|ALLE|TOUS|TODOS|TOUTES|TODAS"
)
UPSERT = "UPSERT|UPSERTS|MERGE|INSERT OR UPDATE|INSERT/UPDATE|新增或更新|新增或修改|插入或更新"

_OTHERS = (
    "SELECT READ QUERY TRUNCATE RENAME ALTER REPLACE 查询 读取 清空 NOT NO EXCEPT WITHOUT BUT NON"
    " 不 除 非 除了 KEIN OHNE SANS SIN"
)
UNRELATED = frozenset(_OTHERS.split())
"""Words after which a guess would be wrong: other operations, and those that exclude one."""


def squashed(text: str) -> str:
    """Return *text* as synonyms are looked up: in capitals, without spaces, dots and dashes."""
    return "".join(char for char in text.upper() if char not in " \t\n\r_-./·•:")


def _table(meanings: Mapping[str, str]) -> Mapping[str, str]:
    return {
        squashed(word): value for value, words in meanings.items() for word in words.split("|")
    }


SYNONYMS: Mapping[str, Mapping[str, str]] = {
    "task_type": _table({"REALTIME": REALTIME, "TIMING": TIMING}),
    "operation_types": _table(
        {
            "INSERT": INSERT,
            "UPDATE": UPDATE,
            "DELETE": DELETE,
            "INSERT,UPDATE,DELETE": ALL,
            "INSERT,UPDATE": UPSERT,
        }
    ),
}
"""By field and squashed word the cell that it means."""
