// RUN: vitc-opt --vit-fold-layer-norm --split-input-file %s | FileCheck %s

// CHECK-LABEL: func.func @two_layers(
// CHECK-SAME: %[[X:.*]]: tensor<5x4xf32>)
func.func @two_layers(%x: tensor<5x4xf32>) -> (tensor<5x3xf32>, tensor<3xf32>) {
  // CHECK-DAG: %[[G:.*]] = vit.weight "gamma"
  // CHECK-DAG: %[[BETA:.*]] = vit.weight "beta"
  // CHECK-DAG: %[[W:.*]] = vit.weight "w"
  // CHECK-DAG: %[[B:.*]] = vit.weight "b"
  %gamma = vit.weight "gamma" : tensor<4xf32>
  %beta = vit.weight "beta" : tensor<4xf32>
  %w = vit.weight "w" : tensor<3x4xf32>
  %b = vit.weight "b" : tensor<3xf32>
  // CHECK: %[[N:.*]] = vit.layer_norm %[[X]] {epsilon = 5.000000e-01 : f64}
  %n = vit.layer_norm %x, %gamma, %beta {epsilon = 0.5 : f64} : (tensor<5x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  // CHECK: %[[M:.*]] = vit.weight_matvec %[[W]], %[[BETA]]
  // CHECK: %[[NB:.*]] = vit.weight_add %[[B]], %[[M]]
  // CHECK: %[[NW:.*]] = vit.weight_scale_dim %[[W]] by %[[G]] dim 1
  // CHECK: vit.linear %[[N]], %[[NW]], %[[NB]]
  %0 = vit.linear %n, %w, %b : (tensor<5x4xf32>, tensor<3x4xf32>, tensor<3xf32>) -> tensor<5x3xf32>
  // Through ops that keep features; a layer without bias gets one.
  // CHECK: %[[S:.*]] = vit.slice %[[N]]
  // CHECK: %[[R:.*]] = vit.reshape %[[S]]
  // CHECK: %[[M2:.*]] = vit.weight_matvec %[[W]], %[[BETA]]
  // CHECK: %[[NW2:.*]] = vit.weight_scale_dim %[[W]] by %[[G]] dim 1
  // CHECK: vit.linear %[[R]], %[[NW2]], %[[M2]]
  %s = vit.slice %n dim 0 [0, 1] : (tensor<5x4xf32>) -> tensor<1x4xf32>
  %r = vit.reshape %s : (tensor<1x4xf32>) -> tensor<4xf32>
  %1 = vit.linear %r, %w : (tensor<4xf32>, tensor<3x4xf32>) -> tensor<3xf32>
  return %0, %1 : tensor<5x3xf32>, tensor<3xf32>
}

// -----

// An RMS norm stays one.
// CHECK-LABEL: func.func @rms(
// CHECK: vit.layer_norm %{{.*}} {epsilon = 5.000000e-01 : f64, rms} : (tensor<5x4xf32>) -> tensor<5x4xf32>
// CHECK: vit.weight_scale_dim
func.func @rms(%x: tensor<5x4xf32>) -> tensor<5x3xf32> {
  %gamma = vit.weight "gamma" : tensor<4xf32>
  %beta = vit.weight_fill 0.0 : tensor<4xf32>
  %w = vit.weight "w" : tensor<3x4xf32>
  %n = vit.layer_norm %x, %gamma, %beta {epsilon = 0.5 : f64, rms} : (tensor<5x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  %0 = vit.linear %n, %w : (tensor<5x4xf32>, tensor<3x4xf32>) -> tensor<5x3xf32>
  return %0 : tensor<5x3xf32>
}

// -----

// A norm without bias gives the layer none.
// CHECK-LABEL: func.func @no_bias(
// CHECK-NOT: matvec
// CHECK: vit.linear %{{.*}}, %{{.*}} : (tensor<5x4xf32>, tensor<3x4xf32>)
func.func @no_bias(%x: tensor<5x4xf32>) -> tensor<5x3xf32> {
  %gamma = vit.weight "gamma" : tensor<4xf32>
  %beta = vit.weight_fill 0.0 : tensor<4xf32>
  %w = vit.weight "w" : tensor<3x4xf32>
  %n = vit.layer_norm %x, %gamma, %beta {epsilon = 0.5 : f64} : (tensor<5x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  %0 = vit.linear %n, %w : (tensor<5x4xf32>, tensor<3x4xf32>) -> tensor<5x3xf32>
  return %0 : tensor<5x3xf32>
}

// -----

// A bias that is computed at run time: the norm's part is added to it there.
// CHECK-LABEL: func.func @run_time_bias(
// CHECK-SAME: %{{.*}}: tensor<5x4xf32>, %[[B:.*]]: tensor<3xf32>)
// CHECK: %[[M:.*]] = vit.weight_matvec
// CHECK: %[[S:.*]] = vit.add %[[B]], %[[M]]
// CHECK: vit.linear %{{.*}}, %{{.*}}, %[[S]]
func.func @run_time_bias(%x: tensor<5x4xf32>, %b: tensor<3xf32>) -> tensor<5x3xf32> {
  %gamma = vit.weight "gamma" : tensor<4xf32>
  %beta = vit.weight "beta" : tensor<4xf32>
  %w = vit.weight "w" : tensor<3x4xf32>
  %n = vit.layer_norm %x, %gamma, %beta {epsilon = 0.5 : f64} : (tensor<5x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  %0 = vit.linear %n, %w, %b : (tensor<5x4xf32>, tensor<3x4xf32>, tensor<3xf32>) -> tensor<5x3xf32>
  return %0 : tensor<5x3xf32>
}
