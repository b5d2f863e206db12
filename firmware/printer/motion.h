/* The three axes: one after the other, slowly and steadily. Enough to see that motors and endstops belong together. */
#ifndef MOTION_H
#define MOTION_H
#include <stdbool.h>
#include <stdint.h>

#include "outputs.h"

#define STEPS_PER_MM_XY 80
#define STEPS_PER_MM_Z 400
#define SPEED_XY 25 /* mm a second */
#define SPEED_Z 5

/* Called all the time during a move; false ends it. */
typedef bool (*meanwhile_t)(void);

/* Towards the endstop, until it closes. False: it did not within the longest travel, or `meanwhile` ended it. */
bool motion_home(axis_t axis, meanwhile_t meanwhile);
/* To a place, in mm from the endstop; not beyond the longest travel. False: `meanwhile` ended it. */
bool motion_to(axis_t axis, int32_t mm, meanwhile_t meanwhile);
int32_t motion_place(axis_t axis); /* mm */
#endif
