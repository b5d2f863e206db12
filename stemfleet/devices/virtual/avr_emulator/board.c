/* An emulated Arduino behind a pseudo-terminal.
 *
 *   board --mcu atmega328p --port LINK [--bootloader HEX] [--program HEX] [--flash FILE] [--eeprom FILE]
 *         [--supply MV] [--thermistor CHANNEL=PIN,RISE]... [--axis STEP,DIR,ENDSTOP,STEPS]... [--mute]
 *         [--slow TIMES] [--bad-cell ADDRESS] [--unplug-after BYTES] [--reset-on TEXT] [--garbage]
 *
 * The last line are faults: see trouble.h.
 *
 * Opening the port resets the chip, as DTR does through the board's capacitor. Orders come on standard input (see
 * orders.h), after a first line "ready" on standard output. The board ends when standard input ends or its parent
 * is another: then the program that started it is gone, however that happened. FILEs are read at the beginning, if
 * they are there, and written at the end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "axis.h"
#include "chip.h"
#include "orders.h"
#include "thermistor.h"
#include "trouble.h"
#include "usb.h"

#define TURN_SECONDS 0.001
#define LEAST_CYCLES 8000    /* a slow board gathers them: the chip cannot run for less than a byte takes */
#define MOST_BEHIND 0.25     /* a host too slow for real time: give up the lag instead of racing after it */

typedef struct {
    board_t board;
    const char *mcu, *bootloader, *program, *flash, *eeprom;
    const char *thermistors[4], *axes[3];
    int thermistor_count, axis_count, supply;
    long bad_cell;
} options_t;

static volatile sig_atomic_t ending;
static int answers; /* our own standard output: simavr prints on the ordinary one */

static void on_signal(int number) {
    (void)number;
    ending = 1;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void sleep_for(double seconds) {
    struct timespec t = {.tv_sec = 0, .tv_nsec = seconds * 1e9};
    nanosleep(&t, NULL);
}

static void say(const char *text) {
    dprintf(answers, "%s\n", text);
}

static void give_up(const char *what, const char *why) {
    char text[4200];
    snprintf(text, sizeof text, "error %s: %s", what, why);
    say(text);
    exit(2);
}

static options_t parse(int argc, char **argv) {
    static const struct option names[] = {
        {"mcu", 1, 0, 'm'},    {"port", 1, 0, 'p'},   {"bootloader", 1, 0, 'b'}, {"program", 1, 0, 'g'}, {"flash", 1, 0, 'f'},
        {"eeprom", 1, 0, 'e'}, {"supply", 1, 0, 's'}, {"thermistor", 1, 0, 't'}, {"mute", 0, 0, 'u'},
        {"axis", 1, 0, 'a'},   {"slow", 1, 0, 'l'},   {"bad-cell", 1, 0, 'c'},   {"unplug-after", 1, 0, 'n'},
        {"reset-on", 1, 0, 'r'}, {"garbage", 0, 0, 'x'}, {0}};
    options_t o = {.board.real_time = true, .supply = 5000, .bad_cell = -1};
    for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (c) {
            case 'm': o.mcu = optarg; break;
            case 'p': o.board.link = optarg; break;
            case 'b': o.bootloader = optarg; break;
            case 'g': o.program = optarg; break;
            case 'f': o.flash = optarg; break;
            case 'e': o.eeprom = optarg; break;
            case 's': o.supply = atoi(optarg); break;
            case 'u': o.board.mute = true; break;
            case 't':
                if (o.thermistor_count < 4) o.thermistors[o.thermistor_count++] = optarg;
                break;
            case 'a':
                if (o.axis_count < 3) o.axes[o.axis_count++] = optarg;
                break;
            case 'l': trouble_slow(atoi(optarg)); break;
            case 'c': o.bad_cell = atol(optarg); break;
            case 'n': trouble_unplug_after(atol(optarg)); break;
            case 'r': trouble_reset_on(optarg); break;
            case 'x': o.board.mute = true; trouble_garbage(); break;
            default: give_up("option", "unknown");
        }
    }
    if (!o.mcu || !o.board.link) give_up("option", "--mcu and --port are needed");
    return o;
}

