// RUN: vitc-opt --split-input-file --verify-diagnostics %s

func.func @pack_rows(%w: tensor<4x6xf32>) {
  // expected-error @+1 {{expected the tensor's shape with its last dimension padded, but got 'memref<4x5xf32>'}}
  %0 = kernel.pack rows %w : tensor<4x6xf32> -> memref<4x5xf32>
  return
}

// -----

func.func @pack_rows_with_group(%w: tensor<4x6xf32>) {
  // expected-error @+1 {{expected no group with layout rows}}
  %0 = kernel.pack rows %w group 2 : tensor<4x6xf32> -> memref<4x16xf32>
  return
}

// -----

func.func @pack_panels_too_few(%w: tensor<20x6xf32>) {
  // Each group of ten rows takes a panel of its own.
  // expected-error @+1 {{expected 2 panels of depth 6, but got 'memref<1x6x16xf32>'}}
  %0 = kernel.pack panels %w group 10 : tensor<20x6xf32> -> memref<1x6x16xf32>
  return
}

// -----

func.func @pack_panels_width(%w: tensor<20x6xf32>) {
  // expected-error @+1 {{expected the weight in panels, PxKx16, but got 'memref<2x6x8xf32>'}}
  %0 = kernel.pack panels %w group 10 : tensor<20x6xf32> -> memref<2x6x8xf32>
  return
}

// -----

func.func @pack_panels_group(%w: tensor<20x6xf32>) {
  // expected-error @+1 {{expected a matrix and a group that divides its rows, but got 'tensor<20x6xf32>'}}
  %0 = kernel.pack panels %w group 3 : tensor<20x6xf32> -> memref<2x6x16xf32>
  return
}

// -----

// expected-error @+1 {{expected the number and the rows of the remaining tiles to be both zero or both positive}}
func.func private @rows() attributes {rows = #kernel.rows<2 x 3 + 1 x 0>}

// -----

// expected-error @+1 {{expected at least one tile of at least one row, and no negative number}}
func.func private @rows() attributes {rows = #kernel.rows<0 x 3 + 0 x 0>}

// -----

func.func @linear_depth(%x: memref<5x7xf32>, %w: memref<1x8x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected an input of rank 2 with 8 columns, but got 'memref<5x7xf32>'}}
  kernel.linear %x, %w into %y activation none rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1 : memref<5x7xf32>, memref<1x8x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_rows(%x: memref<5x8xf32>, %w: memref<1x8x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected the row tiles to cover 5 rows, but they cover 4}}
  kernel.linear %x, %w into %y activation none rows <2 x 2 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1 : memref<5x8xf32>, memref<1x8x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_panels(%x: memref<5x8xf32>, %w: memref<2x8x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected 2 panels of output, but got 'memref<5x16xf32>'}}
  kernel.linear %x, %w into %y activation none rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1 : memref<5x8xf32>, memref<2x8x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_residual(%x: memref<5x8xf32>, %w: memref<1x8x16xf32>, %r: memref<5x8xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected a residual of the output's shape, but got 'memref<5x8xf32>'}}
  kernel.linear %x, %w residual %r into %y activation none rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1 : memref<5x8xf32>, memref<1x8x16xf32>, memref<5x8xf32>, memref<5x16xf32>
  return
}

// -----

func.func @linear_unroll(%x: memref<5x6xf32>, %w: memref<1x6x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected positive panels, tiles and k_block, and a k_unroll that divides 6}}
  kernel.linear %x, %w into %y activation none rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 4 : memref<5x6xf32>, memref<1x6x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @patch_embedding(%x: memref<3x4x8xf32>, %w: memref<1x48x16xf32>, %a: memref<3x16xf32>, %y: memref<3x16xf32>) {
  // expected-error @+1 {{expected an image and a patch with 48 values, but got 'memref<3x4x8xf32>'}}
  kernel.patch_embedding %x, %w, %a into %y patch [4, 2] rows <1 x 2 + 0 x 0> panels 1 : memref<3x4x8xf32>, memref<1x48x16xf32>, memref<3x16xf32>, memref<3x16xf32>
  return
}

