#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "link.h"
#include "streams.h"
#include "stream-io.h"

enum { TABLE_SIZE = 256, CREDIT_STEP = 16384 };

static struct stream *table[TABLE_SIZE];
static struct stream *work;
static struct stream **work_end = &work;

static struct stream **slot_of(u32 id)
{
	struct stream **slot = &table[id % TABLE_SIZE];

	while (*slot && (*slot)->id != id)
		slot = &(*slot)->next_id;
	return slot;
}

struct stream *stream_find(u32 id)
{
	return *slot_of(id);
}

/* Input that is gathered can go somewhere. */
static bool attached(const struct stream *s)
{
	return s->watch.fd >= 0 || s->driver;
}

static bool has_work(const struct stream *s)
{
	if (s->dead)
		return false;
	if ((s->open & STREAM_OUT) && s->started && s->readable && s->credit)
		return true;
	if (!(s->open & STREAM_IN))
		return false;
	return s->pending_length ? s->writable : s->closing && attached(s);
}

static void queue(struct stream *s)
{
	if (s->queued || !has_work(s))
		return;
	s->queued = true;
	s->next_work = NULL;
	*work_end = s;
	work_end = &s->next_work;
}

static void stream_ready(struct watch *w, u32 events)
{
	struct stream *s = container_of(w, struct stream, watch);

	if (s->dead)
		return;
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP))
		s->readable = true;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		s->writable = true;
	if (s->kind == STREAM_PIPE && !(s->open & STREAM_OUT) && (events & EPOLLERR)) {
		stream_fail(s, EPIPE);
		return;
	}
	queue(s);
}

struct stream *stream_new(u32 id, u8 directions, u8 kind, int fd)
{
	scoped_fd owned = fd;
	struct stream **slot = slot_of(id);
	struct stream *s;
	int error;

