"""What can be done, each thing said once, whatever the codes that call for it."""

from typing import Final

from batchcreate.advice.values import Owner, Remedy, Retry, Words

MEND_CELLS: Final = Remedy(
    owner=Owner.ANALYST,
    retry=Retry.USELESS,
    words=Words(
        en="Mend the cells that issues.csv lists (to-fix colours them), then run the mended file.",
        zh="请更正 issues.csv 列出的单元格（to-fix 文件中已标色），然后用更正后的文件重新运行。",
    ),
)
CORRECT_ROW: Final = Remedy(
    owner=Owner.ANALYST,
    retry=Retry.USELESS,
    words=Words(
        en="Correct in the spreadsheet what the message names, then run the corrected file.",
        zh="请在表格中更正提示信息所指的内容，然后用更正后的文件重新运行。",
    ),
)
RENAME: Final = Remedy(
    owner=Owner.ANALYST,
    retry=Retry.USELESS,
    words=Words(
        en="Type another task_name and run the file again; if the existing task is the one that"
        " is meant, take the row out.",
        zh="请改用其他 task_name 后重新运行；如果已有的就是所要的任务，请删除该行。",
    ),
)
SHORTEN: Final = Remedy(
    owner=Owner.ANALYST,
    retry=Retry.USELESS,
    words=Words(
        en="Shorten the long cells of the row, the description first, then run the file again.",
        zh="请缩短该行中过长的内容（先看 description），然后重新运行。",
    ),
)
RENEW_CREDENTIALS: Final = Remedy(
    owner=Owner.ENGINEER,
    retry=Retry.AFTER_MENDING,
    words=Words(
        en="Renew what is configured: the token (BATCHCREATE_TOKEN, --token-file), the IAM user"
        " (BATCHCREATE_IAM_USER, _PASSWORD, _DOMAIN) or the access key (HUAWEICLOUD_SDK_AK, _SK)."
        " Wait 5 minutes after several wrong keys, try with 'batchcreate doctor', then run the"
        " same command again.",
        zh="请更新所配置的凭证：令牌（BATCHCREATE_TOKEN、--token-file）、IAM 用户"
        "（BATCHCREATE_IAM_USER、_PASSWORD、_DOMAIN）或访问密钥（HUAWEICLOUD_SDK_AK、_SK）。"
        "若连续使用错误密钥，请等待 5 分钟；先用 batchcreate doctor 验证，再重新执行同一命令。",
    ),
)
RENEW_TOKEN: Final = Remedy(
    owner=Owner.ENGINEER,
    retry=Retry.AFTER_MENDING,
    words=Words(
        en="Get a new token of this region and project (BATCHCREATE_TOKEN, --token-file), or"
        " configure an IAM user (BATCHCREATE_IAM_USER), whose tokens batchcreate renews by itself;"
        " then run the same command again.",
        zh="请获取该区域、该项目的新令牌（BATCHCREATE_TOKEN、--token-file），或配置 IAM 用户"
        "（BATCHCREATE_IAM_USER），由 batchcreate 自动续期；然后重新执行同一命令。",
    ),
)
GRANT: Final = Remedy(
    owner=Owner.ENGINEER,
    retry=Retry.AFTER_MENDING,
    words=Words(
        en="Have the account granted roma:tasks:create and roma:tasks:list in this project, or"
        " correct project_id and instance_id; try with 'batchcreate doctor', then run the same"
        " command again.",
        zh="请为该账号授予本项目的 roma:tasks:create 与 roma:tasks:list 权限，或更正 project_id 与"
        " instance_id；先用 batchcreate doctor 验证，再重新执行同一命令。",
    ),
)
ALLOW_ADDRESS: Final = Remedy(
    owner=Owner.ENGINEER,
    retry=Retry.AFTER_MENDING,
    words=Words(
        en="Run from a network that the service lets in, such as through --proxy, or have this"
        " address allowed; then run the same command again.",
        zh="请在服务允许的网络中运行（例如通过 --proxy），或将本机地址加入白名单；然后重新执行同一命令。",
    ),
)
PAY: Final = Remedy(
    owner=Owner.ENGINEER,
    retry=Retry.AFTER_MENDING,
    words=Words(
        en="Have the account's balance, its subscription and its quota of calls checked, then run"
        " the same command again.",
        zh="请检查账号余额、订购状态与调用配额，然后重新执行同一命令。",
    ),
)
CORRECT_TARGET: Final = Remedy(
    owner=Owner.ENGINEER,
    retry=Retry.USELESS,
    words=Words(
        en="Compare project_id and instance_id (columns, or --project-id and --instance-id) and"
        " --endpoint or --region with the console; try with 'batchcreate doctor', then run with"
        " the corrected ones.",
        zh="请对照控制台核对 project_id 与 instance_id（列，或 --project-id、--instance-id）以及"
        " --endpoint 或 --region；先用 batchcreate doctor 验证，再用更正后的参数运行。",
    ),
)
CORRECT_ENDPOINT: Final = Remedy(
    owner=Owner.ENGINEER,
    retry=Retry.USELESS,
    words=Words(
        en="Correct --endpoint, or name the --region instead; another endpoint needs a results"
        " folder of its own (--results).",
        zh="请更正 --endpoint，或改用 --region；更换终端节点时需使用新的结果文件夹（--results）。",
    ),
)
MAKE_ROOM: Final = Remedy(
    owner=Owner.ENGINEER,
    retry=Retry.AFTER_MENDING,
    words=Words(
        en="Delete tasks that nobody needs, then run the same command again; or spread the rows"
        " over more instances by a column instance_id.",
        zh="请删除不再需要的任务后重新执行同一命令；或用 instance_id 列把各行分配到更多实例。",
    ),
)
LOOK_AT_TASK: Final = Remedy(
    owner=Owner.ENGINEER,
    retry=Retry.USELESS,
    words=Words(
        en="This is about a task that exists, not about creating one: look at it in the console,"
        " and turn to the provider's support where it stays like that.",
        zh="该错误与已有任务有关，并非创建任务所致：请在控制台查看该任务；若问题持续，请联系云服务商技术支持。",
    ),
)
CHECK_SOURCE: Final = Remedy(
    owner=Owner.ENGINEER,
    retry=Retry.AFTER_MENDING,
    words=Words(
        en="Test the data source in the console: its address, account and network; then run the"
        " same command again.",
        zh="请在控制台测试该数据源的地址、账号与网络；然后重新执行同一命令。",
    ),
)
SLOW_DOWN: Final = Remedy(
    owner=Owner.ENGINEER,
    retry=Retry.HELPS,
    words=Words(
        en="Run the same command again; where it happens often, give a lower --rate.",
        zh="请重新执行同一命令；若频繁出现，请调低 --rate。",
    ),
)
RUN_LATER: Final = Remedy(
    owner=Owner.CLOUD,
    retry=Retry.HELPS,
    words=Words(
        en="Run the same command again in a few minutes; where it lasts, give code, time and task"
        " name from results.csv to the provider's support.",
        zh="请几分钟后重新执行同一命令；若问题持续，请将 results.csv 中的错误码、时间与任务名提供给云服务商技术支持。",
    ),
)
ASK_SUPPORT: Final = Remedy(
    owner=Owner.CLOUD,
    retry=Retry.AFTER_MENDING,
    words=Words(
        en="Nothing in the row is wrong: give code, time and task name from results.csv to the"
        " provider's support, and run the same command again when it is mended.",
        zh="该行数据没有问题：请将 results.csv 中的错误码、时间与任务名提供给云服务商技术支持，修复后重新执行同一命令。",
    ),
)
ASK_ABOUT: Final = Remedy(
    owner=Owner.ENGINEER,
    retry=Retry.AFTER_MENDING,
    words=Words(
        en="Mend what the message names, or ask the provider's support with code, time and task"
        " name from results.csv; then run the same command again.",
        zh="请修正提示信息所指的问题，或携带 results.csv 中的错误码、时间与任务名咨询云服务商技术支持；然后重新执行同一命令。",
    ),
)
ASK_LIST: Final = Remedy(
    owner=Owner.ENGINEER,
    retry=Retry.HELPS,
    words=Words(
        en="Run the same command again: the server's list is asked first, and the row is sent"
        " only where it proves that there is no such task.",
        zh="请重新执行同一命令：会先查询服务端的任务列表，仅在确认任务不存在时才重新发送。",
    ),
)
RUN_AGAIN: Final = Remedy(
    owner=Owner.ENGINEER,
    retry=Retry.HELPS,
    words=Words(en="Run the same command again.", zh="请重新执行同一命令。"),
)
CHECK_NETWORK: Final = Remedy(
    owner=Owner.ENGINEER,
    retry=Retry.HELPS,
    words=Words(
        en="Check --endpoint or --region, the network and --proxy with 'batchcreate doctor', then"
        " run the same command again.",
        zh="请用 batchcreate doctor 检查 --endpoint 或 --region、网络以及 --proxy，然后重新执行同一命令。",
    ),
)
TRUST: Final = Remedy(
    owner=Owner.ENGINEER,
    retry=Retry.AFTER_MENDING,
    words=Words(
        en="Check --endpoint; where the certificate is of your own authority, give that one's with"
        " --ca-file. Verification cannot be switched off.",
        zh="请检查 --endpoint；若证书由自建机构签发，请用 --ca-file 指定该机构的证书。证书校验不能关闭。",
    ),
)
MEND_PROXY: Final = Remedy(
    owner=Owner.ENGINEER,
    retry=Retry.HELPS,
    words=Words(
        en="Check --proxy, BATCHCREATE_PROXY_USER and BATCHCREATE_PROXY_PASSWORD, then run the same"
        " command again.",
        zh="请检查 --proxy、BATCHCREATE_PROXY_USER 与 BATCHCREATE_PROXY_PASSWORD，然后重新执行同一命令。",
    ),
)
NOTHING: Final = Remedy(owner=Owner.ENGINEER, retry=Retry.USELESS, words=Words(en="", zh=""))
KEEP_OR_CHANGE: Final = Remedy(
    owner=Owner.ANALYST,
    retry=Retry.USELESS,
    words=Words(
        en="Nothing is to be done where that task is meant; for a further one type another"
        " task_name. A task that exists is changed in the console.",
        zh="若就是所要的任务，则无需处理；如需另建任务，请改用其他 task_name。已有任务请在控制台修改。",
    ),
)
