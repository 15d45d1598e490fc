"""``python -m bocore.cli``: ``bo`` where its script is not on the path."""

from bocore.cli import main

if __name__ == "__main__":
    main()
