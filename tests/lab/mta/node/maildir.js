// SPDX-License-Identifier: BSD-3-Clause
'use strict';

// Put every message into the maildir that $MAILDIR names.
const fs = require('node:fs');
const path = require('node:path');

exports.hook_queue = (next, connection) => {
    const name = connection.transaction.uuid;
    const tmp = path.join(process.env.MAILDIR, 'tmp', name);
    const out = fs.createWriteStream(tmp);
    out.once('error', (error) => next(DENYSOFT, error.message));
    out.once('close', () => {
        fs.renameSync(tmp, path.join(process.env.MAILDIR, 'new', name));
        next(OK);
    });
    connection.transaction.message_stream.pipe(out);
};
