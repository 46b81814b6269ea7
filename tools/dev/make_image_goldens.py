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

In test/Preprocessing:

    *.json, *.npy       a manifest, and what transformers' processor on Pillow makes of photo.png
"""

import io
import json
import pathlib
import shutil
import struct
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
    for make in (make_png_inputs, make_orientation_inputs, make_jpeg_inputs, make_webp_inputs, make_bmp_inputs, make_pnm_inputs):
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
    warnings.filterwarnings("ignore")
    for folder in (ROOT / "inputs", ROOT / "decoded", PREPROCESSING):
        shutil.rmtree(folder, ignore_errors=True)
    make_decoded()
    make_resize()
    make_pipeline()
