// RUN: vitc-opt --split-input-file --verify-diagnostics %s

// Steps with numbers of bf16; a function for each constraint, named after it.

func.func @round_c1(%x: memref<f32>, %q: memref<1x1xi32, strided<[16, 1]>>) {
  // expected-error @+1 {{expected an input of rank 1 or more, but got 'memref<f32>'}}
  kernel.round %x into %q rows_per_task 16 : memref<f32>, memref<1x1xi32, strided<[16, 1]>>
  return
}

// -----

func.func @round_c2(%x: memref<5x30xf32>, %q: memref<5x14xi32, strided<[16, 1]>>) {
  // expected-error @+1 {{expected words of i32, 5x15, in rows with room for whole vectors, but got 'memref<5x14xi32, strided<[16, 1]>>'}}
  kernel.round %x into %q rows_per_task 16 : memref<5x30xf32>, memref<5x14xi32, strided<[16, 1]>>
  return
}

// -----

func.func @round_c2_room(%x: memref<5x30xf32>, %q: memref<5x15xi32>) {
  // expected-error @+1 {{expected words of i32, 5x15, in rows with room for whole vectors, but got 'memref<5x15xi32>'}}
  kernel.round %x into %q rows_per_task 16 : memref<5x30xf32>, memref<5x15xi32>
  return
}

// -----

func.func @linear_c1_panels(%x: memref<5x30xf32>, %w: memref<2x30x16xbf16>, %y: memref<5x20xf32>) {
  // expected-error @+1 {{expected weights of bf16 in panels, PxKx16x2, but got 'memref<2x30x16xbf16>'}}
  kernel.linear %x, %w into %y activation none : memref<5x30xf32>, memref<2x30x16xbf16>, memref<5x20xf32>
  return
}

// -----

func.func @linear_c1_odd(%x: memref<5x29xf32>, %w: memref<2x15x16x2xbf16>, %y: memref<5x20xf32>) {
  // expected-error @+1 {{expected an input of 30 columns, but got 'memref<5x29xf32>'}}
  kernel.linear %x, %w into %y activation none : memref<5x29xf32>, memref<2x15x16x2xbf16>, memref<5x20xf32>
  return
}

// -----

func.func @linear_c1_words(%x: memref<5x14xi32, strided<[16, 1]>>, %w: memref<2x15x16x2xbf16>, %y: memref<5x20xf32>) {
  // expected-error @+1 {{expected words of i32, 5x15, in rows with room for whole vectors, but got 'memref<5x14xi32, strided<[16, 1]>>'}}
  kernel.linear %x, %w into %y activation none : memref<5x14xi32, strided<[16, 1]>>, memref<2x15x16x2xbf16>, memref<5x20xf32>
  return
}

// -----

func.func @linear_c1_scale(%x: memref<5x30xf32>, %w: memref<2x15x16x2xbf16>, %r: memref<5x2xf32>, %s: memref<2x1x16xf32>, %y: memref<5x20xf32>) {
  // expected-error @+1 {{expected rows, scale and sum with weights of i8 only}}
  kernel.linear %x, %w quantized %r scale %s sum %s into %y activation none : memref<5x30xf32>, memref<2x15x16x2xbf16>, memref<5x2xf32>, memref<2x1x16xf32>, memref<2x1x16xf32>, memref<5x20xf32>
  return
}

// -----

func.func @pack_keys_c3(%x: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<2x1x8x16x2xbf16>) {
  // expected-error @+1 {{expected keys of every head in panels, but got 'memref<2x1x8x16x2xbf16>'}}
  kernel.pack_keys %x[1] into %y : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16x2xbf16>
  return
}

// -----

func.func @pack_keys_c3_odd(%x: memref<3x2x5x7xf32, strided<[160, 80, 16, 1]>>, %y: memref<2x1x3x16x2xbf16>) {
  // expected-error @+1 {{expected keys of every head in panels, but got 'memref<2x1x3x16x2xbf16>'}}
  kernel.pack_keys %x[1] into %y : memref<3x2x5x7xf32, strided<[160, 80, 16, 1]>>, memref<2x1x3x16x2xbf16>
  return
}

// -----

func.func @pack_values_c1(%x: memref<3x2x5x8xf32>, %y: memref<2x1x3x16x2xbf16>) {
  // expected-error @+1 {{expected an input of rank 4 whose rows have room for whole panels, but got 'memref<3x2x5x8xf32>'}}
  kernel.pack_values %x[1] into %y : memref<3x2x5x8xf32>, memref<2x1x3x16x2xbf16>
  return
}

// -----

func.func @pack_values_c2(%x: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<2x1x3x16x2xbf16>) {
  // expected-error @+1 {{expected part from 0 to 2, but got 3}}
  kernel.pack_values %x[3] into %y : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x3x16x2xbf16>
  return
}

// -----

func.func @pack_values_c3(%x: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<2x1x2x16x2xbf16>) {
  // expected-error @+1 {{expected values of every head in panels of bf16, but got 'memref<2x1x2x16x2xbf16>'}}
  kernel.pack_values %x[1] into %y : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x2x16x2xbf16>
  return
}

// -----

