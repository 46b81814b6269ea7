// RUN: vitc-opt --split-input-file --verify-diagnostics %s

func.func @c1(%x: memref<32x3xf32>, %u: memref<1x108x16xf32>, %y: memref<4x8x10xf32>) {
  // expected-error @+1 {{'kernel.winograd_conv2d' op expected input and output of rank 3, but got 'memref<32x3xf32>', 'memref<4x8x10xf32>'}}
  kernel.winograd_conv2d %x, %u into %y padding [1, 1, 1, 1] tile 4 activation none : memref<32x3xf32>, memref<1x108x16xf32>, memref<4x8x10xf32>
  return
}

// -----

func.func @c2(%x: memref<4x8x3xf32>, %u: memref<1x108x16xf32>, %y: memref<4x8x10xf32>) {
  // expected-error @+1 {{'kernel.winograd_conv2d' op expected four paddings from 0 to 2, but got [1, 3, 1, 1]}}
  kernel.winograd_conv2d %x, %u into %y padding [1, 3, 1, 1] tile 4 activation none : memref<4x8x3xf32>, memref<1x108x16xf32>, memref<4x8x10xf32>
  return
}

// -----

func.func @c3(%x: memref<4x8x3xf32>, %u: memref<1x75x16xf32>, %y: memref<4x8x10xf32>) {
  // expected-error @+1 {{'kernel.winograd_conv2d' op expected a tile of 2 or 4, but got 3}}
  kernel.winograd_conv2d %x, %u into %y padding [1, 1, 1, 1] tile 3 activation none : memref<4x8x3xf32>, memref<1x75x16xf32>, memref<4x8x10xf32>
  return
}

// -----

func.func @c4_panels(%x: memref<4x8x3xf32>, %u: memref<2x108x16xf32>, %y: memref<4x8x10xf32>) {
  // expected-error @+1 {{'kernel.winograd_conv2d' op expected filters in panels of 10 outputs, but got 'memref<2x108x16xf32>'}}
  kernel.winograd_conv2d %x, %u into %y padding [1, 1, 1, 1] tile 4 activation none : memref<4x8x3xf32>, memref<2x108x16xf32>, memref<4x8x10xf32>
  return
}

// -----

func.func @c4_depth(%x: memref<4x8x3xf32>, %u: memref<1x48x16xf32>, %y: memref<4x8x10xf32>) {
  // expected-error @+1 {{'kernel.winograd_conv2d' op expected the weight in panels, Px108x16, but got 'memref<1x48x16xf32>'}}
  kernel.winograd_conv2d %x, %u into %y padding [1, 1, 1, 1] tile 4 activation none : memref<4x8x3xf32>, memref<1x48x16xf32>, memref<4x8x10xf32>
  return
}

// -----

func.func @c5(%x: memref<4x8x3xf32>, %u: memref<1x108x16xf32>, %y: memref<4x8x10xf32>) {
  // expected-error @+1 {{'kernel.winograd_conv2d' op expected an output of the size that follows in dimension 1, but got 'memref<4x8x10xf32>'}}
  kernel.winograd_conv2d %x, %u into %y padding [1, 1, 1, 2] tile 4 activation none : memref<4x8x3xf32>, memref<1x108x16xf32>, memref<4x8x10xf32>
  return
}

// -----

func.func @c6(%x: memref<4x8x3xf32>, %u: memref<1x108x16xf32>, %b: memref<16xf32>, %y: memref<4x8x10xf32>) {
  // expected-error @+1 {{'kernel.winograd_conv2d' op expected a bias of 10 elements, but got 'memref<16xf32>'}}
  kernel.winograd_conv2d %x, %u bias %b into %y padding [1, 1, 1, 1] tile 4 activation none : memref<4x8x3xf32>, memref<1x108x16xf32>, memref<16xf32>, memref<4x8x10xf32>
  return
}

// -----

func.func @c7(%x: memref<4x8x3xf32>, %u: memref<1x108x16xf32>) {
  // expected-error @+1 {{'kernel.winograd_conv2d' op expected an output that is no input}}
  kernel.winograd_conv2d %x, %u into %x padding [1, 1, 1, 1] tile 4 activation none : memref<4x8x3xf32>, memref<1x108x16xf32>, memref<4x8x3xf32>
  return
}

// -----

func.func @c8(%x: memref<4x8x3xf32>, %u: memref<1x108x16xf32>, %r: memref<4x8x3xf32>, %y: memref<4x8x10xf32>) {
  // expected-error @+1 {{'kernel.winograd_conv2d' op expected a residual of the output's shape, but got 'memref<4x8x3xf32>'}}
  kernel.winograd_conv2d %x, %u residual %r into %y padding [1, 1, 1, 1] tile 4 activation none : memref<4x8x3xf32>, memref<1x108x16xf32>, memref<4x8x3xf32>, memref<4x8x10xf32>
  return
}

// -----

