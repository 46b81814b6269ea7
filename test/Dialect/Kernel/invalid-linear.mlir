// RUN: vitc-opt --split-input-file --verify-diagnostics %s

// Products and norms; a function for each constraint, named after it.

func.func @linear_c1(%x: memref<f32>, %w: memref<1x1x16xf32>, %y: memref<1x16xf32>) {
  // expected-error @+1 {{expected an input of rank 1 or more, but got 'memref<f32>'}}
  kernel.linear %x, %w into %y activation none schedule <rows <1 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1> : memref<f32>, memref<1x1x16xf32>, memref<1x16xf32>
  return
}

// -----

func.func @linear_c1_depth(%x: memref<5x7xf32>, %w: memref<1x8x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected the weight in panels, Px7x16, but got 'memref<1x8x16xf32>'}}
  kernel.linear %x, %w into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1> : memref<5x7xf32>, memref<1x8x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_c1_width(%x: memref<5x8xf32>, %w: memref<1x8x8xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected the weight in panels, Px8x16, but got 'memref<1x8x8xf32>'}}
  kernel.linear %x, %w into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1> : memref<5x8xf32>, memref<1x8x8xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_c1_rank(%x: memref<5x8xf32>, %w: memref<8x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected the weight in panels, Px8x16, but got 'memref<8x16xf32>'}}
  kernel.linear %x, %w into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1> : memref<5x8xf32>, memref<8x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_c2(%x: memref<5x8xf32>, %w: memref<1x8x16xf32>, %b: memref<15xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected a bias in panels, 1x1x16, or a row of the output, but got 'memref<15xf32>'}}
  kernel.linear %x, %w bias %b into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1> : memref<5x8xf32>, memref<1x8x16xf32>, memref<15xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_c2_panels(%x: memref<5x8xf32>, %w: memref<1x8x16xf32>, %b: memref<2x1x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected a bias in panels, 1x1x16, or a row of the output, but got 'memref<2x1x16xf32>'}}
  kernel.linear %x, %w bias %b into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1> : memref<5x8xf32>, memref<1x8x16xf32>, memref<2x1x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_c3(%x: memref<5x8xf32>, %w: memref<1x8x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected the row tiles to cover 5 rows, but they cover 4}}
  kernel.linear %x, %w into %y activation none schedule <rows <2 x 2 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1> : memref<5x8xf32>, memref<1x8x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_c4(%x: memref<5x8xf32>, %w: memref<1x8x16xf32>, %y: memref<1x5x16xf32>) {
  // expected-error @+1 {{expected an output of the input's rank, or of rank 4 with the rows of a matrix, but got 'memref<1x5x16xf32>'}}
  kernel.linear %x, %w into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1> : memref<5x8xf32>, memref<1x8x16xf32>, memref<1x5x16xf32>
  return
}

// -----

func.func @linear_c4_rows(%x: memref<5x8xf32>, %w: memref<1x8x16xf32>, %y: memref<6x16xf32>) {
  // expected-error @+1 {{expected 5 rows of output in the input's shape, but got 'memref<6x16xf32>'}}
  kernel.linear %x, %w into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1> : memref<5x8xf32>, memref<1x8x16xf32>, memref<6x16xf32>
  return
}

// -----

func.func @linear_c4_panels(%x: memref<5x8xf32>, %w: memref<2x8x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected 2 panels of output, but got 'memref<5x16xf32>'}}
  kernel.linear %x, %w into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1> : memref<5x8xf32>, memref<2x8x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_c5(%x: memref<5x8xf32>, %w: memref<6x8x16xf32>, %y: memref<3x2x5x8xf32>) {
  // expected-error @+1 {{expected rows of output with room for whole panels, but got 'memref<3x2x5x8xf32>'}}
  kernel.linear %x, %w into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1> : memref<5x8xf32>, memref<6x8x16xf32>, memref<3x2x5x8xf32>
  return
}

// -----

func.func @linear_c5_activation(%x: memref<5x8xf32>, %w: memref<6x8x16xf32>, %y: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>) {
  // expected-error @+1 {{expected neither activation nor residual with an output by head}}
  kernel.linear %x, %w into %y activation relu schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1> : memref<5x8xf32>, memref<6x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>
  return
}

// -----

