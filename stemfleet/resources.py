"""Where the files that ship with the program are, from a wheel and from a checkout alike."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_SHIPPED = {"firmware": "_firmware", "examples": "_examples"}


def resource(folder: str, *parts: str) -> Path:
    """Path of a shipped file: `resource("firmware", "microbit", "selftest.py")`.

    `folder` is "firmware" or "examples"; in a wheel it lies inside the package, in a checkout beside it.
    """
    in_wheel = _PACKAGE / _SHIPPED[folder]
    root = in_wheel if in_wheel.is_dir() else _PACKAGE.parent / folder
    return root.joinpath(*parts)
