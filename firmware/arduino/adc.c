#include "adc.h"

#include <util/delay.h>

static uint16_t convert(void) {
    ADCSRA |= _BV(ADSC);
    while (ADCSRA & _BV(ADSC)) {
    }
    return ADC;
}

uint16_t adc_read(uint8_t channel) {
#ifdef MUX5
    /* channels 8 to 15 lie behind MUX5; the two internal ones have codes of their own */
    ADCSRB = channel >= 8 && channel < 16 ? _BV(MUX5) : 0;
    if (channel < 16) channel &= 7;
#endif
    ADMUX = _BV(REFS0) | channel;
    ADCSRA = _BV(ADEN) | _BV(ADPS2) | _BV(ADPS1) | _BV(ADPS0);
    _delay_us(500); /* the internal reference is weak and needs time after switching */
    convert();
    uint16_t sum = 0;
    for (uint8_t i = 0; i < 16; i++) sum += convert();
    return (sum + 8) / 16;
}
