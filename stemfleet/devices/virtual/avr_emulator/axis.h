/* The axes of a printer: a motor's pulses move a carriage, which closes a switch at its end. */
#ifndef AXIS_H
#define AXIS_H
#include <stdbool.h>

/* "F0,F1,E5,800": the pins of pulse and direction (low: towards the switch) and of the switch to ground, and the
   carriage's distance from it, in pulses. False when it is none. */
bool axis_add(const char *text);
#endif
