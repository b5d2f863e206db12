/* The checks of the self-test that are about memory and voltage. */
#ifndef CHECKS_H
#define CHECKS_H
#include <stdint.h>

int32_t supply_millivolts(void);
uint16_t ram_check(uint16_t *tested); /* bytes that did not keep their value; `tested`: bytes tried */
uint8_t eeprom_check(void);           /* cells that did not keep their value */
#endif
