/* SPDX-License-Identifier: BSD-3-Clause */
#include "terminal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The control plane takes widths from 20 to 4096: see style.h. */
#define WIDTH_MIN 20
#define WIDTH_MAX 4096
#define WIDTH_UNKNOWN 80

static bool
has_colour(void)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return (no_colour == NULL || no_colour[0] == '\0') && term != NULL &&
	       term[0] != '\0' && strcmp(term, "dumb") != 0;
}

/* A serial line does not know its width. */
static unsigned
width_of(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return WIDTH_UNKNOWN;
	if (size.ws_col < WIDTH_MIN)
		return WIDTH_MIN;
	return size.ws_col > WIDTH_MAX ? WIDTH_MAX : size.ws_col;
}

const char *
terminal_options(int fd, char text[static TERMINAL_OPTIONS_MAX])
{
	text[0] = '\0';
	if (isatty(fd))
		snprintf(text, TERMINAL_OPTIONS_MAX, "-w %u %s", width_of(fd),
			 has_colour() ? "-c " : "");
	return text;
}

#define WIDTH_USUAL 80

static bool shown;
static const char *volatile says; /* what Ctrl-C leaves behind */
static volatile sig_atomic_t colours;

bool
terminal_can_rewrite(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term != NULL &&
	       strcmp(term, "dumb") != 0;
}

/* No other function that writes may be called by a handler. */
static void
complain(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0) {
		/* There is nothing to be done. */
	}
}

/* Leave the line, which may be half of a coloured one, and end as the program
 * would have ended. */
static void
on_interrupt(int number)
{
	if (colours)
		complain("\033[m");
	complain("\n");
	complain(says);
	complain("\n");
	signal(number, SIG_DFL);
	raise(number);
}

const char *
terminal_on_interrupt(const char *text)
{
	const char *before = says;
	struct sigaction now;

	sigaction(SIGINT, NULL, &now);
	if (now.sa_handler == SIG_IGN)
		return before;
	if (text == NULL)
		signal(SIGINT, SIG_DFL);
	colours = isatty(STDOUT_FILENO) && has_colour();
	says = text;
	if (text != NULL)
		signal(SIGINT, on_interrupt);
	return before;
}

static size_t
width(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1
		       ? size.ws_col - 1u
		       : WIDTH_USUAL - 1;
}

void
terminal_rewrite(const char *text)
{
	shown = true;
	printf("\r\033[K%.*s", (int)width(), text);
	fflush(stdout);
}

void
terminal_clear(void)
{
	if (!shown)
		return;
	shown = false;
	fputs("\r\033[K", stdout);
	fflush(stdout);
}
