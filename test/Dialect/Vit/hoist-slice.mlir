// RUN: vitc-opt --vit-hoist-slice --canonicalize --cse --split-input-file %s | FileCheck %s

// One row is wanted: everything is computed for one row.
// CHECK-LABEL: func.func @row_wise(
// CHECK-SAME: %[[X:.*]]: tensor<6x4xf32>, %[[Y:.*]]: tensor<6x4xf32>)
func.func @row_wise(%x: tensor<6x4xf32>, %y: tensor<6x4xf32>) -> tensor<1x4xf32> {
  %v = vit.weight "v" : tensor<4xf32>
  %w = vit.weight "w" : tensor<4x4xf32>
  // CHECK: %[[R:.*]] = vit.slice %[[X]] dim 0 [2, 1] : (tensor<6x4xf32>) -> tensor<1x4xf32>
  // CHECK-NEXT: vit.layer_norm %[[R]], {{.*}} -> tensor<1x4xf32>
  // CHECK-NEXT: vit.linear {{.*}} -> tensor<1x4xf32>
  // CHECK-NEXT: vit.activation gelu {{.*}} -> tensor<1x4xf32>
  // CHECK-NEXT: vit.scale {{.*}} -> tensor<1x4xf32>
  // CHECK-NEXT: vit.mul {{.*}} : (tensor<1x4xf32>, tensor<4xf32>) -> tensor<1x4xf32>
  // CHECK-NEXT: vit.softmax {{.*}} -> tensor<1x4xf32>
  // CHECK-NEXT: %[[S:.*]] = vit.slice %[[Y]] dim 0 [2, 1]
  // CHECK-NEXT: %[[SUM:.*]] = vit.add %[[S]], {{.*}} -> tensor<1x4xf32>
  // CHECK-NEXT: return %[[SUM]]
  %0 = vit.layer_norm %x, %v, %v {epsilon = 0.5 : f64} : (tensor<6x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<6x4xf32>
  %1 = vit.linear %0, %w : (tensor<6x4xf32>, tensor<4x4xf32>) -> tensor<6x4xf32>
  %2 = vit.activation gelu %1 : (tensor<6x4xf32>) -> tensor<6x4xf32>
  %3 = vit.scale %2 by 2.0 : (tensor<6x4xf32>) -> tensor<6x4xf32>
  %4 = vit.mul %3, %v : (tensor<6x4xf32>, tensor<4xf32>) -> tensor<6x4xf32>
  %5 = vit.softmax %4 : (tensor<6x4xf32>) -> tensor<6x4xf32>
  %6 = vit.add %y, %5 : (tensor<6x4xf32>, tensor<6x4xf32>) -> tensor<6x4xf32>
  %7 = vit.slice %6 dim 0 [2, 1] : (tensor<6x4xf32>) -> tensor<1x4xf32>
  return %7 : tensor<1x4xf32>
}

// -----

// CHECK-LABEL: func.func @elementwise(
// CHECK-SAME: %[[X:.*]]: tensor<6x4xf32>, %[[Y:.*]]: tensor<6x1xf32>, %[[Z:.*]]: tensor<4xf32>)
func.func @elementwise(%x: tensor<6x4xf32>, %y: tensor<6x1xf32>, %z: tensor<4xf32>) -> tensor<1x4xf32> {
  // CHECK-DAG: %[[XR:.*]] = vit.slice %[[X]] dim 0 [5, 1]
  // CHECK-DAG: %[[YR:.*]] = vit.slice %[[Y]] dim 0 [5, 1]
  // CHECK: %[[D:.*]] = vit.sub %[[XR]], %[[YR]] : (tensor<1x4xf32>, tensor<1x1xf32>) -> tensor<1x4xf32>
  // CHECK: vit.sub %[[Z]], %[[D]] : (tensor<4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  %0 = vit.sub %x, %y : (tensor<6x4xf32>, tensor<6x1xf32>) -> tensor<6x4xf32>
  %1 = vit.sub %z, %0 : (tensor<4xf32>, tensor<6x4xf32>) -> tensor<6x4xf32>
  %2 = vit.slice %1 dim 0 [5, 1] : (tensor<6x4xf32>) -> tensor<1x4xf32>
  return %2 : tensor<1x4xf32>
}

// -----

// A row of the result of attention needs one query, but all keys and values.
// CHECK-LABEL: func.func @attention(
// CHECK-SAME: %[[X:.*]]: tensor<6x8xf32>)
func.func @attention(%x: tensor<6x8xf32>) -> tensor<1x8xf32> {
  // CHECK: %[[W:.*]] = vit.weight "w"
  %w = vit.weight "w" : tensor<8x8xf32>
  // CHECK: %[[ROW:.*]] = vit.slice %[[X]] dim 0 [0, 1]
  // CHECK: %[[QL:.*]] = vit.linear %[[ROW]], %[[W]] : (tensor<1x8xf32>, tensor<8x8xf32>) -> tensor<1x8xf32>
  // CHECK: %[[QR:.*]] = vit.reshape %[[QL]] : (tensor<1x8xf32>) -> tensor<1x2x4xf32>
  // CHECK: %[[Q:.*]] = vit.transpose %[[QR]] [1, 0, 2]
  // CHECK: %[[KL:.*]] = vit.linear %[[X]], %[[W]] : (tensor<6x8xf32>
  // CHECK: %[[KR:.*]] = vit.reshape %[[KL]]
  // CHECK: %[[K:.*]] = vit.transpose %[[KR]] [1, 0, 2] {{.*}} -> tensor<2x6x4xf32>
  // CHECK: %[[S:.*]] = vit.matmul %[[Q]], %[[K]] {transpose_rhs} {{.*}} -> tensor<2x1x6xf32>
  // CHECK: %[[P:.*]] = vit.softmax %[[S]]
  // CHECK: %[[C:.*]] = vit.matmul %[[P]], %[[K]] {{.*}} -> tensor<2x1x4xf32>
  %0 = vit.linear %x, %w : (tensor<6x8xf32>, tensor<8x8xf32>) -> tensor<6x8xf32>
  %1 = vit.reshape %0 : (tensor<6x8xf32>) -> tensor<6x2x4xf32>
  %q = vit.transpose %1 [1, 0, 2] : (tensor<6x2x4xf32>) -> tensor<2x6x4xf32>
  %2 = vit.linear %x, %w : (tensor<6x8xf32>, tensor<8x8xf32>) -> tensor<6x8xf32>
  %3 = vit.reshape %2 : (tensor<6x8xf32>) -> tensor<6x2x4xf32>
  %k = vit.transpose %3 [1, 0, 2] : (tensor<6x2x4xf32>) -> tensor<2x6x4xf32>
  %4 = vit.matmul %q, %k {transpose_rhs} : (tensor<2x6x4xf32>, tensor<2x6x4xf32>) -> tensor<2x6x6xf32>
  %5 = vit.softmax %4 : (tensor<2x6x6xf32>) -> tensor<2x6x6xf32>
  %6 = vit.matmul %5, %k : (tensor<2x6x6xf32>, tensor<2x6x4xf32>) -> tensor<2x6x4xf32>
  %7 = vit.transpose %6 [1, 0, 2] : (tensor<2x6x4xf32>) -> tensor<6x2x4xf32>
  %8 = vit.reshape %7 : (tensor<6x2x4xf32>) -> tensor<6x8xf32>
  %9 = vit.slice %8 dim 0 [0, 1] : (tensor<6x8xf32>) -> tensor<1x8xf32>
  return %9 : tensor<1x8xf32>
}

// -----

// Two slices (class and distillation token): one op for the range of both. The residual is used twice, each time as a
// slice, so what makes it is computed for that range too.
// CHECK-LABEL: func.func @two_tokens(
// CHECK-SAME: %[[X:.*]]: tensor<6x4xf32>)
func.func @two_tokens(%x: tensor<6x4xf32>) -> (tensor<1x4xf32>, tensor<1x4xf32>) {
  %w = vit.weight "w" : tensor<4x4xf32>
  // CHECK: %[[ROWS:.*]] = vit.slice %[[X]] dim 0 [0, 2]
  // CHECK: %[[A:.*]] = vit.activation tanh %[[ROWS]]
  // CHECK: %[[L:.*]] = vit.linear %[[A]], {{.*}} -> tensor<2x4xf32>
  // CHECK: %[[SUM:.*]] = vit.add %[[A]], %[[L]]
  // CHECK-DAG: %[[R0:.*]] = vit.slice %[[SUM]] dim 0 [0, 1]
  // CHECK-DAG: %[[R1:.*]] = vit.slice %[[SUM]] dim 0 [1, 1]
  // CHECK: return %[[R0]], %[[R1]]
  %0 = vit.activation tanh %x : (tensor<6x4xf32>) -> tensor<6x4xf32>
  %1 = vit.linear %0, %w : (tensor<6x4xf32>, tensor<4x4xf32>) -> tensor<6x4xf32>
  %2 = vit.add %0, %1 : (tensor<6x4xf32>, tensor<6x4xf32>) -> tensor<6x4xf32>
  %3 = vit.slice %2 dim 0 [0, 1] : (tensor<6x4xf32>) -> tensor<1x4xf32>
  %4 = vit.slice %2 dim 0 [1, 1] : (tensor<6x4xf32>) -> tensor<1x4xf32>
  return %3, %4 : tensor<1x4xf32>, tensor<1x4xf32>
}

// -----

// Weights are sliced at compile time; what is broadcast stays whole.
// CHECK-LABEL: func.func @weights(
func.func @weights(%x: tensor<6x4xf32>) -> tensor<2x4xf32> {
  // CHECK: %[[P:.*]] = vit.weight "positions"
  // CHECK: %[[B:.*]] = vit.weight "bias"
  // CHECK: %[[R:.*]] = vit.weight_slice %[[P]] dim 0 [1, 2]
  %positions = vit.weight "positions" : tensor<6x4xf32>
  %bias = vit.weight "bias" : tensor<1x4xf32>
  // CHECK: vit.add %{{.*}}, %[[R]] : (tensor<2x4xf32>, tensor<2x4xf32>)
  // CHECK: vit.add %{{.*}}, %[[B]] : (tensor<2x4xf32>, tensor<1x4xf32>)
  %0 = vit.add %x, %positions : (tensor<6x4xf32>, tensor<6x4xf32>) -> tensor<6x4xf32>
  %1 = vit.add %0, %bias : (tensor<6x4xf32>, tensor<1x4xf32>) -> tensor<6x4xf32>
  %2 = vit.slice %1 dim 0 [1, 2] : (tensor<6x4xf32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// -----

// A joint projection that is cut into queries, keys and values becomes three.
// CHECK-LABEL: func.func @split_features(
// CHECK-SAME: %[[X:.*]]: tensor<5x4xf32>)
func.func @split_features(%x: tensor<5x4xf32>) -> (tensor<1x2x5x2xf32>, tensor<1x2x5x2xf32>) {
  // CHECK-DAG: %[[W:.*]] = vit.weight "w"
  // CHECK-DAG: %[[B:.*]] = vit.weight "b"
  // CHECK-DAG: %[[W0:.*]] = vit.weight_slice %[[W]] dim 0 [0, 4]
  // CHECK-DAG: %[[B0:.*]] = vit.weight_slice %[[B]] dim 0 [0, 4]
  // CHECK-DAG: %[[W1:.*]] = vit.weight_slice %[[W]] dim 0 [4, 4]
  // CHECK-DAG: %[[B1:.*]] = vit.weight_slice %[[B]] dim 0 [4, 4]
  // CHECK-DAG: vit.linear %[[X]], %[[W0]], %[[B0]] {{.*}} -> tensor<5x4xf32>
  // CHECK-DAG: vit.linear %[[X]], %[[W1]], %[[B1]] {{.*}} -> tensor<5x4xf32>
  // CHECK-NOT: vit.slice
  %w = vit.weight "w" : tensor<8x4xf32>
  %b = vit.weight "b" : tensor<8xf32>
  %0 = vit.linear %x, %w, %b : (tensor<5x4xf32>, tensor<8x4xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  %1 = vit.reshape %0 : (tensor<5x8xf32>) -> tensor<5x2x2x2xf32>
  %2 = vit.transpose %1 [1, 2, 0, 3] : (tensor<5x2x2x2xf32>) -> tensor<2x2x5x2xf32>
  %3 = vit.slice %2 dim 0 [0, 1] : (tensor<2x2x5x2xf32>) -> tensor<1x2x5x2xf32>
  %4 = vit.slice %2 dim 0 [1, 1] : (tensor<2x2x5x2xf32>) -> tensor<1x2x5x2xf32>
  return %3, %4 : tensor<1x2x5x2xf32>, tensor<1x2x5x2xf32>
}

// -----

// The first of two tokens that are not rotated: no rotation is left. Heads are rotated apart from each other.
// CHECK-LABEL: func.func @rotary(
// CHECK-SAME: %[[X:.*]]: tensor<4x6x4xf32>)
func.func @rotary(%x: tensor<4x6x4xf32>) -> (tensor<4x1x4xf32>, tensor<1x6x4xf32>) {
  %t = vit.weight_sinusoids grid [2, 2] origin [0.0, 0.0] step [1.0, 1.0] theta 100.0 : tensor<2x4x2xf32>
  // CHECK-DAG: %[[TOKEN:.*]] = vit.slice %[[X]] dim 1 [0, 1]
  // CHECK-DAG: %[[HEAD:.*]] = vit.slice %[[X]] dim 0 [2, 1]
  // CHECK-DAG: %[[ROTATED:.*]] = vit.rotary %[[HEAD]] by {{.*}} -> tensor<1x6x4xf32>
  // CHECK: return %[[TOKEN]], %[[ROTATED]]
  %0 = vit.rotary %x by %t : (tensor<4x6x4xf32>, tensor<2x4x2xf32>) -> tensor<4x6x4xf32>
  %1 = vit.slice %0 dim 1 [0, 1] : (tensor<4x6x4xf32>) -> tensor<4x1x4xf32>
  %2 = vit.rotary %x by %t : (tensor<4x6x4xf32>, tensor<2x4x2xf32>) -> tensor<4x6x4xf32>
  %3 = vit.slice %2 dim 0 [2, 1] : (tensor<4x6x4xf32>) -> tensor<1x6x4xf32>
  return %1, %3 : tensor<4x1x4xf32>, tensor<1x6x4xf32>
}

// -----

// The last token in front and the first that is rotated: of the table, its first row.
// CHECK-LABEL: func.func @rotary_range(
// CHECK-SAME: %[[X:.*]]: tensor<2x6x4xf32>)
func.func @rotary_range(%x: tensor<2x6x4xf32>) -> tensor<2x2x4xf32> {
  // CHECK-DAG: %[[T:.*]] = vit.weight_sinusoids
  %t = vit.weight_sinusoids grid [2, 2] origin [0.0, 0.0] step [1.0, 1.0] theta 100.0 : tensor<2x4x2xf32>
  // CHECK-DAG: %[[TOKENS:.*]] = vit.slice %[[X]] dim 1 [1, 2]
  // CHECK-DAG: %[[ROW:.*]] = vit.weight_slice %[[T]] dim 1 [0, 1]
  // CHECK: %[[R:.*]] = vit.rotary %[[TOKENS]] by %[[ROW]] : (tensor<2x2x4xf32>, tensor<2x1x2xf32>) -> tensor<2x2x4xf32>
  // CHECK: return %[[R]]
  %0 = vit.rotary %x by %t : (tensor<2x6x4xf32>, tensor<2x4x2xf32>) -> tensor<2x6x4xf32>
  %1 = vit.slice %0 dim 1 [1, 2] : (tensor<2x6x4xf32>) -> tensor<2x2x4xf32>
  return %1 : tensor<2x2x4xf32>
}
