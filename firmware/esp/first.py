# Your first program: it blinks the blue LED. Change the numbers!
import select
import sys
import time

try:
    from machine import Pin, unique_id

    led = Pin(2, Pin.OUT)
except (ImportError, ValueError):
    led = unique_id = None


# This part answers the bench's questions over USB (see firmware/README.md).
def answer(question):
    if question == "?fw":
        return ["fw first 1.0 " + sys.platform]
    if question == "?id":
        return ["id " + ("".join("%02x" % b for b in unique_id()) if unique_id else "none")]
    if question == "?ms":
        return ["ms %d" % time.ticks_ms()]
    return ["e unknown"]


def reply(text):
    if not all(" " <= letter <= "~" for letter in text):
        lines = ["e garbage"]
    elif len(text) > 79:
        lines = ["e too_long"]
    else:
        lines = answer(text)
    print("\n".join(lines) + "\nend %d" % len(lines))


print("hello first 1.0")
keys = select.poll()
keys.register(sys.stdin, select.POLLIN)
text = ""
blinked = time.ticks_ms()
while True:
    if led and time.ticks_diff(time.ticks_ms(), blinked) > 500:
        led.value(not led.value())
        blinked = time.ticks_ms()
    if keys.poll(20):
        letter = sys.stdin.read(1)
        if letter != "\n":
            text = text[:80] + letter
            continue
        if text.strip():
            reply(text.strip())
        text = ""
