/* Temperatures, and the heaters with everything that must switch them off. */
#ifndef HEAT_H
#define HEAT_H
#include <stdbool.h>
#include <stdint.h>

#include "outputs.h"

int16_t temperature(heater_t heater); /* hundredths of a degree Celsius, as last measured */
int16_t heat_target(heater_t heater); /* whole degrees; 0 is off */
int16_t heat_highest(heater_t heater); /* highest target that may be set */

void heat_measure(void);
void heat_set(heater_t heater, int16_t degrees);
void heat_all_off(void);
/* To be called all the time: measures and switches. Returns why it has just halted the printer (flash text), or 0. */
const char *heat_poll(void);
#endif
