# SPDX-License-Identifier: BSD-3-Clause
"""The rest of a failed lab, for a person.

    --keep       the lab stays up until Enter or Ctrl-C
    --keep=DIR   its logs and configurations are copied to DIR; the environment
                 variable MXSTEER_KEEP=DIR does the same

Every lab test has the option, beside its own arguments.
"""

import os
import shutil
import sys
from pathlib import Path

OPTION = "--keep"


def take_option(arguments):
    """Remove the option from a list of arguments.  Returns whether the lab
    stays up, and the folder for its logs or None."""
    stays, folder = False, os.environ.get("MXSTEER_KEEP")
    for word in list(arguments):
        if word == OPTION:
            stays = True
        elif word.startswith(OPTION + "="):
            folder = word.removeprefix(OPTION + "=")
        else:
            continue
        arguments.remove(word)
    return stays, folder and Path(folder)


STAYS, FOLDER = take_option(sys.argv)


def wait_for_person(lab, failure):
    """Say how to look around, and wait until the person has finished."""
    print(f"failed: {failure}\n"
          f"The lab is still up.  Its files are in {lab.dir}.\n"
          "Its namespaces:", *lab.spaces, "\n"
          f"  ip netns exec {lab.space('lb')} bash\n"
          f"  {lab.build}/controlplane/mxsteer -s {lab.dir}/ctl.sock status\n"
          "Press Enter to take it down.", flush=True)
    try:
        sys.stdin.readline()
    except KeyboardInterrupt:
        pass


def copy_logs(lab):
    """Copy logs and configurations to the folder."""
    folder = FOLDER / lab.tag
    folder.mkdir(parents=True, exist_ok=True)
    for path in lab.dir.iterdir():
        if path.suffix in (".log", ".yaml"):
            shutil.copy(path, folder)
    print(f"logs and configurations are in {folder}", flush=True)
