"""Text files as programs and analysts produce them, with the required result of each row."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.row_results import Results, created, noticed, rejected, warned


@dataclass(frozen=True, slots=True, kw_only=True)
class TextInput:
    """
    A text file.

    Attributes:
        text: the content; ``@`` is replaced by the stem of the file and a hyphen, so that the
            names of several files differ.
        rows: the required result of each row.
        suffix: of the file name.

    """

    text: str
    rows: Mapping[int, Results]
    suffix: str = ".csv"


def text(content: str, *results: Results, first: int = 2, suffix: str = ".csv") -> TextInput:
    """A file whose rows from number *first* on have these *results*."""
    return TextInput(text=content, rows=dict(enumerate(results, first)), suffix=suffix)


def column(
    heading: str, values: Iterable[str], result: Callable[[str], Results], more: str = ""
) -> TextInput:
    """A file with a row for each of *values* below *heading*; *more* headings are on its left."""
    given = list(values)
    commas = more.count(",") * ","
    rows = "".join(f"@{n},INSERT,{commas}{value}\n" for n, value in enumerate(given, 1))
    head = f"task_name,operation_types,{more}{heading}\n"
    return text(head + rows, *(result(value) for value in given))


def names(values: Sequence[str], result: Callable[[str], Results]) -> TextInput:
    """A file with these task names."""
    rows = "".join(f"{value},INSERT\n" for value in values)
    return text(f"task_name,operation_types\n{rows}", *(result(value) for value in values))


THREE = "task_name,operation_types,description\n"
FOUR = "task_name,operation_types,description,task_tag\n"
BOTH = created("INSERT,UPDATE")
ALL = created("INSERT,UPDATE,DELETE")
WRONG = rejected()
SPLIT = rejected("B2 C2")

RECORDS = {
    "surplus-semicolon": text(
        "task_name;operation_types;description\n@1;INSERT;Bestellungen; täglich\n@2;INSERT;ok\n",
        WRONG,
        created(description="ok"),
    ),
    "surplus-tab": text(
        "task_name\toperation_types\tdescription\n@1\tINSERT\ta\tb\n@2\tINSERT\tok\n",
        WRONG,
        created(description="ok"),
        suffix=".tsv",
    ),
    "decimal-comma": text(
        f"{FOUR}@1,INSERT,costs 1,50,tag1\n@2,INSERT,x,tag2\n",
        WRONG,
        created(description="x", task_tag="tag2"),
    ),
    "backslash-before-comma": text(
        f"{THREE}@1,INSERT,a\\, b\n@2,INSERT,ok\n", WRONG, created(description="ok")
    ),
    "blank-headings-at-the-end": text(
        "task_name,operation_types,description,,\n@1,INSERT,x,,\n@2,INSERT,y,,\n",
        created(description="x"),
        created(description="y"),
    ),
    "separator-after-each-row": text(f"{THREE}@1,INSERT,x,\n@2,INSERT,y,\n", WRONG, WRONG),
    "short-rows": text(
        f"{FOUR}@1,INSERT\n@2,UPDATE\n@3,INSERT,x\n@4,INSERT,x,tag1\n",
        created(),
        created("UPDATE"),
        created(description="x"),
        created(description="x", task_tag="tag1"),
    ),
    "unclosed-mark": text(
        f'{THREE}@1,INSERT,"open\n@2,INSERT,b\n@3,INSERT,c\n',
        WRONG,
        created(description="b"),
        created(description="c"),
    ),
    "split-at-semicolons": text(
        "task_name;operation_types;description\n@1;INSERT;UPDATE\n@2;INSERT;UPDATE orders\n",
        SPLIT,
        created(description="UPDATE orders"),
    ),
    "split-in-the-last-column": text(
        "task_name,description,operation_types\n@1,b,INSERT,UPDATE\n@2,b,INSERT\n",
        WRONG,
        created(description="b"),
    ),
    "split-in-lower-case": text(
        f"{FOUR}@1,insert, update, delete\n@2,Insert,Delete\n", SPLIT, rejected("B3 C3")
    ),
    "split-in-chinese": text(
        "任务名称,操作类型,描述\n@1,插入,更新\n@2,新增,订单\n", SPLIT, created(description="订单")
    ),
    "split-in-single-marks": text(f"{FOUR}@1,'INSERT,UPDATE'\n", SPLIT),
    "split-in-curly-marks": text(
        f"{FOUR}@1,“INSERT,UPDATE”\n@2,“INSERT，UPDATE”\n",
        SPLIT,
        BOTH + rejected("B3"),
    ),
    "list-of-python": text(
        f"{FOUR}@1,['INSERT', 'UPDATE']\n@2,\"['INSERT', 'UPDATE']\"\n",
        SPLIT,
        BOTH + rejected("B3"),
    ),
    "list-of-postgres": text(
        f'{FOUR}@1,{{INSERT,UPDATE}}\n@2,"{{INSERT,UPDATE}}"\n', SPLIT, BOTH + rejected("B3")
    ),
    "split-in-chinese-brackets": text(
        f"{FOUR}@1,（INSERT,UPDATE）\n@2,【INSERT,UPDATE】\n@3,《INSERT,UPDATE》\n",
        SPLIT,
        rejected("B3 C3"),
        rejected("B4 C4"),
    ),
    "rest-of-the-list-in-the-next-cell": text(
        f'{FOUR}@1,INSERT,"UPDATE, DELETE"\n@2,INSERT,UPDATE;DELETE\n',
        SPLIT,
        rejected("B3 C3"),
    ),
    "unmatched-marks": text(
        f"{FOUR}@1,INSERT],x,\n@2,(INSERT,x,\n@3,INSERT,x,[wave1\n@4,INSERT,x,wave1”\n"
        '"@5""",INSERT,x,\n',
        rejected("B2"),
        rejected("B3"),
        rejected("D4"),
        rejected("D5"),
        rejected("A6"),
    ),
    "line-break-in-quoted-cells": text(
        'task_name,operation_types,description\r\n@1,INSERT,"first\nsecond"\r\n@2,INSERT,x\r\n',
        created(description="first\nsecond"),
        created(description="x"),
    ),
    "bare-line-feed-in-crlf-file": text(
        f"{THREE}@1,INSERT,first\n".replace("\n", "\r\n")
        + "@2,INSERT,half\nother half\r\n@3,INSERT,third\r\n",
        created(description="first"),
        rejected(text="4"),
        rejected(text="3"),
        created(description="third"),
    ),
    "bare-cr-in-lf-file": text(
        f"{THREE}@1,INSERT,first\n@2,INSERT,half\rother half\n@3,INSERT,third\n",
        created(description="first"),
        rejected(text="4"),
        rejected(text="3"),
        created(description="third"),
    ),
    "line-ends-of-old-macs": text(
        f"{THREE}@1,INSERT,first\n@2,INSERT,second\n".replace("\n", "\r"),
        created(description="first"),
        created(description="second"),
    ),
    "break-in-a-name": text(
        f"{THREE}crm-\norders-1,INSERT,x\n@2,INSERT,y\n",
        rejected(text="3"),
        rejected(text="2"),
        created(description="y"),
    ),
    "break-in-a-list": text(
        f"{FOUR}@1,INSERT\nUPDATE,desc,tag1\n@2,INSERT,y,tag2\n",
        rejected(text="3"),
        rejected(text="2"),
        created(description="y", task_tag="tag2"),
    ),
    "break-after-the-comma-of-a-list": text(
        f"{FOUR}@1,INSERT,\nUPDATE,desc,tag1\n@2,INSERT,y,tag2\n",
        rejected(text="3"),
        rejected(text="2"),
        created(description="y", task_tag="tag2"),
    ),
    "two-breaks-in-a-cell": text(
        f"{FOUR}@1,INSERT,one\ntwo\nthree,tag-1\n@2,INSERT,y,tag2\n",
        rejected(text="3"),
        WRONG,
        WRONG,
        created(description="y", task_tag="tag2"),
    ),
    "break-before-the-last-cell-ends": text(
        f"{THREE}@1,INSERT,first\nsecond\n@2,INSERT,x\n",
        rejected(text="3"),
        rejected(text="2"),
        created(description="x"),
    ),
    "break-after-a-backslash": text(
        f"{FOUR}@1,INSERT,a\\\nb,tag1\n@2,INSERT,ok,tag2\n",
        rejected(text="3"),
        rejected(text="2"),
        created(description="ok", task_tag="tag2"),
    ),
    "ctrl-z-as-padding": text(f"{THREE}@1,INSERT,x\n" + "\x1a" * 40, created(description="x")),
    "ctrl-z-and-a-line-end": text(f"{THREE}@1,INSERT,x\n\x1a\n", created(description="x")),
    "space-before-marks-and-semicolons": text(
        'task_name; operation_types; description\n@1; "INSERT;UPDATE"; "a;b"\n',
        created("INSERT,UPDATE", description="a;b"),
    ),
    "space-before-doubled-marks": text(
        f'{THREE}@1, INSERT, "say ""hi"", then"\n@2, INSERT, "a\nb"\n',
        created(description='say "hi", then'),
        created(description="a\nb"),
    ),
    "space-after-marks": text(
        f'{THREE}"@1" ,"INSERT,UPDATE" ,"a, b"\n',
        created("INSERT,UPDATE", description="a, b") + WRONG,
    ),
    "marks-after-backslashes": text(
        f'{FOUR}@1,INSERT,"say \\"hi\\" now",tag1\n@2,INSERT,"say \\"a, b\\" now",tag2\n'
        "@3,INSERT,ok,tag3\n",
        created(description='say "hi" now', task_tag="tag1") + WRONG,
        created(description='say "a, b" now', task_tag="tag2") + WRONG,
        created(description="ok", task_tag="tag3"),
    ),
    "marks-inside-a-cell": text(
        f'{THREE}@1,INSERT,3" pipe\n@2,INSERT,"big" one\n@3,INSERT,x\n',
        created(description='3" pipe') + WRONG,
        created(description='"big" one') + WRONG,
        created(description="x"),
    ),
    "separator-in-the-first-line": text(
        "sep=;\r\ntask_name;operation_types;description\r\n@1;INSERT,UPDATE;x\r\n",
        created("INSERT,UPDATE", description="x"),
    ),
}

