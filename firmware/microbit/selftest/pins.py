from microbit import pin0, pin1, pin2, sleep

pins = (pin0, pin1, pin2)
stuck = short = 0
for place, pin in enumerate(pins):
    for pull, level in ((pin.PULL_UP, 1), (pin.PULL_DOWN, 0)):
        pin.set_pull(pull)
        sleep(2)
        if pin.read_digital() != level:
            stuck += 1
            print("i stuck pin%d" % place)
for place, pin in enumerate(pins):
    for other in pins:
        other.set_pull(other.PULL_UP)
    pin.write_digital(0)
    sleep(2)
    for further in range(place + 1, 3):
        if not pins[further].read_digital():
            short += 1
            print("i short pin%d pin%d" % (place, further))
    pin.read_digital()
for pin in pins:
    pin.set_pull(pin.NO_PULL)
print("m pins_stuck %d pins" % stuck)
print("m pins_short %d pairs" % short)
