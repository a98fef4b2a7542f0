/*
 * The agent's side of START: streams, child, parent ops, and the wait for the exec.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "link.h"
#include "ops.h"
#include "process.h"
#include "process-state.h"
#include "requests.h"
#include "streams.h"

static void started(struct process *p)
{
	u32 pid = p->pid;

	request_done(METHOD_START, p->request, &pid, sizeof(pid));
	p->request = 0;
	process_close_channel(p);
	for (int i = 0; i < 3; i++) {
		if (p->stream[i])
			stream_start(p->stream[i]);
	}
}

static void attach_master(struct process *p, struct msghdr *message)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	int fd, error;

	if (!control || control->cmsg_type != SCM_RIGHTS ||
	    control->cmsg_len != CMSG_LEN(sizeof(fd))) {
		fail(&p->failure, EMFILE, "recvmsg(terminal)");
		return;
	}
	memcpy(&fd, CMSG_DATA(control), sizeof(fd));
	if (!p->stream[0] || p->stream[0]->watch.fd >= 0) {
		close(fd);
		return;
	}
	fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK);
	error = stream_attach(p->stream[0], fd);
	if (error)
		fail(&p->failure, error, "epoll_ctl(pty)");
}

/* The channel ended: the exec happened, or the child is dead. */
static void channel_ended(struct process *p)
{
	if (!p->failure.error && p->announced) {
		started(p);
		return;
	}
	if (!p->announced)
		p->failure.phase = PHASE_CHILD;
	process_abandon(p);
}

void process_read_channel(struct process *p)
{
	char data[1 + sizeof(struct failure)];
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];

	while (p->channel.fd >= 0) {
		struct iovec part = { data, sizeof(data) };
		struct msghdr message = {
			.msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};
		ssize_t n = recvmsg(p->channel.fd, &message, MSG_CMSG_CLOEXEC);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			channel_ended(p);
			return;
		}
		if (data[0] == CHANNEL_EXEC)
			p->announced = true;
		else if (data[0] == CHANNEL_TTY)
			attach_master(p, &message);
		else if (data[0] == CHANNEL_FAILURE && n == sizeof(data))
			memcpy(&p->failure, data + 1, sizeof(p->failure));
	}
}

static void channel_ready(struct watch *w, u32 events)
{
	(void)events;
	process_read_channel(container_of(w, struct process, channel));
}

static void stream_drained_of(struct stream *s)
{
	struct process *p = s->context;

	for (int i = 0; i < 3; i++) {
		if (p->stream[i] == s && (s->dead || !(s->open & STREAM_OUT)))
			p->stream[i] = NULL;
	}
}

static int own_stream(struct process *p, int index, u32 id, u8 directions, u8 kind, int fd)
{
	struct stream *s = stream_new(id, directions, kind, fd);

	if (!s)
		return fail(&p->failure, errno, "stream %u", id);
	s->context = p;
	s->on_drained = stream_drained_of;
	p->stream[index] = s;
	return 0;
}

/* The child's end of one of its standard streams, or a negative errno. */
static int open_stdio(struct process *p, int index, u32 id)
{
	int ends[2], mine = index == 0;

	if (!id)
		return process_null_fd;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail(&p->failure, errno, "pipe2");
	fcntl(ends[mine], F_SETFL, O_NONBLOCK);
	if (own_stream(p, index, id, index ? STREAM_OUT : STREAM_IN, STREAM_PIPE, ends[mine]) < 0) {
		close(ends[!mine]);
		return -p->failure.error;
	}
	return ends[!mine];
}

static int open_streams(struct process *p, struct spawn *spawn, const struct field *ids)
{
	if (spawn->stdio_mode == STDIO_PTY)
		return own_stream(p, 0, ids[0].number, STREAM_OUT | STREAM_IN, STREAM_PTY, -1);
	for (int i = 0; i < 3; i++) {
		spawn->stdio[i] = open_stdio(p, i, ids[i].number);
		if (spawn->stdio[i] < 0)
			return spawn->stdio[i];
	}
	return 0;
}

static int open_channel(struct process *p, struct spawn *spawn)
{
	int ends[2], error;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return fail(&p->failure, errno, "socketpair");
	spawn->channel = ends[1];
	fcntl(ends[0], F_SETFL, O_RDWR | O_NONBLOCK);
	/* Read only once the child's end is closed, EPOLLHUP: not worth two switches before. */
	error = watch_add(&p->channel, ends[0], 0, channel_ready);
	if (!error)
		return 0;
	close(ends[0]);
	p->channel.fd = -1;
	return fail(&p->failure, error, "epoll_ctl(channel)");
}

static void close_child_ends(struct spawn *spawn)
{
	for (int i = 0; i < 3; i++) {
		if (spawn->stdio[i] != process_null_fd)
			close_scoped(&spawn->stdio[i]);
	}
	close_scoped(&spawn->channel);
}

/* Makes the child and runs the parent's ops: 0 or negative errno. */
static int launch(struct process *p, struct spawn *spawn, const struct field *parent_ops,
		  const struct field *ids)
{
	struct op_context context = { .failure = &p->failure };
	int error = open_streams(p, spawn, ids);
	pid_t pid;

	if (!error)
		error = open_channel(p, spawn);
	if (error)
		return error;
	pid = spawn_child(spawn, &p->failure);
	if (pid < 0)
		return pid;
	p->pid = context.child = pid;
	if (!spawn->wait)
		return 0;
	p->failure.phase = PHASE_PARENT;
	error = ops_run(&context, parent_ops, NULL);
	mount_slots_close();
	if (!error)
		(void)!write(p->channel.fd, "g", 1);
	return error;
}

void process_start(u32 request, struct field *f)
{
	struct spawn spawn = {
		.join = f[0].number,
		.join_flags = f[1].number,
		.clone_flags = f[2].number,
		.cgroup = f[3].string,
		.child_ops = f[5],
		.stdio_mode = f[6].number,
		.rows = f[8].number,
		.columns = f[9].number,
		.stdio = { -1, -1, -1 },
		.channel = -1,
		.wait = f[4].number > 0,
	};
	struct process *p = calloc(1, sizeof(*p));

	if (!p) {
		request_failed(METHOD_START, request, &(struct failure){ .error = ENOMEM });
		return;
	}
	p->request = request;
	p->channel.fd = -1;
	process_add(p);
	if (!ops_end_with(&f[5], OP_EXEC))
		fail(&p->failure, EINVAL, "the last child op is not EXEC");
	else if (spawn.stdio_mode == STDIO_PTY && !ops_contain(&f[5], OP_TTY))
		fail(&p->failure, EINVAL, "a pty without a TTY op");
	else
		launch(p, &spawn, &f[4], &f[7]);
	close_child_ends(&spawn);
	if (p->failure.error)
		process_abandon(p);
}
