#!/usr/bin/env python3
"""Unpacks a wheel as pip does, after comparing its files with their hashes:  unpack_wheel.py WHEEL DIRECTORY"""

import base64
import csv
import hashlib
import io
import os
import sys
import zipfile


def main():
    wheel, directory = sys.argv[1:]
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        record = next(name for name in names if name.endswith(".dist-info/RECORD"))
        rows = list(csv.reader(io.TextIOWrapper(archive.open(record), "utf-8")))
        assert sorted(row[0] for row in rows) == sorted(names), "files and their list differ"
        for name, digest, size in rows:
            data = archive.read(name)
            if name != record:
                expected = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                assert digest == "sha256=" + expected and int(size) == len(data), name
            path = archive.extract(name, directory)
            os.chmod(path, archive.getinfo(name).external_attr >> 16 & 0o777)


if __name__ == "__main__":
    main()
