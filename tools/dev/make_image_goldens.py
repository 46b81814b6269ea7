#!/usr/bin/env python3
"""Makes the pictures and expected results under test/Image and test/Preprocessing, with Pillow and transformers as references.

Needs numpy, Pillow, transformers, torch and torchvision (Pillow 13.0.0, transformers 5.24.0 and torchvision 0.28.0 made
what is there now). Run it from anywhere:

    tools/dev/make_image_goldens.py

Everything is deterministic, so that a second run with the same versions changes nothing.

In test/Image:

    inputs/*            small pictures in every kind of file that is read
    decoded/*.npy       what Pillow makes of them: exif_transpose, then convert("RGB"), height x width x 3, u8
    decoded/*.L.npy     the same with convert("L"), height x width, for some of them
    resize.npy          u8, the results of all lines of resize.txt one after the other
    resize.txt          FILTER CHANNELS INPUT_HEIGHT INPUT_WIDTH OUTPUT_HEIGHT OUTPUT_WIDTH; the input is the upper left
                        part of the pattern (of its first channel) in pattern.npy
    resize-torchvision.*  the same, by torchvision's resize with tensors, on a CPU with AVX2

In test/Preprocessing:

    *.json, *.npy       a manifest, and what transformers' processor on Pillow makes of photo.png
"""

import io
import json
import pathlib
import shutil
import struct
import sys
import warnings
import zlib

import numpy as np
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

ROOT = pathlib.Path(__file__).resolve().parents[2] / "test" / "Image"
PREPROCESSING = ROOT.parent / "Preprocessing"


def pattern(height, width, seed=0):
    """Gradients and noise, height x width x 3."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    smooth = 120 + 100 * np.sin(0.21 * x + c + seed) * np.cos(0.17 * y - c)
    noise = np.random.RandomState(seed).randint(-24, 25, (height, width, 3))
    edge = np.where((x + y + 7 * c) % 23 < 3, 200, 0)
    return np.clip(smooth + noise + edge, 0, 255).astype(np.uint8)


def save_npy(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        np.lib.format.write_array(file, np.ascontiguousarray(array), version=(1, 0))


def png(color_type, bit_depth, rows, width, height, extra=b"", interlace=0):
    """A PNG file from packed rows, for kinds that Pillow does not write."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, bit_depth, color_type, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pack_rows(samples, bits):
    """Rows of integer samples (height x n) to PNG's bytes, with filter type 0."""
    out = b""
    for row in samples:
        out += b"\0"
        if bits == 16:
            out += row.astype(">u2").tobytes()
        elif bits == 8:
            out += row.astype(np.uint8).tobytes()
        else:
            digits = "".join(format(int(value), f"0{bits}b") for value in row)
            digits += "0" * (-len(digits) % 8)
            out += bytes(int(digits[i : i + 8], 2) for i in range(0, len(digits), 8))
    return out


def interlaced_rows(samples):
    """The seven passes of Adam7 over height x width x channels samples of 8 bits."""
    out = b""
    for y0, x0, dy, dx in [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]:
        part = samples[y0::dy, x0::dx]
        if part.size:
            for row in part:
                out += b"\0" + row.tobytes()
    return out


def exif_bytes(orientation, endian="<"):
    header = b"II*\0" if endian == "<" else b"MM\0*"
    entries = [(0x0110, 2, 4, b"vit\0"), (0x0112, 3, 1, struct.pack(endian + "HH", orientation, 0))]
    body = struct.pack(endian + "IH", 8, len(entries))
    for tag, kind, count, value in entries:
        body += struct.pack(endian + "HHI", tag, kind, count) + value
    return b"Exif\0\0" + header + body + struct.pack(endian + "I", 0)


