#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/mount.h>
#include <unistd.h>
#include "ops.h"
#include "process.h"
#include "sys.h"

static struct stat agent_root;

void tty_remember_root(void)
{
	stat("/", &agent_root);
}

int tty_resize(int fd, u16 rows, u16 columns)
{
	struct winsize size = { .ws_row = rows, .ws_col = columns };

	return ioctl(fd, TIOCSWINSZ, &size) < 0 ? -errno : 0;
}

static int send_master(int channel, int master)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	char kind = CHANNEL_TTY;
	struct iovec part = { &kind, 1 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &master, sizeof(int));
	return sendmsg(channel, &message, 0) < 0 ? -errno : 0;
}

/* In a root of its own, /dev/console is this terminal. */
static int bind_console(int master, struct failure *f)
{
	struct stat root, console;
	unsigned number;
	char path[32];

	if (stat("/", &root) < 0 ||
	    (root.st_dev == agent_root.st_dev && root.st_ino == agent_root.st_ino) ||
	    stat("/dev/console", &console) < 0)
		return 0;
	if (ioctl(master, TIOCGPTN, &number) < 0)
		return fail(f, errno, "ioctl(TIOCGPTN)");
	snprintf(path, sizeof(path), "/dev/pts/%u", number);
	if (mount(path, "/dev/console", NULL, MS_BIND, NULL) < 0)
		return fail(f, errno, "mount(%s, /dev/console, bind)", path);
	return 0;
}

int op_tty(struct op_context *c, struct field *unused)
{
	scoped_fd master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	scoped_fd slave = -1;
	int error, unlocked = 0;

	(void)unused;
	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlocked) < 0) {
		close_scoped(&master);
		master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (master < 0 || ioctl(master, TIOCSPTLCK, &unlocked) < 0)
			return fail(c->failure, errno, "open(/dev/ptmx)");
	}
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return fail(c->failure, errno, "ioctl(TIOCGPTPEER)");
	error = tty_resize(master, c->rows, c->columns);
	if (error)
		return fail(c->failure, error, "ioctl(TIOCSWINSZ)");
	error = bind_console(master, c->failure);
	if (error)
		return error;
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		return fail(c->failure, errno, "ioctl(TIOCSCTTY)");
	for (int fd = 0; fd < 3; fd++) {
		if (dup2(slave, fd) < 0)
			return fail(c->failure, errno, "dup2(terminal, %d)", fd);
	}
	error = send_master(c->channel, master);
	return error ? fail(c->failure, error, "sendmsg(terminal)") : 0;
}
