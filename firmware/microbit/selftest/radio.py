import radio

radio.on()
radio.config(channel=7, power=0)
radio.send("stemfleet")
radio.off()
print("m radio_errors 0 -")
