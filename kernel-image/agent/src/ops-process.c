#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "ops.h"
#include "process.h"

int op_chdir(struct op_context *c, struct field *f)
{
	if (chdir(f[0].string) == 0)
		return 0;
	if (errno == ENOENT && f[1].number) {
		int error = make_directories(f[0].string, 0755);

		if (error)
			return fail(c->failure, error, "mkdir(%s)", f[0].string);
		if (chdir(f[0].string) == 0)
			return 0;
	}
	return fail(c->failure, errno, "chdir(%s)", f[0].string);
}

int op_hostname(struct op_context *c, struct field *f)
{
	if (sethostname(f[0].string, f[0].length) < 0)
		return fail(c->failure, errno, "sethostname(%s)", f[0].string);
	return 0;
}

int op_domainname(struct op_context *c, struct field *f)
{
	if (setdomainname(f[0].string, f[0].length) < 0)
		return fail(c->failure, errno, "setdomainname(%s)", f[0].string);
	return 0;
}

int op_rlimit(struct op_context *c, struct field *f)
{
	struct rlimit limit = { f[1].number, f[2].number };
	int resource = f[0].number;

	if (f[1].number >= (rlim_t)-1)
		limit.rlim_cur = RLIM_INFINITY;
	if (f[2].number >= (rlim_t)-1)
		limit.rlim_max = RLIM_INFINITY;
	if (setrlimit(resource, &limit) < 0)
		return fail(c->failure, errno, "setrlimit(%d, %llu, %llu)", resource,
			    (unsigned long long)f[1].number, (unsigned long long)f[2].number);
	return 0;
}

/* A process may reopen its own pipes and terminal (/dev/stdout) whoever it is. */
static void give_stdio(uid_t uid)
{
	struct stat st;

	for (int fd = 0; fd < 3; fd++) {
		if (fstat(fd, &st) < 0 || (uid == 0 && st.st_uid == 0))
			continue;
		if (S_ISFIFO(st.st_mode) || (S_ISCHR(st.st_mode) && st.st_rdev != makedev(1, 3)))
			(void)!fchown(fd, uid, -1);
	}
}

int op_user(struct op_context *c, struct field *f)
{
	uid_t uid = f[0].number;
	gid_t gid = f[1].number;
	size_t count = f[2].number;
	scoped_free gid_t *groups = calloc(count + 1, sizeof(*groups));

	if (!groups)
		return fail(c->failure, ENOMEM, "setgroups");
	for (size_t i = 0; i < count; i++)
		groups[i] = list_u32(f[2].bytes, i);
	give_stdio(uid);
	/* So that CAPS can follow; an exec ends it. */
	prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	if (setgroups(count, groups) < 0)
		return fail(c->failure, errno, "setgroups(%zu groups)", count);
	if (setresgid(gid, gid, gid) < 0)
		return fail(c->failure, errno, "setresgid(%u)", gid);
	if (setresuid(uid, uid, uid) < 0)
		return fail(c->failure, errno, "setresuid(%u)", uid);
	return 0;
}

static int set_caps(u64 effective, u64 permitted, u64 inheritable)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {
		{ effective, permitted, inheritable },
		{ effective >> 32, permitted >> 32, inheritable >> 32 },
	};

	return syscall(SYS_capset, &header, data);
}

/* After USER only the permitted set is left: raise it, CAPBSET_DROP needs SETPCAP. */
static int raise_permitted(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &header, data) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		data[i].effective = data[i].permitted;
	return syscall(SYS_capset, &header, data);
}

