/*
 * The `docker` command of the guest: hands argv, environment and the standard
 * streams to the engine over a socket and does what it is told. The frames are in
 * PROTOCOL.md, "The docker stub". No stdio and no heap: it must start at once.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

enum { HELLO = 1, STDIN = 2, STDIN_EOF = 3, SIGNAL = 4, WINCH = 5 };
enum { STDOUT = 1, STDERR = 2, STDIN_CREDIT = 3, RAW = 4, EXIT = 5, SIGNAL_SELF = 6 };
enum { HEADER = 5, INPUT_SIZE = 32768, STDIN_STEP = 16384, PIPE_STEP = 4096 };

extern char **environ;

static int engine = -1;
static struct termios cooked;
static bool raw;
static uint32_t stdin_credit;
static bool stdin_ended;
static char input[INPUT_SIZE]; /* from the engine: frames begin at input[0] */
static size_t input_length;
static size_t output_left; /* bytes of a STDOUT or STDERR frame not yet written */
static int output_fd;

static void restore_terminal(void)
{
	if (raw)
		tcsetattr(0, TCSANOW, &cooked);
	raw = false;
}

__attribute__((noreturn)) static void leave(int code)
{
	restore_terminal();
	_exit(code);
}

__attribute__((noreturn)) static void die_of(int number)
{
	sigset_t set;

	restore_terminal();
	signal(number, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, number);
	kill(getpid(), number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	_exit(128 + number);
}

__attribute__((noreturn)) static void no_engine(void)
{
	static const char message[] = "Cannot connect to the Docker daemon at "
				      "unix:///var/run/docker.sock. "
				      "Is the docker daemon running?\n";

	restore_terminal();
	(void)!write(2, message, sizeof(message) - 1);
	_exit(1);
}

static void send_all(const void *data, size_t length)
{
	const char *at = data;

	while (length) {
		ssize_t n = send(engine, at, length, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			no_engine();
		at += n;
		length -= n;
	}
}

/* One frame: `room` has HEADER bytes in front of the payload. */
static void send_frame(char *room, uint8_t type, uint32_t length)
{
	memcpy(room, &length, 4);
	room[4] = type;
	send_all(room, HEADER + length);
}

static void send_number(uint8_t type, uint32_t number)
{
	char frame[HEADER + 4];

	memcpy(frame + HEADER, &number, 4);
	send_frame(frame, type, 4);
}

static char *put(char *at, const void *data, size_t size)
{
	memcpy(at, data, size);
	return at + size;
}

static char *put_string(char *at, const char *text)
{
	uint32_t length = strlen(text);

	return put(put(at, &length, 4), text, length);
}

static char *put_list(char *at, char **list)
{
	char *count_at = at;
	uint32_t count = 0;

	for (at += 4; list[count]; count++)
		at = put_string(at, list[count]);
	memcpy(count_at, &count, 4);
	return at;
}

static size_t list_size(char **list)
{
	size_t size = 4;

	for (; *list; list++)
		size += 4 + strlen(*list);
	return size;
}

/* Bits of the standard streams that are terminals; the size of the first. */
static uint8_t terminals(struct winsize *size)
{
	struct winsize one;
	uint8_t bits = 0;

	memset(size, 0, sizeof(*size));
	for (int fd = 0; fd < 3; fd++) {
		if (ioctl(fd, TIOCGWINSZ, &one) < 0)
			continue;
		if (!bits)
			*size = one;
		bits |= 1 << fd;
	}
	return bits;
}

static void hello(char **argv)
{
	char cwd[4096];
	struct winsize size;
	uint8_t tty = terminals(&size);
	uint32_t ids[3] = { getuid(), getgid(), getpid() };
	size_t most;
	char *frame, *at;

	if (!getcwd(cwd, sizeof(cwd)))
		strcpy(cwd, "/");
	most = HEADER + list_size(argv) + list_size(environ) + 4 + sizeof(cwd) + 5 + sizeof(ids);
	frame = mmap(NULL, most, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (frame == MAP_FAILED)
		no_engine();
	at = put_list(frame + HEADER, argv);
	at = put_list(at, environ);
	at = put_string(at, cwd);
	at = put(at, &tty, 1);
	at = put(at, &size.ws_row, 2);
	at = put(at, &size.ws_col, 2);
	at = put(at, ids, sizeof(ids));
	send_frame(frame, HELLO, at - frame - HEADER);
	munmap(frame, most);
}

static int connect_engine(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("DRYDOCK_CLI_SOCK");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (!path || !*path)
		path = "/run/drydock/cli.sock";
	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		no_engine();
	strcpy(address.sun_path, path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		no_engine();
	return fd;
}

static void make_raw(void)
{
	struct termios mode;

	if (!raw && tcgetattr(0, &cooked) < 0)
		return;
	mode = cooked;
	cfmakeraw(&mode);
	raw = tcsetattr(0, TCSANOW, &mode) == 0;
}

static void send_window(void)
{
	char frame[HEADER + 4];
	struct winsize size;

	if (!terminals(&size))
		return;
	memcpy(frame + HEADER, &size.ws_row, 2);
	memcpy(frame + HEADER + 2, &size.ws_col, 2);
	send_frame(frame, WINCH, 4);
}

static void forward_signal(int signals)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGCONT) {
		if (raw)
			make_raw(); /* the shell had the terminal in between */
		send_window();
	} else if (info.ssi_signo == SIGWINCH) {
		send_window();
	} else {
		send_number(SIGNAL, info.ssi_signo);
	}
}

static void forward_stdin(void)
{
	static char frame[HEADER + STDIN_STEP];
	uint32_t most = stdin_credit < STDIN_STEP ? stdin_credit : STDIN_STEP;
	ssize_t n = read(0, frame + HEADER, most);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0) {
		stdin_credit -= n;
		send_frame(frame, STDIN, n);
	} else {
		stdin_ended = true;
		send_frame(frame, STDIN_EOF, 0);
	}
}

static void drop_input(size_t amount)
{
	input_length -= amount;
	memmove(input, input + amount, input_length);
}

/* Does what one whole frame of a fixed size says. */
static void obey(uint8_t type, uint32_t number)
{
	if (type == STDIN_CREDIT)
		stdin_credit += number;
	else if (type == RAW && (number & 255))
		make_raw();
	else if (type == RAW)
		restore_terminal();
	else if (type == EXIT)
		leave(number);
	else if (type == SIGNAL_SELF)
		die_of(number);
}

/* Takes what has arrived, up to output that must be written first. */
static void parse(void)
{
	while (!output_left && input_length >= HEADER) {
		uint8_t type = input[4];
		uint32_t length, number = 0;

		memcpy(&length, input, 4);
		if (type == STDOUT || type == STDERR) {
			output_fd = type;
			output_left = length;
			drop_input(HEADER);
			continue;
		}
		if (length > 4)
			no_engine();
		if (input_length < HEADER + length)
			return;
		memcpy(&number, input + HEADER, length);
		drop_input(HEADER + length);
		obey(type, number);
	}
}

static void receive(void)
{
	ssize_t n = recv(engine, input + input_length, INPUT_SIZE - input_length, 0);

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0)
		no_engine();
	input_length += n;
	parse();
}

