/* One AVR on libsimavr, with the places put right where simavr 1.6 differs from a real chip. */
#ifndef CHIP_H
#define CHIP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHIP_HZ 16000000
#define ADC_CHANNELS 16

typedef struct {
    char port; /* 'A' to 'L' */
    int bit;
} pin_t;

typedef enum { LEVEL_FREE = -1, LEVEL_LOW = 0, LEVEL_HIGH = 1 } level_t;

bool chip_make(const char *mcu);
size_t chip_flash(uint8_t **bytes);  /* the whole flash, in place */
size_t chip_eeprom(uint8_t **bytes); /* the whole EEPROM, in place */
/* Starts at the lowest address of the last image loaded: the bootloader's. Returns a text when it went wrong. */
const char *chip_load_hex(const char *path, bool is_bootloader);

void chip_reset(void);            /* by the reset pin */
double chip_run(double cycles);   /* a little more: how many it were */
long chip_baud(void);             /* of USART0, as the program has set it; 0 before that */
void chip_receive(uint8_t byte);  /* from the host; waits its turn at the line's speed */
void chip_forget_input(void);
void chip_on_send(void (*send)(uint8_t byte));
void chip_host_speed(long baud); /* of the line; where it is not the program's, every byte arrives wrong */

void chip_supply(int millivolts);
int chip_supply_now(void);
void chip_analog(int channel, int millivolts);
void chip_pin_from_outside(pin_t pin, level_t level);
bool chip_pin_level(pin_t pin, bool *is_output);
bool chip_short(pin_t one, pin_t other); /* false: no such pin, or no room for another short */
bool chip_has_pin(pin_t pin);
/* Calls back at every rise of an output. */
void chip_on_rise(pin_t pin, void (*rose)(void *param), void *param);
#endif
