#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include "base.h"
#include "boot.h"
#include "link.h"
#include "netlink.h"
#include "ops.h"

static char problems[2048];
static size_t problems_length;

static void problem(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Remembers a failed step, with errno, for the log. */
static void problem(const char *format, ...)
{
	int error = errno;
	size_t room = sizeof(problems) - problems_length;
	va_list arguments;
	char what[200];
	int n;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	n = snprintf(problems + problems_length, room, "%s: %s\n", what, strerror(error));
	if (n > 0 && (size_t)n < room)
		problems_length += n;
}

void boot_report(void)
{
	for (char *line = strtok(problems, "\n"); line; line = strtok(NULL, "\n"))
		link_log(4, "boot: %s", line);
}

struct mount_point {
	const char *source, *target, *type, *data;
	unsigned long flags;
};

static bool mount_at(const struct mount_point *m)
{
	mkdir(m->target, 0755);
	if (mount(m->source, m->target, m->type, m->flags, m->data) == 0)
		return true;
	problem("mount(%s, %s)", m->type ? m->type : m->source, m->target);
	return false;
}

static void write_file(const char *path, const char *text)
{
	scoped_fd fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		problem("write(%s, %s)", path, text);
}

enum { NO_CODE = MS_NOSUID | MS_NODEV | MS_NOEXEC };

static const struct mount_point early[] = {
	{ "proc", "/proc", "proc", NULL, NO_CODE },
	{ "sysfs", "/sys", "sysfs", NULL, NO_CODE },
	{ "devtmpfs", "/dev", "devtmpfs", "mode=0755", MS_NOSUID },
};

static const struct mount_point layers[] = {
	{ "host9p", "/9p", "9p", "trans=virtio,version=9p2000.L,cache=loose,msize=512000",
	  MS_RDONLY },
	{ "tmpfs", "/upper", "tmpfs", "mode=0755", 0 },
};

static const struct mount_point root_overlay = {
	"overlay", "/new",
	"overlay", "lowerdir=/9p/rootfs,upperdir=/upper/upper,workdir=/upper/work",
	0,
};

static const struct mount_point late[] = {
	{ "devpts", "/dev/pts", "devpts", "mode=620,gid=5,ptmxmode=0666", MS_NOSUID | MS_NOEXEC },
	{ "tmpfs", "/dev/shm", "tmpfs", "mode=1777", MS_NOSUID | MS_NODEV },
	{ "mqueue", "/dev/mqueue", "mqueue", NULL, NO_CODE },
	{ "tmpfs", "/tmp", "tmpfs", "mode=1777", MS_NOSUID | MS_NODEV },
	{ "cgroup2", "/sys/fs/cgroup", "cgroup2", NULL, NO_CODE },
	{ "tmpfs", "/var/lib/docker", "tmpfs", "mode=0710,size=75%,nr_inodes=128k", 0 },
};

static bool root_wanted(void)
{
	char line[4096];
	scoped_fd fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, line, sizeof(line) - 1);

	line[n > 0 ? n : 0] = 0;
	return !strstr(line, "drydock.root=none");
}

/* Frees the memory of the initramfs: what is in it, but no mount. */
static void empty_initramfs(void)
{
	static const char *const kept[] = { "proc", "sys", "dev", "new", "9p", "upper", "run" };
	DIR *root = opendir("/");
	struct dirent *e;

	while (root && (e = readdir(root))) {
		bool keep = e->d_name[0] == '.';

		for (size_t i = 0; i < array_size(kept); i++)
			keep |= !strcmp(e->d_name, kept[i]);
		if (!keep)
			remove_tree(dirfd(root), e->d_name);
	}
	if (root)
		closedir(root);
}

static void move_into(const char *from, const char *to)
{
	mkdir(to, 0755);
	if (mount(from, to, NULL, MS_MOVE, NULL) < 0)
		problem("mount(%s, %s, move)", from, to);
}

