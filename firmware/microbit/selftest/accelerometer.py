from math import sqrt
from microbit import accelerometer, sleep

total = 0
for turn in range(10):
    x, y, z = accelerometer.get_values()
    total += sqrt(x * x + y * y + z * z)
    sleep(20)
print("m gravity %d mg" % (total / 10))