func.func @linear_c5_residual(%x: memref<5x8xf32>, %w: memref<6x8x16xf32>, %r: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>) {
  // expected-error @+1 {{expected neither activation nor residual with an output by head}}
  kernel.linear %x, %w residual %r into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1> : memref<5x8xf32>, memref<6x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>
  return
}

// -----

func.func @linear_c6(%x: memref<5x8xf32>, %w: memref<1x8x16xf32>, %r: memref<5x8xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected a residual of the output's shape, but got 'memref<5x8xf32>'}}
  kernel.linear %x, %w residual %r into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1> : memref<5x8xf32>, memref<1x8x16xf32>, memref<5x8xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_c7(%x: memref<5x16xf32>, %w: memref<1x16x16xf32>) {
  // expected-error @+1 {{expected an output that is neither the input nor the bias}}
  kernel.linear %x, %w into %x activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1> : memref<5x16xf32>, memref<1x16x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_c7_residual(%x: memref<5x8xf32>, %w: memref<1x8x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected an output that is not the residual with activation gelu}}
  kernel.linear %x, %w residual %y into %y activation gelu schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1> : memref<5x8xf32>, memref<1x8x16xf32>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @schedule_c1_panels(%x: memref<5x8xf32>, %w: memref<1x8x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected 1 to 16 panels, but got 0}}
  kernel.linear %x, %w into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 0 tiles_per_task 1 k_block 256 k_unroll 1> : memref<5x8xf32>, memref<1x8x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @schedule_c1_panels_large(%x: memref<5x8xf32>, %w: memref<1x8x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected 1 to 16 panels, but got 17}}
  kernel.linear %x, %w into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 17 tiles_per_task 1 k_block 256 k_unroll 1> : memref<5x8xf32>, memref<1x8x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @schedule_c1_panels_negative(%x: memref<5x8xf32>, %w: memref<1x8x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected 1 to 16 panels, but got -1}}
  kernel.linear %x, %w into %y activation none schedule <rows <5 x 1 + 0 x 0> panels -1 tiles_per_task 1 k_block 256 k_unroll 1> : memref<5x8xf32>, memref<1x8x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_c3_tiles_per_task(%x: memref<5x8xf32>, %w: memref<1x8x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected a schedule with at least one tile per task}}
  kernel.linear %x, %w into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 0 k_block 256 k_unroll 1> : memref<5x8xf32>, memref<1x8x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @schedule_c2_tiles_per_task(%x: memref<5x8xf32>, %w: memref<1x8x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected no negative number}}
  kernel.linear %x, %w into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task -1 k_block 256 k_unroll 1> : memref<5x8xf32>, memref<1x8x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @schedule_c1_k_unroll(%x: memref<5x8xf32>, %w: memref<1x8x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected a k_unroll of at most 64, but got 65}}
  kernel.linear %x, %w into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 65> : memref<5x8xf32>, memref<1x8x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_c3_k_block(%x: memref<5x8xf32>, %w: memref<1x8x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected a schedule with k_block and k_unroll of at least 1}}
  kernel.linear %x, %w into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 0 k_unroll 1> : memref<5x8xf32>, memref<1x8x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_c3_k_unroll(%x: memref<5x8xf32>, %w: memref<1x8x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected a schedule with k_block and k_unroll of at least 1}}
  kernel.linear %x, %w into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 0> : memref<5x8xf32>, memref<1x8x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_c8(%x: memref<5x8xf32>, %w: memref<1x8x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected a k_unroll that divides 8, but got 3}}
  kernel.linear %x, %w into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 3> : memref<5x8xf32>, memref<1x8x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_c9(%x: memref<36x8xf32>, %w: memref<4x8x16xf32>, %y: memref<2x8x9x5xf32, strided<[1152, 144, 16, 1]>>) {
  // expected-error @+1 {{expected windows of a map whose pixels are the input's rows, and an output by head, but got #vit.windows<map[5, 6] window[3, 3] shift[0, 0]> and}}
  kernel.linear %x, %w into %y activation none windows <map [5, 6] window [3, 3] shift [0, 0]> : memref<36x8xf32>, memref<4x8x16xf32>, memref<2x8x9x5xf32, strided<[1152, 144, 16, 1]>>
  return
}

// -----

