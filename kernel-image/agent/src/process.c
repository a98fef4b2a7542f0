#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "link.h"
#include "process.h"
#include "process-state.h"
#include "requests.h"
#include "streams.h"

enum {
	DRAIN_MS = 100,	   /* grace for output that others still hold */
	RECHECK_MS = 1000, /* in vain: what changes meanwhile comes as an event */
	PTY_SLACK = 65536, /* output of a pty that FIONREAD may not count */
};

static struct process *processes;
static struct watch children;
int process_null_fd = -1;

static struct process *find(pid_t pid)
{
	struct process *p = processes;

	while (p && p->pid != pid)
		p = p->next;
	return p;
}

void process_close_channel(struct process *p)
{
	if (p->channel.fd < 0)
		return;
	watch_remove(&p->channel);
	close(p->channel.fd);
	p->channel.fd = -1;
}

static void release(struct process *p)
{
	struct process **at = &processes;

	while (*at && *at != p)
		at = &(*at)->next;
	if (*at)
		*at = p->next;
	process_close_channel(p);
	for (int i = 0; i < 3; i++) {
		if (p->stream[i])
			p->stream[i]->on_drained = NULL;
	}
	free_later(p);
}

static void drop_streams(struct process *p)
{
	for (int i = 0; i < 3; i++) {
		if (p->stream[i])
			stream_drop(p->stream[i]);
	}
}

/* The request failed. A child that lives is killed first, and answered for when reaped. */
void process_abandon(struct process *p)
{
	drop_streams(p);
	process_close_channel(p);
	if (p->pid && !p->exited) {
		kill(p->pid, SIGKILL);
		return;
	}
	if (!p->failure.error)
		fail(&p->failure, ECHILD, "the child ended before its exec, wait status %#x",
		     p->status);
	request_failed(METHOD_START, p->request, &p->failure);
	release(p);
}

void process_add(struct process *p)
{
	p->next = processes;
	processes = p;
}

int process_kill(pid_t pid, int signal)
{
	struct process *p = find(pid);

	if (pid <= 1 || (p && p->exited))
		return pid <= 1 ? -EINVAL : -ESRCH;
	return kill(pid, signal) < 0 ? -errno : 0;
}

static void reaped(struct process *p, int status, const struct rusage *usage)
{
	int left;

	p->exited = true;
	p->status = status;
	p->user_us = usage->ru_utime.tv_sec * 1000000ull + usage->ru_utime.tv_usec;
	p->system_us = usage->ru_stime.tv_sec * 1000000ull + usage->ru_stime.tv_usec;
	p->deadline = now_ms() + DRAIN_MS;
	for (int i = 0; i < 3; i++) {
		struct stream *s = p->stream[i];

		if (!s || !(s->open & STREAM_OUT) || s->watch.fd < 0)
			continue;
		if (ioctl(s->watch.fd, FIONREAD, &left) < 0)
			left = 0;
		p->mark[i] = s->sent + left + (s->kind == STREAM_PTY ? PTY_SLACK : 0);
	}
	if (p->request && p->channel.fd >= 0)
		process_read_channel(p);
	else if (p->request)
		process_abandon(p);
}

static void children_ready(struct watch *w, u32 events)
{
	struct signalfd_siginfo info; /* one stands for all children that ended */
	struct rusage usage;
	int status;
	pid_t pid;

	(void)events;
	(void)!read(w->fd, &info, sizeof(info));
	while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
		struct process *p = find(pid);

		if (p)
			reaped(p, status, &usage);
	}
}

int processes_open(void)
{
	sigset_t mask;
	int fd;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	process_null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (process_null_fd < 0)
		return -errno;
	fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : watch_add(&children, fd, EPOLLIN, children_ready);
}

static bool output_drained(const struct process *p, bool late)
{
	for (int i = 0; i < 3; i++) {
		struct stream *s = p->stream[i];

		if (!s || !(s->open & STREAM_OUT))
			continue;
		if (!late || (s->sent < p->mark[i] && !stream_drained(s)))
			return false;
	}
	return true;
}

static void send_exit(const struct process *p)
{
	u8 *to = link_reserve();
	u32 pid = p->pid;

	memcpy(to, &pid, 4);
	memcpy(to + 4, &p->status, 4);
	memcpy(to + 8, &p->user_us, 8);
	memcpy(to + 16, &p->system_us, 8);
	link_commit(FRAME_EVENT, EVENT_EXIT, 0, 24);
}

int processes_tick(void)
{
	struct process *p, *next;
	u64 now = 0;
	int timeout = -1;

	for (p = processes; p; p = next) {
		int left;

		next = p->next;
		if (!p->exited || p->request)
			continue;
		if (!now)
			now = now_ms();
		if (output_drained(p, now >= p->deadline)) {
			send_exit(p);
			release(p);
			continue;
		}
		left = now < p->deadline ? (int)(p->deadline - now) : RECHECK_MS;
		if (timeout < 0 || left < timeout)
			timeout = left;
	}
	return timeout;
}
