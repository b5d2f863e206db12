/* Finds header pins that touch each other or do not move. Nothing may be plugged in. */
#ifndef PINS_H
#define PINS_H
#include <stdint.h>

typedef struct {
    uint16_t stuck;  /* pins that do not follow their pull-up or their driver */
    uint16_t shorts; /* pairs of pins that touch */
} pins_result_t;

pins_result_t pins_check(void); /* prints an `i` line for each find; leaves every pin an input */
#endif
