# Runs at every (soft) reset of a virtual ESP board, in MicroPython: mounts a littlefs from a flash file as "/", as an
# ESP32 board does, and then runs main.py. FLASH_FILE names the file; RAW is set when the host waits in the raw REPL.
import os
import sys

BLOCK = 4096
BLOCKS = 256


class Flash:
    def __init__(self, path):
        self.file = open(path, "r+b")

    def readblocks(self, number, buffer, offset=0):
        self.file.seek(number * BLOCK + offset)
        self.file.readinto(buffer)

    def writeblocks(self, number, buffer, offset=0):
        self.file.seek(number * BLOCK + offset)
        self.file.write(buffer)
        self.file.flush()

    def ioctl(self, what, argument):
        if what == 4:
            return BLOCKS
        if what == 5:
            return BLOCK
        if what == 6:
            return 0


flash = Flash(os.getenv("FLASH_FILE"))
try:
    system = os.VfsLfs2(flash)
except OSError:
    os.VfsLfs2.mkfs(flash)
    system = os.VfsLfs2(flash)
raw = os.getenv("RAW")
os.umount("/")
os.mount(system, "/")
os.chdir("/")
sys.path[:] = ["", "/lib", ".frozen"]
del Flash, flash, system
if not raw and "main.py" in os.listdir("/"):
    try:
        with open("/main.py") as file:
            source = file.read()
        exec(source, {"__name__": "__main__"})
    except BaseException as error:
        sys.print_exception(error)
