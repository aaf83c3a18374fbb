"""What `check` says about rows that broke the same rule."""

CHECK = {
    "check.group": "{count} 行：{what}（{column} 列）",
    "check.group_of_one": "{count} 行：{what}（{column} 列）",
}
