"""What virtual boards need of the computer, said all at once: nobody wants to hear of one package after the other."""

from collections.abc import Sequence

from stemfleet.errors import ToolMissing

_APT = "sudo apt install "


def all_missing(each: Sequence[ToolMissing]) -> ToolMissing:
    """One error for several: every tool once, and as few commands as install them."""
    tools = list(dict.fromkeys(error.facts["tool"] for error in each))
    commands = list(dict.fromkeys(error.facts["install"] for error in each))
    if len(tools) == 1:
        return each[0]
    packages = dict.fromkeys(
        package for command in commands if command.startswith(_APT) for package in command.removeprefix(_APT).split()
    )
    apt = [_APT + " ".join(packages)] if packages else []
    rest = [command for command in commands if not command.startswith(_APT)]
    return ToolMissing(
        "These are not installed: {tool}. Install them with: {install}",
        tool=", ".join(tools),
        install=" && ".join([*apt, *rest]),
    )
