"""The names of the variables that prove who somebody is; what they hold is read elsewhere."""

from typing import Final

TOKEN: Final = "BATCHCREATE_TOKEN"  # noqa: S105 # the name of a variable, no secret
IAM: Final = ("BATCHCREATE_IAM_USER", "BATCHCREATE_IAM_PASSWORD", "BATCHCREATE_IAM_DOMAIN")
KEY: Final = ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK")
KEY_TOKEN: Final = "HUAWEICLOUD_SDK_SECURITY_TOKEN"  # noqa: S105 # likewise
PROXY: Final = ("BATCHCREATE_PROXY_USER", "BATCHCREATE_PROXY_PASSWORD")

SECRETS: Final = (TOKEN, *IAM, *KEY, KEY_TOKEN, *PROXY)
"""All of them; none is a setting, and none is ever shown."""
