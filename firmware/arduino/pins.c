#include "pins.h"

#include <avr/io.h>
#include <avr/pgmspace.h>
#include <stdbool.h>
#include <util/delay.h>

#include "chip.h"
#include "lines.h"
#include "serial.h"

/* In both chips a port's three registers follow each other: PINx, DDRx, PORTx. */
#define DDR_OF(pin) ((pin)[1])
#define PORT_OF(pin) ((pin)[2])

typedef struct {
    char name;
    volatile uint8_t *pin;
    uint8_t mask; /* header pins of this port, without the serial line, the crystal, the reset and the LED */
} port_t;

#if defined(__AVR_ATmega328P__)
static const port_t PORTS[] = {{'B', &PINB, 0x1f}, {'C', &PINC, 0x3f}, {'D', &PIND, 0xfc}};
#else
static const port_t PORTS[] = {
    {'A', &PINA, 0xff}, {'B', &PINB, 0x7f}, {'C', &PINC, 0xff}, {'D', &PIND, 0xff},
    {'E', &PINE, 0xfc}, {'F', &PINF, 0xff}, {'G', &PING, 0x3f}, {'H', &PINH, 0xff},
    {'J', &PINJ, 0xff}, {'K', &PINK, 0xff}, {'L', &PINL, 0xff},
};
#endif
#define PORT_COUNT (sizeof PORTS / sizeof *PORTS)
#define PIN_COUNT (PORT_COUNT * 8)

static uint8_t usable[PORT_COUNT]; /* pins that are high with their pull-up */

static bool is_usable(uint8_t n) { return usable[n / 8] & _BV(n % 8); }

static bool is_high(uint8_t n) { return *PORTS[n / 8].pin & _BV(n % 8); }

static void say_pin(uint8_t n) {
    serial_say(" P");
    serial_char(PORTS[n / 8].name);
    serial_char('0' + n % 8);
}

static void say_stuck(uint8_t n) {
    serial_say("i stuck");
    say_pin(n);
    line_end();
}

static void drive_low(uint8_t n) {
    volatile uint8_t *pin = PORTS[n / 8].pin;
    PORT_OF(pin) &= ~_BV(n % 8);
    DDR_OF(pin) |= _BV(n % 8);
}

static void pull_up(uint8_t n) {
    volatile uint8_t *pin = PORTS[n / 8].pin;
    DDR_OF(pin) &= ~_BV(n % 8);
    PORT_OF(pin) |= _BV(n % 8);
}

/* Every pin is emptied before its pull-up is switched on: a charge left on it must not pass for the pull-up. */
static void pull_all_up(void) {
    for (uint8_t n = 0; n < PIN_COUNT; n++) {
        if (!(PORTS[n / 8].mask & _BV(n % 8))) continue;
        drive_low(n);
        _delay_us(2);
        pull_up(n);
    }
}

static void release_all(void) {
    for (uint8_t i = 0; i < PORT_COUNT; i++) {
        DDR_OF(PORTS[i].pin) &= ~PORTS[i].mask;
        PORT_OF(PORTS[i].pin) &= ~PORTS[i].mask;
    }
}

static uint16_t find_stuck_low(void) {
    uint16_t found = 0;
    for (uint8_t i = 0; i < PORT_COUNT; i++) usable[i] = *PORTS[i].pin & PORTS[i].mask;
    for (uint8_t n = 0; n < PIN_COUNT; n++) {
        if (!(PORTS[n / 8].mask & _BV(n % 8)) || is_usable(n)) continue;
        say_stuck(n);
        found++;
    }
    return found;
}

static void try_pin(uint8_t n, pins_result_t *result) {
    drive_low(n);
    _delay_us(20);
    if (is_high(n)) {
        say_stuck(n);
        result->stuck++;
    }
    for (uint8_t other = n + 1; other < PIN_COUNT; other++) {
        if (!is_usable(other) || is_high(other)) continue;
        serial_say("i short");
        say_pin(n);
        say_pin(other);
        line_end();
        result->shorts++;
    }
    pull_up(n);
    _delay_us(20);
}

static bool led_follows(void) {
    bool follows = true;
    DDRB |= _BV(LED_BIT);
    for (uint8_t level = 0; level < 2; level++) {
        if (level) {
            PORTB |= _BV(LED_BIT);
        } else {
            PORTB &= ~_BV(LED_BIT);
        }
        _delay_us(20);
        follows &= !!(PINB & _BV(LED_BIT)) == level;
    }
    PORTB &= ~_BV(LED_BIT);
    return follows;
}

pins_result_t pins_check(void) {
    pull_all_up();
    _delay_us(100);
    pins_result_t result = {.stuck = find_stuck_low(), .shorts = 0};
    for (uint8_t n = 0; n < PIN_COUNT; n++)
        if (is_usable(n)) try_pin(n, &result);
    release_all();
    if (!led_follows()) {
        serial_say("i stuck led");
        line_end();
        result.stuck++;
    }
    return result;
}
