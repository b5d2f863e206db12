"""Makes the emulator of AVR boards and what runs on it before our tools come: bootloaders and the factory program.

Everything is built once from sources (ours, and the bootloaders' of Debian's arduino-core-avr) into a cache folder
named after the hash of those sources and commands. Several processes may build at once: the first to finish wins.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from platformdirs import user_cache_path

from stemfleet.devices.virtual.needs import all_missing
from stemfleet.errors import ToolMissing, Unavailable

_HERE = Path(__file__).parent
_EMULATOR = _HERE / "avr_emulator"
_FACTORY = _HERE / "avr_programs" / "factory.c"
_SIMAVR = Path("/usr/include/simavr")
_BOOTLOADERS = Path("/usr/share/arduino/hardware/arduino/avr/bootloaders")
_OPTIBOOT = _BOOTLOADERS / "optiboot" / "optiboot.c"
_ATMEGABOOT = _BOOTLOADERS / "atmega" / "ATmegaBOOT_168_atmega328.hex"
_STK500V2 = _BOOTLOADERS / "stk500v2" / "stk500boot_v2_mega2560.hex"

# Debian's ready-made optiboot_atmega328.hex runs past the end of the flash; with these options it fits its 512 bytes.
# It does not listen while its LED flashes: without the three flashes at the start, a board that a busy computer makes
# slower than a real one still hears the programmer's first words.
_OPTIBOOT_OPTIONS = (
    *("-Os", "-fno-split-wide-types", "-fno-inline-small-functions", "-fno-tree-switch-conversion"),
    *("-fno-tree-scev-cprop", "-fno-move-loop-invariants", "-mrelax", "-mstrict-X"),
    *("-DF_CPU=16000000L", "-DBAUD_RATE=115200", "-DLED_START_FLASHES=0"),
    *("-Wl,--relax", "-nostartfiles", "-nostdlib"),
)
_OPTIBOOT_PLACES = {"atmega328p": 0x7E00, "atmega168": 0x3E00}
_FACTORY_CHIPS = ("atmega328p", "atmega168", "atmega2560")
_BUILD_S = 120.0

_NEEDED = (
    ("gcc", "gcc", "sudo apt install gcc libc6-dev"),
    ("avr-gcc", "avr-gcc", "sudo apt install gcc-avr avr-libc"),
    ("avr-objcopy", "avr-objcopy", "sudo apt install gcc-avr"),
)
_NEEDED_FILES = (
    (_SIMAVR / "sim_avr.h", "simavr", "sudo apt install libsimavr-dev libelf-dev"),
    (_OPTIBOOT, "arduino-core-avr", "sudo apt install arduino-core-avr"),
    (_STK500V2, "arduino-core-avr", "sudo apt install arduino-core-avr"),
    (_ATMEGABOOT, "arduino-core-avr", "sudo apt install arduino-core-avr"),
)

_LOADED_VERSION = ("--set-section-flags", ".version=alloc,load")

Command = list[str]


class AvrPrograms:
    """The built files, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.emulator = folder / "board"
        self._folder = folder

    def bootloader(self, chip: str, *, old: bool = False) -> Path:
        """Optiboot for the small chips, the STK500v2 one for the ATmega2560. `old`: that of Nanos until 2017."""
        if old and chip == "atmega328p":
            return _ATMEGABOOT
        return _STK500V2 if chip == "atmega2560" else self._folder / f"optiboot-{chip}.hex"

    def factory(self, chip: str) -> Path:
        """What a new board runs: its LED blinks."""
        return self._folder / f"factory-{chip}.hex"


def avr_programs(cache: Path | None = None) -> AvrPrograms:
    """Built at the first call, found again afterwards; `cache` defaults to the user's cache folder.

    Raises ToolMissing for a compiler or a Debian package, Unavailable when something does not compile.
    """
    _need_tools()
    commands = list(_commands())
    home = (cache or user_cache_path("stemfleet")) / "avr"
    folder = home / _fingerprint(commands)
    if not folder.is_dir():
        home.mkdir(parents=True, exist_ok=True)
        _build(commands, folder)
    return AvrPrograms(folder)


def _need_tools() -> None:
    missing = [(name, install) for tool, name, install in _NEEDED if shutil.which(tool) is None]
    missing += [(name, install) for file, name, install in _NEEDED_FILES if not file.is_file()]
    if missing:
        raise all_missing([ToolMissing(tool=name, install=install) for name, install in missing])


def _fingerprint(commands: list[Command]) -> str:
    digest = sha256(repr(commands).encode())
    sources = [*_EMULATOR.iterdir(), _FACTORY, *_OPTIBOOT.parent.glob("*.[ch]"), _SIMAVR / "sim_avr.h"]
    for file in sorted(sources):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _commands() -> Iterator[Command]:
    """To be run in the folder that the results belong in."""
    sources = [str(file) for file in sorted(_EMULATOR.glob("*.c"))]
    libraries = ["-lsimavr", "-lelf", "-lm"]
    yield ["gcc", "-std=gnu11", "-O2", f"-I{_SIMAVR}", "-o", "board", *sources, *libraries]
    for chip, place in _OPTIBOOT_PLACES.items():
        elf = f"optiboot-{chip}.elf"
        places = [f"-Wl,--section-start=.text={place:#x}", f"-Wl,--section-start=.version={place + 0x1FE:#x}"]
        yield ["avr-gcc", *_OPTIBOOT_OPTIONS, f"-mmcu={chip}", *places, "-o", elf, str(_OPTIBOOT)]
        yield _to_hex(elf, "-j", ".text", "-j", ".data", "-j", ".version", *_LOADED_VERSION)
    for chip in _FACTORY_CHIPS:
        elf = f"factory-{chip}.elf"
        yield ["avr-gcc", "-Os", "-DF_CPU=16000000UL", f"-mmcu={chip}", "-o", elf, str(_FACTORY)]
        yield _to_hex(elf)


def _to_hex(elf: str, *options: str) -> Command:
    return ["avr-objcopy", *options, "-O", "ihex", elf, elf.replace(".elf", ".hex")]


def _build(commands: list[Command], folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="building-", ignore_cleanup_errors=True) as made:
        for command in commands:
            _run(command, Path(made))
        Path(made).chmod(0o755)
        try:
            os.rename(made, folder)  # noqa: PTH104 - Path.rename would replace an empty folder silently too
        except OSError:
            if not folder.is_dir():
                raise


def _run(command: Command, folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=_BUILD_S, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        raise Unavailable(
            "The emulator of Arduino boards could not be built: {tool} said {problem}",
            tool=command[0],
            problem=done.stderr.strip()[-500:],
        )