func.func @patch_embedding_c1(%x: memref<4x8xf32>, %w: memref<1x48x16xf32>, %a: memref<3x16xf32>, %y: memref<3x16xf32>) {
  // expected-error @+1 {{expected an image of rank 3, but got 'memref<4x8xf32>'}}
  kernel.patch_embedding %x, %w, %a into %y patch [4, 4] schedule <rows <1 x 2 + 0 x 0> panels 1> : memref<4x8xf32>, memref<1x48x16xf32>, memref<3x16xf32>, memref<3x16xf32>
  return
}

// -----

func.func @patch_embedding_c1_patch(%x: memref<3x4x8xf32>, %w: memref<1x48x16xf32>, %a: memref<3x16xf32>, %y: memref<3x16xf32>) {
  // expected-error @+1 {{expected a patch of two sizes that divide the image's, but got [4, 3]}}
  kernel.patch_embedding %x, %w, %a into %y patch [4, 3] schedule <rows <1 x 2 + 0 x 0> panels 1> : memref<3x4x8xf32>, memref<1x48x16xf32>, memref<3x16xf32>, memref<3x16xf32>
  return
}

// -----

func.func @patch_embedding_c1_zero(%x: memref<3x4x8xf32>, %w: memref<1x48x16xf32>, %a: memref<3x16xf32>, %y: memref<3x16xf32>) {
  // expected-error @+1 {{expected a patch of two sizes that divide the image's, but got [4, 0]}}
  kernel.patch_embedding %x, %w, %a into %y patch [4, 0] schedule <rows <1 x 2 + 0 x 0> panels 1> : memref<3x4x8xf32>, memref<1x48x16xf32>, memref<3x16xf32>, memref<3x16xf32>
  return
}

// -----

func.func @patch_embedding_c1_negative(%x: memref<3x4x8xf32>, %w: memref<1x48x16xf32>, %a: memref<3x16xf32>, %y: memref<3x16xf32>) {
  // expected-error @+1 {{expected a patch of two sizes that divide the image's, but got [-4, 4]}}
  kernel.patch_embedding %x, %w, %a into %y patch [-4, 4] schedule <rows <1 x 2 + 0 x 0> panels 1> : memref<3x4x8xf32>, memref<1x48x16xf32>, memref<3x16xf32>, memref<3x16xf32>
  return
}

// -----

func.func @patch_embedding_c1_count(%x: memref<3x4x8xf32>, %w: memref<1x48x16xf32>, %a: memref<3x16xf32>, %y: memref<3x16xf32>) {
  // expected-error @+1 {{expected a patch of two sizes that divide the image's, but got [4]}}
  kernel.patch_embedding %x, %w, %a into %y patch [4] schedule <rows <1 x 2 + 0 x 0> panels 1> : memref<3x4x8xf32>, memref<1x48x16xf32>, memref<3x16xf32>, memref<3x16xf32>
  return
}

// -----

func.func @patch_embedding_c2(%x: memref<3x4x8xf32>, %w: memref<1x48x16xf32>, %a: memref<3x16xf32>, %y: memref<3x16xf32>) {
  // expected-error @+1 {{expected the weight in panels, Px24x16, but got 'memref<1x48x16xf32>'}}
  kernel.patch_embedding %x, %w, %a into %y patch [4, 2] schedule <rows <1 x 4 + 0 x 0> panels 1> : memref<3x4x8xf32>, memref<1x48x16xf32>, memref<3x16xf32>, memref<3x16xf32>
  return
}

// -----

func.func @patch_embedding_c3(%x: memref<3x4x8xf32>, %w: memref<1x48x16xf32>, %a: memref<3x16xf32>, %y: memref<3x16xf32>) {
  // expected-error @+1 {{expected the row tiles to cover 2 rows, but they cover 3}}
  kernel.patch_embedding %x, %w, %a into %y patch [4, 4] schedule <rows <1 x 3 + 0 x 0> panels 1> : memref<3x4x8xf32>, memref<1x48x16xf32>, memref<3x16xf32>, memref<3x16xf32>
  return
}

// -----

func.func @patch_embedding_c4(%x: memref<3x4x8xf32>, %w: memref<1x48x16xf32>, %a: memref<1x16xf32>, %y: memref<1x16xf32>) {
  // expected-error @+1 {{expected an output with a row for each of 2 patches, but got 'memref<1x16xf32>'}}
  kernel.patch_embedding %x, %w, %a into %y patch [4, 4] schedule <rows <1 x 2 + 0 x 0> panels 1> : memref<3x4x8xf32>, memref<1x48x16xf32>, memref<1x16xf32>, memref<1x16xf32>
  return
}

