// RUN: vitc-opt %s | vitc-opt | FileCheck %s

// Numbers of 8 bits, and what is packed of a weight for them.

// CHECK-LABEL: kernel.weights @weights
kernel.weights @weights {
  %w = vit.weight "w" : tensor<20x30xf32>
  // CHECK: %[[Q:.*]] = vit.weight_quantize %{{.*}} : (tensor<20x30xf32>) -> tensor<20x30xi8>
  %q = vit.weight_quantize %w : (tensor<20x30xf32>) -> tensor<20x30xi8>
  // CHECK: vit.weight_quantize_scale %{{.*}} pairs : (tensor<20x30xf32>) -> tensor<20xf32>
  %s = vit.weight_quantize_scale %w pairs : (tensor<20x30xf32>) -> tensor<20xf32>
  // CHECK: vit.weight_quantize_sum %{{.*}} : (tensor<20x30xf32>) -> tensor<20xf32>
  %u = vit.weight_quantize_sum %w : (tensor<20x30xf32>) -> tensor<20xf32>
  %s1 = vit.weight_reshape %s : (tensor<20xf32>) -> tensor<20x1xf32>
  %u1 = vit.weight_reshape %u : (tensor<20xf32>) -> tensor<20x1xf32>
  // CHECK: kernel.pack @w panels<16 x i8 interleave 4> %[[Q]] group 20 : tensor<20x30xi8> -> memref<2x8x16x4xi8>
  kernel.pack @w panels<16 x i8 interleave 4> %q group 20 : tensor<20x30xi8> -> memref<2x8x16x4xi8>
  kernel.pack @s panels<16 x f32 interleave 1> %s1 group 20 : tensor<20x1xf32> -> memref<2x1x16xf32>
  kernel.pack @u panels<16 x f32 interleave 1> %u1 group 20 : tensor<20x1xf32> -> memref<2x1x16xf32>
}

// CHECK-LABEL: @int8
func.func @int8(%x: memref<5x30xf32>, %y: memref<5x20xf32>) {
  %w = kernel.weight @weights::@w : memref<2x8x16x4xi8>
  %s = kernel.weight @weights::@s : memref<2x1x16xf32>
  %u = kernel.weight @weights::@u : memref<2x1x16xf32>
  %q = kernel.buffer : memref<5x8xi32, strided<[16, 1]>>
  %r = kernel.buffer : memref<5x2xf32>
  // CHECK: kernel.quantize %{{.*}} into %[[WORDS:.*]], %[[ROWS:.*]] rows_per_task 16 : memref<5x30xf32>, memref<5x8xi32, strided<[16, 1]>>, memref<5x2xf32>
  kernel.quantize %x into %q, %r rows_per_task 16 : memref<5x30xf32>, memref<5x8xi32, strided<[16, 1]>>, memref<5x2xf32>
  // CHECK: kernel.linear %[[WORDS]], %{{.*}} quantized %[[ROWS]] scale %{{.*}} sum %{{.*}} into %{{.*}} activation gelu schedule <rows <1 x 3 + 1 x 2> panels 2 tiles_per_task 2 k_block 8 k_unroll 4> :
  kernel.linear %q, %w quantized %r scale %s sum %u into %y activation gelu schedule <rows <1 x 3 + 1 x 2> panels 2 tiles_per_task 2 k_block 8 k_unroll 4> : memref<5x8xi32, strided<[16, 1]>>, memref<2x8x16x4xi8>, memref<5x2xf32>, memref<2x1x16xf32>, memref<2x1x16xf32>, memref<5x20xf32>
  return
}
