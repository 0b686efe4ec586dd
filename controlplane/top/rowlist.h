/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ROWLIST_H
#define MX_ROWLIST_H

/* The rows of a view that pass the filter, in the order that the reader wants.
 * Threads    any. */
#include "view.h"

/* Sorted by no column: trouble first, then in the order of the file. */
#define ROWLIST_TROUBLE (-1)

struct rowlist_wish {
	enum view_id view;
	const char *filter; /* a part of a text of the row; "": all */
	int column;         /* of the view, or ROWLIST_TROUBLE */
	bool upward;        /* the least comes first */
};

struct rowlist {
	const json_t **row; /* of the sample */
	size_t count;
};

/* Returns false if there is no memory. */
bool rowlist_make(struct rowlist *list, const struct sample *sample,
		  const struct rowlist_wish *wish);
void rowlist_free(struct rowlist *list);

/* The place of the row with that name; list->count if there is none. */
size_t rowlist_find(const struct rowlist *list, const char *name);

#endif /* MX_ROWLIST_H */
