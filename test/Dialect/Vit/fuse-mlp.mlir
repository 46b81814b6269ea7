// RUN: vitc-opt --vit-fuse-mlp --split-input-file %s | FileCheck %s

// CHECK-LABEL: func.func @mlp(
// CHECK-SAME: %[[X:.*]]: tensor<5x4xf32>)
func.func @mlp(%x: tensor<5x4xf32>) -> tensor<5x4xf32> {
  // CHECK-DAG: %[[W1:.*]] = vit.weight "w1"
  // CHECK-DAG: %[[B1:.*]] = vit.weight "b1"
  // CHECK-DAG: %[[W2:.*]] = vit.weight "w2"
  // CHECK-DAG: %[[B2:.*]] = vit.weight "b2"
  // CHECK-DAG: %[[LS:.*]] = vit.weight "layer_scale"
  %w1 = vit.weight "w1" : tensor<8x4xf32>
  %b1 = vit.weight "b1" : tensor<8xf32>
  %w2 = vit.weight "w2" : tensor<4x8xf32>
  %b2 = vit.weight "b2" : tensor<4xf32>
  %ls = vit.weight "layer_scale" : tensor<4xf32>
  // CHECK: %[[H:.*]] = vit.fused_linear %[[X]], %[[W1]] bias %[[B1]] activation gelu : {{.*}} -> tensor<5x8xf32>
  // CHECK: %[[SW:.*]] = vit.weight_scale_dim %[[W2]] by %[[LS]] dim 0
  // CHECK: %[[SB:.*]] = vit.weight_scale_dim %[[B2]] by %[[LS]] dim 0
  // CHECK: %[[Y:.*]] = vit.fused_linear %[[H]], %[[SW]] bias %[[SB]] residual %[[X]]
  // CHECK-NEXT: return %[[Y]]
  %0 = vit.linear %x, %w1, %b1 : (tensor<5x4xf32>, tensor<8x4xf32>, tensor<8xf32>) -> tensor<5x8xf32>
  %1 = vit.activation gelu %0 : (tensor<5x8xf32>) -> tensor<5x8xf32>
  %2 = vit.linear %1, %w2, %b2 : (tensor<5x8xf32>, tensor<4x8xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  %3 = vit.mul %2, %ls : (tensor<5x4xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  %4 = vit.add %x, %3 : (tensor<5x4xf32>, tensor<5x4xf32>) -> tensor<5x4xf32>
  return %4 : tensor<5x4xf32>
}

// -----

// The residual may be defined after the linear layer; activation and residual go together.
// CHECK-LABEL: func.func @late_residual(
// CHECK-SAME: %[[X:.*]]: tensor<5x4xf32>)
func.func @late_residual(%x: tensor<5x4xf32>) -> tensor<5x4xf32> {
  %w = vit.weight "w" : tensor<4x4xf32>
  // CHECK: %[[T:.*]] = vit.softmax %[[X]]
  // CHECK: vit.fused_linear %[[X]], %{{.*}} activation relu residual %[[T]]
  %0 = vit.linear %x, %w : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32>
  %1 = vit.activation relu %0 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  %2 = vit.softmax %x : (tensor<5x4xf32>) -> tensor<5x4xf32>
  %3 = vit.add %1, %2 : (tensor<5x4xf32>, tensor<5x4xf32>) -> tensor<5x4xf32>
  return %3 : tensor<5x4xf32>
}

// -----

// Two layers that are added: one takes the other as its residual.
// CHECK-LABEL: func.func @parallel(
// CHECK-SAME: %[[X:.*]]: tensor<5x4xf32>)
func.func @parallel(%x: tensor<5x4xf32>) -> tensor<5x4xf32> {
  %w = vit.weight "w" : tensor<4x4xf32>
  // CHECK: %[[A:.*]] = vit.fused_linear %[[X]], %{{.*}} : (tensor<5x4xf32>, tensor<4x4xf32>)
  // CHECK: vit.fused_linear %[[X]], %{{.*}} residual %[[A]]
  // CHECK-NOT: vit.add
  %0 = vit.linear %x, %w : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32>
  %1 = vit.linear %x, %w : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32>
  %2 = vit.add %0, %1 : (tensor<5x4xf32>, tensor<5x4xf32>) -> tensor<5x4xf32>
  return %2 : tensor<5x4xf32>
}

// -----

// Other ranks are reshaped.
// CHECK-LABEL: func.func @ranks(
// CHECK-SAME: %[[V:.*]]: tensor<4xf32>, %[[X:.*]]: tensor<2x3x4xf32>)
func.func @ranks(%v: tensor<4xf32>, %x: tensor<2x3x4xf32>) -> (tensor<4xf32>, tensor<2x3x4xf32>) {
  %w = vit.weight "w" : tensor<4x4xf32>
  // CHECK: %[[ROW:.*]] = vit.reshape %[[V]] : (tensor<4xf32>) -> tensor<1x4xf32>
  // CHECK: %[[L:.*]] = vit.fused_linear %[[ROW]], {{.*}} -> tensor<1x4xf32>
  // CHECK: %[[Y:.*]] = vit.reshape %[[L]] : (tensor<1x4xf32>) -> tensor<4xf32>
  %0 = vit.linear %v, %w : (tensor<4xf32>, tensor<4x4xf32>) -> tensor<4xf32>
  // CHECK-DAG: %[[R:.*]] = vit.reshape %[[X]] : (tensor<2x3x4xf32>) -> tensor<6x4xf32>
  // CHECK-DAG: %[[ROWS:.*]] = vit.reshape %[[X]] : (tensor<2x3x4xf32>) -> tensor<6x4xf32>
  // CHECK: %[[M:.*]] = vit.fused_linear %[[ROWS]], %{{.*}} residual %[[R]]
  // CHECK: %[[Z:.*]] = vit.reshape %[[M]] : (tensor<6x4xf32>) -> tensor<2x3x4xf32>
  %1 = vit.linear %x, %w : (tensor<2x3x4xf32>, tensor<4x4xf32>) -> tensor<2x3x4xf32>
  %2 = vit.add %1, %x : (tensor<2x3x4xf32>, tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  // CHECK: return %[[Y]], %[[Z]]
  return %0, %2 : tensor<4xf32>, tensor<2x3x4xf32>
}

// -----

// Factors of every spelling; a layer without bias stays without.
// CHECK-LABEL: func.func @factors(
func.func @factors(%x: tensor<5x4xf32>) -> tensor<5x4xf32> {
  %w = vit.weight "w" : tensor<4x4xf32>
  %ls = vit.weight "layer_scale" : tensor<1x4xf32>
  // CHECK: %[[F:.*]] = vit.weight_reshape %{{.*}} : (tensor<1x4xf32>) -> tensor<4xf32>
  // CHECK: %[[W1:.*]] = vit.weight_scale_dim %{{.*}} by %[[F]] dim 0
  // CHECK: %[[W2:.*]] = vit.weight_scale %[[W1]] by 5.000000e-01
  // CHECK: vit.fused_linear %{{.*}}, %[[W2]] : (tensor<5x4xf32>, tensor<4x4xf32>)
  %0 = vit.linear %x, %w : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32>
  %1 = vit.mul %ls, %0 : (tensor<1x4xf32>, tensor<5x4xf32>) -> tensor<5x4xf32>
  %2 = vit.scale %1 by 0.5 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  return %2 : tensor<5x4xf32>
}

// -----

// A bias that is computed at run time is scaled as it is computed.
// CHECK-LABEL: func.func @run_time_bias(
// CHECK-SAME: %{{.*}}: tensor<5x4xf32>, %[[B:.*]]: tensor<4xf32>)
func.func @run_time_bias(%x: tensor<5x4xf32>, %b: tensor<4xf32>) -> tensor<5x4xf32> {
  %w = vit.weight "w" : tensor<4x4xf32>
  %ls = vit.weight "layer_scale" : tensor<4xf32>
  // CHECK: %[[B1:.*]] = vit.mul %[[B]], %{{.*}} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  // CHECK: %[[B2:.*]] = vit.scale %[[B1]] by 5.000000e-01 : (tensor<4xf32>) -> tensor<4xf32>
  // CHECK: vit.fused_linear %{{.*}}, %{{.*}} bias %[[B2]] activation relu
  %0 = vit.linear %x, %w, %b : (tensor<5x4xf32>, tensor<4x4xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  %1 = vit.mul %ls, %0 : (tensor<4xf32>, tensor<5x4xf32>) -> tensor<5x4xf32>
  %2 = vit.scale %1 by 0.5 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  %3 = vit.activation relu %2 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  return %3 : tensor<5x4xf32>
}
