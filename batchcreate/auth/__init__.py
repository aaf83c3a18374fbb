"""Credentials: where they come from and which headers they put on a request."""

from batchcreate.auth.credentials import Credential, SignedKey, Token
from batchcreate.auth.grants import IamUser, id_of
from batchcreate.auth.iam import IamTokens
from batchcreate.auth.ways import (
    PROMPT,
    Given,
    GivenKey,
    GivenToken,
    GivenUser,
    find_way,
    is_readable_by_others,
)

__all__ = [
    "PROMPT",
    "Credential",
    "Given",
    "GivenKey",
    "GivenToken",
    "GivenUser",
    "IamTokens",
    "IamUser",
    "SignedKey",
    "Token",
    "find_way",
    "id_of",
    "is_readable_by_others",
]
