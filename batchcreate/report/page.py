"""report.html: one page to look at, without scripts and without anything from elsewhere."""

import base64
import hashlib
from datetime import tzinfo
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from batchcreate.advice import explain_row
from batchcreate.errors import ReportError
from batchcreate.models import ResultRow, Status
from batchcreate.report.contents import contents
from batchcreate.report.files import replacing
from batchcreate.report.story import Story
from batchcreate.report.wording import (
    in_utc,
    in_zone,
    one_line,
    spell_rows,
    spell_time_taken,
    words_of,
)
from batchcreate.text import printable

if TYPE_CHECKING:
    from jinja2 import Environment


def write_page(
    path: Path, story: Story, *, language: str = "en", zone: tzinfo | None = None
) -> None:
    """
    Write the page that tells *story*.

    Args:
        path: of the page.
        story: what it tells.
        language: of what is said about causes.
        zone: of the reader; ``None`` for that of this machine.

    Raises:
        ReportError: the page cannot be made, or its file cannot be written.

    """
    try:
        text = _render(story, language, zone)
    except Exception as error:
        msg = (
            f"{path}: cannot be made ({type(error).__name__}: {printable(str(error))}); the other "
            "reports do not depend on it"
        )
        raise ReportError(msg) from error
    with replacing(path) as file:
        file.write(text)


def _render(story: Story, language: str, zone: tzinfo | None) -> str:
    from markupsafe import Markup

    style = files(__package__).joinpath("templates/report.css").read_text(encoding="utf-8")
    template = _environment(zone).get_template("report.html")
    return template.render(
        style=Markup(style),  # noqa: S704 # ours
        style_hash=_hash(style),
        language=language,
        **contents(story, language),
    )


def _environment(zone: tzinfo | None) -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        finalize=_harmless,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": "{:,}".format,
        "in_utc": in_utc,
        "in_zone": partial(in_zone, zone=zone),
        "link": partial(quote, errors="surrogateescape"),
        "owner": _owner,
        "rows": spell_rows,
        "shapes": Markup,
        "took": spell_time_taken,
        "words": words_of,
    }
    return environment


def _owner(row: ResultRow) -> str:
    """Return who can mend *row*; nobody has to where its task existed already."""
    return "" if row.status is Status.SKIPPED else explain_row(row).owner.value


def _harmless(value: object) -> object:
    """Make every text that is put into the page printable; it is escaped after that."""
    is_ours = hasattr(value, "__html__")
    return one_line(value) if isinstance(value, str) and not is_ours else value


def _hash(style: str) -> str:
    """Return what allows exactly this style sheet in a content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}"
