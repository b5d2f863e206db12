/* The line protocol of ../README.md: reads one question at a time, counts the lines of its answer. */
#ifndef LINES_H
#define LINES_H
#include <avr/pgmspace.h>
#include <stdbool.h>
#include <stdint.h>

#define VERSION "1.0.0"

void lines_begin(PGM_P program); /* serial line, clock, interrupts, and the `hello` line */
/* Takes what has arrived. Answers the questions that every program knows by itself; true when `question` is another
   one, which the caller must answer by lines and answer_end(). */
bool lines_poll(PGM_P program, const char **question);

void line_end(void);
void answer_end(void);
void answer_error(PGM_P code);
void measurement(PGM_P name, int32_t value, uint8_t decimals, PGM_P unit);
#endif
