/*
 * The whole of the hello-world image: a static program without a C library.
 * It writes one text and exits; on i386 a system call is `int 0x80` with the
 * number in eax and the arguments in ebx, ecx, edx (see syscall(2)).
 */
#define SYS_exit 1
#define SYS_write 4

static const char text[] =
	"\n"
	"Hello from Docker!\n"
	"This text was written inside a real container, by a program on a real Linux\n"
	"kernel, and all of it runs in this browser tab.\n"
	"\n"
	"What happened just now, step by step:\n"
	" 1. The docker command asked the engine for a container of \"hello-world\",\n"
	"    over the same HTTP API as on any machine. The engine runs in this page.\n"
	" 2. The engine did not have the image, so it pulled it from a registry: a\n"
	"    manifest, a config and one layer, each checked against its SHA-256.\n"
	" 3. It stacked an empty writable layer on top of that read-only layer. The\n"
	"    layer holds a single file: /hello.\n"
	" 4. The Linux kernel, booted in an emulated PC in this tab, gave /hello its\n"
	"    own namespaces (processes, network, files, ...) and its own cgroup. That\n"
	"    is all a container is: a process that sees a smaller world.\n"
	" 5. /hello wrote this text and exited. The engine carried it to your terminal\n"
	"    and kept the stopped container: docker ps -a shows it.\n"
	"\n"
	"Where to go from here:\n"
	" $ docker run -it busybox sh             a shell in a container\n"
	" $ docker run -d -p 8080:80 nginx        a web server, with a published port\n"
	" $ docker run -it debian bash            a whole distribution\n"
	"\n";

static int syscall3(int number, int a, const void *b, unsigned c)
{
	int result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
	return result;
}

void _start(void)
{
	const char *at = text;
	const char *end = text + sizeof(text) - 1;

	while (at < end) {
		int written = syscall3(SYS_write, 1, at, end - at);

		if (written <= 0)
			syscall3(SYS_exit, 1, 0, 0);
		at += written;
	}
	syscall3(SYS_exit, 0, 0, 0);
}
