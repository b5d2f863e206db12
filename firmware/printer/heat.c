#include "heat.h"

#include <avr/pgmspace.h>
#include <math.h>

#include "adc.h"
#include "clock.h"

#define PERIOD_MS 100
#define RISE 200 /* hundredths of a degree that a heater must gain while it is being watched */
#define OPEN_SENSOR 0 /* colder than any room in which a printer is heated */

#define PULLUP_OHM 4700.0
#define OHM_AT_25 100000.0
#define BETA 3950.0
#define KELVIN 273.15

typedef struct {
    uint8_t channel;
    int16_t highest_target; /* degrees */
    int16_t too_hot;        /* degrees */
    uint32_t watch_ms;
} limits_t;

static const limits_t LIMITS[HEATERS] = {
    [HOT_END] = {.channel = 13, .highest_target = 260, .too_hot = 275, .watch_ms = 40000},
    [BED] = {.channel = 14, .highest_target = 110, .too_hot = 125, .watch_ms = 120000},
};

typedef struct {
    int16_t now;    /* hundredths of a degree */
    int16_t target; /* degrees */
    int16_t watched_from;
    uint32_t watched_since;
} state_t;

static state_t heaters[HEATERS];
static uint32_t measured_at;

int16_t temperature(heater_t heater) { return heaters[heater].now; }

int16_t heat_target(heater_t heater) { return heaters[heater].target; }

int16_t heat_highest(heater_t heater) { return LIMITS[heater].highest_target; }

/* The thermistor lies between the pin and ground. Clamped to what the table of a real sensor ends with. */
static int16_t degrees_of(uint16_t counts) {
    if (counts > 1022) counts = 1022;
    if (counts < 1) counts = 1;
    double ohm = PULLUP_OHM * counts / (1023 - counts);
    double celsius = 1 / (1 / (25 + KELVIN) + log(ohm / OHM_AT_25) / BETA) - KELVIN;
    if (celsius > 320) celsius = 320;
    return celsius * 100;
}

void heat_measure(void) {
    for (heater_t h = 0; h < HEATERS; h++) heaters[h].now = degrees_of(adc_read(LIMITS[h].channel));
}

static void watch(heater_t h) {
    heaters[h].watched_from = heaters[h].now;
    heaters[h].watched_since = clock_ms();
}

void heat_set(heater_t h, int16_t degrees) {
    heaters[h].target = degrees;
    if (!degrees) heater_set(h, false);
    watch(h);
}

void heat_all_off(void) {
    for (heater_t h = 0; h < HEATERS; h++) heat_set(h, 0);
}

static const char *danger(heater_t h) {
    state_t *s = &heaters[h];
    if (s->now > LIMITS[h].too_hot * 100) return PSTR("MAXTEMP");
    if (!s->target) return 0;
    if (s->now < OPEN_SENSOR) return PSTR("MINTEMP");
    if (!heater_is_on(h) || s->now >= s->watched_from + RISE) {
        watch(h);
    } else if (clock_ms() - s->watched_since > LIMITS[h].watch_ms) {
        return PSTR("Heating failed");
    }
    return 0;
}

const char *heat_poll(void) {
    if (clock_ms() - measured_at < PERIOD_MS) return 0;
    measured_at = clock_ms();
    heat_measure();
    for (heater_t h = 0; h < HEATERS; h++) {
        const char *why = danger(h);
        if (why) {
            heat_all_off();
            return why;
        }
        heater_set(h, heaters[h].now < heaters[h].target * 100L);
    }
    return 0;
}
