"""Zips a folder with Python's zipfile, in memory, or, where `official` is given, with the official
client's own code (peak-sdk): the seconds of the best run, and the bytes.

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

    # Its limit stops it at 10 MiB; what is measured here may be larger.
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
