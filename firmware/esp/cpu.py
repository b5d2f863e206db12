# Self-test step that needs the real chip.
import machine

print("m cpu_frequency %d MHz" % (machine.freq() // 1000000))
