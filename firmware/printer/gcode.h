/* Reads G-code lines: comments, line numbers, checksums, and asking again for a line that did not arrive well. */
#ifndef GCODE_H
#define GCODE_H
#include <stdbool.h>
#include <stdint.h>

/* The next good command without its number and checksum, or 0. Bad lines have been answered when this returns. */
char *gcode_poll(void);
bool gcode_heard(void); /* true once after each byte-complete line, good or bad */
void gcode_number_from(uint32_t last); /* M110 */

bool gcode_value(const char *command, char letter, int32_t *value); /* the whole number after a letter */
#endif
