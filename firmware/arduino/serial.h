/* The serial line: 115200 8N1 on USART0. Receiving is by interrupt, so a command sent during a check is kept. */
#ifndef SERIAL_H
#define SERIAL_H
#include <avr/pgmspace.h>
#include <stdint.h>

void serial_begin(void);
int serial_read(void); /* next byte, or -1 */
void serial_forget(void); /* drops what has been received and not been read */
void serial_char(char c);
void serial_text(const char *text);
void serial_flash_text(PGM_P text);
void serial_unsigned(uint32_t value);
/* `value` counts units of 10^-decimals: serial_fixed(4998, 3) prints 4.998 */
void serial_fixed(int32_t value, uint8_t decimals);
void serial_hex(uint8_t byte); /* two lower-case digits */

#define serial_say(literal) serial_flash_text(PSTR(literal))
#endif
