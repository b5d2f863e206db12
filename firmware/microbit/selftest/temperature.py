from microbit import temperature

print("m temperature %d C" % temperature())
