#include "motion.h"

#include <util/delay.h>

#define TRAVEL_MM 250
#define HALF_PULSE_US 240 /* 25 mm a second at 80 steps, 5 mm at 400 */
#define STEPS_BETWEEN_LOOKS 32

static int32_t places[AXES]; /* steps from the endstop */

static int32_t steps_per_mm(axis_t axis) { return axis == Z ? STEPS_PER_MM_Z : STEPS_PER_MM_XY; }

static void pulse(axis_t axis) {
    motor_step(axis, true);
    _delay_us(HALF_PULSE_US);
    motor_step(axis, false);
    _delay_us(HALF_PULSE_US);
}

bool motion_home(axis_t axis, meanwhile_t meanwhile) {
    motor_begin(axis, true);
    for (int32_t done = 0; done <= TRAVEL_MM * steps_per_mm(axis); done++) {
        if (endstop_triggered((endstop_t)axis)) {
            places[axis] = 0;
            return true;
        }
        if (done % STEPS_BETWEEN_LOOKS == 0 && !meanwhile()) return false;
        pulse(axis);
    }
    return false;
}

bool motion_to(axis_t axis, int32_t mm, meanwhile_t meanwhile) {
    if (mm < 0) mm = 0;
    if (mm > TRAVEL_MM) mm = TRAVEL_MM;
    int32_t target = mm * steps_per_mm(axis);
    bool towards = target < places[axis];
    motor_begin(axis, towards);
    while (places[axis] != target) {
        if (places[axis] % STEPS_BETWEEN_LOOKS == 0 && !meanwhile()) return false;
        pulse(axis);
        places[axis] += towards ? -1 : 1;
    }
    return true;
}

int32_t motion_place(axis_t axis) { return places[axis] / steps_per_mm(axis); }
