/*
 * Decoding and encoding of payload fields. What arrives is decoded through a
 * signature, one letter per field, so that every bound is checked in one place:
 *
 *	1 2 4 8  u8 u16 u32 u64 (and the signed ones)
 *	s        string: no NUL inside; terminated in place when decoded
 *	b        bytes
 *	S L      list<string>, list<u32>
 *	O        list<op>
 */
#ifndef CODEC_H
#define CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include "protocol.h"

struct reader {
	u8 *at;
	u8 *end;
};

struct field {
	u64 number; /* 1 2 4 8; item count of S L O */
	union {
		char *string; /* s */
		u8 *bytes;    /* b; first item of S L O */
	};
	u32 length; /* bytes in s b S L O */
};

enum { FIELDS_MAX = 10 };

/*
 * Decodes the fields of a signature: 0 or -EPROTO. With `terminate`, strings are
 * moved one byte down over their own length, which makes room for the NUL: a
 * payload can be decoded so only once, and only checked before.
 */
int decode(const char *signature, struct reader *in, struct field *out, bool terminate);

/* Next item of a list<string> that was checked; terminates it in place. */
char *list_string(u8 **at);
u32 list_u32(const u8 *items, u32 index);

struct buffer {
	u8 *data;
	size_t length;
	size_t capacity;
	bool failed; /* out of memory: what was put is incomplete */
};

/* `amount` more bytes at the end, to be filled by the caller; NULL when out of memory. */
u8 *buffer_extend(struct buffer *b, size_t amount);
void buffer_free(struct buffer *b);
void put_bytes_raw(struct buffer *b, const void *data, size_t length);
void put_bytes(struct buffer *b, const void *data, size_t length);
void put_string(struct buffer *b, const char *text);
void put_u8(struct buffer *b, u8 value);
void put_u16(struct buffer *b, u16 value);
void put_u32(struct buffer *b, u32 value);
void put_u64(struct buffer *b, u64 value);
/* Stores a value at an offset that was put before. */
void set_u32(struct buffer *b, size_t offset, u32 value);

#endif
