"""``batchcreate template``: the spreadsheet that analysts fill in."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from batchcreate.cli.exits import DONE
from batchcreate.cli.say import say
from batchcreate.clock import utc_now
from batchcreate.pipeline.templating import template
from batchcreate.settings import language_of, load


def template_command(path: Path, options: Mapping[str, Any], *, is_forced: bool) -> int:
    """Carry out ``template`` and return its exit code."""
    language = language_of(load(options), os.environ)
    template(path, language=language, is_forced=is_forced, at=utc_now())
    again = shlex.join(["batchcreate", "check", str(path)])
    say(f"template: {path}\nnext: let it be filled in, then {again}")
    return DONE
