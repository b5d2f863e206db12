import gc

gc.collect()
print("m heap_free %d B" % gc.mem_free())
block = bytearray(2000)
bad = 0
for seed in (0, 85, 170):
    for place in range(2000):
        block[place] = (place + (place >> 8) ^ seed) & 255
    for place in range(2000):
        if block[place] != (place + (place >> 8) ^ seed) & 255:
            bad += 1
print("m ram_errors %d B" % bad)
block = None
gc.collect()
