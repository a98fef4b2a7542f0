#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include "base.h"
#include "link.h"
#include "loop.h"
#include "process.h"
#include "sockets.h"
#include "streams.h"

enum { EVENTS = 32, GRAVES = 64 };

static int epoll_fd = -1;
static void **graves;
static size_t grave_count, grave_room;

int watch_add(struct watch *w, int fd, u32 events, void (*ready)(struct watch *, u32))
{
	struct epoll_event event = { .events = events, .data.ptr = w };

	w->ready = ready;
	w->fd = fd;
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
		return 0;
	w->fd = -1;
	return -errno;
}

static void removed(struct watch *w, u32 events)
{
	(void)w;
	(void)events;
}

void watch_remove(struct watch *w)
{
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
	w->ready = removed; /* events of this batch may still come */
}

void free_later(void *object)
{
	if (grave_count == grave_room) {
		size_t room = grave_room ? 2 * grave_room : GRAVES;
		void **more = realloc(graves, room * sizeof(*graves));

		if (!more)
			return; /* lost, but not used after free */
		graves = more;
		grave_room = room;
	}
	graves[grave_count++] = object;
}

static void free_graves(void)
{
	while (grave_count)
		free(graves[--grave_count]);
}

static int sooner(int a, int b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

int loop_open(void)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return epoll_fd < 0 ? -errno : 0;
}

void loop_run(void)
{
	struct epoll_event events[EVENTS];
	int timeout = 0;

	for (;;) {
		int n = epoll_wait(epoll_fd, events, EVENTS, timeout);

		for (int i = 0; i < n; i++) {
			struct watch *w = events[i].data.ptr;

			w->ready(w, events[i].events);
		}
		timeout = streams_run() ? 0 : -1;
		timeout = sooner(timeout, processes_tick());
		timeout = sooner(timeout, listeners_tick());
		link_flush();
		free_graves();
	}
}
