/* The analogue converter, measuring against the supply voltage. */
#ifndef ADC_H
#define ADC_H
#include <avr/io.h>
#include <stdint.h>

#ifdef MUX5 /* ATmega2560 */
#define ADC_BANDGAP 0x1e
#define ADC_GROUND 0x1f
#else
#define ADC_BANDGAP 0x0e
#define ADC_GROUND 0x0f
#endif

/* Mean of 16 readings of a channel (A0 to A15 by number, or one of the above), in counts of supply/1023. */
uint16_t adc_read(uint8_t channel);
#endif
