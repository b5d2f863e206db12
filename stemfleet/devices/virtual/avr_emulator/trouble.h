/* What can be ordered to go wrong with a board, besides what its options say. */
#ifndef TROUBLE_H
#define TROUBLE_H
#include <stdbool.h>
#include <stdint.h>


bool trouble_bad_cell(long address);    /* this cell of the flash loses a bit whenever it is written; false: no such cell */
void trouble_unplug_after(long bytes);  /* the cable goes after so many bytes from the host: once */
void trouble_reset_on(const char *text); /* the supply breaks down whenever the host has sent this text */
void trouble_garbage(void);             /* the board sends noise for as long as somebody listens */
void trouble_slow(int times);             /* its time runs so much slower than ours once an image is on its way */

int trouble_slowness(void); /* now; 1 is real time */
void trouble_heard(uint8_t byte); /* one byte from the host */
void trouble_turn(void);         /* to be called every millisecond */
#endif
