/* The board's identity: 16 bytes, written once and then kept at the end of the EEPROM. */
#ifndef IDENTITY_H
#define IDENTITY_H
#include <stdbool.h>
#include <stdint.h>

#define IDENTITY_BYTES 16
#define IDENTITY_PLACE (E2END + 1 - 32)

typedef enum { IDENTITY_WRITTEN, IDENTITY_PRESENT, IDENTITY_BAD } identity_answer_t;

bool identity_get(uint8_t id[IDENTITY_BYTES]); /* false: the board has none */
identity_answer_t identity_give(const char *hex); /* exactly 32 hex digits */
#endif