HEADINGS = {
    "marks-of-mandatory-columns": text(
        "Task name*,Operation types *,Description\n@1,INSERT,x\n", created(description="x")
    ),
    "remarks-in-chinese": text(
        "任务名称（必填）,操作类型(INSERT/UPDATE/DELETE),描述\n@1,INSERT,x\n",
        created(description="x"),
    ),
    "repeated-in-other-case": TextInput(
        text=f"{THREE}@1,INSERT,x\nTask Name,Operation Types,Description\n@2,INSERT,y\n",
        rows={2: created(description="x"), 4: created(description="y")},
    ),
    "joined-files": TextInput(
        text=f"\ufeff{THREE}@1,INSERT,x\n\ufeff{THREE}@2,INSERT,y\n",
        rows={2: created(description="x"), 4: created(description="y")},
    ),
    "joined-quoted-files": TextInput(
        text='\ufeff"task_name","operation_types"\n"@1","INSERT"\n'
        '\ufeff"task_name","operation_types"\n"@2","INSERT"\n',
        rows={2: created(), 4: created()},
    ),
    "repeated-without-the-last-headings": TextInput(
        text=f"{FOUR}@1,INSERT,x,tag1\ntask_name,operation_types\n@2,INSERT\n",
        rows={2: created(description="x", task_tag="tag1"), 4: created()},
    ),
    "chinese-then-english": TextInput(
        text=f"任务名称,操作类型,描述\n{THREE}@1,INSERT,x\n", rows={3: created(description="x")}
    ),
    "explanations-below-the-headings": text(
        f"{THREE}必填,必填,选填\nmandatory,INSERT/UPDATE/DELETE,optional\n@1,INSERT,x\n",
        WRONG,
        noticed(),
        created(description="x"),
    ),
    "blank-heading-with-notes": text(
        "task_name,operation_types,,description\n@1,INSERT,note,x\n", created(description="x")
    ),
    "index-of-pandas": text(",task_name,operation_types\n0,@1,INSERT\n", created()),
    "title-above-the-headings": TextInput(
        text=f"Tasks of wave 1,,\n,,\n{THREE}@1,INSERT,x\n", rows={4: created(description="x")}
    ),
}

