#include "chip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "avr_adc.h"
#include "avr_eeprom.h"
#include "avr_ioport.h"
#include "avr_uart.h"
#include "sim_avr.h"
#include "sim_io.h"

#define SPEED_TOLERANCE 0.045 /* of a serial line */
#define PORTS 12
#define SHORTS 8
#define INPUT 65536
#define RECEIVER_HOLDS 3 /* bytes that a USART keeps: two, and one coming in */
#define READ_ONLY_FLAGS 0xbc /* UCSRnA: RXC, UDRE, FE, DOR, UPE */
#define UDRE 0x20

typedef struct {
    avr_ioport_t *io;
    int8_t outside[8]; /* level_t */
} port_t;

static avr_t *avr;
static avr_uart_t *uart;
static avr_adc_t *adc;
static port_t ports[PORTS];
static struct { pin_t one, other; } shorts[SHORTS];
static int shorts_made;
static uint8_t adc_channel[64]; /* mux code → true channel */
static int analog_mv[ADC_CHANNELS];
static uint8_t input[INPUT];
static unsigned input_in, input_out;
static double line_cycles; /* cycles in which the line could have brought a byte */
static long host_speed; /* of the program at the other end; 0 when nobody has set one */
static void (*send_to_host)(uint8_t);

static avr_io_t *find_io(const char *kind, avr_io_t *after) {
    avr_io_t *io = after ? after->next : avr->io_port;
    while (io && strcmp(io->kind, kind)) io = io->next;
    return io;
}

/* ---- pins: simavr loses pull-ups at a reset and knows no shorts, so a port's pins are worked out here ---- */

static port_t *port_of(char name) {
    for (int i = 0; i < PORTS && ports[i].io; i++)
        if (ports[i].io->name == name) return &ports[i];
    return NULL;
}

bool chip_has_pin(pin_t pin) { return pin.bit >= 0 && pin.bit < 8 && port_of(pin.port); }

static bool own_level(pin_t pin, bool *is_output) {
    port_t *p = port_of(pin.port);
    bool high = avr->data[p->io->r_port] >> pin.bit & 1;
    *is_output = avr->data[p->io->r_ddr] >> pin.bit & 1;
    if (*is_output || p->outside[pin.bit] == LEVEL_FREE) return high; /* driven, or held by the pull-up */
    return p->outside[pin.bit] == LEVEL_HIGH;
}

bool chip_pin_level(pin_t pin, bool *is_output) {
    bool high = own_level(pin, is_output), ignored;
    for (int i = 0; i < shorts_made; i++) {
        if (shorts[i].one.port == pin.port && shorts[i].one.bit == pin.bit)
            high &= own_level(shorts[i].other, &ignored);
        if (shorts[i].other.port == pin.port && shorts[i].other.bit == pin.bit)
            high &= own_level(shorts[i].one, &ignored);
    }
    return high;
}

static uint8_t read_pins(avr_t *a, avr_io_addr_t addr, void *param) {
    port_t *p = param;
    bool ignored;
    uint8_t value = 0;
    for (int bit = 0; bit < 8; bit++)
        value |= chip_pin_level((pin_t){p->io->name, bit}, &ignored) << bit;
    a->data[addr] = value;
    return value;
}

static void make_ports(void) {
    int n = 0;
    for (avr_io_t *io = find_io("port", NULL); io && n < PORTS; io = find_io("port", io)) {
        ports[n].io = (avr_ioport_t *)io;
        memset(ports[n].outside, LEVEL_FREE, sizeof ports[n].outside);
        avr->io[AVR_DATA_TO_IO(ports[n].io->r_pin)].r.c = read_pins;
        avr->io[AVR_DATA_TO_IO(ports[n].io->r_pin)].r.param = &ports[n];
        n++;
    }
}

void chip_pin_from_outside(pin_t pin, level_t level) {
    port_of(pin.port)->outside[pin.bit] = level;
    if (level == LEVEL_FREE) return;
    avr_irq_t *irq = avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ(pin.port), pin.bit);
    avr_raise_irq(irq, level); /* for programs that wait for a pin change */
}

typedef struct {
    void (*rose)(void *);
    void *param;
} rise_t;
static rise_t rises[SHORTS];
static int rises_made;

static void changed(struct avr_irq_t *irq, uint32_t value, void *param) {
    rise_t *rise = param;
    if (value && !irq->value) rise->rose(rise->param); /* the old value is still there */
}

void chip_on_rise(pin_t pin, void (*rose)(void *param), void *param) {
    if (rises_made == SHORTS) return;
    rises[rises_made] = (rise_t){rose, param};
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ(pin.port), pin.bit), changed,
                            &rises[rises_made++]);
}