// -----

func.func @patch_embedding_c4_panels(%x: memref<3x4x8xf32>, %w: memref<1x48x16xf32>, %a: memref<3x16xf32>, %y: memref<3x17xf32>) {
  // expected-error @+1 {{expected 1 panels of output, but got 'memref<3x17xf32>'}}
  kernel.patch_embedding %x, %w, %a into %y patch [4, 4] schedule <rows <1 x 2 + 0 x 0> panels 1> : memref<3x4x8xf32>, memref<1x48x16xf32>, memref<3x16xf32>, memref<3x17xf32>
  return
}

// -----

func.func @patch_embedding_c5(%x: memref<3x4x8xf32>, %w: memref<1x48x16xf32>, %a: memref<2x16xf32>, %y: memref<3x16xf32>) {
  // expected-error @+1 {{expected an addend of 3x16 elements, but got 'memref<2x16xf32>'}}
  kernel.patch_embedding %x, %w, %a into %y patch [4, 4] schedule <rows <1 x 2 + 0 x 0> panels 1> : memref<3x4x8xf32>, memref<1x48x16xf32>, memref<2x16xf32>, memref<3x16xf32>
  return
}

// -----

func.func @patch_embedding_c5_columns(%x: memref<3x4x8xf32>, %w: memref<1x48x16xf32>, %a: memref<3x12xf32>, %y: memref<3x12xf32>) {
  // expected-error @+1 {{expected an addend of 3x16 elements, but got 'memref<3x12xf32>'}}
  kernel.patch_embedding %x, %w, %a into %y patch [4, 4] schedule <rows <1 x 2 + 0 x 0> panels 1> : memref<3x4x8xf32>, memref<1x48x16xf32>, memref<3x12xf32>, memref<3x12xf32>
  return
}

// -----

func.func @patch_embedding_c6(%x: memref<3x4x8xf32>, %w: memref<1x48x16xf32>, %a: memref<3x16xf32>) {
  // expected-error @+1 {{expected an output that is not the addend}}
  kernel.patch_embedding %x, %w, %a into %a patch [4, 4] schedule <rows <1 x 2 + 0 x 0> panels 1> : memref<3x4x8xf32>, memref<1x48x16xf32>, memref<3x16xf32>, memref<3x16xf32>
  return
}

// -----

func.func @patch_embedding_c3_tiles_per_task(%x: memref<3x4x8xf32>, %w: memref<1x48x16xf32>, %a: memref<3x16xf32>, %y: memref<3x16xf32>) {
  // expected-error @+1 {{expected a schedule without tiles per task}}
  kernel.patch_embedding %x, %w, %a into %y patch [4, 4] schedule <rows <1 x 2 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x4x8xf32>, memref<1x48x16xf32>, memref<3x16xf32>, memref<3x16xf32>
  return
}

// -----

func.func @layer_norm_c1(%x: memref<f32>, %y: memref<f32>) {
  // expected-error @+1 {{expected an input of rank 1 or more and an output of its shape, but got 'memref<f32>', 'memref<f32>'}}
  kernel.layer_norm %x into %y epsilon 0.5 rows_per_task 1 : memref<f32>, memref<f32>
  return
}

// -----

func.func @layer_norm_c1_shape(%x: memref<5x8xf32>, %y: memref<5x9xf32>) {
  // expected-error @+1 {{expected an input of rank 1 or more and an output of its shape, but got 'memref<5x8xf32>', 'memref<5x9xf32>'}}
  kernel.layer_norm %x into %y epsilon 0.5 rows_per_task 1 : memref<5x8xf32>, memref<5x9xf32>
  return
}

// -----

func.func @layer_norm_c2(%x: memref<5x8xf32>, %g: memref<8xf32>, %y: memref<5x8xf32>) {
  // expected-error @+1 {{expected weight and bias, or neither}}
  kernel.layer_norm %x weight %g into %y epsilon 0.5 rows_per_task 1 : memref<5x8xf32>, memref<8xf32>, memref<5x8xf32>
  return
}

// -----

func.func @layer_norm_c3(%x: memref<5x8xf32>, %g: memref<8xf32>, %b: memref<7xf32>, %y: memref<5x8xf32>) {
  // expected-error @+1 {{expected weight and bias of 8 elements, but got 'memref<7xf32>'}}
  kernel.layer_norm %x weight %g bias %b into %y epsilon 0.5 rows_per_task 1 : memref<5x8xf32>, memref<8xf32>, memref<7xf32>, memref<5x8xf32>
  return
}

