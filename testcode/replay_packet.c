/*
 * replay_packet.c - reads, writes and prints messages as plain lists of records.
 *
 * Called by the readers and matchers of scenarios and by the runner's reports.
 */
#include "testcode/replay_packet.h"

#include <string.h>

enum status packet_add(struct packet *packet, int section, const struct packet_record *record,
                       struct arena *arena)
{
    struct packet_section *to = &packet->sections[section];

    if (to->count == to->room) {
        size_t room = to->room == 0 ? 4 : to->room * 2;
        struct packet_record *records = ARENA_ARRAY(arena, struct packet_record, room);

        if (records == NULL)
            return STATUS_NO_MEMORY;
        if (to->count > 0)
            memcpy(records, to->records, to->count * sizeof(*records));
        to->records = records;
        to->room = room;
    }
    to->records[to->count++] = *record;
    return STATUS_OK;
}

/* ---- reading
 * ---------------------------------------------------------------------------------- */

static enum status read_opt(struct cursor *in, struct packet *out)
{
    uint16_t size;

    if (out->has_opt)
        return STATUS_MALFORMED; /* RFC 6891 section 6.1.1: one at most */
    out->has_opt = true;
    out->opt_size = cursor_u16(in);
    out->opt_ttl = cursor_u32(in);
    size = cursor_u16(in);
    out->opt_rdata = cursor_bytes(in, size);
    return cursor_failed(in) ? STATUS_MALFORMED : STATUS_OK;
}

static enum status read_record(struct cursor *in, int section, struct arena *arena,
                               struct packet *out)
{
    struct packet_record record = {0};
    enum status status = dname_read(in, arena, &record.owner);
    struct cursor inner;
    struct slice raw;
    uint16_t size;

    if (status != STATUS_OK)
        return status;
    record.type = cursor_u16(in);
    if (record.type == TYPE_OPT && section == PACKET_ADDITIONAL)
        return read_opt(in, out);
    record.rrclass = cursor_u16(in);
    if (section != PACKET_QUESTION) {
        record.ttl_s = cursor_u32(in);
        size = cursor_u16(in);
        inner = cursor_sub(in, size);
        if (cursor_failed(in))
            return STATUS_MALFORMED;
        raw = slice_of(inner.at, cursor_left(&inner));
        status = rdata_read(&inner, record.type, record.rrclass, arena, &record.rdata);
        if (status == STATUS_MALFORMED)
            record.rdata = raw; /* a scenario may hold such records on purpose */
        else if (status != STATUS_OK)
            return status;
    }
    if (cursor_failed(in))
        return STATUS_MALFORMED;
    return packet_add(out, section, &record, arena);
}

enum status packet_read(struct slice wire, struct arena *arena, struct packet *out)
{
    struct cursor in = cursor_of(wire);
    uint16_t counts[PACKET_SECTIONS];
    uint16_t bits;

    memset(out, 0, sizeof(*out));
    out->id = cursor_u16(&in);
    bits = cursor_u16(&in);
    out->flags =
        bits & (FLAG_QR | FLAG_AA | FLAG_TC | FLAG_RD | FLAG_RA | FLAG_Z | FLAG_AD | FLAG_CD);
    out->opcode = (uint8_t)(bits >> 11 & 15);
    out->rcode = (uint8_t)(bits & 15);
    for (int i = 0; i < PACKET_SECTIONS; i++)
        counts[i] = cursor_u16(&in);
    if (cursor_failed(&in))
        return STATUS_MALFORMED;
    for (int section = 0; section < PACKET_SECTIONS; section++)
        for (uint16_t i = 0; i < counts[section]; i++) {
            enum status status = read_record(&in, section, arena, out);

            if (status != STATUS_OK)
                return status;
        }
    return cursor_left(&in) > 0 ? STATUS_MALFORMED : STATUS_OK;
}

/* ---- writing
 * ---------------------------------------------------------------------------------- */

static void write_record(struct sink *out, int section, const struct packet_record *record)
{
    dname_write(out, record->owner);
    sink_u16(out, record->type);
    sink_u16(out, record->rrclass);
    if (section == PACKET_QUESTION)
        return;
    sink_u32(out, record->ttl_s);
    sink_u16(out, (uint16_t)record->rdata.size);
    sink_bytes(out, record->rdata);
}

static size_t written_size(const struct packet *packet)
{
    size_t size = HEADER_SIZE;

    for (int section = 0; section < PACKET_SECTIONS; section++)
        for (size_t i = 0; i < packet->sections[section].count; i++) {
            const struct packet_record *record = &packet->sections[section].records[i];

            size += record->owner.size + 10u + record->rdata.size;
        }
    return size + (packet->has_opt ? 11 + packet->opt_rdata.size : 0);
}

struct slice packet_write(const struct packet *packet, struct arena *arena)
{
    size_t size = size_min(written_size(packet), MESSAGE_MAX);
    struct sink out = sink_of(arena_bytes(arena, size), size);

