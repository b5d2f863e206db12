/* Everything that is measured, as lines: what both programs answer to `?test`. In a header, so that each program has a copy
   of its own and the compiler sees through it. */
#ifndef REPORT_H
#define REPORT_H
#include <avr/pgmspace.h>

#include "adc.h"
#include "checks.h"
#include "lines.h"
#include "pins.h"

static void run_checks(void) {
    int32_t supply = supply_millivolts();
    measurement(PSTR("supply"), supply, 3, PSTR("V"));
    measurement(PSTR("adc_zero"), adc_read(ADC_GROUND), 0, PSTR("counts"));
    measurement(PSTR("a0"), supply * adc_read(0) / 1023, 3, PSTR("V"));
    uint16_t tested;
    uint16_t errors = ram_check(&tested);
    measurement(PSTR("ram_tested"), tested, 0, PSTR("bytes"));
    measurement(PSTR("ram_errors"), errors, 0, PSTR("bytes"));
    measurement(PSTR("eeprom_errors"), eeprom_check(), 0, PSTR("bytes"));
    pins_result_t pins = pins_check();
    measurement(PSTR("pins_stuck"), pins.stuck, 0, PSTR("pins"));
    measurement(PSTR("pins_short"), pins.shorts, 0, PSTR("pairs"));
    answer_end();
}
#endif
