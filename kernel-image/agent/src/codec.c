#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "codec.h"
#include "ops.h"

static bool take(struct reader *in, void *out, size_t size)
{
	if ((size_t)(in->end - in->at) < size)
		return false;
	memcpy(out, in->at, size);
	in->at += size;
	return true;
}

/* A length-prefixed run of bytes: leaves `at` behind it. */
static bool take_run(struct reader *in, u8 **bytes, u32 *length)
{
	if (!take(in, length, 4) || (size_t)(in->end - in->at) < *length)
		return false;
	*bytes = in->at;
	in->at += *length;
	return true;
}

static char *terminate_string(u8 *bytes, u32 length)
{
	char *start = (char *)bytes - 1;

	memmove(start, bytes, length);
	start[length] = 0;
	return start;
}

static bool take_string(struct reader *in, struct field *out, bool terminate)
{
	u8 *bytes;

	if (!take_run(in, &bytes, &out->length) || memchr(bytes, 0, out->length))
		return false;
	out->string = terminate ? terminate_string(bytes, out->length) : (char *)bytes;
	return true;
}

static bool take_list(struct reader *in, struct field *out, char kind)
{
	struct field item;
	u32 count;

	if (!take(in, &count, 4))
		return false;
	out->number = count;
	out->bytes = in->at;
	for (u32 i = 0; i < count; i++) {
		if (kind == 'S' && !take_string(in, &item, false))
			return false;
		if (kind == 'L' && !take(in, &item.number, 4))
			return false;
		if (kind == 'O' && op_check(in) < 0)
			return false;
	}
	out->length = in->at - out->bytes;
	return true;
}

static bool take_field(char kind, struct reader *in, struct field *out, bool terminate)
{
	switch (kind) {
	case '1':
	case '2':
	case '4':
	case '8':
		return take(in, &out->number, kind - '0');
	case 's':
		return take_string(in, out, terminate);
	case 'b':
		return take_run(in, &out->bytes, &out->length);
	default:
		return take_list(in, out, kind);
	}
}

int decode(const char *signature, struct reader *in, struct field *out, bool terminate)
{
	for (; *signature; signature++, out++) {
		*out = (struct field){ 0 };
		if (!take_field(*signature, in, out, terminate))
			return -EPROTO;
	}
	return 0;
}

char *list_string(u8 **at)
{
	u32 length;
	u8 *bytes = *at + 4;

	memcpy(&length, *at, 4);
	*at = bytes + length;
	return terminate_string(bytes, length);
}

u32 list_u32(const u8 *items, u32 index)
{
	u32 value;

	memcpy(&value, items + 4 * (size_t)index, 4);
	return value;
}

u8 *buffer_extend(struct buffer *b, size_t amount)
{
	size_t need = b->length + amount;
	u8 *end;

	if (need > b->capacity) {
		size_t capacity = b->capacity ? b->capacity : 256;
		u8 *data;

		while (capacity < need)
			capacity *= 2;
		data = realloc(b->data, capacity);
		if (!data) {
			b->failed = true;
			return NULL;
		}
		b->data = data;
		b->capacity = capacity;
	}
	end = b->data + b->length;
	b->length = need;
	return end;
}

void buffer_free(struct buffer *b)
{
	free(b->data);
	*b = (struct buffer){ 0 };
}

void put_bytes_raw(struct buffer *b, const void *data, size_t length)
{
	u8 *to = length ? buffer_extend(b, length) : NULL;

	if (to)
		memcpy(to, data, length);
}

void put_bytes(struct buffer *b, const void *data, size_t length)
{
	put_u32(b, length);
	put_bytes_raw(b, data, length);
}

void put_string(struct buffer *b, const char *text)
{
	put_bytes(b, text, strlen(text));
}

void put_u8(struct buffer *b, u8 value)
{
	put_bytes_raw(b, &value, sizeof(value));
}

void put_u16(struct buffer *b, u16 value)
{
	put_bytes_raw(b, &value, sizeof(value));
}

void put_u32(struct buffer *b, u32 value)
{
	put_bytes_raw(b, &value, sizeof(value));
}

void put_u64(struct buffer *b, u64 value)
{
	put_bytes_raw(b, &value, sizeof(value));
}

void set_u32(struct buffer *b, size_t offset, u32 value)
{
	if (!b->failed)
		memcpy(b->data + offset, &value, sizeof(value));
}