/* The overlay over 9p becomes the root. False: stay in the initramfs. */
static bool switch_root(void)
{
	for (size_t i = 0; i < array_size(layers); i++) {
		if (!mount_at(&layers[i]))
			return false;
	}
	mkdir("/upper/upper", 0755);
	mkdir("/upper/work", 0755);
	if (!mount_at(&root_overlay))
		return false;
	move_into("/proc", "/new/proc");
	move_into("/sys", "/new/sys");
	move_into("/dev", "/new/dev");
	mount_at(&(struct mount_point){ "tmpfs", "/new/run", "tmpfs", "mode=0755",
					MS_NOSUID | MS_NODEV });
	move_into("/9p", "/new/run/9p");
	umount2("/upper", MNT_DETACH); /* lives on in the overlay */
	empty_initramfs();
	if (chdir("/new") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 ||
	    chdir("/") < 0) {
		problem("switch to the root");
		return false;
	}
	return true;
}

static void make_links(void)
{
	static const char *const links[][2] = {
		{ "/proc/self/fd", "/dev/fd" },
		{ "/proc/self/fd/0", "/dev/stdin" },
		{ "/proc/self/fd/1", "/dev/stdout" },
		{ "/proc/self/fd/2", "/dev/stderr" },
		{ "/run", "/var/run" },
	};

	for (size_t i = 0; i < array_size(links); i++)
		(void)!symlink(links[i][0], links[i][1]);
}

/* One write per controller: one that cannot be enabled does not keep the others back. */
static void enable_controllers(const char *cgroup)
{
	char path[64], names[256], word[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.controllers", cgroup);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, names, sizeof(names) - 1);
	close_scoped(&fd);
	names[n > 0 ? n : 0] = 0;
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", cgroup);
	for (char *name = strtok(names, " \n"); name; name = strtok(NULL, " \n")) {
		snprintf(word, sizeof(word), "+%s", name);
		write_file(path, word);
	}
}

static void set_kernel(void)
{
	static const char *const settings[][2] = {
		{ "/proc/sys/kernel/hostname", "drydock" },
		{ "/proc/sys/kernel/printk", "3 4 1 3" },
		{ "/proc/sys/net/ipv4/ip_forward", "1" },
		{ "/proc/sys/net/ipv4/conf/all/route_localnet", "1" },
		/* A large process may fork; the OOM killer is the limit, as in a container. */
		{ "/proc/sys/vm/overcommit_memory", "1" },
	};
	struct failure f = { 0 };

	for (size_t i = 0; i < array_size(settings); i++)
		write_file(settings[i][0], settings[i][1]);
	if (netlink_loopback_up(&f) < 0) {
		errno = f.error;
		problem("loopback up");
	}
}

/* Streams and deep trees need many fds; programs begin with the usual 1024. */
static void raise_limits(void)
{
	struct rlimit files = { 1048576, 1048576 };

	if (setrlimit(RLIMIT_NOFILE, &files) < 0)
		problem("setrlimit(RLIMIT_NOFILE)");
}

/*
 * The port as a plain device when the engine does not call it a console: that path
 * moves whole buffers, where a console moves 16 bytes at a time. Else the console.
 */
static int open_port(void)
{
	struct termios raw;
	char path[32];
	int fd;

	for (int device = 0; device < 8; device++) {
		snprintf(path, sizeof(path), "/dev/vport%dp0", device);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0)
			return fd;
	}
	fd = open("/dev/hvc0", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	tcgetattr(fd, &raw);
	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(fd, TCSANOW, &raw);
	return fd;
}

/*
 * No oom_score_adj: the OOM killer never takes the global init, and what the agent had
 * set for itself each child would have to take back.
 */
int boot(void)
{
	bool rooted;
	int fd;

	for (size_t i = 0; i < array_size(early); i++)
		mount_at(&early[i]);
	errno = 0;
	if (!root_wanted())
		problem("no root: drydock.root=none");
	rooted = root_wanted() && switch_root();
	make_directories("/var/lib", 0755);
	mkdir("/run", 0755);
	if (!rooted)
		mount_at(&(struct mount_point){ "tmpfs", "/run", "tmpfs", "mode=0755",
						MS_NOSUID | MS_NODEV });
	mkdir("/run/drydock", 0755);
	for (size_t i = 0; i < array_size(late); i++)
		mount_at(&late[i]);
	make_links();
	enable_controllers("/sys/fs/cgroup");
	mkdir("/sys/fs/cgroup/docker", 0755);
	enable_controllers("/sys/fs/cgroup/docker");
	set_kernel();
	raise_limits();
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	while ((fd = open_port()) < 0)
		sleep(1);
	return fd;
}
