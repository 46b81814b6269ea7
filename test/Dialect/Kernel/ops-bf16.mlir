// RUN: vitc-opt %s | vitc-opt | FileCheck %s

// Numbers of bf16, and what is packed of a weight for them.

// CHECK-LABEL: kernel.weights @weights
kernel.weights @weights {
  %w = vit.weight "w" : tensor<20x30xf32>
  // CHECK: %[[B:.*]] = vit.weight_round %{{.*}} : (tensor<20x30xf32>) -> tensor<20x30xbf16>
  %b = vit.weight_round %w : (tensor<20x30xf32>) -> tensor<20x30xbf16>
  // CHECK: kernel.pack @w panels<16 x bf16 interleave 2> %[[B]] group 20 : tensor<20x30xbf16> -> memref<2x15x16x2xbf16>
  kernel.pack @w panels<16 x bf16 interleave 2> %b group 20 : tensor<20x30xbf16> -> memref<2x15x16x2xbf16>
}

// CHECK-LABEL: @linear
func.func @linear(%x: memref<5x30xf32>, %y: memref<5x20xf32>, %z: memref<5x20xf32>) {
  %w = kernel.weight @weights::@w : memref<2x15x16x2xbf16>
  // Expanded in registers.
  // CHECK: kernel.linear %{{.*}}, %{{.*}} into %{{.*}} activation none schedule <rows <1 x 3 + 1 x 2> panels 2 tiles_per_task 2 k_block 8 k_unroll 1> : memref<5x30xf32>, memref<2x15x16x2xbf16>, memref<5x20xf32>
  kernel.linear %x, %w into %y activation none schedule <rows <1 x 3 + 1 x 2> panels 2 tiles_per_task 2 k_block 8 k_unroll 1> : memref<5x30xf32>, memref<2x15x16x2xbf16>, memref<5x20xf32>
  // Multiplied as they are.
  %q = kernel.buffer : memref<5x15xi32, strided<[16, 1]>>
  // CHECK: kernel.round %{{.*}} into %[[WORDS:.*]] rows_per_task 16 : memref<5x30xf32>, memref<5x15xi32, strided<[16, 1]>>
  kernel.round %x into %q rows_per_task 16 : memref<5x30xf32>, memref<5x15xi32, strided<[16, 1]>>
  // CHECK: kernel.linear %[[WORDS]], %{{.*}} into %{{.*}} activation gelu schedule <rows <1 x 3 + 1 x 2> panels 2 tiles_per_task 2 k_block 15 k_unroll 3> :
  kernel.linear %q, %w into %z activation gelu schedule <rows <1 x 3 + 1 x 2> panels 2 tiles_per_task 2 k_block 15 k_unroll 3> : memref<5x15xi32, strided<[16, 1]>>, memref<2x15x16x2xbf16>, memref<5x20xf32>
  return
}

// CHECK-LABEL: @attention
func.func @attention(%p: memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, %y: memref<21x48xf32>) {
  // CHECK: %[[KEYS:.*]] = kernel.buffer : memref<2x2x12x16x2xbf16>
  %keys = kernel.buffer : memref<2x2x12x16x2xbf16>
  // CHECK: %[[VALUES:.*]] = kernel.buffer : memref<2x2x11x16x2xbf16>
  %values = kernel.buffer : memref<2x2x11x16x2xbf16>
  // CHECK: kernel.pack_keys %{{.*}}[1] into %[[KEYS]] : memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, memref<2x2x12x16x2xbf16>
  kernel.pack_keys %p[1] into %keys : memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, memref<2x2x12x16x2xbf16>
  // CHECK: kernel.pack_values %{{.*}}[2] into %[[VALUES]] : memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, memref<2x2x11x16x2xbf16>
  kernel.pack_values %p[2] into %values : memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, memref<2x2x11x16x2xbf16>
  // CHECK: kernel.attention %{{.*}}[0], %[[KEYS]], %[[VALUES]][0] into %{{.*}} head_dim 24 keys 21 scale 2.500000e-01 precision<bf16> :
  kernel.attention %p[0], %keys, %values[0] into %y head_dim 24 keys 21 scale 0.25 precision<bf16> : memref<3x2x21x24xf32, strided<[1344, 672, 32, 1]>>, memref<2x2x12x16x2xbf16>, memref<2x2x11x16x2xbf16>, memref<21x48xf32>
  return
}

// CHECK-LABEL: @patch_embedding
func.func @patch_embedding(%x: memref<3x8x12xf32>, %w: memref<2x24x16x2xbf16>, %a: memref<7x32xf32>, %y: memref<7x24xf32>, %z: memref<7x24xf32>) {
  // CHECK: kernel.patch_embedding {{.*}} patch [4, 4] schedule <rows <1 x 3 + 0 x 0> panels 2> : memref<3x8x12xf32>, memref<2x24x16x2xbf16>, memref<7x32xf32>, memref<7x24xf32>
  kernel.patch_embedding %x, %w, %a into %y patch [4, 4] schedule <rows <1 x 3 + 0 x 0> panels 2> : memref<3x8x12xf32>, memref<2x24x16x2xbf16>, memref<7x32xf32>, memref<7x24xf32>
  %q = kernel.buffer : memref<24x6xi32, strided<[16, 1]>>
  kernel.round %x into %q rows_per_task 16 : memref<3x8x12xf32>, memref<24x6xi32, strided<[16, 1]>>
  // CHECK: kernel.patch_embedding {{.*}} patch [4, 4] : memref<24x6xi32, strided<[16, 1]>>, memref<2x24x16x2xbf16>,
  kernel.patch_embedding %q, %w, %a into %z patch [4, 4] : memref<24x6xi32, strided<[16, 1]>>, memref<2x24x16x2xbf16>, memref<7x32xf32>, memref<7x24xf32>
  return
}
