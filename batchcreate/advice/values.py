"""What the catalogue of causes is made of."""

import re
from dataclasses import dataclass
from enum import StrEnum

from batchcreate.messages import sentences


class Owner(StrEnum):
    """Who can mend a cause."""

    ANALYST = "analyst"
    ENGINEER = "engineer"
    CLOUD = "cloud"


class Retry(StrEnum):
    """Whether the very same row may be created when it is sent again."""

    HELPS = "helps"
    AFTER_MENDING = "after_mending"
    USELESS = "useless"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """
    One text in every language.

    Attributes:
        en: in English.
        zh: in Chinese.

    """

    en: str
    zh: str

    def said(self, language: str) -> str:
        """Return the text in *language*, ``en`` or ``zh``."""
        return {"en": self.en, "zh": self.zh}[language]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """
    What mends one kind of cause.

    Attributes:
        owner: who can.
        retry: whether sending the row again can help.
        words: what to do, naming our options and files.

    """

    owner: Owner
    retry: Retry
    words: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One cause, as one source tells of it.

    Attributes:
        codes: the error codes that mean this.
        http_statuses: those that it comes with, the usual one first; empty where it comes
            without an answer or with any.
        meaning: what it says.
        remedy: what to do.
        source: short name of the page that the fact stands on.
        phrase: found in the message where this is meant, and not one of the code's other causes.

    """

    codes: tuple[str, ...]
    http_statuses: tuple[int, ...] = ()
    meaning: Words
    remedy: Remedy
    source: str
    phrase: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """
    What people read about a cause, in one language.

    Attributes:
        code: as it is catalogued, or as it came where it is not.
        http_statuses: those that it is known to come with.
        meaning: what it says.
        owner: who can mend it.
        action: what to do; empty where nothing is.
        retry: whether the very same row may be created when it is sent again.
        source: the page that says so, by its short name.
        is_known: the code itself is catalogued; otherwise this is what holds for its kind.
        is_by_message: only the words of the message tell that this is meant.

    """

    code: str
    http_statuses: tuple[int, ...]
    meaning: str
    owner: Owner
    action: str
    retry: Retry
    source: str
    is_known: bool = True
    is_by_message: bool = False

    @property
    def can_retry(self) -> bool:
        """Sending the same again, with nothing mended, can help."""
        return self.retry is Retry.HELPS

    @property
    def text(self) -> str:
        """What it says and what to do, on one line; empty where nothing is to be done."""
        return sentences(self.meaning, self.action) if self.action else ""
