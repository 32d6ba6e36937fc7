"""`python -m harness`: see harness/cli/."""

import sys

if __name__ == "__main__":
    try:
        from harness.cli import main
    except ModuleNotFoundError as missing:
        print(
            f"ERROR  {sys.executable} has no {missing.name}:"
            " this is not the Python in which restorebench is installed\n"
            "TIP    make run, then: source .venv/bin/activate",
            file=sys.stderr,
        )
        sys.exit(3)
    except KeyboardInterrupt:
        sys.exit(130)
    main()
