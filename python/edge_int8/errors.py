"""What can go wrong. Messages are those of the command line: what, where, and
what was expected. A number is the exit code that the program would end with."""


class Error(Exception):
    """Any refusal of this package."""

    exit_code = 1


class UsageError(Error, ValueError):
    """An argument, or a combination of arguments, makes no sense."""

    exit_code = 2


class InputError(Error, ValueError):
    """A file is not what it should be, or can't be read."""

    exit_code = 3


class InternalError(Error, RuntimeError):
    """A bug of edge_int8."""

    exit_code = 4