// -----

func.func @layer_norm_c3_rank(%x: memref<5x8xf32>, %g: memref<1x8xf32>, %b: memref<8xf32>, %y: memref<5x8xf32>) {
  // expected-error @+1 {{expected weight and bias of 8 elements, but got 'memref<1x8xf32>'}}
  kernel.layer_norm %x weight %g bias %b into %y epsilon 0.5 rows_per_task 1 : memref<5x8xf32>, memref<1x8xf32>, memref<8xf32>, memref<5x8xf32>
  return
}

// -----

func.func @layer_norm_c4(%x: memref<5x8xf32>, %y: memref<5x8xf32>) {
  // expected-error @+1 {{expected an epsilon that is finite and not negative, but got -5.000000e-01 : f64}}
  kernel.layer_norm %x into %y epsilon -0.5 rows_per_task 1 : memref<5x8xf32>, memref<5x8xf32>
  return
}

// -----

func.func @layer_norm_c4_nan(%x: memref<5x8xf32>, %y: memref<5x8xf32>) {
  // expected-error @+1 {{expected an epsilon that is finite and not negative, but got 0x7FF8000000000000 : f64}}
  kernel.layer_norm %x into %y epsilon 0x7FF8000000000000 rows_per_task 1 : memref<5x8xf32>, memref<5x8xf32>
  return
}

// -----

func.func @layer_norm_c5(%x: memref<5x8xf32>, %y: memref<5x8xf32>) {
  // expected-error @+1 {{attribute 'rows_per_task' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  kernel.layer_norm %x into %y epsilon 0.5 rows_per_task 0 : memref<5x8xf32>, memref<5x8xf32>
  return
}

// -----

// By head every panel has columns of its own.
func.func @linear_c2_by_head(%x: memref<5x8xf32>, %w: memref<2x8x16xf32>, %b: memref<5xf32>, %y: memref<1x2x5x5xf32, strided<[160, 80, 16, 1]>>) {
  // expected-error @+1 {{expected a bias in panels, 2x1x16, but got 'memref<5xf32>'}}
  kernel.linear %x, %w bias %b into %y activation none : memref<5x8xf32>, memref<2x8x16xf32>, memref<5xf32>, memref<1x2x5x5xf32, strided<[160, 80, 16, 1]>>
  return
}

// -----

func.func @linear_c7_bias(%x: memref<8xf32>, %w: memref<1x8x16xf32>, %y: memref<16xf32>) {
  // expected-error @+1 {{expected an output that is neither the input nor the bias}}
  kernel.linear %x, %w bias %y into %y activation none : memref<8xf32>, memref<1x8x16xf32>, memref<16xf32>, memref<16xf32>
  return
}

// -----

func.func @linear_c1_int8_panels(%x: memref<5x2xi32, strided<[16, 1]>>, %w: memref<1x2x16xi8>, %r: memref<5x2xf32>, %s: memref<1x1x16xf32>, %u: memref<1x1x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected weights of i8 in panels, PxKx16x4, but got 'memref<1x2x16xi8>'}}
  kernel.linear %x, %w quantized %r scale %s sum %u into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 2 k_unroll 1> : memref<5x2xi32, strided<[16, 1]>>, memref<1x2x16xi8>, memref<5x2xf32>, memref<1x1x16xf32>, memref<1x1x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_c1_int8_operands(%x: memref<5x2xi32, strided<[16, 1]>>, %w: memref<1x2x16x4xi8>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected rows, scale and sum with weights of i8}}
  kernel.linear %x, %w into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 2 k_unroll 1> : memref<5x2xi32, strided<[16, 1]>>, memref<1x2x16x4xi8>, memref<5x16xf32>
  return
}

// -----

