#include "gcode.h"

#include <avr/pgmspace.h>
#include <stdlib.h>
#include <string.h>

#include "serial.h"

#define LONGEST 96

static char line[LONGEST + 1];
static uint8_t length;
static bool in_comment, too_long, heard;
static uint32_t last_number;

void gcode_number_from(uint32_t last) { last_number = last; }

bool gcode_heard(void) {
    bool was = heard;
    heard = false;
    return was;
}

bool gcode_value(const char *command, char letter, int32_t *value) {
    const char *p = strchr(command, ' ');
    for (; p && *p; p++) {
        if (*p != letter || p[-1] != ' ') continue;
        char *end;
        *value = strtol(p + 1, &end, 10);
        return end != p + 1;
    }
    return false;
}

static void ask_again(PGM_P why) {
    serial_say("Error:");
    serial_flash_text(why);
    serial_say(", Last Line: ");
    serial_unsigned(last_number);
    serial_say("\nResend: ");
    serial_unsigned(last_number + 1);
    serial_say("\nok\n");
}

/* True when the text before `star` has the checksum that stands after it. */
static bool checksum_fits(const char *text, const char *star) {
    uint8_t sum = 0;
    char *end;
    for (const char *p = text; p < star; p++) sum ^= *p;
    long given = strtol(star + 1, &end, 10);
    return end != star + 1 && given == sum;
}

static bool is_line_number_order(const char *command) {
    return !strncmp_P(command, PSTR("M110"), 4) && (command[4] == 0 || command[4] == ' ');
}

/* The command inside a numbered line, or 0 after having asked for the line again. */
static char *checked(char *text) {
    char *star = strchr(text, '*');
    if (!star) {
        ask_again(PSTR("No Checksum with line number"));
        return 0;
    }
    if (!checksum_fits(text, star)) {
        ask_again(PSTR("checksum mismatch"));
        return 0;
    }
    char *command;
    uint32_t number = strtoul(text + 1, &command, 10);
    while (*command == ' ') command++;
    *star = 0;
    if (number != last_number + 1 && !is_line_number_order(command)) {
        ask_again(PSTR("Line Number is not Last Line Number+1"));
        return 0;
    }
    last_number = number;
    return command;
}

static char *complete_line(void) {
    while (length && line[length - 1] == ' ') length--;
    line[length] = 0;
    bool lost = too_long;
    length = 0;
    in_comment = too_long = false;
    heard = true;
    if (lost) {
        ask_again(PSTR("Line too long"));
        return 0;
    }
    char *text = line;
    while (*text == ' ') text++;
    if (!*text) return 0;
    return *text == 'N' ? checked(text) : text;
}

char *gcode_poll(void) {
    for (int c; (c = serial_read()) >= 0;) {
        if (c == '\n' || c == '\r') {
            char *command = complete_line();
            if (command) return command;
        } else if (in_comment) {
            continue;
        } else if (c == ';') {
            in_comment = true;
        } else if (length == LONGEST) {
            too_long = true;
        } else {
            line[length++] = c;
        }
    }
    return 0;
}
