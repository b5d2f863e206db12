#define _GNU_SOURCE
#include "orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "chip.h"
#include "thermistor.h"
#include "usb.h"

const char *file_save(const char *path, const void *bytes, size_t size) {
    char *fresh;
    if (asprintf(&fresh, "%s.new", path) < 0) return "no memory";
    FILE *file = fopen(fresh, "wb");
    bool ok = file && fwrite(bytes, 1, size, file) == size;
    if (file) ok &= !fclose(file);
    ok = ok && !rename(fresh, path);
    if (!ok) unlink(fresh);
    free(fresh);
    return ok ? NULL : "the file cannot be written";
}

static const char *dump(const char *what, const char *path) {
    uint8_t *bytes;
    size_t size = strcmp(what, "flash") ? chip_eeprom(&bytes) : chip_flash(&bytes);
    return file_save(path, bytes, size);
}

static const char *set_analog(int channel, const char *value) {
    if (channel < 0 || channel >= ADC_CHANNELS) return "no such channel";
    if (!strcmp(value, "auto")) return thermistor_hold(channel, false) ? NULL : "no thermistor there";
    thermistor_hold(channel, true);
    chip_analog(channel, atoi(value));
    return NULL;
}

static const char *set_pin(pin_t pin, const char *value) {
    if (!strcmp(value, "free")) {
        chip_pin_from_outside(pin, LEVEL_FREE);
    } else if (!strcmp(value, "0") || !strcmp(value, "1")) {
        chip_pin_from_outside(pin, *value == '1' ? LEVEL_HIGH : LEVEL_LOW);
    } else {
        return "a pin can be 0, 1 or free";
    }
    return NULL;
}

static const char *set_pace(board_t *board, const char *value) {
    if (strcmp(value, "real") && strcmp(value, "max")) return "the pace can be real or max";
    board->real_time = !strcmp(value, "real");
    return NULL;
}

static const char *unplug(void) {
    if (!usb_is_plugged()) return "is not plugged in";
    usb_unplug();
    return NULL;
}

static const char *plug(const board_t *board) {
    const char *problem = usb_plug(board->link);
    if (!problem) chip_reset();
    return problem;
}

static void say_pin(pin_t pin, char *answer, size_t room) {
    bool is_output;
    bool high = chip_pin_level(pin, &is_output);
    snprintf(answer, room, "ok %s %d", is_output ? "out" : "in", high);
}

static void say_cpu(char *answer, size_t room) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    snprintf(answer, room, "ok %.3f", used.ru_utime.tv_sec + used.ru_stime.tv_sec +
                                          (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6);
}

void order_run(board_t *board, char *line, char *answer, size_t room) {
    const char *problem = NULL;
    char text[4096];
    int number;
    pin_t pin, other;
    answer[0] = 0;
    if (!strcmp(line, "reset")) {
        chip_reset();
    } else if (!strcmp(line, "unplug")) {
        problem = unplug();
    } else if (!strcmp(line, "plug")) {
        problem = plug(board);
    } else if (!strcmp(line, "cpu")) {
        say_cpu(answer, room);
    } else if (sscanf(line, "adc %d %7s", &number, text) == 2) {
        problem = set_analog(number, text);
    } else if (sscanf(line, "supply %d", &number) == 1) {
        chip_supply(number);
    } else if (sscanf(line, "short %c%d %c%d", &pin.port, &pin.bit, &other.port, &other.bit) == 4) {
        problem = chip_short(pin, other) ? NULL : "no such pins, or too many shorts";
    } else if (sscanf(line, "pin %c%d", &pin.port, &pin.bit) == 2 && !chip_has_pin(pin)) {
        problem = "no such pin";
    } else if (sscanf(line, "pin %c%d %7s", &pin.port, &pin.bit, text) == 3) {
        problem = set_pin(pin, text);
    } else if (sscanf(line, "pin %c%d", &pin.port, &pin.bit) == 2) {
        say_pin(pin, answer, room);
    } else if (sscanf(line, "pace %7s", text) == 1) {
        problem = set_pace(board, text);
    } else if (sscanf(line, "flash %4095[^\n]", text) == 1) {
        problem = dump("flash", text);
    } else if (sscanf(line, "eeprom %4095[^\n]", text) == 1) {
        problem = dump("eeprom", text);
    } else {
        problem = "unknown order";
    }
    if (problem) snprintf(answer, room, "error %s", problem);
    if (!answer[0]) snprintf(answer, room, "ok");
}
