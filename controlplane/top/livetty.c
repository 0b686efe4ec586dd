/* SPDX-License-Identifier: BSD-3-Clause */
#include "livetty.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define WIDTH_USUAL 80
#define HEIGHT_USUAL 24

/* The other screen, no cursor, no wrapping; and back. */
static const char enter_text[] = "\033[?1049h\033[?25l\033[?7l\033[2J";
static const char leave_text[] = "\033[0m\033[?7h\033[?25h\033[?1049l";

static struct termios before;
static bool entered;

/* What is on the screen. */
static struct canvas shown;

static bool
is_dumb(void)
{
	const char *term = getenv("TERM");

	return term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0;
}

bool
livetty_fits(char why[static LIVETTY_WHY_MAX])
{
	why[0] = '\0';
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		strcpy(why, "top needs a terminal; `mxsteer top --once` prints "
			    "one screen as text");
	else if (is_dumb())
		strcpy(why, "top needs a terminal that can move its cursor, "
			    "and TERM says that this one cannot; `mxsteer top "
			    "--once` prints one screen as text");
	return why[0] == '\0';
}

struct canvas_reader
livetty_reader(void)
{
	const char *no_colour = getenv("NO_COLOR");
	const bool terminal = isatty(STDOUT_FILENO) && !is_dumb();

	setlocale(LC_CTYPE, "");
	return (struct canvas_reader){
		.styles = terminal,
		.colour =
			terminal && (no_colour == NULL || no_colour[0] == '\0'),
		.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
	};
}

/* A terminal that is gone takes nothing; the program ends by SIGHUP then. */
static void
write_all(const char *text, size_t length)
{
	while (length > 0) {
		const ssize_t written = write(STDOUT_FILENO, text, length);

		if (written < 0 && errno != EINTR)
			return;
		text += written > 0 ? written : 0;
		length -= written > 0 ? (size_t)written : 0;
	}
}

void
livetty_leave(void)
{
	if (!entered)
		return;
	entered = false;
	write_all(leave_text, sizeof(leave_text) - 1);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
}

void
livetty_enter(void)
{
	static bool at_exit;
	struct termios raw;

	if (entered || tcgetattr(STDIN_FILENO, &before) < 0)
		return;
	if (!at_exit)
		atexit(livetty_leave);
	at_exit = entered = true;
	raw = before;
	/* Ctrl-C and Ctrl-Z go on to be signals. */
	raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
	raw.c_iflag &= (tcflag_t) ~(IXON | ICRNL);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	write_all(enter_text, sizeof(enter_text) - 1);
}

void
livetty_size(unsigned *width, unsigned *height)
{
	struct winsize size;

	*width = WIDTH_USUAL;
	*height = HEIGHT_USUAL;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
		return;
	if (size.ws_col > 0)
		*width = size.ws_col;
	if (size.ws_row > 0)
		*height = size.ws_row;
}

static bool
is_same(const struct canvas_line *a, const struct canvas_line *b)
{
	return a->used == b->used && memcmp(a->text, b->text, a->used) == 0;
}

/* Write a line at its place.  Behind the last column nothing is erased: the cursor
 * still stands on that column. */
static void
write_line(FILE *out, unsigned y, const struct canvas *canvas)
{
	const struct canvas_line *line = &canvas->line[y];

	fprintf(out, "\033[%u;1H%.*s%s", y + 1, (int)line->used, line->text,
		line->columns < canvas->width ? "\033[K" : "");
}

/* Keep what is shown.  Without memory, all is shown again the next time. */
static void
keep(const struct canvas *canvas)
{
	if (shown.height != canvas->height) {
		canvas_end(&shown);
		if (!canvas_begin(&shown, canvas->width, canvas->height,
				  canvas->reader))
			return;
	}
	shown.width = canvas->width;
	memcpy(shown.line, canvas->line,
	       canvas->height * sizeof(*canvas->line));
}

void
livetty_show(const struct canvas *canvas, bool all)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (out == NULL)
		return;
	all |= shown.width != canvas->width || shown.height != canvas->height;
	if (all)
		fputs("\033[0m\033[2J", out);
	for (unsigned y = 0; y < canvas->height; y++)
		if (all || !is_same(&canvas->line[y], &shown.line[y]))
			write_line(out, y, canvas);
	fclose(out);
	write_all(text, length);
	free(text);
	keep(canvas);
}