_EXPONENTS = (
    "1.23E+15",
    "1.2345678E7",
    "1.0E10",
    "1.23e15",
    "-1.5E-05",
    "1E+10",
    "1.234567E+09",
    "1.0e-07",
    '"1,23E+15"',
)
_DATES = (
    "5-Mar",
    "Mar-05",
    "1-Sep",
    "12/05/2026",
    "2026/1/3",
    "05.03.2026",
    "2026-03-05",
    "01-SEP-26",
    "1-Sep-26",
    "1-Mai",
    "May-26",
    "31.12.26",
    "1-sep",
)
_NO_DATES = (
    "may-orders",
    "orders-5-Mar",
    "app-12-05",
    "march",
    "10-2026-x",
    "2026",
    "1.2.3",
    "dec-crm-01",
    "99-Mar-x",
    "192.168.1.10",
)
_NULLS = ("\\N", "NULL", "null", "(null)", "NaN", "None", "<NA>", "NaT", "[NULL]", "undefined")
_ERRORS = ("#N/A", "#REF!", "#NAME?", "#SPILL!", "#NV", "#BEZUG!", "#WERT!", "Err:502", "#ERROR!")

DAMAGE = {
    "exponents-in-ids": column("source_app_id", _EXPONENTS, lambda _: rejected()),
    "exponents-in-names": names(("1.23E+15", "1.0E10", "9.87654E9"), lambda _: rejected()),
    "exponents-in-tags": column("task_tag", ("1.0E10", "1.23E+15"), lambda _: rejected()),
    "no-exponents": column(
        "source_app_id", ("abc-1E5", "e10", "E2E"), lambda value: created(source_app_id=value)
    ),
    "floats-of-pandas": column("task_id", ("1001.0", "20260301.0"), lambda _: noticed()),
    "dates-in-ids": column("source_app_id", _DATES, lambda value: warned(source_app_id=value)),
    "dates-in-names": names(
        ("2026-03-05", "5-Mar", "Mar-05", "1-Sep-26", "05.03.2026"), lambda _: warned("")
    ),
    "no-dates": column("source_app_id", _NO_DATES, lambda value: created(source_app_id=value)),
    "dates-of-chinese-programs": column(
        "target_app_id", ("3月5日", "2026年3月5日", "2026-03-05 00:00:00"), lambda _: noticed()
    ),
    "narrow-columns": column("task_id", ("########", "####"), lambda _: rejected(text="narrow")),
    "narrow-description": column("description", ("########",), lambda _: noticed("narrow")),
    "signs-of-numbers": column(
        "description", ("# 1", "## Orders", "C#"), lambda value: created(description=value)
    ),
    "nulls-in-descriptions": column("description", _NULLS, lambda _: noticed()),
    "nulls-in-ids": column("source_app_id", (*_NULLS, "-", "n/a", "TBD"), lambda _: noticed()),
    "nulls-in-tags": column("task_tag", ("NULL", "null", "None"), lambda _: noticed()),
    "nulls-as-names": names(("NULL", "null", "None", "NaN", "undefined"), lambda _: noticed()),
    "guarded-ids": text(
        'task_name,operation_types,task_id\n@1,INSERT,="007"\n@2,INSERT,"=""0071"""\n',
        noticed() + created(task_id="007"),
        noticed() + created(task_id="0071"),
    ),
    "guarded-descriptions": column("description", ('="007"',), lambda _: noticed()),
    "errors-in-ids": column("source_app_id", _ERRORS, lambda _: noticed()),
    "errors-in-descriptions": column("description", _ERRORS, lambda _: noticed()),
    "lists-of-powershell": TextInput(
        text='#TYPE System.Management.Automation.PSCustomObject\r\n"task_name","operation_types",'
        '"description"\r\n"@1","INSERT","x"\r\n"@2","System.Object[]","y"\r\n'
        '"@3","INSERT","System.Object[]"\r\n',
        rows={3: created(description="x"), 4: rejected("B4"), 5: noticed()},
    ),
}

