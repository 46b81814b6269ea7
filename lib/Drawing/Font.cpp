//===- Font.cpp - text, through FreeType ----------------------------------===//

#include "Canvas.h"

#include <freetype/freetype.h>

using namespace vitc;

// The font's file, as it lies where the library was built: Debian's, a part of the library from then on.
__asm__(".section .rodata\n"
        ".balign 16\n"
        "vitc_font_begin:\n"
        ".incbin \"" VITC_FONT_FILE "\"\n"
        "vitc_font_end:\n"
        ".previous\n");
extern "C" {
extern const unsigned char fontBegin[] __asm__("vitc_font_begin");
extern const unsigned char fontEnd[] __asm__("vitc_font_end");
}

struct Font::State {
  FT_Library library = nullptr;
  FT_Face face = nullptr;

  State() = default;
  State(const State &) = delete;
  State &operator=(const State &) = delete;
  ~State() {
    FT_Done_Face(face);
    FT_Done_FreeType(library);
  }
};

Font::Font(std::unique_ptr<State> state) : state(std::move(state)) {}
Font::Font(Font &&) noexcept = default;
Font::~Font() = default;

std::optional<Font> Font::open(int64_t size, std::string &error) {
  auto state = std::make_unique<State>();
  if (FT_Init_FreeType(&state->library) ||
      FT_New_Memory_Face(state->library, fontBegin, static_cast<FT_Long>(fontEnd - fontBegin), 0, &state->face) ||
      FT_Set_Pixel_Sizes(state->face, 0, static_cast<FT_UInt>(size))) {
    error = "FreeType cannot read its font";
    return std::nullopt;
  }
  return Font(std::move(state));
}

/// The characters of a text in UTF-8.
static std::vector<uint32_t> charactersOf(const std::string &text) {
  std::vector<uint32_t> characters;
  for (size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const size_t length = lead < 0x80 ? 1 : lead >> 5 == 0x6 ? 2 : lead >> 4 == 0xE ? 3 : lead >> 3 == 0x1E ? 4 : 0;
    uint32_t character = length == 1 ? lead : length ? lead & (0xFFU >> (length + 1)) : 0xFFFD;
    size_t taken = 1;
    for (; taken < length && at + taken < text.size() && (text[at + taken] & 0xC0) == 0x80; ++taken)
      character = character << 6 | (text[at + taken] & 0x3F);
    characters.push_back(taken < length ? 0xFFFD : character);
    at += taken;
  }
  return characters;
}

int64_t Font::lineHeight() const { return (state->face->size->metrics.height + 63) >> 6; }

int64_t Font::widthOf(const std::string &text) const {
  FT_Pos width = 0;
  for (uint32_t character : charactersOf(text))
    if (!FT_Load_Char(state->face, character, FT_LOAD_DEFAULT))
      width += state->face->glyph->advance.x;
  return (width + 63) >> 6;
}

void Font::draw(Canvas &canvas, int64_t top, int64_t left, const std::string &text, const Colour &colour) const {
  const int64_t baseline = top + ((state->face->size->metrics.ascender + 63) >> 6);
  FT_Pos position = static_cast<FT_Pos>(left) << 6;
  for (uint32_t character : charactersOf(text)) {
    if (FT_Load_Char(state->face, character, FT_LOAD_RENDER))
      continue;
    const FT_GlyphSlot glyph = state->face->glyph;
    const FT_Bitmap &bitmap = glyph->bitmap;
    for (unsigned row = 0; row < bitmap.rows; ++row)
      for (unsigned column = 0; column < bitmap.width; ++column)
        canvas.blend(baseline - glyph->bitmap_top + row, (position >> 6) + glyph->bitmap_left + column, colour,
                     bitmap.buffer[row * static_cast<unsigned>(bitmap.pitch) + column]);
    position += glyph->advance.x;
  }
}
