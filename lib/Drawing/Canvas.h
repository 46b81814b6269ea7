//===- Canvas.h - pixels, rectangles and text -------------------*- C++ -*-===//
//
// Private to lib/Drawing.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_DRAWING_CANVAS_H
#define VITC_LIB_DRAWING_CANVAS_H

#include "vitc/Drawing/Drawing.h"

#include <memory>

namespace vitc {

/// A part of a canvas, in pixels; may reach beyond it.
struct Rectangle {
  int64_t left, top, right, bottom;
};

/// A picture of three channels to draw on. What lies outside of it is not drawn.
class Canvas {
public:
  /// With this picture at its top left, and white where it is larger. Error: as checkImageSize.
  static std::optional<Canvas> around(Image picture, int64_t height, int64_t width, std::string &error);

  int64_t height() const { return image.height; }
  int64_t width() const { return image.width; }
  Image take() { return std::move(image); }

  void fill(const Rectangle &area, const Colour &colour);
  /// The four sides of a rectangle, `thickness` pixels to its inside.
  void outline(const Rectangle &area, int64_t thickness, const Colour &colour);
  /// Mixes a colour into a pixel; `share` of 255 is the colour alone.
  void blend(int64_t y, int64_t x, const Colour &colour, unsigned share);

private:
  explicit Canvas(Image image) : image(std::move(image)) {}

  Image image;
};

/// DejaVu Sans at one size.
class Font {
public:
  /// `size` is the height of a line in pixels. Errors: FreeType's.
  static std::optional<Font> open(int64_t size, std::string &error);
  Font(Font &&) noexcept;
  ~Font();

  /// Pixels from a line to the next.
  int64_t lineHeight() const;
  /// How wide a text (UTF-8; what is none is a replacement character) is.
  int64_t widthOf(const std::string &text) const;
  /// Draws a text whose line's top left is there.
  void draw(Canvas &canvas, int64_t top, int64_t left, const std::string &text, const Colour &colour) const;

private:
  struct State;
  explicit Font(std::unique_ptr<State> state);

  std::unique_ptr<State> state;
};

/// Black or white, whichever can be read on a colour.
Colour inkOn(const Colour &background);

/// The size of text that suits a picture.
int64_t textSizeFor(int64_t height, int64_t width);

} // namespace vitc

#endif // VITC_LIB_DRAWING_CANVAS_H
