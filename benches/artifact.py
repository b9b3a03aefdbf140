"""Zips a folder in memory with Python's zipfile, or, given `official`, with the official client's own
code (peak-sdk). Prints the seconds of the best run, and the size in bytes.

    python3 benches/artifact.py FOLDER [RUNS [official]]
"""

import io
import os
import sys
import time
import zipfile


def archive(folder):
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for parent, folders, files in os.walk(folder, followlinks=True):
            folders.sort()
            if parent != folder:
                archive.write(parent, os.path.relpath(parent, folder))
            for name in sorted(files):
                path = os.path.join(parent, name)
                archive.write(path, os.path.relpath(path, folder))
    return output.getbuffer().nbytes


def official(folder):
    from peak import compression, constants

    # Its limit is 10 MiB; the folder measured here is larger.
    constants.MAX_ARTIFACT_SIZE_MB = 1 << 20
    with compression.compress(folder) as output:
        return output.seek(0, os.SEEK_END)


def main():
    folder = sys.argv[1]
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    make = official if sys.argv[3:] == ["official"] else archive
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        size = make(folder)
        best = min(best, time.perf_counter() - start)
    print(f"{best:.4f} {size}")


main()
