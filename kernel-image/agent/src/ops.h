/*
 * Operations: nearly one system call each, run in lists by the agent or by a
 * child before it becomes the program.
 */
#ifndef OPS_H
#define OPS_H

#include <sys/types.h>
#include "base.h"
#include "codec.h"

struct op_context {
	struct failure *failure;
	struct buffer *result; /* where the op's result goes, as it is */
	pid_t child;	       /* of a START; 0: none. Replaces $PID and CHILD_NETNS */
	bool in_child;
	int channel;	   /* child only: to the agent; the TTY op sends the master there */
	u16 rows, columns; /* of the terminal */
};

/* 0 or negative errno, with the failure recorded. */
typedef int op_function(struct op_context *context, struct field *f);

struct op {
	const char *signature;
	op_function *run;
	bool child_only; /* would change the agent itself */
};

/* Checks one op and leaves the reader behind it: 0 or -EPROTO. */
int op_check(struct reader *in);
/* Whether the last op, and no other, is `code`. The list was checked. */
bool ops_end_with(const struct field *list, u8 code);
/* Whether any op of the checked list is `code`. */
bool ops_contain(const struct field *list, u8 code);
/*
 * Runs a checked list, stopping at the first failure, whose op index is recorded.
 * With `results`, appends one bytes item per op.
 */
int ops_run(struct op_context *context, const struct field *list, struct buffer *results);

op_function op_mkdir, op_write, op_read, op_symlink, op_mknod, op_chmod, op_chown, op_unlink,
	op_remove, op_rmdir, op_rename, op_stat, op_readdir, op_statfs, op_readlink, op_sync;
op_function op_mount, op_umount, op_pivot_root, op_open_tree, op_move_mount, op_mask, op_readonly;
op_function op_chdir, op_hostname, op_domainname, op_rlimit, op_user, op_caps, op_prctl, op_seccomp,
	op_unshare, op_setns, op_umask, op_exec;
op_function op_netlink, op_device_program, op_listen, op_unlisten;
op_function op_tty;

/* Closes the mounts that OPEN_TREE left in slots. */
void mount_slots_close(void);
/* Makes a directory with its parents; existing is fine. 0 or negative errno. */
int make_directories(const char *path, unsigned mode);
/* Removes a tree below a directory fd, never across a mount. 0 or negative errno. */
int remove_tree(int directory, const char *name);
/* In another network namespace (pid of a process in it, 0: own): a socket, or a negative errno. */
int socket_in(pid_t netns, int domain, int type, int protocol);

#endif
