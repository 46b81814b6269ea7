// RUN: vitc-opt --split-input-file --verify-diagnostics %s

// Steps on heads; a function for each constraint, named after it.

func.func @rotary_c1(%x: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %t: memref<2x4x4xf32>, %y: memref<3x2x6x8xf32, strided<[192, 96, 16, 1]>>) {
  // expected-error @+1 {{expected an input and an output of rank 2 or more and one shape, but got 'memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>', 'memref<3x2x6x8xf32, strided<[192, 96, 16, 1]>>'}}
  kernel.rotary %x by %t into %y : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x4x4xf32>, memref<3x2x6x8xf32, strided<[192, 96, 16, 1]>>
  return
}

// -----

func.func @rotary_c1_rank(%x: memref<16xf32>, %t: memref<2x4x8xf32>, %y: memref<16xf32>) {
  // expected-error @+1 {{expected an input and an output of rank 2 or more and one shape, but got 'memref<16xf32>', 'memref<16xf32>'}}
  kernel.rotary %x by %t into %y : memref<16xf32>, memref<2x4x8xf32>, memref<16xf32>
  return
}

// -----

func.func @rotary_c1_odd(%x: memref<3x2x5x7xf32, strided<[160, 80, 16, 1]>>, %t: memref<2x4x4xf32>, %y: memref<3x2x5x7xf32, strided<[160, 80, 16, 1]>>) {
  // expected-error @+1 {{expected an even number of features, but got 7}}
  kernel.rotary %x by %t into %y : memref<3x2x5x7xf32, strided<[160, 80, 16, 1]>>, memref<2x4x4xf32>, memref<3x2x5x7xf32, strided<[160, 80, 16, 1]>>
  return
}

// -----

func.func @rotary_c2(%x: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %t: memref<2x6x4xf32>, %y: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>) {
  // expected-error @+1 {{expected a table of 2xNx4 with N up to 5, but got 'memref<2x6x4xf32>'}}
  kernel.rotary %x by %t into %y : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x6x4xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>
  return
}

// -----

func.func @rotary_c2_interleaved(%x: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %t: memref<2x4x8xf32>, %y: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>) {
  // expected-error @+1 {{expected a table of 2xNx4, or with an entry for every feature, with N up to 5, but got 'memref<2x4x8xf32>'}}
  kernel.rotary %x by %t interleaved into %y : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x4x8xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>
  return
}

// -----

func.func @pack_keys_c1(%x: memref<3x2x5x8xf32>, %y: memref<2x1x8x16xf32>) {
  // expected-error @+1 {{expected an input of rank 4 whose rows have room for whole panels, but got 'memref<3x2x5x8xf32>'}}
  kernel.pack_keys %x[1] into %y : memref<3x2x5x8xf32>, memref<2x1x8x16xf32>
  return
}

// -----

func.func @pack_keys_c1_rank(%x: memref<5x16xf32>, %y: memref<2x1x8x16xf32>) {
  // expected-error @+1 {{expected an input of rank 4 whose rows have room for whole panels, but got 'memref<5x16xf32>'}}
  kernel.pack_keys %x[1] into %y : memref<5x16xf32>, memref<2x1x8x16xf32>
  return
}

// -----

func.func @pack_keys_c2(%x: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<2x1x8x16xf32>) {
  // expected-error @+1 {{expected part from 0 to 2, but got 3}}
  kernel.pack_keys %x[3] into %y : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>
  return
}

// -----

func.func @pack_keys_c2_negative(%x: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<2x1x8x16xf32>) {
  // expected-error @+1 {{expected part from 0 to 2, but got -1}}
  kernel.pack_keys %x[-1] into %y : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>
  return
}

// -----

func.func @pack_keys_c3(%x: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<2x2x8x16xf32>) {
  // expected-error @+1 {{expected keys of every head in panels, but got 'memref<2x2x8x16xf32>'}}
  kernel.pack_keys %x[1] into %y : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x2x8x16xf32>
  return
}

// -----

func.func @pack_keys_c3_input(%x: memref<1x1x16x16xf32>) {
  // expected-error @+1 {{expected an output that is not the input}}
  kernel.pack_keys %x[0] into %x : memref<1x1x16x16xf32>, memref<1x1x16x16xf32>
  return
}

