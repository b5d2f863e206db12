#include "axis.h"

#include <stdio.h>

#include "chip.h"

#define MOST 3

typedef struct {
    pin_t step, direction, endstop;
    long place;
} axis_t;

static axis_t all[MOST];
static int made;

static void moved(void *param) {
    axis_t *axis = param;
    bool is_output, was_there = axis->place <= 0;
    axis->place += chip_pin_level(axis->direction, &is_output) ? 1 : -1;
    bool is_there = axis->place <= 0;
    if (is_there != was_there) chip_pin_from_outside(axis->endstop, is_there ? LEVEL_LOW : LEVEL_FREE);
}

bool axis_add(const char *text) {
    if (made == MOST) return false;
    axis_t *axis = &all[made];
    int n = sscanf(text, "%c%d,%c%d,%c%d,%ld", &axis->step.port, &axis->step.bit, &axis->direction.port,
                   &axis->direction.bit, &axis->endstop.port, &axis->endstop.bit, &axis->place);
    if (n != 7 || !chip_has_pin(axis->step) || !chip_has_pin(axis->direction) || !chip_has_pin(axis->endstop))
        return false;
    chip_on_rise(axis->step, moved, axis);
    made++;
    return true;
}
