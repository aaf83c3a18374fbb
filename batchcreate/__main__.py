"""``python -m batchcreate`` and the console script."""

from batchcreate.cli import main

if __name__ == "__main__":
    main()