def make_png_inputs(inputs):
    height, width = 13, 17
    rgb = pattern(height, width, 1)
    noise = np.random.RandomState(2)
    for bits in (1, 2, 4, 8, 16):
        grey = noise.randint(0, 2**bits, (height, width))
        if bits == 16:
            grey[:, ::2] %= 300  # most 16-bit values saturate
        inputs[f"grey{bits}.png"] = png(0, bits, pack_rows(grey, bits), width, height)
    for bits in (1, 2, 4, 8):
        palette = noise.randint(0, 256, (2**bits, 3)).astype(np.uint8).tobytes()
        index = noise.randint(0, 2**bits, (height, width))
        inputs[f"palette{bits}.png"] = png(
            3, bits, pack_rows(index, bits), width, height, png_chunk(b"PLTE", palette)
        )
        if bits == 4:
            extra = png_chunk(b"PLTE", palette) + png_chunk(b"tRNS", bytes([255, 0, 128, 7]))
            inputs["palette4-alpha.png"] = png(3, bits, pack_rows(index, bits), width, height, extra)
    rgba = np.dstack([rgb, noise.randint(0, 256, (height, width))])
    grey_alpha = rgba[:, :, 2:]
    wide = noise.randint(0, 65536, (height, width, 4))
    inputs["rgb8.png"] = png(2, 8, pack_rows(rgb.reshape(height, -1), 8), width, height)
    inputs["rgb8-key.png"] = png(
        2, 8, pack_rows(rgb.reshape(height, -1), 8), width, height, png_chunk(b"tRNS", struct.pack(">HHH", *map(int, rgb[0, 0])))
    )
    inputs["rgba8.png"] = png(6, 8, pack_rows(rgba.reshape(height, -1), 8), width, height)
    inputs["grey8-alpha.png"] = png(4, 8, pack_rows(grey_alpha.reshape(height, -1), 8), width, height)
    inputs["rgb16.png"] = png(2, 16, pack_rows(wide[:, :, :3].reshape(height, -1), 16), width, height)
    inputs["rgba16.png"] = png(6, 16, pack_rows(wide.reshape(height, -1), 16), width, height)
    inputs["grey16-alpha.png"] = png(4, 16, pack_rows(wide[:, :, :2].reshape(height, -1), 16), width, height)
    inputs["rgb8-interlaced.png"] = png(2, 8, interlaced_rows(rgb), width, height, interlace=1)
    inputs["rgb8-gamma.png"] = png(
        2, 8, pack_rows(rgb.reshape(height, -1), 8), width, height, png_chunk(b"gAMA", struct.pack(">I", 100000))
    )
    inputs["one-pixel.png"] = png(2, 8, pack_rows(np.array([[1, 2, 3]]), 8), 1, 1)


def make_key_inputs(inputs):
    """PNG's colour key: one grey or one colour that is transparent."""
    height, width = 6, 9
    noise = np.random.RandomState(11)
    for bits in (1, 2, 4, 8, 16):
        grey = noise.randint(0, min(2**bits, 400), (height, width))
        key = png_chunk(b"tRNS", struct.pack(">H", int(grey[0, 0])))
        inputs[f"grey{bits}-key.png"] = png(0, bits, pack_rows(grey, bits), width, height, key)
    wide = noise.randint(0, 65536, (height, width * 3))
    key = png_chunk(b"tRNS", struct.pack(">HHH", *map(int, wide[0, :3])))
    inputs["rgb16-key.png"] = png(2, 16, pack_rows(wide, 16), width, height, key)


def make_cut_inputs(inputs):
    """Files whose end is missing although all of the pixels are there."""
    whole = inputs["rgb8.png"]
    inputs["rgb8-no-end.png"] = whole[:-12]
    inputs["rgb8-no-checksum.png"] = whole[:-16]
    inputs["rgb8-interlaced-no-end.png"] = inputs["rgb8-interlaced.png"][:-12]
    inputs["420-junk.jpg"] = inputs["420.jpg"][:-2] + b"junk" * 9
    inputs["420-no-end-zeros.jpg"] = inputs["420.jpg"][:-2] + bytes(64)
    inputs["420-behind.jpg"] = inputs["420.jpg"] + b"junk" * 9


