// RUN: vitc-opt --canonicalize --split-input-file %s | FileCheck %s

// CHECK-LABEL: func.func @identities(
// CHECK-SAME: %[[X:.*]]: tensor<2x3xf32>)
// CHECK-NEXT: return %[[X]] : tensor<2x3xf32>
func.func @identities(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = vit.reshape %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = vit.transpose %0 [0, 1] : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = vit.scale %1 by 1.0 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %3 = vit.activation none %2 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %4 = vit.slice %3 dim 1 [0, 3] : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %5 = vit.concat %4 dim 0 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %5 : tensor<2x3xf32>
}

// -----

// CHECK-LABEL: func.func @no_identities(
// CHECK-SAME: %[[X:.*]]: tensor<2x3xf32>)
// CHECK-NEXT: %[[A:.*]] = vit.transpose %[[X]] [1, 0]
// CHECK-NEXT: %[[B:.*]] = vit.reshape %[[A]]
// CHECK-NEXT: %[[C:.*]] = vit.scale %[[B]] by 2.0
// CHECK-NEXT: %[[D:.*]] = vit.activation relu %[[C]]
// CHECK-NEXT: return %[[D]]
func.func @no_identities(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = vit.transpose %x [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %1 = vit.reshape %0 : (tensor<3x2xf32>) -> tensor<2x3xf32>
  %2 = vit.scale %1 by 2.0 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %3 = vit.activation relu %2 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %3 : tensor<2x3xf32>
}

// -----

// CHECK-LABEL: func.func @chains(
// CHECK-SAME: %[[X:.*]]: tensor<2x3x4xf32>)
func.func @chains(%x: tensor<2x3x4xf32>) -> (tensor<12x2xf32>, tensor<4x2x3xf32>, tensor<2x3x2xf32>, tensor<2x2x3xf32>) {
  // CHECK: %[[R:.*]] = vit.reshape %[[X]] : (tensor<2x3x4xf32>) -> tensor<12x2xf32>
  %0 = vit.reshape %x : (tensor<2x3x4xf32>) -> tensor<24xf32>
  %r = vit.reshape %0 : (tensor<24xf32>) -> tensor<12x2xf32>
  // CHECK: %[[T:.*]] = vit.transpose %[[X]] [2, 0, 1]
  %1 = vit.transpose %x [1, 2, 0] : (tensor<2x3x4xf32>) -> tensor<3x4x2xf32>
  %t = vit.transpose %1 [1, 2, 0] : (tensor<3x4x2xf32>) -> tensor<4x2x3xf32>
  // CHECK: %[[U:.*]] = vit.slice %[[X]] dim 2 [1, 3]
  // CHECK: %[[S:.*]] = vit.slice %[[X]] dim 2 [2, 2]
  %2 = vit.slice %x dim 2 [1, 3] : (tensor<2x3x4xf32>) -> tensor<2x3x3xf32>
  %s = vit.slice %2 dim 2 [1, 2] : (tensor<2x3x3xf32>) -> tensor<2x3x2xf32>
  // Other dimensions do not merge.
  // CHECK: %[[V:.*]] = vit.slice %[[U]] dim 1 [0, 2]
  %v = vit.slice %2 dim 1 [0, 2] : (tensor<2x3x3xf32>) -> tensor<2x2x3xf32>
  // CHECK: return %[[R]], %[[T]], %[[S]], %[[V]]
  return %r, %t, %s, %v : tensor<12x2xf32>, tensor<4x2x3xf32>, tensor<2x3x2xf32>, tensor<2x2x3xf32>
}

// -----

// CHECK-LABEL: func.func @slice_of_concat(
// CHECK-SAME: %[[A:.*]]: tensor<2x3xf32>, %[[B:.*]]: tensor<4x3xf32>, %[[C:.*]]: tensor<1x3xf32>)
func.func @slice_of_concat(%a: tensor<2x3xf32>, %b: tensor<4x3xf32>, %c: tensor<1x3xf32>)
    -> (tensor<2x3xf32>, tensor<4x3xf32>, tensor<3x3xf32>, tensor<7x1xf32>) {
  // CHECK: %[[FLAT:.*]] = vit.concat %[[A]], %[[B]], %[[C]] dim 0
  %inner = vit.concat %a, %b dim 0 : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<6x3xf32>
  %all = vit.concat %inner, %c dim 0 : (tensor<6x3xf32>, tensor<1x3xf32>) -> tensor<7x3xf32>
  // CHECK: %[[PART:.*]] = vit.slice %[[B]] dim 0 [1, 2]
  %part = vit.slice %all dim 0 [3, 2] : (tensor<7x3xf32>) -> tensor<2x3xf32>
  %whole = vit.slice %all dim 0 [2, 4] : (tensor<7x3xf32>) -> tensor<4x3xf32>
  // CHECK: %[[TWO:.*]] = vit.concat %[[B]], %[[C]] dim 0
  // CHECK: %[[SPAN:.*]] = vit.slice %[[TWO]] dim 0 [2, 3]
  %span = vit.slice %all dim 0 [4, 3] : (tensor<7x3xf32>) -> tensor<3x3xf32>
  // CHECK: %[[COLUMN:.*]] = vit.slice %[[FLAT]] dim 1 [0, 1]
  %column = vit.slice %all dim 1 [0, 1] : (tensor<7x3xf32>) -> tensor<7x1xf32>
  // CHECK: return %[[PART]], %[[B]], %[[SPAN]], %[[COLUMN]]
  return %part, %whole, %span, %column : tensor<2x3xf32>, tensor<4x3xf32>, tensor<3x3xf32>, tensor<7x1xf32>
}

// -----

// CHECK-LABEL: func.func @weights(
func.func @weights() -> tensor<1x4xf32> {
  // CHECK: %[[W:.*]] = vit.weight "w" : tensor<2x2xf32>
  %w = vit.weight "w" : tensor<2x2xf32>
  // CHECK: %[[T:.*]] = vit.weight_transpose %[[W]] [1, 0]
  %t = vit.transpose %w [1, 0] : (tensor<2x2xf32>) -> tensor<2x2xf32>
  // CHECK: %[[R:.*]] = vit.weight_reshape %[[T]] : (tensor<2x2xf32>) -> tensor<1x4xf32>
  %r0 = vit.reshape %t : (tensor<2x2xf32>) -> tensor<4xf32>
  %r = vit.reshape %r0 : (tensor<4xf32>) -> tensor<1x4xf32>
  // CHECK: %[[S:.*]] = vit.weight_scale %[[R]] by 3.0
  %s = vit.scale %r by 3.0 : (tensor<1x4xf32>) -> tensor<1x4xf32>
  // CHECK: %[[A:.*]] = vit.weight_add %[[S]], %[[R]]
  %a = vit.add %s, %r : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  // CHECK: %[[C:.*]] = vit.weight_concat %[[A]], %[[S]] dim 1
  %c = vit.concat %a, %s dim 1 : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x8xf32>
  // CHECK: %[[L:.*]] = vit.weight_slice %[[C]] dim 1 [2, 4]
  %l = vit.slice %c dim 1 [2, 4] : (tensor<1x8xf32>) -> tensor<1x4xf32>
  // CHECK: return %[[L]]
  return %l : tensor<1x4xf32>
}
