/* Orders to the board, one a line on standard input; one line of answer each: "ok", "ok <what was asked>" or
   "error <why>". */
#ifndef ORDERS_H
#define ORDERS_H
#include <stdbool.h>
#include <stddef.h>

typedef struct {
    const char *link; /* name of the port */
    bool real_time;
    bool mute; /* the serial converter is dead */
} board_t;

void order_run(board_t *board, char *line, char *answer, size_t room);
const char *file_save(const char *path, const void *bytes, size_t size); /* a text when it went wrong */
#endif
