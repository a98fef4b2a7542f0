#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "link.h"
#include "streams.h"

enum {
	INPUT_SIZE = 65536, /* holds every frame but a large request */
	OUTPUT_SIZE = 65536,
	INPUT_PER_TURN = 65536, /* then streams get their turn */
	CHUNK = 4096,		/* the engine's; a plain port gives one per read */
};

static struct {
	struct watch watch;
	u8 *input; /* frames begin at input[start] */
	size_t start;
	size_t end;
	size_t capacity;
	u64 skip; /* bytes of a refused frame still to come */
	u32 received;
	u32 acknowledged;
	size_t output_length;
	u8 output[OUTPUT_SIZE];
} port;

static void write_all(const u8 *data, size_t length)
{
	while (length) {
		ssize_t n = write(port.watch.fd, data, length);

		if (n > 0) {
			data += n;
			length -= n;
		} else if (n < 0 && errno == EAGAIN) {
			poll(&(struct pollfd){ port.watch.fd, POLLOUT, 0 }, 1, 100);
		} else if (n < 0 && errno != EINTR) {
			return; /* the engine is gone; nobody is left to tell */
		}
	}
}

void link_flush(void)
{
	write_all(port.output, port.output_length);
	port.output_length = 0;
}

static void put_header(u8 type, u16 code, u32 id, u32 length)
{
	struct frame_header header = { length, type, 0, code, id };

	memcpy(port.output + port.output_length, &header, sizeof(header));
	port.output_length += sizeof(header);
}

u8 *link_reserve(void)
{
	if (sizeof(port.output) - port.output_length < FRAME_HEADER_SIZE + DATA_MAX)
		link_flush();
	return port.output + port.output_length + FRAME_HEADER_SIZE;
}

void link_commit(u8 type, u16 code, u32 id, u32 length)
{
	put_header(type, code, id, length);
	port.output_length += length;
}

void link_send(u8 type, u16 code, u32 id, const void *payload, size_t length)
{
	u8 *to = link_reserve();

	if (length <= DATA_MAX) {
		if (length)
			memcpy(to, payload, length);
		link_commit(type, code, id, length);
		return;
	}
	put_header(type, code, id, length);
	link_flush();
	write_all(payload, length);
}

void link_log(u8 level, const char *format, ...)
{
	u8 *to = link_reserve();
	va_list arguments;
	u32 length;

	va_start(arguments, format);
	length = vsnprintf((char *)to + 5, 1024, format, arguments);
	va_end(arguments);
	if (length > 1023)
		length = 1023;
	to[0] = level;
	memcpy(to + 1, &length, sizeof(length));
	link_commit(FRAME_EVENT, EVENT_LOG, 0, 5 + length);
}

static void acknowledge(void)
{
	if (port.received == port.acknowledged)
		return;
	port.acknowledged = port.received;
	link_send(FRAME_LINK_ACK, 0, 0, &port.received, sizeof(port.received));
}

static void dispatch(const struct frame_header *header, u8 *payload)
{
	i32 number = 0;

	switch (header->type) {
	case FRAME_REQUEST:
		request_received(header->code, header->id, payload, header->length);
		return;
	case FRAME_DATA:
		stream_data(header->id, payload, header->length);
		return;
	case FRAME_CLOSE:
		stream_closed(header->id);
		return;
	case FRAME_CREDIT:
	case FRAME_RESET:
		if (header->length != sizeof(number))
			break;
		memcpy(&number, payload, sizeof(number));
		if (header->type == FRAME_CREDIT)
			stream_credit(header->id, number);
		else
			stream_reset(header->id);
		return;
	}
	link_log(4, "link: frame of type %u with %u bytes ignored", header->type, header->length);
}

/* Frames that are not worth their memory: answered now, their payload is dropped. */
static bool refused(const struct frame_header *header)
{
	if (header->length <= (header->type == FRAME_REQUEST ? REQUEST_MAX : DATA_MAX))
		return false;
	if (header->type == FRAME_REQUEST)
		request_refused(header->code, header->id, EMSGSIZE, "request");
	else if (header->type == FRAME_DATA)
		stream_broken(header->id, EMSGSIZE);
	else
		link_log(4, "link: frame of type %u with %u bytes ignored", header->type,
			 header->length);
	return true;
}

/* Makes the buffer large enough for a frame that began to arrive. */
static bool make_room(size_t frame_size)
{
	size_t capacity = frame_size > INPUT_SIZE ? frame_size : INPUT_SIZE;
	u8 *input;

	if (port.start) {
		memmove(port.input, port.input + port.start, port.end - port.start);
		port.end -= port.start;
		port.start = 0;
	}
	if (capacity == port.capacity || port.end > capacity)
		return true;
	input = realloc(port.input, capacity);
	if (!input)
		return capacity < port.capacity;
	port.input = input;
	port.capacity = capacity;
	return true;
}

static void refuse_for_memory(const struct frame_header *header)
{
	size_t have = port.end - port.start;
	size_t size = FRAME_HEADER_SIZE + (size_t)header->length;

	request_refused(header->code, header->id, ENOMEM, "request");
	port.skip = size - have;
	port.start = port.end;
}

static void parse(void)
{
	size_t need = 0;

	for (;;) {
		size_t have = port.end - port.start;
		struct frame_header header;

		if (port.skip) {
			size_t n = have < port.skip ? have : port.skip;

			port.skip -= n;
			port.start += n;
			if (port.skip)
				break;
			continue;
		}
		if (have < FRAME_HEADER_SIZE)
			break;
		memcpy(&header, port.input + port.start, sizeof(header));
		if (refused(&header)) {
			port.start += FRAME_HEADER_SIZE;
			port.skip = header.length;
			continue;
		}
		need = FRAME_HEADER_SIZE + (size_t)header.length;
		if (have < need) {
			if (!make_room(need))
				refuse_for_memory(&header);
			return;
		}
		dispatch(&header, port.input + port.start + FRAME_HEADER_SIZE);
		port.start += need;
	}
	make_room(0);
}

static void link_ready(struct watch *w, u32 events)
{
	size_t budget = INPUT_PER_TURN;
	bool drained = false;

	(void)events;
	while (budget && !drained) {
		size_t room = port.capacity - port.end;
		ssize_t n = read(w->fd, port.input + port.end, room);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			drained = true;
			break;
		}
		if (n <= 0)
			_exit(0); /* only a test's link ends */
		port.received += n;
		port.end += n;
		budget -= (size_t)n < budget ? (size_t)n : budget;
		drained = (size_t)n < room && n % CHUNK;
		if (port.received - port.acknowledged >= ACK_THRESHOLD) {
			acknowledge();
			link_flush();
		}
		parse();
	}
	if (drained)
		acknowledge();
}

int link_open(int fd)
{
	port.input = malloc(INPUT_SIZE);
	if (!port.input)
		return -ENOMEM;
	port.capacity = INPUT_SIZE;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
	    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
		return -errno;
	return watch_add(&port.watch, fd, EPOLLIN, link_ready);
}
