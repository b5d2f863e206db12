#include "identity.h"

#include <avr/eeprom.h>
#include <avr/io.h>
#include <string.h>
#include <util/crc16.h>

typedef struct {
    uint8_t mark[3];
    uint8_t id[IDENTITY_BYTES];
    uint8_t crc;
} record_t;

static const uint8_t MARK[3] = {'S', 'F', '1'};

static uint8_t crc_of(const record_t *record) {
    const uint8_t *bytes = (const uint8_t *)record;
    uint8_t crc = 0;
    for (uint8_t i = 0; i < sizeof *record - 1; i++) crc = _crc8_ccitt_update(crc, bytes[i]);
    return crc;
}

bool identity_get(uint8_t id[IDENTITY_BYTES]) {
    record_t record;
    eeprom_read_block(&record, (const void *)IDENTITY_PLACE, sizeof record);
    if (memcmp(record.mark, MARK, sizeof MARK) || record.crc != crc_of(&record)) return false;
    memcpy(id, record.id, IDENTITY_BYTES);
    return true;
}

static int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

identity_answer_t identity_give(const char *hex) {
    record_t record;
    if (identity_get(record.id)) return IDENTITY_PRESENT;
    if (strlen(hex) != 2 * IDENTITY_BYTES) return IDENTITY_BAD;
    for (uint8_t i = 0; i < IDENTITY_BYTES; i++) {
        int high = digit_of(hex[2 * i]), low = digit_of(hex[2 * i + 1]);
        if (high < 0 || low < 0) return IDENTITY_BAD;
        record.id[i] = high << 4 | low;
    }
    memcpy(record.mark, MARK, sizeof MARK);
    record.crc = crc_of(&record);
    eeprom_update_block(&record, (void *)IDENTITY_PLACE, sizeof record);
    return IDENTITY_WRITTEN;
}
