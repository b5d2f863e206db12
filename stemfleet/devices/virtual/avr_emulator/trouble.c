#include "trouble.h"

#include <stddef.h>
#include <string.h>

#include "chip.h"
#include "usb.h"

#define LOST_BIT 0x10
#define BREAKDOWN_TURNS 3 /* from the last straw to the reset: the end of the line has come, the answer has not */
#define IMAGE_BEGINS 400 /* bytes: more than it takes to ask who is there */
#define NOISE_BYTES 4 /* a millisecond: less than the line can carry */

static uint8_t *cell, cell_before;
static long bytes_left = -1;
static const char *last_straw;
static size_t matched;
static int turns_left;
static bool noisy;
static long heard;
static int slowness = 1;
static uint32_t noise = 1;

bool trouble_bad_cell(long address) {
    uint8_t *flash;
    if (address < 0 || (size_t)address >= chip_flash(&flash)) return false;
    cell = flash + address;
    cell_before = *cell;
    return true;
}

void trouble_unplug_after(long bytes) { bytes_left = bytes; }

void trouble_reset_on(const char *text) { last_straw = text; }

void trouble_slow(int times) { slowness = times; }

int trouble_slowness(void) { return heard > IMAGE_BEGINS ? slowness : 1; }

void trouble_garbage(void) { noisy = true; }

void trouble_heard(uint8_t byte) {
    heard++;
    if (bytes_left > 0 && --bytes_left == 0) usb_unplug();
    if (!last_straw) return;
    matched = byte == last_straw[matched] ? matched + 1 : byte == last_straw[0];
    if (last_straw[matched]) return;
    matched = 0;
    turns_left = BREAKDOWN_TURNS;
}

void trouble_turn(void) {
    if (cell && *cell != cell_before) cell_before = *cell ^= LOST_BIT;
    if (turns_left && !--turns_left) chip_reset();
    for (int i = 0; noisy && usb_is_open() && i < NOISE_BYTES; i++) {
        noise = noise * 1664525 + 1013904223;
        usb_send(noise >> 24 | 0x80);
    }
}
