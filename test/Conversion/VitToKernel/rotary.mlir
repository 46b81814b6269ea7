// RUN: vitc-opt --convert-vit-to-kernel --split-input-file %s | FileCheck %s

// The table as it is; the result has padded rows, as what made the input has.
// CHECK: kernel.pack @constant rows %{{.*}} : tensor<2x4x3xf32> -> memref<2x4x3xf32>
// CHECK-LABEL: func.func @halves(
func.func @halves(%x: tensor<5x8xf32>) -> tensor<2x2x5x6xf32> {
  %w = vit.weight "w" : tensor<24x8xf32>
  %t = vit.weight_sinusoids grid [4] origin [0.0] step [1.0] theta 100.0 : tensor<2x4x3xf32>
  %p = vit.fused_head_projection %x, %w {num_heads = 2 : i64, parts = 2 : i64} : (tensor<5x8xf32>, tensor<24x8xf32>) -> tensor<2x2x5x6xf32>
  // CHECK: kernel.linear %{{.*}} into %[[P:[^ ]*]] activation
  // CHECK: %[[T:.*]] = kernel.weight @weights::@constant : memref<2x4x3xf32>
  // CHECK: %[[OUT:.*]] = kernel.buffer : memref<2x2x5x6xf32, strided<[160, 80, 16, 1]>>
  // CHECK: kernel.rotary %[[P]] by %[[T]] into %[[OUT]] :
  %0 = vit.rotary %p by %t : (tensor<2x2x5x6xf32>, tensor<2x4x3xf32>) -> tensor<2x2x5x6xf32>
  return %0 : tensor<2x2x5x6xf32>
}

// -----

// An entry for every feature, the first sine of a pair negated.
// CHECK: %[[T:.*]] = vit.weight_sinusoids
// CHECK-DAG: %[[S:.*]] = vit.weight_slice %[[T]] dim 0 [1, 1]
// CHECK-DAG: vit.weight_scale %[[S]] by -1.0
// CHECK: %[[BOTH:.*]] = vit.weight_concat %{{.*}}, %{{.*}} dim 0 : {{.*}} -> tensor<2x4x3x2xf32>
// CHECK: %[[FLAT:.*]] = vit.weight_reshape %[[BOTH]] : {{.*}} -> tensor<2x4x6xf32>
// CHECK: kernel.pack @constant rows %[[FLAT]] : tensor<2x4x6xf32> -> memref<2x4x16xf32>
// CHECK-LABEL: func.func @interleaved(
func.func @interleaved(%x: tensor<5x8xf32>) -> tensor<1x2x5x6xf32> {
  %w = vit.weight "w" : tensor<12x8xf32>
  %t = vit.weight_sinusoids grid [4] origin [0.0] step [1.0] theta 100.0 : tensor<2x4x3xf32>
  %p = vit.fused_head_projection %x, %w {num_heads = 2 : i64, parts = 1 : i64} : (tensor<5x8xf32>, tensor<12x8xf32>) -> tensor<1x2x5x6xf32>
  // CHECK: %[[PACKED:.*]] = kernel.weight @weights::@constant : memref<2x4x16xf32>
  // CHECK: kernel.rotary %{{.*}} by %[[PACKED]] interleaved into
  %0 = vit.rotary %p by %t {interleaved} : (tensor<1x2x5x6xf32>, tensor<2x4x3xf32>) -> tensor<1x2x5x6xf32>
  return %0 : tensor<1x2x5x6xf32>
}
