/*
 * Credit-controlled streams: each joins one id on the link with one fd, or with a
 * reader or writer of its own (tree records).
 */
#ifndef STREAMS_H
#define STREAMS_H

#include "base.h"

struct stream;

/* Instead of read(2) and write(2). An errno returned (negative) resets the stream. */
struct stream_driver {
	/* Fills at most `size` bytes; 0: the end. */
	int (*pull)(struct stream *s, u8 *to, u32 size);
	/* Takes all the bytes. */
	int (*push)(struct stream *s, const u8 *data, u32 length);
	/* The engine closed its direction: finish; the stream then sends CLOSE. */
	int (*finish)(struct stream *s);
	void (*destroy)(struct stream *s);
};

/* Which directions a stream has. */
enum { STREAM_OUT = 1, STREAM_IN = 2 };

enum stream_kind { STREAM_PIPE, STREAM_PTY, STREAM_SOCKET, STREAM_FILE };

struct stream {
	struct watch watch;
	struct stream *next_id;	  /* chain of the table of ids */
	struct stream *next_work; /* chain of the list of streams with work */
	const struct stream_driver *driver;
	void *context;			      /* of the driver, or of who holds this stream */
	void (*on_drained)(struct stream *s); /* output ended, or its mark was reached */
	u32 id;
	u8 kind;
	u8 open;		 /* directions not closed yet */
	bool started;		 /* output may flow: the response is on its way */
	bool readable, writable; /* since the last edge */
	bool closing;		 /* the engine sent CLOSE; pending goes first */
	bool queued;		 /* in the list of streams with work */
	bool dead;
	u32 credit;  /* bytes that may be sent */
	u32 owed;    /* credit consumed here, not yet returned */
	u64 sent;    /* bytes sent since the start */
	u8 *pending; /* ring of STREAM_CREDIT bytes, NULL while empty */
	u32 pending_at;
	u32 pending_length;
};

/*
 * A new stream. Without an fd (-1) it gathers input until stream_attach. The fd
 * is non-blocking and belongs to the stream from here on, also when this fails.
 * NULL with errno: EEXIST, EINVAL, ENOMEM.
 */
struct stream *stream_new(u32 id, u8 directions, u8 kind, int fd);
int stream_attach(struct stream *s, int fd);
/* Output may flow. */
void stream_start(struct stream *s);
/* Ends the stream without a word. */
void stream_drop(struct stream *s);
/* Ends it with RESET. */
void stream_fail(struct stream *s, int error);
struct stream *stream_find(u32 id);
/* No output is left in the fd. */
bool stream_drained(struct stream *s);

/* Frames from the link. */
void stream_data(u32 id, const u8 *data, u32 length);
void stream_credit(u32 id, u32 amount);
void stream_closed(u32 id);
void stream_reset(u32 id);
void stream_broken(u32 id, int error);

/* Moves at most one frame of each stream that has work. True: more is left. */
bool streams_run(void);

#endif
