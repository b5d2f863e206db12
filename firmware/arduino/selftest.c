/* The self-test: measures and reports, judges nothing. Protocol and measurements: ../README.md. */
#include <avr/pgmspace.h>
#include <string.h>

#include "lines.h"
#include "report.h"

static const char PROGRAM[] PROGMEM = "selftest";

int main(void) {
    lines_begin(PROGRAM);
    for (;;) {
        const char *question;
        if (!lines_poll(PROGRAM, &question)) continue;
        if (!strcmp_P(question, PSTR("?test"))) {
            run_checks();
        } else {
            answer_error(PSTR("unknown"));
        }
    }
}