// -----

func.func @attention_c1(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x3x5x8xf32, strided<[240, 80, 16, 1]>>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected query and value of rank 4 with the same heads, but got 'memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>', 'memref<3x3x5x8xf32, strided<[240, 80, 16, 1]>>'}}
  kernel.attention %q[0], %k, %v[2] into %y scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x3x5x8xf32, strided<[240, 80, 16, 1]>>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c1_rank(%q: memref<5x16xf32>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected query and value of rank 4 with the same heads, but got 'memref<5x16xf32>', 'memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>'}}
  kernel.attention %q[0], %k, %v[2] into %y scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<5x16xf32>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c2(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected keys and values of 6 tokens, but got 'memref<2x1x8x16xf32>', 'memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>'}}
  kernel.attention %q[0], %k, %v[2] into %y scratch %s head_dim 8 keys 6 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c2_panels(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x2x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected keys and values of 5 tokens, but got 'memref<2x2x8x16xf32>', 'memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>'}}
  kernel.attention %q[0], %k, %v[2] into %y scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x2x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c2_width(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x8xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected keys and values of 5 tokens, but got 'memref<2x1x8x8xf32>', 'memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>'}}
  kernel.attention %q[0], %k, %v[2] into %y scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x8xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c3(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected query_part from 0 to 2, but got 3}}
  kernel.attention %q[3], %k, %v[2] into %y scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c3_negative(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected query_part from 0 to 2, but got -1}}
  kernel.attention %q[-1], %k, %v[2] into %y scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c3_value(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected value_part from 0 to 2, but got 7}}
  kernel.attention %q[0], %k, %v[7] into %y scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c4(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<5x32xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected values of 16 features in rows with room for whole panels, but got 'memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>'}}
  kernel.attention %q[0], %k, %v[2] into %y scratch %s head_dim 16 keys 5 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x32xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c4_room(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected values of 8 features in rows with room for whole panels, but got 'memref<3x2x5x8xf32>'}}
  kernel.attention %q[0], %k, %v[2] into %y scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c5(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected the row tiles to cover 5 rows, but they cover 4}}
  kernel.attention %q[0], %k, %v[2] into %y scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 4 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c6(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %b: memref<2x5x2xf32>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected a bias that broadcasts to 2x5x5, its columns maybe padded to whole panels, but got 'memref<2x5x2xf32>'}}
  kernel.attention %q[0], %k, %v[2] bias %b into %y scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x5x2xf32>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c6_heads(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %b: memref<3x5x5xf32>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected a bias that broadcasts to 2x5x5, its columns maybe padded to whole panels, but got 'memref<3x5x5xf32>'}}
  kernel.attention %q[0], %k, %v[2] bias %b into %y scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<3x5x5xf32>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c6_queries(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %b: memref<4x5xf32>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected a bias that broadcasts to 2x5x5, its columns maybe padded to whole panels, but got 'memref<4x5xf32>'}}
  kernel.attention %q[0], %k, %v[2] bias %b into %y scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<4x5xf32>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c6_rank(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %b: memref<f32>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected a bias that broadcasts to 2x5x5, its columns maybe padded to whole panels, but got 'memref<f32>'}}
  kernel.attention %q[0], %k, %v[2] bias %b into %y scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<f32>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c6_rank_large(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %b: memref<1x1x2x5x5xf32>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected a bias that broadcasts to 2x5x5, its columns maybe padded to whole panels, but got 'memref<1x1x2x5x5xf32>'}}
  kernel.attention %q[0], %k, %v[2] bias %b into %y scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<1x1x2x5x5xf32>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c7(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<5x8xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected an output with the heads side by side, but got 'memref<5x8xf32>'}}
  kernel.attention %q[0], %k, %v[2] into %y scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x8xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c7_input(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %b: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected an output that is no input}}
  kernel.attention %q[0], %k, %v[2] bias %b into %b scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x16xf32>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c8(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<4x16xf32>
  // expected-error @+1 {{expected scratch for one tile of scores, but got 'memref<4x16xf32>'}}
  kernel.attention %q[0], %k, %v[2] into %y scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x16xf32>, memref<4x16xf32>
  return
}