bool chip_short(pin_t one, pin_t other) {
    if (!chip_has_pin(one) || !chip_has_pin(other) || shorts_made == SHORTS) return false;
    shorts[shorts_made].one = one;
    shorts[shorts_made++].other = other;
    return true;
}

/* ---- converter: simavr keeps eight channels only and reads past their end for the Mega's A8 to A15 ---- */

static void before_conversion(struct avr_irq_t *irq, uint32_t value, void *param) {
    (void)irq, (void)value, (void)param;
    uint8_t code = avr_regbit_get_array(avr, adc->mux, 6);
    avr_adc_mux_t *mux = &adc->muxmode[code];
    if (mux->kind == ADC_MUX_SINGLE) adc->adc_values[mux->src] = analog_mv[adc_channel[code]];
}

static void make_adc(void) {
    adc = (avr_adc_t *)find_io("adc", NULL);
    if (!adc) return;
    for (int code = 0; code < 64; code++) {
        avr_adc_mux_t *mux = &adc->muxmode[code];
        adc_channel[code] = mux->src % ADC_CHANNELS;
        if (mux->kind == ADC_MUX_SINGLE) mux->src %= 8;
    }
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, ADC_IRQ_OUT_TRIGGER), before_conversion, NULL);
}

void chip_analog(int channel, int millivolts) { analog_mv[channel] = millivolts; }

void chip_supply(int millivolts) { avr->vcc = avr->avcc = avr->aref = millivolts; }

int chip_supply_now(void) { return avr->vcc; }

/* ---- serial line ---- */

typedef struct {
    avr_io_write_t write;
    void *param;
} wrapped_t;
static wrapped_t status_write, control_write;

static void wrap(avr_io_addr_t reg, avr_io_write_t ours, wrapped_t *before) {
    before->write = avr->io[AVR_DATA_TO_IO(reg)].w.c;
    before->param = avr->io[AVR_DATA_TO_IO(reg)].w.param;
    avr->io[AVR_DATA_TO_IO(reg)].w.c = ours;
}

static void write_on(wrapped_t *before, avr_t *a, avr_io_addr_t addr, uint8_t value) {
    if (before->write) {
        before->write(a, addr, value, before->param);
    } else {
        a->data[addr] = value;
    }
}

/* simavr lets a write of UCSRnA wipe the flags that are read-only on the chip */
static void write_status(avr_t *a, avr_io_addr_t addr, uint8_t value, void *param) {
    (void)param;
    uint8_t flags = a->data[addr] & READ_ONLY_FLAGS;
    write_on(&status_write, a, addr, value);
    a->data[addr] = (a->data[addr] & ~READ_ONLY_FLAGS) | flags;
}

/* ... and clears UDRE with TXEN, and does not give it back: Arduino's init() writes 0 to UCSRnB */
static void write_control(avr_t *a, avr_io_addr_t addr, uint8_t value, void *param) {
    (void)param;
    uint8_t empty = a->data[uart->r_ucsra] & UDRE;
    write_on(&control_write, a, addr, value);
    a->data[uart->r_ucsra] |= empty;
}

static uint8_t wrong(uint8_t byte) { return (byte * 37 + 0x81) | 0x80; }

/* Asked for every byte: the program on the chip may set its speed in the middle of a turn. */
static bool damaged(void) {
    long ours = chip_baud();
    double off = ours && host_speed ? (double)ours / host_speed - 1 : 0;
    return off > SPEED_TOLERANCE || off < -SPEED_TOLERANCE;
}

static void sent(struct avr_irq_t *irq, uint32_t value, void *param) {
    (void)irq, (void)param;
    if (send_to_host) send_to_host(damaged() ? wrong(value) : value);
}

static void make_uart(void) {
    uint32_t quiet = 0; /* no sleeping while polled, no echo on the console */
    for (avr_io_t *io = find_io("uart", NULL); io; io = find_io("uart", io))
        if (((avr_uart_t *)io)->name == '0') uart = (avr_uart_t *)io;
    wrap(uart->r_ucsra, write_status, &status_write);
    wrap(uart->r_ucsrb, write_control, &control_write);
    avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &quiet);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), sent, NULL);
}

void chip_on_send(void (*send)(uint8_t)) { send_to_host = send; }

void chip_host_speed(long baud) { host_speed = baud; }

long chip_baud(void) {
    if (!avr_regbit_get(avr, uart->rxen) && !avr_regbit_get(avr, uart->txen)) return 0;
    unsigned divider = avr->data[uart->ubrrl.reg] | (avr->data[uart->ubrrl.reg + 1] & 15) << 8;
    return CHIP_HZ / ((divider + 1) * (avr_regbit_get(avr, uart->u2x) ? 8 : 16));
}

