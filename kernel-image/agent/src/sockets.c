/*
 * CONNECT and LISTEN: sockets in the guest become streams on the link.
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
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "link.h"
#include "ops.h"
#include "requests.h"
#include "sockets.h"
#include "streams.h"
#include "sys.h"

enum { RETRY_MS = 50, BACKLOG = 128 };

union address {
	struct sockaddr any;
	struct sockaddr_un local;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
};

struct connecting {
	struct watch watch;
	u32 request;
	struct stream *stream;
	char name[128];
};

struct listener {
	struct watch watch;
	struct listener *next;
	u32 id;
	bool starved; /* accept failed for want of fds or memory: try again */
};

static struct listener *listeners;
static u32 last_listener;
static u32 last_opened = GUEST_STREAM;

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

/* The address' length, or a negative errno. */
static int unix_address(union address *a, const char *path)
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

static int tcp_address(union address *a, const char *text, u16 port)
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
		 : f[2].number == ADDRESS_TCP ? tcp_address(&address, text, f[4].number)
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

static void opened(struct listener *l, int fd)
{
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);
	u32 payload[3] = { l->id };
	struct stream *s;

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	payload[1] = peer.pid;
	payload[2] = peer.uid;
	do {
		last_opened = (last_opened + 1) | GUEST_STREAM;
	} while (stream_find(last_opened));
	link_send(FRAME_OPEN, 0, last_opened, payload, sizeof(payload));
	s = stream_new(last_opened, STREAM_OUT | STREAM_IN, STREAM_SOCKET, fd);
	if (s)
		stream_start(s);
	else
		link_send(FRAME_RESET, 0, last_opened, &(i32){ ENOMEM }, sizeof(i32));
}

static void listener_ready(struct watch *w, u32 events)
{
	struct listener *l = container_of(w, struct listener, watch);
	int fd;

	(void)events;
	l->starved = false;
	while ((fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
		opened(l, fd);
	l->starved = errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS;
}

int listeners_tick(void)
{
	bool starved = false;

	for (struct listener *l = listeners; l; l = l->next) {
		if (l->starved)
			listener_ready(&l->watch, 0);
		starved |= l->starved;
	}
	return starved ? RETRY_MS : -1;
}

/* Binds a socket to a path where nothing, or a socket of the past, is. */
static int bind_to(const char *path, u32 mode, struct failure *f)
{
	union address address;
	int length = unix_address(&address, path);
	scoped_fd fd = -1;
	struct stat st;

	if (length < 0)
		return fail(f, length, "bind(%s)", path);
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(f, errno, "socket(AF_UNIX)");
	if (bind(fd, &address.any, length) < 0)
		return fail(f, errno, "bind(%s)", path);
	if (chmod(path, mode) < 0)
		return fail(f, errno, "chmod(%s, %o)", path, mode);
	if (listen(fd, BACKLOG) < 0)
		return fail(f, errno, "listen(%s)", path);
	return take_fd(fd);
}

void socket_listen(u32 request, struct field *f)
{
	struct failure failure = { 0 };
	struct listener *l = calloc(1, sizeof(*l));
	int fd = l ? bind_to(f[0].string, f[1].number, &failure)
		   : fail(&failure, ENOMEM, "listen(%s)", f[0].string);

	if (fd >= 0 && watch_add(&l->watch, fd, EPOLLIN | EPOLLET, listener_ready) < 0) {
		close(fd);
		fail(&failure, ENOMEM, "epoll_ctl(%s)", f[0].string);
	}
	if (failure.error) {
		request_failed(METHOD_LISTEN, request, &failure);
		free(l);
		return;
	}
	l->id = ++last_listener;
	l->next = listeners;
	listeners = l;
	request_done(METHOD_LISTEN, request, &l->id, sizeof(l->id));
}
