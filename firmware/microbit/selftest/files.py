import os

with open("test.tmp", "wb") as file:
    for block in range(16):
        file.write(bytes((block * 7 + place) & 255 for place in range(64)))
bad = 0
with open("test.tmp", "rb") as file:
    for block in range(16):
        if file.read(64) != bytes((block * 7 + place) & 255 for place in range(64)):
            bad += 64
if os.size("test.tmp") != 1024:
    bad += 1
os.remove("test.tmp")
if "test.tmp" in os.listdir():
    bad += 1
print("m file_errors %d B" % bad)