static unsigned byte_cycles(void) {
    long baud = chip_baud();
    return baud > 0 ? CHIP_HZ * 10L / baud : CHIP_HZ / 11520;
}

void chip_receive(uint8_t byte) {
    if (input_in - input_out < INPUT) input[input_in++ % INPUT] = byte;
}

void chip_forget_input(void) { input_out = input_in; }

static void line_brings(double cycles) {
    unsigned needed = byte_cycles();
    line_cycles += cycles;
    while (line_cycles >= needed && input_in != input_out) {
        line_cycles -= needed;
        uint8_t byte = input[input_out++ % INPUT];
        bool full = ((uart->input.write - uart->input.read) & 63) >= RECEIVER_HOLDS;
        if (full && avr_regbit_get(avr, uart->rxen)) continue; /* overrun: lost, as on the chip */
        uint32_t value = damaged() ? wrong(byte) | UART_INPUT_FE : byte;
        avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT), value);
    }
    if (line_cycles > needed) line_cycles = needed;
}

/* ---- the chip as a whole ---- */

static void do_not_sleep(avr_t *a, avr_cycle_count_t cycles) { (void)a, (void)cycles; }

bool chip_make(const char *mcu) {
    avr = avr_make_mcu_by_name(mcu);
    if (!avr) return false;
    avr_init(avr);
    avr->frequency = CHIP_HZ;
    avr->log = LOG_NONE; /* an erased flash is full of invalid opcodes */
    avr->sleep = do_not_sleep; /* time passes, and the board's loop does the waiting */
    avr->codeend = avr->flashend;
    memset(avr->flash, 0xff, avr->flashend + 1);
    chip_supply(5000);
    make_uart();
    make_adc();
    make_ports();
    return true;
}

size_t chip_flash(uint8_t **bytes) {
    *bytes = avr->flash;
    return avr->flashend + 1;
}

size_t chip_eeprom(uint8_t **bytes) {
    *bytes = ((avr_eeprom_t *)find_io("eeprom", NULL))->eeprom;
    return avr->e2end + 1;
}

/* One record: its bytes and their number, 0 for a line that is none, -1 for a damaged one. */
static int hex_record(const char *line, uint8_t bytes[260]) {
    unsigned value, sum = 0;
    int n = 0;
    if (line[0] != ':') return 0;
    for (const char *p = line + 1; n < 260 && sscanf(p, "%2x", &value) == 1; p += 2) sum += bytes[n++] = value;
    return n >= 5 && n == bytes[0] + 5 && !(sum & 255) ? n : -1;
}

const char *chip_load_hex(const char *path, bool is_bootloader) {
    char line[600];
    uint8_t r[260];
    uint32_t base = 0, lowest = avr->flashend;
    const char *problem = NULL;
    FILE *file = fopen(path, "r");
    if (!file) return "cannot be read";
    while (!problem && fgets(line, sizeof line, file)) {
        int n = hex_record(line, r);
        uint32_t address = base + (r[1] << 8 | r[2]);
        if (n < 0) {
            problem = "has a damaged record";
        } else if (n == 0 || r[3] == 1) {
            continue;
        } else if (r[3] == 2) {
            base = (r[4] << 8 | r[5]) << 4;
        } else if (r[3] == 4) {
            base = (uint32_t)(r[4] << 8 | r[5]) << 16;
        } else if (r[3] == 0 && address + r[0] > avr->flashend + 1) {
            problem = "does not fit into the flash";
        } else if (r[3] == 0) {
            memcpy(avr->flash + address, r + 4, r[0]);
            if (address < lowest) lowest = address;
        }
    }
    fclose(file);
    if (is_bootloader) avr->reset_pc = lowest;
    return problem;
}

void chip_reset(void) {
    avr_reset(avr);
    avr_regbit_clear(avr, avr->reset_flags.porf);
    avr_regbit_set(avr, avr->reset_flags.extrf); /* Optiboot stays only after this kind of reset */
    chip_forget_input();
    line_cycles = 0;
}

double chip_run(double cycles) {
    double left = cycles;
    while (left > 0) {
        avr_cycle_count_t start = avr->cycle;
        unsigned slice = byte_cycles();
        double ran = slice;
        avr->run_cycle_limit = 1000; /* every reset, also the watchdog's, puts it back to 1 */
        uart->cycles_per_byte = slice; /* simavr counts a parity bit that is not sent */
        while (avr->cycle >= start && avr->cycle - start < slice && avr->state < cpu_Done) avr_run(avr);
        if (avr->cycle > start && avr->state < cpu_Done) ran = avr->cycle - start; /* else: watchdog, or dead */
        left -= ran;
        line_brings(ran);
    }
    return cycles - left;
}
