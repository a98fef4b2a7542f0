/*
 * The child's side of START: making it, and its way to the exec.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "ops.h"
#include "process.h"
#include "sys.h"

enum {
	NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
		     CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME,
	JOIN_STACK = 65536,
	FILES_SOFT = 1024,
};

void child_before_exec(int channel)
{
	(void)!write(channel, &(char){ CHANNEL_EXEC }, 1);
}

static void report(int channel, const struct failure *f)
{
	char message[1 + sizeof(*f)] = { CHANNEL_FAILURE };

	memcpy(message + 1, f, sizeof(*f));
	(void)!write(channel, message, sizeof(message));
}

static void reset_signals(void)
{
	sigset_t none;

	signal(SIGPIPE, SIG_DFL); /* the only one the agent changed */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The agent raised its own. */
static void lower_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur <= FILES_SOFT)
		return;
	files.rlim_cur = FILES_SOFT;
	setrlimit(RLIMIT_NOFILE, &files);
}

/*
 * clone3 takes a new cgroup namespace's root from the parent, not from the cgroup the
 * child is born in: with both, the child makes the namespace itself.
 */
static u32 late_namespaces(const struct spawn *spawn)
{
	return *spawn->cgroup ? spawn->clone_flags & CLONE_NEWCGROUP : 0;
}

__attribute__((noreturn)) static void child_run(const struct spawn *spawn)
{
	struct failure failure = { .phase = PHASE_CHILD };
	struct op_context context = {
		.failure = &failure,
		.in_child = true,
		.channel = spawn->channel,
		.rows = spawn->rows,
		.columns = spawn->columns,
	};
	char go;

	reset_signals();
	lower_limits();
	setsid();
	if (spawn->stdio_mode == STDIO_PTY)
		tty_remember_root();
	for (int fd = 0; spawn->stdio_mode == STDIO_PIPES && fd < 3; fd++)
		dup2(spawn->stdio[fd], fd);
	if (spawn->wait && read(spawn->channel, &go, 1) != 1)
		_exit(127);
	if (late_namespaces(spawn) && unshare(late_namespaces(spawn)) < 0)
		fail(&failure, errno, "unshare(%#x)", late_namespaces(spawn));
	else
		ops_run(&context, &spawn->child_ops, NULL);
	report(spawn->channel, &failure);
	_exit(127);
}

/*
 * The child is the agent's in every case: CLONE_PARENT for a helper's. It has memory of
 * its own (no CLONE_VFORK): its ops and its exec may wait for the engine's file server,
 * and the agent must not.
 */
static pid_t clone_child(const struct spawn *spawn, int cgroup, u64 extra)
{
	struct clone_arguments arguments = {
		.flags = (spawn->clone_flags & ~late_namespaces(spawn)) | extra |
			 (cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
		.exit_signal = extra & CLONE_PARENT ? 0 : SIGCHLD,
		.cgroup = cgroup >= 0 ? cgroup : 0,
	};
	long pid = syscall(SYS_clone3, &arguments, sizeof(arguments));

	if (pid == 0)
		child_run(spawn);
	return pid;
}

/* Shares the agent's memory while the agent is suspended. */
struct join {
	const struct spawn *spawn;
	int pidfd;
	int cgroup;
	int error;
	bool joined;
	pid_t pid;
};

static int join_and_clone(void *argument)
{
	struct join *j = argument;

	if (setns(j->pidfd, j->spawn->join_flags) < 0) {
		j->error = errno;
		_exit(0);
	}
	j->joined = true;
	j->pid = clone_child(j->spawn, j->cgroup, CLONE_PARENT);
	if (j->pid < 0)
		j->error = errno;
	_exit(0);
}

static pid_t spawn_joined(const struct spawn *spawn, int cgroup, struct failure *f)
{
	scoped_fd pidfd = syscall(SYS_pidfd_open, spawn->join, 0);
	scoped_free char *stack = malloc(JOIN_STACK);
	struct join join = { .spawn = spawn, .pidfd = pidfd, .cgroup = cgroup };
	pid_t helper;

	if (pidfd < 0)
		return fail(f, errno, "pidfd_open(%d)", spawn->join);
	if (!stack)
		return fail(f, ENOMEM, "clone(helper)");
	helper = clone(join_and_clone, stack + JOIN_STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, &join);
	if (helper < 0)
		return fail(f, errno, "clone(helper)");
	while (waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
	if (join.joined && join.pid > 0)
		return join.pid;
	if (!join.error)
		join.error = ECHILD; /* the helper was killed */
	if (join.joined)
		return fail(f, join.error, "clone3(%#x, %s)", spawn->clone_flags, spawn->cgroup);
	return fail(f, join.error, "setns(%d, %#x)", spawn->join, spawn->join_flags);
}

pid_t spawn_child(const struct spawn *spawn, struct failure *f)
{
	scoped_fd cgroup = -1;
	pid_t pid;

	if ((spawn->clone_flags | spawn->join_flags) & ~NAMESPACES)
		return fail(f, EINVAL, "clone3(%#x), setns(%#x)", spawn->clone_flags,
			    spawn->join_flags);
	if (*spawn->cgroup) {
		cgroup = open(spawn->cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (cgroup < 0)
			return fail(f, errno, "open(%s)", spawn->cgroup);
	}
	if (spawn->join)
		return spawn_joined(spawn, cgroup, f);
	pid = clone_child(spawn, cgroup, 0);
	if (pid < 0)
		return fail(f, errno, "clone3(%#x, %s)", spawn->clone_flags, spawn->cgroup);
	return pid;
}
