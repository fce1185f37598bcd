"""`python -m retour`: the command line, where the console script is not on the path."""

from retour.cli import main

if __name__ == "__main__":
    main()
