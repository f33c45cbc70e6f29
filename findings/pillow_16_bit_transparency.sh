#!/bin/bash
# Pillow reads which 16-bit colour of a PNG is transparent, and then shows that colour as opaque.
# pillow 13.0.0 (2026-11-28), Python 3.11 to 3.13.
# Seen: PNG may name one transparent colour (tRNS). Of 8 bits a shade, convert("RGBA") makes it transparent; of 16 bits, grey or
# coloured, has_transparency_data is True and every pixel comes out with alpha 255: pixels were cut to 8 bits, or never looked at.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
  "${PYTHON:-python3}" -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet "pillow==13.0.0"
  python=$work/venv/bin/python
fi
cd "$work"
"$python" - <<'PY'
import io
import struct
import sys
import zlib

import PIL
from PIL import Image


def png(kind, depth, shades):
    """4x4 pixels, all of the one colour that is transparent. Kind 0 is grey, 2 coloured."""

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    pixel = b"".join(struct.pack(">H" if depth == 16 else ">B", shade) for shade in shades)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, depth, kind, 0, 0, 0))
    mark = chunk(b"tRNS", struct.pack(f">{len(shades)}H", *shades))
    return b"\x89PNG\r\n\x1a\n" + head + mark + chunk(b"IDAT", zlib.compress((b"\0" + pixel * 4) * 4)) + chunk(b"IEND", b"")


def alpha(*picture):
    with Image.open(io.BytesIO(png(*picture))) as opened:
        opened.load()
        return opened.convert("RGBA").getpixel((0, 0))[3], opened.has_transparency_data


print("pillow", PIL.__version__)
print("expected: alpha 0 in all four, whose every pixel is of the transparent colour")
eight = [alpha(0, 8, [12]), alpha(2, 8, [18, 19, 20])]
sixteen = [alpha(0, 16, [1234]), alpha(2, 16, [4660, 5000, 6000])]
print("seen, (alpha, has_transparency_data):  8 bits grey, coloured", *eight, " 16 bits", *sixteen)
if eight == [(0, True)] * 2 and sixteen == [(255, True)] * 2:
    sys.exit(0)
print("changed: 16-bit transparency is no longer shown as opaque")
sys.exit(1)
PY