func.func @pack_values_c3_element(%x: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %y: memref<2x1x3x16x2xf32>) {
  // expected-error @+1 {{expected values of every head in panels of bf16, but got 'memref<2x1x3x16x2xf32>'}}
  kernel.pack_values %x[1] into %y : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x3x16x2xf32>
  return
}

// -----

func.func @attention_c2_values(%p: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x4x16x2xbf16>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected keys and values of 5 tokens}}
  kernel.attention %p[0], %k, %p[2] into %y head_dim 8 keys 5 scale 0.25 : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x4x16x2xbf16>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c2_tokens(%p: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x4x16x2xbf16>, %v: memref<2x1x2x16x2xbf16>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected keys and values of 5 tokens}}
  kernel.attention %p[0], %k, %v[0] into %y head_dim 8 keys 5 scale 0.25 : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x4x16x2xbf16>, memref<2x1x2x16x2xbf16>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c3(%p: memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, %k: memref<2x1x4x16x2xbf16>, %v: memref<2x1x3x16x2xbf16>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected keys and values of 5 tokens}}
  kernel.attention %p[0], %k, %v[1] into %y head_dim 8 keys 5 scale 0.25 : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x4x16x2xbf16>, memref<2x1x3x16x2xbf16>, memref<5x16xf32>
  return
}

// -----

func.func @attention_c4_query(%q: memref<1x2x5x8xf32>, %k: memref<2x1x4x16x2xbf16>, %v: memref<2x1x3x16x2xbf16>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{expected a query in rows with room for whole panels, but got 'memref<1x2x5x8xf32>'}}
  kernel.attention %q[0], %k, %v[0] into %y head_dim 8 keys 5 scale 0.25 : memref<1x2x5x8xf32>, memref<2x1x4x16x2xbf16>, memref<2x1x3x16x2xbf16>, memref<5x16xf32>
  return
}

// -----

func.func @patch_embedding_c1_channels(%x: memref<2x8x12xf32>, %w: memref<2x24x16x2xbf16>, %a: memref<7x32xf32>, %y: memref<7x24xf32>) {
  // expected-error @+1 {{expected an image of 3 channels, but got 'memref<2x8x12xf32>'}}
  kernel.patch_embedding %x, %w, %a into %y patch [4, 4] : memref<2x8x12xf32>, memref<2x24x16x2xbf16>, memref<7x32xf32>, memref<7x24xf32>
  return
}

// -----

func.func @patch_embedding_c1_rows(%x: memref<23x6xi32, strided<[16, 1]>>, %w: memref<2x24x16x2xbf16>, %a: memref<7x32xf32>, %y: memref<7x24xf32>) {
  // expected-error @+1 {{expected words of whole rows of 3 channels, but got 'memref<23x6xi32, strided<[16, 1]>>'}}
  kernel.patch_embedding %x, %w, %a into %y patch [4, 4] : memref<23x6xi32, strided<[16, 1]>>, memref<2x24x16x2xbf16>, memref<7x32xf32>, memref<7x24xf32>
  return
}

// -----

func.func @patch_embedding_c1_patch(%x: memref<24x5xi32, strided<[16, 1]>>, %w: memref<2x24x16x2xbf16>, %a: memref<7x32xf32>, %y: memref<7x24xf32>) {
  // expected-error @+1 {{expected a patch of two sizes that divide the image's, but got [4, 4]}}
  kernel.patch_embedding %x, %w, %a into %y patch [4, 4] : memref<24x5xi32, strided<[16, 1]>>, memref<2x24x16x2xbf16>, memref<7x32xf32>, memref<7x24xf32>
  return
}

// -----

func.func @patch_embedding_c2_odd(%x: memref<2x8x9xf32>, %w: memref<2x12x16x2xbf16>, %a: memref<7x32xf32>, %y: memref<7x24xf32>) {
  // expected-error @+1 {{expected weights of bf16 of whole patches with an even number of columns, but got 'memref<2x12x16x2xbf16>'}}
  kernel.patch_embedding %x, %w, %a into %y patch [4, 3] : memref<2x8x9xf32>, memref<2x12x16x2xbf16>, memref<7x32xf32>, memref<7x24xf32>
  return
}

// -----

func.func @patch_embedding_c2_words(%x: memref<24x6xi32, strided<[16, 1]>>, %w: memref<2x48x16xf32>, %a: memref<7x32xf32>, %y: memref<7x24xf32>) {
  // expected-error @+1 {{expected an image of f32 with weights of f32, but got 'memref<24x6xi32, strided<[16, 1]>>'}}
  kernel.patch_embedding %x, %w, %a into %y patch [4, 4] : memref<24x6xi32, strided<[16, 1]>>, memref<2x48x16xf32>, memref<7x32xf32>, memref<7x24xf32>
  return
}

// -----

kernel.weights @weights {
  %w = vit.weight "w" : tensor<20x30xf32>
  // expected-error @+1 {{requires the same shape for all operands and results}}
  %b = vit.weight_round %w : (tensor<20x30xf32>) -> tensor<30x20xbf16>
}

// -----

// expected-error @+1 {{expected 'vit.attention' to be f32 or bf16, but got #vit.precision<int8>}}
module attributes {vit.attention = #vit.precision<int8>} {}

// -----

// expected-error @+1 {{expected 'vit.attention' to be a precision, but got "bf16"}}
module attributes {vit.attention = "bf16"} {}
