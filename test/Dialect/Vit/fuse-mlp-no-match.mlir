// RUN: vitc-opt --pass-pipeline='builtin.module(func.func(vit-fuse-mlp{emit-remarks=true}))' --split-input-file --verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: func.func @run_time_weight(
// CHECK: vit.linear {{.*}} {vit.not_fused = "its weight is computed at run time"}
func.func @run_time_weight(%x: tensor<5x4xf32>, %w: tensor<4x4xf32>) -> tensor<5x4xf32> {
  // expected-remark@+1 {{not fused: its weight is computed at run time}}
  %0 = vit.linear %x, %w : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32>
  return %0 : tensor<5x4xf32>
}

// -----

// What the layer gives is used before the activation too.
// CHECK-LABEL: func.func @two_users(
// CHECK: vit.fused_linear %{{.*}}, %{{.*}} : (tensor<5x4xf32>, tensor<4x4xf32>)
// CHECK: vit.activation gelu {{.*}} {vit.not_fused = "the linear layer has another user"}
func.func @two_users(%x: tensor<5x4xf32>) -> (tensor<5x4xf32>, tensor<5x4xf32>) {
  %w = vit.weight "w" : tensor<4x4xf32>
  %0 = vit.linear %x, %w : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32>
  // expected-remark@+1 {{not fused: the linear layer has another user}}
  %1 = vit.activation gelu %0 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  return %0, %1 : tensor<5x4xf32>, tensor<5x4xf32>
}

// -----

// Factors behind an activation are none of the weight's; addends that are broadcast are no residuals.
// CHECK-LABEL: func.func @other_epilogues(
// CHECK: vit.fused_linear {{.*}} activation gelu :
// CHECK: vit.mul
// CHECK: vit.fused_linear %{{.*}}, %{{.*}} : (tensor<5x4xf32>, tensor<4x4xf32>)
// CHECK: vit.add
func.func @other_epilogues(%x: tensor<5x4xf32>, %row: tensor<1x4xf32>) -> (tensor<5x4xf32>, tensor<5x4xf32>) {
  %w = vit.weight "w" : tensor<4x4xf32>
  %v = vit.weight "v" : tensor<4xf32>
  %0 = vit.linear %x, %w : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32>
  %1 = vit.activation gelu %0 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  %2 = vit.mul %1, %v : (tensor<5x4xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  %3 = vit.linear %x, %w : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32>
  %4 = vit.add %3, %row : (tensor<5x4xf32>, tensor<1x4xf32>) -> tensor<5x4xf32>
  return %2, %4 : tensor<5x4xf32>, tensor<5x4xf32>
}

// -----

// A gate is half of a layer's features.
// CHECK-LABEL: func.func @gate(
// CHECK: vit.activation silu {{.*}} {vit.not_fused = "'vit.slice' stands between linear layer and activation"}
func.func @gate(%x: tensor<5x4xf32>) -> tensor<5x4xf32> {
  %w = vit.weight "w" : tensor<8x4xf32>
  %0 = vit.linear %x, %w : (tensor<5x4xf32>, tensor<8x4xf32>) -> tensor<5x8xf32>
  %1 = vit.slice %0 dim 1 [0, 4] : (tensor<5x8xf32>) -> tensor<5x4xf32>
  // expected-remark@+1 {{not fused: 'vit.slice' stands between linear layer and activation}}
  %2 = vit.activation silu %1 : (tensor<5x4xf32>) -> tensor<5x4xf32>
  %3 = vit.slice %0 dim 1 [4, 4] : (tensor<5x8xf32>) -> tensor<5x4xf32>
  %4 = vit.mul %2, %3 : (tensor<5x4xf32>, tensor<5x4xf32>) -> tensor<5x4xf32>
  return %4 : tensor<5x4xf32>
}

// -----

// A layer has one activation, before its residual or behind it. What does not follow a layer says nothing.
// CHECK-LABEL: func.func @activations(
func.func @activations(%x: tensor<1x5x4xf32>) -> (tensor<1x5x4xf32>, tensor<1x5x4xf32>, tensor<1x5x4xf32>) {
  %w = vit.weight "w" : tensor<4x4xf32>
  %0 = vit.linear %x, %w : (tensor<1x5x4xf32>, tensor<4x4xf32>) -> tensor<1x5x4xf32>
  %1 = vit.activation gelu %0 : (tensor<1x5x4xf32>) -> tensor<1x5x4xf32>
  // expected-remark@+1 {{not fused: the linear layer has an activation already}}
  %2 = vit.activation tanh %1 : (tensor<1x5x4xf32>) -> tensor<1x5x4xf32>
  %3 = vit.linear %x, %w : (tensor<1x5x4xf32>, tensor<4x4xf32>) -> tensor<1x5x4xf32>
  %4 = vit.add %3, %x : (tensor<1x5x4xf32>, tensor<1x5x4xf32>) -> tensor<1x5x4xf32>
  // CHECK: vit.fused_linear %{{.*}}, %{{.*}} activation relu residual %{{.*}} {residual_first}
  %5 = vit.activation relu %4 : (tensor<1x5x4xf32>) -> tensor<1x5x4xf32>
  // CHECK: vit.activation sigmoid %{{[^ ]*}} :
  %6 = vit.activation sigmoid %x : (tensor<1x5x4xf32>) -> tensor<1x5x4xf32>
  return %2, %5, %6 : tensor<1x5x4xf32>, tensor<1x5x4xf32>, tensor<1x5x4xf32>
}