/* True when the file was there. */
static bool load(const char *path, uint8_t *bytes, size_t size) {
    FILE *file = path ? fopen(path, "rb") : NULL;
    if (!file) return false;
    size_t n = fread(bytes, 1, size, file);
    fclose(file);
    if (n != size) give_up(path, "is not of this chip's size");
    return true;
}

static void load_hex(const char *path, bool is_bootloader) {
    const char *problem = path ? chip_load_hex(path, is_bootloader) : NULL;
    if (problem) give_up(path, problem);
}

static void build(const options_t *o) {
    uint8_t *bytes;
    if (!chip_make(o->mcu)) give_up(o->mcu, "no such chip");
    size_t size = chip_eeprom(&bytes);
    load(o->eeprom, bytes, size);
    load_hex(o->bootloader, true); /* also tells where the chip starts */
    size = chip_flash(&bytes);
    if (!load(o->flash, bytes, size)) load_hex(o->program, false);
    chip_supply(o->supply);
    for (int i = 0; i < o->thermistor_count; i++)
        if (!thermistor_add(o->thermistors[i])) give_up(o->thermistors[i], "is no thermistor");
    for (int i = 0; i < o->axis_count; i++)
        if (!axis_add(o->axes[i])) give_up(o->axes[i], "is no axis");
    if (o->bad_cell >= 0 && !trouble_bad_cell(o->bad_cell)) give_up("--bad-cell", "no such place in the flash");
    if (!o->board.mute) chip_on_send(usb_send);
    chip_reset();
}

static void save(const options_t *o) {
    uint8_t *bytes;
    size_t size = chip_flash(&bytes);
    if (o->flash) file_save(o->flash, bytes, size);
    size = chip_eeprom(&bytes);
    if (o->eeprom) file_save(o->eeprom, bytes, size);
}

/* Orders that have arrived; false when standard input has ended. */
static bool obey(board_t *board) {
    static char line[8192];
    static size_t length;
    char answer[4200];
    ssize_t n = read(STDIN_FILENO, line + length, sizeof line - length - 1);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    if (n == 0) return false;
    length += n;
    line[length] = 0;
    for (char *end; (end = strchr(line, '\n'));) {
        *end = 0;
        order_run(board, line, answer, sizeof answer);
        say(answer);
        length -= end + 1 - line;
        memmove(line, end + 1, length + 1);
    }
    if (length == sizeof line - 1) length = 0;
    return true;
}

static void serve_line(const board_t *board) {
    uint8_t bytes[4096];
    if (usb_was_opened()) chip_reset();
    if (!usb_is_open()) return;
    chip_host_speed(usb_speed());
    ssize_t n = usb_read(bytes, sizeof bytes);
    for (ssize_t i = 0; i < n && !board->mute; i++) {
        chip_receive(bytes[i]);
        trouble_heard(bytes[i]);
    }
}

static void live(board_t *board) {
    double due = now(), cycles = 0;
    pid_t parent = getppid();
    while (!ending && obey(board) && getppid() == parent) {
        serve_line(board);
        cycles += CHIP_HZ * TURN_SECONDS / trouble_slowness();
        if (cycles >= LEAST_CYCLES) cycles -= chip_run(cycles);
        thermistors_run(TURN_SECONDS);
        trouble_turn();
        usb_flush();
        due += TURN_SECONDS;
        double ahead = due - now();
        if (!board->real_time || ahead < -MOST_BEHIND) {
            due = now();
        } else if (ahead > 0) {
            sleep_for(ahead);
        }
    }
}

int main(int argc, char **argv) {
    answers = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    options_t options = parse(argc, argv);
    signal(SIGTERM, on_signal);
    signal(SIGINT, SIG_IGN); /* a person's Ctrl-C reaches the whole group; our parent decides */
    signal(SIGPIPE, SIG_IGN);
    build(&options);
    const char *problem = usb_plug(options.board.link);
    if (problem) give_up(options.board.link, problem);
    fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    say("ready");
    live(&options.board);
    usb_unplug();
    save(&options);
    return 0;
}
