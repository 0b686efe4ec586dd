/* SPDX-License-Identifier: BSD-3-Clause */
#include "prompt.h"

#include <editline/readline.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "commandfind.h"
#include "completion.h"
#include "history.h"
#include "terminal.h"

#define CTRL_C 3
#define AHEAD_MAX 4096 /* what a terminal keeps */

static const char *socket_path;
static struct completion completion;
static bool broken; /* Ctrl-C was the last key */

/* Keys that were typed behind a line before its command ran. */
static struct {
	unsigned char key[AHEAD_MAX];
	size_t next, end;
	bool broken; /* Ctrl-C was before them */
} ahead;

static struct termios terminal; /* as it was before the prompt */

/* Give out one word after the other; state is 0 at the first. */
static char *
next_word(const char *text, int state)
{
	static size_t next;

	(void)text;
	if (state == 0)
		next = 0;
	return next < completion.count ? strdup(completion.word[next++]) : NULL;
}

static char **
complete(const char *text, int start, int end)
{
	char *line = strndup(rl_line_buffer, (size_t)end);

	(void)start;
	if (line == NULL)
		return NULL;
	completion_free(&completion);
	completion_find(&completion, socket_path, line);
	free(line);
	/* Without words, libedit completes names of files. */
	rl_attempted_completion_over = !completion.file;
	return rl_completion_matches(text, next_word);
}

static void
remember(const char *line)
{
	add_history(line);
}

/* End the line. */
static int
on_ctrl_c(int count, int key)
{
	(void)count, (void)key;
	broken = true;
	rl_done = 1;
	return 0;
}

/* What a line that is edited hears of by a descriptor.  Ctrl-C is blocked from the
 * start of the prompt to its end, so that none is lost: one that comes before
 * the command runs, or while a control plane is asked for values, waits. */
static int signals;

static sigset_t
signal_set(bool edits)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	if (edits) {
		sigaddset(&set, SIGTSTP);
		sigaddset(&set, SIGCONT);
		sigaddset(&set, SIGWINCH);
		sigaddset(&set, SIGTERM);
		sigaddset(&set, SIGQUIT);
		sigaddset(&set, SIGHUP);
	}
	return set;
}

