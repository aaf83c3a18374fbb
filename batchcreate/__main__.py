"""
Entry point of ``python -m batchcreate`` and of the console script.

A short module: the interpreter requires this name.
"""

from batchcreate.cli import main

if __name__ == "__main__":
    main()