func.func @c9_alone(%x: memref<4x8x3xf32>, %u: memref<1x108x16xf32>, %y: memref<4x8x10xf32>) {
  // expected-error @+1 {{'kernel.winograd_conv2d' op expected a schedule, panels_per_task and scratch, or none of them}}
  kernel.winograd_conv2d %x, %u into %y padding [1, 1, 1, 1] tile 4 activation none panels_per_task 1 : memref<4x8x3xf32>, memref<1x108x16xf32>, memref<4x8x10xf32>
  return
}

// -----

func.func @c9_rows(%x: memref<4x8x3xf32>, %u: memref<3x108x16xf32>, %y: memref<4x8x40xf32>) {
  %s = kernel.scratch : memref<2x36x48xf32>
  // expected-error @+1 {{'kernel.winograd_conv2d' op expected the row tiles to cover 2 rows, but they cover 3}}
  kernel.winograd_conv2d %x, %u into %y scratch %s padding [1, 1, 1, 1] tile 4 activation none schedule <rows <1 x 3 + 0 x 0> panels 1 tiles_per_task 1 k_block 4 k_unroll 1> panels_per_task 1 : memref<4x8x3xf32>, memref<3x108x16xf32>, memref<4x8x40xf32>, memref<2x36x48xf32>
  return
}

// -----

func.func @c9_parts(%x: memref<4x8x3xf32>, %u: memref<3x108x16xf32>, %y: memref<4x8x40xf32>) {
  %s = kernel.scratch : memref<2x36x48xf32>
  // expected-error @+1 {{'kernel.winograd_conv2d' op expected a schedule with k_block and k_unroll of at least 1}}
  kernel.winograd_conv2d %x, %u into %y scratch %s padding [1, 1, 1, 1] tile 4 activation none schedule <rows <1 x 2 + 0 x 0> panels 1 tiles_per_task 1> panels_per_task 1 : memref<4x8x3xf32>, memref<3x108x16xf32>, memref<4x8x40xf32>, memref<2x36x48xf32>
  return
}

// -----

func.func @c9_panels(%x: memref<4x8x3xf32>, %u: memref<3x108x16xf32>, %y: memref<4x8x40xf32>) {
  %s = kernel.scratch : memref<2x36x48xf32>
  // expected-error @+1 {{'kernel.winograd_conv2d' op expected panels_per_task to be a multiple of 2, but got 3}}
  kernel.winograd_conv2d %x, %u into %y scratch %s padding [1, 1, 1, 1] tile 4 activation none schedule <rows <1 x 2 + 0 x 0> panels 2 tiles_per_task 1 k_block 4 k_unroll 1> panels_per_task 3 : memref<4x8x3xf32>, memref<3x108x16xf32>, memref<4x8x40xf32>, memref<2x36x48xf32>
  return
}

// -----

func.func @c10_tiles(%x: memref<4x8x3xf32>, %u: memref<3x108x16xf32>, %y: memref<4x8x40xf32>) {
  %s = kernel.scratch : memref<1x36x48xf32>
  // expected-error @+1 {{'kernel.winograd_conv2d' op expected scratch for the inputs and sums of 2 tiles, but got 'memref<1x36x48xf32>'}}
  kernel.winograd_conv2d %x, %u into %y scratch %s padding [1, 1, 1, 1] tile 4 activation none schedule <rows <1 x 2 + 0 x 0> panels 1 tiles_per_task 1 k_block 4 k_unroll 1> panels_per_task 1 : memref<4x8x3xf32>, memref<3x108x16xf32>, memref<4x8x40xf32>, memref<1x36x48xf32>
  return
}

// -----

func.func @c10_positions(%x: memref<4x8x3xf32>, %u: memref<3x108x16xf32>, %y: memref<4x8x40xf32>) {
  %s = kernel.scratch : memref<2x16x48xf32>
  // expected-error @+1 {{'kernel.winograd_conv2d' op expected scratch for the inputs and sums of 2 tiles, but got 'memref<2x16x48xf32>'}}
  kernel.winograd_conv2d %x, %u into %y scratch %s padding [1, 1, 1, 1] tile 4 activation none schedule <rows <1 x 2 + 0 x 0> panels 1 tiles_per_task 1 k_block 4 k_unroll 1> panels_per_task 1 : memref<4x8x3xf32>, memref<3x108x16xf32>, memref<4x8x40xf32>, memref<2x16x48xf32>
  return
}

// -----

func.func @c10_columns(%x: memref<4x8x3xf32>, %u: memref<3x108x16xf32>, %y: memref<4x8x40xf32>) {
  %s = kernel.scratch : memref<2x36x40xf32>
  // expected-error @+1 {{'kernel.winograd_conv2d' op expected scratch for the inputs and sums of 2 tiles, but got 'memref<2x36x40xf32>'}}
  kernel.winograd_conv2d %x, %u into %y scratch %s padding [1, 1, 1, 1] tile 4 activation none schedule <rows <1 x 2 + 0 x 0> panels 1 tiles_per_task 1 k_block 4 k_unroll 1> panels_per_task 1 : memref<4x8x3xf32>, memref<3x108x16xf32>, memref<4x8x40xf32>, memref<2x36x40xf32>
  return
}
