/*
 * The guest's PID 1. With `--link FD` it is an ordinary process that serves that
 * fd instead of the console and leaves the machine as it is (tests).
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "boot.h"
#include "link.h"
#include "loop.h"
#include "process.h"
#include "sys.h"

/* 0, 1 and 2 must be taken, and nothing inherited may reach a child. */
static void take_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd < 3);
	close(fd);
	syscall(SYS_close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */);
}

static void reset_signals(void)
{
	static const u64 by_default[4]; /* a kernel sigaction; the C library hides 32 and 33 */

	for (int number = 1; number <= 64; number++)
		syscall(SYS_rt_sigaction, number, by_default, NULL, 8);
	signal(SIGPIPE, SIG_IGN);
}

static void send_ready(void)
{
	struct utsname name;
	struct buffer payload = { 0 };

	uname(&name);
	put_u32(&payload, PROTOCOL_VERSION);
	put_string(&payload, name.release);
	link_send(FRAME_EVENT, EVENT_READY, 0, payload.data, payload.length);
	buffer_free(&payload);
}

int main(int argc, char **argv)
{
	int link = argc == 3 && !strcmp(argv[1], "--link") ? atoi(argv[2]) : -1;

	if (link < 0 && getpid() != 1)
		return 2;
	reset_signals();
	umask(0);
	if (link < 0)
		link = boot();
	take_standard_fds();
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (loop_open() < 0 || processes_open() < 0 || link_open(link) < 0)
		return 3;
	boot_report();
	send_ready();
	loop_run();
}
