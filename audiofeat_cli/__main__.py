"""`python -m audiofeat_cli` is `audiofeat`."""

from audiofeat_cli.cli import main

if __name__ == "__main__":
    main()
