// RUN: vitc-opt --pass-pipeline='builtin.module(func.func(vit-fuse-convolution{emit-remarks=true}))' --split-input-file --verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: func.func @residual(
// CHECK-SAME: %[[X:.*]]: tensor<8x8x4xf32>)
func.func @residual(%x: tensor<8x8x4xf32>) -> tensor<8x8x4xf32> {
  %w = vit.weight "w" : tensor<4x4x3x3xf32>
  %b = vit.weight "b" : tensor<4xf32>
  // CHECK: %[[Y:.*]] = vit.fused_conv2d %[[X]], %{{.*}} bias %{{.*}} residual %[[X]] activation relu stride [1, 1] padding [1, 1, 1, 1] dilation [1, 1] groups 1 :
  // CHECK-NEXT: return %[[Y]]
  %0 = vit.conv2d %x, %w, %b {padding = array<i64: 1, 1, 1, 1>} : (tensor<8x8x4xf32>, tensor<4x4x3x3xf32>, tensor<4xf32>) -> tensor<8x8x4xf32>
  %1 = vit.add %0, %x : (tensor<8x8x4xf32>, tensor<8x8x4xf32>) -> tensor<8x8x4xf32>
  %2 = vit.activation relu %1 : (tensor<8x8x4xf32>) -> tensor<8x8x4xf32>
  return %2 : tensor<8x8x4xf32>
}

// -----

// The residual comes before the activation: what is added behind it stays.
// CHECK-LABEL: func.func @activation_first(
func.func @activation_first(%x: tensor<8x8x4xf32>) -> tensor<8x8x4xf32> {
  %w = vit.weight "w" : tensor<4x1x3x3xf32>
  // CHECK: %[[Y:.*]] = vit.fused_conv2d %{{.*}}, %{{[^ ]*}} activation silu stride [1, 1] padding [1, 1, 1, 1] dilation [1, 1] groups 4 :
  // CHECK: vit.add %[[Y]]
  %0 = vit.conv2d %x, %w {groups = 4 : i64, padding = array<i64: 1, 1, 1, 1>} : (tensor<8x8x4xf32>, tensor<4x1x3x3xf32>) -> tensor<8x8x4xf32>
  %1 = vit.activation silu %0 : (tensor<8x8x4xf32>) -> tensor<8x8x4xf32>
  %2 = vit.add %1, %x : (tensor<8x8x4xf32>, tensor<8x8x4xf32>) -> tensor<8x8x4xf32>
  return %2 : tensor<8x8x4xf32>
}

// -----

// One pixel at a time is a linear layer of the channels.
// CHECK-LABEL: func.func @pointwise(
// CHECK-SAME: %[[X:.*]]: tensor<8x8x4xf32>)
func.func @pointwise(%x: tensor<8x8x4xf32>) -> tensor<8x8x5xf32> {
  // CHECK: %[[W:.*]] = vit.weight "w"
  %w = vit.weight "w" : tensor<5x4x1x1xf32>
  // CHECK: %[[M:.*]] = vit.weight_reshape %[[W]] : (tensor<5x4x1x1xf32>) -> tensor<5x4xf32>
  // CHECK: vit.linear %[[X]], %[[M]] : (tensor<8x8x4xf32>, tensor<5x4xf32>) -> tensor<8x8x5xf32>
  %0 = vit.conv2d %x, %w : (tensor<8x8x4xf32>, tensor<5x4x1x1xf32>) -> tensor<8x8x5xf32>
  return %0 : tensor<8x8x5xf32>
}

// -----

// With a stride, of those that it takes.
// CHECK-LABEL: func.func @strided(
// CHECK-SAME: %[[X:.*]]: tensor<9x8x4xf32>)
func.func @strided(%x: tensor<9x8x4xf32>) -> tensor<5x3x5xf32> {
  %w = vit.weight "w" : tensor<5x4x1x1xf32>
  // CHECK: %[[P:.*]] = vit.pool2d max %[[X]] window [1, 1] {stride = array<i64: 2, 3>} : (tensor<9x8x4xf32>) -> tensor<5x3x4xf32>
  // CHECK: vit.linear %[[P]], %{{.*}} : (tensor<5x3x4xf32>, tensor<5x4xf32>) -> tensor<5x3x5xf32>
  %0 = vit.conv2d %x, %w {stride = array<i64: 2, 3>} : (tensor<9x8x4xf32>, tensor<5x4x1x1xf32>) -> tensor<5x3x5xf32>
  return %0 : tensor<5x3x5xf32>
}

// -----

// Not with padding or groups, nor if its weight is computed at run time.
// CHECK-LABEL: func.func @not_pointwise(
// CHECK-NOT: vit.linear
// CHECK-COUNT-3: vit.fused_conv2d
func.func @not_pointwise(%x: tensor<8x8x4xf32>, %v: tensor<4x4x1x1xf32>) -> (tensor<9x9x4xf32>, tensor<8x8x4xf32>, tensor<8x8x4xf32>) {
  %w = vit.weight "w" : tensor<4x4x1x1xf32>
  %g = vit.weight "g" : tensor<4x2x1x1xf32>
  %1 = vit.conv2d %x, %w {padding = array<i64: 1, 1, 0, 0>} : (tensor<8x8x4xf32>, tensor<4x4x1x1xf32>) -> tensor<9x9x4xf32>
  %2 = vit.conv2d %x, %g {groups = 2 : i64} : (tensor<8x8x4xf32>, tensor<4x2x1x1xf32>) -> tensor<8x8x4xf32>
  %3 = vit.conv2d %x, %v : (tensor<8x8x4xf32>, tensor<4x4x1x1xf32>) -> tensor<8x8x4xf32>
  return %1, %2, %3 : tensor<9x9x4xf32>, tensor<8x8x4xf32>, tensor<8x8x4xf32>
}

// -----

// CHECK-LABEL: func.func @refused(
func.func @refused(%x: tensor<8x8x4xf32>) -> (tensor<8x8x4xf32>, tensor<8x8x4xf32>, tensor<8x8x4xf32>) {
  %w = vit.weight "w" : tensor<4x4x3x3xf32>
  %0 = vit.conv2d %x, %w {padding = array<i64: 1, 1, 1, 1>} : (tensor<8x8x4xf32>, tensor<4x4x3x3xf32>) -> tensor<8x8x4xf32>
  // expected-remark@+1 {{not fused: the convolution has another user}}
  %1 = vit.activation relu %0 : (tensor<8x8x4xf32>) -> tensor<8x8x4xf32>
  %2 = vit.conv2d %1, %w {padding = array<i64: 1, 1, 1, 1>} : (tensor<8x8x4xf32>, tensor<4x4x3x3xf32>) -> tensor<8x8x4xf32>
  %3 = vit.activation relu %2 : (tensor<8x8x4xf32>) -> tensor<8x8x4xf32>
  // expected-remark@+1 {{not fused: the convolution has an activation already}}
  %4 = vit.activation tanh %3 : (tensor<8x8x4xf32>) -> tensor<8x8x4xf32>
  return %0, %1, %4 : tensor<8x8x4xf32>, tensor<8x8x4xf32>, tensor<8x8x4xf32>
}
