#include "checks.h"

#include <avr/eeprom.h>
#include <avr/io.h>

#include "adc.h"
#include "identity.h"

#define BANDGAP_MV 1100L
#define EEPROM_CELLS 8
#define EEPROM_PLACE (IDENTITY_PLACE - 32)
#define STACK_ROOM 128 /* for this function's callees and the interrupts */

int32_t supply_millivolts(void) {
    uint16_t counts = adc_read(ADC_BANDGAP);
    return counts ? BANDGAP_MV * 1023 / counts : 0;
}

static uint8_t pattern(uint16_t address, uint8_t inverted) {
    uint8_t value = address ^ address >> 8;
    return inverted ? ~value : value;
}

uint16_t ram_check(uint16_t *tested) {
    extern uint8_t __heap_start;
    volatile uint8_t *from = &__heap_start, *to = (volatile uint8_t *)(SP - STACK_ROOM);
    uint16_t errors = 0;
    for (uint8_t inverted = 0; inverted < 2; inverted++) {
        for (volatile uint8_t *p = from; p < to; p++) *p = pattern((uint16_t)p, inverted);
        for (volatile uint8_t *p = from; p < to; p++) errors += *p != pattern((uint16_t)p, inverted);
    }
    *tested = to - from;
    return errors;
}

uint8_t eeprom_check(void) {
    static const uint8_t PATTERNS[] = {0x55, 0xaa, 0x00, 0xff};
    uint8_t errors = 0;
    for (uint8_t i = 0; i < EEPROM_CELLS; i++) {
        uint8_t *cell = (uint8_t *)(EEPROM_PLACE + i);
        uint8_t before = eeprom_read_byte(cell), bad = 0;
        for (uint8_t k = 0; k < sizeof PATTERNS; k++) {
            eeprom_write_byte(cell, PATTERNS[k]);
            bad |= eeprom_read_byte(cell) != PATTERNS[k];
        }
        eeprom_write_byte(cell, before);
        errors += bad;
    }
    return errors;
}