_TOTALS = (
    "Total",
    "TOTAL:",
    "Sum",
    "Sum: 3",
    "合计",
    "总计：2",
    "小计",
    "Subtotal",
    "Grand Total",
    "Summe",
    "合计 2",
    "共计",
    "Total tasks: 2",
)

TOTALS = {
    "table-with-totals": text(
        f"{THREE}@1,INSERT,x\n" + "".join(f"{word},,\n" for word in _TOTALS),
        created(description="x"),
        *(rejected(text="total") for _ in _TOTALS),
    ),
    "totals-in-other-cells": text(
        f"{THREE}@1,INSERT,x\nTotal,1,1\n,Total,2\n,,Total\n",
        created(description="x"),
        rejected(text="total"),
        rejected(text="total"),
        WRONG,
    ),
    "no-totals": text(
        f"{THREE}total-orders,INSERT,x\nsum-check,INSERT,Total\nsubtotals-1,INSERT,sum of orders\n",
        created(description="x"),
        created(description="Total"),
        created(description="sum of orders"),
    ),
    "footers-of-databases": text(
        f"{THREE}@1,INSERT,x\n(1 rows affected)\n1 row selected.\nEOF\n",
        created(description="x"),
        WRONG,
        WRONG,
        WRONG,
    ),
    "task-id-three-times": text(
        "task_name,operation_types,task_id\n@1,INSERT,idd3\n@2,INSERT,idd3\n@3,INSERT, idd3 \n"
        "@4,INSERT,idd4\n@5,INSERT,IDD4\n",
        rejected("C2", "4"),
        rejected("C3", "4"),
        rejected("C4", "2"),
        created(task_id="idd4"),
        created(task_id="IDD4"),
    ),
    "task-id-of-a-rejected-row": text(
        "task_name,operation_types,task_id\n@1,INSERT,idr3\n@2,INSRT,idr3\n",
        rejected("C2", "3"),
        rejected("B3"),
    ),
}

