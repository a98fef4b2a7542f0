#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "ops.h"
#include "sys.h"

static int slots[MOUNT_SLOTS]; /* fd + 1, so that 0 is none */

void mount_slots_close(void)
{
	for (size_t i = 0; i < MOUNT_SLOTS; i++) {
		if (slots[i])
			close(slots[i] - 1);
		slots[i] = 0;
	}
}

int op_mount(struct op_context *c, struct field *f)
{
	const char *source = f[0].string, *target = f[1].string, *type = f[2].string;
	u32 flags = f[3].number;
	const char *data = f[4].string;

	if (mount(source, target, *type ? type : NULL, flags, *data ? data : NULL) < 0)
		return fail(c->failure, errno, "mount(%s, %s, %s, %#x, %s)", source, target, type,
			    flags, data);
	return 0;
}

int op_umount(struct op_context *c, struct field *f)
{
	if (umount2(f[0].string, f[1].number) < 0)
		return fail(c->failure, errno, "umount(%s, %#x)", f[0].string,
			    (unsigned)f[1].number);
	return 0;
}

int op_pivot_root(struct op_context *c, struct field *f)
{
	const char *root = f[0].string;

	if (chdir(root) < 0)
		return fail(c->failure, errno, "chdir(%s)", root);
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return fail(c->failure, errno, "pivot_root(%s)", root);
	/* The old root now lies over the new one. */
	if (umount2(".", MNT_DETACH) < 0)
		return fail(c->failure, errno, "umount(the old root)");
	if (chdir("/") < 0)
		return fail(c->failure, errno, "chdir(/)");
	return 0;
}

int op_open_tree(struct op_context *c, struct field *f)
{
	u32 slot = f[0].number;
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (f[2].number ? AT_RECURSIVE : 0);
	int fd;

	if (slot >= MOUNT_SLOTS)
		return fail(c->failure, EINVAL, "open_tree(slot %u)", slot);
	fd = syscall(SYS_open_tree, AT_FDCWD, f[1].string, flags);
	if (fd < 0)
		return fail(c->failure, errno, "open_tree(%s)", f[1].string);
	if (slots[slot])
		close(slots[slot] - 1);
	slots[slot] = fd + 1;
	return 0;
}

/* Makes the missing target of a mount: a directory for a directory, else a file. */
static int make_target(int source, const char *target)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(target, '/');
	struct stat st;
	int fd, error;

	if (fstat(source, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return make_directories(target, 0755);
	if (strlen(target) >= sizeof(parent))
		return -ENAMETOOLONG;
	if (slash && slash > target) {
		memcpy(parent, target, slash - target);
		parent[slash - target] = 0;
		error = make_directories(parent, 0755);
		if (error)
			return error;
	}
	fd = open(target, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0644);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int set_attributes(int tree, u32 attributes, bool recursive, u32 propagation)
{
	struct mount_attr attr = { .attr_set = attributes, .propagation = propagation };

	if (attributes & (MOUNT_ATTR__ATIME & ~MOUNT_ATTR_RELATIME))
		attr.attr_clr = MOUNT_ATTR__ATIME;
	return syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0),
		       &attr, sizeof(attr));
}

static int move_to(int tree, const char *target)
{
	return syscall(SYS_move_mount, tree, "", AT_FDCWD, target,
		       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS);
}

int op_move_mount(struct op_context *c, struct field *f)
{
	u32 slot = f[0].number, attributes = f[2].number, propagation = f[4].number;
	const char *target = f[1].string;
	scoped_fd tree = -1;
	int error;

	if (slot >= MOUNT_SLOTS || !slots[slot])
		return fail(c->failure, EINVAL, "move_mount(slot %u, %s)", slot, target);
	tree = slots[slot] - 1;
	slots[slot] = 0;
	if ((attributes || propagation) &&
	    set_attributes(tree, attributes, f[3].number, propagation) < 0)
		return fail(c->failure, errno, "mount_setattr(%s, %#x, %#x)", target, attributes,
			    propagation);
	if (move_to(tree, target) == 0)
		return 0;
	error = -errno;
	if (error == -ENOENT)
		error = make_target(tree, target);
	if (!error && move_to(tree, target) < 0)
		error = -errno;
	return error ? fail(c->failure, error, "move_mount(slot %u, %s)", slot, target) : 0;
}

int op_mask(struct op_context *c, struct field *f)
{
	const char *path = f[0].string;

	if (mount("/dev/null", path, NULL, MS_BIND, NULL) == 0)
		return 0;
	if (errno == ENOENT && access(path, F_OK) < 0)
		return 0;
	if (errno != ENOTDIR)
		return fail(c->failure, errno, "mount(/dev/null, %s, bind)", path);
	if (mount("tmpfs", path, "tmpfs", MS_RDONLY, "size=0k,nr_inodes=2") < 0)
		return fail(c->failure, errno, "mount(tmpfs, %s, ro)", path);
	return 0;
}

int op_readonly(struct op_context *c, struct field *f)
{
	const char *path = f[0].string;
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0) {
		if (errno == ENOENT)
			return 0;
		return fail(c->failure, errno, "mount(%s, %s, bind)", path, path);
	}
	if (syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &attr, sizeof(attr)) < 0)
		return fail(c->failure, errno, "mount_setattr(%s, ro)", path);
	return 0;
}
