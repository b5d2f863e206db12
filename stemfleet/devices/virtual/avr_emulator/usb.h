/* The board's USB serial port: a pseudo-terminal behind a link whose name stays. */
#ifndef USB_H
#define USB_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

const char *usb_plug(const char *link); /* a text when it went wrong */
void usb_unplug(void);
bool usb_is_plugged(void);
/* True once for each time a program has opened the closed port: what raises DTR on a board. */
bool usb_was_opened(void);
bool usb_is_open(void);
long usb_speed(void); /* bits a second that the host has set; 0 unknown */
ssize_t usb_read(uint8_t *bytes, size_t room);
void usb_send(uint8_t byte); /* kept until usb_flush; lost while nobody has the port open */
void usb_flush(void);
#endif
