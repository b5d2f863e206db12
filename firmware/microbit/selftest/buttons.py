from microbit import button_a, button_b, sleep

sleep(60)
print("m buttons_stuck %d buttons" % (button_a.is_pressed() + button_b.is_pressed()))
