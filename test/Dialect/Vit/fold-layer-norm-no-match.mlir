// RUN: vitc-opt --pass-pipeline='builtin.module(func.func(vit-fold-layer-norm{emit-remarks=true}))' --split-input-file --verify-diagnostics %s | FileCheck %s

// Norm after the residual: the result is also the next residual.
// CHECK-LABEL: func.func @residual(
// CHECK: vit.layer_norm %{{.*}}, %{{.*}}, %{{.*}} {epsilon = 5.000000e-01 : f64, vit.not_fused = "its result has a user that is no linear layer"}
func.func @residual(%x: tensor<5x4xf32>) -> tensor<5x4xf32> {
  %v = vit.weight "v" : tensor<4xf32>
  %w = vit.weight "w" : tensor<4x4xf32>
  // expected-remark@+1 {{not fused: its result has a user that is no linear layer}}
  %n = vit.layer_norm %x, %v, %v {epsilon = 0.5 : f64} : (tensor<5x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  %0 = vit.linear %n, %w : (tensor<5x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32>
  %1 = vit.add %n, %0 : (tensor<5x4xf32>, tensor<5x4xf32>) -> tensor<5x4xf32>
  return %1 : tensor<5x4xf32>
}

// -----

// The heads' features are not those of the norm.
// CHECK-LABEL: func.func @other_features(
// CHECK: vit.layer_norm %{{.*}}, %{{.*}}, %{{.*}} {
func.func @other_features(%x: tensor<5x4xf32>) -> tensor<10x3xf32> {
  %v = vit.weight "v" : tensor<4xf32>
  %w = vit.weight "w" : tensor<3x2xf32>
  // expected-remark@+1 {{not fused: its result has a user that is no linear layer}}
  %n = vit.layer_norm %x, %v, %v {epsilon = 0.5 : f64} : (tensor<5x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  %r = vit.reshape %n : (tensor<5x4xf32>) -> tensor<10x2xf32>
  %0 = vit.linear %r, %w : (tensor<10x2xf32>, tensor<3x2xf32>) -> tensor<10x3xf32>
  return %0 : tensor<10x3xf32>
}

// -----

// CHECK-LABEL: func.func @run_time(
// CHECK: vit.layer_norm %{{.*}}, %{{.*}}, %{{.*}} {
func.func @run_time(%x: tensor<5x4xf32>, %v: tensor<4xf32>) -> tensor<5x3xf32> {
  %w = vit.weight "w" : tensor<3x4xf32>
  // expected-remark@+1 {{not fused: its weight or bias is computed at run time}}
  %n = vit.layer_norm %x, %v, %v {epsilon = 0.5 : f64} : (tensor<5x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  %0 = vit.linear %n, %w : (tensor<5x4xf32>, tensor<3x4xf32>) -> tensor<5x3xf32>
  return %0 : tensor<5x3xf32>
}

// -----

// CHECK-LABEL: func.func @run_time_layer(
// CHECK: vit.layer_norm %{{.*}}, %{{.*}}, %{{.*}} {
func.func @run_time_layer(%x: tensor<5x4xf32>, %w: tensor<3x4xf32>) -> tensor<5x3xf32> {
  %v = vit.weight "v" : tensor<4xf32>
  // expected-remark@+1 {{not fused: the weight of a linear layer that follows is computed at run time}}
  %n = vit.layer_norm %x, %v, %v {epsilon = 0.5 : f64} : (tensor<5x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  %0 = vit.linear %n, %w : (tensor<5x4xf32>, tensor<3x4xf32>) -> tensor<5x3xf32>
  return %0 : tensor<5x3xf32>
}