func.func @linear_c1_int8_words(%x: memref<5x3xi32, strided<[16, 1]>>, %w: memref<1x2x16x4xi8>, %r: memref<5x2xf32>, %s: memref<1x1x16xf32>, %u: memref<1x1x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected words of i32, 5x2, in rows with room for whole vectors, but got 'memref<5x3xi32, strided<[16, 1]>>'}}
  kernel.linear %x, %w quantized %r scale %s sum %u into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 2 k_unroll 1> : memref<5x3xi32, strided<[16, 1]>>, memref<1x2x16x4xi8>, memref<5x2xf32>, memref<1x1x16xf32>, memref<1x1x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_c1_int8_room(%x: memref<5x2xi32>, %w: memref<1x2x16x4xi8>, %r: memref<5x2xf32>, %s: memref<1x1x16xf32>, %u: memref<1x1x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected words of i32, 5x2, in rows with room for whole vectors, but got 'memref<5x2xi32>'}}
  kernel.linear %x, %w quantized %r scale %s sum %u into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 2 k_unroll 1> : memref<5x2xi32>, memref<1x2x16x4xi8>, memref<5x2xf32>, memref<1x1x16xf32>, memref<1x1x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_c1_int8_rows(%x: memref<5x2xi32, strided<[16, 1]>>, %w: memref<1x2x16x4xi8>, %r: memref<5xf32>, %s: memref<1x1x16xf32>, %u: memref<1x1x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected rows of 5x2, but got 'memref<5xf32>'}}
  kernel.linear %x, %w quantized %r scale %s sum %u into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 2 k_unroll 1> : memref<5x2xi32, strided<[16, 1]>>, memref<1x2x16x4xi8>, memref<5xf32>, memref<1x1x16xf32>, memref<1x1x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_c1_int8_scale(%x: memref<5x2xi32, strided<[16, 1]>>, %w: memref<1x2x16x4xi8>, %r: memref<5x2xf32>, %s: memref<16xf32>, %u: memref<1x1x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected scale and sum in panels, 1x1x16, but got 'memref<16xf32>'}}
  kernel.linear %x, %w quantized %r scale %s sum %u into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 2 k_unroll 1> : memref<5x2xi32, strided<[16, 1]>>, memref<1x2x16x4xi8>, memref<5x2xf32>, memref<16xf32>, memref<1x1x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_c1_f32_operands(%x: memref<5x8xf32>, %w: memref<1x8x16xf32>, %r: memref<5x2xf32>, %s: memref<1x1x16xf32>, %u: memref<1x1x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected an input of f32, without rows, scale and sum, with weights of f32, but got 'memref<5x8xf32>'}}
  kernel.linear %x, %w quantized %r scale %s sum %u into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 2 k_unroll 1> : memref<5x8xf32>, memref<1x8x16xf32>, memref<5x2xf32>, memref<1x1x16xf32>, memref<1x1x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_c8_int8(%x: memref<5x2xi32, strided<[16, 1]>>, %w: memref<1x2x16x4xi8>, %r: memref<5x2xf32>, %s: memref<1x1x16xf32>, %u: memref<1x1x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected a k_unroll that divides 2, but got 4}}
  kernel.linear %x, %w quantized %r scale %s sum %u into %y activation none schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 2 k_unroll 4> : memref<5x2xi32, strided<[16, 1]>>, memref<1x2x16x4xi8>, memref<5x2xf32>, memref<1x1x16xf32>, memref<1x1x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @quantize_c1(%x: memref<f32>, %q: memref<1x1xi32, strided<[16, 1]>>, %r: memref<1x2xf32>) {
  // expected-error @+1 {{expected an input of rank 1 or more, but got 'memref<f32>'}}
  kernel.quantize %x into %q, %r rows_per_task 16 : memref<f32>, memref<1x1xi32, strided<[16, 1]>>, memref<1x2xf32>
  return
}

// -----

func.func @quantize_c2(%x: memref<5x7xf32>, %q: memref<5x1xi32, strided<[16, 1]>>, %r: memref<5x2xf32>) {
  // expected-error @+1 {{expected words of i32, 5x2, in rows with room for whole vectors, but got 'memref<5x1xi32, strided<[16, 1]>>'}}
  kernel.quantize %x into %q, %r rows_per_task 16 : memref<5x7xf32>, memref<5x1xi32, strided<[16, 1]>>, memref<5x2xf32>
  return
}

// -----

func.func @quantize_c3(%x: memref<5x7xf32>, %q: memref<5x2xi32, strided<[16, 1]>>, %r: memref<5x1xf32>) {
  // expected-error @+1 {{expected rows of 5x2, but got 'memref<5x1xf32>'}}
  kernel.quantize %x into %q, %r rows_per_task 16 : memref<5x7xf32>, memref<5x2xi32, strided<[16, 1]>>, memref<5x1xf32>
  return
}
