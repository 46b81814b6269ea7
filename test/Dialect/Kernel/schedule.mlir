// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v3 --kernel-schedule %s | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v4 --kernel-schedule %s | FileCheck %s --check-prefixes=CHECK,AVX512

// Tiles of two sizes that differ by one cover all rows; the target says how many registers there are.
// CHECK-LABEL: func.func @linear(
// AVX2-SAME: kernel.target = #kernel.target<"x86-64-v3", "+avx,+avx2,
// AVX512-SAME: kernel.target = #kernel.target<"x86-64-v4", "+avx,+avx2,
func.func @linear(%x: memref<197x192xf32>, %y: memref<197x576xf32>) {
  %p = kernel.weight @weights::@p : memref<36x192x16xf32>
  // AVX2: kernel.linear {{.*}} activation none schedule <rows <32 x 6 + 1 x 5> panels 1 tiles_per_task 33 k_block 192 k_unroll 1> :
  // AVX512: kernel.linear {{.*}} activation none schedule <rows <2 x 14 + 13 x 13> panels 2 tiles_per_task 15 k_block 192 k_unroll 1> :
  kernel.linear %x, %p into %y activation none : memref<197x192xf32>, memref<36x192x16xf32>, memref<197x576xf32>
  return
}

// CHECK-LABEL: func.func @patch_embedding(
func.func @patch_embedding(%x: memref<3x8x12xf32>, %y: memref<7x24xf32>) {
  %p = kernel.weight @weights::@p_2 : memref<2x48x16xf32>
  %q = kernel.weight @weights::@q : memref<7x32xf32>
  // AVX2: kernel.patch_embedding {{.*}} patch [4, 4] schedule <rows <1 x 3 + 0 x 0> panels 1> :
  // AVX512: kernel.patch_embedding {{.*}} patch [4, 4] schedule <rows <1 x 3 + 0 x 0> panels 2> :
  kernel.patch_embedding %x, %p, %q into %y patch [4, 4] : memref<3x8x12xf32>, memref<2x48x16xf32>, memref<7x32xf32>, memref<7x24xf32>
  return
}

// Attention gets scratch memory for the scores of a tile.
// CHECK-LABEL: func.func @attention(
func.func @attention(%p: memref<3x2x20x16xf32>, %keys: memref<2x2x16x16xf32>, %y: memref<20x32xf32>) {
  // AVX2: %[[S:.*]] = kernel.scratch : memref<5x32xf32>
  // AVX2: kernel.attention {{.*}} scratch %[[S]] head_dim 16 keys 20 scale 2.500000e-01 schedule <rows <4 x 5 + 0 x 0> panels 1 tiles_per_task 11> :
  // AVX512: %[[S:.*]] = kernel.scratch : memref<20x32xf32>
  // AVX512: kernel.attention {{.*}} scratch %[[S]] head_dim 16 keys 20 scale 2.500000e-01 schedule <rows <1 x 20 + 0 x 0> panels 1 tiles_per_task 2> :
  kernel.attention %p[0], %keys, %p[2] into %y head_dim 16 keys 20 scale 0.25
    : memref<3x2x20x16xf32>, memref<2x2x16x16xf32>, memref<3x2x20x16xf32>, memref<20x32xf32>
  return
}

// A Winograd convolution is divided into blocks of tiles, and, where they are few, into parts of the panels; scratch holds a block.
// CHECK-LABEL: func.func @winograd(
func.func @winograd(%x: memref<56x56x64xf32>, %y: memref<56x56x64xf32>, %small: memref<14x14x64xf32>, %z: memref<14x14x64xf32>) {
  %u = kernel.buffer : memref<4x2304x16xf32>
  // AVX2: %[[S:.*]] = kernel.scratch : memref<24x36x96xf32>
  // AVX2: kernel.winograd_conv2d {{.*}} scratch %[[S]] {{.*}} schedule <rows <31 x 6 + 2 x 5> panels 1 tiles_per_task 4 k_block 64 k_unroll 1> panels_per_task 4 :
  // AVX512: %[[S:.*]] = kernel.scratch : memref<28x36x96xf32>
  // AVX512: kernel.winograd_conv2d {{.*}} scratch %[[S]] {{.*}} schedule <rows <14 x 14 + 0 x 0> panels 2 tiles_per_task 2 k_block 64 k_unroll 1> panels_per_task 4 :
  kernel.winograd_conv2d %x, %u into %y padding [1, 1, 1, 1] tile 4 activation none : memref<56x56x64xf32>, memref<4x2304x16xf32>, memref<56x56x64xf32>
  // CHECK: kernel.scratch : memref<16x36x96xf32>
  // CHECK: kernel.winograd_conv2d {{.*}} panels_per_task 2 :
  kernel.winograd_conv2d %small, %u into %z padding [1, 1, 1, 1] tile 4 activation none : memref<14x14x64xf32>, memref<4x2304x16xf32>, memref<14x14x64xf32>
  return
}

// A schedule that somebody wrote stays.
// CHECK-LABEL: func.func @by_hand(
func.func @by_hand(%x: memref<8x16xf32>, %y: memref<8x16xf32>) {
  %p = kernel.weight @weights::@p_4 : memref<1x16x16xf32>
  // CHECK: kernel.linear {{.*}} schedule <rows <2 x 3 + 1 x 2> panels 1 tiles_per_task 2 k_block 8 k_unroll 2> :
  kernel.linear %x, %p into %y activation none schedule <rows <2 x 3 + 1 x 2> panels 1 tiles_per_task 2 k_block 8 k_unroll 2>
    : memref<8x16xf32>, memref<1x16x16xf32>, memref<8x16xf32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<576x192xf32>
  kernel.pack @p panels<16 x f32 interleave 1> %w group 576 : tensor<576x192xf32> -> memref<36x192x16xf32>
  %w_2 = vit.weight "w" : tensor<24x48xf32>
  kernel.pack @p_2 panels<16 x f32 interleave 1> %w_2 group 24 : tensor<24x48xf32> -> memref<2x48x16xf32>
  %a = vit.weight "a" : tensor<7x24xf32>
  kernel.pack @q rows %a : tensor<7x24xf32> -> memref<7x32xf32>
  %w_4 = vit.weight "w" : tensor<16x16xf32>
  kernel.pack @p_4 panels<16 x f32 interleave 1> %w_4 group 16 : tensor<16x16xf32> -> memref<1x16x16xf32>
}