int op_caps(struct op_context *c, struct field *f)
{
	u64 bounding = f[0].number, ambient = f[4].number;

	if (raise_permitted() < 0)
		return fail(c->failure, errno, "capset(effective = permitted)");
	for (int cap = 0; cap < 64; cap++) {
		if (bounding >> cap & 1)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
			continue;
		if (errno == EINVAL) /* beyond the kernel's last capability */
			break;
		return fail(c->failure, errno, "prctl(PR_CAPBSET_DROP, %d)", cap);
	}
	if (set_caps(f[1].number, f[2].number, f[3].number) < 0)
		return fail(c->failure, errno, "capset(%#llx, %#llx, %#llx)",
			    (unsigned long long)f[1].number, (unsigned long long)f[2].number,
			    (unsigned long long)f[3].number);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (int cap = 0; cap < 64 && ambient >> cap; cap++) {
		if ((ambient >> cap & 1) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return fail(c->failure, errno, "prctl(PR_CAP_AMBIENT_RAISE, %d)", cap);
	}
	return 0;
}

int op_prctl(struct op_context *c, struct field *f)
{
	u32 a[5];

	for (int i = 0; i < 5; i++)
		a[i] = f[i].number;
	if (prctl(a[0], (unsigned long)a[1], (unsigned long)a[2], (unsigned long)a[3],
		  (unsigned long)a[4]) < 0)
		return fail(c->failure, errno, "prctl(%u, %u, %u, %u, %u)", a[0], a[1], a[2], a[3],
			    a[4]);
	return 0;
}

int op_seccomp(struct op_context *c, struct field *f)
{
	u32 flags = f[0].number;
	size_t count = f[1].length / sizeof(struct sock_filter);
	struct sock_fprog program = { count, NULL };
	scoped_free struct sock_filter *filter = malloc(f[1].length + 1);

	if (f[1].length % sizeof(struct sock_filter) || count > BPF_MAXINSNS)
		return fail(c->failure, EINVAL, "seccomp(%u bytes)", f[1].length);
	if (!filter)
		return fail(c->failure, ENOMEM, "seccomp");
	memcpy(filter, f[1].bytes, f[1].length);
	program.filter = filter;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) < 0)
		return fail(c->failure, errno, "seccomp(%#x, %zu instructions)", flags, count);
	return 0;
}

int op_unshare(struct op_context *c, struct field *f)
{
	if (unshare(f[0].number) < 0)
		return fail(c->failure, errno, "unshare(%#x)", (unsigned)f[0].number);
	return 0;
}

int op_setns(struct op_context *c, struct field *f)
{
	scoped_fd fd = open(f[0].string, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail(c->failure, errno, "open(%s)", f[0].string);
	if (setns(fd, f[1].number) < 0)
		return fail(c->failure, errno, "setns(%s, %#x)", f[0].string,
			    (unsigned)f[1].number);
	return 0;
}

/* The agent's is 0, so that modes are exact; a program begins with this one. */
static mode_t program_umask = 022;

int op_umask(struct op_context *c, struct field *f)
{
	(void)c;
	program_umask = f[0].number;
	return 0;
}

static char **string_list(const struct field *list)
{
	char **strings = calloc(list->number + 1, sizeof(*strings));
	u8 *at = list->bytes;

	for (u32 i = 0; strings && i < list->number; i++)
		strings[i] = list_string(&at);
	return strings;
}

static const char *path_of(char **env)
{
	for (; *env; env++) {
		if (!strncmp(*env, "PATH=", 5))
			return *env + 5;
	}
	return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Tries each directory of PATH, as a shell does. Returns the errno to report. */
static int exec_in_path(const char *name, char **argv, char **env)
{
	const char *at = path_of(env);
	int error = ENOENT;
	char path[4096];

	for (;;) {
		size_t length = strcspn(at, ":");
		int n = snprintf(path, sizeof(path), "%.*s%s%s", (int)length, at,
				 length ? "/" : "./", name);

		if (n < (int)sizeof(path)) {
			execve(path, argv, env);
			if (errno == EACCES && !is_directory(path))
				error = EACCES;
			else if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
				return errno;
		}
		if (!at[length])
			return error;
		at += length + 1;
	}
}

int op_exec(struct op_context *c, struct field *f)
{
	char **argv = string_list(&f[0]), **env = string_list(&f[1]);
	const char *path = f[2].string;
	int error;

	if (!argv || !env)
		return fail(c->failure, ENOMEM, "execve");
	if (!*path)
		path = argv[0];
	if (!path || !*path)
		return fail(c->failure, ENOENT, "execve(%s)", path ? path : "");
	umask(program_umask);
	child_before_exec(c->channel);
	if (*f[2].string || strchr(path, '/')) {
		execve(path, argv, env);
		error = errno;
	} else {
		error = exec_in_path(path, argv, env);
	}
	return fail(c->failure, error, "execve(%s)", path);
}
