// RUN: vitc-opt --pass-pipeline='builtin.module(func.func(vit-fold-batch-norm{emit-remarks=true}))' --split-input-file --verify-diagnostics %s | FileCheck %s

// The bias of the convolution goes through the factors too. Weights that stand behind the convolution move before it.
// CHECK-LABEL: func.func @convolution(
func.func @convolution(%x: tensor<8x8x3xf32>) -> tensor<6x6x4xf32> {
  // CHECK-DAG: %[[W:.*]] = vit.weight "w"
  // CHECK-DAG: %[[B:.*]] = vit.weight "b"
  %w = vit.weight "w" : tensor<4x3x3x3xf32>
  %b = vit.weight "b" : tensor<4xf32>
  // CHECK-DAG: %[[MEAN:.*]] = vit.weight "mean"
  // CHECK-DAG: %[[VAR:.*]] = vit.weight "variance"
  // CHECK-DAG: %[[GAMMA:.*]] = vit.weight "gamma"
  // CHECK-DAG: %[[BETA:.*]] = vit.weight "beta"
  // CHECK: %[[R:.*]] = vit.weight_rsqrt %[[VAR]] {epsilon = 1.250000e-01 : f64}
  // CHECK: %[[F:.*]] = vit.weight_scale_dim %[[GAMMA]] by %[[R]] dim 0
  // CHECK: %[[M:.*]] = vit.weight_scale_dim %[[MEAN]] by %[[F]] dim 0
  // CHECK: %[[N:.*]] = vit.weight_scale %[[M]] by -1.000000e+00
  // CHECK: %[[S:.*]] = vit.weight_add %[[BETA]], %[[N]]
  // CHECK: %[[NW:.*]] = vit.weight_scale_dim %[[W]] by %[[F]] dim 0
  // CHECK: %[[SB:.*]] = vit.weight_scale_dim %[[B]] by %[[F]] dim 0
  // CHECK: %[[NB:.*]] = vit.weight_add %[[SB]], %[[S]]
  // CHECK: %[[Y:.*]] = vit.conv2d %{{.*}}, %[[NW]], %[[NB]] :
  %0 = vit.conv2d %x, %w, %b : (tensor<8x8x3xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<6x6x4xf32>
  %mean = vit.weight "mean" : tensor<4xf32>
  %variance = vit.weight "variance" : tensor<4xf32>
  %gamma = vit.weight "gamma" : tensor<4xf32>
  %beta = vit.weight "beta" : tensor<4xf32>
  // CHECK-NOT: vit.batch_norm
  // CHECK: return %[[Y]]
  %1 = vit.batch_norm %0, %mean, %variance, %gamma, %beta {epsilon = 0.125 : f64} : (tensor<6x6x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<6x6x4xf32>
  return %1 : tensor<6x6x4xf32>
}

// -----

// A linear layer without a bias gets one.
// CHECK-LABEL: func.func @linear(
func.func @linear(%x: tensor<5x3xf32>) -> tensor<5x4xf32> {
  %w = vit.weight "w" : tensor<4x3xf32>
  %v = vit.weight "v" : tensor<4xf32>
  // CHECK: %[[S:.*]] = vit.weight_add
  // CHECK: %[[NW:.*]] = vit.weight_scale_dim %{{.*}} by %{{.*}} dim 0 : (tensor<4x3xf32>
  // CHECK: vit.linear %{{.*}}, %[[NW]], %[[S]] :
  %0 = vit.linear %x, %w : (tensor<5x3xf32>, tensor<4x3xf32>) -> tensor<5x4xf32>
  %1 = vit.batch_norm %0, %v, %v, %v, %v {epsilon = 0.125 : f64} : (tensor<5x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  return %1 : tensor<5x4xf32>
}

// -----

// Another reader needs the convolution's own result, an input has no weights: a factor and an addend for each channel.
// CHECK-LABEL: func.func @alone(
func.func @alone(%x: tensor<8x8x3xf32>) -> (tensor<8x8x3xf32>, tensor<8x8x3xf32>, tensor<8x8x3xf32>) {
  %w = vit.weight "w" : tensor<3x1x1x1xf32>
  %v = vit.weight "v" : tensor<3xf32>
  // CHECK: %[[MUL:.*]] = vit.mul %{{.*}}, %{{.*}} : (tensor<8x8x3xf32>, tensor<3xf32>)
  // CHECK: vit.add %[[MUL]], %{{.*}} : (tensor<8x8x3xf32>, tensor<3xf32>)
  %0 = vit.batch_norm %x, %v, %v, %v, %v {epsilon = 0.125 : f64} : (tensor<8x8x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<8x8x3xf32>
  // CHECK: vit.conv2d
  %1 = vit.conv2d %x, %w {groups = 3 : i64} : (tensor<8x8x3xf32>, tensor<3x1x1x1xf32>) -> tensor<8x8x3xf32>
  // CHECK: vit.mul
  // CHECK: vit.add
  %2 = vit.batch_norm %1, %v, %v, %v, %v {epsilon = 0.125 : f64} : (tensor<8x8x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<8x8x3xf32>
  return %0, %1, %2 : tensor<8x8x3xf32>, tensor<8x8x3xf32>, tensor<8x8x3xf32>
}

// -----

// CHECK-LABEL: func.func @of_an_input(
func.func @of_an_input(%x: tensor<8x8x3xf32>) -> tensor<8x8x3xf32> {
  %v = vit.weight "v" : tensor<3xf32>
  // CHECK: vit.mul
  // CHECK: vit.add
  %0 = vit.batch_norm %x, %v, %v, %v, %v {epsilon = 0.125 : f64} : (tensor<8x8x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<8x8x3xf32>
  return %0 : tensor<8x8x3xf32>
}

// -----

// CHECK-LABEL: func.func @run_time_statistics(
func.func @run_time_statistics(%x: tensor<8x8x3xf32>, %v: tensor<3xf32>) -> tensor<8x8x3xf32> {
  // expected-remark@+1 {{not fused: its statistics or weights are computed at run time}}
  %0 = vit.batch_norm %x, %v, %v, %v, %v {epsilon = 0.125 : f64} : (tensor<8x8x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<8x8x3xf32>
  return %0 : tensor<8x8x3xf32>
}
