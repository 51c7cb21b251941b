"""`python -m ecsplan` is the command `ecsplan`. Nothing else in this package knows the command."""

from ecsplan_cli.start import start

if __name__ == "__main__":
    start()
