/* A small G-code firmware for checking printer controllers. Commands and safety rules: ../README.md. */
#include <avr/interrupt.h>
#include <avr/pgmspace.h>
#include <avr/wdt.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "gcode.h"
#include "heat.h"
#include "identity.h"
#include "motion.h"
#include "outputs.h"
#include "serial.h"

#define NAME "stemfleet-printer"
#define VERSION "1.1.0"
#define HOST_SILENT_MS 20000UL
#define BUSY_MS 2000UL

static const char AXIS_LETTERS[AXES] = {'X', 'Y', 'Z'};

static const char *halted_by; /* flash text; 0 while the printer runs */
static bool fan_running;
static uint32_t heard_at;
static uint32_t busy_since;
static bool relative; /* G91 */

static void safe(void) {
    heat_all_off();
    fan_set(0);
    fan_running = false;
    motors_off();
}

static void say_halted(void) {
    serial_say("Error:Printer halted: ");
    serial_flash_text(halted_by);
    serial_char('\n');
}

static void halt(PGM_P why) {
    safe();
    halted_by = why;
    say_halted();
}

static void say_heater(PGM_P name, heater_t heater) {
    serial_char(' ');
    serial_flash_text(name);
    serial_char(':');
    serial_fixed(temperature(heater), 2);
    serial_say(" /");
    serial_fixed(heat_target(heater) * 100L, 2);
}

static void report_temperatures(void) {
    serial_say("ok");
    say_heater(PSTR("T"), HOT_END);
    say_heater(PSTR("B"), BED);
    serial_say(" @:");
    serial_unsigned(heater_is_on(HOT_END) ? 127 : 0);
    serial_say(" B@:");
    serial_unsigned(heater_is_on(BED) ? 127 : 0);
    serial_char('\n');
}

static void report_firmware(void) {
    uint8_t id[IDENTITY_BYTES];
    serial_say("FIRMWARE_NAME:" NAME " FIRMWARE_VERSION:" VERSION
               " PROTOCOL_VERSION:1.0 MACHINE_TYPE:Mega2560 RAMPS 1.4 EXTRUDER_COUNT:1");
    if (identity_get(id)) {
        serial_say(" UUID:");
        for (uint8_t i = 0; i < IDENTITY_BYTES; i++) {
            if (i == 4 || i == 6 || i == 8 || i == 10) serial_char('-');
            serial_hex(id[i]);
        }
    }
    serial_say("\nCap:EEPROM:1\nCap:AUTOREPORT_TEMP:0\nCap:EMERGENCY_PARSER:0\nCap:THERMAL_PROTECTION:1\n");
}

static void say_setting(PGM_P name, PGM_P values) {
    serial_say("echo:; ");
    serial_flash_text(name);
    serial_say(":\necho: ");
    serial_flash_text(values);
    serial_char('\n');
}

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

static void report_settings(void) {
    say_setting(PSTR("Steps per unit"), PSTR("M92 X" TEXT(STEPS_PER_MM_XY) ".00 Y" TEXT(STEPS_PER_MM_XY) ".00 Z" TEXT(
                                            STEPS_PER_MM_Z) ".00"));
    say_setting(PSTR("Maximum feedrates (units/s)"),
                PSTR("M203 X" TEXT(SPEED_XY) ".00 Y" TEXT(SPEED_XY) ".00 Z" TEXT(SPEED_Z) ".00"));
}

static void report_place(void) {
    for (axis_t axis = X; axis < AXES; axis++) {
        serial_char(AXIS_LETTERS[axis]);
        serial_char(':');
        serial_fixed(motion_place(axis) * 100L, 2);
        serial_char(axis == Z ? '\n' : ' ');
    }
}

/* What must go on while a carriage moves; false when the printer has halted. */
static bool meanwhile(void) {
    wdt_reset();
    heard_at = clock_ms(); /* the host is waiting for us */
    if (clock_ms() - busy_since >= BUSY_MS) {
        busy_since = clock_ms();
        serial_say("echo:busy: processing\n");
    }
    const char *danger = heat_poll();
    if (danger) halt(danger);
    return !danger;
}

/* The axes that an order names; all of them when it names none. */
static bool is_meant(const char *command, axis_t axis) {
    bool any = false;
    for (axis_t a = X; a < AXES; a++) any |= strchr(command, AXIS_LETTERS[a]) != 0;
    return !any || strchr(command, AXIS_LETTERS[axis]);
}

