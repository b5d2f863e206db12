from microbit import compass

print("m magnetic_field %d nT" % compass.get_field_strength())
