/* The pupils' first program: the LED blinks once a second, and the board still knows who it is and can be tested. */
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <string.h>

#include "chip.h"
#include "clock.h"
#include "lines.h"
#include "report.h"

static const char PROGRAM[] PROGMEM = "first";

int main(void) {
    lines_begin(PROGRAM);
    for (;;) {
        const char *question;
        DDRB |= _BV(LED_BIT); /* again and again: the test of the pins leaves them as inputs */
        if (clock_ms() % 1000 < 500) {
            PORTB |= _BV(LED_BIT);
        } else {
            PORTB &= ~_BV(LED_BIT);
        }
        if (!lines_poll(PROGRAM, &question)) continue;
        if (!strcmp_P(question, PSTR("?test"))) {
            run_checks();
        } else {
            answer_error(PSTR("unknown"));
        }
    }
}
