/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_COMPLETION_H
#define MX_COMPLETION_H

/* What may be typed next: words by the grammar of the commands, and values, for
 * which the control plane is asked.
 *
 * A control plane that does not answer delays a completion by COMPLETION_S, and
 * words are completed without it.
 * Threads    main. */
#include <stdbool.h>
#include <stddef.h>

#define COMPLETION_S 1
#define COMPLETION_WORDS_MAX 2048

struct completion {
	size_t start; /* of the word that is completed, in the line */
	size_t count;
	char *word[COMPLETION_WORDS_MAX]; /* whole words, sorted */
	bool file; /* a file's name is expected: its caller completes it */
};

/* Complete the last word of a line, which is empty if the line ends in a blank.
 * path: of the control plane's socket; NULL: do not ask for values.  The result
 * must be freed by completion_free(). */
void completion_find(struct completion *completion, const char *path,
		     const char *line);

void completion_free(struct completion *completion);

/* The command of a shell's line that begins with the name of the program and
 * its options: what follows them.  Sets *path, of path_size bytes, to the socket
 * that an option names.  Returns NULL if the line ends within an option. */
const char *completion_skip_options(const char *line, char *path,
				    size_t path_size);

/* Print the words that complete a shell's line, one a line: `mxsteer --complete
 * LINE`.  Returns the exit status: COMPLETION_FILE if the shell shall complete
 * the name of a file. */
#define COMPLETION_FILE 3
int completion_print(const char *line);

#endif /* MX_COMPLETION_H */
