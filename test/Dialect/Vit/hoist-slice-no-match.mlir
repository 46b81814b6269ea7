// RUN: vitc-opt --pass-pipeline='builtin.module(func.func(vit-hoist-slice{emit-remarks=true}))' --split-input-file --verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: func.func @other_user(
// CHECK: vit.activation {{.*}} -> tensor<6x4xf32>
// CHECK: vit.slice
func.func @other_user(%x: tensor<6x4xf32>) -> (tensor<1x4xf32>, tensor<6x4xf32>) {
  // expected-remark@+1 {{not sliced: its result has a user that is no slice}}
  %0 = vit.activation tanh %x : (tensor<6x4xf32>) -> tensor<6x4xf32>
  %1 = vit.slice %0 dim 0 [0, 1] : (tensor<6x4xf32>) -> tensor<1x4xf32>
  return %1, %0 : tensor<1x4xf32>, tensor<6x4xf32>
}

// -----

// CHECK-LABEL: func.func @two_dimensions(
// CHECK: vit.activation {{.*}} -> tensor<6x4xf32>
func.func @two_dimensions(%x: tensor<6x4xf32>) -> (tensor<1x4xf32>, tensor<6x1xf32>) {
  // expected-remark@+1 {{not sliced: its result is sliced in two dimensions}}
  %0 = vit.activation tanh %x : (tensor<6x4xf32>) -> tensor<6x4xf32>
  %1 = vit.slice %0 dim 0 [0, 1] : (tensor<6x4xf32>) -> tensor<1x4xf32>
  %2 = vit.slice %0 dim 1 [0, 1] : (tensor<6x4xf32>) -> tensor<6x1xf32>
  return %1, %2 : tensor<1x4xf32>, tensor<6x1xf32>
}

// -----

// CHECK-LABEL: func.func @normalised_dimension(
// CHECK: vit.softmax {{.*}} -> tensor<6x4xf32>
func.func @normalised_dimension(%x: tensor<6x4xf32>) -> tensor<6x1xf32> {
  // expected-remark@+1 {{not sliced: 'vit.softmax' is not computed independently in dimension 1}}
  %0 = vit.softmax %x : (tensor<6x4xf32>) -> tensor<6x4xf32>
  %1 = vit.slice %0 dim 1 [0, 1] : (tensor<6x4xf32>) -> tensor<6x1xf32>
  return %1 : tensor<6x1xf32>
}

// -----

// All patches but the class token.
// CHECK-LABEL: func.func @most_rows(
// CHECK: vit.activation {{.*}} -> tensor<6x4xf32>
func.func @most_rows(%x: tensor<6x4xf32>) -> tensor<5x4xf32> {
  // expected-remark@+1 {{not sliced: 5 of 6 elements of dimension 0 are needed, more than half}}
  %0 = vit.activation tanh %x : (tensor<6x4xf32>) -> tensor<6x4xf32>
  %1 = vit.slice %0 dim 0 [1, 5] : (tensor<6x4xf32>) -> tensor<5x4xf32>
  return %1 : tensor<5x4xf32>
}

// -----

// Overlapping features would be computed twice.
// CHECK-LABEL: func.func @overlapping_features(
// CHECK: vit.linear {{.*}} -> tensor<6x8xf32>
func.func @overlapping_features(%x: tensor<6x4xf32>) -> (tensor<6x4xf32>, tensor<6x4xf32>) {
  %w = vit.weight "w" : tensor<8x4xf32>
  // expected-remark@+1 {{not sliced: 7 of 8 elements of dimension 1 are needed, more than half}}
  %0 = vit.linear %x, %w : (tensor<6x4xf32>, tensor<8x4xf32>) -> tensor<6x8xf32>
  %1 = vit.slice %0 dim 1 [0, 4] : (tensor<6x8xf32>) -> tensor<6x4xf32>
  %2 = vit.slice %0 dim 1 [3, 4] : (tensor<6x8xf32>) -> tensor<6x4xf32>
  return %1, %2 : tensor<6x4xf32>, tensor<6x4xf32>
}