/* End or stop by a signal, with the terminal as it was. */
static void
give_way(int number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	rl_deprep_terminal();
	raise(number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* Ctrl-C throws away what was typed before it. */
static void
forget_ahead(void)
{
	ahead.next = ahead.end = 0;
	ahead.broken = false;
}

/* Returns a key for the line, or 0. */
static int
on_signal(uint32_t number)
{
	if (number == SIGINT) {
		forget_ahead();
		return CTRL_C;
	}
	if (number == SIGWINCH) {
		rl_resize_terminal();
		return 0;
	}
	if (number != SIGCONT)
		give_way((int)number);
	/* Whoever had the terminal meanwhile may have changed it. */
	rl_prep_terminal(1);
	rl_forced_update_display();
	return 0;
}

/* Let Ctrl-C be a key like others, so that it keeps its place among them: as a
 * signal it could overtake keys before it, and keys behind it would be lost with
 * the line.  A read must not wait either: Ctrl-C throws away keys that were typed
 * before the terminal changed, also those that poll() saw.  libedit sets the
 * terminal anew for each line.  Returns true if it reads keys, and false if it
 * reads lines. */
static bool
reads_keys(int fd)
{
	struct termios mode;

	if (tcgetattr(fd, &mode) < 0 || (mode.c_lflag & ICANON) != 0)
		return false;
	if (mode.c_cc[VMIN] != 0 || mode.c_cc[VINTR] != _POSIX_VDISABLE) {
		mode.c_cc[VMIN] = 0;
		mode.c_cc[VINTR] = _POSIX_VDISABLE;
		tcsetattr(fd, TCSANOW, &mode);
	}
	return true;
}

/* Take a signal of Ctrl-C, which counts once.  Returns whether there was one. */
static bool
take_signal(void)
{
	const sigset_t interrupt = signal_set(false);

	return sigtimedwait(&interrupt, NULL, &(struct timespec){0}) == SIGINT;
}

/* Is it the key that makes the signal of Ctrl-C? */
static bool
breaks(unsigned char key)
{
	return key == CTRL_C ||
	       (key == terminal.c_cc[VINTR] && key != _POSIX_VDISABLE);
}

/* A line ends: from now on Ctrl-C is a signal for its command.  One that came as a
 * key a moment before breaks the line.  One that comes as a signal here has thrown
 * away the keys before it, so those that are read came behind it. */
static void
end_keys(int fd)
{
	struct termios mode;

	if (tcgetattr(fd, &mode) < 0)
		return;
	mode.c_cc[VINTR] = terminal.c_cc[VINTR];
	tcsetattr(fd, TCSANOW, &mode);
	memmove(ahead.key, &ahead.key[ahead.next], ahead.end - ahead.next);
	ahead.end -= ahead.next;
	ahead.next = 0;
	const size_t before = ahead.end;
	const ssize_t got = read(fd, &ahead.key[before], AHEAD_MAX - before);
	if (got > 0)
		ahead.end += (size_t)got;
	ahead.broken |= take_signal();
	ahead.next = ahead.broken ? before : 0;
	for (size_t i = before; i < ahead.end; i++) {
		if (!breaks(ahead.key[i]))
			continue;
		ahead.broken = true;
		ahead.next = i + 1;
	}
}

/* What a key means.  keys: it is of a terminal that gives keys. */
static int
meaning_of(int fd, unsigned char key, bool keys)
{
	if (!keys)
		return key;
	if (key == '\n' || key == '\r')
		end_keys(fd);
	return breaks(key) ? CTRL_C : key;
}

/* Returns a key, or -1 at the end of the input. */
static int
next_key(FILE *in)
{
	struct pollfd look[] = {{.fd = signals, .events = POLLIN},
				{.fd = fileno(in), .events = POLLIN}};
	struct signalfd_siginfo came;
	unsigned char key;

	fflush(stdout);
	for (;;) {
		const bool keys = reads_keys(look[1].fd);
		const bool waits = !ahead.broken && ahead.next == ahead.end;
		if (poll(look, 2, waits ? -1 : 0) < 0 && errno != EINTR)
			return -1;
		if (read(signals, &came, sizeof(came)) == sizeof(came)) {
			const int meant = on_signal(came.ssi_signo);
			if (meant != 0)
				return meant;
			continue;
		}
		if (ahead.broken) {
			ahead.broken = false;
			return CTRL_C;
		}
		if (ahead.next < ahead.end)
			return meaning_of(look[1].fd, ahead.key[ahead.next++],
					  keys);
		if (look[1].revents == 0)
			continue;
		const ssize_t got = read(look[1].fd, &key, 1);
		if (got == 1)
			return meaning_of(look[1].fd, key, keys);
		if (got < 0 || !keys || (look[1].revents & POLLIN) == 0)
			return -1;
	}
}

/* Was Ctrl-C pressed since the last call?  Keys before it are forgotten. */
static bool
take_interrupt(void)
{
	if (!take_signal())
		return false;
	forget_ahead();
	return true;
}

/* Read a line, to be freed; NULL at the end of the input, and if the line is
 * broken. */
static char *
read_line(void)
{
	const sigset_t edits = signal_set(true);
	sigset_t before;

	broken = false;
	sigprocmask(SIG_BLOCK, &edits, &before);
	char *line = readline("mxsteer> ");
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (take_interrupt() || ahead.broken)
		broken = true;
	ahead.broken = false;
	return line;
}

/* What a command that Ctrl-C ends leaves behind. */
static const char *
left_behind(const char *line)
{
	struct command_match match;

	command_find(line, false, &match);
	if (match.result == COMMAND_FOUND && command_only_shows(match.row))
		return "interrupted";
	return "interrupted; a change that was sent may be in force";
}

/* Run a line in a process of its own, which Ctrl-C ends, whatever it is in.  Its
 * connection ends with it, and so does a wait. */
static void
run_apart(void (*run)(void *arg, char *line), void *arg, char *line)
{
	const sigset_t interrupt = signal_set(false);
	int status = 0;

	fflush(stdout);
	const pid_t child = fork();
	if (child < 0) {
		fprintf(stderr, "no process for the command: %s\n",
			strerror(errno));
		return;
	}
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		terminal_on_interrupt(left_behind(line));
		sigprocmask(SIG_UNBLOCK, &interrupt, NULL);
		run(arg, line);
		fflush(stdout);
		_exit(0);
	}
	/* A signal that came before the child was there is for it. */
	if (take_interrupt())
		kill(child, SIGINT);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	take_interrupt(); /* the child had it too */
	if (!WIFSIGNALED(status))
		return;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal);
	if (WTERMSIG(status) != SIGINT)
		fprintf(stderr, "the command was ended: %s\n",
			strsignal(WTERMSIG(status)));
}

bool
prompt_is_left(const char *line)
{
	char word[8], more;

	return sscanf(line, "%7s %c", word, &more) == 1 &&
	       (strcmp(word, "quit") == 0 || strcmp(word, "exit") == 0);
}

static void
begin(const char *socket)
{
	static char blanks[] = " \t";
	const sigset_t interrupt = signal_set(false), edits = signal_set(true);

	socket_path = socket;
	sigprocmask(SIG_BLOCK, &interrupt, NULL);
	signals = signalfd(-1, &edits, SFD_CLOEXEC | SFD_NONBLOCK);
	rl_catch_signals = 0;
	rl_getc_function = next_key;
	rl_completer_word_break_characters = blanks;
	rl_attempted_completion_function = complete;
	rl_initialize();
	rl_add_defun("break-line", on_ctrl_c, CTRL_C);
	using_history();
	stifle_history(HISTORY_LINES_MAX);
}

void
prompt_run(const char *socket, void (*run)(void *arg, char *line), void *arg)
{
	struct history history;
	char *typed;

	begin(socket);
	tcgetattr(STDIN_FILENO, &terminal);
	history_open(&history, remember);
	while ((typed = read_line()) != NULL || broken) {
		if (broken) {
			putchar('\n');
			free(typed);
			continue;
		}
		if (typed[strspn(typed, " \t")] != '\0') {
			add_history(typed);
			history_add(&history, typed);
			if (prompt_is_left(typed))
				break;
			run_apart(run, arg, typed);
		}
		free(typed);
	}
	if (typed == NULL)
		putchar('\n');
	free(typed);
	completion_free(&completion);
	close(signals);
}