	if (!id || *slot) {
		errno = id ? EEXIST : EINVAL;
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->id = id;
	s->kind = kind;
	s->open = directions;
	s->credit = STREAM_CREDIT;
	s->watch.fd = -1;
	*slot = s;
	if (owned < 0)
		return s;
	error = stream_attach(s, take_fd(owned));
	if (error) {
		stream_drop(s);
		errno = -error;
		return NULL;
	}
	return s;
}

int stream_attach(struct stream *s, int fd)
{
	int error;

	if (s->kind == STREAM_FILE) { /* always ready, unknown to epoll */
		s->watch.fd = fd;
		s->readable = s->writable = true;
	} else {
		error = watch_add(&s->watch, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
				  stream_ready);
		if (error) {
			close(fd);
			return error;
		}
		s->writable = true;
	}
	queue(s);
	return 0;
}

void stream_start(struct stream *s)
{
	s->started = true;
	queue(s);
}

static void drop_pending(struct stream *s)
{
	free(s->pending);
	s->pending = NULL;
	s->pending_length = s->pending_at = 0;
}

void stream_drop(struct stream *s)
{
	if (s->dead)
		return;
	s->dead = true;
	*slot_of(s->id) = s->next_id;
	if (s->driver && s->driver->destroy)
		s->driver->destroy(s);
	if (s->watch.fd >= 0) {
		if (s->kind != STREAM_FILE)
			watch_remove(&s->watch);
		close(s->watch.fd);
		s->watch.fd = -1;
	}
	drop_pending(s);
	if (s->on_drained)
		s->on_drained(s);
	if (!s->queued)
		free_later(s);
}

void stream_fail(struct stream *s, int error)
{
	i32 number = error;

	if (s->dead)
		return;
	link_send(FRAME_RESET, 0, s->id, &number, sizeof(number));
	stream_drop(s);
}

/* One direction ended; the stream goes with the last one. */
static void end_direction(struct stream *s, u8 direction)
{
	s->open &= ~direction;
	if (!s->open)
		stream_drop(s);
	else if (direction == STREAM_OUT && s->on_drained)
		s->on_drained(s);
}

static void give_credit(struct stream *s, u32 consumed)
{
	s->owed += consumed;
	if (s->owed < CREDIT_STEP)
		return;
	link_send(FRAME_CREDIT, 0, s->id, &s->owed, sizeof(s->owed));
	s->owed = 0;
}

void stream_data(u32 id, const u8 *data, u32 length)
{
	struct stream *s = stream_find(id);
	int n = 0;

	if (!s || !(s->open & STREAM_IN))
		return; /* crossed our RESET or CLOSE */
	if (s->closing || length + s->owed + s->pending_length > STREAM_CREDIT) {
		stream_fail(s, EPROTO);
		return;
	}
	if (!s->pending_length && s->writable && length)
		n = stream_push(s, data, length);
	if (n < 0) {
		stream_fail(s, -n);
		return;
	}
	if ((u32)n < length && !stream_keep(s, data + n, length - n)) {
		stream_fail(s, ENOMEM);
		return;
	}
	if (n)
		give_credit(s, n);
	queue(s);
}

void stream_credit(u32 id, u32 amount)
{
	struct stream *s = stream_find(id);

	if (!s)
		return;
	if (amount > UINT32_MAX - s->credit) {
		stream_fail(s, EPROTO);
		return;
	}
	s->credit += amount;
	queue(s);
}

void stream_closed(u32 id)
{
	struct stream *s = stream_find(id);

	if (!s || !(s->open & STREAM_IN))
		return;
	s->closing = true;
	queue(s);
}

void stream_reset(u32 id)
{
	struct stream *s = stream_find(id);

	if (s)
		stream_drop(s);
}

void stream_broken(u32 id, int error)
{
	struct stream *s = stream_find(id);

	if (s)
		stream_fail(s, error);
}

/* The engine's last byte was written: pass the end on. */
static void finish_input(struct stream *s)
{
	if (s->driver && s->driver->finish) {
		int error = s->driver->finish(s);

		if (error) {
			stream_fail(s, -error);
			return;
		}
		link_send(FRAME_CLOSE, 0, s->id, NULL, 0);
		s->open = 0;
		stream_drop(s);
		return;
	}
	if (s->kind == STREAM_SOCKET)
		shutdown(s->watch.fd, SHUT_WR);
	end_direction(s, STREAM_IN);
}

static void run_input(struct stream *s)
{
	while (s->pending_length && s->writable) {
		u32 run = STREAM_CREDIT - s->pending_at;
		int n;

		if (run > s->pending_length)
			run = s->pending_length;
		n = stream_push(s, s->pending + s->pending_at, run);
		if (n < 0) {
			stream_fail(s, -n);
			return;
		}
		s->pending_at = (s->pending_at + n) % STREAM_CREDIT;
		s->pending_length -= n;
		give_credit(s, n);
	}
	if (s->pending_length)
		return;
	drop_pending(s);
	if (s->closing && attached(s))
		finish_input(s);
}

static void run_output(struct stream *s)
{
	u32 size = s->credit < DATA_MAX ? s->credit : DATA_MAX;
	int n = stream_pull(s, link_reserve(), size);

	if (n > 0) {
		link_commit(FRAME_DATA, 0, s->id, n);
		s->credit -= n;
		s->sent += n;
	} else if (n == -EAGAIN) {
		s->readable = false;
	} else if (n < 0) {
		stream_fail(s, -n);
	} else {
		link_send(FRAME_CLOSE, 0, s->id, NULL, 0);
		/* Nothing reads what is written to a pty without a slave. */
		end_direction(s, s->kind == STREAM_PTY ? STREAM_OUT | STREAM_IN : STREAM_OUT);
	}
}

bool streams_run(void)
{
	struct stream *s = work;

	work = NULL;
	work_end = &work;
	while (s) {
		struct stream *next = s->next_work;

		s->queued = false;
		if (s->dead) {
			free_later(s);
		} else {
			if ((s->open & STREAM_IN) && (s->pending_length || s->closing))
				run_input(s);
			if (!s->dead && (s->open & STREAM_OUT) && s->started && s->readable &&
			    s->credit)
				run_output(s);
			queue(s);
		}
		s = next;
	}
	return work != NULL;
}
