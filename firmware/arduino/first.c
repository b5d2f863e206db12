/* The pupils' first program: the LED blinks once a second, and the board still knows who it is. */
#include <avr/io.h>
#include <avr/pgmspace.h>

#include "chip.h"
#include "clock.h"
#include "lines.h"

static const char PROGRAM[] PROGMEM = "first";

int main(void) {
    DDRB |= _BV(LED_BIT);
    lines_begin(PROGRAM);
    for (;;) {
        const char *question;
        if (clock_ms() % 1000 < 500) {
            PORTB |= _BV(LED_BIT);
        } else {
            PORTB &= ~_BV(LED_BIT);
        }
        if (lines_poll(PROGRAM, &question)) answer_error(PSTR("unknown"));
    }
}
