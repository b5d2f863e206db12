# Self-test step that needs the real chip: which networks does its radio hear?
import network

radio = network.WLAN(network.STA_IF)
radio.active(True)
print("m wifi_networks %d -" % len(radio.scan()))
radio.active(False)