    if (out.base == NULL)
        return slice_of(NULL, 0);
    sink_u16(&out, packet->id);
    sink_u16(&out, (uint16_t)(packet->flags | packet->opcode << 11 | packet->rcode));
    for (int section = 0; section < PACKET_SECTIONS; section++)
        sink_u16(&out, (uint16_t)(packet->sections[section].count +
                                  (section == PACKET_ADDITIONAL && packet->has_opt ? 1 : 0)));
    for (int section = 0; section < PACKET_SECTIONS; section++)
        for (size_t i = 0; i < packet->sections[section].count; i++)
            write_record(&out, section, &packet->sections[section].records[i]);
    if (packet->has_opt) {
        dname_write(&out, dname_root);
        sink_u16(&out, TYPE_OPT);
        sink_u16(&out, packet->opt_size);
        sink_u32(&out, packet->opt_ttl);
        sink_u16(&out, (uint16_t)packet->opt_rdata.size);
        sink_bytes(&out, packet->opt_rdata);
    }
    return sink_failed(&out) ? slice_of(NULL, 0) : sink_written(&out);
}

/* ---- options
 * ---------------------------------------------------------------------------------- */

bool packet_option(struct slice opt_rdata, uint16_t code, struct slice *option)
{
    struct cursor in = cursor_of(opt_rdata);

    while (cursor_left(&in) > 0) {
        const uint8_t *begin = in.at;
        uint16_t found = cursor_u16(&in);
        uint16_t size = cursor_u16(&in);

        cursor_bytes(&in, size);
        if (cursor_failed(&in))
            return false;
        if (found == code) {
            *option = slice_of(begin, (size_t)(in.at - begin));
            return true;
        }
    }
    return false;
}

struct slice packet_without(struct slice opt_rdata, struct slice option, struct arena *arena)
{
    size_t before = (size_t)(option.data - opt_rdata.data);
    struct sink out = sink_of(arena_bytes(arena, opt_rdata.size), opt_rdata.size);

    if (out.base == NULL)
        return opt_rdata;
    sink_bytes(&out, slice_of(opt_rdata.data, before));
    sink_bytes(&out,
               slice_of(option.data + option.size, opt_rdata.size - before - option.size));
    return sink_written(&out);
}

/* ---- text
 * ------------------------------------------------------------------------------------- */

void packet_record_text(struct text *out, const struct packet_record *record, bool question,
                        bool with_ttl)
{
    char name[DNAME_TEXT_MAX], type[TYPE_TEXT_MAX], rrclass[TYPE_TEXT_MAX];

    text_printf(out, "%s ", dname_to_text(record->owner, name));
    if (!question && with_ttl)
        text_printf(out, "%lu ", (unsigned long)record->ttl_s);
    text_printf(out, "%s %s", rrclass_to_text(record->rrclass, rrclass),
                rrtype_to_text(record->type, type));
    if (question)
        return;
    text_add_char(out, ' ');
    rdata_to_text(out, record->rdata, record->type, record->rrclass);
}

static void opt_option_text(struct text *out, uint16_t code, struct slice data)
{
    struct ede ede;

    if (code == EDNS_ERROR && ede_read(data, &ede) == STATUS_OK) {
        text_printf(out, " EDE %u (%s) \"", ede.code, ede_words(ede.code));
        text_add_slice(out, ede.text);
        text_add(out, "\"");
        return;
    }
    text_printf(out, " option %u ", code);
    text_add_hex(out, data);
}

static void opt_text(struct text *out, const struct packet *packet)
{
    struct cursor in = cursor_of(packet->opt_rdata);

    text_printf(out, "    opt: size %u version %u%s%s", packet->opt_size,
                (unsigned)(packet->opt_ttl >> 16 & 255), packet->opt_ttl & OPT_DO ? " do" : "",
                packet->opt_ttl & OPT_CO ? " co" : "");
    if (packet->opt_ttl >> 24 != 0)
        text_printf(out, " rcode-high %u", (unsigned)(packet->opt_ttl >> 24));
    while (cursor_left(&in) > 0) {
        uint16_t code = cursor_u16(&in);
        uint16_t size = cursor_u16(&in);
        struct slice data = cursor_bytes(&in, size);

        if (cursor_failed(&in))
            break;
        opt_option_text(out, code, data);
    }
    text_add(out, "\n");
}

static void head_text(struct text *out, const struct packet *packet)
{
    static const struct {
        uint16_t bit;
        const char *word;
    } flags[] = {
        {FLAG_QR, "qr"}, {FLAG_AA, "aa"}, {FLAG_TC, "tc"}, {FLAG_RD, "rd"},
        {FLAG_RA, "ra"}, {FLAG_Z, "z"},   {FLAG_AD, "ad"}, {FLAG_CD, "cd"},
    };
    char opcode[TYPE_TEXT_MAX], rcode[TYPE_TEXT_MAX];

    text_printf(out, "    %s %s", opcode_to_text(packet->opcode, opcode),
                rcode_to_text(packet->rcode, rcode));
    if (packet->id != 0)
        text_printf(out, " id %u", packet->id);
    text_add(out, ", flags:");
    for (size_t i = 0; i < COUNT(flags); i++)
        if (packet->flags & flags[i].bit)
            text_printf(out, " %s", flags[i].word);
    text_add(out, "\n");
}

const char *packet_text(const struct packet *packet, struct arena *arena)
{
    static const char *const names[] = {"question", "answer", "authority", "additional"};
    struct text out = text_in(arena);
    const char *done;

    head_text(&out, packet);
    for (int section = 0; section < PACKET_SECTIONS; section++)
        for (size_t i = 0; i < packet->sections[section].count; i++) {
            text_printf(&out, "    %s: ", names[section]);
            packet_record_text(&out, &packet->sections[section].records[i],
                               section == PACKET_QUESTION, true);
            text_add(&out, "\n");
        }
    if (packet->has_opt)
        opt_text(&out, packet);
    done = text_done(&out);
    return done != NULL ? done : "    (no memory)\n";
}
