//===- MapWindows.h - windows that a map is cut into ------------*- C++ -*-===//
//
// Private to lib/Conversion/KernelToVector. Which window a pixel is in, and the other way round: where a map is read or
// written through its windows, nothing is moved for them.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CONVERSION_KERNELTOVECTOR_MAPWINDOWS_H
#define VITC_LIB_CONVERSION_KERNELTOVECTOR_MAPWINDOWS_H

#include "KernelEmitter.h"

namespace vitc {

class MapWindows {
public:
  MapWindows(KernelEmitter &e, vit::WindowsAttr windows) : e(e), windows(windows) {}

  /// A pixel of a window.
  struct Token {
    mlir::Value sequence, index;
  };
  /// Where a pixel of the padded map is.
  Token tokenOf(mlir::Value row, mlir::Value column);
  /// The same for a pixel by its number in the map without its padding.
  Token tokenOf(mlir::Value pixel) {
    return tokenOf(e.div(pixel, windows.getMap()[1]), e.rem(pixel, windows.getMap()[1]));
  }

  /// A pixel of the padded map.
  struct Pixel {
    mlir::Value row, column;
  };
  Pixel pixelOf(Token token);
  /// Its number in the map, row by row, if it is within it.
  mlir::Value numberOf(Pixel pixel) { return e.add(e.mul(pixel.row, windows.getMap()[1]), pixel.column); }
  /// Runs `inside` if the pixel is within the map, else `outside`.
  void ifInside(Pixel pixel, llvm::function_ref<void()> inside, llvm::function_ref<void()> outside);

  /// 1 for a window in the last column, plus 2 for one in the last row.
  mlir::Value edgeOf(mlir::Value sequence);

private:
  KernelEmitter &e;
  const vit::WindowsAttr windows;
};

} // namespace vitc

#endif // VITC_LIB_CONVERSION_KERNELTOVECTOR_MAPWINDOWS_H