/* Writes no more than a pipe takes without blocking, once poll said it takes some. */
static void write_output(void)
{
	size_t size = output_left < input_length ? output_left : input_length;
	ssize_t n;

	if (size > PIPE_STEP)
		size = PIPE_STEP;
	n = write(output_fd, input, size);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n < 0 && errno == EPIPE)
		die_of(SIGPIPE);
	if (n < 0)
		n = size; /* a closed or full stdout: the command goes on */
	output_left -= n;
	drop_input(n);
	parse();
}

static int catch_signals(void)
{
	static const int caught[] = { SIGINT,  SIGTERM, SIGHUP,	  SIGQUIT,
				      SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT };
	struct sigaction old;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(caught) / sizeof(*caught); i++) {
		/* One that was ignored, as under nohup, stays so. */
		if (sigaction(caught[i], NULL, &old) < 0 || old.sa_handler != SIG_IGN)
			sigaddset(&set, caught[i]);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int main(int argc, char **argv)
{
	int signals;

	(void)argc;
	engine = connect_engine();
	signals = catch_signals();
	hello(argv);
	for (;;) {
		bool writing = output_left && input_length;
		struct pollfd wait[3] = {
			{ signals, POLLIN, 0 },
			{ writing ? output_fd : engine, writing ? POLLOUT : POLLIN, 0 },
			{ stdin_credit && !stdin_ended ? 0 : -1, POLLIN, 0 },
		};

		if (poll(wait, 3, -1) < 0)
			continue;
		if (wait[0].revents)
			forward_signal(signals);
		if (wait[2].revents)
			forward_stdin();
		if (wait[1].revents && writing)
			write_output();
		else if (wait[1].revents)
			receive();
	}
}
