"""Malicious texts: formulas, markup, templates, terminal sequences, Unicode and long texts."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

_FORMULAS: Final = (
    *("=1+1", "+1+1", "-1+1", "@SUM(1+1)", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x","y")'),
    *('=IMPORTXML("http://x","//a")', '=DDE("cmd";"/C calc";"x")', "\t=1+1", "\r=1+1"),
    *("\n=1+1", "\uff1d1+1", "\uff0b1+1", "\uff0d1+1", "\uff20SUM(1)", "'=1+1", '"=1+1"'),
    *('=WEBSERVICE("http://x")', "{=1+1}", "==1", "= 1", "%0A=1", ";=1+1", ",=1+1", "|=1+1"),
)
_MARKUP: Final = (
    *("<script>window.hacked=1</script>", "<img src=x onerror=window.hacked=1>"),
    *("<svg/onload=window.hacked=1>", '"><script>window.hacked=1</script>', "'><b>x</b>"),
    *("</style><script>window.hacked=1</script>", "</title><h1>x</h1>", "--><b>x</b>"),
    *("]]><script>window.hacked=1</script>", "<!--", "<![CDATA[x]]>", "<?xml version='1.0'?>"),
    *("<a href=javascript:window.hacked=1>x</a>", "javascript:window.hacked=1", "&lt;b&gt;"),
    *("<iframe src=//x></iframe>", "<base href=//x>", "<meta http-equiv=refresh content=0>"),
    *("<link rel=stylesheet href=//x>", "<style>*{display:none}</style>", "&#60;script&#62;"),
    *('" onmouseover="window.hacked=1', "' style='display:none", "`${window.hacked=1}`"),
    *("<details open ontoggle=window.hacked=1>", "<math><mtext></mtext></math>", "&nbsp;&shy;"),
    *("<table><tr><td>", "</td></tr></table>", "</details>", "</body></html>", "<plaintext>"),
    *("<r></c></r>", "<r><t>x</t></r>", "<r>\n</r>", "</t></is></c>"),
)
_TEMPLATES: Final = (
    *(
        "{{ 7*7 }}",
        "{% raw %}",
        "{# x #}",
        "${7*7}",
        "#{7*7}",
        "<%= 7*7 %>",
        "{0}",
        "{a.__class__}",
    ),
    *("%s%s%n", "%(x)s", "$x$", "$\\frac{1}{2}$", "\\input{x}", "\\x1b[2J", "\\u0000", "\\"),
    *("'; DROP TABLE rows; --", '" OR ""="', "null", "NULL", "None", "nan", "NaN", "undefined"),
    *("true", "FALSE", "#REF!", "#N/A", "#DIV/0!", "1e309", "0x10", "007", "1,5", "1/2", "-0"),
    *("2026-01-01", "12:00", "\u0661\u0662\u0663", "1\u00a0000", "00000000000000000001"),
    *(
        "_x0041_",
        "_x000D_",
        "_x005F_",
        "../../etc/passwd",
        "file:///etc/passwd",
        "C:\\x",
        "~",
        "/",
    ),
    *("[bold red]x[/bold red]", "[link=http://x]y[/link]", "[/]", ":smile:", "*", "`rm -rf`"),
    *("$(reboot)", "; reboot", "| reboot", "&& reboot", '"', "'", "''", '""', ",", ";", "\\\\x"),
)
_TERMINAL: Final = (
    *("\x1b[2J", "\x1b]0;title\x07", "\x1b[31mred", "\x1b]8;;http://x\x1b\\y", "\x9b2J"),
    *("\x1bP+q544e\x1b\\", "\x1b[6n", "\x1b[?1049h", "\x07\x07", "\x08\x08", "a\rb", "\x0e\x0f"),
    *("\x1b]52;c;aGk=\x07", "\x1b[8m", "\x1bc", "\x90\x9c", "\x84\x85", "a\x0bb\x0cc"),
)
_UNICODE: Final = (
    *("\u202egnp.exe", "a\u202db", "\u2066x\u2069", "\u200fx", "\u061cx", "\u200b", "a\u200db"),
    *("\ufeff", "\ufffe", "\uffff", "\U0001ffff", "\ue000", "\U000f0000", "\U0010ffff", "\ufffd"),
    *("\u2028", "\u2029", "\u00ad", "\u034f", "\u115f", "\u3164", "\u180e", "\u00a0", "\u3000"),
    *(
        "Z\u0351\u036b\u0343\u036a",
        "\u0301",
        "e\u0301" * 50,
        "\U0001f469\u200d\U0001f4bb",
        "\U0001f3f4",
    ),
    *(
        "\u5ba2\u6237\u4e3b\u6570\u636e",
        "\U00020000",
        "\u0627\u0644\u0639",
        "\u05e9\u05dc\u05d5\u05dd",
    ),
    *("\u0130i\u0131I", "\u00df", "\ufb01", "\u1e9b\u0323", "\u2126", "\U0001d400", "\U000e0041"),
)
_LONG: Final = ("x" * 5000, "=" * 300, "<b>" * 300, "\u5ba2" * 2000, "\u202e" * 200, "a " * 900)

HOSTILE: Final = tuple(
    dict.fromkeys(
        chain(
            *(_FORMULAS, _MARKUP, _TEMPLATES, _TERMINAL, _UNICODE, _LONG),
            (f"a{chr(point)}b" for point in (*range(1, 32), *range(127, 160))),
        )
    )
)
"""Texts for cells of input files, which cannot contain NUL or lone surrogates."""

SENT: Final = (*HOSTILE, "\x00", "a\x00b", "\ud800", "a\udfffb", "\udc80\ud800")
"""Texts for responses of a server, including NUL and lone surrogates."""


def harmful(text: str) -> Iterator[str]:
    """Yield the characters of *text* that a report must not contain unescaped."""
    for char in text:
        if not char.isprintable() and char not in "\n\t":
            yield char
