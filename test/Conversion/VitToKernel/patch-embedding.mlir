// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v3 --convert-vit-to-kernel --kernel-schedule --split-input-file %s | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v4 --convert-vit-to-kernel --kernel-schedule --split-input-file %s | FileCheck %s --check-prefixes=CHECK,AVX512

// The filter becomes a matrix in panels; row tiles partition one row of the grid.
// CHECK: %[[W:.*]] = vit.weight "w"
// CHECK: %[[POSITIONS:.*]] = vit.weight "positions"
// CHECK: %[[MATRIX:.*]] = vit.weight_reshape %[[W]] : (tensor<192x3x16x16xf32>) -> tensor<192x768xf32>
// CHECK: kernel.pack @w panels<16 x f32 interleave 1> %[[MATRIX]] group 192 : tensor<192x768xf32> -> memref<12x768x16xf32>
// CHECK: kernel.pack @positions rows %[[POSITIONS]] : tensor<197x192xf32> -> memref<197x192xf32>
// CHECK-LABEL: func.func @patches(
// CHECK-SAME: %[[IMAGE:[^:]*]]: memref<3x224x224xf32>, %[[OUT:[^:]*]]: memref<197x192xf32>
func.func @patches(%image: tensor<3x224x224xf32>) -> tensor<197x192xf32> {
  %w = vit.weight "w" : tensor<192x3x16x16xf32>
  %positions = vit.weight "positions" : tensor<197x192xf32>
  // CHECK: %[[PANELS:.*]] = kernel.weight @weights::@w : memref<12x768x16xf32>
  // CHECK: %[[ADDEND:.*]] = kernel.weight @weights::@positions : memref<197x192xf32>
  // CHECK: kernel.patch_embedding %[[IMAGE]], %[[PANELS]], %[[ADDEND]] into %[[OUT]] patch [16, 16]
  // AVX2-SAME: schedule <rows <2 x 5 + 1 x 4> panels 1>
  // AVX512-SAME: schedule <rows <1 x 14 + 0 x 0> panels 2>
  %x = vit.fused_patch_embedding %image, %w, %positions : (tensor<3x224x224xf32>, tensor<192x3x16x16xf32>, tensor<197x192xf32>) -> tensor<197x192xf32>
  return %x : tensor<197x192xf32>
}

// -----

// A width that panels do not divide: the addend's rows are padded like the tokens'.
// CHECK: kernel.pack @w panels<16 x f32 interleave 1> %{{.*}} group 20 : tensor<20x16xf32> -> memref<2x16x16xf32>
// CHECK: kernel.pack @positions rows %{{.*}} : tensor<4x20xf32> -> memref<4x32xf32>
// CHECK-LABEL: func.func @narrow(
func.func @narrow(%image: tensor<1x8x8xf32>) -> tensor<4x20xf32> {
  %w = vit.weight "w" : tensor<20x1x4x4xf32>
  %positions = vit.weight "positions" : tensor<4x20xf32>
  // CHECK: %[[X:.*]] = kernel.buffer : memref<4x20xf32, strided<[32, 1]>>
  // CHECK: kernel.patch_embedding %{{.*}} into %[[X]] patch [4, 4] schedule <rows <1 x 2 + 0 x 0>
  %x = vit.fused_patch_embedding %image, %w, %positions : (tensor<1x8x8xf32>, tensor<20x1x4x4xf32>, tensor<4x20xf32>) -> tensor<4x20xf32>
  %y = vit.layer_norm %x {epsilon = 0.5 : f64} : (tensor<4x20xf32>) -> tensor<4x20xf32>
  return %y : tensor<4x20xf32>
}
