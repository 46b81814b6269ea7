// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v3 --convert-vit-to-kernel --split-input-file %s | FileCheck %s --implicit-check-not=kernel.view

// Where a view cannot be, or would not help: elements that do not lie behind each other, an offset within a cache line, the caller's memory.
// CHECK-LABEL: func.func @columns(
func.func @columns(%x: tensor<10x32xf32>) -> tensor<10x16xf32> {
  // CHECK: kernel.map "slice"
  %a = vit.slice %x dim 1 [16, 16] : (tensor<10x32xf32>) -> tensor<10x16xf32>
  %b = vit.scale %a by 2.0 : (tensor<10x16xf32>) -> tensor<10x16xf32>
  return %b : tensor<10x16xf32>
}

// -----

// CHECK-LABEL: func.func @unaligned(
func.func @unaligned(%x: tensor<10x20xf32>) -> tensor<4x20xf32> {
  // CHECK: kernel.map "slice"
  %a = vit.slice %x dim 0 [2, 4] : (tensor<10x20xf32>) -> tensor<4x20xf32>
  %b = vit.scale %a by 2.0 : (tensor<4x20xf32>) -> tensor<4x20xf32>
  return %b : tensor<4x20xf32>
}

// -----

// CHECK-LABEL: func.func @transposed(
func.func @transposed(%x: tensor<1x4x20xf32>) -> tensor<20x1x4xf32> {
  // CHECK: kernel.map "transpose"
  %a = vit.transpose %x [2, 0, 1] : (tensor<1x4x20xf32>) -> tensor<20x1x4xf32>
  %b = vit.scale %a by 2.0 : (tensor<20x1x4xf32>) -> tensor<20x1x4xf32>
  return %b : tensor<20x1x4xf32>
}

// -----

// CHECK-LABEL: func.func @returned(
// CHECK-SAME: %[[IN:[^:]*]]: memref<10x32xf32>, %[[OUT:[^:]*]]: memref<320xf32>
func.func @returned(%x: tensor<10x32xf32>) -> tensor<320xf32> {
  // CHECK: kernel.map "reshape"(%[[IN]]) into %[[OUT]]
  %a = vit.reshape %x : (tensor<10x32xf32>) -> tensor<320xf32>
  return %a : tensor<320xf32>
}
