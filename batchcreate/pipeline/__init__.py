"""
Each command's story on one screen, in a module of its own.

Nothing is imported here: a command that sends nothing does not wait for what others need.
"""
