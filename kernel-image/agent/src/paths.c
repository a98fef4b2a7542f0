#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "codec.h"
#include "ops.h"
#include "paths.h"

struct entry {
	u64 inode;
	i64 offset;
	u16 length;
	u8 type;
	char name[];
};

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_dot(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* Gathers the names, one after the other with their NUL. */
static int gather(struct buffer *text, u32 *count, int fd)
{
	_Alignas(8) u8 block[8192];
	long n;

	while ((n = syscall(SYS_getdents64, fd, block, sizeof(block))) > 0) {
		for (long at = 0; at < n;) {
			struct entry *e = (struct entry *)(block + at);

			if (!is_dot(e->name)) {
				put_bytes_raw(text, e->name, strlen(e->name) + 1);
				*count += 1;
			}
			at += e->length;
		}
	}
	if (n < 0)
		return -errno;
	return text->failed ? -ENOMEM : 0;
}

int names_read(struct names *names, int fd)
{
	struct buffer text = { 0 };
	u32 count = 0;
	int error = gather(&text, &count, fd);
	char *at = (char *)text.data;

	*names = (struct names){ 0 };
	if (!error && count) {
		names->name = malloc(count * sizeof(*names->name));
		if (!names->name)
			error = -ENOMEM;
	}
	if (error) {
		buffer_free(&text);
		return error;
	}
	names->text = (char *)text.data;
	for (; names->count < count; names->count++) {
		names->name[names->count] = at;
		at += strlen(at) + 1;
	}
	if (count)
		qsort(names->name, count, sizeof(*names->name), by_bytes);
	return 0;
}

void names_free(struct names *names)
{
	free(names->name);
	free(names->text);
	*names = (struct names){ 0 };
}

int open_resolved(int directory, const char *path, int flags, unsigned mode, u64 resolve)
{
	struct open_how how = {
		/* openat2 is strict: O_PATH takes no O_LARGEFILE. */
		.flags = flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_LARGEFILE),
		.mode = flags & O_CREAT ? mode & 07777 : 0,
		.resolve = resolve,
	};

	return syscall(SYS_openat2, directory, path, &how, sizeof(how));
}

int open_in_root(const char *root, const char *path, int flags, unsigned mode)
{
	scoped_fd directory = -1;

	if (!*root)
		return open_resolved(AT_FDCWD, path, flags, mode, 0);
	directory = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return -1;
	return open_resolved(directory, path, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

/* Removes what is in a directory that is open; takes the fd. */
static int empty_directory(int fd)
{
	scoped_fd owned = fd;
	struct names names;
	int error = names_read(&names, fd);

	for (u32 i = 0; !error && i < names.count; i++) {
		error = remove_tree(fd, names.name[i]);
		if (error == -ENOENT)
			error = 0;
	}
	names_free(&names);
	return error;
}

int remove_tree(int directory, const char *name)
{
	u64 resolve = directory == AT_FDCWD ? 0 : RESOLVE_NO_XDEV | RESOLVE_BENEATH;
	int error, fd;

	if (unlinkat(directory, name, 0) == 0)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	if (unlinkat(directory, name, AT_REMOVEDIR) == 0)
		return 0;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return -errno;
	fd = open_resolved(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, resolve);
	if (fd < 0)
		return -errno;
	error = empty_directory(fd);
	if (error)
		return error;
	return unlinkat(directory, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}
