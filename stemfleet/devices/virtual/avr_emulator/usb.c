#define _GNU_SOURCE
#include "usb.h"

#include <asm/termbits.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define OUTPUT 65536

static int master = -1, watch = -1;
static char *link_name;
static bool is_open;
static uint8_t output[OUTPUT];
static unsigned output_in, output_out;

bool usb_is_plugged(void) { return master >= 0; }

bool usb_is_open(void) { return is_open; }

static bool make_raw(const char *name) {
    struct termios2 t;
    int fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return false;
    bool ok = !ioctl(fd, TCGETS2, &t);
    t.c_iflag = t.c_oflag = t.c_lflag = 0;
    t.c_cflag = (t.c_cflag & ~(CSIZE | PARENB)) | CS8 | CREAD | CLOCAL;
    ok = ok && !ioctl(fd, TCSETS2, &t);
    close(fd);
    return ok;
}

static bool point_link(const char *target) {
    char *fresh;
    if (asprintf(&fresh, "%s.new", link_name) < 0) return false;
    unlink(fresh);
    bool ok = !symlink(target, fresh) && !rename(fresh, link_name);
    free(fresh);
    return ok;
}

const char *usb_plug(const char *link) {
    if (usb_is_plugged()) return "is plugged in already";
    if (!link_name) link_name = strdup(link);
    char name[64];
    master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (master < 0 || grantpt(master) || unlockpt(master) || ptsname_r(master, name, sizeof name))
        return "no pseudo-terminal to be had";
    if (!make_raw(name)) return "the pseudo-terminal cannot be set up";
    watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch < 0 || inotify_add_watch(watch, name, IN_OPEN | IN_CLOSE) < 0) return "the port cannot be watched";
    is_open = false;
    return point_link(name) ? NULL : "the link cannot be made";
}

void usb_unplug(void) {
    if (link_name) unlink(link_name);
    if (master >= 0) close(master);
    if (watch >= 0) close(watch);
    master = watch = -1;
    is_open = false;
}

/* Looking at the state now and then would miss a program that closes and another that opens at once: true when that
   has happened since the last call. */
static bool was_reopened(void) {
    _Alignas(struct inotify_event) char buffer[4096];
    bool closed = false, reopened = false;
    ssize_t n;
    while ((n = read(watch, buffer, sizeof buffer)) > 0) {
        for (char *p = buffer; p < buffer + n;) {
            struct inotify_event *event = (struct inotify_event *)p;
            reopened |= closed && event->mask & IN_OPEN;
            closed |= (event->mask & IN_CLOSE) != 0;
            p += sizeof *event + event->len;
        }
    }
    return reopened;
}

bool usb_was_opened(void) {
    if (master < 0) return false;
    struct pollfd p = {.fd = master, .events = POLLIN};
    bool reopened = was_reopened(), was_open = is_open;
    is_open = poll(&p, 1, 0) >= 0 && !(p.revents & POLLHUP);
    bool newly = is_open && (!was_open || reopened);
    if (newly || !is_open) output_out = output_in;
    return newly;
}

long usb_speed(void) {
    struct termios2 t;
    return master >= 0 && !ioctl(master, TCGETS2, &t) ? (long)t.c_ospeed : 0;
}

ssize_t usb_read(uint8_t *bytes, size_t room) { return master < 0 ? -1 : read(master, bytes, room); }

void usb_send(uint8_t byte) {
    if (is_open && output_in - output_out < OUTPUT) output[output_in++ % OUTPUT] = byte;
}

void usb_flush(void) {
    while (is_open && output_out != output_in) {
        unsigned from = output_out % OUTPUT, n = output_in - output_out;
        ssize_t done = write(master, output + from, from + n > OUTPUT ? OUTPUT - from : n);
        if (done <= 0) return;
        output_out += done;
    }
}