// -----

func.func @attention_c8_rest(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<2x16xf32>
  // expected-error @+1 {{expected scratch for one tile of scores, but got 'memref<2x16xf32>'}}
  kernel.attention %q[0], %k, %v[2] into %y scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 2 + 1 x 3> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x16xf32>, memref<2x16xf32>
  return
}

// -----

func.func @attention_c8_columns(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x8xf32>
  // expected-error @+1 {{expected scratch for one tile of scores, but got 'memref<5x8xf32>'}}
  kernel.attention %q[0], %k, %v[2] into %y scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x16xf32>, memref<5x8xf32>
  return
}

// -----

func.func @attention_c8_no_scratch(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<5x16xf32>, %s: memref<5x16xf32>) {
  // expected-error @+1 {{expected scratch for one tile of scores, but got 'memref<5x16xf32>'}}
  kernel.attention %q[0], %k, %v[2] into %y scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c9(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected a scale that is finite, but got 0x7FF0000000000000 : f64}}
  kernel.attention %q[0], %k, %v[2] into %y scratch %s head_dim 8 keys 5 scale 0x7FF0000000000000 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c5_panels(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected 1 to 16 panels, but got 0}}
  kernel.attention %q[0], %k, %v[2] into %y scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 0 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c5_tiles_per_task(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected a schedule with at least one tile per task}}
  kernel.attention %q[0], %k, %v[2] into %y scratch %s head_dim 8 keys 5 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 0> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c8_no_schedule(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{expected a schedule and scratch for scores, or neither}}
  kernel.attention %q[0], %k, %v[2] into %y scratch %s head_dim 8 keys 5 scale 1.0 : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c9_keys(%q: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x8x16xf32>, %v: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<5x16xf32>) {
  %s = kernel.scratch : memref<5x16xf32>
  // expected-error @+1 {{attribute 'key_count' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  kernel.attention %q[0], %k, %v[2] into %y scratch %s head_dim 8 keys 0 scale 1.0 schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c7_sequences(%p: memref<3x4x5x8xf32, strided<[320, 80, 16, 1]>>, %k: memref<4x1x8x16xf32>, %y: memref<15x8xf32>) {
  // expected-error @+1 {{expected an output with the heads side by side, but got 'memref<15x8xf32>'}}
  kernel.attention %p[0], %k, %p[2] into %y head_dim 8 keys 5 scale 1.0 : memref<3x4x5x8xf32, strided<[320, 80, 16, 1]>>, memref<4x1x8x16xf32>, memref<3x4x5x8xf32, strided<[320, 80, 16, 1]>>, memref<15x8xf32>
  return
}

// -----

func.func @attention_c6_sequences(%p: memref<3x4x5x8xf32, strided<[320, 80, 16, 1]>>, %k: memref<4x1x8x16xf32>, %b: memref<4x1x1x5xf32>, %y: memref<10x16xf32>) {
  // expected-error @+1 {{expected a bias that broadcasts to 2x2x5x5, its columns maybe padded to whole panels, but got 'memref<4x1x1x5xf32>'}}
  kernel.attention %p[0], %k, %p[2] bias %b into %y head_dim 8 keys 5 scale 1.0 : memref<3x4x5x8xf32, strided<[320, 80, 16, 1]>>, memref<4x1x8x16xf32>, memref<3x4x5x8xf32, strided<[320, 80, 16, 1]>>, memref<4x1x1x5xf32>, memref<10x16xf32>
  return
}

// -----

func.func @attention_c10(%p: memref<3x8x9x8xf32, strided<[1152, 144, 16, 1]>>, %k: memref<8x1x8x16xf32>, %f: memref<8xf32>, %y: memref<36x16xf32>) {
  // expected-error @+1 {{expected factors of 2 heads, but got 'memref<8xf32>'}}
  kernel.attention %p[0], %k, %p[2] factors %f into %y head_dim 8 keys 9 scale 1.0 windows <map [6, 6] window [3, 3] shift [0, 0]> : memref<3x8x9x8xf32, strided<[1152, 144, 16, 1]>>, memref<8x1x8x16xf32>, memref<3x8x9x8xf32, strided<[1152, 144, 16, 1]>>, memref<8xf32>, memref<36x16xf32>
  return
}

