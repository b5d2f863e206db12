from microbit import display, sleep

bad = 0
for level in (0, 5, 9):
    for place in range(25):
        display.set_pixel(place % 5, place // 5, level)
    sleep(60)
    for place in range(25):
        if display.get_pixel(place % 5, place // 5) != level:
            bad += 1
for place in range(25):
    display.set_pixel(place % 5, place // 5, 0)
if not display.is_on():
    bad += 1
print("m display_errors %d LEDs" % bad)
