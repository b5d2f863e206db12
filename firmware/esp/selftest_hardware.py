# The part of an ESP board's self-test that needs the real chip: its clock and its radio.
import machine
import network

print("m cpu_frequency %d MHz" % (machine.freq() // 1000000))
radio = network.WLAN(network.STA_IF)
radio.active(True)
print("m wifi_networks %d -" % len(radio.scan()))
radio.active(False)
