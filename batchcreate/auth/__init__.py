"""Credentials: discovery, IAM login, and the headers that authenticate a request."""

from batchcreate.auth.credentials import Credential, SignedKey, Token
from batchcreate.auth.discovery import (
    PROMPT,
    ConfiguredCredential,
    ConfiguredKey,
    ConfiguredToken,
    ConfiguredUser,
    find_credential,
    permission_warning,
)
from batchcreate.auth.iam import IamTokens, IamUser, read_project_id
from batchcreate.auth.signing import AccessKey

__all__ = [
    "PROMPT",
    "AccessKey",
    "ConfiguredCredential",
    "ConfiguredKey",
    "ConfiguredToken",
    "ConfiguredUser",
    "Credential",
    "IamTokens",
    "IamUser",
    "SignedKey",
    "Token",
    "find_credential",
    "permission_warning",
    "read_project_id",
]
