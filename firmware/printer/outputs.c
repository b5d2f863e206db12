#include "outputs.h"

#include <avr/io.h>
#include <util/delay.h>

/* D10 = PB4 hot end, D8 = PH5 bed, D9 = PH6 fan (OC2B).
   Motor drivers are enabled by a low level: D38 = PD7 X, A2 = PF2 Y, A8 = PK0 Z, D24 = PA2 extruder.
   Pulse and direction (low: towards the endstop): A0 = PF0, A1 = PF1 X; A6 = PF6, A7 = PF7 Y; D46 = PL3, D48 = PL1 Z.
   Endstops pull to ground: D3 = PE5 X, D14 = PJ1 Y, D18 = PD3 Z. */

void outputs_begin(void) {
    PORTB &= ~_BV(4);
    DDRB |= _BV(4);
    PORTH &= ~(_BV(5) | _BV(6));
    DDRH |= _BV(5) | _BV(6);
    motors_off();
    DDRD |= _BV(7);
    DDRF |= _BV(2);
    DDRK |= _BV(0);
    DDRA |= _BV(2);
    DDRF |= _BV(0) | _BV(1) | _BV(6) | _BV(7);
    DDRL |= _BV(1) | _BV(3);
    /* A long cable keeps a charge: empty it, so that only the pull-up can make an endstop read open. */
    DDRE |= _BV(5);
    DDRJ |= _BV(1);
    DDRD |= _BV(3);
    _delay_us(2);
    DDRE &= ~_BV(5);
    DDRJ &= ~_BV(1);
    DDRD &= ~_BV(3);
    PORTE |= _BV(5);
    PORTJ |= _BV(1);
    PORTD |= _BV(3);
}

void heater_set(heater_t heater, bool on) {
    if (heater == HOT_END) {
        if (on) {
            PORTB |= _BV(4);
        } else {
            PORTB &= ~_BV(4);
        }
    } else if (on) {
        PORTH |= _BV(5);
    } else {
        PORTH &= ~_BV(5);
    }
}

bool heater_is_on(heater_t heater) { return heater == HOT_END ? PORTB & _BV(4) : PORTH & _BV(5); }

void fan_set(uint8_t speed) {
    TCCR2A = 0; /* the port alone decides */
    if (speed == 255) {
        PORTH |= _BV(6);
        return;
    }
    PORTH &= ~_BV(6);
    if (!speed) return;
    OCR2B = speed;
    TCCR2A = _BV(COM2B1) | _BV(WGM21) | _BV(WGM20);
    TCCR2B = _BV(CS22);
}

void motors_off(void) {
    PORTD |= _BV(7);
    PORTF |= _BV(2);
    PORTK |= _BV(0);
    PORTA |= _BV(2);
}

static void set(volatile uint8_t *port, uint8_t bit, bool high) {
    *port = high ? *port | _BV(bit) : *port & ~_BV(bit);
}

void motor_begin(axis_t axis, bool towards_endstop) {
    switch (axis) {
        case X:
            PORTD &= ~_BV(7);
            set(&PORTF, 1, !towards_endstop);
            break;
        case Y:
            PORTF &= ~_BV(2);
            set(&PORTF, 7, !towards_endstop);
            break;
        default:
            PORTK &= ~_BV(0);
            set(&PORTL, 1, !towards_endstop);
    }
}

void motor_step(axis_t axis, bool high) {
    switch (axis) {
        case X: set(&PORTF, 0, high); break;
        case Y: set(&PORTF, 6, high); break;
        default: set(&PORTL, 3, high);
    }
}

bool endstop_triggered(endstop_t endstop) {
    switch (endstop) {
        case X_MIN: return !(PINE & _BV(5));
        case Y_MIN: return !(PINJ & _BV(1));
        default: return !(PIND & _BV(3));
    }
}
