/* What differs between the two chips. */
#ifndef CHIP_H
#define CHIP_H

#if defined(__AVR_ATmega328P__)
#define CHIP "atmega328p"
#define LED_BIT 5 /* of port B, on the Uno and the Nano */
#elif defined(__AVR_ATmega2560__)
#define CHIP "atmega2560"
#define LED_BIT 7 /* of port B, on the Mega */
#else
#error "the firmware does not know this chip"
#endif
#endif