static void home(const char *command) {
    busy_since = clock_ms();
    for (axis_t axis = X; axis < AXES && !halted_by; axis++)
        if (is_meant(command, axis) && !motion_home(axis, meanwhile) && !halted_by) halt(PSTR("Homing failed"));
}

static void move(const char *command) {
    int32_t mm;
    busy_since = clock_ms();
    for (axis_t axis = X; axis < AXES && !halted_by; axis++)
        if (gcode_value(command, AXIS_LETTERS[axis], &mm))
            motion_to(axis, relative ? motion_place(axis) + mm : mm, meanwhile);
}

static void report_endstop(PGM_P name, endstop_t endstop) {
    serial_flash_text(name);
    if (endstop_triggered(endstop)) {
        serial_say(": TRIGGERED\n");
    } else {
        serial_say(": open\n");
    }
}

static void report_endstops(void) {
    serial_say("Reporting endstop status\n");
    report_endstop(PSTR("x_min"), X_MIN);
    report_endstop(PSTR("y_min"), Y_MIN);
    report_endstop(PSTR("z_min"), Z_MIN);
}

static void set_target(heater_t heater, const char *command) {
    int32_t degrees;
    if (!gcode_value(command, 'S', &degrees)) return;
    if (degrees < 0 || degrees > heat_highest(heater)) {
        serial_say("Error:target out of range, heater off\n");
        degrees = 0;
    }
    heat_set(heater, degrees);
}

static void set_fan(const char *command) {
    int32_t speed = 255;
    gcode_value(command, 'S', &speed);
    speed = speed < 0 ? 0 : speed > 255 ? 255 : speed;
    fan_set(speed);
    fan_running = speed;
}

static void take_identity(const char *hex) {
    while (*hex == ' ') hex++;
    switch (identity_give(hex)) {
        case IDENTITY_PRESENT: serial_say("Error:this board has an identity\n"); break;
        case IDENTITY_BAD: serial_say("Error:an identity is 32 hex digits\n"); break;
        default: break;
    }
}

static void say_unknown(const char *command) {
    serial_say("echo:Unknown command: \"");
    serial_text(command);
    serial_say("\"\n");
}

static void run_order(int code, const char *command) {
    int32_t number;
    switch (code) {
        case 18:
        case 84: motors_off(); break;
        case 400: break; /* every move has ended before its ok */
        case 104: set_target(HOT_END, command); break;
        case 106: set_fan(command); break;
        case 107: set_fan("M107 S0"); break;
        case 110:
            if (gcode_value(command, 'N', &number)) gcode_number_from(number);
            break;
        case 114: report_place(); break;
        case 115: report_firmware(); break;
        case 119: report_endstops(); break;
        case 140: set_target(BED, command); break;
        case 503: report_settings(); break;
        case 9000: take_identity(command + 5); break;
        default: say_unknown(command);
    }
}

static void run_motion(int code, const char *command) {
    switch (code) {
        case 0:
        case 1: move(command); break;
        case 28: home(command); break;
        case 90: relative = false; break;
        case 91: relative = true; break;
        default: say_unknown(command);
    }
}

/* What a halted printer still answers. */
static bool is_report(int code) { return code == 110 || code == 115 || code == 119; }

static void run(const char *command) {
    int code = command[0] == 'M' ? atoi(command + 1) : -1;
    if (code == 112) {
        halt(PSTR("M112"));
        return;
    }
    if (halted_by) say_halted();
    if (code == 105) {
        report_temperatures();
        return;
    }
    if (command[0] == 'G' && !halted_by) {
        run_motion(atoi(command + 1), command);
    } else if (!halted_by || is_report(code)) {
        run_order(code, command);
    }
    serial_say("ok\n");
}

static void mind_the_host(void) {
    if (gcode_heard()) heard_at = clock_ms();
    if (clock_ms() - heard_at < HOST_SILENT_MS) return;
    heard_at = clock_ms();
    if (!heat_target(HOT_END) && !heat_target(BED) && !fan_running) return;
    safe();
    serial_say("Error:Host silent, heaters off\n");
}

int main(void) {
    outputs_begin();
    wdt_enable(WDTO_2S);
    serial_begin();
    clock_begin();
    sei();
    heat_measure();
    serial_say("start\necho:" NAME " " VERSION "\n");
    for (;;) {
        wdt_reset();
        const char *danger = halted_by ? 0 : heat_poll();
        if (danger) halt(danger);
        char *command = gcode_poll();
        if (command) run(command);
        mind_the_host();
    }
}
