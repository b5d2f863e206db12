/* What a new Arduino runs before anybody has programmed it: its LED blinks, and the serial line is silent. */
#include <avr/io.h>
#include <util/delay.h>

#if defined(__AVR_ATmega2560__)
#define LED_BIT 7
#else
#define LED_BIT 5
#endif

int main(void) {
    DDRB |= _BV(LED_BIT);
    for (;;) {
        PORTB ^= _BV(LED_BIT);
        _delay_ms(1000);
    }
}
