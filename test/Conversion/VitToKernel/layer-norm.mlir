// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v3 --convert-vit-to-kernel --kernel-schedule %s | FileCheck %s
// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v4 --convert-vit-to-kernel --kernel-schedule %s | FileCheck %s

// CHECK: %[[GAMMA:.*]] = vit.weight "gamma"
// CHECK: %[[BETA:.*]] = vit.weight "beta"
// CHECK: kernel.pack @gamma rows %[[GAMMA]] : tensor<200xf32> -> memref<200xf32>
// CHECK: kernel.pack @beta rows %[[BETA]] : tensor<200xf32> -> memref<200xf32>
// CHECK-LABEL: func.func @layer_norm(
// CHECK-SAME: %[[X:[^:]*]]: memref<197x200xf32>, %[[OUT:[^:]*]]: memref<197x200xf32>
func.func @layer_norm(%x: tensor<197x200xf32>) -> tensor<197x200xf32> {
  %gamma = vit.weight "gamma" : tensor<200xf32>
  %beta = vit.weight "beta" : tensor<200xf32>
  // CHECK: %[[Y:.*]] = kernel.buffer : memref<197x200xf32, strided<[208, 1]>>
  // CHECK: kernel.layer_norm %[[X]] into %[[Y]] epsilon 5.000000e-01 rows_per_task 16
  %y = vit.layer_norm %x {epsilon = 0.5 : f64} : (tensor<197x200xf32>) -> tensor<197x200xf32>
  // CHECK: %[[G:.*]] = kernel.weight @weights::@gamma : memref<200xf32>
  // CHECK: %[[B:.*]] = kernel.weight @weights::@beta : memref<200xf32>
  // CHECK: kernel.layer_norm %[[Y]] weight %[[G]] bias %[[B]] into %[[OUT]] epsilon 2.500000e-01 rows_per_task 16
  %z = vit.layer_norm %y, %gamma, %beta {epsilon = 0.25 : f64} : (tensor<197x200xf32>, tensor<200xf32>, tensor<200xf32>) -> tensor<197x200xf32>
  return %z : tensor<197x200xf32>
}

// CHECK-LABEL: func.func @rms_norm(
func.func @rms_norm(%x: tensor<197x200xf32>) -> tensor<197x200xf32> {
  // CHECK: kernel.layer_norm %{{.*}} into %{{.*}} epsilon 5.000000e-01 rows_per_task 16 {rms}
  %y = vit.layer_norm %x {epsilon = 0.5 : f64, rms} : (tensor<197x200xf32>) -> tensor<197x200xf32>
  return %y : tensor<197x200xf32>
}

// Rows of a map.
// CHECK-LABEL: func.func @map(
func.func @map(%x: tensor<4x4x8xf32>) -> tensor<4x4x8xf32> {
  // CHECK: kernel.layer_norm %{{.*}} into %{{.*}} epsilon 5.000000e-01 rows_per_task 16 : memref<4x4x8xf32>, memref<4x4x8xf32>
  %y = vit.layer_norm %x {epsilon = 0.5 : f64} : (tensor<4x4x8xf32>) -> tensor<4x4x8xf32>
  return %y : tensor<4x4x8xf32>
}

// -----

// By head, between projection and attention: rows of all planes.
// CHECK-LABEL: func.func @by_head(
func.func @by_head(%x: tensor<5x8xf32>) -> tensor<1x2x5x6xf32> {
  %w = vit.weight "w" : tensor<12x8xf32>
  %p = vit.fused_head_projection %x, %w {num_heads = 2 : i64, parts = 1 : i64} : (tensor<5x8xf32>, tensor<12x8xf32>) -> tensor<1x2x5x6xf32>
  // CHECK: kernel.layer_norm %{{.*}} into %{{.*}} epsilon 5.000000e-01 rows_per_task 16 : memref<1x2x5x6xf32, strided<[160, 80, 16, 1]>>, memref<1x2x5x6xf32, strided<[160, 80, 16, 1]>>
  %y = vit.layer_norm %p {epsilon = 0.5 : f64} : (tensor<1x2x5x6xf32>) -> tensor<1x2x5x6xf32>
  return %y : tensor<1x2x5x6xf32>
}
