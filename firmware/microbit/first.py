# Your first program: press A, press B, or change it!
from microbit import *
import machine
import os

display.show(Image.HEART)


# This part answers the bench's questions over USB (see firmware/README.md).
def answer(question):
    if question == "?fw":
        return ["fw first 1.0 " + os.uname().machine.split()[-1].lower()]
    if question == "?id":
        return ["id " + "".join("%02x" % b for b in machine.unique_id())]
    if question == "?ms":
        return ["ms %d" % running_time()]
    return ["e unknown"]


print("hello first 1.0")
text = b""
while True:
    if button_a.was_pressed():
        display.show(Image.HAPPY)
    if button_b.was_pressed():
        display.show(Image.DUCK)
    if uart.any():
        text += uart.read()
        while b"\n" in text:
            at = text.find(b"\n")
            question = text[:at].strip()
            text = text[at + 1 :]
            if question:
                if all(32 <= byte < 127 for byte in question):
                    lines = answer(str(question, "ascii"))
                else:
                    lines = ["e garbage"]
                print("\n".join(lines) + "\nend %d" % len(lines))
        if len(text) > 79:
            text = b""
            print("e too_long\nend 1")
    sleep(5)
