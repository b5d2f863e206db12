#include "lines.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <string.h>

#include "chip.h"
#include "clock.h"
#include "identity.h"
#include "serial.h"

#define LONGEST 79

static char line[LONGEST + 1];
static uint8_t length;
static bool garbage, too_long;
static uint8_t answered;

void line_end(void) {
    serial_char('\n');
    answered++;
}

void answer_end(void) {
    serial_say("end ");
    serial_unsigned(answered);
    serial_char('\n');
    answered = 0;
}

void answer_error(PGM_P code) {
    serial_say("e ");
    serial_flash_text(code);
    line_end();
    answer_end();
}

void measurement(PGM_P name, int32_t value, uint8_t decimals, PGM_P unit) {
    serial_say("m ");
    serial_flash_text(name);
    serial_char(' ');
    serial_fixed(value, decimals);
    serial_char(' ');
    serial_flash_text(unit);
    line_end();
}

static void say_identity(void) {
    uint8_t id[IDENTITY_BYTES];
    serial_say("id ");
    if (identity_get(id)) {
        for (uint8_t i = 0; i < IDENTITY_BYTES; i++) serial_hex(id[i]);
    } else {
        serial_say("none");
    }
    line_end();
    answer_end();
}

static void take_identity(const char *hex) {
    switch (identity_give(hex)) {
        case IDENTITY_WRITTEN: say_identity(); break;
        case IDENTITY_PRESENT: answer_error(PSTR("id_present")); break;
        default: answer_error(PSTR("bad_id"));
    }
}

static void say_program(PGM_P program) {
    serial_say("fw ");
    serial_flash_text(program);
    serial_say(" " VERSION " " CHIP);
    line_end();
    answer_end();
}

static void say_milliseconds(void) {
    uint32_t now = clock_ms();
    serial_say("ms ");
    serial_unsigned(now);
    line_end();
    answer_end();
}

static bool answered_here(PGM_P program) {
    if (garbage) {
        answer_error(PSTR("garbage"));
    } else if (too_long) {
        answer_error(PSTR("too_long"));
    } else if (!strcmp_P(line, PSTR("?fw"))) {
        say_program(program);
    } else if (!strcmp_P(line, PSTR("?id"))) {
        say_identity();
    } else if (!strncmp_P(line, PSTR("!id "), 4)) {
        take_identity(line + 4);
    } else if (!strcmp_P(line, PSTR("?ms"))) {
        say_milliseconds();
    } else {
        return false;
    }
    return true;
}

bool lines_poll(PGM_P program, const char **question) {
    for (int c; (c = serial_read()) >= 0;) {
        if (c == '\r') continue;
        if (c == '\n') {
            bool empty = !length && !garbage;
            line[length] = 0;
            length = 0;
            bool done = empty || answered_here(program);
            garbage = too_long = false;
            if (done) continue;
            *question = line;
            return true;
        }
        if (c < 0x20 || c > 0x7e) {
            garbage = true;
        } else if (length == LONGEST) {
            too_long = true;
        } else {
            line[length++] = c;
        }
    }
    return false;
}

void lines_begin(PGM_P program) {
    serial_begin();
    clock_begin();
    sei();
    serial_say("hello ");
    serial_flash_text(program);
    serial_say(" " VERSION "\n");
}
