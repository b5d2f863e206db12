/* Thermistors of 100 kohm at 25 C (beta 3950) with 4.7 kohm to 5 V, each warmed by one heater pin. */
#ifndef THERMISTOR_H
#define THERMISTOR_H
#include <stdbool.h>

/* "13=B4,4": analog channel 13, heater on PB4, 4 degrees a second at full power. False: not of that form. */
bool thermistor_add(const char *text);
void thermistors_run(double seconds); /* warms, cools, and sets the channels */
/* held: an order has set the channel; not held: it follows its heater again, from room temperature on. False: no
   thermistor there. */
bool thermistor_hold(int channel, bool held);
#endif
