#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "stream-io.h"

int stream_push(struct stream *s, const u8 *data, u32 length)
{
	ssize_t n;

	if (s->driver && s->driver->push) {
		int error = s->driver->push(s, data, length);

		return error ? error : (int)length;
	}
	do {
		n = write(s->watch.fd, data, length);
	} while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	if (errno != EAGAIN)
		return -errno;
	s->writable = false;
	return 0;
}

bool stream_keep(struct stream *s, const u8 *data, u32 length)
{
	u32 at, run;

	if (!s->pending)
		s->pending = malloc(STREAM_CREDIT);
	if (!s->pending || length > STREAM_CREDIT - s->pending_length)
		return false;
	at = (s->pending_at + s->pending_length) % STREAM_CREDIT;
	run = STREAM_CREDIT - at < length ? STREAM_CREDIT - at : length;
	memcpy(s->pending + at, data, run);
	memcpy(s->pending, data + run, length - run);
	s->pending_length += length;
	return true;
}

int stream_pull(struct stream *s, u8 *to, u32 size)
{
	ssize_t n;

	if (s->driver && s->driver->pull)
		return s->driver->pull(s, to, size);
	do {
		n = read(s->watch.fd, to, size);
	} while (n < 0 && errno == EINTR);
	/*
	 * EIO: the last slave was closed. n_tty_read() looks for that after it looked for
	 * input, so what was written in between is found by a second read only.
	 */
	if (n < 0 && errno == EIO && s->kind == STREAM_PTY) {
		n = read(s->watch.fd, to, size);
		if (n < 0)
			return 0;
	}
	return n < 0 ? -errno : n;
}

bool stream_drained(struct stream *s)
{
	int left = 0;

	if (s->dead || !(s->open & STREAM_OUT) || s->watch.fd < 0)
		return true;
	return ioctl(s->watch.fd, FIONREAD, &left) == 0 && left == 0;
}
