// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v3 --convert-vit-to-kernel --split-input-file %s | FileCheck %s --implicit-check-not='kernel.map "reshape"' --implicit-check-not='kernel.map "slice"' --implicit-check-not='kernel.map "transpose"'

// A layout is chosen by what makes and what reads a value, not by its rank: rows of products and norms are padded, those of nothing else.
// CHECK-LABEL: func.func @chosen(
func.func @chosen(%x: tensor<5x20xf32>, %y: tensor<2x3x20xf32>) -> (tensor<5x20xf32>, tensor<2x3x20xf32>) {
  // CHECK: %[[A:.*]] = kernel.buffer : memref<5x20xf32, strided<[20, 1]>>
  %a = vit.scale %x by 2.0 : (tensor<5x20xf32>) -> tensor<5x20xf32>
  %b = vit.scale %a by 3.0 : (tensor<5x20xf32>) -> tensor<5x20xf32>
  // CHECK: %[[C:.*]] = kernel.buffer : memref<2x3x20xf32, strided<[96, 32, 1]>>
  %c = vit.scale %y by 2.0 : (tensor<2x3x20xf32>) -> tensor<2x3x20xf32>
  // CHECK: kernel.layer_norm %[[C]] into
  %d = vit.layer_norm %c {epsilon = 1.0e-6 : f64} : (tensor<2x3x20xf32>) -> tensor<2x3x20xf32>
  return %b, %d : tensor<5x20xf32>, tensor<2x3x20xf32>
}

// -----

// Seen through views: the map is made as the linear layer reads its tokens.
// CHECK-LABEL: func.func @through_views(
func.func @through_views(%x: tensor<4x4x20xf32>) -> tensor<16x8xf32> {
  %w = vit.weight "w" : tensor<8x20xf32>
  // CHECK: %[[A:.*]] = kernel.buffer : memref<4x4x20xf32, strided<[128, 32, 1]>>
  %a = vit.scale %x by 2.0 : (tensor<4x4x20xf32>) -> tensor<4x4x20xf32>
  // CHECK: %[[T:.*]] = kernel.view %[[A]] at 0 : memref<4x4x20xf32, strided<[128, 32, 1]>> -> memref<16x20xf32, strided<[32, 1]>>
  %t = vit.reshape %a : (tensor<4x4x20xf32>) -> tensor<16x20xf32>
  // CHECK: kernel.linear %[[T]],
  %l = vit.linear %t, %w : (tensor<16x20xf32>, tensor<8x20xf32>) -> tensor<16x8xf32>
  return %l : tensor<16x8xf32>
}

// -----

// Rows that lie behind each other; a view of a view is one of the buffer. The dimensions of one element may change places.
// CHECK-LABEL: func.func @rows(
// CHECK-SAME: %[[IN:[^:]*]]: memref<10x32xf32>
func.func @rows(%x: tensor<10x32xf32>) -> tensor<32x8xf32> {
  %w = vit.weight "w" : tensor<8x1xf32>
  // CHECK: %[[A:.*]] = kernel.view %[[IN]] at 256 : memref<10x32xf32> -> memref<4x32xf32, strided<[32, 1]>>
  %a = vit.slice %x dim 0 [2, 4] : (tensor<10x32xf32>) -> tensor<4x32xf32>
  // CHECK: %[[N:.*]] = kernel.buffer
  // CHECK: kernel.layer_norm %[[A]] into %[[N]]
  %n = vit.layer_norm %a {epsilon = 1.0e-6 : f64} : (tensor<4x32xf32>) -> tensor<4x32xf32>
  // CHECK: %[[B:.*]] = kernel.view %[[N]] at 384 : memref<4x32xf32, strided<[32, 1]>> -> memref<1x32xf32, strided<[32, 1]>>
  %b = vit.slice %n dim 0 [3, 1] : (tensor<4x32xf32>) -> tensor<1x32xf32>
  // CHECK: %[[C:.*]] = kernel.view %[[N]] at 384 : memref<4x32xf32, strided<[32, 1]>> -> memref<32x1xf32, strided<[1, 1]>>
  %c = vit.transpose %b [1, 0] : (tensor<1x32xf32>) -> tensor<32x1xf32>
  // CHECK: kernel.linear %[[C]],
  %l = vit.linear %c, %w : (tensor<32x1xf32>, tensor<8x1xf32>) -> tensor<32x8xf32>
  return %l : tensor<32x8xf32>
}
