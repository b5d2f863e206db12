#include "thermistor.h"

#include <math.h>
#include <stdio.h>

#include "chip.h"

#define MOST 4
#define ROOM 22.0          /* degrees Celsius */
#define LOSS_PER_SECOND 0.01 /* of the difference to the room */

static struct {
    int channel;
    pin_t heater;
    double rise, celsius;
    bool held;
} all[MOST];
static int made;

bool thermistor_add(const char *text) {
    if (made == MOST) return false;
    int n = sscanf(text, "%d=%c%d,%lf", &all[made].channel, &all[made].heater.port, &all[made].heater.bit,
                   &all[made].rise);
    if (n != 4 || all[made].channel < 0 || all[made].channel >= ADC_CHANNELS || !chip_has_pin(all[made].heater))
        return false;
    all[made++].celsius = ROOM;
    return true;
}

static int millivolts_at(double celsius) {
    double ohm = 100e3 * exp(3950 * (1 / (celsius + 273.15) - 1 / 298.15));
    return lround(5000 * ohm / (ohm + 4700));
}

void thermistors_run(double seconds) {
    for (int i = 0; i < made; i++) {
        bool is_output;
        bool heating = chip_pin_level(all[i].heater, &is_output) && is_output;
        all[i].celsius += seconds * (heating * all[i].rise - LOSS_PER_SECOND * (all[i].celsius - ROOM));
        if (!all[i].held) chip_analog(all[i].channel, millivolts_at(all[i].celsius));
    }
}

bool thermistor_hold(int channel, bool held) {
    for (int i = 0; i < made; i++) {
        if (all[i].channel != channel) continue;
        all[i].held = held;
        if (!held) all[i].celsius = ROOM;
        return true;
    }
    return false;
}