// -----

func.func @attention_c11(%p: memref<3x8x9x8xf32, strided<[1152, 144, 16, 1]>>, %k: memref<8x1x8x16xf32>, %y: memref<36x16xf32>) {
  // expected-error @+1 {{expected windows of 9 pixels and a row of output for each of the map's, but got #vit.windows<map[5, 6] window[3, 3] shift[0, 0]> and 'memref<36x16xf32>'}}
  kernel.attention %p[0], %k, %p[2] into %y head_dim 8 keys 9 scale 1.0 windows <map [5, 6] window [3, 3] shift [0, 0]> : memref<3x8x9x8xf32, strided<[1152, 144, 16, 1]>>, memref<8x1x8x16xf32>, memref<3x8x9x8xf32, strided<[1152, 144, 16, 1]>>, memref<36x16xf32>
  return
}

// -----

func.func @attention_c6_windows(%p: memref<3x12x9x8xf32, strided<[1728, 144, 16, 1]>>, %k: memref<12x1x8x16xf32>, %b: memref<6x1x9x9xf32>, %y: memref<54x16xf32>) {
  // expected-error @+1 {{expected a bias that broadcasts to 4x2x9x9, its columns maybe padded to whole panels, but got 'memref<6x1x9x9xf32>'}}
  kernel.attention %p[0], %k, %p[2] bias %b into %y head_dim 8 keys 9 scale 1.0 windows <map [6, 9] window [3, 3] shift [0, 0]> : memref<3x12x9x8xf32, strided<[1728, 144, 16, 1]>>, memref<12x1x8x16xf32>, memref<3x12x9x8xf32, strided<[1728, 144, 16, 1]>>, memref<6x1x9x9xf32>, memref<54x16xf32>
  return
}

// -----

func.func @attention_c12(%p: memref<3x2x6x8xf32, strided<[192, 96, 16, 1]>>, %k: memref<2x1x8x16xf32>, %t: memref<1x8x16xf32>, %y: memref<6x16xf32>) {
  // expected-error @+1 {{expected a grid of as many tokens as there are queries and keys, but got [2, 2]}}
  kernel.attention %p[0], %k, %p[2] positions %t grid [2, 2] into %y head_dim 8 keys 6 scale 1.0 : memref<3x2x6x8xf32, strided<[192, 96, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x6x8xf32, strided<[192, 96, 16, 1]>>, memref<1x8x16xf32>, memref<6x16xf32>
  return
}

// -----

func.func @attention_c12_panels(%p: memref<3x2x6x8xf32, strided<[192, 96, 16, 1]>>, %k: memref<2x1x8x16xf32>, %t: memref<2x8x16xf32>, %y: memref<6x16xf32>) {
  // expected-error @+1 {{expected positions of the grid's 8 distances, but got 'memref<2x8x16xf32>'}}
  kernel.attention %p[0], %k, %p[2] positions %t grid [2, 3] into %y head_dim 8 keys 6 scale 1.0 : memref<3x2x6x8xf32, strided<[192, 96, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x6x8xf32, strided<[192, 96, 16, 1]>>, memref<2x8x16xf32>, memref<6x16xf32>
  return
}

// -----

// Behind the scores there is room for what positions make of the query, and for a vector that begins anywhere there.
func.func @attention_c8_positions(%p: memref<3x2x6x8xf32, strided<[192, 96, 16, 1]>>, %k: memref<2x1x8x16xf32>, %t: memref<1x8x16xf32>, %y: memref<6x16xf32>) {
  %s = kernel.scratch : memref<6x32xf32>
  // expected-error @+1 {{expected scratch for one tile of scores, but got 'memref<6x32xf32>'}}
  kernel.attention %p[0], %k, %p[2] positions %t grid [2, 3] into %y scratch %s head_dim 8 keys 6 scale 1.0 schedule <rows <1 x 6 + 0 x 0> panels 1 tiles_per_task 1> : memref<3x2x6x8xf32, strided<[192, 96, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x6x8xf32, strided<[192, 96, 16, 1]>>, memref<1x8x16xf32>, memref<6x16xf32>, memref<6x32xf32>
  return
}
