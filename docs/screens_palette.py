"""
Makes screenshots small: 256 colours each, chosen by how often they occur, in a PNG with a palette.

Chromium decodes and counts; nothing beyond the standard library is needed here. Leaves out dithering: a page has planes
of one colour and the edges of letters.
"""

import base64
import struct
import zlib
from typing import Any

#: The 256 most frequent colours, of four neighbouring shades one, and for each pixel the nearest of them.
_COUNT = """async (png) => {
  const image = await createImageBitmap(new Blob([Uint8Array.from(atob(png), (c) => c.charCodeAt(0))]));
  const { width, height } = image;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, width, height).data;
  const counts = new Map();
  const keys = new Uint32Array(width * height);
  for (let i = 0; i < keys.length; i += 1) {
    const key = (pixels[4 * i] << 16) | (pixels[4 * i + 1] << 8) | pixels[4 * i + 2];
    keys[i] = key;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const near = (a, b) => {
    const [r, g, c] = [(a >> 16) - (b >> 16), ((a >> 8) & 255) - ((b >> 8) & 255), (a & 255) - (b & 255)];
    return 2 * r * r + 4 * g * g + 3 * c * c;
  };
  const chosen = [];
  for (const [key] of [...counts].sort((a, b) => b[1] - a[1])) {
    if (chosen.length < 256 && (chosen.length < 64 || chosen.every((other) => near(other, key) > 90))) chosen.push(key);
  }
  const place = new Map();
  const nearest = (key) => {
    const closer = (best, other, i) => (near(other, key) < near(chosen[best], key) ? i : best);
    if (!place.has(key)) place.set(key, chosen.reduce(closer, 0));
    return place.get(key);
  };
  let text = '';
  for (let at = 0; at < keys.length; at += 8192) {
    text += String.fromCharCode(...Array.from(keys.subarray(at, at + 8192), nearest));
  }
  return { width, height, colours: chosen, pixels: btoa(text) };
}"""


def smaller(page: Any, png: bytes) -> bytes:
    """
    The same picture with a palette.

    :param page: any page of Chromium's without a policy, such as ``about:blank``.
    """
    found = page.evaluate(_COUNT, base64.b64encode(png).decode())
    width, height = found["width"], found["height"]
    pixels = base64.b64decode(found["pixels"])
    rows = b"".join(b"\0" + pixels[y * width : (y + 1) * width] for y in range(height))
    palette = b"".join(colour.to_bytes(3, "big") for colour in found["colours"])
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))
