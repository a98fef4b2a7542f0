/*
 * The one port to the engine: frames in, frames out, acknowledgements.
 */
#ifndef LINK_H
#define LINK_H

#include "base.h"
#include "codec.h"

/* Takes over the fd (made non-blocking) and begins to read it. 0 or negative errno. */
int link_open(int fd);

/*
 * Room for one frame's payload of at most DATA_MAX bytes, valid until the next
 * call of this file; link_commit sends what was filled in.
 */
u8 *link_reserve(void);
void link_commit(u8 type, u16 code, u32 id, u32 length);
/* Sends a frame with a payload of any length. */
void link_send(u8 type, u16 code, u32 id, const void *payload, size_t length);
/* Frames are gathered; this writes them out. */
void link_flush(void);

void link_log(u8 level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Where frames go: requests.c. */
void request_received(u16 method, u32 id, u8 *payload, u32 length);
void request_refused(u16 method, u32 id, int error, const char *why);

#endif
