# Self-test of an ESP board: everything that can be told without further hardware. Lines: see firmware/README.md.
import gc
import os

gc.collect()
print("m heap_free %d B" % gc.mem_free())

SIZE = 16384
block = bytearray(SIZE)
bad = 0
for seed in (0, 85, 170):
    for place in range(SIZE):
        block[place] = (place ^ place >> 8 ^ seed) & 255
    for place in range(SIZE):
        if block[place] != (place ^ place >> 8 ^ seed) & 255:
            bad += 1
print("m ram_tested %d B" % SIZE)
print("m ram_errors %d B" % bad)

system = os.statvfs("/")
print("m fs_size %d B" % (system[0] * system[2]))
print("m fs_free %d B" % (system[0] * system[3]))

bad = 0
with open("/test.tmp", "wb") as file:
    for start in range(0, SIZE, 1024):
        file.write(block[start : start + 1024])
with open("/test.tmp", "rb") as file:
    for start in range(0, SIZE, 1024):
        if file.read(1024) != block[start : start + 1024]:
            bad += 1024
os.remove("/test.tmp")
if "test.tmp" in os.listdir("/"):
    bad += 1
print("m file_errors %d B" % bad)
