/*
 * What a stream does with its fd, or has its driver do.
 */
#ifndef STREAM_IO_H
#define STREAM_IO_H

#include "streams.h"

/* Writes what the fd takes now: the count, or a negative errno that is not EAGAIN. */
int stream_push(struct stream *s, const u8 *data, u32 length);
/* Reads what is there now: the count, 0: the end, -EAGAIN, or another errno. */
int stream_pull(struct stream *s, u8 *to, u32 size);
/* Adds to the bytes that wait to be written. False: no memory, or no room. */
bool stream_keep(struct stream *s, const u8 *data, u32 length);

#endif
