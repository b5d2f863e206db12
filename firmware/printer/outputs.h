/* The controller's outputs and switches, at the places of a RAMPS 1.4 board on an Arduino Mega. */
#ifndef OUTPUTS_H
#define OUTPUTS_H
#include <stdbool.h>
#include <stdint.h>

typedef enum { HOT_END, BED, HEATERS } heater_t;
typedef enum { X_MIN, Y_MIN, Z_MIN, ENDSTOPS } endstop_t;
typedef enum { X, Y, Z, AXES } axis_t; /* in the order of their endstops */

void outputs_begin(void); /* everything off */
void heater_set(heater_t heater, bool on);
bool heater_is_on(heater_t heater);
void fan_set(uint8_t speed); /* 0 off, 255 full */
void motors_off(void);
void motor_begin(axis_t axis, bool towards_endstop); /* on, and its direction */
void motor_step(axis_t axis, bool high);
bool endstop_triggered(endstop_t endstop);
#endif