// -----

func.func @patch_embedding_tokens(%x: memref<3x4x8xf32>, %w: memref<1x48x16xf32>, %a: memref<1x16xf32>, %y: memref<1x16xf32>) {
  // expected-error @+1 {{expected an addend and an output with a row for each token, but got 'memref<1x16xf32>'}}
  kernel.patch_embedding %x, %w, %a into %y patch [4, 4] rows <1 x 2 + 0 x 0> panels 1 : memref<3x4x8xf32>, memref<1x48x16xf32>, memref<1x16xf32>, memref<1x16xf32>
  return
}

// -----

func.func @layer_norm(%x: memref<5x8xf32>, %g: memref<8xf32>) {
  // expected-error @+1 {{expected weight and bias, or neither}}
  kernel.layer_norm %x weight %g into %x epsilon 0.5 rows_per_task 1 : memref<5x8xf32>, memref<8xf32>, memref<5x8xf32>
  return
}

// -----

func.func @rotary(%x: memref<3x2x5x8xf32>, %t: memref<2x4x4xf32>, %y: memref<3x2x6x8xf32>) {
  // expected-error @+1 {{expected an input and an output of rank 4 and one shape, but got 'memref<3x2x5x8xf32>', 'memref<3x2x6x8xf32>'}}
  kernel.rotary %x by %t into %y : memref<3x2x5x8xf32>, memref<2x4x4xf32>, memref<3x2x6x8xf32>
  return
}

// -----

func.func @rotary_table(%x: memref<3x2x5x8xf32>, %t: memref<2x4x4xf32>) {
  // expected-error @+1 {{expected a table of 2xNx16 with N up to 5, but got 'memref<2x4x4xf32>'}}
  kernel.rotary %x by %t interleaved into %x : memref<3x2x5x8xf32>, memref<2x4x4xf32>, memref<3x2x5x8xf32>
  return
}

// -----

func.func @pack_keys(%x: memref<3x2x5x8xf32>, %y: memref<2x1x8x16xf32>) {
  // expected-error @+1 {{expected a part below 3}}
  kernel.pack_keys %x[3] into %y : memref<3x2x5x8xf32>, memref<2x1x8x16xf32>
  return
}

// -----

func.func @pack_keys_shape(%x: memref<3x2x17x8xf32>, %y: memref<2x1x8x16xf32>) {
  // expected-error @+1 {{expected keys of every head in panels, but got 'memref<2x1x8x16xf32>'}}
  kernel.pack_keys %x[1] into %y : memref<3x2x17x8xf32>, memref<2x1x8x16xf32>
  return
}

// -----

func.func @attention_scratch(%p: memref<3x2x5x8xf32>, %k: memref<2x1x8x16xf32>, %y: memref<5x16xf32>, %s: memref<2x16xf32>) {
  // expected-error @+1 {{expected scratch for one tile of scores, but got 'memref<2x16xf32>'}}
  kernel.attention %p[0], %k, %p[2] into %y scratch %s head_dim 8 keys 5 scale 1.0 rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1
    : memref<3x2x5x8xf32>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32>, memref<5x16xf32>, memref<2x16xf32>
  return
}

// -----

func.func @attention_keys(%p: memref<3x2x5x8xf32>, %k: memref<2x1x8x16xf32>, %y: memref<5x16xf32>, %s: memref<5x16xf32>) {
  // expected-error @+1 {{expected keys and values of 6 tokens, but got 'memref<2x1x8x16xf32>', 'memref<3x2x5x8xf32>'}}
  kernel.attention %p[0], %k, %p[2] into %y scratch %s head_dim 8 keys 6 scale 1.0 rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1
    : memref<3x2x5x8xf32>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32>, memref<5x16xf32>, memref<5x16xf32>
  return
}