_LISTS: Mapping[str, Results] = {
    "INSERT & UPDATE": BOTH,
    "INSERT and UPDATE": BOTH,
    "INSERT AND UPDATE": BOTH,
    "INSERT&UPDATE": BOTH,
    "INSERT、UPDATE和DELETE": ALL,
    "新增、修改": BOTH,
    "插入/更新/删除": ALL,
    "新增 修改": BOTH,
    "插入和更新": BOTH,
    "INSERT, UPDATE and DELETE": ALL,
    "INSERT, UPDATE, and DELETE": ALL,
    "Insert, Update, & Delete": ALL,
    "INSERT|UPDATE": BOTH,
    "insert+update": BOTH,
    "INSERT;UPDATE;": BOTH,
    "INSERT，UPDATE": BOTH,
    "INSERT；UPDATE": BOTH,
    "INSERT or UPDATE": WRONG,
    "not DELETE": WRONG,
    "ALL": WRONG,
    "UPSERT": WRONG,
    "I,U,D": WRONG,
    "INSERTUPDATE": WRONG,
    "INSERT only": WRONG,
    "INSERT, not UPDATE": WRONG,
    "INSERT,NULL": WRONG,
    "不删除": WRONG,
    "INSERT=Y, UPDATE=N": WRONG,
}

OPERATIONS = {
    "lists": text(
        "task_name\toperation_types\n"
        + "".join(f"@{number}\t{value}\n" for number, value in enumerate(_LISTS, 1)),
        *_LISTS.values(),
        suffix=".tsv",
    ),
    "wrong-values-in-one-cell": text(
        'task_name,operation_types\n@1,"UPSRT, DELTE, INSERT"\n', rejected("B2", "DELTE")
    ),
}

REFUSED = {
    "headings-twice": "task_name,operation_types,task_tag,task_tag\na-1,INSERT,tag1,tag2\n",
    "headings-in-two-spellings": "task_name,Task Name,operation_types\na-1,a-2,INSERT\n",
    "headings-in-two-languages": "task_name,任务名称,operation_types\na-1,a-2,INSERT\n",
    "other-order-below": f"{FOUR}a-1,INSERT,x,tag1\ntask_name,operation_types,task_tag,description"
    "\na-2,INSERT,tag2,text\n",
    "quoted-rows": '"task_name,operation_types"\n"a-1,INSERT"\n',
    "unknown-headings-and-ragged-rows": "Name,Ops\na-1,INSERT,3,4,5\n",
}
"""Files from which nothing is read: exit code 2."""