def saved(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def make_orientation_inputs(inputs):
    picture = Image.fromarray(pattern(9, 14, 3))
    for orientation in range(1, 10):
        endian = "<>"[orientation % 2]
        inputs[f"orientation{orientation}.png"] = saved(picture, "PNG", exif=exif_bytes(orientation, endian))
    inputs["orientation6.jpg"] = saved(picture, "JPEG", quality=90, exif=exif_bytes(6))
    inputs["orientation8.webp"] = saved(picture, "WEBP", lossless=True, exif=exif_bytes(8))
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="3"/></x:xmpmeta>'
    inputs["orientation-xmp3.jpg"] = saved(picture, "JPEG", quality=90, xmp=xmp)
    inputs["orientation-xmp3.webp"] = saved(picture, "WEBP", lossless=True, xmp=xmp)
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", "<tiff:Orientation>5</tiff:Orientation>")
    inputs["orientation-xmp5.png"] = saved(picture, "PNG", pnginfo=info)
    profile = exif_bytes(8)
    info = PngInfo()
    info.add_text("Raw profile type exif", f"\nexif\n{len(profile):8}\n{profile.hex()}\n")
    inputs["orientation-raw8.png"] = saved(picture, "PNG", pnginfo=info)
    # EXIF without an orientation leaves the word to XMP; damaged EXIF says nothing.
    inputs["orientation-exif1-xmp3.jpg"] = saved(picture, "JPEG", quality=90, exif=exif_bytes(1), xmp=xmp)


def make_jpeg_inputs(inputs):
    picture = Image.fromarray(pattern(37, 53, 4))
    for name, subsampling in (("444", 0), ("422", 1), ("420", 2)):
        inputs[f"{name}.jpg"] = saved(picture, "JPEG", quality=85, subsampling=subsampling)
    inputs["420-progressive.jpg"] = saved(picture, "JPEG", quality=75, subsampling=2, progressive=True)
    inputs["420-restart.jpg"] = saved(picture, "JPEG", quality=75, subsampling=2, restart_marker_rows=1)
    inputs["grey.jpg"] = saved(picture.convert("L"), "JPEG", quality=85)
    inputs["cmyk.jpg"] = saved(picture.convert("CMYK"), "JPEG", quality=85)
    inputs["rgb.jpg"] = saved(picture, "JPEG", quality=85, keep_rgb=True)
    inputs["1x1.jpg"] = saved(picture.crop((0, 0, 1, 1)), "JPEG", quality=90)


def make_webp_inputs(inputs):
    picture = Image.fromarray(pattern(21, 34, 5))
    alpha = Image.fromarray(np.dstack([pattern(21, 34, 5), pattern(21, 34, 6)[:, :, 0]]))
    inputs["lossy.webp"] = saved(picture, "WEBP", quality=60)
    inputs["lossless.webp"] = saved(picture, "WEBP", lossless=True)
    inputs["lossy-alpha.webp"] = saved(alpha, "WEBP", quality=60)
    inputs["lossless-alpha.webp"] = saved(alpha, "WEBP", lossless=True, exact=True)
    inputs["animated.webp"] = saved(alpha, "WEBP", lossless=True, save_all=True, append_images=[picture.convert("RGBA")], duration=50)


def lzw(indices, bits):
    """GIF's compression of indices without any compression: each code is an index, and the table is cleared in time."""
    clear, codes = 1 << bits, []
    for i, index in enumerate(indices):
        if i % (clear - 2) == 0:
            codes.append(clear)
        codes.append(int(index))
    digits = "".join(format(code, f"0{bits + 1}b")[::-1] for code in [*codes, clear + 1])
    digits += "0" * (-len(digits) % 8)
    data = bytes(int(digits[i : i + 8][::-1], 2) for i in range(0, len(digits), 8))
    blocks = b"".join(bytes([len(data[i : i + 255])]) + data[i : i + 255] for i in range(0, len(data), 255))
    return bytes([bits]) + blocks + b"\0"


def gif(screen, frame, indices, bits, palette=b"", local=b"", transparent=None, interlace=False, end=b";"):
    """A GIF file of one frame at frame = (left, top), height x width indices."""

    def flags(colours):
        return 0x80 | (len(colours) // 3).bit_length() - 2 if colours else 0

    height, width = indices.shape
    rows = indices if not interlace else np.concatenate([indices[a::b] for a, b in ((0, 8), (4, 8), (2, 4), (1, 2))])
    file = b"GIF89a" + struct.pack("<HHBBB", *screen, flags(palette), 0, 0) + palette
    if transparent is not None:
        file += b"!\xf9\x04" + struct.pack("<BHB", 1, 0, transparent) + b"\0"
    file += b"!\xfe\x05hello\0"
    file += b"," + struct.pack("<HHHHB", *frame, width, height, flags(local) | (0x40 if interlace else 0)) + local
    return file + lzw(rows.ravel(), bits) + end


def make_gif_inputs(inputs):
    noise = np.random.RandomState(12)

    def colours(count):
        return noise.randint(0, 256, 3 * count).astype(np.uint8).tobytes()

    small = noise.randint(0, 16, (11, 13))
    inputs["palette.gif"] = gif((13, 11), (0, 0), small, 4, colours(16))
    inputs["local.gif"] = gif((13, 11), (0, 0), small, 4, colours(16), colours(16))
    inputs["interlaced.gif"] = gif((13, 11), (0, 0), small, 4, colours(16), interlace=True)
    inputs["small-frame.gif"] = gif((20, 17), (3, 2), small, 4, colours(16))
    inputs["small-frame-transparent.gif"] = gif((20, 17), (3, 2), small, 4, colours(16), transparent=5)
    inputs["large-frame.gif"] = gif((4, 5), (1, 0), small, 4, colours(16))
    inputs["few-colours.gif"] = gif((13, 11), (0, 0), small, 4, colours(4))
    inputs["few-greys.gif"] = gif((13, 11), (0, 0), small, 4, bytes([0, 0, 0, 1, 1, 1]))
    inputs["no-colours.gif"] = gif((13, 11), (0, 0), small, 4)
    grey = np.arange(256, dtype=np.uint8).repeat(3).tobytes()
    inputs["grey.gif"] = gif((13, 11), (0, 0), small * 16, 8, grey, transparent=16)
    inputs["no-end.gif"] = gif((13, 11), (0, 0), small, 4, colours(16), end=b"")[:-1]
    frames = [Image.fromarray(pattern(21, 34, seed)).quantize(32) for seed in (13, 14)]
    inputs["animated.gif"] = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)


def tiff(width, height, bits, photometric, strips, tags=(), order="<", rows=None):
    """An uncompressed TIFF file; `tags` adds (tag, values) with 16-bit values."""
    count = len(bits)
    entries = [(256, 4, [width]), (257, 4, [height]), (258, 3, bits), (259, 3, [1]), (262, 3, [photometric])]
    entries += [(273, 4, [0] * len(strips)), (277, 3, [count]), (278, 4, [rows or height]), (279, 4, [len(s) for s in strips])]
    entries += [(tag, 3, values) for tag, values in tags]
    entries.sort()
    start = 8 + 2 + 12 * len(entries) + 4
    extra = sum(len(values) * (2 if kind == 3 else 4) for _, kind, values in entries if len(values) * (2 if kind == 3 else 4) > 4)
    offset, offsets = start + extra, []
    for strip in strips:
        offsets.append(offset)
        offset += len(strip)
    table, spill = struct.pack(order + "H", len(entries)), b""
    for tag, kind, values in entries:
        packed = struct.pack(order + str(len(values)) + ("H" if kind == 3 else "I"), *(offsets if tag == 273 else values))
        table += struct.pack(order + "HHI", tag, kind, len(values))
        if len(packed) > 4:
            table += struct.pack(order + "I", start + len(spill))
            spill += packed
        else:
            table += packed.ljust(4, b"\0")
    return (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8) + table + struct.pack(order + "I", 0) + spill + b"".join(strips)


def make_tiff_inputs(inputs):
    height, width = 9, 14
    noise = np.random.RandomState(15)
    picture = pattern(19, 23, 16)
    image = Image.fromarray(picture)
    for name, compression in (("raw", "raw"), ("lzw", "tiff_lzw"), ("deflate", "tiff_adobe_deflate"), ("packbits", "packbits"), ("jpeg", "jpeg")):
        inputs[f"{name}.tif"] = saved(image, "TIFF", compression=compression)
    inputs["predictor.tif"] = saved(image, "TIFF", compression="tiff_lzw", tiffinfo={317: 2})
    inputs["fax4.tif"] = saved(image.convert("1"), "TIFF", compression="group4")
    inputs["fax3-white.tif"] = saved(image.convert("1"), "TIFF", compression="group3", tiffinfo={262: 0})
    inputs["palette.tif"] = saved(image.quantize(64), "TIFF", compression="tiff_lzw")
    inputs["cmyk.tif"] = saved(image.convert("CMYK"), "TIFF", compression="tiff_lzw")
    inputs["ycbcr.tif"] = saved(image.convert("YCbCr"), "TIFF", compression="tiff_lzw")
    inputs["alpha.tif"] = saved(Image.fromarray(np.dstack([picture, pattern(19, 23, 17)[:, :, 0]])), "TIFF", compression="tiff_lzw")
    inputs["grey.tif"] = saved(image.convert("L"), "TIFF", compression="tiff_lzw")
    inputs["strips.tif"] = saved(image, "TIFF", compression="tiff_lzw", strip_size=23 * 3 * 8)
    for orientation in range(2, 9):
        inputs[f"orientation{orientation}.tif"] = saved(Image.fromarray(pattern(9, 14, 3)), "TIFF", tiffinfo={274: orientation})
    for bits in (1, 2, 4, 8, 16):
        grey = noise.randint(0, 2**bits, (height, width))
        if bits == 16:
            grey[:, ::2] %= 300
        rows = b"".join(pack_rows([row], bits)[1:] for row in grey)
        if bits == 16:
            inputs["grey16.tif"] = tiff(width, height, [16], 1, [grey.astype("<u2").tobytes()])
            inputs["grey16-big-endian.tif"] = tiff(width, height, [16], 1, [grey.astype(">u2").tobytes()], order=">")
            continue
        for name, photometric in (("white", 0), ("black", 1)):
            inputs[f"grey{bits}-{name}.tif"] = tiff(width, height, [bits], photometric, [rows])
        entries = noise.randint(0, 65536, 3 * 2**bits).tolist()
        inputs[f"palette{bits}.tif"] = tiff(width, height, [bits], 3, [rows], [(320, entries)])
    wide = noise.randint(0, 65536, (height, width, 3))
    inputs["rgb16.tif"] = tiff(width, height, [16] * 3, 2, [wide.astype("<u2").tobytes()])
    inputs["rgb16-big-endian.tif"] = tiff(width, height, [16] * 3, 2, [wide.astype(">u2").tobytes()], order=">")
    rgba = noise.randint(0, 256, (height, width, 4)).astype(np.uint8)
    rgba[0, :4, 3] = [0, 1, 254, 255]
    for name, kind in (("unspecified", 0), ("multiplied", 1), ("straight", 2)):
        inputs[f"rgba-{name}.tif"] = tiff(width, height, [8] * 4, 2, [rgba.tobytes()], [(338, [kind])])
    planes = [np.ascontiguousarray(rgba[:, :, c]).tobytes() for c in range(3)]
    inputs["planes.tif"] = tiff(width, height, [8] * 3, 2, planes, [(284, [2])])
    inputs["last-strip.tif"] = tiff(width, height, [8] * 3, 2, [rgba[y : y + 4, :, :3].tobytes() for y in (0, 4, 8)], rows=4)


def make_avif_inputs(inputs):
    """Compared with a tolerance: the decoder and its conversion of colours are not Pillow's."""
    picture = Image.fromarray(pattern(19, 27, 18)).resize((54, 38), Image.Resampling.BICUBIC)
    alpha = picture.copy()
    alpha.putalpha(picture.convert("L"))
    for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
        inputs[subsampling.replace(":", "") + ".avif"] = saved(picture, "AVIF", quality=80, subsampling=subsampling)
    inputs["alpha.avif"] = saved(alpha, "AVIF", quality=80)
    inputs["grey.avif"] = saved(picture.convert("L"), "AVIF", quality=80)
    inputs["narrow-range.avif"] = saved(picture, "AVIF", quality=80, range="limited")
    inputs["animated.avif"] = saved(picture, "AVIF", quality=80, save_all=True, append_images=[picture.rotate(180)], duration=50)
    for orientation in range(2, 9):
        inputs[f"orientation{orientation}.avif"] = saved(picture.crop((0, 0, 30, 20)), "AVIF", quality=80, exif=exif_bytes(orientation))


def bmp(bits, width, height, rows, palette=b"", header_size=40, compression=0, masks=b"", top_down=False, data_size=None):
    colors = len(palette) // (3 if header_size == 12 else 4)
    if header_size == 12:
        header = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        signed_height = -height if top_down else height
        header = struct.pack("<IiiHHIIiiII", header_size, width, signed_height, 1, bits, compression, len(rows), 0, 0, colors, 0)
        if header_size > 40:
            header += masks
            header = header.ljust(header_size, b"\0")
            masks = b""
    offset = 14 + len(header) + len(masks) + len(palette)
    return struct.pack("<2sIHHI", b"BM", offset + len(rows), 0, 0, offset) + header + masks + palette + rows


def make_bmp_inputs(inputs):
    height, width = 5, 7
    noise = np.random.RandomState(7)
    for bits in (1, 4, 8):
        index = noise.randint(0, 2**bits, (height, width))
        rows = b"".join((lambda row: row + b"\0" * (-len(row) % 4))(pack_rows([line], bits)[1:]) for line in index)
        colors = noise.randint(0, 256, (2**bits, 4)).astype(np.uint8)
        inputs[f"palette{bits}.bmp"] = bmp(bits, width, height, rows, colors.tobytes())
        if bits == 8:
            inputs["palette8-core.bmp"] = bmp(bits, width, height, rows, colors[:, :3].tobytes(), header_size=12)
            grey = np.arange(256, dtype=np.uint8).repeat(4).reshape(256, 4)
            inputs["grey8.bmp"] = bmp(bits, width, height, rows, grey.tobytes(), top_down=True)
    colors = noise.randint(0, 256, (16, 4)).astype(np.uint8).tobytes()
    # Runs, literals of odd length, ends of rows, a move, a run that is too long for its row.
    runs8 = bytes([3, 5, 0, 3, 1, 2, 3, 0, 0, 0]) + bytes([2, 9, 0, 2, 2, 1, 0, 3, 4, 5, 6, 0, 9, 7, 0, 0]) + bytes([7, 1, 0, 0]) + bytes([5, 4, 2, 8, 0, 1])
    inputs["rle8.bmp"] = bmp(8, width, height, runs8, colors, compression=1)
    runs4 = bytes([3, 0x12, 0, 4, 0x34, 0x56, 0, 0]) + bytes([7, 0x9A, 0, 0]) + bytes([7, 0x11, 0, 0]) * 2 + bytes([6, 0x23, 1, 0x40, 0, 1])
    inputs["rle4.bmp"] = bmp(4, width, height, runs4, colors, compression=2)
    for bits in (16, 24, 32):
        pixels = noise.randint(0, 256, (height, width * bits // 8)).astype(np.uint8)
        rows = b"".join(row.tobytes() + b"\0" * (-row.size % 4) for row in pixels)
        inputs[f"rgb{bits}.bmp"] = bmp(bits, width, height, rows)
        inputs[f"rgb{bits}-top-down.bmp"] = bmp(bits, width, height, rows, top_down=True)
        if bits == 16:
            masks = struct.pack("<III", 0xF800, 0x7E0, 0x1F)
            inputs["rgb16-565.bmp"] = bmp(bits, width, height, rows, compression=3, masks=masks)
        if bits == 32:
            masks = struct.pack("<IIII", 0xFF, 0xFF00, 0xFF0000, 0xFF000000)
            inputs["rgba32-v4.bmp"] = bmp(bits, width, height, rows, compression=3, masks=masks, header_size=108)
            masks = struct.pack("<III", 0xFF000000, 0xFF0000, 0xFF00)
            inputs["xbgr32.bmp"] = bmp(bits, width, height, rows, compression=3, masks=masks)


def make_pnm_inputs(inputs):
    height, width = 4, 5
    noise = np.random.RandomState(8)

    def file(kind, maximum, samples, comment=b""):
        head = kind + b"\n" + comment + b"%d %d\n%d\n" % (width, height, maximum)
        if kind in (b"P2", b"P3"):
            return head + b"\n".join(b" ".join(b"%d" % value for value in row) for row in samples) + b"\n"
        return head + samples.astype(np.uint8 if maximum < 256 else ">u2").tobytes()

    for maximum in (1, 100, 255, 1000, 65535):
        colors = noise.randint(0, maximum + 1, (height, width * 3))
        greys = noise.randint(0, maximum + 1, (height, width))
        greys[:, ::2] %= 256
        inputs[f"p6-{maximum}.ppm"] = file(b"P6", maximum, colors, b"# comment\n")
        inputs[f"p3-{maximum}.ppm"] = file(b"P3", maximum, colors)
        inputs[f"p5-{maximum}.pgm"] = file(b"P5", maximum, greys)
        inputs[f"p2-{maximum}.pgm"] = file(b"P2", maximum, greys, b"# one\r# two\n")


def decode(data, mode):
    image = Image.open(io.BytesIO(data))
    return np.array(ImageOps.exif_transpose(image).convert(mode))


def make_decoded():
    inputs = {}
    for make in (make_png_inputs, make_key_inputs, make_orientation_inputs, make_jpeg_inputs, make_webp_inputs, make_bmp_inputs, make_pnm_inputs, make_gif_inputs, make_tiff_inputs, make_avif_inputs, make_cut_inputs):
        make(inputs)
    for name, data in sorted(inputs.items()):
        (ROOT / "inputs").mkdir(parents=True, exist_ok=True)
        (ROOT / "inputs" / name).write_bytes(data)
        save_npy(ROOT / "decoded" / f"{name}.npy", decode(data, "RGB"))
        if not name.startswith("orientation"):
            save_npy(ROOT / "decoded" / f"{name}.L.npy", decode(data, "L"))


RESIZES = [
    # (input height, width), (output height, width)
    ((41, 53), (16, 20)),
    ((41, 53), (20, 53)),
    ((41, 53), (41, 11)),
    ((7, 5), (23, 18)),
    ((13, 9), (6, 31)),
    ((9, 40), (17, 3)),
    ((41, 40), (10, 25)),
    ((41, 40), (11, 25)),
    ((1, 1), (3, 5)),
    ((3, 2), (1, 1)),
    ((41, 53), (41, 53)),
]


def make_resize():
    source = pattern(41, 53, 9)
    save_npy(ROOT / "pattern.npy", source)
    lines, results = [], []
    for name in ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"):
        for channels in (1, 3):
            for (height, width), (new_height, new_width) in RESIZES:
                part = source[:height, :width]
                image = Image.fromarray(part if channels == 3 else np.ascontiguousarray(part[:, :, 0]))
                resized = image.resize((new_width, new_height), getattr(Image.Resampling, name.upper()))
                results.append(np.array(resized).ravel())
                lines.append(f"{name} {channels} {height} {width} {new_height} {new_width}")
    (ROOT / "resize.txt").write_text("\n".join(lines) + "\n")
    save_npy(ROOT / "resize.npy", np.concatenate(results))


def make_torchvision_resize():
    """The same with tensors and torchvision. PyTorch fails to make one row of a picture two or three pixels large."""
    import torch
    from torchvision.transforms.v2 import InterpolationMode
    from torchvision.transforms.v2.functional import resize

    assert torch.backends.cpu.get_cpu_capability() == "AVX2", "other kinds of CPUs have other last bits"
    source = np.load(ROOT / "pattern.npy")
    lines, results = [], []
    for name in ("nearest", "bilinear", "bicubic", "lanczos"):
        mode = InterpolationMode("nearest-exact" if name == "nearest" else name)
        for channels in (1, 3):
            for (height, width), (new_height, new_width) in RESIZES:
                if (height, width) == (3, 2):
                    continue
                part = torch.from_numpy(np.ascontiguousarray(source[:height, :width, :channels].transpose(2, 0, 1)))
                resized = resize(part, [new_height, new_width], interpolation=mode, antialias=True)
                results.append(resized.numpy().transpose(1, 2, 0).ravel())
                lines.append(f"torchvision_{name} {channels} {height} {width} {new_height} {new_width}")
    (ROOT / "resize-torchvision.txt").write_text("\n".join(lines) + "\n")
    save_npy(ROOT / "resize-torchvision.npy", np.concatenate(results))


def make_pipeline():
    from torchvision.transforms.functional import center_crop
    from transformers import BitImageProcessorPil, ViTImageProcessorPil
    from transformers.image_utils import load_image

    folder = PREPROCESSING
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "photo.png").write_bytes(saved(Image.fromarray(pattern(45, 60, 10)), "PNG"))
    photo = load_image(str(folder / "photo.png"))
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    factor = 1 / 255

    def write(name, steps, values):
        manifest = {"format": "vitc", "preprocessing": {"version": 1, "steps": steps}}
        (folder / f"{name}.json").write_text(json.dumps(manifest, indent=1) + "\n")
        save_npy(folder / f"{name}.npy", values.astype(np.float32))

    begin = [{"step": "decode", "channels": 3}]
    processor = ViTImageProcessorPil(size={"height": 32, "width": 32})
    write(
        "vit",
        begin
        + [
            {"step": "resize", "height": 32, "width": 32, "filter": "bilinear"},
            {"step": "rescale", "factor": factor},
            {"step": "normalize", "mean": [0.5] * 3, "std": [0.5] * 3},
        ],
        np.asarray(processor(photo)["pixel_values"][0]),
    )
    for name, edge, (height, width) in (("crop", 28, (25, 24)), ("crop-odd", 27, (24, 23)), ("pad", 17, (22, 40))):
        processor = BitImageProcessorPil(
            size={"shortest_edge": edge}, crop_size={"height": height, "width": width}, image_mean=mean, image_std=std
        )
        steps = begin + [
            {"step": "resize_shortest_edge", "edge": edge, "filter": "bicubic"},
            {"step": "center_crop", "height": height, "width": width},
            {"step": "rescale", "factor": factor},
            {"step": "normalize", "mean": mean, "std": std},
        ]
        write(name, steps, np.asarray(processor(photo)["pixel_values"][0]))
    small = photo.resize((24, 18), Image.Resampling.BOX)
    for name, (height, width) in (("even", (11, 17)), ("even-pad", (23, 29)), ("even-mixed", (23, 15))):
        steps = begin + [
            {"step": "resize", "height": 18, "width": 24, "filter": "box"},
            {"step": "center_crop", "height": height, "width": width, "rounding": "even"},
        ]
        write(name, steps, np.asarray(center_crop(small, [height, width])).transpose(2, 0, 1))


if __name__ == "__main__":
    # Some builds of torchvision are imported with difficulty.
    sys.path.insert(0, str(ROOT.parent / "Integration" / "checkpoints"))
    sys.path.insert(0, str(ROOT.parent / "Reference"))
    from make_checkpoints import import_torchvision

    import_torchvision()
    warnings.filterwarnings("ignore")
    for folder in (ROOT / "inputs", ROOT / "decoded", PREPROCESSING):
        shutil.rmtree(folder, ignore_errors=True)
    make_decoded()
    make_resize()
    make_torchvision_resize()
    make_pipeline()
