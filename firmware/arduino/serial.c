#include "serial.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#define BAUD 115200UL
#define RING 128 /* a power of two */

#ifdef USART0_RX_vect
#define SERIAL_RX_vect USART0_RX_vect
#else
#define SERIAL_RX_vect USART_RX_vect /* the ATmega328P has one USART only */
#endif

static volatile uint8_t ring[RING];
static volatile uint8_t head, tail;

static void keep(uint8_t byte) {
    uint8_t next = (head + 1) & (RING - 1);
    if (next == tail) return;
    ring[head] = byte;
    head = next;
}

/* The receiver holds two bytes: both are taken when the interrupt comes late. */
ISR(SERIAL_RX_vect) {
    do keep(UDR0);
    while (UCSR0A & _BV(RXC0));
}

void serial_begin(void) {
    UCSR0A = _BV(U2X0);
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
    UBRR0 = (F_CPU / 4 / BAUD - 1) / 2;
    UCSR0B = _BV(RXCIE0) | _BV(RXEN0) | _BV(TXEN0);
}

int serial_read(void) {
    if (tail == head) return -1;
    uint8_t byte = ring[tail];
    tail = (tail + 1) & (RING - 1);
    return byte;
}

void serial_forget(void) {
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { tail = head; }
}

void serial_char(char c) {
    while (!(UCSR0A & _BV(UDRE0))) {
    }
    UDR0 = c;
}

void serial_text(const char *text) {
    while (*text) serial_char(*text++);
}

void serial_flash_text(PGM_P text) {
    for (char c; (c = pgm_read_byte(text)); text++) serial_char(c);
}

static void print_digits(uint32_t value, uint8_t decimals) {
    char digits[10];
    uint8_t n = 0;
    do {
        digits[n++] = '0' + value % 10;
        value /= 10;
    } while (value || n <= decimals);
    while (n) {
        serial_char(digits[--n]);
        if (n && n == decimals) serial_char('.');
    }
}

void serial_unsigned(uint32_t value) { print_digits(value, 0); }

void serial_fixed(int32_t value, uint8_t decimals) {
    if (value < 0) serial_char('-');
    print_digits(value < 0 ? -value : value, decimals);
}

void serial_hex(uint8_t byte) {
    static const char digits[] PROGMEM = "0123456789abcdef";
    serial_char(pgm_read_byte(digits + (byte >> 4)));
    serial_char(pgm_read_byte(digits + (byte & 15)));
}
