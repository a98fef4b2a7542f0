/*
 * LISTEN, and the ops of the same name: what arrives at a socket in the guest
 * becomes a stream on the link, a connection as it is, a datagram as a stream
 * of its own whose answer goes back to the sender.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "link.h"
#include "ops.h"
#include "requests.h"
#include "sockets.h"
#include "streams.h"

enum {
	RETRY_MS = 50,
	BACKLOG = 128,
	DATAGRAM_MAX = 4096, /* longer ones are dropped */
	DATAGRAMS_MAX = 128, /* of one listener, not answered yet: more are dropped */
};

struct listener {
	struct watch watch;
	struct listener *next;
	u32 id;
	u32 waiting;  /* datagrams whose stream is open */
	bool starved; /* accept failed for want of fds or memory: try again */
	bool closed;  /* freed when the last of its datagrams is */
};

struct datagram {
	struct listener *listener;
	union address peer;
	socklen_t peer_length;
	u32 length;
	u8 data[];
};

static struct listener *listeners;
static u32 last_listener;
static u32 last_opened = GUEST_STREAM;

static u32 announce(const struct listener *l, pid_t pid, uid_t uid)
{
	u32 payload[3] = { l->id, pid, uid };

	do {
		last_opened = (last_opened + 1) | GUEST_STREAM;
	} while (stream_find(last_opened));
	link_send(FRAME_OPEN, 0, last_opened, payload, sizeof(payload));
	return last_opened;
}

static void opened(struct listener *l, int fd)
{
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);
	struct stream *s;
	u32 id;

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	id = announce(l, peer.pid, peer.uid);
	s = stream_new(id, STREAM_OUT | STREAM_IN, STREAM_SOCKET, fd);
	if (s)
		stream_start(s);
	else
		link_send(FRAME_RESET, 0, id, &(i32){ ENOMEM }, sizeof(i32));
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

static int datagram_pull(struct stream *s, u8 *to, u32 size)
{
	struct datagram *d = s->context;
	u32 n = d->length < size ? d->length : size;

	memcpy(to, d->data, n);
	memmove(d->data, d->data + n, d->length - n);
	d->length -= n;
	return n;
}

/* What cannot be sent is lost, as any datagram may be. */
static int datagram_push(struct stream *s, const u8 *data, u32 length)
{
	struct datagram *d = s->context;

	if (!d->listener->closed)
		sendto(d->listener->watch.fd, data, length, MSG_DONTWAIT, &d->peer.any,
		       d->peer_length);
	return 0;
}

static void datagram_destroy(struct stream *s)
{
	struct datagram *d = s->context;
	struct listener *l = d->listener;

	if (!--l->waiting && l->closed)
		free_later(l);
	free(d);
}

static const struct stream_driver datagrams = {
	.pull = datagram_pull,
	.push = datagram_push,
	.destroy = datagram_destroy,
};

static void datagram_received(struct listener *l, struct datagram *d)
{
	u32 id = announce(l, 0, 0);
	struct stream *s = stream_new(id, STREAM_OUT | STREAM_IN, STREAM_FILE, -1);

	if (!s) {
		link_send(FRAME_RESET, 0, id, &(i32){ ENOMEM }, sizeof(i32));
		free(d);
		return;
	}
	l->waiting++;
	s->driver = &datagrams;
	s->context = d;
	s->readable = s->writable = true;
	stream_start(s);
}

static void datagrams_ready(struct watch *w, u32 events)
{
	struct listener *l = container_of(w, struct listener, watch);
	u8 data[DATAGRAM_MAX];
	ssize_t n;

	(void)events;
	for (;;) {
		union address peer;
		socklen_t size = sizeof(peer);
		struct datagram *d;

		n = recvfrom(w->fd, data, sizeof(data), MSG_TRUNC | MSG_DONTWAIT, &peer.any, &size);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0 || n > DATAGRAM_MAX || l->waiting >= DATAGRAMS_MAX)
			continue;
		d = malloc(sizeof(*d) + n);
		if (!d)
			continue;
		*d = (struct datagram){ l, peer, size, n };
		memcpy(d->data, data, n);
		datagram_received(l, d);
	}
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

/* Owns the fd from here on, also when it fails: 0 or negative errno. */
static int listener_add(u32 id, int fd, void (*ready)(struct watch *, u32))
{
	struct listener *l = calloc(1, sizeof(*l));
	int error = l ? watch_add(&l->watch, fd, EPOLLIN | EPOLLET, ready) : -ENOMEM;

	if (error) {
		close(fd);
		free(l);
		return error;
	}
	l->id = id;
	l->next = listeners;
	listeners = l;
	return 0;
}

void socket_listen(u32 request, struct field *f)
{
	struct failure failure = { 0 };
	int fd = bind_to(f[0].string, f[1].number, &failure);
	u32 id = last_listener + 1;
	int error = fd < 0 ? 0 : listener_add(id, fd, listener_ready);

	if (error)
		fail(&failure, error, "epoll_ctl(%s)", f[0].string);
	if (failure.error) {
		request_failed(METHOD_LISTEN, request, &failure);
		return;
	}
	last_listener = id;
	request_done(METHOD_LISTEN, request, &id, sizeof(id));
}

static struct listener **listener_at(u32 id)
{
	struct listener **at = &listeners;

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

int op_listen(struct op_context *c, struct field *f)
{
	u32 netns = f[0].number, id = f[1].number;
	bool tcp = f[2].number == ADDRESS_TCP;
	union address address;
	int length = inet_address(&address, f[3].string, f[4].number);
	scoped_fd fd = -1;
	int error;

	if (length < 0 || !(id & GUEST_STREAM) || (!tcp && f[2].number != ADDRESS_UDP))
		return fail(c->failure, EINVAL, "listen(%u, %s)", id, f[3].string);
	if (*listener_at(id))
		return fail(c->failure, EEXIST, "listen(%u)", id);
	if (netns == CHILD_NETNS && !c->child)
		return fail(c->failure, EINVAL, "listen(the child's network)");
	fd = socket_in(netns == CHILD_NETNS ? c->child : (pid_t)netns, address.any.sa_family,
		       (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(c->failure, fd, "socket(netns of %u)", netns);
	if (tcp)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (bind(fd, &address.any, length) < 0)
		return fail(c->failure, errno, "bind(%s, %u)", f[3].string, (u32)f[4].number);
	if (tcp && listen(fd, BACKLOG) < 0)
		return fail(c->failure, errno, "listen(%s, %u)", f[3].string, (u32)f[4].number);
	error = listener_add(id, take_fd(fd), tcp ? listener_ready : datagrams_ready);
	return error ? fail(c->failure, error, "epoll_ctl(%u)", id) : 0;
}

int op_unlisten(struct op_context *c, struct field *f)
{
	struct listener **at = listener_at(f[0].number), *l = *at;

	(void)c;
	if (!l || !(l->id & GUEST_STREAM))
		return 0;
	*at = l->next;
	watch_remove(&l->watch);
	close(l->watch.fd);
	l->closed = true;
	if (!l->waiting)
		free_later(l);
	return 0;
}
