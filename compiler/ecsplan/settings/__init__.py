"""Values of keys that a command overrides: `--set KEY=VALUE`, and the command behind `--`.

Takes the texts of the options.
Gives the nodes that replace those of a job, with their places in the option.
Must not know what a key means beyond which keys there are.
"""
