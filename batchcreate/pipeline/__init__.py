"""The commands without the command line; modules are imported from here directly."""
