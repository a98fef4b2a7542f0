#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <dirent.h>
#include <unistd.h>
#include "ops.h"
#include "paths.h"

enum { OPEN_SAFE = O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

int make_directories(const char *path, unsigned mode)
{
	scoped_free char *copy = strdup(path);
	int error = 0;

	if (!copy)
		return -ENOMEM;
	if (mkdir(copy, mode) == 0 || errno == EEXIST)
		return 0;
	if (errno != ENOENT)
		return -errno;
	for (char *at = copy + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = 0;
		error = mkdir(copy, mode) < 0 ? -errno : 0;
		*at = '/';
		if (error && error != -EEXIST && error != -EROFS)
			return error;
	}
	return mkdir(copy, mode) < 0 && errno != EEXIST ? -errno : 0;
}

int op_mkdir(struct op_context *c, struct field *f)
{
	unsigned mode = f[1].number;
	struct stat st;
	int error;

	if (mkdir(f[0].string, mode) == 0)
		return 0;
	error = -errno;
	if (error == -ENOENT && f[2].number)
		error = make_directories(f[0].string, mode);
	else if (error == -EEXIST && stat(f[0].string, &st) == 0)
		error = S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
	return error ? fail(c->failure, error, "mkdir(%s, %o)", f[0].string, mode) : 0;
}

int op_write(struct op_context *c, struct field *f)
{
	int flags = f[2].number;
	unsigned mode = f[3].number;
	scoped_fd fd = -1;
	const u8 *data = f[1].bytes;
	size_t left = f[1].length;

	if (!(flags & O_ACCMODE))
		flags |= O_WRONLY;
	fd = open(f[0].string, flags | OPEN_SAFE, mode);
	if (fd < 0)
		return fail(c->failure, errno, "open(%s, %#o, %o)", f[0].string, flags, mode);
	do {
		ssize_t n = write(fd, data, left);

		if (n < 0)
			return fail(c->failure, errno, "write(%s, %.*s)", f[0].string,
				    f[1].length < 64 ? (int)f[1].length : 64, f[1].bytes);
		data += n;
		left -= n;
	} while (left);
	return 0;
}

int op_read(struct op_context *c, struct field *f)
{
	scoped_fd fd = open(f[0].string, O_RDONLY | OPEN_SAFE);
	size_t total = 0;

	if (fd < 0 && errno == ENOENT && f[1].number)
		return 0;
	if (fd < 0)
		return fail(c->failure, errno, "open(%s)", f[0].string);
	for (;;) {
		size_t step = total ? 65536 : 4096;
		u8 *to = buffer_extend(c->result, step);
		ssize_t n;

		if (!to)
			return fail(c->failure, ENOMEM, "read(%s)", f[0].string);
		n = read(fd, to, step);
		c->result->length -= step - (n > 0 ? n : 0);
		if (n < 0)
			return fail(c->failure, errno, "read(%s)", f[0].string);
		if (n == 0)
			return 0;
		total += n;
		if (total > READ_MAX)
			return fail(c->failure, EFBIG, "read(%s)", f[0].string);
	}
}

int op_symlink(struct op_context *c, struct field *f)
{
	if (symlink(f[0].string, f[1].string) < 0 && errno != EEXIST)
		return fail(c->failure, errno, "symlink(%s, %s)", f[0].string, f[1].string);
	return 0;
}

int op_mknod(struct op_context *c, struct field *f)
{
	unsigned mode = f[1].number, major = f[2].number, minor = f[3].number;

	if (mknod(f[0].string, mode, makedev(major, minor)) < 0)
		return fail(c->failure, errno, "mknod(%s, %o, %u:%u)", f[0].string, mode, major,
			    minor);
	return 0;
}

int op_chmod(struct op_context *c, struct field *f)
{
	unsigned mode = f[1].number;

	if (chmod(f[0].string, mode) < 0)
		return fail(c->failure, errno, "chmod(%s, %o)", f[0].string, mode);
	return 0;
}

int op_chown(struct op_context *c, struct field *f)
{
	unsigned uid = f[1].number, gid = f[2].number;

	if (lchown(f[0].string, uid, gid) < 0)
		return fail(c->failure, errno, "lchown(%s, %u, %u)", f[0].string, uid, gid);
	return 0;
}

int op_unlink(struct op_context *c, struct field *f)
{
	if (unlink(f[0].string) < 0 && errno != ENOENT)
		return fail(c->failure, errno, "unlink(%s)", f[0].string);
	return 0;
}

int op_remove(struct op_context *c, struct field *f)
{
	int error = remove_tree(AT_FDCWD, f[0].string);

	return error && error != -ENOENT ? fail(c->failure, error, "remove(%s)", f[0].string) : 0;
}

int op_rmdir(struct op_context *c, struct field *f)
{
	if (rmdir(f[0].string) < 0 && errno != ENOENT)
		return fail(c->failure, errno, "rmdir(%s)", f[0].string);
	return 0;
}

int op_rename(struct op_context *c, struct field *f)
{
	if (rename(f[0].string, f[1].string) < 0)
		return fail(c->failure, errno, "rename(%s, %s)", f[0].string, f[1].string);
	return 0;
}

int op_stat(struct op_context *c, struct field *f)
{
	struct stat st;
	struct buffer *out = c->result;

	if (fstatat(AT_FDCWD, f[0].string, &st, f[1].number ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
		return fail(c->failure, errno, "stat(%s)", f[0].string);
	put_u32(out, st.st_mode);
	put_u32(out, st.st_uid);
	put_u32(out, st.st_gid);
	put_u32(out, st.st_nlink);
	put_u32(out, major(st.st_rdev));
	put_u32(out, minor(st.st_rdev));
	put_u64(out, st.st_size);
	put_u64(out, st.st_ino);
	put_u64(out, st.st_mtim.tv_sec);
	put_u32(out, st.st_mtim.tv_nsec);
	return 0;
}

int op_readdir(struct op_context *c, struct field *f)
{
	struct names names = { 0 };
	scoped_fd fd = open(f[0].string, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = fd < 0 ? -errno : names_read(&names, fd);

	if (error)
		return fail(c->failure, error, "readdir(%s)", f[0].string);
	put_u32(c->result, names.count);
	for (u32 i = 0; i < names.count; i++)
		put_string(c->result, names.name[i]);
	names_free(&names);
	return 0;
}

int op_statfs(struct op_context *c, struct field *f)
{
	struct statvfs fs;

	if (statvfs(f[0].string, &fs) < 0)
		return fail(c->failure, errno, "statfs(%s)", f[0].string);
	put_u64(c->result, (u64)fs.f_blocks * fs.f_frsize);
	put_u64(c->result, (u64)fs.f_bfree * fs.f_frsize);
	put_u64(c->result, fs.f_files);
	put_u64(c->result, fs.f_ffree);
	return 0;
}

int op_readlink(struct op_context *c, struct field *f)
{
	char target[4096];
	ssize_t n = readlink(f[0].string, target, sizeof(target));

	if (n < 0)
		return fail(c->failure, errno, "readlink(%s)", f[0].string);
	put_bytes_raw(c->result, target, n);
	return 0;
}

int op_sync(struct op_context *c, struct field *f)
{
	scoped_fd fd = -1;

	(void)f;
	sync();
	fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "3", 1) < 0)
		return fail(c->failure, errno, "write(/proc/sys/vm/drop_caches, 3)");
	return 0;
}
