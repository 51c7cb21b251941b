"""`python -m ecsplan_cli` is the command `ecsplan`, as `python -m ecsplan` is."""

from ecsplan_cli.start import start

if __name__ == "__main__":
    start()
