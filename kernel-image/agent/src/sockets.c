/*
 * CONNECT: sockets in the guest become streams on the link.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "link.h"
#include "ops.h"
#include "requests.h"
#include "sockets.h"
#include "streams.h"
#include "sys.h"

struct connecting {
	struct watch watch;
	u32 request;
	struct stream *stream;
	char name[128];
};

int socket_in(pid_t netns, int domain, int type, int protocol)
{
	scoped_fd own = -1, other = -1;
	int fd, error;

	if (!netns) {
		fd = socket(domain, type | SOCK_CLOEXEC, protocol);
		return fd < 0 ? -errno : fd;
	}
	other = syscall(SYS_pidfd_open, netns, 0);
	own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own < 0 || other < 0 || setns(other, CLONE_NEWNET) < 0)
		return -errno;
	fd = socket(domain, type | SOCK_CLOEXEC, protocol);
	error = errno;
	if (setns(own, CLONE_NEWNET) < 0)
		link_log(2, "setns back to the own network: %s", strerror(errno));
	return fd < 0 ? -error : fd;
}

int unix_address(union address *a, const char *path)
{
	size_t length = strlen(path);

	memset(a, 0, sizeof(*a));
	a->local.sun_family = AF_UNIX;
	if (!length)
		return -EINVAL;
	if (length >= sizeof(a->local.sun_path))
		return -ENAMETOOLONG;
	memcpy(a->local.sun_path, path, length);
	return offsetof(struct sockaddr_un, sun_path) + length + 1;
}

int inet_address(union address *a, const char *text, u16 port)
{
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, &a->four.sin_addr) == 1) {
		a->four.sin_family = AF_INET;
		a->four.sin_port = htons(port);
		return sizeof(a->four);
	}
	if (inet_pton(AF_INET6, text, &a->six.sin6_addr) == 1) {
		a->six.sin6_family = AF_INET6;
		a->six.sin6_port = htons(port);
		return sizeof(a->six);
	}
	return -EINVAL;
}

static void connect_over(struct connecting *c, int error)
{
	struct failure f = { 0 };

	if (error) {
		fail(&f, error, "connect(%s)", c->name);
		request_failed(METHOD_CONNECT, c->request, &f);
		c->stream->on_drained = NULL;
		stream_drop(c->stream);
	} else {
		request_done(METHOD_CONNECT, c->request, NULL, 0);
		c->stream->on_drained = NULL;
		stream_start(c->stream);
	}
	free_later(c);
}

static void connect_ready(struct watch *w, u32 events)
{
	struct connecting *c = container_of(w, struct connecting, watch);
	socklen_t size = sizeof(int);
	int error = 0, fd = w->fd;

	(void)events;
	watch_remove(w);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = errno;
	if (error)
		close(fd);
	else
		error = -stream_attach(c->stream, fd);
	connect_over(c, error);
}

/* The engine reset the stream before it was connected. */
static void connect_cancelled(struct stream *s)
{
	struct connecting *c = s->context;
	struct failure f = { 0 };

	watch_remove(&c->watch);
	close(c->watch.fd);
	fail(&f, ECANCELED, "connect(%s)", c->name);
	request_failed(METHOD_CONNECT, c->request, &f);
	free_later(c);
}

static int begin(struct connecting *c, struct field *f)
{
	const char *text = f[3].string;
	union address address;
	int length, fd;

	length = f[2].number == ADDRESS_UNIX  ? unix_address(&address, text)
		 : f[2].number == ADDRESS_TCP ? inet_address(&address, text, f[4].number)
					      : -EINVAL;
	if (length < 0)
		return length;
	fd = socket_in(f[1].number, address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	if (f[2].number == ADDRESS_TCP)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	if (connect(fd, &address.any, length) < 0 && errno != EINPROGRESS) {
		length = -errno;
		close(fd);
		return length;
	}
	length = watch_add(&c->watch, fd, EPOLLOUT, connect_ready);
	if (length < 0)
		close(fd);
	return length;
}

void socket_connect(u32 request, struct field *f)
{
	struct connecting *c = calloc(1, sizeof(*c));
	int error;

	if (!c) {
		request_refused(METHOD_CONNECT, request, ENOMEM, "connect");
		return;
	}
	c->request = request;
	strncpy(c->name, f[3].string, sizeof(c->name) - 1);
	c->stream = stream_new(f[0].number, STREAM_OUT | STREAM_IN, STREAM_SOCKET, -1);
	if (!c->stream) {
		request_refused(METHOD_CONNECT, request, errno, "connect: stream");
		free(c);
		return;
	}
	error = begin(c, f);
	if (error) {
		connect_over(c, -error);
		return;
	}
	c->stream->context = c;
	c->stream->on_drained = connect_cancelled;
}
